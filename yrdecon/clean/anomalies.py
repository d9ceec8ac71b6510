"""Cells that cannot be right or need a reason, with their likely cause."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from yrdecon.clean.quantity import unit_of
from yrdecon.clean.suspects.copies import copies
from yrdecon.clean.suspects.digits import digits
from yrdecon.clean.suspects.findings import as_frame
from yrdecon.clean.suspects.lines import lines
from yrdecon.clean.suspects.spikes import spikes
from yrdecon.clean.suspects.switches import switches
from yrdecon.clean.verb import numbers_of
from yrdecon.core.panel import Panel

TESTS = (spikes, switches, copies, lines, digits)
KINDS = ("slip", "spike", "step", "end", "switch", "group", "copy", "line", "digits", "rounded")
NOT_LEVELS = ("log ", "degrees", "label", "code", "year", "true or false")


def anomalies(panel: Panel, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """List what looks wrong in a panel: jumps, slips of digits and units, switches of concept, copies, interpolation.

    The tests are tuned on the shipped panels: they find the defects that are known there, and hardly anything in clean
    synthetic data. A finding is a reason to look at the publication, never one to delete a cell.

    Parameters
    ----------
    columns
        Columns to test, by default all columns of levels: no logs, no coordinates, no flags, no treatment.

    Returns
    -------
    One row per suspect cell, by kind, variable, unit and time: unit (missing where the whole column is suspect in a
    period; a group for ``group``), time, variable, kind, value, size (a change in logs, a multiple of the usual
    scatter, a chance or a share, as the kind has it), likely_cause. Kinds are

    - ``slip``: a factor of 10, 100 or 10,000 here, as by a lost digit or 万元 for 亿元,
    - ``spike``: a jump undone within two periods; ``step``: one that stays; ``end``: one at the first or last figure,
    - ``switch``, ``group``: a period in which units scatter, or a group moves, as by another concept or vintage,
    - ``copy``: the figure of the period before; ``line``: the exact middle of its neighbors, as by interpolation,
      of one unit or of many in a period,
    - ``digits``, ``rounded``: first digits far from Benford's law, figures of a unit rounded to tens.

    Raises
    ------
    DataError
        If a column is missing or holds no numbers.

    Examples
    --------
    >>> from yrdecon.clean import load_panel
    >>> found = anomalies(load_panel("yrd"), ["loans_100m_yuan"])
    >>> found.query("kind == 'slip'")[["unit", "time", "likely_cause"]].values.tolist()
    [['320800', 2010, '10 times too large here: a digit added']]
    """
    names = _levels(panel) if columns is None else list(columns)
    for name in names:
        numbers_of(panel, name)
    table = as_frame(finding for name in names for test in TESTS for finding in test(panel, name))
    rank = table["kind"].map({kind: i for i, kind in enumerate(KINDS)})
    order = table.assign(rank=rank, largest=-table["size"].abs()).sort_values(["rank", "largest"], kind="stable")
    return table.loc[order.index].astype({"time": "Int64"}).reset_index(drop=True)


def _levels(panel: Panel) -> list[str]:
    frame = panel.frame
    keys = {panel.unit, panel.time, panel.group, *(panel.location or ()), "cohort", "treatment_on", "dose"}
    numeric = [c for c in frame.select_dtypes("number").columns if c not in keys and frame[c].nunique() > 2]
    levels = [c for c in numeric if not unit_of(panel, c).startswith(NOT_LEVELS)]
    return [c for c in levels if not (frame[c].dropna() < 0).any()]
