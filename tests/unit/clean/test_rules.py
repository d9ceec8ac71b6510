import numpy as np
import pandas as pd
import pytest

import yrdecon as yd
from yrdecon.clean.boundaries import boundary_breaks
from yrdecon.clean.columns import industry_shares
from yrdecon.clean.figures import Figures, read_figures
from yrdecon.clean.growth import real_growth, real_index
from yrdecon.clean.indicators import indicator_name, unit_factor
from yrdecon.clean.population import filled_cells, resident_population
from yrdecon.clean.schema import fail_if_figures_are_malformed, fail_if_panel_is_implausible
from yrdecon.clean.trail import AUDIT_COLUMNS
from yrdecon.clean.vintages import fail_if_vintages_are_mixed, spliced_gdp
from yrdecon.core.resources import data_path


def figures(*rows):
    """Synthetic figures: source, city_code, year, variable, value."""
    table = pd.DataFrame(rows, columns=["source", "city_code", "year", "variable", "value"])
    return Figures(table, pd.DataFrame(columns=list(AUDIT_COLUMNS)))


def growth_rows(source, variable, values, year=2021, first=320100):
    return [(source, str(first + 100 * i), year, variable, v) for i, v in enumerate(values)]


def test_indicators_are_recognized_whatever_stands_in_parentheses():
    assert indicator_name("地区生产总值（当年价格） （亿元）") == "地区生产总值"
    assert indicator_name("执业(助理)医师数 (人)") == "执业医师数"
    assert (unit_factor(2019, "gdp_100m_yuan", 1.0), unit_factor(2020, "gdp_100m_yuan", 1.0)) == (1e-4, 1.0)


def test_growth_beyond_the_plausible_falls_back_to_the_revised_series():
    found = real_growth(
        figures(
            ("yearbook", "440300", 2022, "real_growth_pct", 330.0), ("gdp_revised", "440300", 2022, "gdp_index", 103.3)
        ),
        pd.Series({"440300": "广东省"}),
    )
    assert found.values.iloc[0] == pytest.approx(3.3)
    assert found.audit["before"].tolist() == ["330.0"]
    assert "cannot be right" in found.audit["reason"][0]


def test_growth_of_a_rounding_province_is_replaced_only_where_both_sources_agree():
    printed = growth_rows("yearbook", "real_growth_pct", [8.0, 9.0, 7.0, 8.0, 8.6])
    revised = growth_rows("gdp_revised", "gdp_index", [108.3, 110.2, 107.4, 108.7, 108.6])
    found = real_growth(figures(*printed, *revised), pd.Series(dict.fromkeys([r[1] for r in printed], "江苏省")))
    assert found.values.tolist() == pytest.approx([8.3, 9.0, 7.4, 8.7, 8.6])
    assert len(found.audit) == 3


def test_growth_before_2018_is_that_of_the_revised_series():
    rows = [("yearbook", "1", 2017, "real_growth_pct", 5.0), ("gdp_revised", "1", 2017, "gdp_index", 107.0)]
    assert real_growth(figures(*rows), pd.Series({"1": "x"})).values.iloc[0] == pytest.approx(7.0)


def test_the_real_index_chains_growth_and_bridges_no_gap():
    index = pd.MultiIndex.from_product([["a", "b"], range(2008, 2013)], names=["city_code", "year"])
    growth = pd.Series(10.0, index=index).drop(("b", 2012))
    found = real_index(growth.drop(("b", 2009)))
    assert found["a"].round(4).tolist() == [82.6446, 90.9091, 100.0, 110.0, 121.0]
    assert found["b"].index.tolist() == [2009, 2010, 2011]


def gdp_panel(jump):
    rows, growth = [], {}
    for i, city in enumerate(("340100", "340200", "340300")):
        level = 100.0
        for year in range(2008, 2014):
            broken = i == 0 and year < 2011
            rows.append(("gdp_revised", city, year, "gdp_100m_yuan", level / (jump if broken else 1)))
            rows.append(("history", city, year, "gdp_100m_yuan", level / jump if i == 0 else level))
            growth[(city, year)] = 10.0
            level *= 1.1
    index = pd.MultiIndex.from_tuples(growth, names=["city_code", "year"])
    return figures(*rows), pd.Series(list(growth.values()), index=index)


def test_a_break_of_vintage_is_spliced_and_every_changed_cell_is_told():
    table, growth = gdp_panel(jump=1.3)
    found = spliced_gdp(table, growth, pd.Series(dict.fromkeys(["340100", "340200", "340300"], "安徽省")))
    assert found.values["340100"].round(6).tolist() == found.values["340200"].round(6).tolist()
    assert found.audit["year"].tolist() == [2008, 2009, 2010]


def test_a_small_revision_is_left_alone():
    table, growth = gdp_panel(jump=1.05)
    found = spliced_gdp(table, growth, pd.Series(dict.fromkeys(["340100", "340200", "340300"], "安徽省")))
    assert found.audit.empty


def test_a_column_of_mixed_vintages_is_refused_without_its_labels():
    with pytest.raises(yd.DataError, match="mixes vintages"):
        fail_if_vintages_are_mixed(None, "gdp")


def population_rows(values, first=2009, city="1"):
    return [("population", city, first + i, "population_resident_10k", v) for i, v in enumerate(values)]


def test_population_that_meets_both_censuses_smoothly_is_kept():
    published = population_rows(np.linspace(99, 110, 13))
    census = [
        ("census", "1", 2010, "population_resident_10k", 100.0),
        ("census", "1", 2020, "population_resident_10k", 109.0),
    ]
    found = resident_population(figures(*published, *census))
    assert found.audit.empty
    assert not filled_cells(found).any()


def test_population_that_misses_a_census_is_bridged_scaled_and_flagged():
    published = population_rows([110, 112, 113, 114, 115, 116, 117, 118, 119, 120, 121, 101, 102])
    census = [
        ("census", "1", 2010, "population_resident_10k", 100.0),
        ("census", "1", 2020, "population_resident_10k", 101.0),
    ]
    found = resident_population(figures(*published, *census))
    values = found.values["1"]
    assert values[2009] == pytest.approx(110 * 100 / 112)
    assert values[2010] == pytest.approx(100.0)
    assert values[2015] == pytest.approx(np.sqrt(100 * 101))
    assert values[2021] == 102
    assert filled_cells(found).sum() == 11


def test_shares_that_do_not_sum_to_one_hundred_are_dropped_with_the_reason():
    names = ("share_primary_pct", "share_secondary_pct", "share_tertiary_pct")
    rows = [("yearbook", "1", 2018, n, v) for n, v in zip(names, (10.0, 40.0, 60.0), strict=True)]
    rows += [("yearbook", "2", 2018, n, v) for n, v in zip(names, (10.0, 40.0, 50.0), strict=True)]
    rows += [("history", "1", 2010, n, v) for n, v in zip(names[1:], (45.0, 35.0), strict=True)]
    primary, secondary, tertiary = industry_shares(figures(*rows))
    assert primary.values.to_dict() == {("1", 2010): 20.0, ("2", 2018): 10.0}
    assert secondary.audit["reason"].tolist() == ["the three shares sum to 110.0%"]
    assert tertiary.audit["before"].tolist() == ["60.0"]


def test_a_change_approved_late_in_the_year_is_flagged_twice():
    index = pd.MultiIndex.from_product([["340100", "341500", "340800", "320100"], range(2010, 2018)])
    flags = boundary_breaks(data_path("raw"), index)
    assert flags[flags].index.tolist() == [
        ("340100", 2011), ("341500", 2015), ("341500", 2016), ("340800", 2015), ("340800", 2016),
    ]  # fmt: skip


def test_an_implausible_panel_is_refused_with_every_violation_in_words():
    frame = yd.load_panel("yrd").frame.copy()
    frame.loc[0, "real_growth_pct"] = 330.0
    frame.loc[5, "share_tertiary_pct"] = 480.0
    frame.loc[9, "city_code"] = "suzhou"
    with pytest.raises(yd.DataError) as error:
        fail_if_panel_is_implausible(frame)
    text = str(error.value)
    assert "real_growth_pct of 310000 in 2005 is 330.0, expected a number between -40 and 40" in text
    assert "share_tertiary_pct" in text
    assert "a code of six digits" in text


def test_malformed_raw_figures_are_refused_with_every_violation_in_words():
    table = figures(
        ("yearbook", "340100", 2018, "gdp_100m_yuan", 1.0),
        ("yearbook", "340100", 2018, "gdp_100m_yuan", 2.0),
        ("blog", "34010", 1066, "gdp_100m_yuan", np.inf),
    ).table
    with pytest.raises(yd.DataError) as error:
        fail_if_figures_are_malformed(table)
    for words in ("one of ['yearbook'", "a code of six digits", "one row per key", "a finite number", "1066"):
        assert words in str(error.value), words


def test_an_unknown_city_in_a_raw_file_is_named_with_candidates(tmp_path):
    import shutil

    raw = tmp_path / "raw"
    shutil.copytree(data_path("raw/places").parent, raw)
    path = raw / "population" / "population_resident.csv"
    path.write_text(path.read_text(encoding="utf-8-sig").replace("合肥市", "合服市"), encoding="utf-8")
    with pytest.raises(yd.DataError, match=r"'合服市' \(near: .*合肥市"):
        read_figures(raw)
    path.unlink()
    with pytest.raises(yd.DataError, match=r"population_resident\.csv is missing"):
        read_figures(raw)


def test_an_unknown_panel_is_refused():
    with pytest.raises(yd.DataError, match="choose one of"):
        yd.load_panel("world")
