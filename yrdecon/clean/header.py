"""Headers of yearbook tables: several rows, two languages, units, the whole city or its districts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from yrdecon.clean.grid import Grid, Range, bare, squeezed
from yrdecon.clean.units import is_unit_alone, unit_in

NAME_LABELS = {"城市", "城市名称", "地区", "地区名称", "市", "市县", "县市", "县(市)", "县（市）", "市(县)", "市（县）"}
ENGLISH_LABELS = {"city", "region", "county", "area"}
SCOPES = ("全市", "市辖区")
MISREAD_SCOPES = {"再辖区": "市辖区"}

TABLE_NUMBER = re.compile(r"^\s*(\d+-\d+(?:-\d+)?)\s+")
TITLE_SCOPE = re.compile(rf"[(（]\s*({'|'.join(SCOPES)})\s*[)）]")
CHINESE = re.compile(r"[\u4e00-\u9fff]")
LANGUAGES = re.compile(r"(.*[\u4e00-\u9fff](?:\s*[)）])*(?:\s*[(（]\s*[%％‰]\s*[)）])?)(.*)", re.DOTALL)
NUMBER = re.compile(r"-?\d[\d,]*(\.\d+)?")


@dataclass(frozen=True)
class Column:
    """A column of figures and what its header says."""

    index: int
    table_no: str
    table: str
    indicator_zh: str
    indicator_en: str
    unit: str
    scope: str


@dataclass(frozen=True)
class Block:
    """A table on a sheet: where its names stand, its rows, its columns of figures."""

    name_column: int
    first_row: int
    last_row: int
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class _Piece:
    area: Range
    chinese: str
    english: str


def read_headers(grid: Grid) -> tuple[Block, ...]:
    """Find the tables of a sheet by the label of their column of names (城市, 地区), wherever they stand.

    The header of a column is read from top to bottom: a title above the label (its number, its unit, its scope), then
    the lowest Chinese text as indicator, the lowest English text not above it, a scope (全市 or 市辖区). A merged cell
    belongs to every column it covers. A sheet without the label has no table.

    Examples
    --------
    >>> rows = (("城市", "地区生产总值 (亿元) Gross Regional Product"), ("", "全市 Total City"), ("合肥市", 12014.0))
    >>> block, = read_headers(Grid("book.xlsx", "Sheet1", rows))
    >>> column, = block.columns
    >>> column.indicator_zh, column.indicator_en, column.unit, column.scope
    ('地区生产总值 (亿元)', 'Gross Regional Product', '亿元', '全市')
    """
    labels = [
        (row, column)
        for row in range(grid.height)
        for column in range(grid.width)
        if isinstance(text := grid.cells[row][column], str) and bare(text) in NAME_LABELS
    ]
    tops = {row: _top_of_header(grid, row) for row, _ in labels}
    return tuple(block for label in labels if (block := _block(grid, label, labels, tops)).columns)


def split_languages(text: str) -> tuple[str, str]:
    """Split a bilingual text into its Chinese and its English part; either may be empty.

    Examples
    --------
    >>> split_languages("第一产业占GDP的比重（%）   Primary Industry")
    ('第一产业占GDP的比重（%）', 'Primary Industry')
    """
    found = LANGUAGES.fullmatch(text)
    return (squeezed(found[1]), squeezed(found[2])) if found else ("", squeezed(text))


def _block(grid: Grid, label: tuple[int, int], labels: list[tuple[int, int]], tops: dict[int, int]) -> Block:
    row, name_column = label
    later = [tops[r] for r, _ in labels if r > row]
    end = min(later, default=grid.height)
    first = _first_row_of_body(grid, row, name_column, end)
    right = min((c for r, c in labels if r == row and c > name_column), default=grid.width)
    titles = {
        column: _title(grid, row, column, tops[row]) or _title_of_sheet(grid, row, tops[row])
        for column in range(name_column + 1, right)
    }
    columns = (
        _column(grid, column, range(tops[row], first), titles[column], row) for column in range(name_column + 1, right)
    )
    return Block(name_column, first, end - 1, tuple(c for c in columns if c is not None))


def _top_of_header(grid: Grid, label_row: int) -> int:
    """Return the row after the last one above the label that holds a number beside a name."""
    for row in range(label_row - 1, -1, -1):
        if any(isinstance(c, float | int) or NUMBER.fullmatch(bare(str(c))) for c in grid.cells[row]):
            return row + 1
    return 0


def _first_row_of_body(grid: Grid, label_row: int, name_column: int, end: int) -> int:
    row = min(grid.owner(label_row, name_column).last_row + 1, end)
    while row < end and (not (name := bare(grid.text(row, name_column))) or name.lower() in ENGLISH_LABELS):
        row += 1
    return row


def _pieces(grid: Grid, column: int, rows: range) -> Iterator[_Piece]:
    seen: set[Range] = set()
    for row in rows:
        area = grid.owner(row, column)
        text = grid.text(area.first_row, area.first_column)
        if area not in seen and text.strip():
            seen.add(area)
            yield _Piece(area, *split_languages(text))


def _title(grid: Grid, label_row: int, column: int, top: int) -> str:
    for piece in _pieces(grid, column, range(top, label_row)):
        return piece.chinese or piece.english
    return ""


def _title_of_sheet(grid: Grid, label_row: int, top: int) -> str:
    texts = (squeezed(grid.text(row, column)) for row in range(top, label_row) for column in range(grid.width))
    return next((text for text in texts if text and not is_unit_alone(text)), squeezed(grid.sheet))


def _column(grid: Grid, index: int, rows: range, title: str, label_row: int) -> Column | None:
    label = grid.owner(label_row, index)
    if bare(grid.text(label.first_row, label.first_column)).lower() in ENGLISH_LABELS:
        return None
    pieces = list(_pieces(grid, index, rows))
    named = [p for p in pieces if CHINESE.search(p.chinese) and not _scope(p) and not _is_unit(p)]
    if len(named) > 1 and named[0].area.first_row < label_row:
        named = named[1:]
    indicator = named[-1] if named else None
    chinese = TABLE_NUMBER.sub("", indicator.chinese) if indicator else ""
    units = [unit_in(chinese), *(unit_in(p.chinese or p.english) for p in pieces if _is_unit(p)), unit_in(title)]
    scopes = [_scope(p) for p in reversed(pieces)] + TITLE_SCOPE.findall(title)
    number = TABLE_NUMBER.match(title)
    return Column(
        index,
        number[1] if number else "",
        squeezed(TABLE_NUMBER.sub("", title)),
        chinese,
        _english(pieces, indicator),
        _first(units),
        _first(scopes),
    )


def _first(texts: list[str]) -> str:
    return next((text for text in texts if text), "")


def _scope(piece: _Piece) -> str:
    text = bare(piece.chinese)
    text = MISREAD_SCOPES.get(text, text)
    return text if text in SCOPES else ""


def _is_unit(piece: _Piece) -> bool:
    return is_unit_alone(piece.chinese or piece.english)


def _english(pieces: list[_Piece], indicator: _Piece | None) -> str:
    lowest = indicator.area.first_row if indicator else 0
    own = [p for p in pieces if p.area.first_row >= lowest and not _is_unit(p) and not _scope(p)]
    return _first([p.english for p in reversed(own)])
