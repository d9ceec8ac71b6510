"""The parts of a panel formula, and errors that point at the character."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from yrdecon.core.design import parse_effect
from yrdecon.errors import DesignError

MODULE = "np"
OWN_FUNCTIONS = ("L", "D", "i")
NUMERIC = ("C", "I", "Q", "log", "log2", "log10", "exp", "exp2", "exp10")
SPLINES = ("poly", "bs", "cr", "cs", "cc", "center", "scale", "standardize")
FUNCTIONS = (*OWN_FUNCTIONS, *NUMERIC, *SPLINES)
NAME = re.compile(r"`([^`]+)`|(?<![\w.])([^\W\d]\w*)")
OPEN, CLOSED = "([{", ")]}"


@dataclass(frozen=True)
class PanelFormula:
    """A panel formula in its parts.

    Attributes
    ----------
    text
        The formula as it was written.
    outcome, regressors
        Both sides of the first part.
    effects
        Fixed effects: columns, ``a^b``, and slopes ``a[x]``, whose levels ``a`` are effects too.
    endogenous, instruments
        Both sides of the last part, empty without instruments.
    """

    text: str
    outcome: str
    regressors: str
    effects: tuple[str, ...] = ()
    endogenous: str = ""
    instruments: str = ""


def parse_formula(text: str) -> PanelFormula:
    """Read ``y ~ x``, ``y ~ x | a + b^c``, ``y ~ x | a | d ~ z`` or ``y ~ x | d ~ z``.

    Raises
    ------
    DesignError
        Pointing at the character that does not fit.

    Examples
    --------
    >>> parse_formula("y ~ x + L(x, 1) | city + province^year").effects
    ('city', 'province^year')
    >>> parse_formula("y ~ x | city | d ~ z").instruments
    'z'
    >>> parse_formula("y ~ log(x | city")
    Traceback (most recent call last):
    yrdecon.errors.DesignError: this bracket is never closed
      y ~ log(x | city
             ^
    """
    if not isinstance(text, str) or not text.strip():
        raise DesignError(f"formula={text!r} must be text such as 'y ~ x | city + year'")
    bars = [i for i in _outside_brackets(text) if text[i] == "|"]
    if len(bars) > 2:
        raise formula_error(
            text, bars[2], "a formula has at most three parts: y ~ x | effects | endogenous ~ instruments"
        )
    starts, ends = [0, *(b + 1 for b in bars)], [*bars, len(text)]
    parts = list(zip(starts, ends, strict=True))
    outcome, regressors = _both_sides(text, *parts[0])
    instrumented = len(parts) == 3 or (len(parts) == 2 and "~" in text[slice(*parts[1])])
    effects = () if len(parts) == 1 + instrumented else _effects(text, *parts[1])
    endogenous, instruments = _both_sides(text, *parts[-1]) if instrumented else ("", "")
    return PanelFormula(text, outcome, regressors, effects, endogenous, instruments)


def split_at_bars(text: str) -> list[str]:
    """Return the parts of a formula between the bars outside brackets.

    Examples
    --------
    >>> split_at_bars("y ~ L(y, 1) | gmm(y, 2:99) | year")
    ['y ~ L(y, 1) ', ' gmm(y, 2:99) ', ' year']
    """
    if not isinstance(text, str):
        raise DesignError(f"formula={text!r} must be text")
    bars = [i for i in _outside_brackets(text) if text[i] == "|"]
    starts, ends = [0, *(b + 1 for b in bars)], [*bars, len(text)]
    return [text[start:end] for start, end in zip(starts, ends, strict=True)]


def with_effects(formula: PanelFormula, effects: Iterable[str]) -> str:
    """Write a formula without instruments, with other effects.

    Examples
    --------
    >>> with_effects(parse_formula("y ~ x | city"), ["city", "year"])
    'y ~ x | city + year'
    """
    named = list(dict.fromkeys(effects))
    return f"{formula.outcome} ~ {formula.regressors}" + (f" | {' + '.join(named)}" if named else "")


def fail_if_names_are_unknown(formula: PanelFormula, columns: Iterable[str]) -> None:
    """Refuse names that are neither columns nor functions.

    Raises
    ------
    DesignError
        Pointing at the name, and suggesting columns that resemble it.
    """
    known = [str(c) for c in columns]
    for name, position, is_function in names_in(formula.text):
        if is_function and name not in FUNCTIONS:
            near = get_close_matches(name, FUNCTIONS, 1)
            hint = f"did you mean {near[0]!r}" if near else f"there are {', '.join(FUNCTIONS)}, and all of numpy as np."
            raise formula_error(formula.text, position, f"{name!r} is no function that formulas know; {hint}")
        if not is_function and name not in known:
            near = get_close_matches(name, known, 3, 0.5)
            hint = f"did you mean {' or '.join(map(repr, near))}?" if near else f"its columns are {known[:40]}"
            raise formula_error(formula.text, position, f"the panel has no column {name!r}; {hint}")


def names_in(text: str) -> Iterator[tuple[str, int, bool]]:
    """Go through the names of a formula: the name, its position, and whether a bracket follows it."""
    plain = re.sub(r"'[^']*'|\"[^\"]*\"", lambda m: " " * len(m[0]), text)
    for match in NAME.finditer(plain):
        rest = plain[match.end() :].lstrip()
        is_keyword = rest.startswith("=") and not rest.startswith("==")
        is_module = match[0] == MODULE and rest.startswith(".")
        if not (is_keyword or is_module or match[0] in ("True", "False", "None")):
            yield match[1] or match[2], match.start(), match[1] is None and rest.startswith("(")


def formula_error(text: str, position: int, why: str) -> DesignError:
    """Return an error that shows the formula and points at a character of it."""
    before = text[:position]
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in before)
    return DesignError(f"{why}\n  {text}\n  {' ' * (len(before) + wide)}^")


def _both_sides(text: str, start: int, end: int) -> tuple[str, str]:
    tildes = [start + i for i, c in enumerate(text[start:end]) if c == "~"]
    if len(tildes) != 1:
        where = tildes[1] if tildes else start + len(text[start:end]) - len(text[start:end].lstrip())
        raise formula_error(text, where, f"this part needs one '~' between two sides; it has {len(tildes)}")
    left, right = text[start : tildes[0]].strip(), text[tildes[0] + 1 : end].strip()
    if not left or not right:
        raise formula_error(text, tildes[0], "there must be something on both sides of '~'")
    return left, right


def _effects(text: str, start: int, end: int) -> tuple[str, ...]:
    found: list[str] = []
    for match in re.finditer(r"[^+]+", text[start:end]):
        word = re.sub(r"\s*([\^\[\]])\s*", r"\1", match[0].strip()).replace("`", "")
        position = start + match.start() + len(match[0]) - len(match[0].lstrip())
        if word in ("0", "1"):
            continue
        if not word or re.search(r"[\s*:()~-]", word):
            raise formula_error(
                text, position, "effects are columns, 'a^b' for combinations or 'a[x]' for slopes, joined by '+'"
            )
        try:
            parse_effect(word)
        except DesignError as error:
            raise formula_error(text, position, str(error)) from None
        found.append(word)
    if not text[start:end].strip() or text[start:end].strip()[-1] == "+":
        raise formula_error(text, max(end - 1, 0), "a fixed effect is missing here")
    return tuple(dict.fromkeys(found))


def _outside_brackets(text: str) -> Iterator[int]:
    """Go through the positions outside brackets, quotes and backticks.

    Raises
    ------
    DesignError
        If a bracket or quote is open or closes nothing.
    """
    opened: list[int] = []
    quote: int | None = None
    for i, c in enumerate(text):
        if quote is not None:
            quote = None if c == text[quote] else quote
        elif c in "'\"`":
            quote = i
        elif c in OPEN:
            opened.append(i)
        elif c in CLOSED:
            if not opened or OPEN.index(text[opened[-1]]) != CLOSED.index(c):
                raise formula_error(text, i, "this bracket closes nothing")
            opened.pop()
        elif not opened:
            yield i
    if opened or quote is not None:
        raise formula_error(
            text,
            opened[-1] if opened else int(quote or 0),
            "this bracket is never closed" if opened else "this quote is never closed",
        )
