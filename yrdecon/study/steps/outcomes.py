"""The other outcomes of the plan, adjusted for their number, and how far apart the places are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from yrdecon.core.panel import Panel
from yrdecon.core.sample import draw_sample
from yrdecon.errors import DesignError
from yrdecon.inference.stepdown import romano_wolf
from yrdecon.study.findings import Findings, gather
from yrdecon.study.material import Comparison, Material
from yrdecon.study.steps.comparisons import test_row, tester

FILLED = "filled"
PER_PERSON = ("_pc", "per_person")


def outcomes(material: Material) -> Findings:
    """Test every further outcome in the headline's pool, families adjusted by Romano and Wolf.

    Tests by the name of the outcome; frame ``outcomes`` with p_adjusted where a family has several tests that earn a
    p-value, and frame ``dispersion``: the standard deviation of the headline outcome over all and over treated units,
    and the mean gap between comparison and treated units, by period. Periods in which an outcome is missing for every
    unit take no part.
    """
    named = {o.column: o for o in material.plan.outcomes}
    cases = {}
    refused = []
    for column in named:
        try:
            cases[column] = _comparison(material, column)
        except DesignError as error:
            refused.append((column, str(error)))
    found = gather(
        {
            **{column: tester(material, case, material.estimator) for column, case in cases.items()},
            "dispersion": lambda: dispersion(material),
        }
    )
    frame = pd.DataFrame([test_row(c, cases[c], found.tests[c]) | {"family": named[c].family} for c in found.tests])
    extra = pd.concat([found.frames["refused"], pd.DataFrame(refused, columns=["part", "reason"], dtype="str")])
    frames = {**found.frames, "outcomes": _adjusted(frame, found), "refused": extra.reset_index(drop=True)}
    return Findings(found.estimates, found.tests, frames)


def dispersion(material: Material) -> pd.DataFrame:
    """Return mean and standard deviation of the headline outcome by period, for treated and comparison units."""
    head = material.headline
    sample = draw_sample(head.panel, head.design)
    frame = head.panel.frame[head.panel.frame[head.panel.unit].isin(sample.units)]
    treated = np.isfinite(frame[head.design.cohort].astype(float))
    outcome, time = frame[head.design.outcome], frame[head.panel.time]
    table = pd.DataFrame(
        {
            "sd_all": outcome.groupby(time).std(),
            "sd_treated": outcome[treated].groupby(time).std(),
            "mean_treated": outcome[treated].groupby(time).mean(),
            "mean_comparison": outcome[~treated].groupby(time).mean(),
        }
    )
    return table.assign(gap=table["mean_comparison"] - table["mean_treated"]).rename_axis("time").reset_index()


def _comparison(material: Material, column: str) -> Comparison:
    head = material.headline
    panel = head.panel
    known = panel.frame[column].notna().groupby(panel.frame[panel.time]).any()
    absent = tuple(int(t) for t in known.index[~known])
    base = tuple(p for p in head.design.base_periods or () if p not in absent) or None
    _fail_if_filled_after_treatment(material, column)
    excluded = tuple(sorted({*head.design.exclude_periods, *absent}))
    return replace(head, design=replace(head.design, outcome=column, base_periods=base, exclude_periods=excluded))


def _fail_if_filled_after_treatment(material: Material, column: str) -> None:
    panel: Panel = material.headline.panel
    if FILLED not in panel.frame.columns or not column.endswith(PER_PERSON):
        return
    frame = panel.frame
    treated = np.isfinite(frame["cohort"].astype(float)) & (frame[panel.time] >= material.first_touched)
    cells = frame[treated & frame[FILLED].eq(True)]
    if len(cells):
        shown = ", ".join(f"{u} {t}" for u, t in cells[[panel.unit, panel.time]].head(5).itertuples(index=False))
        raise DesignError(f"{column} rests on filled cells of treated units after treatment: {shown}")


def _adjusted(frame: pd.DataFrame, found: Findings) -> pd.DataFrame:
    if frame.empty:
        return frame.assign(p_adjusted=pd.Series(dtype=float))
    adjusted = dict.fromkeys(frame["name"], np.nan)
    for _, family in frame.groupby("family"):
        tests = {name: found.tests[name] for name in family["name"] if not found.tests[name].is_rank_only}
        if len(tests) > 1:
            table = romano_wolf(tests)
            adjusted |= dict(zip(table["name"], table["p_adjusted"], strict=True))
    return frame.assign(p_adjusted=frame["name"].map(adjusted))
