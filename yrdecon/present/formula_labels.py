"""Labels of the terms of formulas, made of the labels of their columns."""

from __future__ import annotations

import re
from collections.abc import Mapping

from yrdecon.present.words import Lang, variable_label, word

FORMS = (
    (re.compile(r"L\((?P<variable>.+), -(?P<k>\d+)\)"), "lead_of"),
    (re.compile(r"L\((?P<variable>.+), (?P<k>\d+)\)"), "lag_of"),
    (re.compile(r"D\((?P<variable>.+)\)"), "change_of"),
    (re.compile(r"(?:np\.)?log\((?P<variable>[^()]+)\)"), "log_of"),
    (re.compile(r"mean of (?P<variable>.+)"), "mean_of"),
    (re.compile(r"W\((?P<variable>.+)\)"), "spatial_lag_of"),
    (re.compile(r"direct\((?P<variable>.+)\)"), "direct_of"),
    (re.compile(r"indirect\((?P<variable>.+)\)"), "indirect_of"),
    (re.compile(r"total\((?P<variable>.+)\)"), "total_of"),
)
SPATIAL_ERROR = "W(error)"
RING = re.compile(r"ring_(?P<inner>[\d.]+)_(?P<outer>[\d.]+)km")

REGIME = re.compile(r"(?P<variable>.+) \((?P<low>\S+ < )?(?P<threshold>\S+)(?P<high> (?:<=|>) \S+)\)")


def term_label(term: str, lang: Lang, labels: Mapping[str, str]) -> str | None:
    """Return the label of a term, None where one of its columns has none.

    Examples
    --------
    >>> term_label("L(gdp, 1)", "en", {"gdp": "Output"})
    'Output, 1 earlier'
    >>> term_label("gdp:east", "zh", {"gdp": "产出", "east": "东部"})
    '产出 × 东部'
    >>> term_label("gdp (east <= 2.5)", "zh", {"gdp": "产出", "east": "东部"})
    '产出（东部 ≤ 2.5）'
    >>> term_label("W(gdp)", "zh", {"gdp": "产出"}), term_label("total(gdp)", "zh", {"gdp": "产出"})
    ('W×产出', '产出的总效应')
    >>> term_label("ring_50_100km", "en", {})
    '50–100 km from a treated place'
    >>> term_label("L(unheard, 1)", "en", {}) is None
    True
    """
    if known := variable_label(term, lang, labels) or _label_without_variable(term, lang):
        return known
    for pattern, key in FORMS:
        if match := pattern.fullmatch(term):
            inner = term_label(match["variable"], lang, labels)
            return None if inner is None else word(key, lang).format(**match.groupdict() | {"variable": inner})
    if match := re.fullmatch(r"([^:]+)::([^:]+)(?::(.+))?", term):
        dummy, value, factor = match.groups()
        found = [term_label(dummy, lang, labels), term_label(factor, lang, labels) if factor else ""]
        return None if None in found else " × ".join(filter(None, [f"{found[0]} = {value}", found[1]]))
    if match := REGIME.fullmatch(term):
        found = [term_label(match[k], lang, labels) for k in ("variable", "threshold")]
        between = f"{match['low'] or ''}{found[1]}{match['high']}".replace("<=", "≤")
        return None if None in found else f"{found[0]} ({between})" if lang == "en" else f"{found[0]}（{between}）"
    if ":" in term:
        parts = [term_label(part, lang, labels) for part in term.split(":")]
        return None if None in parts else " × ".join(str(part) for part in parts)
    return None


def _label_without_variable(term: str, lang: Lang) -> str | None:
    """Return the label of a term that is made by an estimator and of no column."""
    if term == SPATIAL_ERROR:
        return word("spatial_error_term", lang)
    ring = RING.fullmatch(term)
    return word("ring_of", lang).format(**ring.groupdict()) if ring else None
