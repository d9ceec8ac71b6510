"""A user's own files become a panel, whatever their format, encoding and layout."""

import openpyxl
import pandas as pd
import pytest

import yrdecon as yd

CITIES, YEARS = ["合肥市", "芜湖市", "蚌埠市"], [2019, 2020]
LONG = pd.DataFrame(
    [(c, t, 1000.5 * (i + 1) + t, 100.0 + i) for i, c in enumerate(CITIES) for t in YEARS],
    columns=["城市", "年份", "地区生产总值(亿元)", "常住人口（万人）"],
)
MAP = {"gdp": "地区生产总值", "people": {"header": ["常住人口", "人口"], "kind": "people"}}


def values(panel, name="gdp"):
    return panel.frame.set_index([panel.unit, panel.time])[name].rename_axis(["unit", "time"]).to_dict()


TRUTH = LONG.set_index(["城市", "年份"])["地区生产总值(亿元)"].to_dict()


def sheet_of(book, title, rows):
    sheet = book.create_sheet(title)
    for row in rows:
        sheet.append(row)
    return sheet


def workbook(path, **sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet_of(book, title, rows)
    book.save(path)
    return path


def rows_of(frame):
    return [list(frame.columns), *frame.values.tolist()]


# the five lines of user code that the project promises, for a GBK text, a wide workbook and a Stata file


def test_a_gbk_text_becomes_a_panel_in_one_line(tmp_path):
    LONG.to_csv(tmp_path / "cities.csv", index=False, encoding="gbk")
    panel = yd.read_panel(tmp_path / "cities.csv", {"gdp": "地区生产总值", "people": "常住人口"})
    assert (panel.unit, panel.time) == ("城市", "年份")
    assert values(panel) == TRUTH
    assert panel.variables.loc["gdp", ["unit_of_measure", "kind"]].tolist() == ["亿元", "money"]


def test_a_wide_workbook_becomes_a_panel_in_one_line(tmp_path):
    wide = LONG.pivot(index="城市", columns="年份", values="地区生产总值(亿元)").loc[CITIES].reset_index()
    path = workbook(tmp_path / "wide.xlsx", gdp=rows_of(wide))
    panel = yd.read_panel(path, {"gdp": {"unit_of_measure": "亿元", "kind": "money", "prices": "nominal"}})
    assert values(panel) == TRUTH
    assert panel.variables.loc["gdp", "prices"] == "nominal"


def test_a_stata_file_becomes_a_panel_in_one_line_with_its_labels(tmp_path):
    named = LONG.set_axis(["city", "year", "gdp", "people"], axis=1)
    labels = {"gdp": "地区生产总值（亿元）", "people": "Residents"}
    named.astype({"city": object}).to_stata(tmp_path / "p.dta", write_index=False, version=118, variable_labels=labels)
    panel = yd.read_panel(tmp_path / "p.dta")
    assert values(panel) == TRUTH
    assert panel.variables.loc["gdp", ["label_zh", "unit_of_measure"]].tolist() == ["地区生产总值（亿元）", "亿元"]
    assert panel.variables.loc["people", "label_en"] == "Residents"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
@pytest.mark.parametrize("separator", [",", "\t", ";"])
def test_every_encoding_and_separator_gives_the_same_panel(tmp_path, encoding, separator):
    LONG.to_csv(tmp_path / "a.txt", index=False, encoding=encoding, sep=separator)
    assert values(yd.read_panel(tmp_path / "a.txt", MAP)) == TRUTH


def test_parquet_with_its_keys_as_index_is_read(tmp_path):
    LONG.set_index(["城市", "年份"]).to_parquet(tmp_path / "a.parquet")
    assert values(yd.read_panel(tmp_path / "a.parquet", MAP)) == TRUTH


def test_values_are_converted_to_the_unit_the_map_states_and_another_measure_is_refused(tmp_path):
    LONG.to_csv(tmp_path / "a.csv", index=False)
    panel = yd.read_panel(tmp_path / "a.csv", {"gdp": {"header": "地区生产总值", "unit_of_measure": "万元"}})
    assert values(panel) == pytest.approx({key: value * 1e4 for key, value in TRUTH.items()})
    with pytest.raises(yd.DataError, match="in 亿元, the column map wants 吨, which is another measure"):
        yd.read_panel(tmp_path / "a.csv", {"gdp": {"header": "地区生产总值", "unit_of_measure": "吨"}})


def test_a_map_in_toml_says_what_the_columns_are(tmp_path):
    LONG.assign(省="安徽省").rename(columns={"城市": "名字", "年份": "期"}).to_csv(tmp_path / "a.csv", index=False)
    (tmp_path / "map.toml").write_text(
        'unit = "名字"\ntime = "期"\ngroup = "省"\n[columns.gdp]\nheader = "地区生产总值"\nkind = "money"\n'
        'prices = "nominal"\nvintage = "first published"\nsource = "安徽统计年鉴"\nlabel_en = "GDP"\n',
        encoding="utf-8",
    )
    panel = yd.read_panel(tmp_path / "a.csv", tmp_path / "map.toml")
    assert (panel.unit, panel.time, panel.group) == ("名字", "期", "省")
    told = ["亿元", "安徽统计年鉴", "first published", "GDP", "地区生产总值(亿元)", "money", "nominal"]
    assert panel.variables.loc["gdp"].tolist() == told


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("x = 1", r"unknown keys \['x'\]"),
        ("unit = 1", "must be a header, in quotation marks"),
        ("[columns.gdp]\nkind = 'cash'", r"kind = 'cash'; choose one of \['money', 'people', 'share', 'index'\]"),
        ("[columns.gdp]\nunits = '元'", r"unknown options \['units'\]"),
        ("[columns.gdp]\nheader = 5", "must have texts for its options"),
        ("columns = 5", r"must be tables such as \[columns.gdp\]"),
        ("[columns", "is no TOML file"),
    ],
)
def test_a_map_that_is_wrong_is_refused_with_what_it_knows(tmp_path, content, message):
    (tmp_path / "map.toml").write_text(content, encoding="utf-8")
    with pytest.raises(yd.DataError, match=message):
        yd.read_panel(tmp_path / "a.csv", tmp_path / "map.toml")


def test_names_with_years_in_the_headers_give_one_variable_each(tmp_path):
    wide = pd.DataFrame({"county": ["a", "b"], "gdp_2010": [1, 2], "gdp_2011": [3, 4], "2010年人口": [5, 6]})
    wide.to_csv(tmp_path / "a.csv", index=False)
    panel = yd.read_panel(tmp_path / "a.csv")
    assert values(panel) == {("a", 2010): 1, ("a", 2011): 3, ("b", 2010): 2, ("b", 2011): 4}
    assert values(panel, "人口")["a", 2010] == 5


def test_years_below_merged_names_are_read(tmp_path):
    path = workbook(
        tmp_path / "m.xlsx",
        Sheet1=[["城市", "GDP", None, "人口", None], [None, 2010, 2011, 2010, 2011], ["合肥市", 1, 2, 3, 4]],
    )
    book = openpyxl.load_workbook(path)
    for area in ("A1:A2", "B1:C1", "D1:E1"):
        book["Sheet1"].merge_cells(area)
    book.save(path)
    panel = yd.read_panel(path)
    assert values(panel, "GDP") == {("合肥市", 2010): 1, ("合肥市", 2011): 2}
    assert values(panel, "人口")["合肥市", 2011] == 4


def test_one_sheet_a_year_and_one_file_a_year_give_the_same_panel(tmp_path):
    parts = {t: LONG[LONG["年份"] == t].drop(columns="年份") for t in YEARS}
    book = workbook(
        tmp_path / "sheets.xlsx", **{f"{t}年": rows_of(part) for t, part in parts.items()}, 说明=[["注：略"]]
    )
    (tmp_path / "files").mkdir()
    for t, part in parts.items():
        part.to_csv(tmp_path / "files" / f"anhui_{t}.csv", index=False, encoding="gbk")
    by_sheet, by_file = yd.read_panel(book, MAP), yd.read_panel(tmp_path / "files", MAP)
    assert values(by_sheet) == values(by_file) == TRUTH
    pd.testing.assert_frame_equal(by_sheet.frame, by_file.frame)


def test_one_sheet_a_variable_is_named_by_the_sheets(tmp_path):
    wide = {name: LONG.pivot(index="城市", columns="年份", values=name).reset_index() for name in LONG.columns[2:]}
    path = workbook(tmp_path / "v.xlsx", **dict(zip(["GDP", "人口"], map(rows_of, wide.values()), strict=True)))
    panel = yd.read_panel(path, {"gdp": "GDP", "people": "人口"})
    assert values(panel) == TRUTH
    assert values(panel, "people")["蚌埠市", 2019] == 102


def test_units_that_differ_between_files_are_refused_until_the_map_states_one(tmp_path):
    LONG[LONG["年份"] == 2019].to_csv(tmp_path / "2019.csv", index=False)
    later = LONG[LONG["年份"] == 2020].rename(columns={"地区生产总值(亿元)": "地区生产总值(万元)"})
    later.assign(**{"地区生产总值(万元)": later["地区生产总值(万元)"] * 1e4}).to_csv(tmp_path / "2020.csv", index=False)
    with pytest.raises(yd.DataError, match=r"'gdp' is in 亿元 in 2019\.csv and in 万元 in 2020\.csv"):
        yd.read_panel(tmp_path, {"gdp": "地区生产总值"})
    panel = yd.read_panel(tmp_path, {"gdp": {"header": "地区生产总值", "unit_of_measure": "亿元"}})
    assert values(panel) == pytest.approx(TRUTH)


def test_a_header_that_changed_in_one_file_is_refused_and_an_alternative_is_taken(tmp_path):
    LONG[LONG["年份"] == 2019].to_csv(tmp_path / "2019.csv", index=False)
    LONG[LONG["年份"] == 2020].rename(columns={"常住人口（万人）": "人口（万人）"}).to_csv(
        tmp_path / "2020.csv", index=False
    )
    with pytest.raises(yd.DataError, match=r"2020\.csv has no column \['常住人口'\] for 'people', 2019\.csv has"):
        yd.read_panel(tmp_path, {"gdp": "地区生产总值", "people": "常住人口"})
    assert values(yd.read_panel(tmp_path, MAP), "people")["芜湖市", 2020] == 101


def test_the_same_figure_in_two_sheets_is_refused(tmp_path):
    path = workbook(tmp_path / "two.xlsx", A=rows_of(LONG), B=rows_of(LONG))
    with pytest.raises(yd.DataError, match=r"'gdp' of 合肥市 2019 stands in two\.xlsx, sheet 'A' and in .*, sheet 'B'"):
        yd.read_panel(path, MAP)
    assert values(yd.read_panel(path, MAP, sheet="B")) == TRUTH
    with pytest.raises(yd.DataError, match=r"has no sheet 'C'; its sheets are \['A', 'B'\]"):
        yd.read_panel(path, MAP, sheet="C")


# layouts of common sources: invented figures under their headers


def test_a_layout_with_codes_labels_and_units_in_three_rows_is_read(tmp_path):
    path = workbook(
        tmp_path / "CRE_Gdp.xlsx",
        sheet1=[
            ["Sgnyea", "Prvcnm", "Ctnm", "Gdp0101"],
            ["统计年度", "省份名称", "城市名称", "地区生产总值"],
            ["没有单位", "没有单位", "没有单位", "万元"],
            ["2019", "安徽省", "合肥市", "94094000"],
            ["2020", "安徽省", "合肥市", "100457200"],
        ],
    )
    panel = yd.read_panel(path, group="Prvcnm")
    assert values(panel, "Gdp0101") == {("合肥市", 2019): 94094000, ("合肥市", 2020): 100457200}
    told = panel.variables.loc["Gdp0101", ["label_zh", "unit_of_measure", "source"]].tolist()
    assert told == ["地区生产总值", "万元", "CSMAR"]


def test_a_layout_with_indicators_in_rows_and_years_in_columns_is_read(tmp_path):
    path = workbook(
        tmp_path / "eps.xlsx",
        数据=[
            ["中国城市数据库"],
            ["地区", "指标", "单位", 2019, 2020],
            ["合肥市", "地区生产总值", "亿元", 9409, 10046],
            ["合肥市", "常住人口", "万人", 819, "…"],
            ["数据来源：EPS数据平台"],
        ],
    )
    panel = yd.read_panel(path)
    assert values(panel, "地区生产总值") == {("合肥市", 2019): 9409, ("合肥市", 2020): 10046}
    assert values(panel, "常住人口")["合肥市", 2019] == 819
    assert panel.variables["unit_of_measure"].to_dict() == {"地区生产总值": "亿元", "常住人口": "万人"}


def test_a_layout_with_one_row_a_figure_is_read_and_two_units_of_one_indicator_are_refused(tmp_path):
    table = pd.DataFrame(
        [
            ("合肥市", "GDP", "亿元", 2019, 9409),
            ("合肥市", "GDP", "亿元", 2020, 10046),
            ("合肥市", "人口", "万人", 2019, 819),
        ],
        columns=["城市", "指标名称", "计量单位", "时间", "数值"],
    )
    table.to_csv(tmp_path / "a.csv", index=False)
    panel = yd.read_panel(tmp_path / "a.csv", {"gdp": "GDP"})
    assert values(panel) == {("合肥市", 2019): 9409, ("合肥市", 2020): 10046}
    table.assign(计量单位=["亿元", "万元", "万人"]).to_csv(tmp_path / "b.csv", index=False)
    with pytest.raises(yd.DataError, match=r"b\.csv gives 'GDP' in several units"):
        yd.read_panel(tmp_path / "b.csv")


def test_a_page_of_a_provincial_yearbook_is_read_with_its_title_as_year(tmp_path):
    title, below = [["各市主要经济指标（2020年）"], []], [[None, None], ["注：初步核算数。"]]
    path = workbook(tmp_path / "p.xlsx", Sheet1=[*title, ["市别", "生产总值（亿元）"], ["合肥市", 10046], *below])
    assert values(yd.read_panel(path), "生产总值（亿元）") == {("合肥市", 2020): 10046}


def test_a_folder_of_yearbook_workbooks_is_a_panel_of_the_whole_cities(shared):
    folder = shared / "data" / "workbooks"
    if not folder.is_dir():
        pytest.skip("the yearbook workbooks are not on this machine")
    with pytest.raises(yd.DataError, match=r"cell [A-Z]+\d+ holds .*, which is no number"):
        yd.read_panel(folder / "china_city_statistical_yearbook_2022_prefecture.xlsx", {"education": "教育支出"})
    path = folder / "china_city_statistical_yearbook_2019_prefecture.xlsx"
    panel = yd.read_panel(path, {"gdp": {"header": "地区生产总值", "unit_of_measure": "亿元"}})
    assert panel.periods.tolist() == [2018]
    known = yd.load_panel("national").between(2018, 2018)
    published = known.frame.merge(yd.city_table()[["city_code"]]).set_index("city_zh")["gdp_first_published_100m_yuan"]
    read = panel.frame.set_index("城市")["gdp"].reindex(published.index)
    pd.testing.assert_series_equal(read, published, check_names=False)
