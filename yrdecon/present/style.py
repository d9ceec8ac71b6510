"""One quiet style for every figure, with a font for the language."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from yrdecon.errors import YrdeconError
from yrdecon.present.words import Lang

TREATED, COMPARISON, PALE, INK = "#9C2A2A", "#3B5B7A", "#B8B8B8", "#222222"
SERIES = (TREATED, COMPARISON, "#6B7F3A", "#8A6BA1", "#B07A2A")
WIDTH, HEIGHT = 6.3, 3.6
CJK_FONTS = ("Noto Sans CJK SC", "Source Han Sans SC", "Noto Sans SC", "PingFang SC", "Microsoft YaHei", "SimHei")
SHIPPED_FONT = "NotoSansCJKsc-Regular.otf"


@contextmanager
def figure_style(lang: Lang) -> Iterator[None]:
    """Set fonts, sizes and spines for the figures drawn inside."""
    import matplotlib as mpl

    family = [cjk_font(), "DejaVu Sans"] if lang == "zh" else ["DejaVu Sans"]
    settings: Any = {
        "font.family": family,
        "font.size": 9,
        "axes.unicode_minus": False,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.edgecolor": INK,
        "axes.titlesize": 9,
        "axes.labelsize": 9,
        "legend.frameon": False,
        "legend.fontsize": 8,
        "figure.dpi": 100,
        "svg.hashsalt": "yrdecon",
        "svg.fonttype": "path",
    }
    with mpl.rc_context(settings):
        yield


@lru_cache(maxsize=1)
def cjk_font() -> str:
    """Return the name of a font with Chinese glyphs: an installed one, or the one of the tables extra.

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
