"""One cohort matched by its propensity, and the tables that show how well."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from yrdecon.core.design import Design
from yrdecon.core.sample import Sample
from yrdecon.errors import DesignError, EstimationError
from yrdecon.kernels.balance import balance_of
from yrdecon.kernels.logit import fit_logit
from yrdecon.kernels.matching import match_nearest
from yrdecon.kernels.ols import dependent_columns

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

SLACK = 1e-9
BALANCE_COLUMNS = (
    "cohort",
    "covariate",
    "sample",
    "mean_treated",
    "mean_comparison",
    "standardized_difference",
    "variance_ratio",
    "p_value",
)


@dataclass(frozen=True, eq=False)
class CohortMatch:
    """The units of a sample as one cohort is matched with the never treated.

    Attributes
    ----------
    cohort
        First treated period.
    base
        (T,) whether a period is a base period of the cohort.
    treated, comparison
        (N,) which units belong to the cohort, and which are never treated.
    covariates
        (N, k) means of the covariates over the base periods.
    probability, index
        (N,) propensity and its logit, NaN for units of other cohorts.
    shares
        (n1, n0) weights of comparison units in the matches of each treated unit, zero rows if unmatched.
    weight
        (N,) one for matched treated units, the sum of shares for comparison units.
    status
        (N,) ``"matched"``, ``"off support"``, ``"no neighbor"``, ``"unused"`` or, for other cohorts, ``""``.
    left_out
        Covariates that are constant, or combinations of others, and leave the propensity as it is.
    """

    cohort: int
    base: BoolArray
    treated: BoolArray
    comparison: BoolArray
    covariates: FloatArray
    probability: FloatArray
    index: FloatArray
    shares: sparse.csr_array
    weight: FloatArray
    status: NDArray[np.str_]
    left_out: tuple[str, ...]

    @property
    def matched(self) -> BoolArray:
        """(N,) which treated units are matched."""
        return self.treated & (self.weight > 0)


def match_cohort(sample: Sample, design: Design, cohort: int, caliper: float, neighbors: int) -> CohortMatch:
    """Fit the propensity of one cohort on a balanced sample and match it.

    Parameters
    ----------
    caliper
        In standard deviations of the linear index.

    Raises
    ------
    DesignError
        If no period is left before its treatment.
    EstimationError
        If the covariates separate the cohort from the comparison units.
    """
    treated = sample.cohort == cohort
    comparison = np.isinf(sample.cohort)
    used = treated | comparison
    base = _base_periods(sample, design, cohort)
    covariates = sample.covariates.reshape(len(sample.units), len(sample.periods), -1)[:, base].mean(axis=1)
    x, left_out = _independent(covariates[used])
    fit = fit_logit(treated[used].astype(float), x, np.ones(int(used.sum())))
    if not fit.converged:
        raise EstimationError(_words_on_separation(covariates, treated, comparison, cohort, design))
    probability, index = np.full(len(used), np.nan), np.full(len(used), np.nan)
    probability[used], index[used] = fit.probability, fit.index
    reach = caliper * index[used].std(ddof=1) if np.isfinite(caliper) else np.inf
    ends = index[comparison].min(), index[comparison].max()
    supported = (index[treated] >= ends[0] - SLACK) & (index[treated] <= ends[1] + SLACK)
    nearest = match_nearest(index[treated], index[comparison], neighbors, reach)
    shares = sparse.csr_array(nearest.multiply(supported[:, None]))
    weight = np.zeros(len(used))
    weight[treated] = np.asarray(shares.sum(axis=1)).ravel() > 0
    weight[comparison] = np.asarray(shares.sum(axis=0)).ravel()
    status = np.where(weight > 0, "matched", np.where(treated, "no neighbor", np.where(comparison, "unused", "")))
    status[np.flatnonzero(treated)[~supported]] = "off support"
    names = tuple(design.covariates[j] for j in left_out)
    return CohortMatch(cohort, base, treated, comparison, covariates, probability, index, shares, weight, status, names)


def balance_table(match: CohortMatch, design: Design) -> pd.DataFrame:
    """Compare treated with comparison units in each covariate and the index, before and after matching."""
    rows = []
    columns = {**dict(zip(design.covariates, match.covariates.T, strict=True)), "propensity_index": match.index}
    for name, values in columns.items():
        treated, comparison = values[match.treated], values[match.comparison]
        spread = np.sqrt((_variance(treated) + _variance(comparison)) / 2)
        after = values[match.matched], match.weight[match.comparison]
        for stage, (own, weights) in {"before": (treated, np.ones(len(comparison))), "after": after}.items():
            found = balance_of(own, comparison, weights)
            difference = (found.mean_treated - found.mean_comparison) / spread if spread > 0 else np.nan
            means = found.mean_treated, found.mean_comparison
            rows.append((match.cohort, name, stage, *means, difference, found.variance_ratio, found.p_value))
    return pd.DataFrame(rows, columns=list(BALANCE_COLUMNS))


def support_table(match: CohortMatch, sample: Sample) -> pd.DataFrame:
    """List every unit of the cohort and every comparison unit with its propensity, weight and fate."""
    used = match.treated | match.comparison
    table = {
        "cohort": match.cohort,
        "unit": sample.units,
        "treated": match.treated,
        "propensity": match.probability,
        "index": match.index,
        "weight": match.weight,
        "status": match.status,
    }
    return pd.DataFrame(table)[used].reset_index(drop=True)


def match_table(match: CohortMatch, sample: Sample) -> pd.DataFrame:
    """List the matches of every treated unit with their distance in the index and their weight."""
    pairs = match.shares.tocoo()
    own, other = np.flatnonzero(match.treated)[pairs.row], np.flatnonzero(match.comparison)[pairs.col]
    return pd.DataFrame(
        {
            "cohort": match.cohort,
            "unit": sample.units[own],
            "match": sample.units[other],
            "distance": np.abs(match.index[own] - match.index[other]),
            "weight": pairs.data,
        }
    )


def _base_periods(sample: Sample, design: Design, cohort: int) -> BoolArray:
    before = (sample.periods < cohort - design.anticipation) & ~np.isin(sample.periods, design.exclude_periods)
    if not before.any():
        raise DesignError(
            f"no period before the treatment of cohort {cohort} is left as its base; exclude fewer periods, "
            "or set its first treated period to missing and leave it out of the pool"
        )
    return before if design.base_periods is None else np.isin(sample.periods, design.base_periods)


def _independent(covariates: FloatArray) -> tuple[FloatArray, list[int]]:
    """Return a constant and the standardized covariates, without those that add nothing, whose positions follow."""
    centered = covariates - covariates.mean(axis=0)
    dependent = dependent_columns(centered, np.linalg.norm(covariates, axis=0), np.ones(len(covariates)))
    kept = np.delete(centered, dependent, axis=1)
    return np.column_stack([np.ones(len(kept)), kept / kept.std(axis=0)]), dependent


def _words_on_separation(
    covariates: FloatArray, treated: BoolArray, comparison: BoolArray, cohort: int, design: Design
) -> str:
    own, other = covariates[treated], covariates[comparison]
    apart = (own.min(axis=0) > other.max(axis=0)) | (own.max(axis=0) < other.min(axis=0))
    alone = [name for name, is_apart in zip(design.covariates, apart, strict=True) if is_apart]
    which = f", {alone} each without any overlap" if alone else ""
    return (
        f"the covariates {list(design.covariates)} separate the {len(own)} treated units of cohort {cohort} from the "
        f"{len(other)} comparison units{which}, so that there is no propensity to match on; name fewer covariates, "
        "choose a wider pool, or use callaway_santanna with method='reg'"
    )


def _variance(values: FloatArray) -> float:
    """Return the variance of the values, NaN for a single one."""
    return float(values.var(ddof=1)) if len(values) > 1 else np.nan
