import re

import numpy as np
import pandas as pd
import pytest
from conftest import make_toy

import yrdecon as yd

DESIGN = yd.Design(outcome="y")


def test_a_frame_rounds_joins_intervals_and_ranks_and_dashes_what_is_missing():
    frame = pd.DataFrame(
        {
            "date": [2019, 2018],
            "estimate": [0.01234, -0.2],
            "conf_low": [-0.1, -np.inf],
            "conf_high": [0.3, np.inf],
            "rank": [4.0, np.nan],
            "n_compared": [25.0, np.nan],
            "p_value": [np.nan, 0.00001],
            "exact": [True, False],
            "n_placebos": [800, 12_345],
        }
    )
    table = yd.frame_table(frame, labels={"exact": "Exact"})
    assert table.rows == [
        ["2019", "0.012", "[-0.100, 0.300]", "4 of 25", "—", "Yes", "800"],
        ["2018", "-0.200", "[−∞, +∞]", "—", "<0.0001", "No", "12,345"],
    ]
    assert [span.text for span in table.header[-1]][:3] == ["Estimate", "Interval", "Rank"]
    assert table.stub == "Date"


def test_columns_without_a_label_are_listed():
    table = yd.frame_table(pd.DataFrame({"date": [1], "strange": [0.5]}))
    assert table.note == "Notes: No label is on file for: strange."


@pytest.mark.parametrize("lang", ["en", "zh", "both"])
def test_frames_of_checks_have_all_their_words(lang, twinned, registry):
    design = yd.twinning_design()
    pools = {"clean": "in_yrd_clean"}
    frames = {
        "dates": yd.placebo_time(yd.twfe, twinned, design, seed=1, draws=49),
        "ladder": yd.control_pool_ladder(twinned, design, pools, yd.twfe, seed=1, draws=49),
        "left out": yd.leave_one_out(yd.twfe, twinned, design),
        "overlap": yd.policy_overlap(twinned, registry),
        "power": yd.minimum_detectable_effect(yd.twfe, twinned, design, seed=1, draws=49),
        "honest": yd.honest_bounds(yd.event_study(twinned, yd.Design(outcome="ln_real_gdp")), max_ratio=1.0),
        "balance": yd.balance(twinned, design, ["ln_real_gdp"]),
    }
    for name, frame in frames.items():
        table = yd.frame_table(frame, lang=lang)
        assert not table.notes, (name, table.notes)
        if lang == "zh":
            words = " ".join([table.stub, *(span.text for span in table.header[-1])])
            assert not re.search("[A-Za-z]{2,}", words), (name, words)


def test_codes_of_cities_are_printed_as_their_names(twinned):
    table = yd.frame_table(yd.leave_one_out(yd.twfe, twinned, yd.twinning_design()), lang="zh")
    assert "蚌埠市" in table.body.index
    assert table.body.index[0] == "不剔除"


@pytest.mark.parametrize("frame", [pd.DataFrame(), pd.DataFrame({"a": [1]})])
def test_a_frame_without_cells_is_refused(frame):
    with pytest.raises(yd.DesignError, match="a row and two columns"):
        yd.frame_table(frame)


def test_a_balance_table_prints_the_numbers_of_the_frame():
    frame = yd.balance(make_toy(), DESIGN, ["y", "x"])
    table = yd.balance_table(frame, labels={"y": "Output", "x": "Input"})
    assert table.body.index.tolist() == ["Output", "Input"]
    first = frame.iloc[0]
    names = ["mean_treated", "mean_comparison", "sd_treated", "sd_comparison"]
    names += ["standardized_difference", "normalized_difference", "variance_ratio"]
    assert table.rows[0][1:] == [f"{first[name]:.3f}" for name in names]
    assert "3 treated and 9 comparison units" in table.note


def test_numbers_of_units_that_differ_are_columns():
    toy = make_toy()
    holes = toy.assign(x=toy.frame["x"].where(toy.frame["unit"] != "u11"))
    table = yd.balance_table(yd.balance(holes, DESIGN, ["y", "x"]), lang="zh")
    assert table.body.iloc[:, -1].tolist() == ["9", "8"]
    assert "以下变量缺少标签：x, y。" in table.note or "以下变量缺少标签：y, x。" in table.note


def test_another_frame_is_no_balance():
    with pytest.raises(yd.DesignError, match="lacks"):
        yd.balance_table(pd.DataFrame({"covariate": ["y"]}))


def test_variables_are_described_by_the_panel_and_policies_by_the_registry(twinned, registry):
    columns = ["gdp_100m_yuan", "policy_huaihe_belt", "cohort"]
    table = yd.variable_table(twinned, columns, registry=registry)
    described = twinned.variables.loc["gdp_100m_yuan"]
    assert table.rows[0] == [
        described["label_en"],
        "gdp_100m_yuan",
        "100 million yuan",
        described["source"],
        described["vintage"],
    ]
    policy = registry.policies.set_index("policy").loc["huaihe-belt"]
    assert table.rows[1][0] == policy["name_en"]
    assert table.rows[1][-1] == f"from {policy['first_year']}"
    assert table.note == "Notes: No label is on file for: cohort."


def test_every_source_and_vintage_of_the_shipped_panel_is_said_in_chinese(twinned):
    table = yd.variable_table(twinned, lang="zh")
    texts = " ".join(text for row in table.rows for text in row[2:])
    left = set(re.findall("[A-Za-z_]{3,}", texts)) - {"EDGAR", "gdp_vintage", "filled", "cities", "csv", "GDP"}
    assert left == set()


def test_a_variable_that_the_panel_lacks_is_refused(twinned):
    with pytest.raises(yd.DesignError, match="nowhere"):
        yd.variable_table(twinned, ["nowhere"])


@pytest.mark.parametrize("lang", ["zh", "both"])
def test_summary_and_pairs_exist_in_every_language(lang, twinned, registry):
    assert "均值" in " ".join(
        span.text for span in yd.summary_table(twinned, ["real_growth_pct"], lang=lang).header[-1]
    )
    first = yd.pairs_table(registry, lang=lang).rows[0][1]
    assert first.startswith("上海市闵行区")
    assert ("Minhang" in first) == (lang == "both")
