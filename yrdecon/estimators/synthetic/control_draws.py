"""Synthetic controls of many assignments, under the default options."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from yrdecon.core.adoption import adoption_dates
from yrdecon.core.design import Design
from yrdecon.core.panel import Panel
from yrdecon.core.sample import Sample
from yrdecon.core.wide import balanced_outcome
from yrdecon.estimators.synthetic.control_fit import fail_if_donors_are_few, located, sufficient_windows
from yrdecon.estimators.synthetic.control_options import Options, fail_if_design_does_not_fit
from yrdecon.estimators.synthetic.windows import Windows, same_sizes, sample_of_assignments
from yrdecon.kernels.synthetic_control import DonorProblem, follow_path, path_products

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class PlaceboData:
    """A sample with its (N, T) outcomes, and (B, N) assignments."""

    sample: Sample
    design: Design
    y: FloatArray
    cohorts: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Placebos:
    """The synthetic controls of one date at b assignments, each of which treats m units then.

    Attributes
    ----------
    rows
        (b,) the assignments.
    treated, donors
        (b, N) members.
    contrasts
        (b m, N) the treated unit less its weights.
    """

    rows: NDArray[np.int64]
    windows: Windows
    treated: BoolArray
    donors: BoolArray
    contrasts: FloatArray


def placebo_data(panel: Panel, design: Design, cohorts: FloatArray) -> PlaceboData:
    """Draw the sample of (B, N) assignments.

    Raises
    ------
    DesignError
        If the panel is not balanced, or the design does not suit a synthetic control.
    """
    fail_if_design_does_not_fit(design, Options())
    sample, own = sample_of_assignments(panel, design, cohorts)
    return PlaceboData(sample, design, balanced_outcome(sample, "synthetic_control"), own)


def fit_placebos(data: PlaceboData) -> list[Placebos]:
    """Fit the weights of every date, at all assignments that treat as many units at each date together."""
    sample = data.sample
    placebos = []
    for rows in same_sizes(data.cohorts):
        own = data.cohorts[rows]
        donors = np.isinf(own)
        fail_if_donors_are_few(int(donors[0].sum()))
        for date in adoption_dates(own, sample.periods):
            windows = sufficient_windows(sample, data.design, date)
            treated = own == date
            placebos.append(Placebos(rows, windows, treated, donors, _contrasts(data.y, windows, treated, donors)))
    return placebos


def refit(placebos: Placebos, data: PlaceboData) -> Placebos:
    """Fit the weights to other outcomes."""
    return replace(placebos, contrasts=_contrasts(data.y, placebos.windows, placebos.treated, placebos.donors))


def mean_gaps(placebos: Placebos, y: FloatArray) -> FloatArray:
    """Return the (b, T) gaps of (N, T) outcomes, averaged over the treated units of an assignment."""
    gaps = placebos.contrasts @ located(y, placebos.windows, "demeaned")
    return np.asarray(gaps.reshape(len(placebos.rows), -1, y.shape[1]).mean(axis=1))


def placebo_effects(placebos: Sequence[Placebos], y: FloatArray) -> FloatArray:
    """Return the (B, 1) effects, dates weighted by treated cells."""
    count = 1 + max(int(p.rows.max()) for p in placebos)
    total, cells = np.zeros(count), np.zeros(count)
    for p in placebos:
        size = p.treated.sum(axis=1) * p.windows.post.sum()
        total[p.rows] += size * mean_gaps(p, y)[:, p.windows.post].mean(axis=1)
        cells[p.rows] += size
    return (total / cells)[:, None]


def _contrasts(y: FloatArray, windows: Windows, treated: BoolArray, donors: BoolArray) -> FloatArray:
    row, unit = np.nonzero(treated)
    followed = np.eye(len(y))[unit]
    gram = path_products(located(y, windows, "demeaned")[:, windows.fit])
    return followed - follow_path(DonorProblem(gram, followed, donors[row]))
