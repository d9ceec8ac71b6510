"""Tables in Markdown."""

from __future__ import annotations

import re

from yrdecon.present.table_content import TableContent


def markdown_text(table: TableContent) -> str:
    """Return a table with one header line, in which a spanning label stands before each of its columns."""
    lines = [_line([table.stub, *_flat_header(table)]), "| --- |" + " :-: |" * table.body.shape[1]]
    for position, row in enumerate(table.rows):
        title = position in table.titles and row[0]
        lines.append(_line([f"**{_escape(row[0])}**", *row[1:]], escaped=1) if title else _line(row))
    caption = [f"**{_escape(table.caption)}**", ""] if table.caption else []
    notes = [part for paragraph in table.paragraphs for part in ("", _escape(paragraph))]
    return "\n".join([*caption, *lines, *notes]) + "\n"


def _flat_header(table: TableContent) -> list[str]:
    columns = [c if isinstance(c, tuple) else (c,) for c in table.body.columns]
    return [" ".join(str(part) for part in column if part) for column in columns]


def _line(cells: list[str], escaped: int = 0) -> str:
    return "| " + " | ".join([*cells[:escaped], *map(_escape, cells[escaped:])]) + " |"


def _escape(text: str) -> str:
    """Keep stars, underscores and bars from being read as markup."""
    return re.sub(r"([*_|<])", r"\\\1", text).replace("\n", " ")
