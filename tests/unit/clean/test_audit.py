import warnings

import numpy as np
import pandas as pd
import pytest

import yrdecon as yd
from yrdecon.present.sentences import in_words

RISING = [1.0, 2.0, 4.0, 8.0, 3.0, 3.0, 6.0, 6.0]
VERBS = {
    "deflate": lambda p: yd.deflate(p, "y", index="cpi", base=2019),
    "price_base": lambda p: yd.price_base(p, "cpi", base=2019, chain="fixed"),
    "per_capita": lambda p: yd.per_capita(p, "y", population="people"),
    "growth": lambda p: yd.growth(p, "y"),
    "log1p_warned": lambda p: yd.log1p_warned(p, "y"),
    "winsorize": lambda p: yd.winsorize(p, "y", lower=0.2, upper=0.8),
    "interpolate": lambda p: yd.interpolate(p, "holes", scale="level"),
    "lag": lambda p: yd.lag(p, "y"),
    "standardize": lambda p: yd.standardize(p, "y"),
    "balance_panel": lambda p: yd.balance_panel(p, ["holes"]),
}


@pytest.fixture
def raw():
    """Synthetic panel: two cities, 2018-2021."""
    table = pd.DataFrame({"city": list("aaaabbbb"), "year": [2018, 2019, 2020, 2021] * 2, "y": RISING})
    table = table.assign(cpi=[100.0, 102, 104, 106] * 2, people=10.0, holes=[1.0, np.nan, 3.0, 4.0, 1.0, 2.0, 3.0, 4.0])
    return yd.Panel.from_frame(table, unit="city", time="year")


@pytest.mark.parametrize("verb", VERBS)
def test_what_a_verb_did_is_listed_with_rule_and_reason(raw, verb):
    with warnings.catch_warnings(action="ignore"):
        made = VERBS[verb](raw)
    found = yd.audit(raw, made)
    found = found[~found["variable"].fillna("").str.endswith("_is_filled")]
    assert len(found)
    assert set(found["rule"]) == {verb}
    assert found["reason"].notna().all()


@pytest.mark.parametrize("verb", [v for v in VERBS if v != "balance_panel"])
def test_what_a_verb_did_to_a_column_is_told_in_chinese(raw, verb):
    with warnings.catch_warnings(action="ignore"):
        trail = VERBS[verb](raw).trail
    reason = trail.loc[trail["unit"].isna(), "reason"].iloc[0]
    left = set(in_words(reason, "zh").replace("。", " ").split()) & set(reason.split())
    assert in_words(reason, "zh") != in_words(reason, "en")
    assert not left & {"of", "the", "in", "over", "change", "cells", "filled,"}


def test_touched_cells_are_listed_beside_the_column(raw):
    found = yd.audit(raw, VERBS["interpolate"](raw))
    cells = found[found["unit"].notna()]
    assert cells[["unit", "time", "variable", "change", "after"]].values.tolist() == [
        ["a", 2019, "holes_filled", "filled", 2.0]
    ]


def test_only_what_was_done_in_between_is_listed(raw):
    first = VERBS["winsorize"](raw)
    found = yd.audit(first, VERBS["lag"](first))
    assert found["variable"].tolist() == ["lag1_y"]
    assert yd.audit(raw, raw).empty


def test_dropped_rows_are_listed_with_the_reason(raw):
    found = yd.audit(raw, VERBS["balance_panel"](raw))
    assert found[["unit", "time", "change", "reason"]].values.tolist() == [
        ["a", year, "row dropped", "3 of 4 periods"] for year in range(2018, 2022)
    ]


def test_an_audit_lists_every_changed_cell_whatever_changed_it(raw):
    edited = raw.frame.drop(columns="people")
    edited.loc[0, "y"], edited.loc[1, "holes"], edited.loc[2, "holes"] = 9.0, 2.0, np.nan
    found = yd.audit(raw, yd.Panel.from_frame(edited, unit="city", time="year"))
    assert found[["unit", "time", "variable", "change"]].astype(object).fillna("").values.tolist() == [
        ["", "", "people", "column dropped"],
        ["a", 2018, "y", "changed"],
        ["a", 2019, "holes", "filled"],
        ["a", 2020, "holes", "emptied"],
    ]
    added = yd.audit(raw.between(2018, 2019), raw)
    assert added["change"].unique().tolist() == ["row added"]
    with pytest.raises(yd.DataError, match="two states of one panel"):
        yd.audit(raw, yd.load_panel("yrd"))
