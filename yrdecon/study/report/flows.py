"""The section on flows between paired places."""

from __future__ import annotations

import pandas as pd

from yrdecon.present.blocks import Block, Heading, Paragraph, TableBlock
from yrdecon.present.numbers import DASH
from yrdecon.present.table import Table
from yrdecon.present.words import Lang, word
from yrdecon.study.report.texts import count, joined, number, p_value, rank, report_table, unit_names
from yrdecon.study.run import Study


def flows_section(study: Study, lang: Lang) -> tuple[Block, ...]:
    """Return the effect of pairing on flows, or what a file of flows would have to hold."""
    heading = Heading(word("report_flows", lang), anchor="flows")
    found = study.found["dyads"]
    if "flows" not in found.estimates:
        return (heading, Paragraph(word("report_no_flows", lang)))
    return (heading, Paragraph(_text(study, lang)), TableBlock(_table(study, lang)))


def _text(study: Study, lang: Lang) -> str:
    names = unit_names(study, lang)
    matched = study.found["dyads"].frames["matched"]
    pairs = [
        f"{names.get(d, d)}–{names.get(r, r)}" for d, r in zip(matched["donor"], matched["recipient"], strict=True)
    ]
    return word("report_flows_text", lang).format(n=len(pairs), pairs=joined(pairs, lang))


def _table(study: Study, lang: Lang) -> Table:
    found = study.found["dyads"]
    estimate, test = found.estimates["flows"], found.tests.get("matching")
    row = estimate.tidy().iloc[0]
    ranked = {} if test is None else {"rank": test.rank, "n_compared": 0 if test.draws is None else len(test.draws)}
    columns = {
        "estimate": [number(row["estimate"])],
        "report_node_error": [number(row["std_error"])],
        "rank_row": [DASH if test is None else rank(pd.Series(ranked), lang)],
        "p_permutation": [DASH if test is None or test.is_rank_only else p_value(test.p_value)],
        "observations": [count(estimate.n_obs)],
        "report_zeros": [count(estimate.frames["fit"]["zeros"].iloc[0])],
    }
    flows = study.plan.flows
    name = flows.label[lang] if flows is not None else ""
    return report_table("report_flows_table", [name], columns, lang, word("report_flows_note", lang))
