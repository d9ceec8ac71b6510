"""Tables in LaTeX, through maketables."""

from __future__ import annotations

import re

import pandas as pd

from yrdecon.core.extras import require
from yrdecon.present.table import Table, unnumbered

SPECIAL = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": "$<$",
    ">": "$>$",
    "—": "---",
    "–": "--",
    "∞": r"$\infty$",
    "−": "$-$",
    "×": r"$\times$",
}
NEEDS = "% needs booktabs, threeparttable, makecell and tabularx; Chinese needs xelatex with ctex\n"
STYLE = {"data_addlinespace": None, "first_row_addlinespace": None}


def latex_text(table: Table) -> str:
    """Return a table with three rules; with a caption it floats, and LaTeX numbers it, not the caption."""
    body = table.body.map(_escape)
    body.index = pd.Index([_escape(label) for label in body.index])
    body.columns = (
        pd.Index([_escape(c) for c in body.columns])
        if body.columns.nlevels == 1
        else pd.MultiIndex.from_tuples([tuple(_escape(p) for p in c) for c in body.columns])
    )
    caption = _escape(unnumbered(table.caption)) or None
    made = require("maketables", "tables").MTable(
        body, notes=_escape(table.note), caption=caption, rgroup_sep="", rgroup_display=False
    )
    return NEEDS + str(made.make(type="tex", tex_style=STYLE)).rstrip() + "\n"


def _escape(text: object) -> str:
    """Escape what LaTeX reads as a command, minus signs and a bracket that would follow a line break."""
    special = "|".join(re.escape(sign) for sign in SPECIAL)
    escaped = re.sub(special, lambda m: SPECIAL[m.group()], str(text))
    signed = re.sub(r"(?<![\w.)\-])-(?=[\d.])", "$-$", escaped)
    return "{" + signed[0] + "}" + signed[1:] if signed[:1] in ("[", "*") else signed
