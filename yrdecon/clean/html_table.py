"""Tables of a web page, such as those that are saved under the name of a workbook."""

from __future__ import annotations

from html.parser import HTMLParser

from yrdecon.clean.grid import Grid, Range, squeezed

WIDEST_SPAN = 1000
TALLEST_SPAN = 65534


def html_grids(source: str, text: str) -> tuple[Grid, ...]:
    """Return the outermost tables of a page, spans as merged ranges.

    Examples
    --------
    >>> grid, = html_grids("a.xls", "<table><tr><th colspan=2>GDP</th></tr><tr><td>合肥</td><td>1</td></tr></table>")
    >>> grid.cells, grid.merged
    ((('GDP', ''), ('合肥', '1')), (Range(first_row=0, first_column=0, last_row=0, last_column=1),))
    """
    reader = _Reader()
    reader.feed(text)
    reader.close()
    return tuple(_grid(source, number, table) for number, table in enumerate(reader.tables, 1) if table)


def _grid(source: str, number: int, table: list[list[tuple[str, int, int]]]) -> Grid:
    placed: dict[tuple[int, int], str] = {}
    merged: list[Range] = []
    open_until: dict[int, int] = {}
    for row, cells in enumerate(table):
        column = 0
        for text, width, height in cells:
            while open_until.get(column, -1) >= row:
                column += 1
            placed[row, column] = text
            if width > 1 or height > 1:
                merged.append(Range(row, column, row + height - 1, column + width - 1))
            open_until |= dict.fromkeys(range(column, column + width), row + height - 1)
            column += width
    across = max(open_until, default=-1) + 1
    rows = tuple(tuple(placed.get((row, column), "") for column in range(across)) for row in range(len(table)))
    return Grid(source, f"table {number}", rows, tuple(merged))


class _Reader(HTMLParser):
    """Collects text, width and height of the cells of the outermost tables."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[list[list[tuple[str, int, int]]]] = []
        self.depth = 0
        self.cell: tuple[list[str], int, int] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open a table, a row or a cell."""
        if tag == "table":
            self.depth += 1
            if self.depth == 1:
                self.tables.append([])
        elif tag == "tr" and self.depth == 1:
            self._end_cell()
            self.tables[-1].append([])
        elif tag in ("td", "th") and self.depth == 1 and self.tables[-1]:
            self._end_cell()
            spans = dict(attrs)
            self.cell = ([], _span(spans.get("colspan"), WIDEST_SPAN), _span(spans.get("rowspan"), TALLEST_SPAN))
        elif tag == "br" and self.cell:
            self.cell[0].append(" ")

    def handle_endtag(self, tag: str) -> None:
        """Close a cell or a table."""
        if tag in ("td", "th", "tr") and self.depth == 1:
            self._end_cell()
        elif tag == "table" and self.depth:
            if self.depth == 1:
                self._end_cell()
            self.depth -= 1

    def handle_data(self, data: str) -> None:
        """Add text to the open cell."""
        if self.cell:
            self.cell[0].append(data)

    def _end_cell(self) -> None:
        if self.cell:
            texts, width, height = self.cell
            self.tables[-1][-1].append((squeezed("".join(texts)), width, height))
            self.cell = None


def _span(stated: str | None, most: int) -> int:
    digits = (stated or "").strip()
    return min(max(int(digits), 1), most) if digits.isascii() and digits.isdigit() and len(digits) < 7 else 1
