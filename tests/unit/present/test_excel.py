import zipfile

import openpyxl
import pandas as pd
import pytest

import yrdecon as yd


@pytest.fixture
def sheet(tmp_path):
    columns = pd.MultiIndex.from_tuples([("产出", "(1) a"), ("产出", "(2) b"), ("", "(3) c")])
    body = pd.DataFrame(
        [["-0.020***", "[-0.1, +∞]", "=1+1"], ["(0.010)", "1,234", "0.50"]], columns=columns, index=["效应", ""]
    )
    table = yd.Table(body, ("注：小于<1%。",), "表1　测试", "zh")
    return openpyxl.load_workbook(table.to_excel(tmp_path / "t.xlsx")).active


def test_every_cell_is_the_text_that_is_printed(sheet):
    assert [cell.value for cell in sheet[4]] == ["效应", "-0.020***", "[-0.1, +∞]", "=1+1"]
    assert [cell.value for cell in sheet[5]][1:] == ["(0.010)", "1,234", "0.50"]
    assert {cell.data_type for row in sheet["B4:D5"] for cell in row} == {"s"}
    assert {cell.number_format for row in sheet["B4:D5"] for cell in row} == {"@"}


def test_spans_caption_and_notes_are_merged(sheet):
    assert {str(merged) for merged in sheet.merged_cells.ranges} == {"A1:D1", "B2:C2", "A6:D6"}
    assert sheet["A1"].value == "表1　测试"
    assert sheet["A6"].value == "注：小于<1%。"


def test_three_rules_and_none_between_columns(sheet):
    assert {sheet.cell(2, c).border.top.style for c in range(1, 5)} == {"medium"}
    assert {sheet.cell(3, c).border.bottom.style for c in range(1, 5)} == {"thin"}
    assert {sheet.cell(5, c).border.bottom.style for c in range(1, 5)} == {"medium"}
    assert {sheet.cell(2, c).border.bottom.style for c in (2, 3)} == {"thin"}
    assert sheet.cell(2, 4).border.bottom.style is None
    sides = [side for row in sheet.iter_rows() for cell in row for side in (cell.border.left, cell.border.right)]
    assert {side.style for side in sides if side is not None} <= {None}


def test_a_workbook_carries_no_date(tmp_path):
    body = pd.DataFrame({"(1)": ["1"]}, index=["x"])
    path = yd.Table(body, (), "", "en").to_excel(tmp_path / "t.xlsx")
    with zipfile.ZipFile(path) as archive:
        assert {info.date_time[0] for info in archive.infolist()} == {1980}
        properties = archive.read("docProps/core.xml").decode()
    assert properties.count("2000-01-01T00:00:00Z") == 2
