"""Why a grade was given, in words."""

from __future__ import annotations

from yrdecon.present.words import Lang, word
from yrdecon.study.grade import CONTRARY, NO_EFFECT, STRONG, SUGGESTIVE
from yrdecon.study.report.texts import joined, p_value, percent
from yrdecon.study.run import Study


def grade_reason(study: Study, lang: Lang) -> str:
    """Name the conditions that are not met for the nearest grade or, for a grade above inconclusive, those that are."""
    decision = study.plan.decision
    if study.grade == NO_EFFECT:
        return word("report_reason_equivalence", lang).format(value=decision.smallest_effect_of_interest)
    conditions = study.found["decision"].frames["conditions"]
    if study.grade in (STRONG, CONTRARY, SUGGESTIVE):
        met = conditions.loc[conditions["grade"] == study.grade, "condition"]
        texts = [condition_text(study, study.grade, name, lang) for name in met]
        return word("report_reason_met", lang).format(conditions=joined(texts, lang))
    estimate = study.found["comparisons"].tests["headline_90"].estimate
    against = (estimate > 0) != (study.plan.sign == "positive")
    nearest = CONTRARY if against else STRONG
    rows = conditions[(conditions["grade"] == nearest) & ~conditions["met"]]
    texts = [condition_text(study, nearest, name, lang) for name in rows["condition"]]
    key = "report_reason_against" if against else "report_reason_for"
    return word(key, lang).format(conditions=joined(texts, lang))


def condition_text(study: Study, grade: str, condition: str, lang: Lang) -> str:
    """Write one condition with the thresholds of the plan."""
    decision = study.plan.decision
    breakdown = decision.suggestive_breakdown if grade == SUGGESTIVE else decision.strong_breakdown
    threshold = float(study.found["decision"].frames["grade"]["threshold"].iloc[0])
    return word(f"report_condition_{condition}", lang).format(
        largest_size=percent(decision.largest_size),
        strong_level=p_value(decision.strong_level),
        suggestive_level=percent(decision.suggestive_level),
        threshold=p_value(threshold),
        breakdown=f"{breakdown:g}",
    )
