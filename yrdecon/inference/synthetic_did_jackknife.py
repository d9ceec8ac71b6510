"""Jackknife error of a synthetic difference-in-differences."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from yrdecon.core.estimate import Estimate
from yrdecon.errors import DesignError
from yrdecon.kernels.synthetic_did import effects_without_each_unit


def synthetic_did_jackknife(estimate: Estimate) -> Estimate:
    """Return a synthetic difference-in-differences with its jackknife error.

    Each unit is left out in turn. Weights are not fitted again; those of the remaining comparison units are scaled up
    to one. With several adoption dates a unit is left out of every cohort that it belongs to or is compared with.
    Slopes of covariates stay as they are.

    The error assumes that units are independent. It is then conservative in large samples (Arkhangelsky and others
    2021, theorem 2). Where the treated are neighbors that share shocks it is too small; infer with `permutation_test`
    there.

    Returns
    -------
    The estimate with a variance, clustered by unit.

    Raises
    ------
    DesignError
        If the estimate is not one of `synthetic_did`, a cohort has a single treated unit, or all of its weight lies
        on a single comparison unit.

    References
    ----------
    Arkhangelsky, Athey, Hirshberg, Imbens and Wager (2021), AER, algorithm 3.

    Examples
    --------
    >>> from yrdecon.core import Design, Panel
    >>> from yrdecon.estimators import synthetic_did
    >>> rows = [(u, t, float(i * t % 5)) for i, u in enumerate("abcdef") for t in range(6)]
    >>> table = pd.DataFrame(rows, columns=["u", "t", "y"])
    >>> table["cohort"] = np.where(table["u"] < "c", 4.0, np.inf)
    >>> panel = Panel.from_frame(table, unit="u", time="t")
    >>> bool(synthetic_did_jackknife(synthetic_did(panel, Design(outcome="y"))).std_error[0] > 0)
    True
    """
    if estimate.method != "synthetic_did":
        raise DesignError(f"the jackknife is for synthetic_did, not {estimate.method}; infer with permutation_test")
    cohorts, changes = estimate.frames["cohorts"], estimate.frames["changes"]
    _fail_if_one_unit_holds_a_cohort(changes)
    unit = pd.factorize(changes["unit"])[0].astype(np.int64)
    effects = effects_without_each_unit(
        changes["change"].to_numpy(),
        changes["weight"].to_numpy(),
        changes["treated"].to_numpy(),
        pd.Index(cohorts["cohort"]).get_indexer(changes["cohort"]).astype(np.int64),
        unit,
        cohorts["n_periods"].to_numpy(),
    )
    variance = (len(effects) - 1) * effects.var()
    return replace(
        estimate, vcov=np.array([[variance]]), cluster="unit", small_sample="jackknife, weights kept as they are"
    )


def _fail_if_one_unit_holds_a_cohort(changes: pd.DataFrame) -> None:
    weighted = changes[changes["weight"] > 0].groupby(["cohort", "treated"])["unit"]
    alone = weighted.first()[weighted.size() == 1]
    if len(alone):
        (cohort, treated), unit = alone.index[0], alone.iloc[0]
        side = "treated" if treated else "weighted comparison"
        raise DesignError(
            f"the jackknife cannot leave out {unit}, the only {side} unit of cohort {cohort}; "
            "infer with permutation_test"
        )
