"""One table in two languages."""

from __future__ import annotations

import re

import pandas as pd

from yrdecon.present.table import Table
from yrdecon.present.widths import letters

ONE_LINE, LINE_BREAK = 22, "\n"


def bilingual(chinese: Table, english: Table) -> Table:
    r"""Put the Chinese words of a table before the English ones; what both say alike is said once.

    A cell whose Chinese form has no Chinese character, such as ``4/25``, stands alone.

    Examples
    --------
    >>> body = pd.DataFrame({"(1)": ["4/25"]}, index=["安慰剂排名"])
    >>> other = pd.DataFrame({"(1)": ["4 of 25"]}, index=["Placebo rank"])
    >>> bilingual(Table(body, (), "", "zh"), Table(other, (), "", "en")).rows
    [['安慰剂排名\nPlacebo rank', '4/25']]
    """
    rows = [[_both(a, b) for a, b in zip(*pair, strict=True)] for pair in zip(chinese.rows, english.rows, strict=True)]
    body = pd.DataFrame([row[1:] for row in rows], dtype="str")
    body.index = pd.Index([row[0] for row in rows], name=_both(chinese.stub, english.stub))
    columns = [
        tuple(_both(a, b) for a, b in zip(_levels(one), _levels(other), strict=True))
        for one, other in zip(chinese.body.columns, english.body.columns, strict=True)
    ]
    is_flat = chinese.body.columns.nlevels == 1
    body.columns = pd.Index([c[0] for c in columns]) if is_flat else pd.MultiIndex.from_tuples(columns)
    caption = _both(chinese.caption, english.caption).replace(LINE_BREAK, " ")
    return Table(body, (*chinese.notes, *english.notes), caption, "both", chinese.titles)


def _levels(column: object) -> tuple[str, ...]:
    return tuple(map(str, column)) if isinstance(column, tuple) else (str(column),)


def _both(chinese: str, english: str) -> str:
    if chinese == english or not re.search("[一-鿿]", chinese):
        return chinese
    return f"{chinese}{' ' if letters(chinese + english) < ONE_LINE else LINE_BREAK}{english}"
