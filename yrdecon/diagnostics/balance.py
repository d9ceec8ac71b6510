"""How treated and comparison units differed before treatment."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.design import Design
from yrdecon.core.left_out import leave_out_always_treated
from yrdecon.core.panel import Panel
from yrdecon.core.sample import Sample, draw_sample
from yrdecon.errors import DesignError
from yrdecon.kernels.standardized_differences import moments, relative_difference

FloatArray = NDArray[np.float64]


def balance(panel: Panel, design: Design, covariates: Sequence[str]) -> pd.DataFrame:
    """Compare the means of treated and comparison units before treatment.

    Each covariate is averaged within units over the base periods of the design or, where it declares none, over all
    periods before the first treatment and any anticipation, excluded periods left out; units are then compared. With
    weights in the design, rows count by their weight, and units by the sum of it. Missing values of a covariate are
    left out and the numbers of units told; units treated throughout take no part; units treated after the end of the
    panel are comparisons.

    Parameters
    ----------
    covariates
        Numeric columns; the outcome may be among them.

    Returns
    -------
    One row per covariate: covariate, mean_treated, mean_comparison, sd_treated, sd_comparison,
    standardized_difference (difference of means over the root of the average of the two variances, Rosenbaum and Rubin
    1985), normalized_difference (over the root of their sum, for which Imbens and Wooldridge 2009 warn above 0.25),
    variance_ratio (treated over comparison), n_treated and n_comparison. What needs a variance is empty where a group
    has a single unit.

    Raises
    ------
    DesignError
        If no covariate is named, one is missing, not numeric or infinite, or a group has no value of it.

    References
    ----------
    Rosenbaum and Rubin (1985), American Statistician; Imbens and Wooldridge (2009), Journal of Economic Literature.

    Examples
    --------
    >>> from yrdecon.study.twinning import load_twinning, twinning_design
    >>> table = balance(load_twinning(), twinning_design(), ["ln_real_gdp"])
    >>> table[["n_treated", "n_comparison"]].values.tolist()
    [[8, 22]]
    """
    names = _checked(panel, covariates)
    sample = leave_out_always_treated(draw_sample(panel, design))
    rows = np.isin(sample.time, np.flatnonzero(_periods(sample, design)))
    values, weights = _unit_means(sample, names, rows)
    treated = sample.cohort <= sample.periods[-1]
    one, other = moments(values[treated], weights[treated]), moments(values[~treated], weights[~treated])
    lost = [n for n, a, b in zip(names, one.size, other.size, strict=True) if min(a, b) == 0]
    if lost:
        raise DesignError(f"{lost} have no value before treatment in one of the groups; leave them out")
    total = one.variance + other.variance
    ratio = np.divide(one.variance, other.variance, out=np.full(len(names), np.nan), where=other.variance > 0)
    return pd.DataFrame(
        {
            "covariate": names,
            "mean_treated": one.mean,
            "mean_comparison": other.mean,
            "sd_treated": np.sqrt(one.variance),
            "sd_comparison": np.sqrt(other.variance),
            "standardized_difference": relative_difference(one, other, total / 2),
            "normalized_difference": relative_difference(one, other, total),
            "variance_ratio": ratio,
            "n_treated": one.size.astype(int),
            "n_comparison": other.size.astype(int),
        }
    )


def _checked(panel: Panel, covariates: Sequence[str]) -> list[str]:
    if isinstance(covariates, str):
        raise DesignError(f"covariates={covariates!r} must be several names; write [{covariates!r}]")
    names = list(dict.fromkeys(covariates))
    if not names:
        raise DesignError("name the covariates to compare")
    missing = [n for n in names if n not in panel.frame.columns]
    if missing:
        raise DesignError(f"the panel has no column {missing}; its columns are {panel.frame.columns.tolist()[:60]}")
    for name in names:
        column = panel.frame[name]
        if not (pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column)):
            raise DesignError(
                f"column {name!r} must hold numbers; make one true-or-false column for each of its levels"
            )
        if np.isinf(column.to_numpy(dtype=float, na_value=np.nan)).any():
            raise DesignError(f"column {name!r} holds infinite values; the logarithm of zero is a common cause")
    return names


def _periods(sample: Sample, design: Design) -> NDArray[np.bool_]:
    if design.base_periods is not None:
        return np.isin(sample.periods, design.base_periods)
    before = sample.periods < sample.first_treated_period - design.anticipation
    return np.asarray(before & ~np.isin(sample.periods, design.exclude_periods))


def _unit_means(sample: Sample, names: list[str], rows: NDArray[np.bool_]) -> tuple[FloatArray, FloatArray]:
    """Return the (N, k) weighted means of the units over the rows, NaN without a value, and their (N,) weights."""
    values = sample.frame[names].to_numpy(dtype=float, na_value=np.nan)[rows]
    weight, unit = sample.weights[rows], sample.unit[rows]
    present = np.isfinite(values)
    member = (unit == np.arange(len(sample.units))[:, None]).astype(float)
    mass = member @ (present * weight[:, None])
    total = member @ (np.where(present, values, 0.0) * weight[:, None])
    means = np.divide(total, mass, out=np.full(mass.shape, np.nan), where=mass > 0)
    return means, member @ weight
