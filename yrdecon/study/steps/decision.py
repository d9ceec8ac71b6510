"""From findings to grades: of the headline, and of every sentence of the claim sheet."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from yrdecon.core.hypothesis import HypothesisTest
from yrdecon.errors import YrdeconError
from yrdecon.study.findings import Findings, gather
from yrdecon.study.grade import CONTRARY, INCONCLUSIVE, STRONG, SUGGESTIVE, Evidence, conditions_of, evidence_grades
from yrdecon.study.material import Material, with_outcome
from yrdecon.study.plan import Claim, Plan, Sign
from yrdecon.study.steps.comparisons import comparisons
from yrdecon.study.steps.donors import GAP, name_of
from yrdecon.study.steps.estimators import estimators
from yrdecon.study.steps.inference import calibration
from yrdecon.study.steps.sensitivity import sensitivity

NOT_ESTIMABLE = "not estimable"
GRADIENT = "smooth gradient"
PLACEBO_DATES = "placebo dates"
RELATIVE = "relative magnitudes"


def decision(material: Material, found: Mapping[str, Findings]) -> Findings:
    """Grade the headline from the findings of the other steps; frames ``grade`` and ``conditions``."""
    evidence = evidence_from(material.plan, material.plan.sign, found)
    grade = str(evidence_grades(evidence, material.plan.decision)[0])
    row = {"grade": grade, "threshold": evidence.threshold, "holds_size": evidence.holds_size}
    frames = {"grade": lambda: pd.DataFrame([row]), "conditions": lambda: _conditions(evidence, material.plan)}
    return gather(frames)


def claims(material: Material, found: Mapping[str, Findings]) -> Findings:
    """Grade every sentence of the claim sheet, or say what would be needed.

    Other outcomes than the headline's go through the same comparisons, estimators and bounds, and through the
    calibration where everything else would lift the grade. Sentences on a gap are judged by recipients less their own
    donors where the pairs have both sides, and earn a rank. Frame ``claims``: sentence in both languages, outcome,
    unit, judged_by (gap, or empty), estimate, rank, n_compared, grade and needs.
    """
    known: dict[str, Mapping[str, Findings]] = {material.plan.headline.outcome: found}
    rows = [_claim(material, claim, known) for claim in material.plan.claims]
    return gather({"claims": lambda: pd.DataFrame(rows)})


def evidence_from(plan: Plan, sign: Sign, found: Mapping[str, Findings]) -> Evidence:
    """Read the evidence for a claim of a sign from the findings of the steps.

    The headline's pool comes first; what could not be computed meets no condition.
    """
    signed = 1.0 if sign == "positive" else -1.0
    pools = found["comparisons"].frames["pools"].set_index("name")
    first = f"pool_{plan.headline.pool}"
    pools = pools.loc[[first, *pools.index.drop(first)]]
    test = found["comparisons"].tests["headline_90"]
    sizes = found["calibration"].frames.get("sizes") if "calibration" in found else None
    return Evidence(
        p_value=np.array([test.p_value]),
        pools=signed * pools["estimate"].to_numpy(dtype=float)[:, None],
        attains=(pools["smallest_p_value"] <= plan.decision.strong_level).to_numpy(),
        estimators=signed * found["estimators"].frames["estimators"]["estimate"].to_numpy(dtype=float)[:, None],
        left_out=signed * _left_out(found["sensitivity"])[:, None],
        threshold=_threshold(sizes),
        holds_size=_holds_size(test, sizes, plan.decision.largest_size),
        breakdown=np.array([_breakdown(found["sensitivity"])]),
        interval=np.array([[test.conf_low], [test.conf_high]]),
    )


def _holds_size(test: HypothesisTest, sizes: pd.DataFrame | None, largest: float) -> bool:
    """Tell whether the simulated sizes stay below the limit, or the disjoint sets are enough to do without."""
    if sizes is None:
        return not test.is_rank_only
    simulated = sizes[sizes["process"] != PLACEBO_DATES]
    return bool((simulated["size_05"] <= largest).all())


def _threshold(sizes: pd.DataFrame | None) -> float:
    if sizes is None:
        return 0.0
    row = sizes[sizes["process"] == GRADIENT]
    return float(row["threshold_10"].iloc[0]) if len(row) else 0.0


def _breakdown(found: Findings) -> float:
    if "bounds" not in found.frames:
        return -np.inf
    bounds = found.frames["bounds"]
    value = bounds.loc[bounds["restriction"] == RELATIVE, "breakdown"].iloc[0]
    # missing where zero stays excluded up to the largest ratio that is searched
    return float(value) if np.isfinite(value) else np.inf


def _left_out(found: Findings) -> np.ndarray:
    return np.asarray(found.frames["left_out"]["estimate"].fillna(0.0), dtype=float)


def _conditions(evidence: Evidence, plan: Plan) -> pd.DataFrame:
    rows = [
        (grade, name, bool(met[0]))
        for grade in (STRONG, SUGGESTIVE, CONTRARY)
        for name, met in {
            "size": np.array([evidence.holds_size]),
            **conditions_of(evidence, plan.decision, grade),
        }.items()
    ]
    return pd.DataFrame(rows, columns=["grade", "condition", "met"])


def _claim(material: Material, claim: Claim, known: dict[str, Mapping[str, Findings]]) -> dict[str, object]:
    row: dict[str, object] = {
        "sentence_en": claim.sentence.en,
        "sentence_zh": claim.sentence.zh,
        "outcome": claim.outcome or "",
        "unit": claim.unit or "",
        "judged_by": "",
        "estimate": np.nan,
        "rank": np.nan,
        "n_compared": np.nan,
        "grade": NOT_ESTIMABLE,
        "needs_en": claim.needs.en if claim.needs else "",
        "needs_zh": claim.needs.zh if claim.needs else "",
    }
    if claim.outcome is None or claim.needs is not None:
        return row
    own = known[material.plan.headline.outcome]
    if claim.unit is not None:
        return row | _case(own, claim)
    gap = own["donors"].tests.get(name_of(GAP, claim.outcome, material.plan.headline.pool))
    if claim.compared_with and gap is not None:
        return row | _ranked(gap) | {"judged_by": GAP}
    try:
        if claim.outcome not in known:
            known[claim.outcome] = _found(material, claim)
    except YrdeconError as error:
        return row | {"needs_en": str(error), "needs_zh": str(error)}
    found = known[claim.outcome]
    test = found["comparisons"].tests["headline_90"]
    evidence = evidence_from(material.plan, claim.sign, found)
    return row | _ranked(test) | {"grade": str(evidence_grades(evidence, material.plan.decision)[0])}


def _ranked(test: HypothesisTest) -> dict[str, object]:
    """Read a test; without evidence of other kinds, and without a proof of its size, nothing above inconclusive."""
    compared = 0 if test.draws is None else len(test.draws)
    return {"estimate": test.estimate, "rank": test.rank, "n_compared": compared, "grade": INCONCLUSIVE}


def _found(material: Material, claim: Claim) -> Mapping[str, Findings]:
    asked = with_outcome(material, str(claim.outcome))
    found = {"comparisons": comparisons(asked), "estimators": estimators(asked), "sensitivity": sensitivity(asked)}
    if "headline_90" not in found["comparisons"].tests:
        raise YrdeconError(found["comparisons"].refused["headline_90"])
    evidence = evidence_from(asked.plan, claim.sign, found)
    would = [conditions_of(evidence, asked.plan.decision, grade) for grade in (STRONG, CONTRARY)]
    lifts = any(all(bool(met[0]) for met in conditions.values()) for conditions in would)
    passes = evidence.breakdown[0] >= asked.plan.decision.suggestive_breakdown
    return {**found, "calibration": calibration(asked)} if lifts or passes else found


def _case(found: Mapping[str, Findings], claim: Claim) -> dict[str, object]:
    """Read a sentence on one unit from the pair cases: one unit earns a rank, whatever the rank is."""
    if "cases" not in found["pair_cases"].frames:
        return {}
    cases = found["pair_cases"].frames["cases"]
    rows = cases[cases["unit"] == claim.unit]
    if rows.empty:
        return {}
    return {**rows.iloc[0][["estimate", "rank", "n_compared"]].to_dict(), "grade": INCONCLUSIVE}
