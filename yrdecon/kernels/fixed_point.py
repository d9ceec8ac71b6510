"""Fixed points of slowly contracting maps, by Anderson acceleration."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
Step = Callable[[FloatArray], tuple[FloatArray, float]]

RANK_TOLERANCE = 1e-12
LOSS_ROUNDING = 1e-12
ZERO_LOSS = 1e-28


@dataclass(frozen=True, slots=True, eq=False)
class FixedPoint:
    """(n,) state, number of steps, and whether the last step moved no entry by more than the tolerance."""

    state: FloatArray
    steps: int
    settled: bool


def fixed_point(step: Step, start: FloatArray, tolerance: float, limit: int, memory: int = 20) -> FixedPoint:
    """Iterate a map that never raises a loss, extrapolating from its last steps.

    Parameters
    ----------
    step
        Takes an (n,) state and returns the next one and the loss there.
    tolerance
        Largest change of an entry in one step at which the iteration is over.
    memory
        Number of states that are combined; with one the steps are plain.

    Notes
    -----
    The next state is the combination of the last steps whose changes cancel best in least squares. An extrapolated
    state that raises the loss is thrown away with the memory, and the plain step is taken, so that the loss falls at
    every step as it does without acceleration (Anderson 1965; Walker and Ni 2011).
    """
    state, (after, loss) = start, step(start)
    allowed = ZERO_LOSS * loss
    states, changes = [state], [after - state]
    for number in range(limit):
        if np.abs(changes[-1]).max(initial=0.0) <= tolerance:
            return FixedPoint(after, number, True)
        state = _extrapolate(states, changes)
        ahead, next_loss = step(state)
        if next_loss > loss * (1 + LOSS_ROUNDING) + allowed and len(states) > 1:
            state, states, changes = after, [], []
            ahead, next_loss = step(state)
        after, loss = ahead, next_loss
        states, changes = [*states, state][-memory:], [*changes, after - state][-memory:]
    return FixedPoint(after, limit, False)


def _extrapolate(states: list[FloatArray], changes: list[FloatArray]) -> FloatArray:
    after = states[-1] + changes[-1]
    if len(states) == 1:
        return after
    change = np.diff(np.stack(changes, axis=1), axis=1)
    move = np.diff(np.stack(states, axis=1), axis=1)
    weights = np.linalg.lstsq(change, changes[-1], rcond=RANK_TOLERANCE)[0]
    return np.asarray(after - (move + change) @ weights)
