"""One quiet style for every figure, with a font for the language and three sizes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from yrdecon.errors import DesignError, YrdeconError
from yrdecon.present.words import Lang

Size = Literal["column", "page", "slide"]

TREATED, COMPARISON, PALE, INK, GRAY, SHADE = "#9C2A2A", "#3B5B7A", "#B8B8B8", "#222222", "#666666", "#EEEEEE"
COLORS = (TREATED, COMPARISON, "#6B7F3A", "#8A6BA1", "#B07A2A", "#3F8C8C", "#444444")
SERIES = tuple((color, marker) for marker in ("o", "s") for color in COLORS)
CJK_FONTS = (
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "Noto Sans SC",
    "PingFang SC",
    "Microsoft YaHei",
    "SimHei",
    "WenQuanYi Micro Hei",
    "Noto Serif CJK SC",
    "Songti SC",
    "SimSun",
    "Noto Sans CJK JP",
)
SHIPPED_FONT = "NotoSansCJKsc-Regular.otf"
NEVER_FIRST = "，。；：、）"
EARLIEST_BREAK = 0.4


@dataclass(frozen=True)
class Format:
    """Width and height in inches, font size in points, and how many Latin letters fit on a line."""

    width: float
    height: float
    points: float
    letters: int


FORMATS = {
    "column": Format(3.4, 2.7, 7.2, 50),
    "page": Format(6.3, 3.6, 9.0, 84),
    "slide": Format(10.0, 5.6, 14.0, 84),
}


@contextmanager
def figure_style(lang: Lang, size: Size = "page") -> Iterator[None]:
    """Set fonts, sizes and spines for the figures drawn inside.

    Raises
    ------
    DesignError
        If the size is unknown.
    YrdeconError
        If Chinese is asked for and no font has its glyphs.
    """
    import matplotlib as mpl

    points = figure_format(size).points
    family = [cjk_font(), "DejaVu Sans"] if lang == "zh" else ["DejaVu Sans"]
    settings: Any = {
        "font.family": family,
        "font.size": points,
        "axes.unicode_minus": False,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.edgecolor": INK,
        "axes.titlesize": points * 0.9,
        "axes.labelsize": points,
        "axes.titlecolor": GRAY,
        "legend.frameon": False,
        "legend.fontsize": points * 0.9,
        "lines.linewidth": points / 6,
        "lines.markersize": points / 2,
        "figure.dpi": 100,
        "text.hinting": "no_hinting",
        "svg.hashsalt": "yrdecon",
        "svg.fonttype": "path",
    }
    with mpl.rc_context(settings):
        yield


def figure_format(size: Size) -> Format:
    """Return the format of a size by name."""
    if size not in FORMATS:
        raise DesignError(f"size={size!r} is unknown; choose one of {list(FORMATS)}")
    return FORMATS[size]


def fold(text: str, size: Size, share: float = 1.0) -> str:
    """Break a text into lines that fit a share of the width, after a semicolon or a comma if there is one.

    Chinese breaks anywhere but before a closing mark.

    Examples
    --------
    >>> fold("one two " * 8, "column").count(chr(10))
    1
    """
    if "\n" in text:
        return "\n".join(fold(line, size, share) for line in text.split("\n"))
    limit = figure_format(size).letters * share
    parts = re.split(r"(?<=；)(?=.)|(?<=;) (?=.)", text, maxsplit=1)
    if _letters(text) > limit and len(parts) > 1:
        return "\n".join(fold(part, size, share) for part in parts)
    lines: list[str] = []
    line: list[str] = []
    for piece in _pieces(text):
        if line and _letters("".join(line) + piece.rstrip()) > limit and piece[0] not in NEVER_FIRST:
            end = _last_comma(line, limit)
            lines.append("".join(line[:end]).rstrip())
            line = line[end:]
        line.append(piece)
    return "\n".join([*lines, "".join(line).rstrip()])


@lru_cache(maxsize=1)
def cjk_font() -> str:
    """Return the name of a font with Chinese glyphs: the one of the tables extra, else an installed one.

    Raises
    ------
    YrdeconError
        If there is none.
    """
    from matplotlib import font_manager

    path = _shipped_font()
    if path is not None:
        font_manager.fontManager.addfont(path)
        return str(font_manager.FontProperties(fname=path).get_name())
    installed = {f.name for f in font_manager.fontManager.ttflist}
    for name in CJK_FONTS:
        if name in installed:
            return name
    raise YrdeconError("no font with Chinese glyphs is installed; pip install 'yrdecon[tables]', which brings one")


def _shipped_font() -> str | None:
    from importlib.util import find_spec

    spec = find_spec("mplfonts")
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent / "fonts" / SHIPPED_FONT
    return str(path) if path.exists() else None


def _pieces(text: str) -> list[str]:
    """Cut after every space and every wide sign."""
    pieces, word = [], ""
    for sign in text:
        wide = unicodedata.east_asian_width(sign) in "WF"
        if wide and word:
            pieces.append(word)
            word = ""
        word += sign
        if wide or sign == " ":
            pieces.append(word)
            word = ""
    return [*pieces, word] if word else pieces


def _last_comma(pieces: list[str], limit: float) -> int:
    """Return where to break a full line: after its last comma, or at its end if it has none far enough on."""
    ends = [i + 1 for i, piece in enumerate(pieces) if piece.rstrip()[-1:] in (",", "，")]
    late = [end for end in ends if _letters("".join(pieces[:end])) >= EARLIEST_BREAK * limit]
    return late[-1] if late else len(pieces)


def _letters(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)
