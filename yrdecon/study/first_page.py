"""The first page of a report: what was claimed, what was found, and what cannot be known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from yrdecon.core.design import Design
from yrdecon.core.estimate import Estimate
from yrdecon.core.hypothesis import HypothesisTest
from yrdecon.present.numbers import bracketed, fixed
from yrdecon.present.words import Lang, word

DECIMALS = 3


@dataclass(frozen=True, eq=False)
class FirstPage:
    """The results that the first page is written from; every number on it comes from one of them.

    Attributes
    ----------
    claim
        The sentence under test.
    design, estimate, test
        The headline.
    detectable
        Result of `minimum_detectable_effect`.
    overlap
        Result of `policy_overlap`.
    variants
        Result of `compare_designs`.
    not_testable
        What the data do not hold.
    """

    claim: str
    design: Design
    estimate: Estimate
    test: HypothesisTest
    detectable: pd.DataFrame
    overlap: pd.DataFrame
    variants: pd.DataFrame
    not_testable: tuple[str, ...]

    def to_markdown(self, lang: Lang = "en") -> str:
        """Write the page."""
        rows = [
            ("claim", self.claim),
            ("verdict", f"**{word('inconclusive', lang)}**: {_reason(self.test, lang)}"),
            ("estimate", _estimate_text(self, lang)),
            ("interval_row", bracketed(self.test.conf_low, self.test.conf_high, DECIMALS)),
            ("rank_row", word("rank_of", lang).format(k=self.test.rank, n=_compared(self.test))),
            ("estimand", _estimand_text(self.overlap, lang)),
            ("detectable", _detectable_text(self.detectable, lang)),
            ("not_testable", "; ".join(self.not_testable)),
        ]
        lines = ["| | |", "|---|---|", *(f"| {word(key, lang)} | {text} |" for key, text in rows)]
        return (
            "\n".join([*lines, "", f"**{word('what_changes', lang)}**", "", *_variant_lines(self.variants, lang)])
            + "\n"
        )

    def _repr_markdown_(self) -> str:
        return self.to_markdown()


def _reason(test: HypothesisTest, lang: Lang) -> str:
    if test.is_rank_only and test.disjoint_sets is not None:
        return word("reason_sets", lang).format(disjoint=test.disjoint_sets, n=_compared(test))
    return word("reason_grade", lang)


def _compared(test: HypothesisTest) -> int:
    return 0 if test.draws is None else len(test.draws)


def _estimate_text(page: FirstPage, lang: Lang) -> str:
    units = page.estimate.units
    periods = np.unique(units["time"])
    start = int(units["cohort"].min())
    post = [int(p) for p in periods if p >= start and p not in page.design.exclude_periods]
    base = page.design.base_periods or tuple(int(p) for p in periods if p < start)
    excluded = ", ".join(str(p) for p in page.design.exclude_periods)
    return word("estimate_text", lang).format(
        value=fixed(float(page.estimate.coef[0]), DECIMALS),
        method=word(page.estimate.method, lang),
        first=post[0],
        last=post[-1],
        base=str(base[0]) if len(base) == 1 else f"{base[0]}-{base[-1]}",
        excluded=word("estimate_excluded", lang).format(years=excluded) if excluded else "",
        treated=page.estimate.n_treated,
        comparison=page.estimate.n_units - (page.estimate.n_treated or 0),
    )


def _estimand_text(overlap: pd.DataFrame, lang: Lang) -> str:
    policy = "twinning" if lang == "en" else "结对帮扶"
    stuck = overlap[overlap["verdict"].str.contains("cannot be separated")]
    if stuck.empty:
        return word("estimand_alone", lang).format(policy=policy)
    names = "; ".join(stuck["name_zh" if lang == "zh" else "name_en"])
    return word("estimand_package", lang).format(policies=names, policy=policy)


def _detectable_text(detectable: pd.DataFrame, lang: Lang) -> str:
    effects = detectable.set_index("mechanism")["minimum_detectable_effect"]
    shown = {
        name: fixed(float(effects[name]), DECIMALS) if name in effects else "—" for name in ("independent", "spatial")
    }
    return word("detectable_text", lang).format(**shown)


def _variant_lines(variants: pd.DataFrame, lang: Lang) -> list[str]:
    heads = [word(key, lang) for key in ("what_changes_row", "estimate", "interval_row", "rank_row")]
    lines = ["| " + " | ".join(heads) + " |", "|---|:-:|:-:|:-:|"]
    for row in variants.itertuples(index=False):
        rank = word("rank_of", lang).format(k=row.rank, n=row.n_compared)
        interval = bracketed(float(row.conf_low), float(row.conf_high), DECIMALS)
        lines.append(f"| {row.variant} | {fixed(float(row.estimate), DECIMALS)} | {interval} | {rank} |")
    return lines
