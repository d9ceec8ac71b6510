"""Tables as people lay them out: the right panel, or one error that names the cell and the way out."""

import datetime

import numpy as np
import openpyxl
import pandas as pd
import pytest

import yrdecon as yd
from yrdecon.present.sentences import in_words

HEADER = ("城市", "年份", "GDP")


def text(tmp_path, *lines, name="a.csv"):
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def book(tmp_path, *rows, merged=(), hidden=()):
    made = openpyxl.Workbook()
    for row in rows:
        made.active.append(row)
    for area in merged:
        made.active.merge_cells(area)
    for state, others in hidden:
        sheet = made.create_sheet(state)
        sheet.sheet_state = state
        for row in others:
            sheet.append(row)
    made.save(tmp_path / "a.xlsx")
    return tmp_path / "a.xlsx"


def rows_of(panel):
    return panel.frame.replace({np.nan: None}).values.tolist()


def units_of(panel):
    return panel.variables["unit_of_measure"].to_dict()


def test_units_in_a_row_below_the_header_are_those_of_their_columns(tmp_path):
    panel = yd.read_panel(
        book(
            tmp_path,
            ["城市", "年份", "产值", "收入"],
            [None, None, "（亿元）", "（万元）"],
            ["合肥市", 2020, 1.5, 3000],
        )
    )
    assert units_of(panel) == {"产值": "亿元", "收入": "万元"}
    mapped = yd.read_panel(tmp_path / "a.xlsx", {"income": {"header": "收入", "unit_of_measure": "亿元"}})
    assert rows_of(mapped) == [["合肥市", 2020, 0.3]]


def test_names_below_a_merged_header_are_the_headers_and_take_it_before_them_where_they_repeat(tmp_path):
    body = ["合肥市", 2020, 1, 2]
    header = ["城市", "年份", "经济", None]
    areas = ("A1:A2", "B1:B2", "C1:D1")
    panel = yd.read_panel(book(tmp_path, header, [None, None, "GDP（亿元）", "收入（万元）"], body, merged=areas))
    assert units_of(panel) == {"GDP（亿元）": "亿元", "收入（万元）": "万元"}
    twice = ["城市", "年份", "GDP", None, "收入", None]
    names = [None, None, "总量（亿元）", "增速（%）", "总量（亿元）", "增速（%）"]
    panel = yd.read_panel(book(tmp_path, twice, names, [*body, 3, 4], merged=(*areas, "E1:F1")))
    assert panel.frame.columns.tolist()[2:] == [
        "GDP 总量（亿元）",
        "GDP 增速（%）",
        "收入 总量（亿元）",
        "收入 增速（%）",
    ]


def test_a_unit_stated_above_a_table_is_that_of_columns_without_one(tmp_path):
    panel = yd.read_panel(text(tmp_path, "各市生产总值,,", "单位：亿元,,", "城市,2019年,2020年", "合肥市,1,2"))
    assert units_of(panel) == {"各市生产总值": "亿元"}
    assert rows_of(panel) == [["合肥市", 2019, 1.0], ["合肥市", 2020, 2.0]]


def test_files_in_different_units_are_refused_until_the_map_states_one(tmp_path):
    text(tmp_path, "城市,GDP（万元）", "合肥市,15000", name="d/2019.csv")
    folder = text(tmp_path, "城市,GDP（亿元）", "合肥市,1.6", name="d/2020.csv").parent
    with pytest.raises(yd.DataError, match=r"'gdp' is in 万元 in 2019\.csv and in 亿元 in 2020\.csv; map it with"):
        yd.read_panel(folder)
    panel = yd.read_panel(folder, {"gdp": {"header": "GDP", "unit_of_measure": "亿元"}})
    assert panel.frame["gdp"].tolist() == [1.5, 1.6]


def test_totals_are_left_out_and_told_unless_they_are_all_there_is(tmp_path):
    panel = yd.read_panel(text(tmp_path, "城市,年份,GDP", "全省,2020,30", "合肥市,2020,10", "合 计,2020,30"))
    assert rows_of(panel) == [["合肥市", 2020, 10.0]]
    assert panel.trail[["unit", "reason"]].values.tolist() == [
        ["全省", "a total in a.csv, left out"],
        ["合 计", "a total in a.csv, left out"],
    ]
    assert in_words(panel.trail["reason"][0], "zh") == "a.csv中的合计行，未读入。"
    assert yd.read_panel(text(tmp_path, "地区,年份,GDP", "全国,2020,30")).units.tolist() == ["全国"]


def test_two_rows_of_a_city_say_by_what_they_differ(tmp_path):
    path = text(tmp_path, "城市,年份,范围,GDP", "合肥市,2020,全市,3", "合肥市,2020,市辖区,2")
    with pytest.raises(
        yd.DataError, match=r"cell A2 and row 3 are both 合肥市 2020 and differ in '范围' \(全市 and 市辖区\)"
    ):
        yd.read_panel(path)


def test_a_city_with_and_without_its_suffix_is_refused(tmp_path):
    with pytest.raises(yd.DataError, match=r"合肥 and 合肥市 are two units of the panel \(1 such pairs\)"):
        yd.read_panel(text(tmp_path, "城市,年份,GDP", "合肥市,2020,3", "合肥,2021,3"))


@pytest.mark.parametrize(
    ("year", "words"),
    [
        (43831, "holds '43831' where a year is due, a day as Excel counts them"),
        (datetime.datetime(1905, 7, 12), "holds '1905-07-12' where a year is due, how Excel shows a year"),
        ("二〇二〇", "cell B2 holds '二〇二〇' where a year is due;"),
        ("2020Q1", "cell B2 holds '2020Q1' where a year is due;"),
        (None, "cell B2 holds '' where a year is due;"),
    ],
)
def test_what_is_no_year_is_refused_with_its_cell_on_the_first_row_too(tmp_path, year, words):
    with pytest.raises(yd.DataError, match=words):
        yd.read_panel(book(tmp_path, HEADER, ["合肥市", year, 1], ["芜湖市", 2020, 2]))


@pytest.mark.parametrize("cell", ["(1,234.5)", "（2.5）", "1,5", "3 500"])
def test_a_column_of_what_only_looks_like_numbers_is_refused_and_not_kept_as_text(tmp_path, cell):
    with pytest.raises(yd.DataError, match=r"cell C2 holds .*, which is no number"):
        yd.read_panel(book(tmp_path, HEADER, ["合肥市", 2020, cell], ["芜湖市", 2020, cell]))


def test_texts_with_digits_and_dates_are_texts(tmp_path):
    path = text(tmp_path, "城市,年份,批次,批准日期", "合肥市,2020,第1批,2019-01-01", "芜湖市,2020,第2批,2019-02-01")
    assert rows_of(yd.read_panel(path)) == [
        ["合肥市", 2020, "第1批", "2019-01-01"],
        ["芜湖市", 2020, "第2批", "2019-02-01"],
    ]


def test_fractions_beside_percent_signs_are_refused(tmp_path):
    with pytest.raises(yd.DataError, match=r"cell C2 holds 0\.823 in a column with '72\.3%'"):
        yd.read_panel(book(tmp_path, HEADER, ["合肥市", 2020, 0.823], ["芜湖市", 2020, "72.3%"]))
    assert rows_of(yd.read_panel(book(tmp_path, HEADER, ["合肥市", 2020, 70], ["芜湖市", 2020, "72.3%"]))) == [
        ["合肥市", 2020, 70.0],
        ["芜湖市", 2020, 72.3],
    ]


@pytest.mark.parametrize("code", ["340104", "340104.0", "3.40104E+05"])
def test_codes_that_a_program_wrote_as_numbers_are_codes(tmp_path, code):
    assert yd.read_panel(text(tmp_path, "行政区划代码,年份,GDP", f"{code},2020,1")).units.tolist() == ["340104"]


def test_a_code_that_lost_digits_stays_as_it_is(tmp_path):
    path = text(tmp_path, "行政区划代码,年份,GDP", "3.401E+11,2020,1")
    assert yd.read_panel(path).units.tolist() == ["3.401E+11"]


def test_marks_of_footnotes_are_no_part_of_a_name(tmp_path):
    panel = yd.read_panel(text(tmp_path, "城市,年份,GDP", "合肥市①,2020,1", "合肥市,2021,2", "六 安 市*,2020,3"))
    assert panel.units.tolist() == ["六安市", "合肥市"]


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
def test_hidden_sheets_are_read_only_by_name(tmp_path, state):
    path = book(tmp_path, HEADER, ["合肥市", 2020, 1], hidden=[(state, [HEADER, ["合肥市", 2020, 99]])])
    assert rows_of(yd.read_panel(path)) == [["合肥市", 2020, 1.0]]
    assert rows_of(yd.read_panel(path, sheet=state)) == [["合肥市", 2020, 99.0]]


def test_years_and_provinces_in_merged_cells_belong_to_every_row_they_cover(tmp_path):
    rows = [["省份", "年份", "城市", "GDP"], ["安徽省", 2019, "合肥市", 1], [None, None, "芜湖市", 2]]
    panel = yd.read_panel(book(tmp_path, *rows, merged=["A2:A3", "B2:B3"]), group="省份")
    assert rows_of(panel) == [["合肥市", 2019, "安徽省", 1.0], ["芜湖市", 2019, "安徽省", 2.0]]


def test_a_figure_in_a_cell_merged_over_several_rows_is_refused(tmp_path):
    path = book(tmp_path, HEADER, ["合肥市", 2019, 1], ["芜湖市", 2019, None], merged=["C2:C3"])
    with pytest.raises(yd.DataError, match="cell C2 holds '1' for the rows 2 to 3; unmerge it"):
        yd.read_panel(path)


def test_a_table_with_places_as_columns_is_to_be_transposed(tmp_path):
    with pytest.raises(yd.DataError, match="transpose the table, one row per place"):
        yd.read_panel(text(tmp_path, "年份,合肥市,芜湖市", "2019,1,2"))


def test_a_first_row_without_figures_is_a_row_and_no_label(tmp_path):
    rows = [["合肥市", 2019, None], ["合肥市", 2020, 1.0]]
    assert rows_of(yd.read_panel(text(tmp_path, "城市,年份,GDP", "合肥市,2019年,…", "合肥市,2020年,1"))) == rows
    day = datetime.datetime(2019, 12, 31)
    assert rows_of(yd.read_panel(book(tmp_path, HEADER, ["合肥市", day, None], ["合肥市", 2020, 1]))) == rows


def test_a_column_that_counts_rows_is_no_variable(tmp_path):
    path = book(tmp_path, [None, *HEADER], [1, "合肥市", 2020, 1], [2, "芜湖市", 2020, 2])
    assert yd.read_panel(path).frame.columns.tolist() == list(HEADER)
    assert rows_of(yd.read_panel(text(tmp_path, ",城市,年份,GDP", "0,合肥市,2020,1", "1,芜湖市,2020,2"))) == [
        ["合肥市", 2020, 1.0],
        ["芜湖市", 2020, 2.0],
    ]
    with pytest.raises(yd.DataError, match="cell A2 holds '5' in a column without a header"):
        yd.read_panel(text(tmp_path, ",城市,年份,GDP", "5,合肥市,2020,1"))


def test_labels_and_categories_are_read_from_stata_and_parquet(tmp_path):
    table = pd.DataFrame(
        {"city": pd.Categorical(["合肥市", "芜湖市"]), "year": pd.Categorical([2019, 2019]), "gdp": [1.0, 2.0]}
    )
    table.to_parquet(tmp_path / "a.parquet")
    table.astype({"year": int}).to_stata(tmp_path / "a.dta", write_index=False, version=118)
    for name in ("a.parquet", "a.dta"):
        assert rows_of(yd.read_panel(tmp_path / name)) == [["合肥市", 2019, 1.0], ["芜湖市", 2019, 2.0]]
