"""What a table says about a model, whichever library fitted it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd

from yrdecon.core.adoption import adoption_dates
from yrdecon.core.estimate import FEW_TREATED, TIDY_COLUMNS, Estimate
from yrdecon.core.panel import Panel
from yrdecon.present.sample_facts import NOT_KNOWN, SampleFacts, sample_facts

Status = Literal["estimated", "base", "excluded"]

PLAIN_TERMS = {
    **dict.fromkeys(("treated", "att", "overall"), "effect"),
    "Intercept": "constant",
    "average total effect": "average_total_effect",
}
MOMENT_TESTS = {"AR(1)": "p_ar1", "AR(2)": "p_ar2", "Hansen J": "p_hansen", "Hansen, levels": "p_hansen_levels"}
DOSE_TERMS = ("any_dose", "low_dose", "high_dose", "treated_dose_slope", "twfe_dose_slope")


@dataclass(frozen=True)
class Term:
    """One coefficient.

    Attributes
    ----------
    key
        What it measures: ``"effect"``, ``"constant"``, or a kind and a value such as ``"event_time:-3"`` or
        ``"variable:ln_real_gdp"``. Equal keys share a row.
    status
        Whether it was estimated, normalized (``"base"``), or estimated for a period that the design excludes.
    few
        Whether it is the effect of a dummy that sets apart few units, so that it gets no star.
    """

    key: str
    estimate: float
    std_error: float
    statistic: float
    p_value: float
    conf_low: float = np.nan
    conf_high: float = np.nan
    status: Status = "estimated"
    few: bool = False


@dataclass(frozen=True)
class Fit:
    """A model as a column of a table.

    Attributes
    ----------
    terms
        The coefficients.
    outcome, method
        Column of the outcome and name of the estimator.
    effects
        Fixed effects, None if they are not known.
    cluster
        Column by which the errors are clustered.
    errors
        The kind of standard errors: the small-sample rule of ours, the name another library gives to its own.
    library
        The library that fitted it, empty for this one.
    n_obs, n_units, n_treated, n_clusters, effective_clusters, n_treated_clusters
        Counts, None if not known.
    periods, base
        Periods that the sample covers and those that effects are measured from; base is empty if not known.
    n_periods_used
        Number of periods that form the contrast, None if it is not the same for every unit.
    n_covariates
        Number of covariates that are no terms, None if not known.
    r_squared, within_r_squared
        R2 with the fixed effects, and of the variation that they leave; None if not known.
    moments
        p-values of the tests of a dynamic panel and its number of instruments, by the key of their row.
    facts
        What the panel tells about the sample.
    notes
        Sentences of the estimate.
    has_treatment
        Whether the model has treated units at all; a panel regression has none.
    dof
        Smallest degrees of freedom of the coefficients.
    """

    terms: tuple[Term, ...]
    outcome: str
    method: str
    effects: tuple[str, ...] | None
    cluster: str | None
    errors: str
    library: str = ""
    n_obs: int | None = None
    n_units: int | None = None
    n_treated: int | None = None
    n_clusters: int | None = None
    effective_clusters: float | None = None
    n_treated_clusters: int | None = None
    periods: tuple[int, ...] = ()
    base: tuple[int, ...] = ()
    n_periods_used: int | None = None
    n_covariates: int | None = None
    r_squared: float | None = None
    within_r_squared: float | None = None
    moments: Mapping[str, float] = field(default_factory=dict)
    facts: SampleFacts = NOT_KNOWN
    notes: tuple[str, ...] = ()
    has_treatment: bool = True
    dof: float = np.inf

    @property
    def has_errors(self) -> bool:
        """Whether any coefficient has a standard error."""
        return any(np.isfinite(term.std_error) and term.std_error > 0 for term in self.terms)

    @property
    def may_have_stars(self) -> bool:
        """Whether at least ten clusters are known to be treated, or without a treatment ten are compared."""
        if not self.has_treatment:
            return self.dof >= FEW_TREATED - 1
        return self.n_treated_clusters is not None and self.n_treated_clusters >= FEW_TREATED


def own_fit(estimate: Estimate, panel: Panel | None = None) -> Fit:
    """Read an estimate of this package, and the rows of its panel if it is given."""
    facts = NOT_KNOWN if panel is None else sample_facts(estimate, panel)
    return Fit(
        terms=_terms(estimate),
        outcome=estimate.outcome,
        method=estimate.method,
        effects=_effects(estimate),
        cluster=estimate.cluster,
        errors=estimate.small_sample.split(", ")[0],
        n_obs=estimate.n_obs,
        n_units=estimate.n_units,
        n_treated=estimate.n_treated,
        n_clusters=estimate.n_clusters,
        effective_clusters=estimate.effective_clusters,
        n_treated_clusters=estimate.n_treated_clusters,
        periods=_periods(estimate),
        base=_base(estimate),
        n_periods_used=_periods_used(estimate),
        n_covariates=_covariates(estimate),
        r_squared=facts.r_squared,
        within_r_squared=_within_r_squared(estimate),
        moments=_moments(estimate),
        facts=facts,
        notes=estimate.notes,
        has_treatment=estimate.n_treated is not None,
        dof=float(np.min(estimate.dof)),
    )


def _periods(estimate: Estimate) -> tuple[int, ...]:
    """Return the periods of the sample; where the rows are units, all from the first to the last."""
    units = estimate.units
    if "last_time" in units:
        return tuple(range(int(units["time"].min()), int(units["last_time"].max()) + 1))
    return _whole(units["time"])


def _terms(result: Estimate) -> tuple[Term, ...]:
    tidy = result.tidy()
    numbers = tidy[list(TIDY_COLUMNS)].to_numpy(dtype=float).tolist()
    return tuple(
        Term(_key(cell), estimate, error, statistic, p_value, low, high, _status(cell), bool(cell.get("few", False)))
        for cell, (estimate, error, statistic, p_value, low, high) in zip(tidy.to_dict("records"), numbers, strict=True)
    )


def _key(cell: dict[str, object]) -> str:
    if "term" in cell:
        term = str(cell["term"])
        if term in PLAIN_TERMS:
            return PLAIN_TERMS[term]
        if term in DOSE_TERMS:
            return f"{term}:{int(float(str(cell['event_time'])))}" if "event_time" in cell else term
        return "average:" + term.removeprefix("average ") if term.startswith("average ") else f"variable:{term}"
    if {"cohort", "time"} <= set(cell):
        return f"cohort_time:{int(float(str(cell['cohort'])))}, {int(float(str(cell['time'])))}"
    kind = next(name for name in ("event_time", "cohort", "time", "horizon") if name in cell)
    return f"{kind}:{int(float(str(cell[kind])))}"


def _status(cell: dict[str, object]) -> Status:
    if bool(cell.get("reference", False)):
        return "base"
    return "excluded" if bool(cell.get("excluded", False)) else "estimated"


def _effects(estimate: Estimate) -> tuple[str, ...] | None:
    if "effects" in estimate.frames:
        return tuple(estimate.frames["effects"]["effect"])
    if estimate.linear is not None:
        differenced = estimate.method.startswith("first_difference")
        return (*(("unit",) if differenced else ()), *estimate.linear.effects, *estimate.linear.dummies)
    if "effects" in estimate.frames:
        return tuple(estimate.frames["effects"]["effect"].astype(str))
    return ("unit", "time") if "time_weights" in estimate.frames else None


def _moments(estimate: Estimate) -> dict[str, float]:
    if "instruments" not in estimate.frames:
        return {}
    p_values = estimate.frames["tests"].set_index("test")["p_value"]
    tests = {key: float(p_values[name]) for name, key in MOMENT_TESTS.items() if name in p_values}
    return {"instruments": float(estimate.frames["instruments"]["instruments"].sum()), **tests}


def _covariates(estimate: Estimate) -> int | None:
    """Return the number of covariates; dummies of effects are none."""
    if estimate.linear is None:
        return None
    return 0 if estimate.linear.dummies else estimate.linear.n_covariates


def _within_r_squared(estimate: Estimate) -> float | None:
    """Return the share of the variation within the fixed effects; covariates that were projected out hide it."""
    linear = estimate.linear
    if linear is None or linear.n_covariates or len(linear.residuals) == 0:
        return None
    if linear.is_instrumented or linear.is_reweighted or not linear.effects:
        return None
    total = float(linear.weights @ linear.outcome**2)
    return 1 - float(linear.weights @ linear.residuals**2) / total if total > 0 else None


def _base(estimate: Estimate) -> tuple[int, ...]:
    """Return the base periods where the estimate tells them; with several adoption dates they differ."""
    if "cohort" not in estimate.units:
        return ()
    times, cohorts = np.array(_periods(estimate)), estimate.units["cohort"]
    dates = adoption_dates(cohorts.to_numpy(), times)
    if len(dates) != 1:
        return ()
    date = dates[0]
    if "time_weights" in estimate.frames:
        weights = estimate.frames["time_weights"]
        return _whole(weights.loc[weights["weight"] > 0, "time"])
    if "reference" in estimate.cells:
        return _whole(estimate.cells.loc[estimate.cells["reference"].astype(bool), "event_time"] + date)
    single = "term" in estimate.cells and estimate.cells["term"].iloc[0] == "treated"
    return _whole(times[times < date]) if single else ()


def _periods_used(estimate: Estimate) -> int | None:
    """Return the periods of the contrast; excluded ones may stay in the sample for figures."""
    if "last_time" in estimate.units:
        return None
    if "excluded" in estimate.cells:
        return int(estimate.units["time"].nunique() - estimate.cells["excluded"].sum())
    used, rest = divmod(estimate.n_obs, estimate.n_units)
    return None if rest else used


def _whole(times: pd.Series) -> tuple[int, ...]:
    return tuple(sorted({int(t) for t in times}))
