"""The differences between two folders of results, for the terminal."""

from __future__ import annotations

import numpy as np
import pandas as pd

MOST_LINES = 12


def difference_lines(differences: pd.DataFrame) -> list[str]:
    r"""Return one line per file and, below it, its differences, the largest relative ones first.

    Examples
    --------
    >>> row = ("a.csv", "all: estimate", "2.0", "2.5", 0.5, 0.2)
    >>> table = pd.DataFrame([row], columns=["file", "item", "old", "new", "change", "relative"])
    >>> print("\n".join(difference_lines(table)))
    a.csv: 1 difference
      all: estimate: 2.0 became 2.5 (+0.5, 20%)
    """
    lines = []
    for file, rows in differences.groupby("file", sort=False):
        lines.append(f"{file}: {len(rows)} difference{'s' if len(rows) > 1 else ''}")
        ordered = rows.sort_values("relative", ascending=False, kind="stable", na_position="first")
        lines += [f"  {_line(row)}" for _, row in ordered.head(MOST_LINES).iterrows()]
        if len(rows) > MOST_LINES:
            lines.append(f"  ... and {len(rows) - MOST_LINES} more")
    return lines


def _line(row: pd.Series) -> str:
    if row["old"] == row["new"]:
        return str(row["item"])
    text = f"{row['item']}: {row['old']} became {row['new']}"
    if np.isnan(row["change"]):
        return text
    return f"{text} ({row['change']:+.4g}, {100 * row['relative']:.3g}%)"
