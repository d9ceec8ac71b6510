"""Every inference method on one comparison, in the order in which they are to be believed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from yrdecon.core.assignment import Assignment
from yrdecon.core.design import Design
from yrdecon.core.estimate import Estimate
from yrdecon.core.estimator import Estimator
from yrdecon.core.hypothesis import HypothesisTest
from yrdecon.core.panel import Panel
from yrdecon.errors import YrdeconError
from yrdecon.estimators.twfe import twfe
from yrdecon.inference.cluster import cluster_robust
from yrdecon.inference.conformal import conformal
from yrdecon.inference.conley_taber import conley_taber
from yrdecon.inference.ferman_pinto import ferman_pinto
from yrdecon.inference.hagemann import hagemann
from yrdecon.inference.permutation import permutation_test
from yrdecon.inference.scpc import scpc
from yrdecon.inference.sign_change import sign_change
from yrdecon.inference.spatial import spatial_model_test
from yrdecon.inference.wild import wild_cluster_bootstrap

COLUMNS = (
    "role",
    "method",
    "estimator",
    "estimate",
    "p_value",
    "conf_low",
    "conf_high",
    "rank",
    "n_compared",
    "smallest_p_value",
    "note",
)
DRAWS = 1_999
CORRELATION = 0.1


def inference_report(panel: Panel, design: Design, estimator: Estimator, *, seed: int) -> pd.DataFrame:
    """Apply every inference method that suits the comparison.

    Parameters
    ----------
    estimator
        The declared estimator, with one coefficient; it is tested by permutation. The other methods are made for a
        difference in differences and test that; conformal inference drops the base periods, since it fits them all.

    Returns
    -------
    One row per method: role, method, estimator, estimate, p_value, conf_low, conf_high, rank, n_compared,
    smallest_p_value, note and n_treated, the number of treated clusters; p_value is empty where only a rank is earned.
    The ``primary`` row is the permutation test under ``Assignment("auto")``; the ``secondary`` one the spatial model at
    its worst likely parameters. ``diagnostic`` rows compare; below ten treated clusters or with neighboring treated
    units most of them reject a true null too often, and none of them lifts a conclusion. A method that cannot be used
    has no numbers, and its note says why.

    Raises
    ------
    DesignError
        If the panel does not offer the comparison, or the estimator returns several coefficients.

    Examples
    --------
    >>> from yrdecon.study.twinning import load_twinning, twinning_design
    >>> inference_report(load_twinning(), twinning_design(), twfe, seed=1)["role"].value_counts().tolist()
    [11, 1, 1]
    """
    plain = twfe(panel, design)
    primary = permutation_test(estimator, panel, design, Assignment("auto"), seed=seed)
    rows = [_row("primary", primary.name, _name(estimator), primary)]
    rows.append(_attempt("secondary", "spatial model", lambda: spatial_model_test(panel, design)))
    tests: dict[str, Callable[[], HypothesisTest]] = {
        "spatial components (average correlation .1)": lambda: scpc(panel, design, average_correlation=CORRELATION),
        "free permutation of t": lambda: permutation_test(
            twfe, panel, design, Assignment("free"), seed=seed, draws=DRAWS, studentize="cluster"
        ),
        "wild cluster bootstrap": lambda: wild_cluster_bootstrap(plain, seed=seed),
        "Ferman-Pinto": lambda: ferman_pinto(panel, design, seed=seed),
        "Conley-Taber": lambda: conley_taber(panel, design, seed=seed),
        "sign changes": lambda: sign_change(panel, design, seed=seed),
        "Hagemann": lambda: hagemann(panel, design),
        "conformal": lambda: conformal(panel, replace(design, base_periods=None), seed=seed),
    }
    rows += [_attempt("diagnostic", name, test) for name, test in tests.items()]
    rows += [_clustered(plain, kind) for kind in ("CR1", "CR2", "CV3")]
    return pd.DataFrame(rows, columns=list(COLUMNS)).assign(n_treated=plain.n_treated_clusters)


def _attempt(role: str, name: str, test: Callable[[], HypothesisTest]) -> tuple[object, ...]:
    try:
        return _row(role, name, "twfe", test())
    except YrdeconError as error:
        return _refused(role, name, str(error))


def _row(role: str, name: str, estimator: str, test: HypothesisTest) -> tuple[object, ...]:
    compared = None if test.draws is None else len(test.draws)
    return (
        role,
        name,
        estimator,
        test.estimate,
        np.nan if test.is_rank_only else test.p_value,
        test.conf_low,
        test.conf_high,
        test.rank,
        compared,
        test.smallest_p_value,
        test.notes[0] if test.notes else "",
    )


def _clustered(plain: Estimate, kind: str) -> tuple[object, ...]:
    name = f"clustered errors, {kind}"
    try:
        line = cluster_robust(plain, plain.cluster or "unit", kind=kind).tidy().iloc[0]  # type: ignore[arg-type]
    except YrdeconError as error:
        return _refused("diagnostic", name, str(error))
    note = f"{plain.n_treated_clusters} treated clusters"
    numbers = (line["estimate"], line["p_value"], line["conf_low"], line["conf_high"])
    return ("diagnostic", name, "twfe", *numbers, None, None, 0.0, note)


def _refused(role: str, name: str, reason: str) -> tuple[object, ...]:
    return (role, name, "twfe", *[np.nan] * 4, None, None, np.nan, reason)


def _name(estimator: Estimator) -> str:
    return str(getattr(estimator, "__name__", "estimator"))
