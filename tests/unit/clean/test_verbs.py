"""Verbs that derive columns: identities, units, gaps, and a trail of what they did."""

import numpy as np
import pandas as pd
import pytest

import yrdecon as yd
from yrdecon.core.panel import VARIABLE_COLUMNS


def described(panel, **units):
    rows = {
        name: dict.fromkeys(VARIABLE_COLUMNS, "") | {"unit_of_measure": unit, "label_en": name, "label_zh": name}
        for name, unit in units.items()
    }
    return panel.describe(pd.DataFrame.from_dict(rows, orient="index", dtype="str").rename_axis("name"))


@pytest.fixture
def panel():
    """Two units over 2010-2014; unit b lacks 2012."""
    rows = [("a", t, 100.0 * 1.1 ** (t - 2010), 102.0, 50.0) for t in range(2010, 2015)]
    rows += [("b", t, 200.0 + t - 2010, 105.0, 20.0) for t in (2010, 2011, 2013, 2014)]
    frame = pd.DataFrame(rows, columns=["unit", "year", "gdp", "cpi", "people"])
    made = yd.Panel.from_frame(frame, unit="unit", time="year")
    return described(made, gdp="亿元", cpi="上年=100", people="万人")


def column(panel, name, unit="a"):
    frame = panel.frame[panel.frame[panel.unit] == unit]
    return frame.set_index(panel.time)[name]


def test_an_index_with_the_previous_year_as_100_is_chained_both_ways_from_its_base(panel):
    level = column(yd.price_base(panel, "cpi", base=2012, chain="previous"), "cpi_2012")
    assert level.to_numpy() == pytest.approx(100 * 1.02 ** np.arange(-2, 3))


def test_a_missing_year_breaks_the_chain_and_nothing_is_linked_across_it(panel):
    level = column(yd.price_base(panel, "cpi", base=2010, chain="previous"), "cpi_2010", "b")
    assert level.loc[[2010, 2011]].tolist() == pytest.approx([100, 105])
    assert level.loc[[2013, 2014]].isna().all()


def test_deflating_by_an_index_of_any_base_gives_the_same_and_leaves_the_base_period_alone(panel):
    once = yd.price_base(panel, "cpi", base=2010, chain="previous")
    twice = yd.price_base(once, "cpi_2010", base=2011, chain="fixed")
    by_first = column(yd.deflate(twice, "gdp", index="cpi_2010", base=2011), "real_gdp")
    by_second = column(yd.deflate(twice, "gdp", index="cpi_2010_2011", base=2011), "real_gdp")
    pd.testing.assert_series_equal(by_first, by_second)
    assert by_first[2011] == pytest.approx(column(panel, "gdp")[2011])
    assert by_first[2012] == pytest.approx(column(panel, "gdp")[2012] / 1.02)


def test_deflating_with_an_index_of_the_previous_year_or_a_real_column_is_refused(panel):
    with pytest.raises(yd.DataError, match="'cpi' compares with the previous year; make it a level with price_base"):
        yd.deflate(panel, "gdp", index="cpi", base=2010)
    with pytest.raises(yd.DataError, match="'people' is missing in 2012 for"):
        yd.deflate(panel, "gdp", index="people", base=2012)


def test_growth_of_a_deflated_column_is_nominal_growth_less_inflation_in_logs(panel):
    made = yd.deflate(yd.price_base(panel, "cpi", base=2010, chain="previous"), "gdp", index="cpi_2010", base=2010)
    nominal = column(yd.growth(made, "gdp", kind="log"), "growth_gdp")
    real = column(yd.growth(made, "real_gdp", kind="log"), "growth_real_gdp")
    assert (nominal - real).dropna().to_numpy() == pytest.approx(np.full(4, 100 * np.log(1.02)))


def test_growth_and_lags_go_by_the_calendar_and_not_by_rows(panel):
    made = yd.lag(yd.growth(panel, "gdp"), "gdp", periods=2)
    assert column(made, "growth_gdp", "b").isna().tolist() == [True, False, True, False]
    assert column(made, "lag2_gdp", "b").fillna(-1).tolist() == [-1, -1, 201, -1]


def test_figures_per_head_come_in_the_plain_unit_where_both_units_are_known(panel):
    made = yd.per_capita(panel, "gdp", population="people")
    assert column(made, "gdp_pc")[2010] == pytest.approx(100e8 / 50e4)
    assert made.variables.loc["gdp_pc", ["unit_of_measure", "label_en", "label_zh"]].tolist() == [
        "元",
        "Per capita gdp",
        "人均gdp",
    ]


def test_gdp_per_head_of_mid_year_is_that_of_the_shipped_panel():
    made = yd.per_capita(
        yd.load_panel("national"), "gdp_100m_yuan", population="population_resident_10k", timing="mid_year"
    )
    assert made.variables.loc["gdp_100m_yuan_pc", "unit_of_measure"] == "yuan"
    assert made.frame["gdp_pc_yuan"].notna().sum() > 6000
    np.testing.assert_allclose(made.frame["gdp_100m_yuan_pc"], made.frame["gdp_pc_yuan"])


@pytest.mark.parametrize("name", ["share_primary_pct", "ln_real_gdp", "real_gdp_index_2010"])
def test_shares_logs_and_indices_have_no_value_per_head(name):
    with pytest.raises(yd.DataError, match="no value per head"):
        yd.per_capita(yd.load_panel("yrd"), name, population="population_resident_10k")


def test_winsorizing_clips_at_the_quantiles_and_lists_every_cell_of_both_tails(toy):
    made = yd.winsorize(toy, "y", lower=0.05, upper=0.9)
    y, clipped = toy.frame["y"], made.frame["y_w"]
    low, high = np.quantile(y, [0.05, 0.9])
    np.testing.assert_allclose(clipped, np.clip(y, low, high))
    cells = made.trail[made.trail["unit"].notna()]
    assert len(cells) == ((y < low) | (y > high)).sum() > 0
    assert f"{(y < low).sum()} cells below and {(y > high).sum()} cells above" in made.trail.loc[0, "reason"]
    by_period = yd.winsorize(toy, "y", lower=0.2, upper=0.8, by="period").frame
    for _, rows in by_period.groupby("time"):
        assert rows["y_w"].max() == pytest.approx(np.quantile(rows["y"], 0.8))


def test_standardized_columns_have_mean_zero_and_standard_deviation_one(toy):
    by_period = yd.standardize(toy, "y", by="period").frame.groupby("time")["y_z"]
    assert by_period.mean().to_numpy() == pytest.approx(np.zeros(8), abs=1e-12)
    assert by_period.std().to_numpy() == pytest.approx(np.ones(8))
    with pytest.raises(yd.DataError, match="does not vary"):
        yd.standardize(toy.assign(flat=1.0), "flat")


def test_ln_of_one_plus_x_warns_only_where_there_are_zeros(toy, recwarn):
    toy = toy.assign(some=np.abs(toy.frame["y"]) + 1, none=np.where(toy.frame["y"] > 0, toy.frame["y"], 0))
    np.testing.assert_allclose(yd.log1p_warned(toy, "some").frame["ln1p_some"], np.log1p(toy.frame["some"]))
    assert not recwarn.list
    with pytest.warns(UserWarning, match="depends on the unit of x.*Poisson regression"):
        yd.log1p_warned(toy, "none")
    with pytest.raises(yd.DataError, match="holds negative values"):
        yd.log1p_warned(toy, "y")


def gaps(values, cohort=np.inf):
    frame = pd.DataFrame({"unit": "a", "year": range(2010, 2010 + len(values)), "y": values, "cohort": cohort})
    return yd.Panel.from_frame(frame, unit="unit", time="year")


def test_gaps_are_filled_between_known_values_flagged_and_listed_and_nowhere_else():
    made = yd.interpolate(gaps([np.nan, 1, np.nan, np.nan, 8, np.nan]), "y", scale="log")
    assert made.frame["y_filled"].fillna(-1).tolist() == pytest.approx([-1, 1, 2, 4, 8, -1])
    assert made.frame["y_is_filled"].tolist() == [False, False, True, True, False, False]
    assert made.trail.loc[1:, ["time", "after"]].to_numpy().tolist() == [
        [2012, pytest.approx(2)],
        [2013, pytest.approx(4)],
    ]
    assert made.frame["y"].isna().sum() == 4


@pytest.mark.parametrize("cohort", [2012, 2013, 2014])
def test_gaps_in_treated_periods_or_filled_from_them_are_refused(cohort):
    with pytest.raises(yd.DataError, match=r"lie in treated periods, or are filled from them: \['a 2012', 'a 2013'\]"):
        yd.interpolate(gaps([0, 1, np.nan, np.nan, 8], cohort), "y", scale="level")


def test_gaps_before_treatment_are_filled_from_values_before_it():
    assert yd.interpolate(gaps([0, np.nan, 2, 3, 8], 2013), "y", scale="level").frame["y_filled"].tolist()[1] == 1


def test_a_balanced_panel_names_what_it_leaves_out(panel):
    made = yd.balance_panel(panel, ["gdp"])
    assert made.units.tolist() == ["a"]
    assert made.trail[["rule", "unit", "reason"]].values.tolist() == [["balance_panel", "b", "4 of 5 periods"]]
    with pytest.raises(yd.DataError, match="no unit has all 5 periods"):
        yd.balance_panel(panel.assign(gap=np.nan), ["gap"])


def test_the_trail_goes_on_from_verb_to_verb_and_through_other_methods(panel):
    made = yd.lag(yd.growth(panel, "gdp").between(2011, 2014), "gdp")
    assert made.trail["rule"].tolist() == ["growth", "lag"]
    assert panel.trail.empty


def test_a_column_is_not_written_over_and_text_is_not_reckoned_with(panel):
    with pytest.raises(yd.DataError, match="has a column 'lag1_gdp' already"):
        yd.lag(yd.lag(panel, "gdp"), "gdp")
    with pytest.raises(yd.DataError, match="has no column 'gpd'"):
        yd.lag(panel, "gpd")
    with pytest.raises(yd.DataError, match="must hold numbers"):
        yd.lag(panel.assign(name="x"), "name")
