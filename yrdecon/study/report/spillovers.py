"""The parts of the referee's appendix on near and far comparisons, and on the dose."""

from __future__ import annotations

from yrdecon.present.blocks import Block, FigureBlock, Paragraph, TableBlock
from yrdecon.present.formula_labels import term_label
from yrdecon.present.ladder import plot_ladder
from yrdecon.present.sentences import in_words
from yrdecon.present.table import Table
from yrdecon.present.words import Lang, known_word, word
from yrdecon.study.material import income_column
from yrdecon.study.report.texts import (
    comparison_table,
    count,
    joined,
    number,
    outcome_name,
    rank,
    report_table,
    unit_names,
)
from yrdecon.study.run import Study
from yrdecon.study.steps.spillovers import TREATED


def spillover_blocks(study: Study, lang: Lang) -> list[Block]:
    """Return the ladder of pools as figure and table, and the table of rings."""
    found = study.found["spillovers"]
    blocks: list[Block] = []
    ladder = found.frames.get("ladder")
    if ladder is not None and ladder["estimate"].notna().any():
        names = {name: pool.label[lang] for name, pool in study.plan.pools.items()}
        figure = plot_ladder(ladder, lang=lang, labels=names)
        made = ladder[ladder["estimate"].notna()]
        rows = [names.get(r) or known_word(f"rung_{r.replace(' ', '_')}", lang) or r for r in made["rung"]]
        blocks.append(FigureBlock(figure, word("report_ladder", lang)))
        blocks.append(
            TableBlock(comparison_table("report_ladder_table", made, rows, lang, word("report_ladder_note", lang)))
        )
    if "rings" in found.frames:
        blocks.append(TableBlock(_rings(study, lang)))
    return blocks


def dose_blocks(study: Study, lang: Lang) -> list[Block]:
    """Return what goes with the lead of donors, or why no dose is at hand."""
    found = study.found["dose"]
    if "order" not in found.tests:
        reason = found.refused.get("order", "")
        return [Paragraph(word("report_no_dose", lang).format(reason=in_words(reason, lang)))] if reason else []
    doses, test, names = found.frames["doses"], found.tests["order"], unit_names(study, lang)
    doses = doses.sort_values("dose", ascending=False, kind="stable")
    columns = {
        "report_partner": [joined([names.get(p, p) for p in text.split(";")], lang) for text in doses["partner"]],
        "report_lead": [number(x) for x in doses["dose"]],
        "report_recipient_change": [number(x) for x in doses["change"]],
    }
    note = word("report_dose_note", lang).format(
        income=outcome_name(income_column(study.material), lang),
        outcome=outcome_name(study.plan.headline.outcome, lang),
        slope=number(test.estimate),
        k=test.rank,
        n=0 if test.draws is None else len(test.draws),
        filled=int(doses["filled"].sum()),
        units=len(doses),
    )
    return [TableBlock(report_table("report_dose", [names.get(u, u) for u in doses["unit"]], columns, lang, note))]


def _rings(study: Study, lang: Lang) -> Table:
    rings, frames = study.found["spillovers"].frames["rings"], study.found["spillovers"].estimates["rings"].frames
    columns = {
        "units": [count(n) for n in rings["n_units"]],
        "estimate": [number(x) for x in rings["estimate"]],
        "rank_row": [rank(row, lang) for _, row in rings.iterrows()],
    }
    contamination = frames["contamination"].iloc[0]
    far = int((frames["rings"]["ring"].fillna("") == "").sum())
    note = word("report_rings_note", lang).format(
        without=number(contamination["without_rings"]), difference=number(contamination["contamination"]), far=far
    )
    rows = [word("treated", lang) if t == TREATED else term_label(t, lang, {}) or t for t in rings["term"]]
    return report_table("report_rings", rows, columns, lang, note)
