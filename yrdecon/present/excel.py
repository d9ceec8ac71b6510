"""Tables in Excel: three rules, merged spans, and every number the text that is printed."""

from __future__ import annotations

import io
import math
from typing import Any

from yrdecon.core.archive import undated
from yrdecon.core.extras import require
from yrdecon.present.table_content import TableContent
from yrdecon.present.widths import letters, natural_widths
from yrdecon.present.words import word

LATIN, EAST_ASIAN = "Times New Roman", "宋体"
SIZE, NOTE_SIZE, LINE_POINTS = 10.5, 9, 15
LEAST_LETTERS, MOST_LETTERS = 9.0, 44.0


def excel_bytes(table: TableContent) -> bytes:
    """Return a workbook with one sheet, the table; it prints on one page in width."""
    book = require("openpyxl", "tables").Workbook()
    sheet = book.active
    sheet.title = word("table", "en" if table.lang == "en" else "zh")
    width = table.body.shape[1] + 1
    widths = [min(MOST_LETTERS, max(LEAST_LETTERS, natural)) + 2 for natural in natural_widths(table)]
    for number, characters in enumerate(widths, start=1):
        sheet.column_dimensions[_letter(number)].width = characters
    if table.caption:
        sheet.append([])
        _text(sheet, 1, 1, table.caption, bold=True)
        _span(sheet, 1, 1, width)
    first = 2 if table.caption else 1
    body = _write_header(sheet, table, first)
    last = _write_rows(sheet, table, body)
    _rule(sheet, first, width, top="medium")
    _rule(sheet, body - 1, width, bottom="thin")
    _rule(sheet, last, width, bottom="medium")
    _write_notes(sheet, table, last + 1, sum(widths))
    _set_page(book, sheet, table)
    buffer = io.BytesIO()
    book.save(buffer)
    return undated(buffer.getvalue())


def _write_header(sheet: Any, table: TableContent, row: int) -> int:
    """Write the header and return the row below it; a thin rule stands under each spanning label."""
    lines = table.header
    for line in lines:
        column = 2
        _text(sheet, row, 1, table.stub if line is lines[-1] else "")
        for span in line:
            _text(sheet, row, column, span.text)
            _span(sheet, row, column, column + span.width - 1)
            if span.text and line is not lines[-1]:
                _rule(sheet, row, column + span.width - 1, bottom="thin", start=column)
            column += span.width
        _fit_height(sheet, row, [span.text for span in line])
        row += 1
    return row


def _write_rows(sheet: Any, table: TableContent, row: int) -> int:
    """Write the body and return its last row."""
    for position, cells in enumerate(table.rows):
        for column, text in enumerate(cells, start=1):
            _text(sheet, row + position, column, text, bold=position in table.titles)
        if position in table.titles:
            _span(sheet, row + position, 1, len(cells), centered=False)
        else:
            _fit_height(sheet, row + position, cells, start=1)
    return row + len(table.rows) - 1


def _write_notes(sheet: Any, table: TableContent, row: int, per_line: float) -> None:
    from openpyxl.styles import Alignment

    for number, paragraph in enumerate(table.paragraphs):
        _text(sheet, row + number, 1, paragraph, size=NOTE_SIZE)
        _span(sheet, row + number, 1, table.body.shape[1] + 1, centered=False)
        sheet.cell(row + number, 1).alignment = Alignment(horizontal="left", vertical="top", wrap_text=True)
        sheet.row_dimensions[row + number].height = 13 * math.ceil(letters(paragraph) / per_line + 0.3)


def _text(sheet: Any, row: int, column: int, text: str, *, bold: bool = False, size: float = SIZE) -> None:
    """Write a text that Excel reads neither as a number nor as a formula."""
    from openpyxl.styles import Alignment, Font

    cell = sheet.cell(row, column)
    cell.value, cell.data_type, cell.number_format = text, "s", "@"
    name = EAST_ASIAN if any(ord(sign) > 0x2E7F for sign in text) else LATIN
    cell.font = Font(name=name, size=size, bold=bold)
    cell.alignment = Alignment(horizontal="left" if column == 1 else "center", vertical="center", wrap_text=True)


def _span(sheet: Any, row: int, first: int, last: int, *, centered: bool = True) -> None:
    from openpyxl.styles import Alignment

    if last > first:
        sheet.merge_cells(start_row=row, start_column=first, end_row=row, end_column=last)
    sheet.cell(row, first).alignment = Alignment(
        horizontal="center" if centered else "left", vertical="center", wrap_text=True
    )


def _rule(sheet: Any, row: int, last: int, *, top: str = "", bottom: str = "", start: int = 1) -> None:
    from openpyxl.styles import Border, Side

    for column in range(start, last + 1):
        cell = sheet.cell(row, column)
        old = cell.border
        cell.border = Border(
            top=Side(style=top, color="FF000000") if top else old.top,
            bottom=Side(style=bottom, color="FF000000") if bottom else old.bottom,
        )


def _fit_height(sheet: Any, row: int, cells: list[str], start: int = 2) -> None:
    lines = 1
    for column, text in enumerate(cells, start=start):
        fits = sheet.column_dimensions[_letter(column)].width if start == 1 or len(cells) > 1 else 1000
        lines = max(lines, math.ceil(letters(text) / fits))
    sheet.row_dimensions[row].height = LINE_POINTS * lines


def _letter(number: int) -> str:
    from openpyxl.utils import get_column_letter

    return str(get_column_letter(number))


def _set_page(book: Any, sheet: Any, table: TableContent) -> None:
    book.properties.creator, book.properties.title = "yrdecon", table.caption
    sheet.sheet_view.showGridLines = False
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
