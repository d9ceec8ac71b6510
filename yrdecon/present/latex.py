"""Tables in LaTeX, through maketables."""

from __future__ import annotations

import re

import pandas as pd

from yrdecon.core.extras import require
from yrdecon.present.table import Table

SPECIAL = {
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
}


def latex_text(table: Table) -> str:
    """Return a table environment; rows are not separated by rules, so that there are three in all."""
    body = table.body.map(_escape)
    body.index = pd.Index([_escape(label) for label in body.index])
    body.columns = (
        pd.Index([_escape(c) for c in body.columns])
        if body.columns.nlevels == 1
        else pd.MultiIndex.from_tuples([tuple(_escape(p) for p in c) for c in body.columns])
    )
    notes = _escape(table.note)
    made = require("maketables", "tables").MTable(
        body, notes=notes, caption=_escape(table.caption), rgroup_sep="", rgroup_display=False
    )
    text = str(made.make(type="tex", tex_style={"data_addlinespace": None, "first_row_addlinespace": None}))
    return text.rstrip() + "\n"


def _escape(text: object) -> str:
    return re.sub(r"[&%$#_{}~]", lambda m: SPECIAL[m.group()], str(text)).replace("—", "---")
