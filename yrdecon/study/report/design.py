"""The section on what the design can tell."""

from __future__ import annotations

import pandas as pd

from yrdecon.policy.treatment_timing import treatment_timing
from yrdecon.present.blocks import Block, FigureBlock, Heading, Paragraph, TableBlock
from yrdecon.present.numbers import p_text
from yrdecon.present.sentences import heading
from yrdecon.present.table import Table
from yrdecon.present.timing import plot_timing
from yrdecon.present.words import Lang, word
from yrdecon.study.report.texts import count, number, report_table
from yrdecon.study.run import Study


def design_section(study: Study, lang: Lang) -> tuple[Block, ...]:
    """Return pools with what they can detect, and policies on the same units."""
    sheet, head = study.found["design_sheet"].frames, study.material.headline
    blocks: list[Block] = [
        Heading(word("report_design", lang), anchor="design"),
        Paragraph(word("report_design_text", lang)),
        TableBlock(_pools(sheet["pools"], lang)),
    ]
    overlap = sheet.get("overlap", pd.DataFrame(columns=["n_shared"]))
    shared = overlap[overlap["n_shared"] > 0]
    if len(shared):
        blocks.append(TableBlock(_overlap(shared, lang)))
    timing = plot_timing(treatment_timing(head.panel, head.design), lang=lang)
    return (*blocks, FigureBlock(timing, word("report_timing", lang)))


def _pools(pools: pd.DataFrame, lang: Lang) -> Table:
    columns = {
        "treated_units": [count(n) for n in pools["n_treated"]],
        "units": [count(n) for n in pools["n_treated"] + pools["n_comparison"]],
        "report_effective_units": [f"{n:.1f}" for n in pools["effective_clusters"]],
        "assignments": [count(n) for n in pools["n_compared"]],
        "disjoint": [count(n) for n in pools["disjoint_sets"]],
        "smallest_p": [p_text(p) for p in pools["smallest_p_value"]],
        "report_detectable_independent": [number(x) for x in pools["detectable_independent"]],
        "report_detectable_spatial": [number(x) for x in pools["detectable_spatial"]],
    }
    return report_table("report_pools", pools[f"label_{lang}"].tolist(), columns, lang)


def _overlap(overlap: pd.DataFrame, lang: Lang) -> Table:
    columns = {
        "report_first_year": overlap["first_year"].astype(str).tolist(),
        "units": [count(n) for n in overlap["n_units"]],
        "report_shared_units": [count(n) for n in overlap["n_shared"]],
        "report_correlation": [number(x) for x in overlap["correlation"]],
        "report_finding": [heading(v, lang) for v in overlap["verdict"]],
    }
    return report_table("report_overlap", overlap[f"name_{lang}"].tolist(), columns, lang)
