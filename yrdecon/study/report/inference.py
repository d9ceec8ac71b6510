"""The section on which inference, and why."""

from __future__ import annotations

import pandas as pd

from yrdecon.present.blocks import Block, FigureBlock, Heading, Paragraph, TableBlock
from yrdecon.present.inference import plot_inference
from yrdecon.present.method_names import inference_method_name
from yrdecon.present.placebo import plot_placebo
from yrdecon.present.sentences import heading, phrase
from yrdecon.present.table import Table
from yrdecon.present.theta import plot_theta
from yrdecon.present.words import Lang, word
from yrdecon.study.report.texts import count, interval, method_name, number, p_value, percent, rank, report_table
from yrdecon.study.run import Study


def inference_section(study: Study, lang: Lang) -> tuple[Block, ...]:
    """Return why the main test is what it is, all methods side by side, and the measured size of the main test."""
    test, found = study.found["comparisons"].tests["headline_90"], study.found["inference"]
    reason = phrase(test.notes[0], lang)
    blocks: list[Block] = [
        Heading(word("report_inference", lang), anchor="inference"),
        Paragraph(word("report_inference_text", lang).format(reason=reason)),
        FigureBlock(plot_placebo(test, lang=lang), word("report_placebo", lang)),
    ]
    if "report" in found.frames:
        report = found.frames["report"]
        blocks.append(TableBlock(_methods(report, lang)))
        blocks.append(
            FigureBlock(
                plot_inference(report, outcome=study.plan.headline.outcome, lang=lang), word("report_methods", lang)
            )
        )
    sizes = study.found["calibration"].frames.get("sizes")
    if sizes is not None:
        blocks.append(TableBlock(_sizes(sizes, lang)))
    if "spatial" in found.tests:
        blocks.append(FigureBlock(plot_theta(found.tests["spatial"], lang=lang), word("report_theta", lang)))
    return tuple(blocks)


def _methods(report: pd.DataFrame, lang: Lang) -> Table:
    lines = [row for _, row in report.iterrows()]
    columns = {
        "report_role": [word(f"report_role_{row['role']}", lang) for row in lines],
        "estimator": [method_name(row["estimator"], lang) for row in lines],
        "estimate": [number(row["estimate"]) for row in lines],
        "interval_row": [interval(row) for row in lines],
        "rank_row": [rank(row, lang) for row in lines],
        "p_of_test": [p_value(row["p_value"]) for row in lines],
    }
    return report_table("report_methods", [inference_method_name(m, lang) for m in report["method"]], columns, lang)


def _sizes(sizes: pd.DataFrame, lang: Lang) -> Table:
    columns = {f"report_size_{level}": _with_error(sizes, level) for level in ("05", "10")}
    columns["report_draws_row"] = [count(n) for n in sizes["draws"]]
    rows = [heading(p, lang) for p in sizes["process"]]
    return report_table("report_calibration", rows, columns, lang, word("report_calibration_note", lang))


def _with_error(sizes: pd.DataFrame, level: str) -> list[str]:
    pairs = zip(sizes[f"size_{level}"], sizes[f"error_{level}"], strict=True)
    return [f"{percent(size)} ({percent(error)})" for size, error in pairs]
