"""The first page: what was claimed, what was found, what changes it, and what cannot be known."""

from __future__ import annotations

import numpy as np
import pandas as pd

from yrdecon.core.hypothesis import HypothesisTest
from yrdecon.core.sample import draw_sample
from yrdecon.policy.pair_places import pair_places
from yrdecon.present.blocks import Block, FigureBlock, KeyValues, TableBlock
from yrdecon.present.event_study import plot_event_study
from yrdecon.present.numbers import p_text, spans
from yrdecon.present.pair_map import plot_pair_map
from yrdecon.present.table import Table
from yrdecon.present.words import Lang, word
from yrdecon.study.report.reason import grade_reason
from yrdecon.study.report.texts import (
    comparison_table,
    grade_name,
    interval,
    joined,
    method_name,
    number,
    outcome_name,
)
from yrdecon.study.run import Study

DIGITS = 12


def first_page(study: Study, lang: Lang) -> tuple[Block, ...]:
    """Return the blocks of the first page."""
    head = study.found["comparisons"].frames["pools"].set_index("name").loc[f"pool_{study.plan.headline.pool}"]
    verdict, colon = word("verdict", lang), "：" if lang == "zh" else ": "
    rows = (
        (word("claim", lang), study.plan.claim[lang]),
        (verdict, f"**{grade_name(study.grade, lang)}**{colon}{grade_reason(study, lang)}"),
        (word("estimate", lang), _estimate(study, lang)),
        (word("interval_row", lang), interval(head)),
        (word("rank_row", lang), rank_text(study.found["comparisons"].tests["headline_90"], lang)),
        (word("estimand", lang), _estimand(study, lang)),
        (word("detectable", lang), _detectable(study, lang)),
        (word("not_testable", lang), joined([text[lang] for text in study.plan.not_testable], lang) or "—"),
        (word("report_declared", lang), _declared(study, lang)),
        (word("report_data_vintage", lang), _data(study, lang)),
    )
    return (KeyValues(rows, emphasized=verdict), TableBlock(_variants(study, lang)), *_figures(study, lang))


def rank_text(test: HypothesisTest, lang: Lang) -> str:
    """Write the rank of a test and what it is worth."""
    compared = 0 if test.draws is None else len(test.draws)
    kind = test.name.removeprefix("permutation test, ").removesuffix(" assignments")
    key = "report_rank" if test.disjoint_sets is not None else "report_rank_plain"
    return word(key, lang).format(
        k=test.rank,
        n=compared,
        mechanism=word(f"report_mechanism_{kind}", lang),
        disjoint=test.disjoint_sets,
        smallest=p_text(test.smallest_p_value),
        p="—" if test.is_rank_only else p_text(test.p_value),
    )


def _estimate(study: Study, lang: Lang) -> str:
    head = study.material.headline
    design, sample = head.design, draw_sample(head.panel, head.design)
    treated = int(np.isfinite(sample.cohort).sum())
    post = [int(p) for p in sample.periods if p >= sample.first_treated_period and p not in design.exclude_periods]
    excluded = ", ".join(str(p) for p in design.exclude_periods)
    return word("report_estimate", lang).format(
        outcome=outcome_name(design.outcome, lang),
        value=number(study.found["comparisons"].tests["headline_90"].estimate),
        unit=word("report_log_points", lang) if design.outcome.startswith("ln_") else "",
        method=method_name(study.plan.headline.estimator, lang),
        periods=spans(post),
        base=spans(design.base_periods) if design.base_periods else word("report_base_all", lang),
        excluded=word("estimate_excluded", lang).format(years=excluded) if excluded else "",
        treated=treated,
        comparison=len(sample.units) - treated,
        pool=study.plan.pools[study.plan.headline.pool].label[lang],
    )


def _estimand(study: Study, lang: Lang) -> str:
    policy = study.plan.treatment.name[lang]
    overlap = study.found["design_sheet"].frames.get("overlap")
    stuck = overlap[overlap["verdict"].str.contains("cannot be separated")] if overlap is not None else pd.DataFrame()
    if stuck.empty:
        return word("estimand_alone", lang).format(policy=policy)
    names = joined(stuck[f"name_{lang}"].tolist(), lang)
    return word("estimand_package", lang).format(policies=names, policy=policy)


def _detectable(study: Study, lang: Lang) -> str:
    sheet = study.found["design_sheet"].frames["pools"].set_index("pool").loc[study.plan.headline.pool]
    shown = {name: number(float(sheet[f"detectable_{name}"])) for name in ("independent", "spatial")}
    return word("detectable_text", lang).format(**shown)


def _declared(study: Study, lang: Lang) -> str:
    freeze, digest = study.freeze, study.plan.digest[:DIGITS]
    if freeze.on is None:
        text = word("report_declared_not", lang).format(digest=digest)
    elif freeze.deviations:
        fields = ", ".join(field for field, _, _ in freeze.deviations)
        text = word("report_declared_deviates", lang).format(
            date=freeze.on, n=len(freeze.deviations), fields=fields, digest=digest
        )
    else:
        text = word("report_declared_frozen", lang).format(date=freeze.on, digest=digest, deviations="")
    return joined([text, study.plan.seen[lang]] if study.plan.seen else [text], lang)


def _data(study: Study, lang: Lang) -> str:
    panel, column = study.material.headline.panel, study.plan.headline.outcome
    described = column in panel.variables.index and "vintage" in panel.variables.columns
    return word("report_data_text", lang).format(
        panel=study.plan.data.panel,
        units=len(panel.units),
        first=panel.periods[0],
        last=panel.periods[-1],
        digest=study.material.digest()[:DIGITS],
        vintage=str(panel.variables.loc[column, "vintage"]) if described else word("report_vintage_unknown", lang),
    )


def _variants(study: Study, lang: Lang) -> Table:
    frames = study.found["comparisons"].frames
    pools = frames["pools"]
    headline = pools[pools["name"] == f"pool_{study.plan.headline.pool}"]
    table = pd.concat([headline, frames["variants"]], ignore_index=True)
    labels = [word("report_headline", lang), *frames["variants"].get(f"label_{lang}", [])]
    return comparison_table("what_changes", table, labels, lang)


def _figures(study: Study, lang: Lang) -> tuple[Block, ...]:
    head, found = study.material.headline, study.found["estimators"]
    excluded = spans(head.design.exclude_periods)
    caption = (
        word("report_figure_plain", lang)
        if not head.design.exclude_periods
        else word("report_figure", lang).format(what=excluded)
    )
    blocks: list[Block] = []
    if "dynamic" in found.estimates:
        blocks.append(FigureBlock(plot_event_study(found.estimates["dynamic"], lang=lang), caption))
    if head.panel.location is not None:
        places = pair_places(
            head.panel, study.material.registry, policy=study.plan.treatment.policy, pool=head.design.pool
        )
        blocks.append(FigureBlock(plot_pair_map(places, lang=lang), word("report_map", lang)))
    return tuple(blocks)
