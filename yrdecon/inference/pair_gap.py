"""Whether recipients moved toward their own donors by more than placebo pairs elsewhere did."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.design import Design, fail_if_asked
from yrdecon.core.hypothesis import TIE, HypothesisTest
from yrdecon.core.names import some_of
from yrdecon.core.panel import Panel
from yrdecon.core.sample import Sample, draw_sample
from yrdecon.core.wide import balanced_outcome
from yrdecon.errors import DesignError
from yrdecon.inference.inversion import fail_if_level_is_wrong, invert
from yrdecon.inference.spread import HALF_SHRUNK, half_shrunk, root_mean_square
from yrdecon.inference.strata import treated_dates
from yrdecon.kernels.blocks import most_disjoint
from yrdecon.kernels.placebo_pairs import PairedPlaces, place_pairs
from yrdecon.places.distances import unit_distances

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

THIRD = 3


@dataclass(frozen=True, eq=False)
class Changes:
    """(N,) changes of units from the base periods to the treated ones, (N, P) to other periods before, (N,) levels."""

    after: FloatArray
    before: FloatArray
    level: FloatArray


@dataclass(frozen=True, eq=False)
class Contrasts:
    """(B, N) weights of units in the gap of every set of pairs, and in the gap less that of other units."""

    gap: FloatArray
    effect: FloatArray


def pair_gap_test(panel: Panel, design: Design, pairs: pd.DataFrame, *, level: float = 0.95) -> HypothesisTest:
    """Compare the change of recipients less that of their own donors with the same among placebo pairs.

    The effect on recipients less that on donors is estimated by recipients against other poor units, less donors
    against other rich ones: the lowest and the highest third of the outcome in the base periods among units that are
    on neither side. Poor units gain on rich ones, or lose, without any pairing. Placebo pairs are a unit of the lowest
    third with its nearest neighbors of that third, and units of the highest third at about the distances of the actual
    pairs; they may share units with these.

    Parameters
    ----------
    panel
        Treated units are the recipients, and have one date. Donors are untreated and in the pool.
    pairs
        Columns donor and recipient with units of the panel. Pairs of which one side is missing are left out and named.
    level
        Confidence level of the interval by inversion.

    Returns
    -------
    A test that neither side was changed by the treatment; its estimate is positive where recipients gain. The statistic
    is divided by the root of the mean of the own and the average squared changes before treatment. Frame ``"pairs"``
    holds donor, recipient, their changes and the difference; ``"placebos"`` estimate, gap (recipients less donors as
    they are), spread, statistic and members (donor and recipient joined by a hyphen) of every set, the actual one
    first.

    Raises
    ------
    DesignError
        If no pair is whole, the outcome has gaps, a donor is treated, several adoption dates occur, or a third of the
        units is too small for as many recipients or donors.

    Notes
    -----
    Placebo sets overlap and their number is at most that of units in the lowest third: read the rank.

    Examples
    --------
    >>> from yrdecon.policy import load_registry
    >>> from yrdecon.study.twinning import load_twinning, twinning_design
    >>> from dataclasses import replace
    >>> pairs = load_registry().pairs.query("policy == 'twinning-2021'")
    >>> pairs = pairs.rename(columns={"donor_code": "donor", "recipient_code": "recipient"})
    >>> test = pair_gap_test(load_twinning(), replace(twinning_design(), pool="in_yrd"), pairs)
    >>> len(test.frames["pairs"])
    5
    """
    fail_if_level_is_wrong(level)
    fail_if_asked(design, ("covariates", "weights", "effects", "anticipation"), "pair_gap_test", "a design without")
    sample = draw_sample(panel, design)
    whole, notes = _whole_pairs(pairs, sample)
    changes = _changes(sample, design)
    sets = place_pairs(_places(panel, sample, whole, changes.level))
    if len(sets) < 2:
        raise DesignError("no placebo pairs can be placed; take a larger pool")
    contrasts = _contrasts(sets, changes.level, np.isfinite(sample.cohort))
    effects, spread = contrasts.effect @ changes.after, root_mean_square(contrasts.effect @ changes.before)
    scale, how = _scale(spread)
    statistics = np.abs(effects) / scale
    treated = np.isfinite(sample.cohort)
    low, high = invert(lambda effect: contrasts.effect @ (changes.after - effect * treated), scale, level)
    table = pd.DataFrame(
        {
            "actual": np.arange(len(sets)) == 0,
            "estimate": effects,
            "gap": contrasts.gap @ changes.after,
            "spread": spread,
            "statistic": statistics,
            "members": _named(sets, sample),
        }
    )
    return HypothesisTest(
        name="permutation test, placed pairs",
        statistic=float(statistics[0]),
        p_value=float(np.mean(statistics >= statistics[0] * (1 - TIE))),
        null="neither donors nor recipients were changed by the treatment",
        draws=statistics,
        estimate=float(effects[0]),
        conf_low=low,
        conf_high=high,
        n_assignments=len(sets),
        disjoint_sets=most_disjoint(_members(sets, len(sample.units))),
        frames=MappingProxyType({"placebos": table, "pairs": _pairs(sample, changes, sets[0])}),
        notes=(*_on_sets(sets), how, *notes),
    )


def _named(sets: IntArray, sample: Sample) -> list[str]:
    names = sample.units.astype(str).to_numpy()
    return [";".join("-".join(names[pair]) for pair in one) for one in sets]


def _on_sets(sets: IntArray) -> tuple[str, ...]:
    return (
        f"{len(sets) - 1} sets of {len(sets[0])} placebo pairs: neighbors of the lowest third of the outcome in "
        "the base periods, and units of the highest third at about the distances of the actual pairs",
        "recipients are compared with other units of the lowest third, donors with those of the highest",
    )


def _changes(sample: Sample, design: Design) -> Changes:
    y, date = balanced_outcome(sample, "pair_gap_test"), sample.first_treated_period
    used = ~np.isin(sample.periods, design.exclude_periods)
    early = used & (sample.periods < date)
    base = early if design.base_periods is None else early & np.isin(sample.periods, design.base_periods)
    others = early if design.base_periods is None else early & ~base
    level = y[:, base].mean(axis=1)
    after = y[:, used & (sample.periods >= date)].mean(axis=1)
    return Changes(after - level, y[:, others] - level[:, None], level)


def _contrasts(sets: IntArray, level: FloatArray, treated: BoolArray) -> Contrasts:
    """Weigh the units of each set, and the thirds of those outside it; treated units stay outside the actual set."""
    count, n = len(sets), len(level)
    gap, rest = np.zeros((count, n)), np.zeros((count, n))
    rows = np.repeat(np.arange(count), sets.shape[1])
    for side, sign in ((0, -1.0), (1, 1.0)):
        np.add.at(gap, (rows, sets[:, :, side].ravel()), sign / sets.shape[1])
    order = np.argsort(level, kind="stable")
    for row, pairs in enumerate(sets):
        outside = order[~np.isin(order, pairs) & ~(treated[order] & (row == 0))]
        size = -(-len(outside) // THIRD)
        rest[row, outside[:size]] += 1 / size
        rest[row, outside[-size:]] -= 1 / size
    return Contrasts(gap, gap - rest)


def _scale(spread: FloatArray) -> tuple[FloatArray, str]:
    scale = half_shrunk(spread)
    if (np.isfinite(scale) & (scale > 0)).all():
        return scale, f"the statistic is {HALF_SHRUNK}"
    return np.ones(len(spread)), "the statistic is the absolute estimate"


def _pairs(sample: Sample, changes: Changes, pairs: IntArray) -> pd.DataFrame:
    donor, recipient = pairs.T
    return pd.DataFrame(
        {
            "donor": sample.units[donor].astype(str),
            "recipient": sample.units[recipient].astype(str),
            "donor_change": changes.after[donor],
            "recipient_change": changes.after[recipient],
            "difference": changes.after[recipient] - changes.after[donor],
        }
    )


def _places(panel: Panel, sample: Sample, pairs: IntArray, level: FloatArray) -> PairedPlaces:
    if len(treated_dates(sample)) > 1:
        raise DesignError(f"pair_gap_test needs one adoption date; the panel has {treated_dates(sample)}")
    donor, recipient = pairs.T
    treated = np.isfinite(sample.cohort)
    if treated[donor].any():
        raise DesignError(f"donors {some_of(sample.units[np.unique(donor[treated[donor]])])} are themselves treated")
    order = np.argsort(level, kind="stable")
    size = -(-len(order) // THIRD)
    needed = max(len(np.unique(donor)), len(np.unique(recipient)))
    if size < needed or len(order) - len(np.unique(pairs)) < THIRD:
        raise DesignError(
            f"a third of the {len(order)} units is {size}, too few for placebo pairs of {needed} units on one side, or "
            "nobody is left beside the pairs; take a larger pool"
        )
    return PairedPlaces(unit_distances(panel, sample), pairs, order[:size], order[-size:])


def _whole_pairs(pairs: pd.DataFrame, sample: Sample) -> tuple[IntArray, tuple[str, ...]]:
    """Return the (K, 2) positions of donor and recipient, and a sentence on pairs that lack a side."""
    missing = [c for c in ("donor", "recipient") if c not in pairs]
    if missing:
        raise DesignError(f"the pairs lack the columns {missing}; they have {pairs.columns.tolist()}")
    units = sample.units.astype(str)
    found = np.column_stack([units.get_indexer(pd.Index(pairs[c].astype(str))) for c in ("donor", "recipient")])
    treated = np.isfinite(sample.cohort)
    inside = (found >= 0).all(axis=1) & treated[found[:, 1]]
    if not inside.any():
        raise DesignError("no pair has both its donor and a treated recipient in the pool; take a pool with donors")
    lost = pairs[~inside]
    if lost.empty:
        return found[inside].astype(np.int64), ()
    names = some_of(f"{d}-{r}" for d, r in zip(lost["donor"], lost["recipient"], strict=True))
    return found[inside].astype(np.int64), (f"{len(lost)} of {len(pairs)} pairs lack a side in the pool: {names}",)


def _members(sets: IntArray, n: int) -> BoolArray:
    members = np.zeros((len(sets), n), dtype=bool)
    np.put_along_axis(members, sets.reshape(len(sets), -1), True, axis=1)
    return members
