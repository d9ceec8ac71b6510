"""Effects as gaps to a matrix of outcomes that is completed from its untreated cells."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from yrdecon.core.design import Design, fail_if_asked
from yrdecon.core.estimate import Estimate
from yrdecon.core.labels import row_labels
from yrdecon.core.left_out import leave_out, leave_out_always_treated
from yrdecon.core.names import some_of
from yrdecon.core.panel import Panel
from yrdecon.core.sample import Sample, draw_sample, restrict
from yrdecon.core.wide import wide_outcome
from yrdecon.errors import DesignError, EstimationError
from yrdecon.kernels.lowrank import Completed, Incomplete, Shrinkage, complete, prepare_completion

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

ZERO_FACTOR = 1e-9


@dataclass(frozen=True, eq=False)
class Grid:
    """The rows of a sample as a matrix of units and periods.

    Attributes
    ----------
    outcome
        (N, T) outcomes, NaN where there is no row.
    untreated, treated
        (N, T) rows that the completion is fitted on, and rows whose effect is asked for.
    covariates
        (N, T, p) covariates.
    """

    sample: Sample
    labels: pd.DataFrame
    outcome: FloatArray
    untreated: BoolArray
    treated: BoolArray
    covariates: FloatArray
    notes: tuple[str, ...]

    @property
    def fewest_before(self) -> int:
        """Smallest number of untreated rows of a treated unit."""
        return int(self.untreated[self.treated.any(axis=1)].sum(axis=1).min())


def draw_grid(panel: Panel, design: Design, method: str, rank: int) -> Grid:
    """Take the rows of the contrast, without units and periods that cannot carry `rank` factors.

    Raises
    ------
    DesignError
        If the design asks for weights or effects, no treated row is left, or the untreated rows fall apart.
    """
    fail_if_asked(design, ("weights", "effects"), method, "imputation")
    full = leave_out_always_treated(draw_sample(panel, design))
    inside = restrict(full, full.contrast)
    kept = _estimable(inside, _treated(inside), rank)
    sample = restrict(inside, kept) if kept.any() else inside
    treated = _treated(sample)
    if not kept.any() or not treated.any():
        raise DesignError(
            f"no treated unit has {rank + 1} untreated rows in periods with {rank + 1} untreated units, "
            f"which {rank} factors need; ask for fewer factors, or widen the pool"
        )
    shape = (len(sample.units), len(sample.periods))
    at = sample.unit, sample.time
    is_treated, is_untreated = np.zeros(shape, bool), np.zeros(shape, bool)
    covariates = np.zeros((*shape, sample.covariates.shape[1]))
    is_treated[at], is_untreated[at] = treated, ~treated
    covariates[at] = sample.covariates
    _fail_if_untreated_rows_fall_apart(is_untreated, sample)
    labels = row_labels(panel, sample, design)
    outcome = wide_outcome(sample)
    return Grid(sample, labels, outcome, is_untreated, is_treated, covariates, _notes(inside, sample, rank))


def prepared(grid: Grid, design: Design) -> Incomplete:
    """Fit effects and covariates on untreated rows.

    Raises
    ------
    EstimationError
        If the covariates are collinear with the fixed effects on untreated rows.
    """
    problem = prepare_completion(grid.outcome, grid.untreated, grid.covariates)
    if problem is None:
        raise EstimationError(
            f"the covariates {list(design.covariates)} are collinear with the fixed effects or with each other on "
            "untreated rows; drop one, and interact those that are constant within units with time"
        )
    return problem


def completed_estimate(
    grid: Grid, design: Design, shrinkage: Shrinkage, method: str, frames: dict[str, pd.DataFrame]
) -> Estimate:
    """Complete the grid and average the gaps of ever-treated units by cohort and period.

    Raises
    ------
    EstimationError
        If the iteration does not settle, or the covariates are collinear with the fixed effects.
    """
    fit = complete(prepared(grid, design), shrinkage)
    if not fit.settled:
        raise EstimationError(
            f"{method} did not settle: the untreated rows do not determine the low-rank part; "
            "ask for fewer factors or a larger penalty"
        )
    rows = _rows(grid, fit)
    own = rows[np.isfinite(rows["cohort"]) & (rows["cohort"] <= grid.sample.periods[-1])].astype({"cohort": "int64"})
    own = own.assign(event_time=own["time"] - own["cohort"], size=1)
    means = {"observed": "mean", "counterfactual": "mean", "effect": "mean", "size": "sum"}
    path = own.groupby(["cohort", "time", "event_time"], as_index=False).agg(means)
    after = own[own["event_time"] >= 0].groupby(["unit", "cohort"], as_index=False, sort=False)
    frames = {
        "path": path,
        "counterfactual": rows,
        "unit_effects": after.agg({"effect": "mean", "size": "sum"}),
        **_low_rank_frames(grid, fit.low_rank),
        "covariates": pd.DataFrame({"term": list(design.covariates), "estimate": fit.slopes}).astype({"term": "str"}),
        **frames,
    }
    return Estimate(
        coef=path["effect"].to_numpy(),
        vcov=np.full((len(path), len(path)), np.nan),
        cells=path[["cohort", "time", "event_time"]].assign(size=path["size"].astype(float)),
        units=grid.labels,
        method=method,
        outcome=design.outcome,
        n_obs=len(rows),
        frames=MappingProxyType(frames),
        small_sample="no analytic standard error; infer by permutation",
        notes=grid.notes,
    )


def _treated(sample: Sample) -> BoolArray:
    return np.asarray(sample.periods[sample.time] >= sample.cohort[sample.unit], dtype=bool)


def _estimable(sample: Sample, treated: BoolArray, rank: int) -> BoolArray:
    """(n,) rows whose unit and period have more than `rank` untreated rows, once the others are gone."""
    kept = np.ones(len(treated), dtype=bool)
    while True:
        untreated = kept & ~treated
        of_unit = np.bincount(sample.unit[untreated], minlength=len(sample.units)) > rank
        of_period = np.bincount(sample.time[untreated], minlength=len(sample.periods)) > rank
        smaller = kept & of_unit[sample.unit] & of_period[sample.time]
        if smaller.sum() == kept.sum():
            return kept
        kept = smaller


def _notes(inside: Sample, sample: Sample, rank: int) -> tuple[str, ...]:
    gone = ~np.isin(inside.units, sample.units)
    periods = np.setdiff1d(inside.periods, sample.periods).tolist()
    need = f"{rank + 1} untreated row{'s' if rank else ''}"
    notes = [f"periods {periods} have fewer than {need} and are left out"] if periods else []
    return (*leave_out(inside, gone, f"have fewer than {need}").notes, *notes)


def _rows(grid: Grid, fit: Completed) -> pd.DataFrame:
    at = grid.sample.unit, grid.sample.time
    observed, gap = grid.outcome[at], fit.gap[at]
    labels = grid.labels[["cohort", "unit", "time"]]
    return labels.assign(observed=observed, counterfactual=observed - gap, effect=gap)


def _low_rank_frames(grid: Grid, low_rank: FloatArray) -> dict[str, pd.DataFrame]:
    """Return factors with mean square one and their loadings; each factor's largest entry is positive."""
    u, singular, v = np.linalg.svd(low_rank, full_matrices=False)
    count = int((singular > ZERO_FACTOR * max(singular[0], np.nanstd(grid.outcome))).sum())
    root = np.sqrt(len(grid.sample.periods))
    factors, loadings = v[:count].T * root, u[:, :count] * singular[:count] / root
    sign = np.sign(factors[np.abs(factors).argmax(axis=0), np.arange(count)])
    names = pd.Index(range(1, count + 1))
    units = pd.DataFrame({"unit": grid.sample.units.to_numpy(), "cohort": grid.sample.cohort})
    return {
        "factors": _long(pd.DataFrame({"time": grid.sample.periods}), factors * sign, names),
        "loadings": _long(units, loadings * sign, names),
    }


def _long(labels: pd.DataFrame, values: FloatArray, names: pd.Index[int]) -> pd.DataFrame:
    repeated = labels.loc[labels.index.repeat(len(names))].reset_index(drop=True)
    number = np.tile(names.to_numpy(dtype=np.int64), len(labels))
    return repeated.assign(factor=number, value=values.ravel())


def _fail_if_untreated_rows_fall_apart(untreated: BoolArray, sample: Sample) -> None:
    n, t = untreated.shape
    unit, time = np.nonzero(untreated)
    links = csr_array((np.ones(len(unit)), (unit, n + time)), shape=(n + t, n + t))
    pieces, piece = connected_components(links, directed=False)
    if pieces > 1:
        smallest = np.bincount(piece[:n], minlength=pieces).argmin()
        names = sample.units[piece[:n] == smallest].tolist()
        raise DesignError(
            f"the untreated rows of {some_of(names)} share no period with those of other units, so that nothing "
            "compares them; leave these units out of the pool, or add periods"
        )
