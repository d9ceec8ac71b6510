"""Effects by cohort and period with clean comparisons (Callaway and Sant'Anna)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.design import Design
from yrdecon.core.estimate import Estimate
from yrdecon.core.estimator import estimate_one_by_one, register
from yrdecon.core.panel import Panel
from yrdecon.core.sample import Sample, draw_sample
from yrdecon.errors import DesignError
from yrdecon.estimators.linear import row_labels
from yrdecon.kernels.sandwich import cluster_covariance
from yrdecon.kernels.two_by_two import TwoByTwo, doubly_robust, inverse_probability, outcome_regression, propensity

FloatArray = NDArray[np.float64]
Method = Literal["dr", "ipw", "reg"]
Base = Literal["varying", "universal"]


@dataclass(frozen=True)
class Cell:
    """One cohort and period with the periods that form its base."""

    cohort: float
    time: int
    base: tuple[int, ...]
    reference: bool


def callaway_santanna(panel: Panel, design: Design, *, method: Method = "dr", base: Base = "varying") -> Estimate:
    """Estimate the effect on each cohort in each period against never- or not-yet-treated units.

    Parameters
    ----------
    method
        With covariates: ``"dr"`` doubly robust, ``"ipw"`` inverse probability weighting, ``"reg"`` outcome
        regression. Where a cell cannot support the method (the groups are separated by the covariates, or these are
        collinear among comparison units) it falls back from weighting to regression to no covariates, and the notes
        name the cell.
    base
        ``"universal"`` measures every period from the last one before treatment; ``"varying"`` measures periods
        before treatment from the period before them. Base periods that the design declares replace both.

    Returns
    -------
    An estimate with one cell per ``cohort`` and ``time``; summarize it with `aggregate`. Covariates are taken from the
    base period. Errors rest on influence functions, clustered by `Design.cluster`. Units treated from the first period
    on are left out and named.

    Raises
    ------
    DesignError
        If the panel is not balanced, no comparison unit is left for any cell, or the design has fixed effects beside
        unit and time.

    References
    ----------
    Callaway and Sant'Anna (2021), Journal of Econometrics; Sant'Anna and Zhao (2020), Journal of Econometrics.

    Examples
    --------
    >>> rows = [(u, t, float(t >= g) + 0.5 * t, g) for u, g in (("a", 2), ("b", 3), ("c", np.inf)) for t in (1, 2, 3)]
    >>> panel = Panel.from_frame(pd.DataFrame(rows, columns=["u", "t", "y", "cohort"]), unit="u", time="t")
    >>> from yrdecon.estimators.aggregate import aggregate
    >>> aggregate(callaway_santanna(panel, Design(outcome="y")), None).coef.round(6).tolist()
    [1.0]
    """
    _fail_if_options_are_unknown(method, base, design)
    sample = draw_sample(panel, design)
    y, x, weights = _arrays(sample)
    cells = _cells(sample, design, base)
    if not cells:
        raise DesignError("no period has both treated and comparison units; use comparison='never' or a wider pool")
    always = sample.cohort <= sample.periods[0]
    effects, influence = [], []
    notes: list[str] = []
    for cell in cells:
        part = _effect(sample, cell, design, method, (y, x, weights), notes)
        effects.append(part.effect)
        influence.append(part.influence)
    labels = row_labels(panel, sample, design).groupby("unit", sort=False).first().reset_index()
    matrix = np.stack(influence, axis=1)
    cluster = design.cluster or "unit"
    return Estimate(
        coef=np.array(effects),
        vcov=cluster_covariance(matrix, pd.factorize(labels[cluster])[0].astype(np.int64)),
        cells=_labels(cells, design),
        units=labels,
        method="callaway_santanna",
        outcome=design.outcome,
        n_obs=len(sample.outcome),
        influence=matrix,
        cluster=cluster,
        small_sample="none, influence functions",
        notes=(*sample.notes, *dict.fromkeys(notes), *_note_on_always(sample, always)),
    )


def callaway_santanna_draws(panel: Panel, design: Design, cohorts: FloatArray) -> FloatArray:
    """Return (B, k) effects of all cells at (B, N) assignments: differences of group means of changes."""
    if design.covariates:
        return estimate_one_by_one(callaway_santanna, panel, design, cohorts)
    sample = draw_sample(panel, design)
    y, _, weights = _arrays(sample)
    columns = []
    for cell in _cells(sample, design, "varying"):
        change = y[:, _position(sample, (cell.time,))[0]] - y[:, _position(sample, cell.base)].mean(axis=1)
        treated = (cohorts == cell.cohort) * weights
        others = np.stack([_comparisons(sample, row, cell, design) for row in cohorts]) * weights
        columns.append(treated @ change / treated.sum(axis=1) - others @ change / others.sum(axis=1))
    return np.stack(columns, axis=1)


def _cells(sample: Sample, design: Design, base: Base) -> list[Cell]:
    """List the cohorts and periods that have a base and comparison units."""
    cohort = sample.cohort
    usable = [int(p) for p in sample.periods if p not in design.exclude_periods]
    cells = []
    for date in np.unique(cohort[np.isfinite(cohort) & (cohort > sample.periods[0]) & (cohort <= sample.periods[-1])]):
        before = [p for p in usable if p < date - design.anticipation]
        if not before:
            continue
        fixed = design.base_periods or (before[-1],)
        for time in (int(p) for p in sample.periods):
            earlier = [p for p in before if p < time]
            if base == "varying" and design.base_periods is None and time < date - design.anticipation:
                if earlier:
                    cells.append(Cell(float(date), time, (earlier[-1],), reference=False))
            else:
                cells.append(Cell(float(date), time, fixed, reference=(time,) == fixed))
    return [c for c in cells if _comparisons(sample, cohort, c, design).any()]


def _comparisons(sample: Sample, cohort: FloatArray, cell: Cell, design: Design) -> NDArray[np.bool_]:
    never = ~np.isfinite(cohort) | (cohort > sample.periods[-1] + design.anticipation)
    if design.comparison == "never":
        return np.asarray(never)
    latest = max(cell.time, *cell.base)
    return np.asarray(never | ((cohort > latest + design.anticipation) & (cohort != cell.cohort)))


def _arrays(sample: Sample) -> tuple[FloatArray, FloatArray, FloatArray]:
    shape = (len(sample.units), len(sample.periods))
    if not sample.is_balanced:
        seen = np.zeros(shape, dtype=bool)
        seen[sample.unit, sample.time] = True
        unit, time = np.nonzero(~seen)
        shown = ", ".join(f"{sample.units[i]} {sample.periods[t]}" for i, t in zip(unit[:5], time[:5], strict=True))
        raise DesignError(
            f"callaway_santanna needs a balanced panel; {len(unit)} cells are missing: {shown}; "
            "leave these units out of the pool or shorten the period"
        )
    y = sample.outcome.reshape(shape)
    x = np.concatenate([np.ones((*shape, 1)), sample.covariates.reshape(*shape, -1)], axis=2)
    return y, x, sample.weights.reshape(shape)[:, 0]


def _effect(
    sample: Sample,
    cell: Cell,
    design: Design,
    method: Method,
    arrays: tuple[FloatArray, FloatArray, FloatArray],
    notes: list[str],
) -> TwoByTwo:
    y, x, weights = arrays
    n = len(sample.units)
    if cell.reference:
        return TwoByTwo(0.0, np.zeros(n))
    treated = sample.cohort == cell.cohort
    used = treated | _comparisons(sample, sample.cohort, cell, design)
    base = _position(sample, cell.base)
    change = (y[:, _position(sample, (cell.time,))[0]] - y[:, base].mean(axis=1))[used]
    first = min(base[-1], int(_position(sample, (cell.time,))[0]))
    part = _two_by_two(change, treated[used].astype(float), x[used, first], weights[used], method, cell, notes)
    influence = np.zeros(n)
    influence[used] = part.influence / used.sum()
    return TwoByTwo(part.effect, influence)


def _two_by_two(
    change: FloatArray,
    treated: FloatArray,
    x: FloatArray,
    weights: FloatArray,
    method: Method,
    cell: Cell,
    notes: list[str],
) -> TwoByTwo:
    where = f"cohort {int(cell.cohort)} in {cell.time}"
    weights = weights / weights.mean()
    if x.shape[1] > 1 and np.linalg.matrix_rank(x[treated == 0]) < x.shape[1]:
        notes.append(f"{where}: covariates are collinear among comparison units, estimated without them")
        x = x[:, :1]
    if x.shape[1] == 1 or method == "reg":
        return outcome_regression(change, treated, x, weights)
    fit = propensity(treated, x, weights)
    if not fit.usable:
        notes.append(f"{where}: the covariates separate treated from comparison units, outcome regression instead")
        return outcome_regression(change, treated, x, weights)
    if method == "ipw":
        return inverse_probability(change, treated, x, weights, fit)
    return doubly_robust(change, treated, x, weights, fit)


def _position(sample: Sample, periods: tuple[int, ...]) -> NDArray[np.int64]:
    return np.searchsorted(sample.periods, periods).astype(np.int64)


def _labels(cells: list[Cell], design: Design) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "cohort": [int(c.cohort) for c in cells],
            "time": [c.time for c in cells],
            "event_time": [c.time - int(c.cohort) for c in cells],
            "reference": [c.reference for c in cells],
            "excluded": [c.time in design.exclude_periods for c in cells],
        }
    )


def _note_on_always(sample: Sample, always: NDArray[np.bool_]) -> tuple[str, ...]:
    names = sample.units[always].tolist()
    return (f"{len(names)} units are treated throughout and left out: {names[:8]}",) if names else ()


def _fail_if_options_are_unknown(method: str, base: str, design: Design) -> None:
    if method not in get_args(Method) or base not in get_args(Base):
        raise DesignError(
            f"method is one of {list(get_args(Method))} and base one of {list(get_args(Base))}; "
            f"got {method!r}, {base!r}"
        )
    if design.effects:
        raise DesignError(f"callaway_santanna takes no effects {design.effects}; use a pool within one group, or twfe")


register(callaway_santanna, draws=callaway_santanna_draws)
