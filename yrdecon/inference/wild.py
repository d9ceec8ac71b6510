"""Wild cluster bootstrap of a coefficient."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.estimate import Estimate
from yrdecon.core.hypothesis import FEW_P_VALUES, HypothesisTest
from yrdecon.errors import DesignError
from yrdecon.estimators.linear_map import map_linearly
from yrdecon.estimators.regression.small_sample import cluster_factor
from yrdecon.inference.reduction import cluster_codes, fail_if_instrumented, fit_by_cluster, linear_fit
from yrdecon.kernels.clustered import ClusteredFit, adjusted_scores
from yrdecon.kernels.sandwich import is_nested
from yrdecon.kernels.wild import (
    ROUNDING,
    TIE,
    WildDraws,
    all_signs,
    farthest_accepted,
    random_signs,
    random_webb,
    wild_draws,
    wild_scores,
)

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Weights = Literal["rademacher", "webb"]
Variant = Literal["11", "31", "13", "33"]

DISAGREEMENT = 0.05


def wild_cluster_bootstrap(
    estimate: Estimate,
    term: str | int | None = None,
    variant: Variant = "11",
    flip: str | None = None,
    level: float = 0.95,
    *,
    null_imposed: bool = True,
    weights: Weights = "rademacher",
    draws: int = 9_999,
    seed: int,
) -> HypothesisTest:
    """Test that a coefficient is zero by flipping the signs of whole clusters' residuals.

    Parameters
    ----------
    estimate
        A least-squares estimate; its cluster is the cluster here. Combinations of coefficients are coefficients too.
    term
        Label in ``cells["term"]``, or position of the coefficient; None if there is only one.
    variant
        ``"11"`` is the classic bootstrap. With 3 as first digit a cluster's residuals come from the regression without
        it, with 3 as second digit standard errors are those of the cluster jackknife (MacKinnon, Nielsen and Webb
        2023, there S, V and B).
    flip
        Column whose levels share a multiplier and lie within clusters, for the subcluster bootstrap of MacKinnon and
        Webb (2018); None flips whole clusters.
    level
        Confidence level of the interval.
    null_imposed
        Whether residuals are those under the null (WCR) or the unrestricted ones (WCU).
    weights
        ``"rademacher"`` signs, or the six points of Webb (2023) for fewer than a dozen clusters.
    draws
        Number of bootstrap samples. All sign vectors are used instead, and the seed has no influence, if there are no
        more of them.

    Returns
    -------
    A two-sided test with the interval of the values that it does not reject. With all sign vectors the p-value is
    their share at least as extreme, ties included (``p_ge``); the actual data are one of them when the null is imposed
    with variant 11, so that it is never zero, and it can be zero otherwise. With drawn multipliers the actual
    statistic counts as one more draw. The notes give the share that is strictly more extreme (``p_gt``) where it
    differs. Statistics use the estimate's cluster-robust error with fixest's factor, which cancels. Frame
    ``"bootstrap"`` holds the signed statistics.

    Raises
    ------
    DesignError
        If the estimate is not a least-squares regression or has no cluster, the coefficient is not there or is
        normalized, the cluster jackknife is undefined, or an option has no meaning.

    Notes
    -----
    Fixed effects are projected out again in every sample, through sums over clusters: the cost is draws times clusters
    squared. With one or two treated clusters the bootstrap fails, and in opposite directions: with independent
    clusters and one treated of 41, WCR never rejects and WCU rejects a true null in 75% of samples. A note says so
    when the two p-values differ by more than .05 (MacKinnon and Webb 2017). With 8 of 41 both hold 4-6%, but 31% where
    the treated clusters are neighbors whose errors are correlated over 150 km.

    References
    ----------
    Cameron, Gelbach and Miller (2008), Review of Economics and Statistics; Roodman, MacKinnon, Nielsen and Webb (2019),
    Stata Journal; MacKinnon and Webb (2017), Journal of Applied Econometrics; (2018), Econometrics Journal; MacKinnon,
    Nielsen and Webb (2023), Journal of Applied Econometrics.

    Examples
    --------
    >>> from yrdecon.core import Design, Panel
    >>> from yrdecon.estimators import twfe
    >>> rows = [(u, t, float(i * t % 5) + 3 * (u < "d") * (t > 2)) for i, u in enumerate("abcdef") for t in (1, 2, 3)]
    >>> table = pd.DataFrame(rows, columns=["u", "t", "y"]).assign(cohort=lambda f: np.where(f.u < "d", 3.0, np.inf))
    >>> estimate = twfe(Panel.from_frame(table, unit="u", time="t"), Design(outcome="y"))
    >>> test = wild_cluster_bootstrap(estimate, seed=1)
    >>> test.p_value * 2**6
    8.0
    """
    _fail_if_options_are_unknown(variant, weights, draws, level)
    chosen = _only(estimate, term)
    codes, flipped = _groups(chosen, flip)
    fit = replace(fit_by_cluster(chosen, flipped), codes=codes)
    _fail_if_jackknife_is_undefined(fit, variant)
    groups = int(flipped.max()) + 1
    is_complete = weights == "rademacher" and 2**groups <= draws
    multipliers = all_signs(groups) if is_complete else _drawn(weights, draws, groups, seed)
    own = _bootstrap(fit, flipped, variant, null_imposed, multipliers)
    other = _bootstrap(fit, flipped, variant, not null_imposed, multipliers)
    center = float(chosen.coef[0])
    scale = np.sqrt(_factor(chosen, variant, codes))
    signed = own.statistics(center) / scale
    statistic = abs(center) / own.error / scale
    others = np.where(np.abs(np.abs(signed) - statistic) <= TIE * statistic, statistic, np.abs(signed))
    needed = (1 - level) * (1 + TIE) * (len(signed) + (not is_complete)) - (not is_complete)
    test = HypothesisTest(
        name=f"wild cluster bootstrap {_acronym(null_imposed)}{variant}",
        statistic=statistic,
        p_value=_share(own, center, is_complete),
        null=f"{_label(estimate, term)} is zero",
        draws=others if is_complete and null_imposed and variant == "11" else np.append(statistic, others),
        estimate=center,
        conf_low=center - farthest_accepted(own, needed, 1.0),
        conf_high=center + farthest_accepted(own, needed, -1.0),
        frames=MappingProxyType({"bootstrap": pd.DataFrame({"statistic": signed})}),
    )
    how = f"all {2**groups:,} vectors of signs" if is_complete else f"{draws:,} {weights} draws, seed {seed}"
    rival = _share(other, center, is_complete)
    notes = (f"{how}, for {groups} {flip or chosen.cluster} levels", *_on_ties(test, others), *_on_rival(test, rival))
    return replace(test, notes=notes)


def _only(estimate: Estimate, term: str | int | None) -> Estimate:
    """Reduce an estimate to one coefficient."""
    linear_fit(estimate)
    fail_if_instrumented(estimate, "wild_cluster_bootstrap")
    position = _position(estimate, term)
    row = np.eye(len(estimate.coef))[[position]]
    chosen = map_linearly(estimate, row, estimate.cells.iloc[[position]].reset_index(drop=True))
    if chosen.linear is None or not chosen.linear.transform.any():
        raise DesignError(f"{_label(estimate, term)} is normalized to zero; choose another coefficient")
    return chosen


def _position(estimate: Estimate, term: str | int | None) -> int:
    terms = estimate.cells["term"].tolist() if "term" in estimate.cells else []
    if term is None and len(estimate.coef) == 1:
        return 0
    if isinstance(term, str) and terms.count(term) == 1:
        return terms.index(term)
    if isinstance(term, int | np.integer) and 0 <= term < len(estimate.coef):
        return int(term)
    raise DesignError(
        f"term={term!r} names no coefficient; choose one of {terms[:8]} "
        f"or a position from 0 to {len(estimate.coef) - 1}"
    )


def _label(estimate: Estimate, term: str | int | None) -> str:
    cell = estimate.cells.iloc[_position(estimate, term)]
    return "the coefficient of " + ", ".join(
        str(value) if name == "term" else f"{name} {value}"
        for name, value in cell.items()
        if name in ("term", "cohort", "time", "event_time")
    )


def _groups(estimate: Estimate, flip: str | None) -> tuple[IntArray, IntArray]:
    """Return the clusters of the errors and the groups of rows that share a multiplier."""
    if estimate.cluster is None:
        raise DesignError("the estimate has no cluster; call cluster_robust first")
    codes = cluster_codes(estimate, estimate.cluster)
    flipped = codes if flip is None else cluster_codes(estimate, flip)
    if not is_nested(flipped, codes):
        raise DesignError(f"the levels of flip={flip!r} must lie within the levels of {estimate.cluster!r}")
    return codes, flipped


def _drawn(weights: Weights, draws: int, groups: int, seed: int) -> NDArray[np.int8] | FloatArray:
    generator = np.random.default_rng(seed)
    return random_signs(draws, groups, generator) if weights == "rademacher" else random_webb(draws, groups, generator)


def _bootstrap(
    fit: ClusteredFit, flipped: IntArray, variant: Variant, imposed: bool, multipliers: NDArray[np.int8] | FloatArray
) -> WildDraws:
    scores = wild_scores(
        fit, flipped, null_imposed=imposed, jackknife_scores=variant[0] == "3", jackknife_errors=variant[1] == "3"
    )
    if scores.error <= ROUNDING * float(np.abs(fit.residuals).max()) * float(np.linalg.norm(fit.contrasts)):
        raise DesignError("the cluster-robust standard error is zero, so there is no t statistic; use permutation_test")
    return wild_draws(scores, multipliers)


def _factor(estimate: Estimate, variant: Variant, codes: IntArray) -> float:
    linear = linear_fit(estimate)
    if variant[1] == "3":
        return float(codes.max() / (codes.max() + 1))
    n_regressors = linear.transform.shape[1] + linear.n_covariates
    return cluster_factor(estimate.units, str(estimate.cluster), linear.effects, n_regressors, "fixest").factor


def _share(draws: WildDraws, center: float, is_complete: bool) -> float:
    extreme, total = draws.as_extreme(center), draws.deviation.shape[1]
    return float(extreme / total if is_complete else (1 + extreme) / (1 + total))


def _acronym(null_imposed: bool) -> str:
    return "WCR" if null_imposed else "WCU"


def _on_ties(test: HypothesisTest, others: FloatArray) -> tuple[str, ...]:
    strict = float((others > test.statistic).mean())
    ties = int((others == test.statistic).sum())
    notes = []
    if ties:
        notes.append(f"{ties} draws tie with the statistic and count as extreme; without them p is {strict:.4g}")
    if test.draws is not None and len(test.draws) < 2 * FEW_P_VALUES:
        notes.append(
            f"signs come in pairs that give the same size, so fewer than {FEW_P_VALUES} p-values are attainable: "
            "read the rank, not the p-value"
        )
    return tuple(notes)


def _on_rival(test: HypothesisTest, rival: float) -> tuple[str, ...]:
    """Report the p-value with the null treated the other way, and what a large difference means."""
    restricted = "WCR" in test.name
    with_null, without = (test.p_value, rival) if restricted else (rival, test.p_value)
    notes = (f"p-value {with_null:.4g} with the null imposed, {without:.4g} without",)
    if abs(with_null - without) <= DISAGREEMENT:
        return notes
    return (
        *notes,
        "they differ by more than .05: few-treated failure (MacKinnon and Webb 2017), trust neither; "
        "use permutation_test",
    )


def _fail_if_jackknife_is_undefined(fit: ClusteredFit, variant: Variant) -> None:
    if variant != "11" and not adjusted_scores(fit, 1.0).identified[0]:
        raise DesignError(
            f"variant={variant!r} leaves out one cluster after another, and without one of them the coefficient is not "
            "identified, as with a single treated cluster; use variant='11' or permutation_test"
        )


def _fail_if_options_are_unknown(variant: str, weights: str, draws: int, level: float) -> None:
    if variant not in get_args(Variant):
        raise DesignError(f"variant={variant!r} is unknown; choose one of {list(get_args(Variant))}")
    if weights not in get_args(Weights):
        raise DesignError(f"weights={weights!r} is unknown; choose one of {list(get_args(Weights))}")
    if isinstance(draws, bool) or not isinstance(draws, int | np.integer) or draws < 1:
        raise DesignError(f"draws={draws!r} must be a whole number, 1 or more")
    if not 0 < level < 1:
        raise DesignError(f"level={level!r} must lie between 0 and 1, for example .95")
