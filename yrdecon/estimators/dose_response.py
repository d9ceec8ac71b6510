"""Difference in differences with a dose: who received any, who received more, and what another unit of it goes with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.adoption import note_on_staggering
from yrdecon.core.design import Design
from yrdecon.core.estimate import Estimate
from yrdecon.core.estimator import register
from yrdecon.core.labels import row_labels
from yrdecon.core.left_out import leave_out_always_treated
from yrdecon.core.options import fail_if_no_name, fail_if_unknown, is_number
from yrdecon.core.panel import Panel
from yrdecon.core.sample import Sample, draw_sample, restrict
from yrdecon.errors import DesignError
from yrdecon.estimators.regression.event_time import (
    base_event_times,
    event_study_rows,
    event_times,
    mark_excluded,
    regress_on_event_time,
)
from yrdecon.estimators.regression.linear import fit_linear, residualizer
from yrdecon.estimators.regression.small_sample import SmallSample

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
NOTHING: Mapping[str, NDArray[Any]] = MappingProxyType({})
Estimand = Literal["binary", "high_low", "treated_slope", "twfe_slope"]


@dataclass(frozen=True, eq=False)
class Dosed:
    """A sample with the (N,) doses of its units, zero where untreated, and who is treated within it."""

    sample: Sample
    dose: FloatArray
    treated: BoolArray


def dose_response(
    panel: Panel,
    design: Design,
    *,
    dose: str = "dose",
    estimand: Estimand = "high_low",
    cut: float | None = None,
    ssc: SmallSample = "fixest",
) -> Estimate:
    """Estimate one of four things that a dose can tell, and say which.

    Parameters
    ----------
    dose
        Column with the intensity of treatment. The dose of a unit is what its treated rows hold: one positive number.
    estimand
        ``"binary"``: treated against untreated units, whatever the dose. ``"high_low"``: treated units with doses up
        to the cut and above it, each against untreated units. Both rest on parallel trends alone.
        ``"treated_slope"``: an event study of the dose among treated units of the same cohort, untreated units left
        out; `average` gives its mean after treatment. ``"twfe_slope"``: the coefficient of dose times after in the
        two-way regression. Slopes are responses to the dose only under strong parallel trends: units with different
        doses would respond alike to the same dose.
    cut
        Largest dose that counts as low; None for the median dose of treated units.
    ssc
        Small-sample rule of the clustered covariance; see `cluster_factor`.

    Returns
    -------
    An estimate with cells ``term`` (``any_dose``; ``low_dose, high_dose``; ``treated_dose_slope`` by ``event_time``;
    ``twfe_dose_slope``) and a note that words the estimand. Its frame ``doses`` lists treated units, for ``high_low``
    with their part, for ``twfe_slope`` with the weight of their effect in the slope: weights times doses sum to one,
    and doses below the average of the regression have negative weight. Units treated throughout are left out and named.
    Unbalanced panels are used as they are. With several adoption dates earlier adopters serve as comparisons, except
    in ``treated_slope``, and the notes say so.

    Raises
    ------
    DesignError
        If the dose is missing, not positive or changes among a unit's treated rows, an untreated unit has one, or doses
        do not differ as the estimand needs.
    EstimationError
        If a coefficient is not identified.

    Notes
    -----
    Rows are those of `twfe`, and for ``treated_slope`` those of `event_study`: excluded periods, periods before
    treatment that are not declared base periods, and those of anticipation take no part. `Design.comparison` plays no
    role. `Design.weights` weight the regression, `Design.covariates` and `Design.effects` enter it, and errors are
    clustered by `Design.cluster`, the unit by default. Cohorts alone cannot be permuted, as doses belong to treated
    units: run `permutation_test` on `twfe`.

    References
    ----------
    Callaway, Goodman-Bacon and Sant'Anna (2024), Difference-in-differences with a continuous treatment.

    Examples
    --------
    >>> rows = [(u, t, d * (t == 2), d, 2.0 if d else np.inf)
    ...         for u, d in (("a", 1.0), ("b", 3.0), ("c", 0.0), ("d", 0.0)) for t in (1, 2)]
    >>> panel = Panel.from_frame(pd.DataFrame(rows, columns=["u", "t", "y", "dose", "cohort"]), unit="u", time="t")
    >>> dose_response(panel, Design(outcome="y"), ssc="none").coef.round(6).tolist()
    [1.0, 3.0]
    """
    _fail_if_options_do_not_fit(estimand, cut)
    full = draw_sample(panel, design, untreated="optional" if estimand == "treated_slope" else "needed")
    dosed = _with_doses(leave_out_always_treated(full), dose)
    if estimand == "treated_slope":
        return _slope_among_treated(panel, dosed, design, dose, ssc)
    contrast = _restrict(dosed, dosed.sample.contrast)
    if estimand == "binary":
        estimate = _any_dose(panel, contrast, design, ssc)
    elif estimand == "high_low":
        estimate = _high_and_low(panel, contrast, design, dose, cut, ssc)
    else:
        estimate = _two_way_slope(panel, contrast, design, dose, ssc)
    return replace(estimate, notes=(*estimate.notes, *note_on_staggering(full.cohort, full.periods)))


def _any_dose(panel: Panel, dosed: Dosed, design: Design, ssc: SmallSample) -> Estimate:
    treated = pd.DataFrame({"any_dose": _is_after(dosed).astype(float)})
    words = "the estimand is the effect of any dose, averaged over the doses of treated units, against untreated units"
    return _finished(fit_linear(panel, dosed.sample, design, treated, ssc), dosed, words)


def _high_and_low(
    panel: Panel, dosed: Dosed, design: Design, column: str, cut: float | None, ssc: SmallSample
) -> Estimate:
    dose, after = dosed.dose, _is_after(dosed)
    cut = float(np.median(dose[dosed.treated])) if cut is None else cut
    _fail_if_one_part_is_empty(dose[dosed.treated], cut, column)
    own = dose[dosed.sample.unit]
    parts = pd.DataFrame({"low_dose": after & (own <= cut), "high_dose": after & (own > cut)}).astype(float)
    words = (
        f"the estimand is the effect of a dose up to {cut:g} (low) and of one above it (high), each against untreated "
        "units; their difference is a response to the dose only if both kinds would respond alike"
    )
    estimate = fit_linear(panel, dosed.sample, design, parts, ssc)
    return _finished(estimate, dosed, words, {"part": np.where(dose <= cut, "low", "high")})


def _two_way_slope(panel: Panel, dosed: Dosed, design: Design, column: str, ssc: SmallSample) -> Estimate:
    sample, after = dosed.sample, _is_after(dosed)
    raw = dosed.dose[sample.unit] * after
    pull = sample.weights * residualizer(row_labels(panel, sample, design), sample, design)(raw[:, None])[:, 0]
    estimate = fit_linear(panel, sample, design, pd.DataFrame({"twfe_dose_slope": raw}), ssc)
    weight = np.bincount(sample.unit, pull * after) / (pull @ raw)
    negative = int((weight[dosed.treated] < 0).sum())
    words = (
        f"the estimand is the two-way slope in {column}, a weighted average of effects and not an average response: "
        f"{negative} of {int(dosed.treated.sum())} treated units have negative weight"
    )
    return _finished(estimate, dosed, words, {"weight": weight})


def _slope_among_treated(panel: Panel, dosed: Dosed, design: Design, column: str, ssc: SmallSample) -> Estimate:
    full = dosed.sample
    among = _restrict(dosed, event_study_rows(full, design) & dosed.treated[full.unit])
    _fail_if_doses_do_not_differ_within_cohorts(among, column)
    sample = among.sample
    within = replace(design, effects=(*design.effects, f"{design.cohort}^{panel.time}"))
    event_time = event_times(sample)
    base = base_event_times(sample, design, None, event_time)
    estimate = regress_on_event_time(panel, sample, within, event_time, base, ssc, among.dose[sample.unit])
    estimate = mark_excluded(estimate, sample, design)
    estimate = replace(estimate, cells=estimate.cells.assign(term="treated_dose_slope"))
    words = (
        f"the estimand is how outcomes of treated units change per unit of {column}, untreated units left out; "
        "it is a response to the dose only if units with different doses would respond alike"
    )
    return _finished(estimate, among, words)


def _finished(estimate: Estimate, dosed: Dosed, words: str, columns: Mapping[str, NDArray[Any]] = NOTHING) -> Estimate:
    """Name the method and the estimand, and list the doses of treated units."""
    sample = dosed.sample
    table = pd.DataFrame({"unit": sample.units, "cohort": sample.cohort, "dose": dosed.dose, **columns})
    listed = table[dosed.treated].astype({"cohort": "int64"}).reset_index(drop=True)
    frames = MappingProxyType({"doses": listed})
    return replace(estimate, method="dose_response", frames=frames, notes=(*estimate.notes, words))


def _is_after(dosed: Dosed) -> BoolArray:
    sample = dosed.sample
    return np.asarray(sample.periods[sample.time] >= sample.cohort[sample.unit])


def _restrict(dosed: Dosed, rows: BoolArray) -> Dosed:
    kept = np.unique(dosed.sample.unit[rows])
    return Dosed(restrict(dosed.sample, rows), dosed.dose[kept], dosed.treated[kept])


def _with_doses(sample: Sample, column: str) -> Dosed:
    _fail_if_column_is_no_dose(sample, column)
    values = sample.frame[column].to_numpy(dtype=float, na_value=np.nan)
    own = sample.cohort[sample.unit]
    rows = sample.periods[sample.time] >= own
    treated = np.bincount(sample.unit, rows) > 0
    by_unit = pd.Series(values[rows]).groupby(sample.unit[rows])
    first, last = by_unit.min(), by_unit.max()
    lacking = rows & ~(values > 0)
    if lacking.any():
        raise DesignError(
            f"treated units {_named(sample, lacking)} have no positive {column!r} in some treated row; "
            "fill it in, or set their first treated period to infinity"
        )
    changing = first.index[(first != last).to_numpy()]
    if len(changing):
        raise DesignError(
            f"{column!r} must be one number per treated unit; it changes within {list(sample.units[changing][:8])}; "
            "use its mean over treated periods"
        )
    stray = ~np.isfinite(own) & (np.nan_to_num(values) != 0)
    if stray.any():
        raise DesignError(
            f"units {_named(sample, stray)} are never treated but have a {column!r}; "
            "set it to zero, or give them a first treated period"
        )
    dose = np.zeros(len(sample.units))
    dose[first.index] = first.to_numpy()
    return Dosed(sample, dose, treated)


def _named(sample: Sample, rows: BoolArray) -> list[Any]:
    return list(sample.units[np.unique(sample.unit[rows])][:8])


def _fail_if_options_do_not_fit(estimand: str, cut: float | None) -> None:
    fail_if_unknown("estimand", estimand, Estimand)
    if cut is not None and not is_number(cut):
        raise DesignError(f"cut={cut!r} must be a number, the largest dose that counts as low, or None for the median")
    if cut is not None and estimand != "high_low":
        raise DesignError(f"cut={cut} splits doses into low and high; leave it out, or choose estimand='high_low'")


def _fail_if_column_is_no_dose(sample: Sample, column: str) -> None:
    fail_if_no_name("dose", column)
    if column not in sample.frame.columns:
        raise DesignError(
            f"the panel has no column {column!r} with the dose; name it by dose=, or use twfe without one"
        )
    if not pd.api.types.is_numeric_dtype(sample.frame[column]):
        raise DesignError(f"column {column!r} must hold numbers to be a dose; convert it with pandas.to_numeric")


def _fail_if_one_part_is_empty(dose: FloatArray, cut: float, column: str) -> None:
    if not ((dose <= cut).any() and (dose > cut).any()):
        raise DesignError(
            f"cut={cut:g} leaves no treated unit with a low or none with a high {column!r}; doses run from "
            f"{dose.min():g} to {dose.max():g}; choose a cut between them, or estimand='binary'"
        )


def _fail_if_doses_do_not_differ_within_cohorts(dosed: Dosed, column: str) -> None:
    different = pd.Series(dosed.dose).groupby(dosed.sample.cohort).nunique()
    if not (different > 1).any():
        raise DesignError(
            f"treated units of one cohort all have the same {column!r}, so that it has no slope among them; "
            "use estimand='binary'"
        )


register(dose_response)
