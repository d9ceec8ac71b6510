"""The sections on the periods before treatment, and on estimators, pools, outcomes and single units."""

from __future__ import annotations

import pandas as pd

from yrdecon.present.blocks import Block, FigureBlock, Heading, Paragraph, TableBlock
from yrdecon.present.regression_table import regression_table
from yrdecon.present.synthetic import plot_synthetic
from yrdecon.present.table import Table
from yrdecon.present.trends import plot_trends
from yrdecon.present.words import Lang, word
from yrdecon.study.report.texts import (
    comparison_table,
    joined,
    method_name,
    number,
    outcome_name,
    percent,
    rank,
    report_table,
    unit_names,
    whose_errors,
)
from yrdecon.study.run import Study


def before_section(study: Study, lang: Lang) -> tuple[Block, ...]:
    """Return trends, tests of them and what those could not have seen, and placebo dates."""
    found, head = study.found["before_treatment"], study.material.headline
    blocks: list[Block] = [Heading(word("report_before", lang), anchor="before")]
    if {"slope", "joint"} <= set(found.tests):
        slope, joint = found.tests["slope"], found.tests["joint"]
        blocks.append(
            Paragraph(
                word("report_before_text", lang).format(
                    slope=f"{slope.estimate:.4f}",
                    k=slope.rank,
                    n=0 if slope.draws is None else len(slope.draws),
                    joint_k=joint.rank,
                    joint_n=0 if joint.draws is None else len(joint.draws),
                )
            )
        )
    power = found.frames.get("power", pd.DataFrame())
    for _, row in power.iterrows():
        text = word("report_power_text", lang)
        missed = percent(1 - row["power"])
        blocks.append(Paragraph(text.format(slope=f"{row['slope']:.4f}", missed=missed, bias=number(row["bias"]))))
    if len(power):
        blocks += whose_errors(study, lang)
    blocks.append(FigureBlock(plot_trends(head.panel, head.design, lang=lang), word("report_trends", lang)))
    if "time" in study.found["placebos"].frames:
        dates = study.found["placebos"].frames["time"]
        blocks.append(TableBlock(comparison_table("report_dates", dates, dates["date"].astype(str).tolist(), lang)))
    return tuple(blocks)


def results_section(study: Study, lang: Lang) -> tuple[Block, ...]:
    """Return the main table, the path, every pool, the other outcomes and every treated unit."""
    found, frames = study.found["estimators"], study.found["comparisons"].frames
    blocks: list[Block] = [
        Heading(word("report_results", lang), anchor="results"),
        TableBlock(_main_table(study, lang)),
    ]
    if "path" in found.estimates:
        figure = plot_synthetic(found.estimates["path"], placebos=found.tests.get("band"), lang=lang)
        blocks.append(FigureBlock(figure, word("report_path", lang)))
    pools = frames["pools"]
    blocks.append(TableBlock(comparison_table("report_pool_table", pools, pools[f"label_{lang}"].tolist(), lang)))
    others = study.found["outcomes"].frames["outcomes"]
    if len(others):
        blocks.append(TableBlock(_outcomes(others, lang)))
    if "cases" in study.found["pair_cases"].frames:
        blocks.append(TableBlock(_cases(study, lang)))
    return tuple(blocks)


def _outcomes(outcomes: pd.DataFrame, lang: Lang) -> Table:
    """Print p-values adjusted within families in place of plain ones."""
    shown = outcomes.assign(p_value=outcomes["p_adjusted"].fillna(outcomes["p_value"]))
    note = word("report_adjusted_note", lang) if outcomes["p_adjusted"].notna().any() else ""
    return comparison_table("report_outcomes", shown, [outcome_name(c, lang) for c in outcomes["name"]], lang, note)


def _main_table(study: Study, lang: Lang) -> Table:
    found = study.found["estimators"]
    names = [n for n in found.frames["estimators"]["name"] if f"{n}_estimate" in found.estimates]
    titles = {name: method_name(name, lang) for name in names}
    models = {titles[name]: found.estimates[f"{name}_estimate"] for name in names}
    tests = {titles[name]: found.tests[name] for name in names}
    table = regression_table(models, tests=tests, lang=lang)
    return Table(table.body, table.notes, word("report_main_table", lang), lang)


def _cases(study: Study, lang: Lang) -> Table:
    cases = study.found["pair_cases"].frames["cases"]
    names = unit_names(study, lang)
    partners = [joined([names.get(p, p) for p in text.split(";")], lang) for text in cases["partner"]]
    columns = {
        "report_partner": partners,
        "estimator": [method_name(m, lang) for m in cases["method"]],
        "estimate": [number(x) for x in cases["estimate"]],
        "rank_row": [rank(row, lang) for _, row in cases.iterrows()],
        "report_ratio": [f"{x:.2f}" for x in cases["largest_rho"]],
    }
    note = word("report_pairs_note", lang).format(n=int(cases["n_compared"].max()) - 1)
    rows = [names.get(unit, unit) for unit in cases["unit"]]
    return report_table("report_pairs", rows, columns, lang, note)
