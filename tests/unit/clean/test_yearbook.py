"""Yearbook workbooks: a small one with the quirks of the real ones, and the real ones where they are present."""

import openpyxl
import pandas as pd
import pytest

import yrdecon as yd
from yrdecon.clean.yearbook_findings import yearbook_findings

EDITIONS = range(2019, 2025)
WORDS = ["table_no", "indicator_zh", "indicator_en", "unit", "city_as_printed", "value_as_printed"]
CITIES = ["北京市", "河北省", "  石家庄市", "荷泽市", "合肥市"]
WHOLE, DISTRICTS = "全市             Total City", "市辖区  Districts under City"


def quirky_workbook(path, *, moved=False, gdp_unit="亿元"):
    """A workbook with merged titles, indicators in two rows and languages, footers, an advert sheet, misreadings."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Sheet1"
    first = 6 if moved else 3
    sheet["A2"], sheet["A4"], sheet["B4"] = "中国2024年地级以上城市数据", "城 市", "City"
    for area in ("A2:B3", "A4:A6", "B4:B6"):
        sheet.merge_cells(area)
    title(sheet, first, 4, "2-7 地区生产总值")
    pair(
        sheet,
        first,
        f"地区生产总值（当年价格）     （{gdp_unit}）     Gross Product",
        "GRP (Current Prices)",
    )
    pair(sheet, first + 2, "人均地区生产总值 (元)", "Per Capita GRP (yuan)")
    title(sheet, first + 4, 3, "2-9 地方一般公共预算收支状况（全市）     （万元）")
    sheet.cell(4, first + 4, "地方一般公共预算收入")
    sheet.cell(4, first + 5, "地方一般公共预算支出")
    sheet.cell(6, first + 6, "教育支出")
    for offset in (4, 5):
        sheet.merge_cells(start_row=4, end_row=6, start_column=first + offset, end_column=first + offset)
    for row, city in enumerate(CITIES, 7):
        sheet.cell(row, 1, city)
        sheet.cell(row, 2, "Name")
        if city != "河北省":
            for offset in range(7):
                sheet.cell(row, first + offset, row * 100.0 + offset if offset % 2 else f"{row}{offset}.50")
    sheet.cell(11, first, "841 16")
    sheet.cell(12, 1, "注：本表数据来自 a note that is long")
    sheet.cell(12, first, "not a figure")
    advert = book.create_sheet("更多数据，尽在【马克数据网】")
    advert["A1"] = "更多数据请访问"
    book.save(path)
    return path


def title(sheet, column, width, text):
    sheet.cell(2, column, text)
    sheet.merge_cells(start_row=2, end_row=3, start_column=column, end_column=column + width - 1)


def pair(sheet, column, chinese, english):
    for row, text in ((4, chinese), (5, english)):
        sheet.cell(row, column, text)
        sheet.merge_cells(start_row=row, end_row=row, start_column=column, end_column=column + 1)
    sheet.cell(6, column, WHOLE)
    sheet.cell(6, column + 1, DISTRICTS)


@pytest.fixture
def workbook(tmp_path):
    return quirky_workbook(tmp_path / "book.xlsx")


def headers(figures):
    keys = ["table_no", "table", "indicator_zh", "indicator_en", "unit", "scope"]
    return figures[keys].drop_duplicates().apply(tuple, axis=1).tolist()


def test_merged_bilingual_headers_give_table_indicator_unit_and_scope(workbook):
    gdp = ("2-7", "地区生产总值", "地区生产总值（当年价格） （亿元）", "GRP (Current Prices)", "亿元")
    per_head = ("2-7", "地区生产总值", "人均地区生产总值 (元)", "Per Capita GRP (yuan)", "元")
    budget = ("2-9", "地方一般公共预算收支状况（全市） （万元）")
    assert headers(yd.read_yearbook(workbook)) == [
        (*gdp, "全市"),
        (*gdp, "市辖区"),
        (*per_head, "全市"),
        (*per_head, "市辖区"),
        (*budget, "地方一般公共预算收入", "", "万元", "全市"),
        (*budget, "地方一般公共预算支出", "", "万元", "全市"),
        (*budget, "教育支出", "", "万元", "全市"),
    ]


def test_names_and_values_are_as_printed_and_headings_and_footers_are_no_figures(workbook):
    figures = yd.read_yearbook(workbook)
    assert figures["city_as_printed"].unique().tolist() == ["北京市", "  石家庄市", "荷泽市", "合肥市"]
    first = figures[figures["cell"].str.startswith("C")].set_index("cell")["value_as_printed"]
    assert first.to_dict() == {"C7": "70.50", "C9": "90.50", "C10": "100.50", "C11": "841 16"}
    assert figures.set_index("cell").loc["D7", "value_as_printed"] == "701"
    assert figures["sheet"].unique().tolist() == ["Sheet1"]


def test_a_column_that_moved_is_read_by_its_header(workbook, tmp_path):
    moved = quirky_workbook(tmp_path / "moved.xlsx", moved=True)
    before, after = yd.read_yearbook(workbook), yd.read_yearbook(moved)
    pd.testing.assert_frame_equal(before.drop(columns="cell"), after.drop(columns="cell"))
    assert (before["cell"] != after["cell"]).all()


def test_a_table_below_another_and_one_beside_another_are_both_read(tmp_path):
    book = openpyxl.Workbook()
    for row in (
        ["3-1 人口（万人）"],
        ["地区", "常住人口", None, "地区", "户籍人口"],
        ["合肥市", 963, None, "芜湖市", 389],
        ["3-2 面积"],
        ["地区", "土地面积（平方公里）"],
        ["合肥市", 11445],
    ):
        book.active.append(row)
    book.save(tmp_path / "two.xlsx")
    figures = yd.read_yearbook(tmp_path / "two.xlsx")
    assert figures[["table_no", "indicator_zh", "unit", "city_as_printed", "value_as_printed"]].values.tolist() == [
        ["3-1", "常住人口", "万人", "合肥市", "963"],
        ["3-1", "户籍人口", "万人", "芜湖市", "389"],
        ["3-2", "土地面积（平方公里）", "平方公里", "合肥市", "11445"],
    ]


def test_a_workbook_without_a_labeled_column_of_names_is_refused(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["x", "y"])
    book.save(tmp_path / "plain.xlsx")
    with pytest.raises(yd.DataError, match=r"no sheet of plain\.xlsx holds a table .* sheets are \['Sheet'\]"):
        yd.read_yearbook(tmp_path / "plain.xlsx")


def test_misread_names_and_numbers_are_found_with_their_cells(workbook):
    found = yearbook_findings(yd.read_yearbook(workbook))
    assert found[["finding", "cell", "city_as_printed", "value_as_printed"]].values.tolist() == [
        ["name misread", "C10", "荷泽市", "100.50"],
        ["not a number", "C11", "合肥市", "841 16"],
    ]


def edition(columns, *, cities=40):
    """Figures of an edition: one column per header, with values by city."""
    names = yd.city_table()["city_zh"].tolist()[:cities]
    rows = [
        ("2-1", "表", header, english, unit, scope, name, str(value), "Sheet1", f"{letter}{row}")
        for letter, (header, english, unit, scope, values) in columns.items()
        for row, (name, value) in enumerate(zip(names, values, strict=False), 7)
    ]
    return pd.DataFrame(rows, columns=list(yd.clean.yearbook.FIGURE_COLUMNS), dtype="str")


def findings(now, before=None):
    table = yearbook_findings(edition(now), previous=None if before is None else edition(before))
    return table[["finding", "cell"]].values.tolist()


GAS = [1000 + 37 * i for i in range(40)]
PHONES = [300 + 3 * i for i in range(40)]


def test_a_gas_table_under_a_header_of_phones_is_found_by_last_year_and_by_the_population():
    phones = ("移动电话年末用户数 (万户)", "", "万户", "全市")
    gas = ("液化石油气供气总量 (吨)", "", "吨", "市辖区")
    people = ("户籍人口", "", "", "全市", [100 + i for i in range(40)])
    before = {"C": people, "D": (*phones, PHONES), "E": (*gas, GAS)}
    assert findings({"C": people, "D": (*phones, GAS)}, before) == [
        ["more than the population", "D7"],
        ["same as last year", "C7"],
        ["another indicator", "D7"],
    ]
    assert findings({"D": (*phones, [v + 1 for v in PHONES])}, before) == []


def test_a_column_and_a_cell_ten_times_off_last_year_are_found_and_a_change_of_unit_is_not():
    before = {"C": ("地区生产总值 (万元)", "", "万元", "全市", [v * 10_000 for v in GAS])}
    grown = [round(v * 1.08) for v in GAS]
    same = ("地区生产总值 (亿元)", "", "亿元", "全市")
    assert findings({"C": (*same, grown)}, before) == []
    assert findings({"C": (*same, [v * 10 for v in grown])}, before) == [["scale of the column", "C7"]]
    lost = [*grown[:5], grown[5] // 10, *grown[6:]]
    assert findings({"C": (*same, lost)}, before) == [["ten times off", "C12"]]


def test_twins_headed_as_one_pair_two_units_and_repeated_headers_are_found():
    trade = {
        "C": ("货物进口额 (万元)", "Imports (10 OOOyuan)", "万元", "全市", GAS),
        "D": ("货物出口额 (万元)", "Exports (100 000 yuan)", "万元", "市辖区", PHONES),
    }
    assert findings(trade) == [["scope doubtful", "D7"], ["units disagree", "D7"]]
    assert findings({"C": trade["C"], "E": trade["C"]}) == [["header repeated", "C7"], ["header repeated", "E7"]]


def test_a_share_beyond_a_hundred_and_a_city_printed_twice_are_found():
    shares = [30.5, 4139, *[20.0] * 38]
    assert findings({"C": ("第三产业占GDP的比重", "", "%", "全市", shares)}) == [["not a share", "C8"]]
    twice = edition({"C": ("常住人口", "", "万人", "全市", GAS)})
    twice.loc[3, "city_as_printed"] = twice.loc[2, "city_as_printed"]
    assert yearbook_findings(twice)[["finding", "cell"]].values.tolist() == [["city printed twice", "C10"]]


def test_an_import_writes_a_folder_with_hashes_and_never_overwrites_one(workbook, tmp_path):
    folder = tmp_path / "raw" / "yearbook_2025"
    found = yd.import_yearbook(workbook, folder)
    assert sorted(p.name for p in folder.iterdir()) == [
        "SOURCE.md",
        "findings.csv",
        "manifest.csv",
        "yearbook_2025.csv",
    ]
    stored = pd.read_csv(folder / "yearbook_2025.csv", dtype="str", keep_default_na=False)
    pd.testing.assert_frame_equal(stored, yd.read_yearbook(workbook))
    assert len(pd.read_csv(folder / "findings.csv")) == len(found) == 2
    assert "name misread (1); not a number (1)" in (folder / "SOURCE.md").read_text(encoding="utf-8")
    with pytest.raises(yd.DataError, match="exists already and is not overwritten"):
        yd.import_yearbook(workbook, folder)
    assert [p.name for p in (tmp_path / "raw").iterdir()] == ["yearbook_2025"]


@pytest.fixture(scope="session")
def yearbooks(shared):
    folder = shared / "data" / "workbooks"
    if not folder.is_dir():
        pytest.skip("the yearbook workbooks are not on this machine")
    return {e: yd.read_yearbook(folder / f"china_city_statistical_yearbook_{e}_prefecture.xlsx") for e in EDITIONS}


@pytest.mark.parametrize("year", EDITIONS)
def test_an_edition_gives_every_cell_of_the_published_figures_and_no_other_in_their_columns(yearbooks, shared, year):
    path = shared / "data" / "figures" / f"yearbook_{year}.csv"
    known = pd.read_csv(path, dtype="str", keep_default_na=False)
    known["cell"] = known["note"].str.split(";").str[0].astype("str")
    figures = yearbooks[year]
    columns = known["cell"].str.extract("([A-Z]+)")[0].unique()
    read = figures[figures["cell"].str.extract("([A-Z]+)")[0].isin(columns)]
    compared = [*WORDS, "cell"]
    pd.testing.assert_frame_equal(
        read[compared].sort_values("cell", ignore_index=True), known[compared].sort_values("cell", ignore_index=True)
    )


def test_the_known_defects_of_the_editions_are_found(yearbooks):
    found = yearbook_findings(yearbooks[2022], previous=yearbooks[2021])
    void = found[found["finding"] == "another indicator"]
    assert void["indicator_zh"].map(yd.clean.indicators.indicator_name).tolist() == [
        "邮政业务收入",
        "电信业务收入",
        "移动电话年末用户数",
        "互联网宽带接入用户数",
    ]
    first = yearbook_findings(yearbooks[2019]).set_index("finding")
    assert first.loc["scope doubtful", "indicator_zh"] == "货物出口额 (万元)"
    assert {"841 16", "5851 1"} <= set(first.loc["not a number", "value_as_printed"])
    assert first.loc["name misread", "city_as_printed"].tolist() == [
        "麥庄市",
        "荷泽市",
        "深河市",
        "常徳市",
        "脩州市",
        "那曲冇",
    ]
    later = yearbook_findings(yearbooks[2021], previous=yearbooks[2020])
    assert "四平市" in set(later.loc[later["finding"] == "ten times off", "city_as_printed"])
