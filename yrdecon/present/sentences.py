"""Sentences that results carry, in the language of the table."""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache
from pathlib import Path

from yrdecon.present.words import Lang


def in_words(note: str, lang: Lang) -> str:
    """Write a note as a sentence; in Chinese by the patterns on file, what has no pattern stays as it is.

    Examples
    --------
    >>> in_words("weights by the reference solver", "en")
    'Weights by the reference solver.'
    >>> in_words("weights by the reference solver", "zh")
    '权重由参考算法求得。'
    """
    text = phrase(note.strip().rstrip("."), lang)
    if lang == "en":
        return heading(text, lang) + "."
    return re.sub(r";\s*", "；", re.sub(r":\s+", "：", text)) + "。"


def heading(name: str, lang: Lang) -> str:
    """Write a name, such as that of a test, as it stands at the head of a row or in a cell.

    Examples
    --------
    >>> heading("wild cluster bootstrap WCR-11", "en"), heading("wild cluster bootstrap WCR-11", "zh")
    ('Wild cluster bootstrap WCR-11', '野聚类自助法WCR-11')
    """
    text = phrase(name, lang)
    return text[:1].upper() + text[1:]


def phrase(text: str, lang: Lang) -> str:
    """Write part of a sentence, such as the name of a rule, in the language of the table.

    Examples
    --------
    >>> phrase("two-way by unit and time", "zh")
    '双向聚类：unit与time'
    """
    if lang == "zh":
        for pattern, chinese in _patterns():
            text = pattern.sub(chinese, text)
    return text


@lru_cache(maxsize=1)
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    with (Path(__file__).parent / "sentences.toml").open("rb") as handle:
        entries = tomllib.load(handle)["sentence"]
    return tuple((re.compile(entry["en"]), entry["zh"]) for entry in entries)
