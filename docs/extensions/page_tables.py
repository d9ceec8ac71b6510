"""Build tables of a page from rows of text."""

from __future__ import annotations

from collections.abc import Sequence

from docutils import nodes


def table_of(header: Sequence[str], rows: Sequence[Sequence[str]], numbers_from: int | None = None) -> nodes.container:
    """Return a table that scrolls sideways on narrow screens; columns from one on hold numbers."""
    group = nodes.tgroup(cols=len(header))
    group += [nodes.colspec(colwidth=1) for _ in header]
    head, body = nodes.thead(), nodes.tbody()
    head += _row(header, numbers_from)
    body += [_row(row, numbers_from) for row in rows]
    group += [head, body]
    table = nodes.table("", group, classes=["colwidths-auto"])
    return nodes.container("", table, classes=["wide"])


def _row(cells: Sequence[str], numbers_from: int | None) -> nodes.row:
    row = nodes.row()
    for position, text in enumerate(cells):
        number = numbers_from is not None and position >= numbers_from
        row += nodes.entry("", nodes.paragraph("", text), classes=["number"] if number else [])
    return row
