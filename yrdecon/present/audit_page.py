"""The audit of a panel as one page: coverage, and what looks wrong."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd

from yrdecon.clean import anomalies, coverage
from yrdecon.clean.anomalies import KINDS
from yrdecon.core.atomic import write_atomically
from yrdecon.core.panel import Panel
from yrdecon.present.document_html import POLICY
from yrdecon.present.heat_map import heat_map_svg
from yrdecon.present.numbers import DASH
from yrdecon.present.sentences import in_words, phrase
from yrdecon.present.sparkline import sparkline_svg
from yrdecon.present.unit_names import unit_names
from yrdecon.present.words import Lang, fail_if_lang_is_unknown, variable_label, with_labels, word

MOST_SHOWN, LARGE = 40, 1e4
STYLE = """
main { max-width: 68rem; }
svg text { font-size: 11px; fill: #222; }
svg.heat { max-width: 100%; height: auto; }
svg.heat rect { stroke: #d9d9d9; stroke-width: 0.5; }
svg.spark polyline { fill: none; stroke: #3B5B7A; stroke-width: 1.2; }
svg.spark circle { fill: #3B5B7A; }
svg.spark circle.marked { fill: #9C2A2A; }
table { border-collapse: collapse; width: 100%; font-size: 0.88rem; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 0.25em 0.6em; border-bottom: 1px solid var(--line); vertical-align: middle; }
td.number { text-align: right; }
"""


def write_audit_page(panel: Panel, path: str | Path, *, lang: Lang = "en") -> Path:
    """Write coverage and anomalies of a panel as one HTML file without network or scripts.

    Every variable is a row of the heat map of coverage; every suspect figure stands beside the line of its series, the
    largest forty of each kind. The same panel gives the same bytes.

    Examples
    --------
    >>> import tempfile
    >>> from yrdecon.clean import load_panel
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     page = write_audit_page(load_panel("yrd"), f"{folder}/audit.html").read_text(encoding="utf-8")
    >>> page.count('class="heat"'), "<script" in page
    (1, False)
    """
    fail_if_lang_is_unknown(lang)
    found = anomalies(panel)
    style = (Path(__file__).parent / "document.css").read_text(encoding="utf-8").strip()
    title = escape(word("audit_title", lang))
    parts = [
        "<!DOCTYPE html>",
        f'<html lang="{"zh-CN" if lang == "zh" else lang}">',
        '<head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
        f"<title>{title}</title>",
        f"<style>\n{style}\n{STYLE.strip()}\n</style></head>",
        "<body>",
        "<main>",
        f"<h1>{title}</h1>",
        *_summary(panel, found, lang),
        *_coverage(panel, lang),
        *_kinds(panel, found, lang),
        *_notes(panel, lang),
        "</main>",
        "</body>",
        "</html>",
        "",
    ]
    return write_atomically(Path(path), "\n".join(parts))


def _summary(panel: Panel, found: pd.DataFrame, lang: Lang) -> list[str]:
    span = f"{panel.periods[0]}–{panel.periods[-1]}"
    text = word("audit_summary", lang).format(
        units=len(panel.units), span=span, columns=len(_numeric(panel)), findings=f"{len(found):,}"
    )
    return [f"<p>{escape(text)}</p>"]


def _coverage(panel: Panel, lang: Lang) -> list[str]:
    shares = coverage(panel).loc[_numeric(panel)]
    heading = escape(word("audit_coverage", lang))
    labels = [_label(panel, str(name), lang) for name in shares.index]
    return [f"<h2>{heading}</h2>", f'<div class="scroll">{heat_map_svg(shares, labels, heading)}</div>']


COLUMN_WORDS = ("audit_unit", "audit_period", "audit_variable", "audit_value", "audit_series", "audit_cause")


def _kinds(panel: Panel, found: pd.DataFrame, lang: Lang) -> Iterator[str]:
    yield f"<h2>{escape(word('audit_findings', lang))}</h2>"
    heads = "".join(f"<th>{escape(word(key, lang))}</th>" for key in COLUMN_WORDS)
    for kind in KINDS:
        rows = found[found["kind"] == kind]
        if rows.empty:
            continue
        count = word("audit_shown", lang).format(shown=min(len(rows), MOST_SHOWN), all=len(rows))
        yield f"<h3>{escape(word(f'audit_{kind}', lang))} <small>{escape(count)}</small></h3>"
        yield f'<div class="scroll"><table><thead><tr>{heads}</tr></thead><tbody>'
        yield from (_row(panel, row, lang) for row in rows.head(MOST_SHOWN).itertuples(index=False))
        yield "</tbody></table></div>"


def _row(panel: Panel, row: Any, lang: Lang) -> str:
    own = panel.frame[panel.frame[panel.unit] == row.unit]
    unit = word("audit_all_units", lang) if pd.isna(row.unit) else unit_names([row.unit], lang)[0]
    time = DASH if pd.isna(row.time) else str(int(row.time))
    label = _label(panel, row.variable, lang)
    value = DASH if pd.isna(row.value) else _number(row.value)
    line = DASH
    if len(own):
        marked = None if pd.isna(row.time) else int(row.time)
        periods, values = own[panel.time].tolist(), own[row.variable].astype(float).tolist()
        line = sparkline_svg(periods, values, marked, f"{unit} {label}")
    cells = (escape(unit), time, escape(label), value, line, escape(phrase(row.likely_cause, lang)))
    kinds = ("", "", "", ' class="number"', "", "")
    return "<tr>" + "".join(f"<td{k}>{c}</td>" for k, c in zip(kinds, cells, strict=True)) + "</tr>"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= LARGE else f"{value:,.5g}"


def _notes(panel: Panel, lang: Lang) -> list[str]:
    whole = panel.trail[panel.trail["unit"].isna() & panel.trail["reason"].ne("")]
    if whole.empty:
        return []
    items = [f"<li>{escape(in_words(str(reason), lang))}</li>" for reason in whole["reason"]]
    return [f"<h2>{escape(word('audit_done', lang))}</h2>", "<ol>", *items, "</ol>"]


def _numeric(panel: Panel) -> list[str]:
    keys = {panel.unit, panel.time, *(panel.location or ())}
    return [c for c in panel.frame.select_dtypes("number").columns if c not in keys]


def _label(panel: Panel, name: str, lang: Lang) -> str:
    return variable_label(name, lang, with_labels(panel.variables, lang, None)) or name
