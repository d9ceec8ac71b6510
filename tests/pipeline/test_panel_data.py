import hashlib

import numpy as np
import pandas as pd
import pytest
from conftest import ROOT

import yrdecon as yd
from yrdecon.clean.build import build_panel

RAW, PROCESSED = ROOT / "data" / "raw", ROOT / "data" / "processed"


@pytest.fixture(scope="module")
def yrd():
    return yd.load_panel("yrd").frame.set_index(["city_code", "year"])


@pytest.fixture(scope="module")
def audit():
    return pd.read_csv(PROCESSED / "audit.csv", dtype="str", keep_default_na=False)


def test_the_cities_of_anhui_sum_to_the_province_in_every_year():
    ratio = yd.province_sums(yd.load_panel("yrd")).loc["安徽省"]
    assert ratio.index.tolist() == list(range(2005, 2024))
    assert ratio.between(0.99, 1.01).all()


@pytest.mark.parametrize(
    ("city", "year", "column", "value"),
    [
        ("340100", 2020, "gdp_100m_yuan", 10_005.6),
        ("340100", 2020, "gdp_first_published_100m_yuan", 10_046),
        ("320100", 2022, "gdp_first_published_100m_yuan", 16_908),
        ("340300", 2021, "real_growth_pct", -2.1),
        ("340600", 2021, "real_growth_pct", 3.41),
        ("340400", 2021, "real_growth_pct", 5.7),
    ],
)
def test_known_figures_are_as_published(yrd, city, year, column, value):
    assert yrd.loc[(city, year), column] == pytest.approx(value, abs=1e-9)


def test_cities_of_one_romanized_name_are_never_mixed(yrd):
    for code, name, low, high in (
        ("320500", "苏州市", 20_000, 30_000),
        ("341300", "宿州市", 1_500, 3_000),
        ("321200", "泰州市", 5_000, 8_000),
        ("331000", "台州市", 5_000, 7_000),
    ):
        assert yrd.loc[code, "city_zh"].unique().tolist() == [name]
        assert low < yrd.loc[(code, 2022), "gdp_100m_yuan"] < high
    assert yrd.loc[("321200", 2022), "gdp_100m_yuan"] != yrd.loc[("331000", 2022), "gdp_100m_yuan"]


def test_the_panels_have_their_shape_and_no_gap_in_the_headline():
    yrd, national = yd.load_panel("yrd"), yd.load_panel("national")
    assert (len(yrd.units), len(yrd.periods), len(national.units), len(national.periods)) == (41, 19, 296, 24)
    assert yrd.frame["ln_real_gdp"].notna().all()
    assert yrd.frame["filled"].dtype == bool
    assert set(yrd.frame.columns) == set(yrd.variables.index)


def test_the_chained_index_and_log_level_follow_from_growth(yrd):
    one = yrd.loc["341200"]
    assert np.allclose(one["real_gdp_index_2010"].pct_change()[1:] * 100, one["real_growth_pct"][1:])
    assert one["ln_real_gdp"][2010] == pytest.approx(np.log(one["gdp_100m_yuan"][2010]))


def test_only_known_years_are_breaks_of_vintage_in_the_delta(audit, yrd):
    rows = audit[(audit["rule"] == "R5 vintage break") & audit["city_code"].isin(yrd.index.get_level_values(0))]
    years = rows["reason"].str.extract(r"in (\d{4})")[0]
    assert set(zip(rows["city_zh"], years, strict=True)) == {
        ("阜阳市", "2005"),
        ("阜阳市", "2006"),
        ("阜阳市", "2010"),
        ("宿迁市", "2010"),
    }


def test_filled_population_cells_are_counted(yrd):
    recent = yrd[yrd.index.get_level_values("year") >= 2010]
    assert (recent["filled"].sum(), len(recent)) == (198, 574)


def test_jiangsu_2021_is_the_only_rounded_province(audit):
    rows = audit[audit["reason"].str.contains("printed as an integer")]
    assert set(rows["city_code"].str[:2] + rows["year"]) == {"322021"}


def test_every_audited_cell_is_explained(audit):
    assert len(audit) > 2_500
    assert (audit[["city_code", "year", "variable", "rule", "reason"]] != "").all(axis=None)
    assert audit["year"].astype(int).between(2000, 2024).all()


def test_changed_cells_hold_what_the_audit_says(audit):
    national = yd.load_panel("national").frame.set_index(["city_code", "year"])
    rows = audit[(audit["rule"] == "R5 vintage break") & (audit["variable"] == "gdp_100m_yuan")]
    last = rows.groupby(["city_code", "year"])["after"].last().astype(float)
    keys = [(c, int(y)) for c, y in last.index]
    assert np.allclose(national.loc[keys, "gdp_100m_yuan"], last.to_numpy())


def test_first_published_and_revised_gdp_differ_where_the_census_says_so(yrd):
    ratio = yrd["gdp_100m_yuan"] / yrd["gdp_first_published_100m_yuan"]
    assert ratio[("341200", 2018)] == pytest.approx(1.37, abs=0.01)
    assert ratio[("341100", 2018)] == pytest.approx(1.44, abs=0.01)
    assert ratio[("340700", 2018)] == pytest.approx(0.78, abs=0.01)


def test_making_the_panel_again_gives_the_same_bytes(tmp_path):
    build_panel(RAW, tmp_path)
    for path in sorted(PROCESSED.iterdir()):
        assert (tmp_path / path.name).read_bytes() == path.read_bytes(), path.name


def test_raw_figures_are_as_recorded_in_their_manifests():
    folders = [p for p in RAW.iterdir() if p.is_dir()]
    assert len(folders) >= 10
    for folder in folders:
        assert (folder / "SOURCE.md").read_text(encoding="utf-8").startswith("#")
        listed = pd.read_csv(folder / "manifest.csv").set_index("file")["sha256"]
        files = [p for p in folder.iterdir() if p.name not in ("SOURCE.md", "manifest.csv")]
        assert {p.name for p in files} == set(listed.index)
        for path in files:
            assert hashlib.sha256(path.read_bytes()).hexdigest() == listed[path.name], path


def test_the_audit_report_has_its_sections_and_fits_a_terminal():
    text = yd.audit_report("yrd")
    for title in ("Coverage", "Cities' GDP", "Largest jumps", "Cells touched", "Filled population", "Territory"):
        assert title in text
    assert "ten times too large in 2010" in text
    assert max(len(line) for line in text.splitlines() if "市 20" not in line) <= 100
