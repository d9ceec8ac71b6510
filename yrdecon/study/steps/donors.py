"""The other side of the pairs: what happened to donors, and to the gap between partners."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from yrdecon.core.hypothesis import HypothesisTest
from yrdecon.core.panel import Panel
from yrdecon.core.sample import draw_sample
from yrdecon.core.wide import wide_outcome
from yrdecon.errors import DesignError
from yrdecon.inference.pair_gap import pair_gap_test
from yrdecon.policy.assign import assign_cohort
from yrdecon.study.findings import Findings, gather
from yrdecon.study.material import Comparison, Material, with_outcome
from yrdecon.study.steps.comparisons import test_row, tester

DONORS, GAP, POOL = "donors", "gap", "in_pairs"


@dataclass(frozen=True, eq=False)
class Sides:
    """A panel with donors as its treated, and its rows of recipients, of donors, and of units with district donors."""

    panel: Panel
    recipient: pd.Series
    donor: pd.Series
    partly: pd.Series


def donors(material: Material) -> Findings:
    """Compare donors with units that are on neither side, and recipients with their own donors.

    Tests ``donors_<outcome>_<pool>`` of the headline by its own estimator, ``gap_<outcome>_<pool>`` by `pair_gap_test`
    there and in the largest pool, and of the outcomes of sentences on a gap in the headline's pool; frames ``effects``
    (side, outcome, n units or pairs, gap as it is) and ``pairs`` (changes of both sides).
    """
    pool, first = material.plan.headline.pool, material.plan.headline.outcome
    gaps = [(first, pool), (first, _largest(material))]
    gaps += [(c.outcome, pool) for c in material.plan.claims if c.compared_with and c.outcome and not c.needs]
    asked = list(dict.fromkeys([(DONORS, first, pool), *((GAP, *gap) for gap in gaps)]))
    run = {DONORS: _donors, GAP: _gap}
    found = gather({name_of(*key): lambda key=key: run[key[0]](material, *key[1:]) for key in asked})  # type: ignore[misc]
    rows = [_row(material, *key, found.tests[name_of(*key)]) for key in asked if name_of(*key) in found.tests]
    frames = {**found.frames, "effects": pd.DataFrame(rows)}
    main = found.tests.get(name_of(GAP, first, pool))
    return Findings({}, found.tests, frames if main is None else frames | {"pairs": main.frames["pairs"]})


def name_of(side: str, outcome: str, pool: str) -> str:
    """Return the name of a test in the findings."""
    return f"{side}_{outcome}_{pool}"


def pooled(material: Material, comparison: Comparison, side: str) -> Comparison:
    """Put donors beside, or in place of, the recipients of a comparison; cities of district donors leave it.

    Raises
    ------
    YrdeconError
        If the plan treats another side than recipients, or no unit of the panel is a donor as a whole.
    """
    sides = _sides(material, comparison.panel)
    inside = pd.Series(True, index=sides.panel.frame.index)
    if comparison.design.pool is not None:
        inside = sides.panel.frame[comparison.design.pool].fillna(False).astype(bool)
    rest = inside & ~sides.partly & ~sides.recipient
    panel, rows = (sides.panel, rest | sides.donor) if side == DONORS else (comparison.panel, rest | sides.recipient)
    marked = panel.assign(**{POOL: rows | sides.donor})
    return replace(comparison, panel=marked, design=replace(comparison.design, pool=POOL))


def _largest(material: Material) -> str:
    """Return the pool with the most units, in which most placebo pairs find a place."""
    return max(material.pools, key=lambda name: len(_units(material.pools[name])))


def _units(comparison: Comparison) -> pd.Index[Any]:
    return draw_sample(comparison.panel, comparison.design).units


def _sides(material: Material, panel: Panel) -> Sides:
    treatment = material.plan.treatment
    if treatment.role != "recipient":
        raise DesignError(f"the plan treats the side {treatment.role!r}; donors are told from recipients only")
    other = assign_cohort(panel, material.registry, policy=treatment.policy, role="donor")
    donor = pd.Series(np.isfinite(other.frame["cohort"].astype(float)), index=other.frame.index)
    recipient = pd.Series(np.isfinite(panel.frame["cohort"].astype(float)), index=other.frame.index)
    return Sides(other, recipient, donor, other.frame["partial"].ne("") & ~donor)


def _asked(material: Material, outcome: str, pool: str, side: str) -> Material:
    """Return the material with one comparison, in which filled cells of either side after treatment are refused."""
    comparison = pooled(material, material.pools[pool], side)
    alone = replace(material, headline=comparison, pools={pool: comparison}, variants=())
    return alone if outcome == comparison.design.outcome else with_outcome(alone, outcome)


def _donors(material: Material, outcome: str, pool: str) -> HypothesisTest:
    asked = _asked(material, outcome, pool, DONORS)
    return _among_alike(tester(asked, asked.headline, asked.estimator)(), asked.headline)


def _among_alike(test: HypothesisTest, comparison: Comparison) -> HypothesisTest:
    """Count as placebo sets those of units as rich as the poorest donor: donors were chosen for that.

    With few of them only the rank is left, and no interval, which would say what a p-value says.
    """
    sample = draw_sample(comparison.panel, comparison.design)
    donor = np.isfinite(sample.cohort)
    level = np.nanmean(wide_outcome(sample)[:, sample.periods < sample.first_treated_period], axis=1)
    alike = int((level[~donor] >= level[donor].min()).sum()) // int(donor.sum()) + 1
    among = replace(test, disjoint_sets=min(alike, test.disjoint_sets or alike))
    return replace(among, conf_low=np.nan, conf_high=np.nan) if among.is_rank_only else among


def _gap(material: Material, outcome: str, pool: str) -> HypothesisTest:
    _asked(material, outcome, pool, DONORS)
    head = _asked(material, outcome, pool, GAP).headline
    pairs = material.registry.pairs
    own = pairs[pairs["policy"] == material.plan.treatment.policy]
    named = own.rename(columns={"donor_code": "donor", "recipient_code": "recipient"})
    return pair_gap_test(head.panel, head.design, named)


def _row(material: Material, side: str, outcome: str, pool: str, test: HypothesisTest) -> dict[str, object]:
    placebos = test.frames["placebos"]
    row = test_row(pool, material.pools[pool], test)
    gap = float(placebos["gap"].iloc[0]) if side == GAP else np.nan
    return {"side": side, "outcome": outcome, "n": len(placebos["members"].iloc[0].split(";")), "gap": gap, **row}
