"""The figure of one comparison under every inference method."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from yrdecon.core.estimate import FEW_TREATED
from yrdecon.errors import DesignError
from yrdecon.present.canvas import add_title, new_drawing, settle_layout, tall_enough
from yrdecon.present.facts import Facts, facts_line
from yrdecon.present.figure import Figure
from yrdecon.present.method_names import inference_method_name
from yrdecon.present.numbers import p_text
from yrdecon.present.style import COMPARISON, GRAY, TREATED, Size, figure_style, fold
from yrdecon.present.words import Lang, variable_label, word

COLORS = {"primary": TREATED, "secondary": COMPARISON, "diagnostic": GRAY}
NEEDED = ("role", "method", "estimate", "p_value", "conf_low", "conf_high", "rank", "n_compared", "n_treated")


def plot_inference(
    report: pd.DataFrame,
    *,
    outcome: str,
    lang: Lang = "en",
    size: Size = "page",
) -> Figure:
    """Draw estimate and interval of every method of an inference report, the one to be reported on top.

    Beside each stands its p-value, and for placebo assignments the rank, which says more.

    Parameters
    ----------
    report
        From `inference_report`.
    outcome
        Column of the outcome.

    Raises
    ------
    DesignError
        If the table is not an inference report.

    Examples
    --------
    >>> row = ("primary", "permutation test, free assignments", 0.1, 0.2, -0.1, 0.3, 4.0, 20.0, 8)
    >>> figure = plot_inference(pd.DataFrame([row], columns=list(NEEDED)), outcome="ln_real_gdp")
    >>> figure.alt
    'Estimate and interval of 1 inference methods; Permutation of any units: 4 of 20'
    """
    lacking = [c for c in NEEDED if c not in report]
    if lacking or report.empty:
        raise DesignError(f"the table lacks {lacking or 'rows'}; give the result of inference_report")
    names = [inference_method_name(method, lang) for method in report["method"]]
    texts = [_text(row, lang) for _, row in report.iterrows()]
    with figure_style(lang, size):
        drawing = new_drawing(size, tall=tall_enough(size, len(report) + 8))
        _draw(drawing.axes[0], report, names, texts)
        label = variable_label(outcome, lang, {}) or outcome
        drawing.axes[0].set_xlabel(fold(word("inference_axis", lang).format(outcome=label), size, 0.55))
        add_title(drawing, _title(report, lang), size)
        settle_layout(drawing)
    alt = word("alt_inference", lang).format(count=len(report), p=f"{names[0]}: {texts[0]}")
    return Figure(drawing, report.assign(label=names), alt)


def _draw(axes: Any, report: pd.DataFrame, names: list[str], texts: list[str]) -> None:
    height = -np.arange(len(report), dtype=float)
    finite = report[["estimate", "conf_low", "conf_high"]].replace([np.inf, -np.inf], np.nan)
    low, high = np.nanmin(finite.to_numpy(dtype=float)), np.nanmax(finite.to_numpy(dtype=float))
    room = 0.08 * (high - low)
    axes.axvline(0, color=GRAY, lw=0.8, zorder=0.5)
    for y, (_, row), text in zip(height, report.iterrows(), texts, strict=True):
        color = COLORS[row["role"]]
        ends = np.clip([row["conf_low"], row["conf_high"]], low - room, high + room)
        axes.hlines(y, *ends, color=color, zorder=1)
        axes.plot(row["estimate"], y, "o", color=color, zorder=2)
        axes.annotate(text, (1.01, y), xycoords=("axes fraction", "data"), va="center", color=color, fontsize="small")
    axes.set_yticks(height, labels=names, fontsize="small")
    axes.set_ylim(height[-1] - 0.6, 0.6)
    axes.set_xlim(low - room, high + room)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def _title(report: pd.DataFrame, lang: Lang) -> str:
    n_treated = int(report["n_treated"].iloc[0])
    few = "\n" + word("inference_few", lang).format(n=n_treated) if n_treated < FEW_TREATED else ""
    primary = report.iloc[0]
    compared = int(primary["n_compared"]) if np.isfinite(primary["n_compared"]) else None
    least = float(primary.get("smallest_p_value", np.nan))
    facts = Facts(n_treated=n_treated, n_compared=compared, smallest_p=least if np.isfinite(least) else None)
    return f"{word('inference_title', lang)}{few}\n{facts_line(facts, lang)}"


def _text(row: pd.Series[Any], lang: Lang) -> str:
    if np.isfinite(row["rank"]) and (row["role"] == "primary" or np.isnan(row["p_value"])):
        return word("rank_of", lang).format(k=int(row["rank"]), n=int(row["n_compared"]))
    if np.isnan(row["p_value"]):
        return word("inference_not_applicable", lang)
    return f"p = {p_text(row['p_value'])}"
