"""Compare two folders of outputs file by file, and say in words what differs."""

from __future__ import annotations

import difflib
import hashlib
import re
import zipfile
from fnmatch import fnmatchcase
from pathlib import Path

TEXT = {".csv", ".md", ".tex", ".txt", ".toml", ".json", ".html", ".svg"}
LINES_SHOWN = 20
LINE_WIDTH = 200


def compare_outputs(committed: Path, fresh: Path, apart: tuple[str, ...] = ()) -> list[str]:
    """Return one paragraph for each file that is missing, new or different.

    Files that match a pattern in `apart` are left aside. Text is compared line by line, images inside HTML aside; Word
    files by their text and format; figures by the data and the alternative text saved beside them, because the bytes
    of an image depend on the machine.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
    ...     _ = (Path(one) / "a.csv").write_text("x"), (Path(two) / "a.csv").write_text("y")
    ...     print(compare_outputs(Path(one), Path(two))[0].splitlines()[0])
    a.csv differs:
    """
    old, new = _files(committed, apart), _files(fresh, apart)
    found = [f"{name} is committed but was not made again" for name in sorted(old - new)]
    found += [f"{name} was made but is not committed" for name in sorted(new - old)]
    for name in sorted(old & new):
        difference = _difference(committed / name, fresh / name)
        if difference:
            found.append(f"{name} differs:\n{difference}")
    return found


def _files(root: Path, apart: tuple[str, ...]) -> set[str]:
    names = {p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file() and not p.name.startswith(".")}
    return {name for name in names if not any(fnmatchcase(name, pattern) for pattern in apart)}


def _difference(old: Path, new: Path) -> str:
    if old.read_bytes() == new.read_bytes() or old.suffix in (".png", ".svg", ".pdf"):
        return ""
    if old.suffix == ".docx":
        return _text_difference(_word_text(old), _word_text(new))
    if old.suffix in TEXT:
        return _text_difference(_text(old), _text(new))
    digests = (hashlib.sha256(p.read_bytes()).hexdigest()[:12] for p in (old, new))
    return "  sha256 {} became {}".format(*digests)


def _text(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    return re.sub(r"data:image/[a-z+]+;base64,[A-Za-z0-9+/=\s]+", "[image]", text) if path.suffix == ".html" else text


def _word_text(path: Path) -> str:
    with zipfile.ZipFile(path) as archive:
        return archive.read("word/document.xml").decode("utf-8").replace("><", ">\n<")


def _text_difference(old: str, new: str) -> str:
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), "committed", "made again", lineterm="", n=0)
    shown = [f"  {line[:LINE_WIDTH]}" for line in lines][2:]
    more = f"\n  ... and {len(shown) - LINES_SHOWN} more lines" if len(shown) > LINES_SHOWN else ""
    return "\n".join(shown[:LINES_SHOWN]) + more
