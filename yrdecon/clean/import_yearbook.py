"""A yearbook workbook as a folder of raw figures."""

from __future__ import annotations

import hashlib
from os import PathLike
from pathlib import Path

import pandas as pd

from yrdecon.clean.files import existing_file
from yrdecon.clean.yearbook import read_yearbook
from yrdecon.clean.yearbook_findings import yearbook_findings
from yrdecon.core.atomic import write_folder_atomically

SOURCE = """# {title}

- **Cite:** fill in: editor, title of the yearbook, edition, publisher, data year.
- **How obtained:** fill in: where the workbook came from and when. File `{file}`, {size} bytes, SHA-256
  `{sha256}`; sheets {sheets}. Read by `yrdecon import-yearbook`; sheet and cell give the place of every figure.
- **Terms:** fill in: what the carrier of the workbook states. The workbook itself is not copied here.
- **Unit and vintage:** units as printed, in the column unit; values and names as printed. Fill in the vintage.
- **Known defects:** {findings}
"""


def import_yearbook(
    path: str | PathLike[str], to: str | PathLike[str], *, previous: str | PathLike[str] | None = None
) -> pd.DataFrame:
    """Write the figures of a workbook to a new folder: a table, the findings, a source note to fill in, a manifest.

    The folder appears whole or not at all, and one that exists is never overwritten.

    Parameters
    ----------
    previous
        Workbook of the edition before, with which `yearbook_findings` compares.

    Returns
    -------
    The findings.

    Raises
    ------
    DataError
        If a workbook cannot be read, or the folder exists.

    Examples
    --------
    >>> import_yearbook("nowhere.xlsx", "data/raw/yearbook_2025")
    Traceback (most recent call last):
    yrdecon.errors.DataError: there is no file nowhere.xlsx; check the path
    """
    file, folder = existing_file(path), Path(to)
    figures = read_yearbook(file)
    findings = yearbook_findings(figures, previous=None if previous is None else read_yearbook(previous))
    tables = {f"{folder.name}.csv": _csv(figures), "findings.csv": _csv(findings)}
    hashes = [f"{name},{_sha256(text.encode())},{len(text.encode())}" for name, text in sorted(tables.items())]
    manifest = "\n".join(["file,sha256,bytes", *hashes]) + "\n"
    note = _source_note(file, folder.name, figures, findings)
    write_folder_atomically(folder, tables | {"manifest.csv": manifest, "SOURCE.md": note})
    return findings


def _csv(table: pd.DataFrame) -> str:
    return str(table.to_csv(index=False, lineterminator="\n"))


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _source_note(file: Path, title: str, figures: pd.DataFrame, findings: pd.DataFrame) -> str:
    counts = findings["finding"].value_counts(sort=False)
    listed = "; ".join(f"{finding} ({count})" for finding, count in counts.items()) or "none found"
    content = file.read_bytes()
    return SOURCE.format(
        title=title,
        file=file.name,
        size=len(content),
        sha256=_sha256(content),
        sheets=", ".join(figures["sheet"].unique()),
        findings=f"{listed}{', listed in `findings.csv`' if len(findings) else ''}.",
    )
