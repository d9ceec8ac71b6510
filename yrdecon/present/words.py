"""Words in English and Chinese, from one dictionary."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Literal, get_args

import pandas as pd

from yrdecon.clean import variables
from yrdecon.errors import DesignError

Lang = Literal["en", "zh"]

LANGUAGES: dict[str, tuple[Lang, ...]] = {"en": ("en",), "zh": ("zh",), "both": ("zh", "en")}
MADE_BY_ESTIMATORS = ("adopting_group", "eligible", "experiment")


def word(key: str, lang: Lang) -> str:
    """Return one word or sentence of the dictionary."""
    fail_if_lang_is_unknown(lang)
    return _dictionary()[key][lang]


def fail_if_lang_is_unknown(lang: str) -> None:
    """Raise a `DesignError` that lists the languages."""
    if lang not in get_args(Lang):
        raise DesignError(f"lang={lang!r} is unknown; choose one of {list(get_args(Lang))}")


def known_word(key: str, lang: Lang) -> str | None:
    """Return one word of the dictionary, None if it is not there."""
    return word(key, lang) if key in _dictionary() else None


def variable_label(name: str, lang: Lang, labels: Mapping[str, str]) -> str | None:
    """Return the label of a column: the caller's, else our own, else that of the shipped panel, else None."""
    if name in labels:
        return labels[name]
    if name in MADE_BY_ESTIMATORS:
        return word(name, lang)
    known = _variable_labels()
    return known[name][lang] if name in known else None


def with_labels(variables: pd.DataFrame, lang: Lang, labels: Mapping[str, str] | None) -> dict[str, str]:
    """Return the labels that a panel's table of variables carries, the caller's before them."""
    column = f"label_{lang}"
    if column not in variables.columns:
        return dict(labels or {})
    own = variables[column].dropna()
    return {str(n): str(text) for n, text in own.items() if str(text)} | dict(labels or {})


@lru_cache(maxsize=1)
def _dictionary() -> dict[str, dict[str, str]]:
    with (Path(__file__).parent / "words.toml").open("rb") as handle:
        return tomllib.load(handle)


@lru_cache(maxsize=1)
def _variable_labels() -> dict[str, dict[str, str]]:
    table = variables.variable_table()
    return {str(n): {"en": r["label_en"], "zh": r["label_zh"]} for n, r in table.iterrows()}
