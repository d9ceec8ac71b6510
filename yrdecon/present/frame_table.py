"""A tidy frame of results as a table: rounded numbers, intervals in one column, words of the dictionary."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import pandas as pd

from yrdecon.errors import DesignError
from yrdecon.places.codes import city_table
from yrdecon.present.bilingual import bilingual
from yrdecon.present.numbers import DASH, bracketed, fixed, needed_decimals, p_text, thousands
from yrdecon.present.sentences import heading, in_words
from yrdecon.present.table import Table
from yrdecon.present.table_content import TableLang
from yrdecon.present.words import LANGUAGES, Lang, known_word, variable_label, word

ON_THE_SCALE_OF_THE_OUTCOME = ("estimate", "std_error", "conf_low", "conf_high", "change", "minimum_detectable_effect")
SENTENCES = ("note", "verdict", "notes")
LEAST_DECIMALS, LARGEST_PLAIN = 3, 9_999


def frame_table(frame: pd.DataFrame, *, lang: TableLang = "en", labels: Mapping[str, str] | None = None) -> Table:
    """Print a frame such as those of `placebo_time`, `control_pool_ladder`, `honest_bounds` or `inference_report`.

    The first column labels the rows. Both ends of an interval stand in one column, and so do a rank and the number of
    ranks; a missing value is a dash. Numbers of one kind share their decimals.

    Parameters
    ----------
    lang
        ``"en"``, ``"zh"``, or ``"both"``.
    labels
        Words for columns and for texts in cells that the dictionary does not hold, or to print instead. Columns without
        a label are printed by their name and listed in the notes.

    Raises
    ------
    DesignError
        If the frame is empty or has one column alone.

    Examples
    --------
    >>> frame = pd.DataFrame({"date": [2019], "estimate": [0.0097], "conf_low": [-0.0106], "conf_high": [0.0371]})
    >>> frame_table(frame).rows
    [['2019', '0.010', '[-0.011, 0.037]']]
    """
    if lang == "both":
        return bilingual(*(frame_table(frame, lang=one, labels=labels) for one in LANGUAGES["both"]))
    if frame.empty or frame.shape[1] < 2:
        raise DesignError(f"a table needs a row and two columns; the frame has the shape {frame.shape}")
    known = labels or {}
    shown = _in_one_language(frame, lang)
    texts = _columns(shown, lang, known)
    stub, *names = texts
    body = pd.DataFrame({number: texts[name] for number, name in enumerate(names)}, dtype="str")
    body.columns = pd.Index([_column_word(name, lang, known) or name for name in names])
    body.index = pd.Index(texts[stub], name=_column_word(stub, lang, known) or stub)
    missing = [name for name in texts if _column_word(name, lang, known) is None]
    note = word("note", lang) + word("note_missing_labels", lang).format(names=", ".join(missing))
    return Table(body, (note,) if missing else (), "", lang)


def _in_one_language(frame: pd.DataFrame, lang: Lang) -> pd.DataFrame:
    """Leave out the names in the other language."""
    other = "_en" if lang == "zh" else "_zh"
    pairs = [c for c in frame if str(c).endswith(other) and str(c).removesuffix(other) + f"_{lang}" in frame]
    return frame.drop(columns=pairs)


def _columns(frame: pd.DataFrame, lang: Lang, labels: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the texts of each column to print; an interval stands where its lower end does."""
    scale = _decimals(frame, [c for c in ON_THE_SCALE_OF_THE_OUTCOME if c in frame])
    texts: dict[str, list[str]] = {}
    for name in map(str, frame.columns):
        if name == "conf_low" and "conf_high" in frame:
            ends = zip(frame["conf_low"], frame["conf_high"], strict=True)
            texts["conf_interval"] = [bracketed(low, high, scale) for low, high in ends]
        elif name == "rank" and "n_compared" in frame:
            ranks = zip(frame["rank"], frame["n_compared"], strict=True)
            texts["rank"] = [_rank(rank, count, lang) for rank, count in ranks]
        elif name not in ("conf_high", "n_compared") or {"conf_low", "rank"}.isdisjoint(frame.columns):
            decimals = scale if name in ON_THE_SCALE_OF_THE_OUTCOME else _decimals(frame, [name])
            texts[name] = [_text(value, name, decimals, lang, labels) for value in frame[name]]
    return texts


def _decimals(frame: pd.DataFrame, names: list[str]) -> int:
    """Return the decimals for columns of one kind, fewer where the numbers are large."""
    numbers = [frame[n] for n in names if pd.api.types.is_float_dtype(frame[n])]
    sizes = np.abs(pd.concat(numbers).to_numpy(dtype=float)) if numbers else np.empty(0)
    sizes = sizes[np.isfinite(sizes) & (sizes > 0)]
    if not sizes.size:
        return LEAST_DECIMALS
    if sizes.max() >= 100:
        return 1 if sizes.max() < 10_000 else 0
    return needed_decimals([float(np.median(sizes))], LEAST_DECIMALS)


def _rank(rank: float, count: float, lang: Lang) -> str:
    if pd.isna(rank) or pd.isna(count):
        return DASH
    return word("rank_of", lang).format(k=thousands(int(rank)), n=thousands(int(count)))


def _text(value: object, name: str, decimals: int, lang: Lang, labels: Mapping[str, str]) -> str:
    if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return DASH
    if isinstance(value, bool | np.bool_):
        return word("yes" if value else "no", lang)
    if isinstance(value, int | np.integer):
        return thousands(int(value)) if abs(int(value)) > LARGEST_PLAIN else str(value)
    if isinstance(value, float | np.floating):
        return _number(float(value), name, decimals)
    return _words(str(value), name, lang, labels)


def _number(value: float, name: str, decimals: int) -> str:
    if np.isinf(value):
        return "−∞" if value < 0 else "+∞"
    if name == "smallest_p_value" and value == 0:
        return DASH
    if name.endswith("p_value"):
        return p_text(value)
    return f"{value:g}" if name == "m" else fixed(value, decimals)


def _words(text: str, name: str, lang: Lang, labels: Mapping[str, str]) -> str:
    """Return the caller's word, a word of the dictionary, the name of a city, or the sentence in its language."""
    if not text:
        return word("nothing_left_out", lang) if name == "left_out" else ""
    if name in SENTENCES:
        return labels.get(text) or in_words(text, lang)
    cities = city_table()
    city = dict(zip(cities["city_code"], cities["city_zh" if lang == "zh" else "city_en"], strict=True)).get(text)
    slug = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
    found = (
        labels.get(text)
        or city
        or known_word(text, lang)
        or known_word(f"value_{slug}", lang)
        or known_word(slug, lang)
    )
    return found or variable_label(text, lang, {}) or (heading(text, lang) if " " in text else text)


def _column_word(name: str, lang: Lang, labels: Mapping[str, str]) -> str | None:
    return labels.get(name) or known_word(f"column_{name}", lang) or variable_label(name, lang, {})
