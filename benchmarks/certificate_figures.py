"""The figures of the certificate, in English and Chinese."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from benchmarks.methods import DEFAULT
from yrdecon.present.canvas import add_legend, new_drawing, settle_layout
from yrdecon.present.figure import Figure
from yrdecon.present.style import COMPARISON, GRAY, PALE, SERIES, TREATED, figure_style
from yrdecon.present.words import Lang

SHOWN = (DEFAULT, "CRV1", "WCR", "RI-t", "Conley-Taber", "Ferman-Pinto")
LIMIT = 0.06
WORDS = {
    "en": {
        "theta": "range of shocks (km)",
        "rate": "rejections of a true null at 5% (%)",
        "default": "default (blocks, half-shrunk)",
        "title": "Actual eight cities, 41 cities, growth AR(1) with coefficient .6",
        "cells": "cells, in order of their rate",
        "five": "at the 5% level",
        "ten": "at the 10% level",
        "cells_title": "The default for the actual eight cities in all {n} cells",
        "share": "rejections of a true null (%)",
        "effect": "effect (log points)",
        "power": "rejections at 5% (%)",
        "power_title": "The default for the actual eight, base {base}; in color growth .6, in gray levels .6, .8, .95",
        "alt_size": "Rejection rates by range; at {theta:g} km the default rejects {own:.1f}%, CRV1 {other:.1f}%",
        "alt_cells": "Rejection rates of the default; the largest is {five:.1f}% at 5% and {ten:.1f}% at 10%",
        "alt_power": "Power of the default by effect; at .04 it lies between {low:.0f}% and {high:.0f}%",
    },
    "zh": {
        "theta": "冲击的空间范围（公里）",
        "rate": "真实原假设在5%水平的拒绝率（%）",
        "default": "默认检验（近邻区块，半收缩）",
        "title": "实际八市，全部41市，增长率一阶自回归系数0.6",
        "cells": "各情形，按拒绝率排序",
        "five": "5%水平",
        "ten": "10%水平",
        "cells_title": "默认检验：实际八市的全部{n}种情形",
        "share": "真实原假设的拒绝率（%）",
        "effect": "效应（对数点）",
        "power": "5%水平的拒绝率（%）",
        "power_title": "默认检验：实际八市，基期{base}；彩色为增长率0.6，灰色为水平值0.6、0.8、0.95",
        "alt_size": "各检验的拒绝率随空间范围变化；{theta:g}公里处默认检验为{own:.1f}%，CRV1为{other:.1f}%",
        "alt_cells": "默认检验的拒绝率；5%水平最大{five:.1f}%，10%水平最大{ten:.1f}%",
        "alt_power": "默认检验的功效；效应为0.04时在{low:.0f}%与{high:.0f}%之间",
    },
}


def size_figure(sizes: pd.DataFrame, lang: Lang) -> Figure:
    """Draw the size of the default and of well-known tests by the range of shocks."""
    query = "section == 'range' and pool == 'in_yrd' and persistence == 'growth 0.6' and effect == 0"
    data = sizes.query(query)[["method", "theta_km", "rate_5"]]
    data = data[data["method"].isin(SHOWN)].reset_index(drop=True)
    words = WORDS[lang]
    with figure_style(lang):
        drawing = new_drawing("page")
        axes = drawing.axes[0]
        for name, (color, marker) in zip(SHOWN, SERIES, strict=False):
            rows = data[data["method"] == name].sort_values("theta_km")
            label = words["default"] if name == DEFAULT else name
            axes.plot(rows["theta_km"], 100 * rows["rate_5"], marker=marker, color=color, label=label)
        _finish(axes, words["theta"], words["rate"], words["title"])
        axes.axhline(5, color=GRAY, lw=0.6, ls=":")
        add_legend(drawing, 3)
        settle_layout(drawing)
    far = data[data["theta_km"] == data["theta_km"].max()].set_index("method")["rate_5"]
    alt = words["alt_size"].format(theta=data["theta_km"].max(), own=100 * far[DEFAULT], other=100 * far["CRV1"])
    return Figure(drawing, data, alt)


def cells_figure(sizes: pd.DataFrame, lang: Lang) -> Figure:
    """Draw the size of the default at 5 and 10% in every cell of the actual eight, in order."""
    rows = sizes.query("effect == 0 and method == @DEFAULT and treated == 'actual eight' and mechanism == 'contiguous'")
    data = rows[["section", "pool", "base", "process", "rate_5", "rate_10"]].reset_index(drop=True)
    words = WORDS[lang]
    with figure_style(lang):
        drawing = new_drawing("page")
        axes = drawing.axes[0]
        for column, key, color, face in (("rate_5", "five", TREATED, TREATED), ("rate_10", "ten", COMPARISON, "white")):
            axes.plot(100 * np.sort(data[column]), "o", ms=3, color=color, mfc=face, label=words[key])
        axes.axhline(100 * LIMIT, color=TREATED, lw=0.8, ls=":")
        axes.axhline(10, color=COMPARISON, lw=0.8, ls=":")
        _finish(axes, words["cells"], words["share"], words["cells_title"].format(n=len(data)))
        add_legend(drawing, 2)
        settle_layout(drawing)
    alt = words["alt_cells"].format(five=100 * data["rate_5"].max(), ten=100 * data["rate_10"].max())
    return Figure(drawing, data, alt)


def power_figure(sizes: pd.DataFrame, lang: Lang) -> Figure:
    """Draw the power of the default by effect, one line per persistence and range, base 2020."""
    rows = sizes.query("section == 'range' and method == @DEFAULT and pool == 'in_yrd' and base == '2020'")
    data = rows[["process", "persistence", "theta_km", "effect", "rate_5"]].reset_index(drop=True)
    words = WORDS[lang]
    with figure_style(lang):
        drawing = new_drawing("page")
        axes = drawing.axes[0]
        for _, line in data.groupby(["persistence", "theta_km"]):
            axes.plot(line["effect"], 100 * line["rate_5"], color=PALE, lw=0.8)
        growth = data[data["persistence"] == "growth 0.6"]
        for (theta, line), (color, marker) in zip(growth.groupby("theta_km"), SERIES, strict=False):
            axes.plot(line["effect"], 100 * line["rate_5"], color=color, marker=marker, label=f"{theta:g} km")
        axes.axhline(5, color=GRAY, lw=0.6, ls=":")
        _finish(axes, words["effect"], words["power"], words["power_title"].format(base="2020"))
        add_legend(drawing, 5)
        settle_layout(drawing)
    middle = 100 * data.loc[data["effect"] == 0.04, "rate_5"]
    return Figure(drawing, data, words["alt_power"].format(low=middle.min(), high=middle.max()))


def _finish(axes: Any, x: str, y: str, title: str) -> None:
    axes.set(xlabel=x, ylabel=y)
    axes.set_ylim(bottom=0)
    axes.set_title(title, loc="left")
