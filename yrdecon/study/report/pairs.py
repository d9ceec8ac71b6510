"""The section on donors, and on the gap between partners."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from yrdecon.errors import YrdeconError
from yrdecon.policy.pair_gaps import pair_gaps
from yrdecon.present.blocks import Block, FigureBlock, Heading, Paragraph, TableBlock
from yrdecon.present.pair_gap_panels import plot_pair_gaps
from yrdecon.present.table import Table
from yrdecon.present.words import Lang, word
from yrdecon.study.report.texts import (
    interval,
    method_name,
    number,
    outcome_name,
    p_value,
    rank,
    report_table,
    unit_names,
)
from yrdecon.study.run import Study
from yrdecon.study.steps.donors import DONORS


def pairs_section(study: Study, lang: Lang) -> tuple[Block, ...]:
    """Return the effect on donors, on the gap of partners, every pair, and the path of all gaps."""
    frames = study.found["donors"].frames
    blocks: list[Block] = [Heading(word("report_partners", lang), anchor="pairs")]
    if len(frames["effects"]):
        blocks += [Paragraph(_who(study, lang)), TableBlock(_effects(study, frames["effects"], lang))]
    if "pairs" in frames:
        blocks.append(TableBlock(_each(study, frames["pairs"], lang)))
    blocks += _gaps(study, lang)
    return tuple(blocks) if len(blocks) > 1 else ()


def donors_sentence(study: Study, lang: Lang) -> str:
    """Write what can be seen of donors beside a sentence on their gains; empty where nothing can."""
    effects = study.found["donors"].frames["effects"]
    rows = effects[effects["side"] == DONORS] if len(effects) else effects
    if rows.empty:
        return ""
    row = rows.iloc[0]
    return word("report_donors_seen", lang).format(
        outcome=outcome_name(row["outcome"], lang), n=row["n"], estimate=number(row["estimate"]), rank=rank(row, lang)
    )


def _who(study: Study, lang: Lang) -> str:
    """Tell which donors are units of the panel, and which are not."""
    pairs = study.material.registry.pairs
    codes = pairs.loc[pairs["policy"] == study.plan.treatment.policy, "donor_code"].astype(str).drop_duplicates()
    here = codes.isin(study.material.headline.panel.units.astype(str))
    names = unit_names(study, lang)
    text = word("report_donors_text", lang).format(
        n=int(here.sum()), total=len(codes), names=_listed([names.get(c, c) for c in codes[here]], lang)
    )
    if here.all():
        return text
    missing = _listed([names.get(c, c) for c in codes[~here]], lang)
    return text + word("report_donors_missing", lang).format(names=missing)


def _listed(names: Sequence[str], lang: Lang) -> str:
    """Join names, some of which hold a comma in English."""
    return ("、" if lang == "zh" else "; ").join(names)


def _effects(study: Study, effects: pd.DataFrame, lang: Lang) -> Table:
    lines = [row for _, row in effects.iterrows()]
    columns = {
        "report_gap_change": [number(row["gap"]) for row in lines],
        "estimate": [number(row["estimate"]) for row in lines],
        "interval_row": [interval(row) for row in lines],
        "rank_row": [rank(row, lang) for row in lines],
    }
    if effects["p_value"].notna().any():
        columns["p_permutation"] = [p_value(row["p_value"]) for row in lines]
    rows = [_label(study, row, lang) for row in lines]
    note = word("report_partners_note", lang).format(method=method_name(study.plan.headline.estimator, lang))
    return report_table("report_partners_table", rows, columns, lang, note)


def _label(study: Study, row: pd.Series, lang: Lang) -> str:
    """Name the side and what differs from the headline."""
    head = study.plan.headline
    parts = [word(f"report_side_{row['side']}", lang).format(n=row["n"])]
    parts += [row[f"label_{lang}"]] if row["name"] != head.pool else []
    parts += [outcome_name(row["outcome"], lang)] if row["outcome"] != head.outcome else []
    return ("：" if lang == "zh" else ": ").join(parts)


def _each(study: Study, pairs: pd.DataFrame, lang: Lang) -> Table:
    names = unit_names(study, lang)
    rows = ["–".join(names.get(c, c) for c in pair) for pair in zip(pairs["donor"], pairs["recipient"], strict=True)]
    columns = {
        "report_donor_change": [number(x) for x in pairs["donor_change"]],
        "report_recipient_change": [number(x) for x in pairs["recipient_change"]],
        "report_gap_change": [number(x) for x in pairs["difference"]],
    }
    note = word("report_each_pair_note", lang).format(outcome=outcome_name(study.plan.headline.outcome, lang))
    return report_table("report_each_pair", rows, columns, lang, note)


def _gaps(study: Study, lang: Lang) -> list[Block]:
    head, policy = study.material.headline, study.plan.treatment.policy
    base = (head.design.base_periods or (study.material.first_touched - 1,))[-1]
    try:
        gaps = pair_gaps(head.panel, study.material.registry, outcome=head.design.outcome, policy=policy, base=base)
        return [FigureBlock(plot_pair_gaps(gaps, lang=lang), word("report_gaps", lang))]
    except YrdeconError:
        return []
