"""Read an old workbook (xls) in a process of its own, which a damaged file may end.

The reader asks for as much memory as the file claims to need. Run as a script: the workbook on standard input, its
sheets as JSON on standard output, or a message and status 1.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
from typing import Any

MOST_BYTES = 4 << 30


def main() -> int:
    """Read standard input, write standard output."""
    import python_calamine

    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read()))
        sheets = [_sheet(book, meta) for meta in book.sheets_metadata if "WorkSheet" in str(meta.typ)]
    except BaseException as error:  # the library panics on damaged files
        sys.stdout.buffer.write(f"{type(error).__name__}: {error}".encode())
        return 1
    sys.stdout.buffer.write(json.dumps(sheets, default=str).encode())
    return 0


def _sheet(book: Any, meta: Any) -> dict[str, Any]:
    sheet = book.get_sheet_by_name(meta.name)
    merged = [[*first, *last] for first, last in sheet.merged_cell_ranges or []]
    cells = sheet.to_python(skip_empty_area=False)
    return {"name": meta.name, "cells": cells, "merged": merged, "hidden": not str(meta.visible).endswith(".Visible")}


if __name__ == "__main__":
    sys.exit(main())
