"""What people really have: the right table, or one clear error with file, sheet and cell."""

import datetime
import io
import zipfile

import numpy as np
import openpyxl
import pandas as pd
import pytest

import yrdecon as yd
from yrdecon.clean.encodings import text_encoding
from yrdecon.core.archive import zip_bytes

HEADER = "城市,年份,GDP\n"


def text(tmp_path, body, *, encoding="utf-8", name="a.csv"):
    (tmp_path / name).write_bytes(body.encode(encoding) if isinstance(body, str) else body)
    return tmp_path / name


def read(path, **options):
    panel = yd.read_panel(path, **options)
    return panel.frame.drop(columns=panel.time).values.tolist()


def book(tmp_path, *rows):
    made = openpyxl.Workbook()
    for row in rows:
        made.active.append(row)
    made.save(tmp_path / "a.xlsx")
    return tmp_path / "a.xlsx"


ROWS = (["城市", "年份", "GDP"], ["合肥市", 2020, 10046], ["芜湖市", 2020, 3753])


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("1,234,567.5", 1234567.5),
        ("１２３４．５", 1234.5),
        ("1,234①", 1234),
        ("1234*", 1234),
        ("1234[2]", 1234),
        ("1234(3)", 1234),
        ("-5.5", -5.5),
        ("−5.5", -5.5),
        ("'77", 77),
        ("12.5%", 12.5),
        ("1.2E+05", 120000),
    ],
)
def test_numbers_as_people_type_them_are_numbers(tmp_path, cell, value):
    assert read(text(tmp_path, f'{HEADER}合肥市,2020,"{cell}"\n芜湖市,2020,1\n')) == [["合肥市", value], ["芜湖市", 1]]


@pytest.mark.parametrize("cell", ["", "…", "……", "-", "—", "——", "NA", "N/A", "nan", ".", "..", "缺失", " "])
def test_marks_of_missing_values_are_missing(tmp_path, cell):
    (_, value), _ = read(text(tmp_path, f"{HEADER}合肥市,2020,{cell}\n芜湖市,2020,1\n"))
    assert np.isnan(value)


@pytest.mark.parametrize(
    "cell", ["841 16", "mi", "413349’", "1,23", "12万", "(5)", "1e999", "inf", "1_000", "0x1F", "٣"]
)
def test_what_is_no_number_is_refused_with_its_cell(tmp_path, cell):
    path = text(tmp_path, f'{HEADER}合肥市,2020,1\n芜湖市,2020,"{cell}"\n蚌埠市,2020,2\n')
    with pytest.raises(yd.DataError, match=r"a\.csv, cell C3 holds .*, which is no number"):
        yd.read_panel(path)


def test_a_number_that_is_none_in_a_workbook_is_refused_with_sheet_and_cell(tmp_path):
    path = book(tmp_path, *ROWS, ["蚌埠市", 2020, "mi"])
    with pytest.raises(yd.DataError, match=r"a\.xlsx, sheet 'Sheet', cell C4 holds 'mi', which is no number"):
        yd.read_panel(path)


def test_a_city_printed_twice_in_a_year_is_refused_with_both_rows(tmp_path):
    path = book(tmp_path, *ROWS, [" 合 肥 市 ", 2020, 1])
    with pytest.raises(yd.DataError, match="sheet 'Sheet', cell A2 and row 4 are both 合肥市 2020"):
        yd.read_panel(path)


def test_figures_without_a_unit_and_years_that_are_none_are_refused_with_their_cell(tmp_path):
    with pytest.raises(yd.DataError, match="cell A4 is empty beside figures"):
        yd.read_panel(book(tmp_path, *ROWS, [None, 2020, 1]))
    with pytest.raises(yd.DataError, match="cell B4 holds 'soon' where a year is due"):
        yd.read_panel(book(tmp_path, *ROWS, ["蚌埠市", "soon", 1]))
    with pytest.raises(yd.DataError, match="has no column of years, and neither the sheet"):
        yd.read_panel(book(tmp_path, ["城市", "GDP"], ["合肥市", 1]))


def test_titles_headings_notes_and_repeated_headers_are_no_rows(tmp_path):
    path = book(
        tmp_path,
        ["表1 GDP"],
        [],
        *ROWS,
        ["安徽省"],
        ROWS[0],
        ["蚌埠市", 2020, 2082],
        [],
        ["注：初步数"],
        [None, None, "www"],
    )
    assert read(path) == [["合肥市", 10046], ["芜湖市", 3753], ["蚌埠市", 2082]]


def test_names_in_merged_cells_belong_to_every_row_they_cover(tmp_path):
    path = book(tmp_path, ROWS[0], ["合肥市", 2019, 9409], [None, 2020, 10046])
    made = openpyxl.load_workbook(path)
    made.active.merge_cells("A2:A3")
    made.save(path)
    assert read(path) == [["合肥市", 9409], ["合肥市", 10046]]


def test_dates_are_years(tmp_path):
    path = book(tmp_path, ["城市", "年份", "GDP"], ["合肥市", datetime.datetime(2020, 12, 31), 10046])
    assert yd.read_panel(path).periods.tolist() == [2020]


def test_a_workbook_with_a_password_says_so(tmp_path):
    start = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 1016
    path = text(tmp_path, start + "EncryptedPackage".encode("utf-16-le") + b"\0" * 512, name="a.xlsx")
    with pytest.raises(yd.DataError, match=r"a\.xlsx is protected by a password; open it in Excel or WPS"):
        yd.read_panel(path)


@pytest.mark.parametrize("share", [0.02, 0.3, 0.7, 0.99])
def test_a_truncated_workbook_says_so(tmp_path, share):
    data = book(tmp_path, *ROWS).read_bytes()
    with pytest.raises(yd.DataError, match=r"b\.xlsx is truncated or damaged"):
        yd.read_panel(text(tmp_path, data[: int(len(data) * share)], name="b.xlsx"))


def test_a_damaged_old_workbook_is_refused_by_a_process_of_its_own(tmp_path):
    start = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    with pytest.raises(yd.DataError, match=r"a\.xls is truncated or damaged"):
        yd.read_panel(text(tmp_path, start + b"\x3e\0\x03\0" * 400, name="a.xls"))


def test_an_empty_file_another_zip_and_an_image_say_so(tmp_path):
    with pytest.raises(yd.DataError, match="is empty"):
        yd.read_panel(text(tmp_path, b""))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.csv", HEADER)
    with pytest.raises(yd.DataError, match="is a zip file but no xlsx workbook"):
        yd.read_panel(text(tmp_path, buffer.getvalue()))
    with pytest.raises(yd.DataError, match="holds no text and no workbook"):
        yd.read_panel(text(tmp_path, b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"))


def test_formulas_that_were_never_computed_are_refused_with_their_cell(tmp_path):
    path = book(tmp_path, *ROWS, ["蚌埠市", 2020, "=C2+C3"])
    with pytest.raises(yd.DataError, match="sheet 'Sheet', cell C4 holds a formula that was never computed"):
        yd.read_panel(path)
    with pytest.raises(yd.DataError, match="sheet 'Sheet', cell C4 holds a formula that was never computed"):
        yd.read_yearbook(path)


def test_a_stray_cell_at_the_end_of_a_sheet_is_refused_before_it_fills_memory(tmp_path):
    path = book(tmp_path, *ROWS)
    made = openpyxl.load_workbook(path)
    made.active["XFD1048576"] = "stray"
    made.save(path)
    with pytest.raises(yd.DataError, match="spans 1048576 rows by 16384 columns; delete stray cells"):
        yd.read_panel(path)
    with zipfile.ZipFile(book(tmp_path, *ROWS)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    wrong = zip_bytes(parts | {sheet: parts[sheet].replace(b'r="A1"', b'r="A199999999999"')})
    with pytest.raises(yd.DataError, match="spans 199999999999 rows"):
        yd.read_panel(text(tmp_path, wrong, name="a.xlsx"))


@pytest.mark.parametrize("encoding", ["utf-8", "gbk"])
def test_a_web_page_saved_as_a_workbook_is_read(tmp_path, encoding):
    page = (
        "<html><body><table><tr><th colspan=3>表1</th></tr><tr><th>城市</th><th>年份</th><th>GDP</th></tr>"
        "<tr><td rowspan='2'>合肥市</td><td>2019</td><td>9,409</td></tr><tr><td>2020</td><td>10&nbsp;</td></tr></table>"
    )
    assert read(text(tmp_path, page, encoding=encoding, name="a.xls")) == [["合肥市", 9409], ["合肥市", 10]]
    with pytest.raises(yd.DataError, match=r"b\.xls is a web page without a table"):
        yd.read_panel(text(tmp_path, "<html>login</html>", name="b.xls"))


def test_a_text_under_the_name_of_a_workbook_is_read(tmp_path):
    assert read(text(tmp_path, "城市\t年份\tGDP\n合肥市\t2020\t1\n", encoding="gbk", name="a.xls")) == [["合肥市", 1]]


def test_lines_in_two_encodings_are_refused_with_the_line(tmp_path):
    mixed = HEADER.encode("gbk") + "合肥市,2020,1\n".encode() + "芜湖市,2020,2\n".encode("gbk")
    with pytest.raises(yd.DataError, match=r"a\.csv mixes encodings: line 2 is UTF-8, others are GBK"):
        yd.read_panel(text(tmp_path, mixed))
    with pytest.raises(yd.DataError, match=r"line 2 of a\.csv is neither UTF-8 nor GBK"):
        yd.read_panel(text(tmp_path, HEADER.encode("gbk") + b"\xff\xff,2020,1\n"))


def test_a_line_with_more_fields_than_the_header_is_refused(tmp_path):
    with pytest.raises(yd.DataError, match=r"a\.csv, cell D3 holds .*234.* in a column without a header"):
        yd.read_panel(text(tmp_path, f"{HEADER}合肥市,2020,1\n芜湖市,2020,1,234\n"))
    far = "".join(f"市{i},2020,1\n" for i in range(100))
    with pytest.raises(yd.DataError, match=r"line 102 of a\.csv has more fields than the header|no table of separated"):
        yd.read_panel(text(tmp_path, f"{HEADER}{far}芜湖市,2020,1,234\n"))
    assert read(text(tmp_path, f"{HEADER}合肥市,2020,1,\n")) == [["合肥市", 1]]


def test_a_header_that_occurs_twice_and_two_columns_of_one_year_are_refused(tmp_path):
    with pytest.raises(yd.DataError, match=r"a\.csv has several columns with the headers \['GDP'\]"):
        yd.read_panel(text(tmp_path, "城市,年份,GDP,GDP\n合肥市,2020,1,2\n"))
    with pytest.raises(yd.DataError, match=r"a\.csv has several columns for '2010'"):
        yd.read_panel(text(tmp_path, "城市,2010,2010年\n合肥市,1,2\n"))
    with pytest.raises(yd.DataError, match="has no other column than that of units"):
        yd.read_panel(text(tmp_path, "城市,年份\n合肥市,2020\n"))


def test_an_open_quotation_mark_is_refused(tmp_path):
    with pytest.raises(yd.DataError, match="is no table of separated fields"):
        yd.read_panel(text(tmp_path, f'{HEADER}"合肥市,2020,1\n'))


def test_a_file_without_a_column_of_units_says_what_it_found(tmp_path):
    with pytest.raises(
        yd.DataError, match=r"no row of a\.csv names a column of units .* its first row holds \['x', 'y'\]"
    ):
        yd.read_panel(text(tmp_path, "x,y\n1,2\n"))
    with pytest.raises(yd.DataError, match="names the column '县名' and '期'"):
        yd.read_panel(text(tmp_path, "x,y\n1,2\n"), unit="县名", time="期")
    with pytest.raises(yd.DataError, match="holds headers and no figures"):
        yd.read_panel(text(tmp_path, HEADER))


def test_damaged_stata_and_parquet_files_say_so(tmp_path, toy):
    data = yd.write_dta(toy, tmp_path / "a.dta").read_bytes()
    with pytest.raises(yd.DataError, match=r"b\.dta is no readable Stata file"):
        yd.read_panel(text(tmp_path, data[:900], name="b.dta"))
    with pytest.raises(yd.DataError, match=r"b\.parquet is no readable parquet file"):
        yd.read_panel(text(tmp_path, b"PAR1" + b"x" * 50 + b"PAR1", name="b.parquet"))
    pd.DataFrame(ROWS[1:], columns=ROWS[0]).to_parquet(tmp_path / "c.parquet", compression=None)
    broken = (tmp_path / "c.parquet").read_bytes().replace("合肥市".encode(), b"\xff" * 9)
    with pytest.raises(yd.DataError, match=r"c\.parquet is no readable parquet file"):
        yd.read_panel(text(tmp_path, broken, name="c.parquet"))


@pytest.mark.parametrize("mark", ["utf-8-sig", "utf-16"])
def test_the_encoding_is_told_by_its_mark(tmp_path, mark):
    assert text_encoding(text(tmp_path, HEADER, encoding=mark)) == mark
