"""Effects of switching by periods since the first change of treatment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from yrdecon.core.design import Design
from yrdecon.errors import DesignError
from yrdecon.estimators.cohorts.switching import Switching
from yrdecon.kernels.switchers import Contrast, contrast

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
Switchers = Literal["all", "same", "in", "out"]

DIRECTIONS = {"all": (1.0, -1.0), "same": (1.0, -1.0), "in": (1.0,), "out": (-1.0,)}


@dataclass(frozen=True)
class Leg:
    """What one date of switching adds to an effect.

    Attributes
    ----------
    base
        Columns of the periods before the switch that changes are measured from.
    compared
        Column of the period whose change is taken.
    until
        Column of the period until which comparison units have not switched.
    sign
        -1 for differences before the base, which are summed backward.
    """

    date: float
    base: tuple[int, ...]
    compared: int
    until: int
    sign: float


class Found(NamedTuple):
    """The contrast of a leg for switchers in (1) or out (-1)."""

    leg: Leg
    direction: float
    contrast: Contrast


@dataclass(frozen=True, eq=False)
class Part:
    """The effect at one event time.

    Attributes
    ----------
    influence
        (N,) influence of the units on it.
    mass, dose, total_dose
        (N,) weights of the switchers, their treatment less the first one, and its sum since the change.
    used
        (N, T) rows compared.
    alone
        (N,) units whose error is not told by others of their group, which lies within one cluster.
    """

    event_time: int
    effect: float
    influence: FloatArray
    mass: FloatArray
    dose: FloatArray
    total_dose: FloatArray
    used: BoolArray
    alone: BoolArray

    @property
    def weight(self) -> float:
        """Total weight of the switchers."""
        return float(self.mass.sum())

    def mean(self, dose: FloatArray) -> float:
        """Return the mean of a dose over the switchers."""
        return float(self.mass @ dose) / self.weight


def effects_by_event_time(
    data: Switching, design: Design, window: tuple[int, int] | None, switchers: Switchers, trends: bool
) -> list[Part]:
    """Estimate all effects and placebos of the window that have switchers and comparison units.

    Parameters
    ----------
    trends
        Whether every unit's trend between its last two periods before the change is taken off. The effect at a
        horizon is then the sum of the effects on first differences up to it.
    """
    if trends:
        data = _differenced(data, design)
    first, last = window or (-np.inf, np.inf)
    listed = {e: steps for e, steps in sorted(_steps(data, design, trends).items()) if first <= e <= last}
    allowed = np.isin(data.direction, DIRECTIONS[switchers])
    if switchers == "same":
        for event_time, steps in listed.items():
            allowed = _in_every_step(data, design, steps, allowed) if event_time >= 0 else allowed
    parts = [_part(data, design, e, steps, allowed) for e, steps in listed.items()]
    return [part for part in parts if part.weight > 0]


def base_columns(data: Switching, design: Design, date: float) -> tuple[int, ...]:
    """Return the columns of the base of one date: the declared ones, or the last usable period before the switch."""
    periods = data.sample.periods
    if design.base_periods is not None:
        return tuple(int(p) for p in np.searchsorted(periods, design.base_periods))
    early = np.flatnonzero((periods < date - design.anticipation) & ~np.isin(periods, design.exclude_periods))
    return (int(early[-1]),) if len(early) else ()


def dates_of(data: Switching) -> list[float]:
    """Return the dates at which units switch within the sample."""
    periods = data.sample.periods
    return [float(d) for d in np.unique(data.date) if periods[0] < d <= periods[-1]]


def _steps(data: Switching, design: Design, trends: bool) -> dict[int, list[list[Leg]]]:
    """List the legs of every event time, step by step: one step, or with trends one for each difference summed.

    The n-th period before the base is paired with the n-th period after it.
    """
    periods = data.sample.periods
    usable = ~np.isin(periods, design.exclude_periods)
    steps: dict[int, list[list[Leg]]] = {}
    for date in dates_of(data):
        base = base_columns(data, design, date)
        switched = periods >= date - design.anticipation
        late = np.flatnonzero(usable & switched).tolist()
        before = [p for p in np.flatnonzero(usable & ~switched)[::-1].tolist() if (p,) != base]
        placebos = list(zip(before, late, strict=False))
        legs = [(t, [Leg(date, base, u, u, 1.0) for u in late[: i + 1]]) for i, t in enumerate(late)]
        for i, p in enumerate(before[1:] if trends else before):
            legs.append((p, [Leg(date, base, b, u, -1.0 if trends else 1.0) for b, u in placebos[: i + 1]]))
        for period, found in legs[: len(late) + len(placebos)] if base else []:
            own = steps.setdefault(int(periods[period] - date), [])
            for number, leg in enumerate(found if trends else found[-1:]):
                if number == len(own):
                    own.append([])
                own[number].append(leg)
    return steps


def _contrasts(data: Switching, design: Design, legs: list[Leg], allowed: BoolArray) -> Iterator[Found]:
    """Yield what every leg finds for switchers in and out."""
    periods = data.sample.periods
    for leg in legs:
        base = data.outcome[:, leg.base].mean(axis=1)
        change = data.outcome[:, leg.until] - base
        if leg.compared != leg.until:
            change = np.where(np.isfinite(change), data.outcome[:, leg.compared] - base, np.nan)
        latest = periods[-1] if design.comparison == "never" else periods[leg.until]
        waiting = data.date - design.anticipation > latest
        weights = data.weights[:, leg.until]
        for direction in (1.0, -1.0):
            switching = (data.date == leg.date) & (data.direction == direction) & allowed
            if switching.any():
                found = contrast(change, weights, switching, waiting, data.stratum, data.onset, data.cluster)
                yield Found(leg, direction, found)


def _in_every_step(data: Switching, design: Design, steps: list[list[Leg]], allowed: BoolArray) -> BoolArray:
    """Return the switchers that have an outcome and a comparison unit in every step."""
    there = allowed
    for legs in steps:
        found = [part.contrast.switching for part in _contrasts(data, design, legs, there)]
        there = there & np.any(found, axis=0) if found else np.zeros_like(there)
    return there


def _part(data: Switching, design: Design, event_time: int, steps: list[list[Leg]], allowed: BoolArray) -> Part:
    n, width = data.outcome.shape
    kept = _in_every_step(data, design, steps, allowed) if len(steps) > 1 else allowed
    effect, influence, used = 0.0, np.zeros(n), np.zeros((n, width), dtype=bool)
    mass, dose, total_dose, alone = np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n, dtype=bool)
    for number, legs in enumerate(steps, 1):
        parts = list(_contrasts(data, design, legs, kept))
        weight = sum(part.contrast.weight for part in parts)
        for leg, direction, found in parts if weight else []:
            effect += leg.sign * direction * found.total / weight
            influence += leg.sign * direction / weight * found.influence
            alone |= found.alone
            if number == len(steps):
                used[:, leg.until] |= found.switching | found.waiting
                mass += data.weights[:, leg.until] * found.switching
                dose += data.dose[:, leg.until] * found.switching
                total_dose += data.total_dose[:, leg.until] * found.switching
    return Part(event_time, effect, influence, mass, dose, total_dose, used, alone)


def _differenced(data: Switching, design: Design) -> Switching:
    """Return the data with first differences as outcomes."""
    usable = np.flatnonzero(~np.isin(data.sample.periods, design.exclude_periods))
    gaps = np.unique(np.diff(data.sample.periods[usable]))
    if len(gaps) > 1 or design.base_periods is not None:
        raise DesignError(
            "a trend of every unit is read from the last two periods before its change: it needs equally spaced "
            "periods, none excluded in between, and no base_periods"
        )
    outcome = np.full_like(data.outcome, np.nan)
    outcome[:, usable[1:]] = np.diff(data.outcome[:, usable], axis=1)
    return replace(data, outcome=outcome)
