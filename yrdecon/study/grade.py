"""The grade of the evidence for a claim, by a rule that is the same in studies and in the certificate."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from yrdecon.study.plan import Decision

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

STRONG, SUGGESTIVE, CONTRARY, NO_EFFECT, INCONCLUSIVE = "strong", "suggestive", "contrary", "no effect", "inconclusive"
ROUNDING = 1e-12
SHARE_OF_POOLS = 0.75


def _never() -> FloatArray:
    return np.array([[-np.inf], [np.inf]])


@dataclass(frozen=True, eq=False)
class Evidence:
    """What the rule reads, in S studies; estimates are signed so that the claim says positive.

    Attributes
    ----------
    p_value
        (S,) of the declared estimator in the headline's pool under the default assignments.
    pools
        (P, S) estimates in all pools, the headline's first.
    attains
        (P,) whether a pool can attain the strong level.
    estimators, left_out
        (E, S) estimates by other estimators, and (L, S) without each unit.
    threshold
        p-value at which the test rejects a true null in no more than the suggestive level under a smooth gradient.
    holds_size
        Whether the test keeps its size on panels like this one, or has disjoint sets enough not to need the proof.
    breakdown
        (S,) largest violation of parallel trends, relative to those before treatment, at which zero stays excluded.
    interval
        (2, S) bounds of the 90% interval.
    """

    p_value: FloatArray
    pools: FloatArray
    attains: BoolArray
    estimators: FloatArray
    left_out: FloatArray
    threshold: float
    holds_size: bool
    breakdown: FloatArray
    interval: FloatArray = field(default_factory=_never)


def evidence_grades(evidence: Evidence, decision: Decision) -> NDArray[np.str_]:
    """Return the (S,) grades of the evidence.

    - strong: p at most the strong level in the headline's pool; the claimed sign in every pool that can attain it, for
      all estimators, and without each unit; a breakdown of the strong level or more;
    - contrary: the same with the opposite sign;
    - suggestive: p at most the calibrated threshold, the claimed sign in the headline's pool and in three of four, and
      a breakdown of the suggestive level or more;
    - no effect: the 90% interval lies within the smallest effect of interest;
    - inconclusive: everything else, and whatever rests on a test that does not keep its size.

    No rule compares an estimate with the detectable effect.

    Examples
    --------
    >>> one = np.array([0.03])
    >>> found = Evidence(np.array([0.04]), one[None], np.array([True]), one[None], one[None], 0.08, True, one / 0.03)
    >>> evidence_grades(found, Decision()).tolist()
    ['strong']
    """
    grades = np.full(len(evidence.p_value), INCONCLUSIVE, dtype="<U12")
    if not evidence.holds_size:
        return grades
    within = (np.abs(evidence.interval) <= decision.smallest_effect_of_interest).all(axis=0)
    grades[np.broadcast_to(within, grades.shape)] = NO_EFFECT
    conditions = {name: conditions_of(evidence, decision, name) for name in (SUGGESTIVE, STRONG, CONTRARY)}
    for name, met in conditions.items():
        grades[np.all(list(met.values()), axis=0)] = name
    return grades


def conditions_of(evidence: Evidence, decision: Decision, grade: str) -> dict[str, BoolArray]:
    """Return which conditions of a grade are met, (S,) each."""
    if grade == SUGGESTIVE:
        positive = evidence.pools > 0
        return {
            "calibrated_p": evidence.p_value <= evidence.threshold + ROUNDING,
            "most_pools": positive[0] & (positive.mean(axis=0) >= SHARE_OF_POOLS),
            "breakdown": evidence.breakdown >= decision.suggestive_breakdown,
        }
    sign = -1.0 if grade == CONTRARY else 1.0

    def agree(estimates: FloatArray) -> BoolArray:
        return np.asarray((sign * estimates > 0).all(axis=0))

    return {
        "p": evidence.p_value <= decision.strong_level + ROUNDING,
        "able_pools": agree(evidence.pools[evidence.attains]),
        "all_estimators": agree(evidence.estimators),
        "each_left_out": agree(evidence.left_out),
        "breakdown": evidence.breakdown >= decision.strong_breakdown,
    }
