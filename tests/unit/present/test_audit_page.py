import re
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import yrdecon as yd
from yrdecon.cli import app
from yrdecon.present.heat_map import heat_map_svg
from yrdecon.present.sentences import phrase
from yrdecon.present.sparkline import sparkline_svg


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("audit")
    panel = yd.interpolate(yd.load_panel("yrd"), "population_registered_10k", scale="level")
    return {
        lang: yd.write_audit_page(panel, folder / f"{lang}.html", lang=lang).read_text(encoding="utf-8")
        for lang in ("en", "zh")
    }


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_page_needs_nothing_else_and_runs_nothing(pages, lang):
    page = pages[lang]
    assert "<script" not in page
    assert not re.search(r"(src|href)=", page)
    assert set(re.findall(r"https?://[^\"\s]+", page)) == {"http://www.w3.org/2000/svg"}
    assert "default-src 'none'" in page


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_drawing_is_well_formed_and_tells_what_it_shows(pages, lang):
    drawings = re.findall(r"<svg.*?</svg>", pages[lang], flags=re.DOTALL)
    assert len(drawings) > 30
    for drawing in drawings:
        root = ElementTree.fromstring(drawing)
        assert root.get("aria-label")


def test_the_heat_map_has_a_cell_for_every_number_column_and_year(pages):
    panel = yd.load_panel("yrd")
    numbers = set(panel.frame.select_dtypes("number").columns) - {"year", "lon", "lat"}
    assert pages["en"].count("<rect") == (len(numbers) + 1) * len(panel.periods)
    assert "Urban share of residents 2010: 0%" in pages["en"]
    assert "Log real GDP 2020: 100%" in pages["en"]


def test_a_known_misprint_stands_beside_the_line_of_its_series(pages):
    rows = [r for r in re.findall(r"<tr>.*?</tr>", pages["en"]) if "Huai&#x27;an" in r and "Loans" in r]
    assert any("<td>2010</td>" in r and "10 times too large" in r and 'class="marked"' in r for r in rows)


def test_what_was_done_to_the_panel_is_listed(pages):
    assert "gaps of population_registered_10k filled, level" in pages["en"]
    assert "插值" in pages["zh"]


def test_every_likely_cause_has_its_chinese():
    for name in ("yrd", "national"):
        causes = yd.anomalies(yd.load_panel(name))["likely_cause"].unique()
        assert len(causes) > 10
        left = [c for c in causes if re.search("[A-Za-z]", phrase(c, "zh"))]
        assert left == []


def test_the_same_panel_gives_the_same_bytes(pages, tmp_path):
    panel = yd.interpolate(yd.load_panel("yrd"), "population_registered_10k", scale="level")
    assert yd.write_audit_page(panel, tmp_path / "again.html").read_text(encoding="utf-8") == pages["en"]


def test_names_that_are_markup_stay_text(tmp_path):
    table = pd.DataFrame({"city": ["<b>a</b>"] * 9, "year": range(2010, 2019), "y<1": [1.0, 1, 1, 1, 10, 1, 1, 1, 1]})
    table["y<1"] *= np.linspace(1, 1.1, 9)
    other = table.assign(city="b", **{"y<1": np.linspace(1, 1.1, 9)})
    third = table.assign(city="c", **{"y<1": np.linspace(2, 2.2, 9)})
    panel = yd.Panel.from_frame(pd.concat([table, other, third]), unit="city", time="year")
    page = yd.write_audit_page(panel, tmp_path / "page.html").read_text(encoding="utf-8")
    assert "<b>a</b>" not in page
    assert "&lt;b&gt;a&lt;/b&gt;" in page


def test_lines_break_at_gaps_and_mark_only_what_is_there():
    svg = sparkline_svg([1, 2, 3, 4, 5, 6], [1.0, 2.0, np.nan, 3.0, np.nan, 5.0], 3, "y")
    assert (svg.count("<polyline"), svg.count("<circle"), svg.count("marked")) == (1, 2, 0)
    assert "nan" not in sparkline_svg([1, 2], [np.nan, np.nan], 1, "y")
    flat = ElementTree.fromstring(sparkline_svg([1, 2], [3.0, 3.0], None, "y"))
    assert len(flat) == 1


def test_cells_are_white_where_empty_and_dark_where_full():
    svg = heat_map_svg(pd.DataFrame({2020: [0.0, 1.0]}), ["a", "b"], "coverage")
    assert re.findall(r'fill="(#\w+)"', svg) == ["#ffffff", "#3b5b7a"]


def test_the_command_writes_the_page_and_refuses_an_unknown_panel(tmp_path):
    runner = CliRunner()
    done = runner.invoke(app, ["audit", "yrd", "--html", str(tmp_path / "a.html"), "--lang", "zh"])
    assert done.exit_code == 0
    assert "面板数据审计" in (tmp_path / "a.html").read_text(encoding="utf-8")
    assert runner.invoke(app, ["audit", "moon", "--html", str(tmp_path / "b.html")]).exit_code == 2


def test_the_command_writes_the_page_of_a_file(tmp_path):
    lines = [
        f"{city},{year},{100 + year - 2000 + 10 * k}"
        for k, city in enumerate(["合肥市", "芜湖市"])
        for year in range(2010, 2020)
    ]
    (tmp_path / "panel.csv").write_text("\n".join(["城市,年份,GDP（亿元）", *lines]), encoding="gb18030")
    done = CliRunner().invoke(app, ["audit", str(tmp_path / "panel.csv"), "--html", str(tmp_path / "a.html")])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "a.html").read_text(encoding="utf-8").count("<rect") == 10


@pytest.mark.parametrize("by", ["time", "unit", "group"])
def test_coverage_is_the_share_of_cells_with_a_value(by):
    panel = yd.load_panel("yrd")
    key = {"time": "year", "unit": "city_code", "group": "province"}[by]
    table = yd.coverage(panel, by=by)
    expected = panel.frame.groupby(key)["loans_100m_yuan"].count() / panel.frame.groupby(key).size()
    np.testing.assert_allclose(table.loc["loans_100m_yuan"].astype(float), expected)
    with pytest.raises(yd.DataError, match="coverage by 'city'"):
        yd.coverage(panel, by="city")
