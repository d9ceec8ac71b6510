"""Lists in the notes of results, as a printed table has them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial

from yrdecon.present.formula_labels import term_label
from yrdecon.present.words import Lang

MOST_PRINTED = 3
ITEM = r"(?:'[^']*'|-?\d+(?:\.\d+)?)"
LIST = re.compile(rf"(?P<colon>\s*[:：]\s*)?\[(?P<items>{ITEM}(?:, {ITEM})*)\](?P<rest> and others|等)?")


def plain_lists(sentence: str, lang: Lang, labels: Mapping[str, str]) -> str:
    """Write lists as prose, columns by their labels; a long list after a colon, such as of rows, is left out.

    Examples
    --------
    >>> plain_lists("2 rows left out for missing values of ['ln_real_gdp']: ['a 1', 'b 2'].", "en", {})
    '2 rows left out for missing values of Log real GDP: a 1, b 2.'
    >>> plain_lists("9 rows left out: [1, 2, 3, 4, 5, 6, 7, 8] and others.", "en", {})
    '9 rows left out.'
    """
    return LIST.sub(partial(_as_prose, lang=lang, labels=labels), sentence)


def _as_prose(found: re.Match[str], lang: Lang, labels: Mapping[str, str]) -> str:
    items = [item.strip("'") for item in re.findall(ITEM, found["items"])]
    if found["colon"] and (len(items) > MOST_PRINTED or found["rest"]):
        return ""
    named = (", " if lang == "en" else "、").join(term_label(item, lang, labels) or item for item in items)
    return (found["colon"] or "") + named + (found["rest"] or "")
