"""Difference in differences on a sample matched by the propensity to be treated (PSM-DID)."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.adoption import adoption_dates
from yrdecon.core.design import Design, fail_if_asked
from yrdecon.core.estimate import Estimate
from yrdecon.core.estimator import register
from yrdecon.core.labels import row_labels
from yrdecon.core.left_out import leave_out_always_treated
from yrdecon.core.names import some_of
from yrdecon.core.options import fail_if_not_whole, is_number
from yrdecon.core.panel import Panel
from yrdecon.core.sample import Sample, draw_sample, restrict
from yrdecon.core.wide import balanced_outcome
from yrdecon.errors import DesignError, EstimationError
from yrdecon.estimators.cohorts.matching import CohortMatch, balance_table, match_cohort, match_table, support_table
from yrdecon.kernels.matching import Matched, abadie_imbens, neighbor_deviations

FloatArray = NDArray[np.float64]

VARIANCE_NEIGHBORS = 2
UNMATCHED = {"off support": "off the common support", "no neighbor": "without a neighbor within the caliper"}


def matched_did(panel: Panel, design: Design, *, caliper: float = 0.2, neighbors: int = 1) -> Estimate:
    """Match treated units with never-treated ones of like propensity, and compare how their outcomes change.

    A logit on the design's covariates, at their mean over the base periods, gives each unit a linear index. Every
    treated unit on the common support, which reaches from the smallest to the largest index of comparison units, is
    matched with its nearest neighbors, with replacement and all ties kept, and its change since the base periods is
    compared with the mean change of its matches. Each cohort is matched on its own. Without covariates every comparison
    unit is a tie, and the estimate is the plain difference in differences.

    Parameters
    ----------
    caliper
        Largest difference of linear indices between a treated unit and its match, in standard deviations of the index
        (Austin 2011 advises .2); ``inf`` for none.
    neighbors
        Number of comparison units that each treated unit is matched with.

    Returns
    -------
    An estimate with one cell per ``cohort`` and ``time`` and its ``size`` in matched treated units, by which
    `aggregate` weights. With one cohort ``aggregate(estimate, None)`` is what `twfe` gives on the matched sample under
    the weights of ``support``. Its frames: ``balance`` (before and after matching: means, standardized difference in
    units of the root of the mean variance before, variance ratio, p-value of Welch's t test), ``support`` (every unit:
    propensity, index, weight, and whether it was matched, off the support, or without a neighbor within the caliper)
    and ``matches``. `Estimate.units` holds the matched sample. A covariate must be there in every row, as elsewhere;
    spread one that is observed once over the rows of its unit.

    Errors are those of Abadie and Imbens (2006) for the effect on the matched treated units, with two neighbors for
    conditional variances, units independent; the propensity is taken as given, so that they may be somewhat too large
    or too small (Abadie and Imbens 2016), and no bias is corrected. They carry no influence, so `cluster_robust` does
    not apply; a cohort with one matched unit has none. Base periods are all periods before treatment unless the
    design declares some. Units treated throughout are left out and named.

    Raises
    ------
    DesignError
        If the panel is not balanced, the options make no sense, or the design has weights, effects, a cluster or
        not-yet-treated comparisons, which this estimator does not take.
    EstimationError
        If the covariates separate treated from comparison units, so that there is no propensity, or no treated unit is
        matched.

    Notes
    -----
    Anticipation ends the base earlier, and units treated within so many periods after the last one are no comparison.
    Excluded periods are no base; their cells are shown, marked, and in no summary.

    References
    ----------
    Heckman, Ichimura and Todd (1997), Review of Economic Studies; Abadie and Imbens (2006), Econometrica.

    Examples
    --------
    >>> rows = [(u, t, x, x * t + 2.0 * (u in "ab") * (t == 2), 2.0 if u in "ab" else np.inf)
    ...         for u, x in zip("abcdef", (1.0, 2.0, 1.0, 2.0, 0.0, 4.0)) for t in (1, 2)]
    >>> panel = Panel.from_frame(pd.DataFrame(rows, columns=["u", "t", "x", "y", "cohort"]), unit="u", time="t")
    >>> effect = matched_did(panel, Design(outcome="y", covariates=("x",)))
    >>> effect.coef.round(6).tolist(), effect.frames["matches"][["unit", "match"]].values.tolist()
    ([0.0, 2.0], [['a', 'c'], ['b', 'd']])
    """
    _fail_if_options_make_no_sense(caliper, neighbors)
    _fail_if_design_asks_for_more(design)
    sample = leave_out_always_treated(draw_sample(panel, design))
    y = balanced_outcome(sample, "matched_did")
    dates = adoption_dates(sample.cohort, sample.periods)
    every = [match_cohort(sample, design, cohort, caliper, neighbors) for cohort in dates]
    matches = [match for match in every if match.matched.any()]
    _fail_if_nobody_is_matched(every, matches)
    groups = [_matched(match, y) for match in matches]
    used = restrict(sample, np.any([match.weight > 0 for match in matches], axis=0)[sample.unit])
    return Estimate(
        coef=np.concatenate([group.gaps.mean(axis=0) for group in groups]),
        vcov=abadie_imbens(groups),
        cells=pd.concat([_cells(sample, design, match) for match in matches], ignore_index=True),
        units=row_labels(panel, used, design),
        method="matched_did",
        outcome=design.outcome,
        n_obs=int((~np.isin(used.periods[used.time], design.exclude_periods)).sum()),
        frames=MappingProxyType(
            {
                "balance": pd.concat([balance_table(match, design) for match in matches], ignore_index=True),
                "support": pd.concat([support_table(match, sample) for match in every], ignore_index=True),
                "matches": pd.concat([match_table(match, sample) for match in matches], ignore_index=True),
            }
        ),
        cluster="unit",
        small_sample=f"Abadie-Imbens, {VARIANCE_NEIGHBORS} neighbors for conditional variances",
        notes=(*sample.notes, *_notes(every, sample, design, caliper, neighbors)),
    )


def _matched(match: CohortMatch, y: FloatArray) -> Matched:
    """Return gaps and deviations of the changes since the base periods."""
    change = y - y[:, match.base].mean(axis=1, keepdims=True)
    kept = match.matched[match.treated]
    weights = match.shares[np.flatnonzero(kept)]
    others = change[match.comparison]
    deviations = neighbor_deviations(match.index[match.comparison], others, VARIANCE_NEIGHBORS)
    return Matched(change[match.treated][kept] - weights @ others, deviations, weights)


def _cells(sample: Sample, design: Design, match: CohortMatch) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "cohort": match.cohort,
            "time": sample.periods,
            "event_time": sample.periods - match.cohort,
            "size": int(match.matched.sum()),
            "reference": match.base,
            "excluded": np.isin(sample.periods, design.exclude_periods),
        }
    )


def _notes(every: list[CohortMatch], sample: Sample, design: Design, caliper: float, neighbors: int) -> tuple[str, ...]:
    notes = [f"matched with replacement: {neighbors} nearest neighbors in the propensity index, caliper {caliper:g}"]
    if not design.covariates:
        notes = ["the design names no covariates, so that every comparison unit is matched with every treated unit"]
    for match in every:
        where = f"cohort {match.cohort}"
        if match.left_out:
            notes.append(f"{where}: covariates {list(match.left_out)} add nothing to the propensity and are left out")
        for status, words in UNMATCHED.items():
            names = sample.units[match.status == status].tolist()
            if names:
                notes.append(f"{where}: {len(names)} treated units {words} are left out: {some_of(names)}")
        if match.matched.sum() == 1:
            notes.append(f"{where}: one matched treated unit, so no standard error; infer by permutation")
    return tuple(notes)


def _fail_if_options_make_no_sense(caliper: float, neighbors: int) -> None:
    if not is_number(caliper) or caliper <= 0:
        raise DesignError(f"caliper={caliper!r} must be positive, for example .2; float('inf') for none")
    fail_if_not_whole("neighbors", neighbors, 1)


def _fail_if_design_asks_for_more(design: Design) -> None:
    instead = "twfe on the matched sample, whose weights are in the frame 'support'"
    fail_if_asked(design, ("weights", "effects", "cluster"), "matched_did", instead)
    if design.comparison != "never":
        raise DesignError("matched_did compares with never-treated units; use comparison='never', or callaway_santanna")


def _fail_if_nobody_is_matched(every: list[CohortMatch], matches: list[CohortMatch]) -> None:
    if matches:
        return
    off = sum(int((match.status == "off support").sum()) for match in every)
    far = sum(int((match.status == "no neighbor").sum()) for match in every)
    raise EstimationError(
        f"no treated unit is matched: {off} lie off the common support and {far} have no neighbor within the caliper; "
        "name fewer covariates, widen the caliper or choose a wider pool"
    )


register(matched_did)
