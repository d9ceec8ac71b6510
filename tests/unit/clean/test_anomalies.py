import numpy as np
import pandas as pd
import pytest

import yrdecon as yd

CITIES, YEARS = 60, range(2004, 2024)


def clean_panel(seed=1):
    """Synthetic figures without defects: growth with shocks to provinces and cities, printed to two decimals."""
    rng = np.random.default_rng(seed)
    shape = (CITIES, len(YEARS))
    province = np.repeat(np.arange(6), CITIES // 6)
    shocks = (
        rng.normal(0, 0.03, (6, len(YEARS)))[province] + rng.normal(0, 0.04, shape) + rng.normal(0.08, 0.02, len(YEARS))
    )
    gdp = np.exp(rng.normal(6, 1, CITIES)[:, None] + shocks.cumsum(axis=1))
    people = np.exp(rng.normal(6, 0.6, CITIES)[:, None] + rng.normal(0.003, 0.006, shape).cumsum(axis=1))
    students = np.exp(rng.normal(10, 1, CITIES)[:, None] + rng.normal(0.04, 0.1, shape).cumsum(axis=1))
    table = pd.DataFrame(
        {
            "city": np.repeat([f"c{i:02}" for i in range(CITIES)], len(YEARS)),
            "year": list(YEARS) * CITIES,
            "province": np.repeat([f"p{k}" for k in province], len(YEARS)),
            "gdp": gdp.round(2).ravel(),
            "people": people.round(2).ravel(),
            "students": students.round().ravel(),
        }
    )
    return yd.Panel.from_frame(table, unit="city", time="year", group="province")


def with_cells(column, cells):
    """Put other values, functions of the old ones, into cells of one column of the clean panel."""
    panel = clean_panel()
    table = panel.frame.copy()
    for (city, year), change in cells.items():
        row = table.index[(table["city"] == city) & (table["year"] == year)]
        table.loc[row, column] = change(float(table.loc[row, column].iloc[0]))
    return yd.Panel.from_frame(table, unit="city", time="year", group="province")


def found(panel, **wanted):
    table = yd.anomalies(panel)
    for name, value in wanted.items():
        table = table[table[name] == value]
    return table


@pytest.mark.parametrize("seed", range(1, 6))
def test_hardly_anything_is_found_in_figures_without_defects(seed):
    assert len(yd.anomalies(clean_panel(seed))) <= 3


@pytest.mark.parametrize(
    ("factor", "cause"),
    [(0.1, "a digit lost"), (10, "a digit added"), (1e4, "unit of measure"), (0.01, "unit of measure")],
)
@pytest.mark.parametrize("year", [2010, 2023, 2004])
def test_a_lost_digit_or_a_slip_of_unit_is_found_wherever_it_is(factor, cause, year):
    slips = found(with_cells("gdp", {("c07", year): lambda v: round(v * factor, 2)}), kind="slip")
    assert slips[["unit", "time", "variable"]].values.tolist() == [["c07", year, "gdp"]]
    assert cause in slips["likely_cause"].iloc[0]


def test_a_year_of_another_concept_is_a_spike_and_a_lasting_change_a_step():
    spike = found(with_cells("gdp", {("c07", 2010): lambda v: v * 2.5}), unit="c07")
    assert spike[["time", "kind"]].values.tolist() == [[2010, "spike"]]
    two = found(with_cells("gdp", {("c07", y): lambda v: v * 2.5 for y in (2010, 2011)}), unit="c07")
    assert two[["time", "kind"]].values.tolist() == [[2010, "spike"], [2011, "spike"]]
    step = found(with_cells("gdp", {("c07", y): lambda v: v * 2.5 for y in range(2010, 2024)}), unit="c07")
    assert step[["time", "kind"]].values.tolist() == [[2010, "step"]]


def test_a_step_where_territory_changes_says_so():
    panel = with_cells("gdp", {("c07", y): lambda v: v * 1.8 for y in range(2010, 2024)})
    flagged = (panel.frame["city"] == "c07") & (panel.frame["year"] == 2010)
    assert found(panel.assign(boundary_break=flagged), unit="c07")["likely_cause"].tolist() == ["territory changes"]


def test_registered_population_among_residents_is_a_switch():
    panel = clean_panel()
    ratio = np.repeat(np.random.default_rng(3).normal(1, 0.15, CITIES), len(YEARS))
    mixed = panel.frame["people"].where(panel.frame["year"] != 2015, panel.frame["people"] * ratio)
    units = pd.DataFrame("", index=["people"], columns=["unit_of_measure", "source", "vintage", "label_en", "label_zh"])
    units["unit_of_measure"] = "10 thousand persons"
    switch = found(panel.assign(people=mixed).describe(units), kind="switch").sort_values("time")
    assert switch[["time", "variable"]].values.tolist() == [[2015, "people"], [2016, "people"]]
    assert switch["likely_cause"].str.contains("registered and resident").all()


def test_a_province_that_changes_its_definition_is_named():
    panel = clean_panel()
    changed = panel.frame["gdp"].where(
        (panel.frame["province"] != "p2") | (panel.frame["year"] < 2018), panel.frame["gdp"] / 2
    )
    assert found(panel.assign(gdp=changed), kind="group")[["unit", "time"]].values.tolist() == [["p2", 2018]]


def test_a_copied_year_and_an_interpolated_gap_are_found():
    panel = clean_panel()
    table = panel.frame.set_index(["city", "year"])["students"].copy()
    table[("c11", 2012)] = table[("c11", 2011)]
    for year in (2013, 2014):
        share = (year - 2012) / 3
        table[("c20", year)] = round((1 - share) * table[("c20", 2012)] + share * table[("c20", 2015)])
    table[("c30", 2013)] = np.sqrt(table[("c30", 2012)] * table[("c30", 2014)])
    suspect = found(panel.assign(students=table.to_numpy()), variable="students")
    expected = {("c11", 2012, "copy"), ("c30", 2013, "line"), ("c20", 2013, "line")}
    assert set(map(tuple, suspect[["unit", "time", "kind"]].values.tolist())) == expected
    assert "2013 to 2014" in suspect[suspect["unit"] == "c20"]["likely_cause"].iloc[0]


def test_cells_that_interpolate_flagged_are_not_suspect():
    panel = clean_panel()
    holes = panel.frame["students"].mask(panel.frame["year"] == 2013)
    filled = yd.interpolate(panel.assign(students=holes), "students", scale="level")
    assert not len(found(filled, kind="line"))
    unflagged = filled.assign(students_is_filled=False)
    lines = found(unflagged, kind="line", variable="students_filled")
    assert lines["time"].unique().tolist() == [2013]
    assert lines["unit"].isna().sum() == 1


def test_made_up_digits_and_rounded_figures_are_found():
    rng = np.random.default_rng(5)
    panel = clean_panel()
    uniform = 10 ** rng.integers(1, 5, len(panel.frame)) * rng.uniform(1, 10, len(panel.frame))
    assert found(panel.assign(made_up=uniform), kind="digits")["variable"].tolist() == ["made_up"]
    rounded = panel.frame["students"].where(panel.frame["city"] != "c05", (panel.frame["students"] + 1000).round(-2))
    assert found(panel.assign(students=rounded), kind="rounded")["unit"].tolist() == ["c05"]


KNOWN = [
    ("320800", 2010, "loans_100m_yuan", "10 times too large"),
    ("330100", 2010, "loans_100m_yuan", "other concept"),
    ("330200", 2010, "loans_100m_yuan", "other concept"),
    ("330600", 2010, "loans_100m_yuan", "other concept"),
    ("330900", 2010, "loans_100m_yuan", "other concept"),
    ("340100", 2007, "fiscal_revenue_100m_yuan", "other concept"),
    ("340100", 2008, "fiscal_revenue_100m_yuan", "other concept"),
    ("320700", 2022, "exports_100m_yuan", "10 times too small"),
    ("320700", 2022, "imports_100m_yuan", "10 times too small"),
    ("220300", 2019, "deposits_100m_yuan", "10 times too large"),
    ("620900", 2023, "loans_100m_yuan", "10 times too large"),
    ("520300", 2020, "average_wage_yuan", "10 times too small"),
    ("430700", 2023, "education_expenditure_100m_yuan", "10 times too small"),
    ("621000", 2019, "loans_100m_yuan", "10 times too large"),
    ("610800", 2021, "road_km", "10 times too large"),
    ("640300", 2021, "road_km", "10 times too large"),
    ("421200", 2023, "road_km", "no figure beyond"),
    ("421200", 2023, "expressway_km", "no figure beyond"),
    ("320800", 2021, "employment_urban_units", "other concept"),
    ("340700", 2015, "population_resident_published_10k", "territory"),
    ("340500", 2011, "population_registered_10k", "territory"),
    ("安徽省", 2022, "fdi_10k_usd", "definition"),
    (None, 2019, "gdp_first_published_100m_yuan", "vintages spliced"),
    (None, 2010, "population_resident_published_10k", "census"),
]


@pytest.fixture(scope="module")
def national():
    return yd.anomalies(yd.load_panel("national"))


@pytest.mark.parametrize(("unit", "time", "variable", "cause"), KNOWN)
def test_a_defect_known_in_the_shipped_figures_is_found_with_its_cause(national, unit, time, variable, cause):
    rows = national[(national["variable"] == variable) & (national["time"] == time)]
    rows = rows[rows["unit"].isna() if unit is None else rows["unit"] == unit]
    assert rows["likely_cause"].str.contains(cause).any()


def test_findings_in_the_shipped_figures_stay_few_enough_to_read(national):
    cells = yd.load_panel("national").frame.select_dtypes("number").count().sum()
    assert len(national) < 0.004 * cells
    assert len(yd.anomalies(yd.load_panel("yrd"))) < 100


def test_the_columns_to_test_can_be_chosen_and_must_exist():
    panel = with_cells("gdp", {("c07", 2010): lambda v: v * 10})
    assert yd.anomalies(panel, ["people"]).empty
    with pytest.raises(yd.DataError, match="nothing"):
        yd.anomalies(panel, ["nothing"])


def test_a_panel_too_small_to_judge_gives_no_finding_and_no_error():
    table = pd.DataFrame({"city": ["a", "b"], "year": 2020, "y": [1.0, np.nan], "z": np.nan})
    assert yd.anomalies(yd.Panel.from_frame(table, unit="city", time="year")).empty
