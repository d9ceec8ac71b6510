import numpy as np
import pandas as pd
import pytest

import yrdecon as yd
from yrdecon.present.sentences import in_words


def panel(**columns):
    """Synthetic panel: two cities, 2018-2021."""
    table = pd.DataFrame({"city": list("aaaabbbb"), "year": [2018, 2019, 2020, 2021] * 2, **columns})
    return yd.Panel.from_frame(table, unit="city", time="year")


RISING = [1.0, 2.0, 4.0, 8.0, 3.0, 3.0, 6.0, 6.0]
VERBS = {
    "deflate": lambda p: yd.deflate(p, "y", by="cpi", base=2019),
    "price_base": lambda p: yd.price_base(p, "cpi", base=2019),
    "per_capita": lambda p: yd.per_capita(p, "y", population="people"),
    "growth": lambda p: yd.growth(p, "y"),
    "log1p_warned": lambda p: yd.log1p_warned(p, "y"),
    "winsorize": lambda p: yd.winsorize(p, "y", share=0.2),
    "interpolate": lambda p: yd.interpolate(p, "holes"),
    "lag": lambda p: yd.lag(p, "y"),
    "standardize": lambda p: yd.standardize(p, "y"),
    "balance_panel": lambda p: yd.balance_panel(p, ["holes"]),
}


@pytest.fixture
def raw():
    holes = [1.0, np.nan, 3.0, 4.0, 1.0, 2.0, 3.0, 4.0]
    return panel(y=RISING, cpi=[100.0, 102, 104, 106] * 2, people=[10.0] * 8, holes=holes)


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_leaves_its_input_alone_and_tells_what_it_did(raw, verb):
    was = raw.frame.copy()
    made = VERBS[verb](raw)
    pd.testing.assert_frame_equal(raw.frame, was)
    assert raw.notes == ()
    assert made.notes
    for name in made.frame.columns.difference(raw.frame.columns):
        described = made.variables.loc[name]
        assert described["derivation"] in made.notes or "_is_" in name
        assert described["label_en"]
        assert described["label_zh"]
    changes = yd.audit(raw, made)
    assert len(changes)
    assert (changes["rule"] != "").all()


@pytest.mark.parametrize("verb", VERBS)
def test_what_a_verb_did_is_told_in_chinese(raw, verb):
    for note in VERBS[verb](raw).notes:
        chinese = in_words(note, "zh")
        assert chinese != note
        assert not set(" ".join(chinese.split("。")).lower().split()) & {"of", "the", "missing", "cells", "dropped"}


@pytest.mark.parametrize("verb", [v for v in VERBS if v != "balance_panel"])
def test_a_verb_refuses_to_write_over_a_column(raw, verb):
    with pytest.raises(yd.DataError, match="already"):
        VERBS[verb](VERBS[verb](raw))


def test_deflating_by_an_index_undoes_multiplying_by_it(raw):
    nominal = raw.assign(nominal=raw.frame["y"] * raw.frame["cpi"] / 102)
    real = yd.deflate(nominal, "nominal", by="cpi", base=2019)
    assert real.frame["nominal_real_2019"].tolist() == pytest.approx(RISING)


def test_the_base_of_the_deflator_does_not_matter(raw):
    other = raw.assign(cpi=raw.frame["cpi"] * 3.7)
    one, two = (yd.deflate(p, "y", by="cpi", base=2020).frame["y_real_2020"] for p in (raw, other))
    np.testing.assert_allclose(one, two)


def test_the_implicit_deflator_of_the_shipped_panel_gives_back_real_gdp():
    shipped = yd.load_panel("yrd").between(2010, 2023)
    implicit = shipped.frame["gdp_100m_yuan"] / np.exp(shipped.frame["ln_real_gdp"])
    real = yd.deflate(shipped.assign(implicit=implicit), "gdp_100m_yuan", by="implicit", base=2010)
    assert real.variables.loc["gdp_100m_yuan_real_2010", "unit_of_measure"] == "100 million yuan of 2010"
    np.testing.assert_allclose(np.log(real.frame["gdp_100m_yuan_real_2010"]), real.frame["ln_real_gdp"])


def test_figures_at_constant_prices_are_not_deflated_again():
    shipped = yd.load_panel("yrd").assign(cpi=100.0)
    with pytest.raises(yd.DataError, match="yuan of 2010"):
        yd.deflate(shipped, "real_gdp_pc_yuan", by="cpi", base=2010)


def test_a_unit_without_an_index_in_the_base_period_is_named():
    with pytest.raises(yd.DataError, match=r"in 2019: \['b'\]"):
        yd.deflate(panel(y=RISING, cpi=[100.0] * 5 + [np.nan, 100, 100]), "y", by="cpi", base=2019)


def test_chained_indices_do_not_bridge_a_gap():
    chained = yd.price_base(panel(cpi=[101.0, 102, 103, 104, 101, 102, np.nan, 104]), "cpi", base=2018, form="previous")
    values = chained.frame["cpi_2018"]
    assert values[:4].tolist() == pytest.approx([100, 102, 102 * 1.03, 102 * 1.03 * 1.04])
    assert values[4:6].tolist() == pytest.approx([100, 102])
    assert values[6:].isna().all()


def test_gdp_per_head_is_that_of_the_shipped_panel():
    made = yd.per_capita(yd.load_panel("national"), "gdp_100m_yuan", population="population_resident_10k")
    ours, shipped = made.frame["gdp_100m_yuan_per_capita"], made.frame["gdp_pc_yuan"]
    assert made.variables.loc["gdp_100m_yuan_per_capita", "unit_of_measure"] == "yuan"
    assert shipped.notna().sum() > 6000
    np.testing.assert_allclose(ours, shipped)


@pytest.mark.parametrize(
    ("column", "population"), [("share_primary_pct", "population_resident_10k"), ("gdp_100m_yuan", "co2_tonnes")]
)
def test_shares_have_no_value_per_head_and_tons_are_no_people(column, population):
    with pytest.raises(yd.DataError, match=r"no value per head|not in persons"):
        yd.per_capita(yd.load_panel("yrd"), column, population=population)


def test_growth_neither_bridges_a_gap_nor_crosses_vintages():
    table = panel(y=RISING, vintage=list("ffrrffff")).frame.drop(index=5)
    made = yd.growth(yd.Panel.from_frame(table, unit="city", time="year"), "y", vintage="vintage")
    assert made.frame["y_growth"].fillna(-1).tolist() == [-1, 100, -1, 100, -1, -1, 0]
    assert "1 cells left missing" in made.notes[0]


def test_log_growth_adds_up_to_the_growth_of_the_whole_span():
    made = yd.growth(panel(y=RISING), "y", form="log").frame
    assert made[made["city"] == "a"]["y_growth"].sum() == pytest.approx(100 * np.log(8))


def test_a_lag_is_the_value_of_the_calendar_and_not_of_the_row_above():
    table = panel(y=RISING).frame.drop(index=1)
    made = yd.lag(yd.Panel.from_frame(table, unit="city", time="year"), "y", periods=2).frame["y_lag2"]
    assert made.fillna(-1).tolist() == [-1, 1, -1, -1, -1, 3, 3]


def test_both_tails_are_pulled_in_and_counted():
    shipped = yd.load_panel("national")
    made = yd.winsorize(shipped, "fdi_10k_usd", share=0.02)
    before, after = made.frame["fdi_10k_usd"], made.frame["fdi_10k_usd_winsorized"]
    low, high = (after < before).sum(), (after > before).sum()
    assert after.max() == pytest.approx(before.quantile(0.98))
    assert f"{high} cells raised, {low} cells lowered" in made.notes[0]
    assert (yd.audit(shipped, made)["change"] == "changed").sum() == low + high


def test_winsorizing_by_period_uses_the_cuts_of_each_period():
    values = np.arange(20.0)
    table = pd.DataFrame({"city": list("abcdefghij") * 2, "year": [2018] * 10 + [2019] * 10, "y": values})
    made = yd.winsorize(yd.Panel.from_frame(table, unit="city", time="year"), "y", share=0.1, by="period").frame
    expected = np.clip(np.arange(10.0), 0.9, 8.1)
    np.testing.assert_allclose(made[made["year"] == 2019]["y_winsorized"], expected + 10)


def test_standardized_columns_have_mean_zero_and_deviation_one(raw):
    made = yd.standardize(raw, "y", by="period").frame.groupby("year")["y_standardized"]
    np.testing.assert_allclose(made.mean(), 0, atol=1e-12)
    np.testing.assert_allclose(made.std(), 1)
    with pytest.raises(yd.DataError, match="does not vary"):
        yd.standardize(raw, "people")


def test_interpolation_fills_inner_gaps_only_and_flags_every_cell():
    holes = [np.nan, 1.0, np.nan, 4.0, 1.0, np.nan, np.nan, 8.0]
    short = yd.interpolate(panel(y=holes), "y").frame
    assert short["y_interpolated"].fillna(-1).tolist() == [-1, 1, 2.5, 4, 1, -1, -1, 8]
    assert np.flatnonzero(short["y_is_interpolated"]).tolist() == [2]
    long = yd.interpolate(panel(y=holes), "y", form="log", longest=2).frame
    assert long["y_interpolated"].iloc[4:].tolist() == pytest.approx([1, 2, 4, 8])


@pytest.mark.parametrize("first_treated", [2020, 2021])
def test_no_line_is_drawn_into_a_treated_period(first_treated):
    treated = panel(y=[1, 2, np.nan, 4, 1, 2, np.nan, 4], cohort=[first_treated] * 4 + [np.inf] * 4)
    with pytest.raises(yd.DesignError, match=r"\['a 2020'\]"):
        yd.interpolate(treated, "y")
    assert yd.interpolate(treated.assign(cohort=np.inf), "y").frame["y_is_interpolated"].sum() == 2


def test_balancing_names_what_it_drops_and_the_audit_lists_the_rows(raw):
    made = yd.balance_panel(raw, ["holes"])
    dropped = yd.audit(raw, made)
    assert made.units.tolist() == ["b"]
    assert dropped["change"].tolist() == ["row dropped"] * 4
    assert "['a']" in dropped["rule"][0]
    assert yd.balance_panel(raw, ["holes"], drop="periods").periods.tolist() == [2018, 2020, 2021]
    assert yd.balance_panel(raw, ["y"]).notes == ()


def test_an_audit_lists_every_changed_cell_whatever_changed_it(raw):
    edited = raw.frame.copy()
    edited.loc[0, "y"], edited.loc[1, "holes"], edited.loc[2, "holes"] = 9.0, 2.0, np.nan
    found = yd.audit(raw, yd.Panel.from_frame(edited, unit="city", time="year"))
    assert found[["unit", "time", "variable", "change"]].values.tolist() == [
        ["a", 2018, "y", "changed"],
        ["a", 2019, "holes", "filled"],
        ["a", 2020, "holes", "emptied"],
    ]
    assert yd.audit(raw, raw).empty


@pytest.mark.parametrize(
    "call",
    [
        lambda p: yd.lag(p, "y", periods=0),
        lambda p: yd.lag(p, "nothing"),
        lambda p: yd.growth(p, "y", form="ratio"),
        lambda p: yd.growth(p, "y", vintage="nothing"),
        lambda p: yd.winsorize(p, "y", share=0.7),
        lambda p: yd.winsorize(p, "y", by="city"),
        lambda p: yd.standardize(p, "text"),
        lambda p: yd.interpolate(p, "y", longest=0),
        lambda p: yd.interpolate(p, "y", form="spline"),
        lambda p: yd.interpolate(p.assign(y=-p.frame["y"]), "y", form="log"),
        lambda p: yd.log1p_warned(p.assign(y=-p.frame["y"]), "y"),
        lambda p: yd.deflate(p.assign(cpi=-1.0), "y", by="cpi", base=2019),
        lambda p: yd.price_base(p, "cpi", base=2019, form="other"),
        lambda p: yd.per_capita(p.assign(people=0.0), "y", population="people"),
        lambda p: yd.per_capita(p, "y", population="people", timing="never"),
        lambda p: yd.balance_panel(p.assign(y=np.nan), ["y"]),
        lambda p: yd.balance_panel(p, ["y"], drop="cells"),
        lambda p: yd.audit(p, yd.load_panel("yrd")),
    ],
)
def test_bad_calls_are_refused_in_words(raw, call):
    with pytest.raises(yd.DataError, match=" "):
        call(raw.assign(text=list("abcdefgh")))
