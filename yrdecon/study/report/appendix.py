"""The referee's appendix, the claim sheet, and what lies behind the report."""

from __future__ import annotations

import re

import pandas as pd

import yrdecon
from yrdecon.diagnostics.untouched_groups import PREFIX
from yrdecon.present.blocks import Block, Bullets, FigureBlock, Heading, Paragraph, TableBlock
from yrdecon.present.honest_bounds import plot_honest_bounds
from yrdecon.present.leave_one_out import plot_leave_one_out
from yrdecon.present.placebo_kinds import plot_placebo_kinds
from yrdecon.present.sentences import phrase
from yrdecon.present.specification_curve import plot_specification_curve
from yrdecon.present.table import Table
from yrdecon.present.weights import plot_weights
from yrdecon.present.words import Lang, word
from yrdecon.study.report.pairs import donors_sentence
from yrdecon.study.report.reason import condition_text
from yrdecon.study.report.spillovers import dose_blocks, spillover_blocks
from yrdecon.study.report.texts import (
    comparison_table,
    grade_name,
    joined,
    number,
    outcome_name,
    rank,
    report_table,
    unit_names,
    whose_errors,
)
from yrdecon.study.run import Study
from yrdecon.study.steps.donors import GAP
from yrdecon.study.steps.robustness import read_receipt
from yrdecon.study.steps.specifications import DECLARED


def appendix(study: Study, lang: Lang) -> tuple[Block, ...]:
    """Return honest bounds, leave-one-out, weights and the rule of the grade."""
    found, head = study.found["sensitivity"], study.material.headline
    names = unit_names(study, lang)
    blocks: list[Block] = [Heading(word("report_appendix", lang), anchor="appendix")]
    if "bounds" in found.frames:
        figure = plot_honest_bounds(found.frames["bounds"], outcome=head.design.outcome, lang=lang)
        blocks.append(FigureBlock(figure, word("report_bounds", lang)))
        blocks += whose_errors(study, lang)
    if "left_out" in found.frames:
        figure = plot_leave_one_out(found.frames["left_out"], lang=lang, labels=names)
        blocks.append(FigureBlock(figure, word("report_left_out", lang)))
    estimate = study.found["comparisons"].estimates.get("headline")
    if estimate is not None and "unit_weights" in estimate.frames:
        blocks.append(FigureBlock(plot_weights(estimate, lang=lang, labels=names), word("report_weights", lang)))
    blocks += [*_placebo_kinds(study, lang), *spillover_blocks(study, lang), *dose_blocks(study, lang)]
    return (*blocks, *_specifications(study, lang), *_battery(study, lang), TableBlock(_rule(study, lang)))


def claim_sheet(study: Study, lang: Lang) -> tuple[Block, ...]:
    """Return every sentence with its estimate and grade, or what would be needed to test it."""
    claims = study.found["claims"].frames["claims"]
    if claims.empty:
        return ()
    columns = {
        "report_outcome": [outcome_name(c, lang) if c else "—" for c in claims["outcome"]],
        "estimate": [number(x) for x in claims["estimate"]],
        "rank_row": [rank(row, lang) for _, row in claims.iterrows()],
        "report_grade": [grade_name(g, lang) for g in claims["grade"]],
        "report_needs": [text or "—" for text in claims[f"needs_{lang}"]],
    }
    gap = word(f"report_claims_gap_{'pairs' if claims['judged_by'].eq(GAP).any() else 'treated'}", lang)
    note = word("report_claims_note", lang).format(gap=gap, donors=donors_sentence(study, lang))
    table = report_table("report_claims", claims[f"sentence_{lang}"].tolist(), columns, lang, note.rstrip())
    return (Heading(word("report_claims", lang), anchor="claims"), TableBlock(table))


def behind(study: Study, lang: Lang) -> tuple[Block, ...]:
    """Return program, seed, and what could not be computed."""
    program = word("report_program", lang).format(
        version=yrdecon.__version__, seed=study.plan.seed, draws=f"{study.plan.inference.draws:,}"
    )
    blocks: list[Block] = [
        Heading(word("report_receipt", lang), anchor="receipt"),
        Paragraph(program),
        Paragraph(read_receipt(study.found["second_computation"]).to_text(lang)),
        Paragraph(word("report_findings", lang)),
    ]
    refused = pd.concat([f.frames["refused"].assign(step=name) for name, f in study.found.items()], ignore_index=True)
    if len(refused):
        rows = (refused["step"] + ": " + refused["part"]).tolist()
        blocks.append(
            TableBlock(
                report_table(
                    "report_refused", rows, {"report_reason": [phrase(r, lang) for r in refused["reason"]]}, lang
                )
            )
        )
    return tuple(blocks)


def _placebo_kinds(study: Study, lang: Lang) -> list[Block]:
    """Return the four kinds of placebo in one figure, where all could be had."""
    found = study.found["placebos"]
    if "mixed" not in found.tests or not {"time", "external"} <= set(found.frames):
        return []
    space = study.found["comparisons"].tests[f"pool_{study.plan.headline.pool}"]
    external = found.frames["external"]
    names = _names(study, lang)
    groups = {name: names.get(bare, bare) for name in external["name"] if (bare := name.removeprefix(PREFIX)) != name}
    figure = plot_placebo_kinds(found.frames["time"], space, found.tests["mixed"], external, lang=lang, labels=groups)
    return [FigureBlock(figure, word("report_placebo_kinds", lang))]


def _specifications(study: Study, lang: Lang) -> tuple[Block, ...]:
    found = study.found["specifications"]
    if "curve" not in found.frames or found.frames["curve"]["estimate"].isna().all():
        return ()
    labels = {v.label.en: v.label[lang] for v in study.plan.variants}
    labels |= {name: pool.label[lang] for name, pool in study.plan.pools.items()}
    labels |= {choice: word(f"report_choice_{choice}", lang) for choice in ("periods", "units")}
    labels[DECLARED] = word("report_headline", lang)
    figure = plot_specification_curve(found.frames["curve"], lang=lang, labels=labels)
    blocks: list[Block] = [FigureBlock(figure, word("report_curve", lang))]
    if "joint" in found.tests:
        joint = found.tests["joint"]
        n = 0 if joint.draws is None else len(joint.draws)
        blocks.append(
            Paragraph(word("report_joint", lang).format(k=joint.rank, n=n, note=phrase(joint.notes[-1], lang)))
        )
    return tuple(blocks)


def _battery(study: Study, lang: Lang) -> tuple[Block, ...]:
    if "battery" not in study.found["robustness"].frames:
        return ()
    table = study.found["robustness"].frames["battery"]
    made = table[table["estimate"].notna()]
    rows = [_check(row, study, lang) for _, row in made.iterrows()]
    left = _without_estimate(table[table["estimate"].isna()], study, lang)
    blocks: list[Block] = [TableBlock(comparison_table("report_battery", made, rows, lang))]
    if left:
        blocks += [Paragraph(word("report_not_made", lang)), Bullets(left)]
    return tuple(blocks)


def _without_estimate(rows: pd.DataFrame, study: Study, lang: Lang) -> tuple[str, ...]:
    """Write the checks that have no estimate, those with the same reason in one line."""
    lines = []
    for note, group in rows.groupby("note", sort=False):
        checks = joined([_check(row, study, lang) for _, row in group.iterrows()], lang)
        lines.append(f"{checks}{_colon(lang)}{phrase(str(note), lang)}")
    return tuple(lines)


def _check(row: pd.Series, study: Study, lang: Lang) -> str:
    """Write which check a row is, with names in place of ids."""
    name = word("report_headline" if row["check"] == "headline" else row["check"], lang)
    changed = phrase(row["changed"], lang)
    for code, known in _names(study, lang).items():
        changed = re.sub(rf"(?<![\w-]){re.escape(code)}(?![\w-])", known, changed)
    return name + _colon(lang) + changed if changed else name


def _names(study: Study, lang: Lang) -> dict[str, str]:
    """Return the names of units, policies and, in English, groups of the panel by what stands for them in results."""
    policies, panel = study.material.registry.policies, study.material.headline.panel
    names = unit_names(study, lang) | dict(zip(policies["policy"], policies[f"name_{lang}"], strict=True))
    english = f"{panel.group}_en"
    if lang == "en" and english in panel.frame.columns:
        names |= dict(zip(panel.frame[panel.group], panel.frame[english], strict=True))
    return names


def _colon(lang: Lang) -> str:
    return "：" if lang == "zh" else ": "


def _rule(study: Study, lang: Lang) -> Table:
    conditions = study.found["decision"].frames["conditions"]
    named = zip(conditions["grade"], conditions["condition"], strict=True)
    texts = [condition_text(study, grade, condition, lang) for grade, condition in named]
    columns = {
        "report_condition": texts,
        "report_met": [word("yes" if met else "no", lang) for met in conditions["met"]],
    }
    rows = [grade_name(g, lang) for g in conditions["grade"]]
    return report_table("report_conditions", rows, columns, lang)
