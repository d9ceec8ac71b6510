"""Local projections difference-in-differences (Dube, Girardi, Jorda and Taylor)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.adoption import adoption_dates
from yrdecon.core.design import Design, fail_if_asked
from yrdecon.core.estimate import Estimate
from yrdecon.core.estimator import register
from yrdecon.core.labels import codes_of, row_labels
from yrdecon.core.left_out import leave_out_always_treated
from yrdecon.core.names import some_of
from yrdecon.core.options import fail_if_no_window, fail_if_not_whole, fail_if_unknown
from yrdecon.core.panel import Panel
from yrdecon.core.sample import Sample, draw_sample
from yrdecon.core.wide import wide_outcome
from yrdecon.errors import DesignError, EstimationError
from yrdecon.estimators.regression.linear import without_rounding
from yrdecon.estimators.regression.small_sample import cluster_factor
from yrdecon.kernels.ols import dependent_columns, least_squares
from yrdecon.kernels.sandwich import cluster_covariance
from yrdecon.kernels.within import prepare_fixed_effects, project_out

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]
Weighting = Literal["equal", "variance"]
Composition = Literal["changing", "fixed"]


@dataclass(frozen=True, eq=False)
class Horizon:
    """One regression: rows of the sample in the period of switching, their long differences and who switches."""

    event_time: int
    rows: IntArray
    change: FloatArray
    switching: BoolArray
    time: IntArray

    @property
    def compared(self) -> BoolArray:
        """Whether a row switches in a period that has units to compare it with."""
        return np.asarray(self.switching & np.isin(self.time, self.time[~self.switching]))


def lp_did(
    panel: Panel,
    design: Design,
    *,
    window: tuple[int, int] | None = None,
    lags: int = 1,
    weighting: Weighting = "equal",
    composition: Composition = "changing",
) -> Estimate:
    """Regress long differences of the outcome on switching into treatment, one regression for each event time.

    Each regression compares units that switch in a period with units that are untreated through the horizon (the
    never treated, or with ``comparison="not_yet"`` all of them), within the period of switching.

    Parameters
    ----------
    window
        First and last event time. None takes all that any cohort covers.
    lags
        The base of the differences is the mean of so many periods before treatment. Base periods that the design
        declares replace it, with a single adoption date.
    weighting
        ``"equal"`` counts every treated unit alike; ``"variance"`` leaves periods their least-squares weight, which
        favors periods with balanced groups.
    composition
        ``"changing"`` uses whoever is there at each horizon; ``"fixed"`` only switchers observed until the end of the
        window and comparison units untreated until then.

    Returns
    -------
    An estimate with one cell per ``event_time``. Covariates enter with their value in the period of switching. The
    small-sample factor of each regression is contained in the influence. Unbalanced panels are used as they are; units
    treated from the first period on are left out and named.

    Raises
    ------
    DesignError
        If an option is unknown or no event time has both switchers and comparison units.
    EstimationError
        If covariates are collinear at some horizon.

    Notes
    -----
    Anticipation moves the base back, and asks comparison units to stay untreated so much longer. Excluded periods are
    neither base nor outcome. `Design.weights` weight the regressions; errors are clustered by `Design.cluster`, the
    unit by default. Treated units whose period of switching has no row, no base or no comparison are in no effect, and
    the notes name them.

    References
    ----------
    Dube, Girardi, Jorda and Taylor (2025), A local projections approach to difference-in-differences, Journal of
    Applied Econometrics, sections 2 and 3.

    Examples
    --------
    >>> rows = [(u, t, float(t >= g) + 0.5 * t, g) for u, g in (("a", 2), ("b", 3), ("c", np.inf), ("d", np.inf))
    ...         for t in (1, 2, 3, 4)]
    >>> panel = Panel.from_frame(pd.DataFrame(rows, columns=["u", "t", "y", "cohort"]), unit="u", time="t")
    >>> lp_did(panel, Design(outcome="y"), window=(-1, 1)).coef.round(6).tolist()
    [0.0, 1.0, 1.0]
    """
    sample = leave_out_always_treated(draw_sample(panel, design))
    dates = adoption_dates(sample.cohort, sample.periods)
    fail_if_no_window(window)
    _fail_if_options_do_not_fit(design, lags, weighting, composition, dates)
    widest = (int(sample.periods[0]) - max(dates), int(sample.periods[-1]) - min(dates))
    span = window or widest
    labels = row_labels(panel, sample, design)
    end = span[1] if composition == "fixed" else None
    y = _outcomes(sample, design)
    base = _base(y, sample, design, lags)
    effects, influence, kept, seen = [], [], [], np.zeros(len(sample.units), dtype=bool)
    for event_time in range(max(span[0], widest[0]), min(span[1], widest[1]) + 1):
        horizon = _horizon(sample, design, _at(y, sample.periods, event_time) - base, event_time, end)
        if horizon.compared.any():
            effect, part = _project(sample, labels, design, horizon, weighting)
            effects.append(effect)
            influence.append(part)
            kept.append(event_time)
            seen[sample.unit[horizon.rows[horizon.compared]]] |= event_time >= 0
    if not kept or kept[-1] < 0:
        raise DesignError(
            f"no event time between {span[0]} and {span[1]} has, in one period and with an outcome in their base "
            "periods, units that switch and units that stay untreated; choose another window, fewer lags, a wider "
            "pool, or comparison='not_yet'"
        )
    matrix = np.stack(influence, axis=1)
    cluster = design.cluster or "unit"
    codes = codes_of(labels[cluster])
    return Estimate(
        coef=np.array(effects),
        vcov=cluster_covariance(matrix, codes),
        cells=_cells(np.array(kept), design, lags, dates),
        units=labels,
        method="lp_did",
        outcome=design.outcome,
        n_obs=len(sample.outcome),
        influence=matrix,
        cluster=cluster,
        dof=float(codes.max()),
        small_sample="fixest, horizon by horizon, within the influence",
        notes=(*sample.notes, *_note_on_unseen(sample, ~seen, dates)),
    )


def _note_on_unseen(sample: Sample, unseen: BoolArray, dates: list[int]) -> tuple[str, ...]:
    """Name treated units that are in no effect, as their period of switching or its base has no row."""
    names = sample.units[unseen & np.isin(sample.cohort, dates)].tolist()
    if not names:
        return ()
    return (f"{len(names)} treated units are in no effect, without a row, base or comparison: {some_of(names)}",)


def _outcomes(sample: Sample, design: Design) -> FloatArray:
    """Return the (N, T) outcomes, NaN in excluded periods and gaps."""
    y = wide_outcome(sample)
    y[:, np.isin(sample.periods, design.exclude_periods)] = np.nan
    return y


def _base(y: FloatArray, sample: Sample, design: Design, lags: int) -> FloatArray:
    """Return, for each unit and period of switching, the level that differences are taken from."""
    if design.base_periods is not None:
        fixed = y[:, np.isin(sample.periods, design.base_periods)].mean(axis=1, keepdims=True)
        return np.broadcast_to(fixed, y.shape)
    depth = min(lags, int(sample.periods[-1] - sample.periods[0]) + 1)
    before = [_at(y, sample.periods, -k - design.anticipation) for k in range(1, depth + 1)]
    return np.asarray(np.mean(before, axis=0))


def _at(y: FloatArray, periods: IntArray, shift: int) -> FloatArray:
    """Return (N, T) outcomes `shift` periods away, NaN where there is none."""
    position = np.searchsorted(periods, periods + shift)
    found = (position < len(periods)) & (periods[np.minimum(position, len(periods) - 1)] == periods + shift)
    return np.where(found, y[:, np.where(found, position, 0)], np.nan)


def _horizon(sample: Sample, design: Design, changes: FloatArray, event_time: int, end: int | None) -> Horizon:
    """Collect the rows of switchers, and of units untreated until the horizon, or until the end of the window."""
    change = changes[sample.unit, sample.time]
    own, time = sample.cohort[sample.unit], sample.periods[sample.time]
    last = time + (max(event_time, 0) if end is None else end)
    clean = np.isinf(own)
    if design.comparison == "not_yet":
        clean |= own > last + design.anticipation
    switching = (own == time) & (own > sample.periods[0])
    if end is not None:
        switching &= last <= sample.periods[-1]
        clean &= last <= sample.periods[-1]
    if design.base_periods is not None:
        clean &= np.isin(time, own[switching])
    rows = np.flatnonzero((switching | clean) & np.isfinite(change) & (time > sample.periods[0]))
    return Horizon(event_time, rows, change[rows], switching[rows], sample.time[rows])


def _project(
    sample: Sample, labels: pd.DataFrame, design: Design, horizon: Horizon, weighting: Weighting
) -> tuple[float, FloatArray]:
    """Return the coefficient of switching, and its influence by row of the sample, small-sample factor included."""
    rows = horizon.rows
    time, weights, treated = sample.time[rows], sample.weights[rows], horizon.switching.astype(float)
    if weighting == "equal":
        total = np.bincount(time, weights)[time]
        clean = np.bincount(time, weights * (1 - treated))[time]
        some = np.bincount(time, weights * treated)[time] > 0
        ratio = np.divide(total, clean, out=np.zeros(len(rows)), where=some & (clean > 0))
        kept = ratio > 0
        rows, time, treated, weights = rows[kept], time[kept], treated[kept], (weights * ratio)[kept]
        change = horizon.change[kept]
    else:
        change = horizon.change
    influence = np.zeros(len(sample.outcome))
    if horizon.event_time == -1 - design.anticipation and not change.any():
        return 0.0, influence
    effects = prepare_fixed_effects([time], weights)
    raw = np.column_stack([treated, sample.covariates[rows]])
    x, y = project_out(effects, raw), project_out(effects, change[:, None])[:, 0]
    dependent = dependent_columns(x[:, ::-1], np.sqrt((weights[:, None] * raw**2).sum(axis=0))[::-1], weights)
    if dependent:
        raise EstimationError(
            f"at event time {horizon.event_time} switching and the covariates {list(design.covariates)} are collinear "
            "within periods; use fewer covariates or a wider pool"
        )
    fit = least_squares(y, x, weights)
    enough = len(rows) > x.shape[1] + len(np.unique(time))
    small = cluster_factor(
        labels.iloc[rows], design.cluster or "unit", ("time",), x.shape[1], "fixest" if enough else "none"
    )
    residuals = without_rounding(fit.residuals, sample.outcome)
    influence[rows] = np.sqrt(small.factor) * (weights * residuals) * (x @ fit.bread[:, 0])
    return float(fit.coef[0]), influence


def _cells(event_time: IntArray, design: Design, lags: int, dates: list[int]) -> pd.DataFrame:
    start = -design.anticipation
    reference = (event_time < start) & (event_time >= start - lags)
    if design.base_periods is not None:
        reference = np.isin(event_time, [p - dates[0] for p in design.base_periods])
    return pd.DataFrame({"event_time": event_time, "reference": reference, "excluded": False})


def _fail_if_options_do_not_fit(design: Design, lags: int, weighting: str, composition: str, dates: list[int]) -> None:
    fail_if_unknown("weighting", weighting, Weighting)
    fail_if_unknown("composition", composition, Composition)
    fail_if_not_whole("lags", lags, 1)
    fail_if_asked(design, ("effects",), "lp_did", "a pool within one group, or twfe")
    if design.base_periods is not None and len(dates) > 1:
        raise DesignError("base_periods name calendar years, which differ between cohorts; leave them out, give lags=")


register(lp_did)
