"""The one result: coefficients with labelled cells, their covariance, and the influence of every row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.options import is_number
from yrdecon.errors import DesignError
from yrdecon.kernels.sandwich import effective_clusters

FloatArray = NDArray[np.float64]
TIDY_COLUMNS = ("estimate", "std_error", "statistic", "p_value", "conf_low", "conf_high")
FEW_TREATED = 10
NO_ERROR = 1e-9


@dataclass(frozen=True, eq=False)
class LinearFit:
    """A least-squares fit after its fixed effects are projected out.

    Attributes
    ----------
    outcome
        (n,) residualized outcome.
    regressors
        (n, p) residualized regressors.
    transform
        (k, p) map from the p regression coefficients to the k coefficients of the estimate.
    weights
        (n,) regression weights.
    residuals
        (n,) residuals.
    effects
        Columns of `Estimate.units` that were absorbed as fixed effects, and varying slopes such as ``unit[year]``.
    covariates
        (n, c) covariates that were projected out with them.
    slopes
        (n, s) variables of the varying slopes, in the order of `effects`.
    is_instrumented
        Whether `regressors` are what instruments predict and `residuals` those of the actual regressors; such a fit
        has sandwich covariances, and neither leverage nor a bootstrap.
    dummies
        Effects that are in the model as dummies among the covariates and not absorbed.
    is_reweighted
        Whether this is the last step of iteratively reweighted least squares, with the working outcome of a likelihood;
        such a fit has sandwich covariances, and neither R2, leverage nor a bootstrap.
    """

    outcome: FloatArray
    regressors: FloatArray
    transform: FloatArray
    weights: FloatArray
    residuals: FloatArray
    effects: tuple[str, ...]
    covariates: FloatArray
    slopes: FloatArray
    is_instrumented: bool = False
    dummies: tuple[str, ...] = ()
    is_reweighted: bool = False

    @property
    def n_covariates(self) -> int:
        """Number of covariates."""
        return int(self.covariates.shape[1])


@dataclass(frozen=True, eq=False)
class Estimate:
    """What every estimator returns.

    Attributes
    ----------
    coef
        (k,) coefficients.
    vcov
        (k, k) covariance; NaN where no sampling theory is offered, and then inference is by permutation.
    cells
        k rows of labels: term, or cohort, time, event_time. A column ``reference`` marks coefficients that are
        normalized and not estimated.
    units
        Labels of the rows of the sample: unit, time, cohort and every cluster variable. A panel regression has no
        cohort: no row is treated or not.
    method, outcome
        Name of the estimator, column of the outcome.
    n_obs
        Number of rows that formed the contrast.
    influence
        (rows, k) influence of every row of `units` on every coefficient, or None.
    linear
        The residualized regression, for covariances that need it.
    frames
        Named tidy by-products, such as the weights of a synthetic control.
    cluster
        Column of `units` by which the covariance is clustered.
    dof
        Degrees of freedom of the t distribution for intervals; infinite for the normal one; (k,) where coefficients
        differ in them.
    small_sample
        The named small-sample rule in words.
    notes
        Sentences that belong under a table.
    """

    coef: FloatArray
    vcov: FloatArray
    cells: pd.DataFrame
    units: pd.DataFrame
    method: str
    outcome: str
    n_obs: int
    influence: FloatArray | None = None
    linear: LinearFit | None = None
    frames: Mapping[str, pd.DataFrame] = field(default_factory=lambda: MappingProxyType({}))
    cluster: str | None = None
    dof: float | FloatArray = np.inf
    small_sample: str = "none"
    notes: tuple[str, ...] = ()

    @property
    def std_error(self) -> FloatArray:
        """(k,) standard errors; NaN where a covariance that need not be positive gives a negative variance."""
        variance = np.diag(self.vcov)
        return np.sqrt(np.where(variance >= 0, variance, np.nan))

    @property
    def n_units(self) -> int:
        """Number of units in the sample."""
        return int(self.units["unit"].nunique())

    @property
    def n_treated(self) -> int | None:
        """Number of units that are ever treated, None for a regression without a treatment."""
        if "cohort" not in self.units:
            return None
        return int(self.units.loc[np.isfinite(self.units["cohort"]), "unit"].nunique())

    @property
    def n_clusters(self) -> int | None:
        """Number of clusters of the covariance."""
        return int(self.units[self.cluster].nunique()) if self.cluster else None

    @property
    def n_treated_clusters(self) -> int | None:
        """Number of clusters with a treated row: below ten, asymptotic p-values are not to be trusted.

        Where the rows are units, or none is treated as in a test of pre-trends, those of treated units count. None
        without clusters, and for a regression without a treatment.
        """
        if self.cluster is None or "cohort" not in self.units:
            return None
        ever = np.isfinite(self.units["cohort"])
        after = ever & (self.units["time"] >= self.units["cohort"])
        rows = after if after.any() and not self.units["unit"].is_unique else ever
        return int(self.units.loc[rows, self.cluster].nunique())

    @property
    def effective_clusters(self) -> float | None:
        """Effective number of clusters of a regression with one coefficient (Carter, Schnepel and Steigerwald 2017)."""
        if self.cluster is None or self.linear is None or len(self.coef) != 1:
            return None
        linear, codes = self.linear, pd.factorize(self.units[self.cluster])[0].astype(np.int64)
        return effective_clusters(linear.regressors, linear.weights, linear.transform[0], codes)

    def tidy(self, level: float = 0.95) -> pd.DataFrame:
        """Return one row per coefficient with estimate, standard error, statistic, p-value and interval.

        p-values and intervals are those of the t distribution with `dof` degrees of freedom, and missing where the
        standard error is zero because too few units vary, as with one treated and one other unit. With fewer than ten
        treated clusters they over-reject, whatever the covariance: infer by permutation instead.

        Raises
        ------
        DesignError
            If `level` is not strictly between 0 and 1.
        """
        from scipy import stats

        if not is_number(level) or not 0 < level < 1:
            raise DesignError(f"level={level!r} must lie between 0 and 1, for example .95")
        error = self.std_error
        statistic = self.coef / np.where((error > 0) & ~self._lacks_error, error, np.nan)
        half = stats.t.ppf(0.5 + level / 2, self.dof) * np.where(self._lacks_error, np.nan, error)
        p_value = 2 * stats.t.sf(np.abs(statistic), self.dof)
        values = (self.coef, error, statistic, p_value, self.coef - half, self.coef + half)
        return self.cells.reset_index(drop=True).assign(**dict(zip(TIDY_COLUMNS, values, strict=True)))

    @property
    def _lacks_error(self) -> NDArray[np.bool_]:
        """(k,) whether a coefficient that is not set to zero has a standard error of zero, or of rounding."""
        given = self.cells.get("reference", pd.Series(False, index=self.cells.index)).to_numpy(dtype=bool)
        return np.asarray((self.std_error <= NO_ERROR * np.abs(self.coef)) & ~(given & (self.coef == 0)))

    def __repr__(self) -> str:
        treated = "" if self.n_treated is None else f", {self.n_treated} treated"
        clusters = self.n_treated_clusters
        is_few = clusters is not None and clusters < FEW_TREATED
        shown = self.tidy().drop(columns=list(TIDY_COLUMNS[3:]) if is_few else [])
        lines = [
            f"{self.method} of {self.outcome}: {self.n_obs} observations, {self.n_units} units{treated}",
            shown.to_string(index=False, float_format=lambda x: f"{x:.4f}"),
            self._words_on_errors(),
            *self.notes,
        ]
        if is_few:
            lines.append(
                f"{clusters} treated clusters: p-values and intervals of these errors over-reject and are not shown; "
                "use permutation_test"
            )
        return "\n".join(lines)

    def _words_on_errors(self) -> str:
        if not np.isfinite(self.std_error).any():
            return "no standard errors"
        by = f" clustered by {self.cluster}" if self.cluster else ""
        effective = self.effective_clusters
        count = "" if effective is None else f", {self.n_clusters} clusters, {effective:.1f} effective"
        lacking = int(self._lacks_error.sum())
        words = f"; {lacking} errors of 0: nothing varies to tell them from, infer by permutation" if lacking else ""
        return f"standard errors{by}{count}; {self.small_sample}{words}"
