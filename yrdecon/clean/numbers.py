"""Numbers as people type them into tables."""

from __future__ import annotations

import math
import re

MISSING = frozenset(
    {"", ".", "..", "...", "…", "……", "-", "--", "---", "–", "—", "——", "/", "na", "n/a", "n.a.", "nan", "null", "none"}
    | {"#n/a", "缺失", "缺", "暂无", "不详"}
)
WIDE = str.maketrans("０１２３４５６７８９．，－＋％（）＊−﹣", "0123456789.,-+%()*--")
FOOTNOTE = re.compile(r"(?:\s*(?:[①-⑳⑴-⒇*†‡§¹²³⁰⁴-⁹♯#]|\[\w{1,2}\]|\([1-9a-z]\)|注\d?))+$")
PLAIN = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?")
LIKE_A_NUMBER = re.compile(r"[(+-]?[(+-]?\d[\d\s,.']*[%)]?[%)]?")
YEAR_SHOWN_AS_DAY = re.compile(r"1905-0[5-8]-\d\d")  # days 1967 to 2071
FIRST_DAY, LAST_DAY = 29_000, 62_000  # 1979 to 2069
GROUPED = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?")


def parse_number(text: str) -> float | None:
    """Return the number a cell shows, None if the cell says that there is none.

    Full-width digits, separators of thousands, a leading apostrophe, a closing percent sign (the number is in
    percent then) and marks of footnotes after the number are understood. Nothing is guessed: blanks inside a number,
    a comma elsewhere, or a unit in the cell is no number.

    Raises
    ------
    ValueError
        If the text is neither a number nor a mark of a missing one.

    Examples
    --------
    >>> parse_number("１２，３４５.6①"), parse_number("12.5%"), parse_number("…"), parse_number(" -3 ")
    (12345.6, 12.5, None, -3.0)
    >>> parse_number("841 16")
    Traceback (most recent call last):
    ValueError: '841 16' is no number
    """
    plain = text.translate(WIDE).strip().removeprefix("'")
    if plain.lower() in MISSING:
        return None
    digits = FOOTNOTE.sub("", plain).removesuffix("%").rstrip()
    if GROUPED.fullmatch(digits):
        digits = digits.replace(",", "")
    if not digits.isascii() or not PLAIN.fullmatch(digits) or not math.isfinite(float(digits)):
        raise ValueError(f"{text!r} is no number")
    return float(digits)


def parse_year(text: str) -> int | None:
    """Return the year a cell shows (2010, 2010年, 2010-12-31), another whole number as it is, None if missing.

    Raises
    ------
    ValueError
        If the text is neither a year nor a date nor a whole number.

    Examples
    --------
    >>> parse_year("2010年"), parse_year("2010-12-31"), parse_year("２０１０"), parse_year("")
    (2010, 2010, 2010, None)
    >>> parse_year("43831")
    Traceback (most recent call last):
    ValueError: '43831' is no year but a day as Excel counts them
    """
    plain = text.translate(WIDE).strip()
    if YEAR_SHOWN_AS_DAY.match(plain):
        raise ValueError(f"{text!r} is no year but how Excel shows a year that is formatted as a date")
    found = re.fullmatch(r"((?:19|20)\d{2})\s*(?:年度?|[-/.]\d{1,2}[-/.]\d{1,2}(?:[ T].*)?)?", plain)
    if found and found[1].isascii():
        return int(found[1])
    number = parse_number(plain)
    if number is not None and (number != round(number) or abs(number) > 1e6):
        raise ValueError(f"{text!r} is no year")
    if number is not None and FIRST_DAY <= number <= LAST_DAY:
        raise ValueError(f"{text!r} is no year but a day as Excel counts them")
    return None if number is None else int(number)


def is_number(cell: object) -> bool:
    """Tell whether a cell holds a number, as a number or as text.

    Examples
    --------
    >>> is_number(3.5), is_number("1,234"), is_number("-"), is_number("城市")
    (True, True, False, False)
    """
    if not isinstance(cell, str):
        return isinstance(cell, int | float)
    try:
        return parse_number(cell) is not None
    except ValueError:
        return False


def is_year(text: str) -> bool:
    """Tell whether a text shows a year.

    Examples
    --------
    >>> is_year("2010年"), is_year("统计年度")
    (True, False)
    """
    try:
        return parse_year(text) is not None
    except ValueError:
        return False


def is_failed_number(text: str) -> bool:
    """Tell whether a text that is no number looks like one: digits, separators and brackets alone, and no date.

    Examples
    --------
    >>> is_failed_number("(1,234.5)"), is_failed_number("1,5"), is_failed_number("2020-01-01"), is_failed_number("2区")
    (True, True, False, False)
    """
    return LIKE_A_NUMBER.fullmatch(text.translate(WIDE).strip()) is not None
