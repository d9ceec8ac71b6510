"""What nearby comparison units hide: pools from near to far, and rings around the treated."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from yrdecon.core.assignment import Assignment
from yrdecon.core.design import Design
from yrdecon.core.estimate import Estimate
from yrdecon.core.estimator import Estimator
from yrdecon.core.hypothesis import HypothesisTest
from yrdecon.core.panel import Panel
from yrdecon.core.sample import draw_sample
from yrdecon.diagnostics.control_pool_ladder import control_pool_ladder
from yrdecon.errors import EstimationError
from yrdecon.estimators.linear_map import lincom
from yrdecon.estimators.ring_effects import ring_effects
from yrdecon.inference.assignments import admissible_assignments
from yrdecon.inference.choice import Studentize
from yrdecon.inference.permutation import compare_assignments
from yrdecon.study.findings import Findings, gather
from yrdecon.study.material import Material

CUTOFFS_KM = (100.0, 150.0, 200.0)
TREATED = "treated"


def spillovers(material: Material) -> Findings:
    """Repeat the headline from near to far comparisons, and beside effects on untreated units near the treated.

    Frame ``ladder``; estimate ``rings`` with its frames; tests by the term of each ring, where rings move along with
    the placebo treatment; frame ``rings`` (term, number of units, estimate, rank).
    """
    found = gather({"ladder": lambda: _ladder(material), "rings": lambda: _rings(material)})
    if "rings" not in found.estimates:
        return found
    estimate = found.estimates["rings"]
    terms = [str(term) for term in estimate.cells["term"]]
    parts: dict[str, Callable[[], HypothesisTest]] = {
        term: lambda term=term: _test(material, term)  # type: ignore[misc]
        for term in terms
    }
    tests = gather(parts)
    rows = [_row(material, estimate, term, tests.tests.get(term)) for term in terms]
    refused = pd.concat([found.frames["refused"], tests.frames["refused"]], ignore_index=True)
    frames = {**found.frames, "rings": pd.DataFrame(rows), "refused": refused}
    return Findings(found.estimates, tests.tests, frames)


def _ladder(material: Material) -> pd.DataFrame:
    """Climb the pools on the headline's panel; a rung with the units of one before it is left out."""
    head, plan = material.headline, material.plan
    same = {name: pool.design.pool for name, pool in material.pools.items() if pool.panel is head.panel}
    rungs = control_pool_ladder(
        head.panel, head.design, same, material.estimator, seed=plan.seed, draws=plan.inference.draws
    )
    again = rungs["estimate"].notna() & rungs.duplicated(["n_comparison", "estimate"])
    return rungs[~again].reset_index(drop=True)


def _rings(material: Material) -> Estimate:
    return ring_effects(material.headline.panel, material.headline.design, cutoffs_km=CUTOFFS_KM)


def _test(material: Material, term: str) -> HypothesisTest:
    head, plan = material.headline, material.plan
    sample = draw_sample(head.panel, head.design)
    compared = admissible_assignments(head.panel, sample, Assignment(), draws=plan.inference.draws, seed=plan.seed)
    # the spread before treatment is that of the effect on the treated, not of a ring
    divided: Studentize = "auto" if term == TREATED else "none"
    return compare_assignments(_only(term), head.panel, head.design, compared, studentize=divided, level=None)


def _only(term: str) -> Estimator:
    """Return the estimator of one term."""

    def estimator(panel: Panel, design: Design) -> Estimate:
        estimate = ring_effects(panel, design, cutoffs_km=CUTOFFS_KM)
        places = np.flatnonzero(estimate.cells["term"] == term)
        if not len(places):
            raise EstimationError(f"under some assignments no unit lies in {term}, so that it has no rank")
        return lincom(estimate, {int(places[0]): 1.0}, term=term)

    return estimator


def _row(material: Material, estimate: Estimate, term: str, test: HypothesisTest | None) -> dict[str, object]:
    head, rings = material.headline, estimate.frames["rings"]
    treated = int(np.isfinite(draw_sample(head.panel, head.design).cohort).sum())
    n = treated if term == TREATED else int((rings["ring"] == term).sum())
    value = float(estimate.coef[list(estimate.cells["term"]).index(term)])
    compared = 0 if test is None or test.draws is None else len(test.draws)
    rank = np.nan if test is None else test.rank
    return {"term": term, "n_units": n, "estimate": value, "rank": rank, "n_compared": compared}
