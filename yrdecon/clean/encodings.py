"""The encoding of a text file, found from its bytes and never guessed."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from pathlib import Path

from yrdecon.errors import DataError

MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
CANDIDATES = ("utf-8", "gb18030")
CHUNK = 1 << 23
CHINESE_IN_UTF8 = re.compile(rb"(?:[\xe4-\xe9][\x80-\xbf]{2}){2}")


def text_encoding(path: Path) -> str:
    """Return the encoding of a text file: of its byte order mark, else UTF-8, else GB18030, which holds GBK.

    The whole file must be valid; it is read in parts.

    Raises
    ------
    DataError
        If the file holds no text, is valid in neither encoding, or has lines in both.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "gbk.csv"
    ...     _ = file.write_bytes("城市,年份".encode("gbk"))
    ...     text_encoding(file)
    'gb18030'
    """
    with path.open("rb") as handle:
        head = handle.read(4096)
    marked = next((name for mark, name in MARKS if head.startswith(mark)), None)
    if marked is None and b"\0" in head:
        raise DataError(f"{path.name} holds no text and no workbook that can be read; export it as xlsx or csv")
    for encoding in (marked,) if marked else CANDIDATES:
        if _is_valid(path, encoding):
            if encoding == "gb18030":
                _fail_if_a_line_is_utf8(path)
            return encoding
    raise DataError(_where_it_breaks(path))


def read_text(path: Path) -> str:
    """Return the text of a file in the encoding found by `text_encoding`.

    Raises
    ------
    DataError
        As `text_encoding`.
    """
    return path.read_bytes().decode(text_encoding(path)).removeprefix("\ufeff")


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as handle:
        while chunk := handle.read(CHUNK):
            yield chunk


def _is_valid(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for chunk in _chunks(path):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _is_utf8(line: bytes) -> bool:
    try:
        return CHINESE_IN_UTF8.search(line) is not None and bool(line.decode("utf-8"))
    except UnicodeDecodeError:
        return False


def _is_gbk(line: bytes) -> bool:
    try:
        return not line.isascii() and bool(line.decode("gb18030"))
    except UnicodeDecodeError:
        return False


def _fail_if_a_line_is_utf8(path: Path) -> None:
    with path.open("rb") as handle:
        for number, line in enumerate(handle, 1):
            if CHINESE_IN_UTF8.search(line) and _is_utf8(line):
                raise DataError(_mixed(path, number))


def _mixed(path: Path, number: int) -> str:
    return (
        f"{path.name} mixes encodings: line {number} is UTF-8, others are GBK; "
        "open the parts separately and save them all as UTF-8"
    )


def _where_it_breaks(path: Path) -> str:
    first_utf8 = 0
    with path.open("rb") as handle:
        for number, line in enumerate(handle, 1):
            if line.isascii():
                continue
            if _is_utf8(line):
                first_utf8 = first_utf8 or number
            elif first_utf8 and _is_gbk(line):
                return _mixed(path, first_utf8)
            elif not _is_gbk(line):
                return f"line {number} of {path.name} is neither UTF-8 nor GBK; save the file anew as UTF-8"
    return f"{path.name} is neither UTF-8 nor GBK throughout; save the file anew as UTF-8"
