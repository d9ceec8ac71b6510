"""PDF from Typst source: the same bytes on every machine and every day."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from yrdecon.core.extras import require
from yrdecon.errors import YrdeconError

CREATED = 946684800  # 1 January 2000, in seconds


def pdf_bytes(source: str, files: Mapping[str, bytes]) -> bytes:
    """Compile Typst source, with only the fonts that Typst and mplfonts bring.

    Parameters
    ----------
    source
        The document; `#set document(date: none)` keeps the day of its making out of it.
    files
        What the source reads, by the name it uses.

    Raises
    ------
    YrdeconError
        If a library of the tables extra is not installed, or Typst rejects the source.

    Examples
    --------
    >>> pdf_bytes("Hello", {})[:5]
    b'%PDF-'
    """
    typst = require("typst", "tables")
    fonts = Path(require("mplfonts", "tables").__file__).parent / "fonts"
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            (Path(folder) / name).write_bytes(content)
        main = Path(folder) / "main.typ"
        main.write_text(source, encoding="utf-8", newline="\n")
        try:
            return bytes(
                typst.compile(main, root=folder, font_paths=[fonts], ignore_system_fonts=True, timestamp=CREATED)
            )
        except typst.TypstError as error:
            raise YrdeconError(f"Typst cannot make a PDF of this source: {error}; check the source it names") from error
