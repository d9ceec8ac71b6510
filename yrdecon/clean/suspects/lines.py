"""Figures that lie exactly on a line between others, as interpolation leaves them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from yrdecon.clean.suspects.findings import Finding, on_grid, resolutions, wide_of
from yrdecon.core.panel import Panel

LARGEST_CHANCE = 0.0005
EXACT = 1e-9
ENOUGH_UNITS, MORE_THAN_CHANCE = 10, 4
FORMS = {"linear": "on a straight line", "log": "at constant growth"}


def lines(panel: Panel, column: str) -> Iterator[Finding]:
    """List runs of figures in the exact middle of their neighbors, arithmetic or geometric, as printed.

    The chance of one middle is the step between printed figures over the usual distance of the unit from it, and of a
    run the product; runs are listed where it is below 1 in 2,000. A period is listed, with the unit missing, in which
    ten units or more, and four times as many as by chance, lie on a line. A figure with more decimals than its period
    prints is in the middle only if it is there to nine digits, and then it is no chance. Cells flagged in
    ``<column>_is_filled`` are known and left out, and columns of computed figures are not tested.
    """
    table = wide_of(panel, column)
    step = resolutions(table)
    if step.notna().mean() < 0.5:
        return
    grid = pd.DataFrame({t: on_grid(table[t].to_numpy(), s) if s > 0 else False for t, s in step.items()}, table.index)
    coarser = pd.concat([step, step.shift(), step.shift(-1)], axis=1).max(axis=1)
    before, after = table.shift(1, axis=1), table.shift(-1, axis=1)
    moves = (after - before).abs().gt(4 * coarser, axis=1) & ~_flagged(panel, column, table)
    for form, middle in (("linear", (before + after) / 2), ("log", np.sqrt((before * after).where(before > 0)))):
        away = (table - middle).abs()
        exact = (away <= np.where(grid, 0.5 * coarser, 0) + EXACT * table.abs()) & moves
        usual = away.where(~exact).median(axis=1)
        chance = pd.DataFrame(np.outer(1 / usual, coarser), table.index, table.columns).clip(upper=1).where(grid, EXACT)
        yield from _periods(column, exact, chance.where(moves & table.notna()), FORMS[form])
        for unit in table.index[exact.any(axis=1)]:
            yield from _runs(unit, column, table.loc[unit], chance.loc[unit].where(exact.loc[unit]), FORMS[form])


def _runs(unit: Any, column: str, values: pd.Series[Any], chances: pd.Series[Any], form: str) -> Iterator[Finding]:
    """List runs of figures on a line, of which `chances` are given, where they are too unlikely together."""
    run = (chances.isna() != chances.isna().shift()).cumsum()[chances.notna()]
    for times in run.groupby(run).groups.values():
        first, last = int(times[0]), int(times[-1])
        chance = float(chances[times].prod())
        if chance < LARGEST_CHANCE:
            cause = f"interpolated {form}, {first}" + (f" to {last}" if last > first else "")
            yield Finding(unit, first, column, "line", float(values[first]), chance, cause)


def _periods(column: str, exact: pd.DataFrame, chance: pd.DataFrame, form: str) -> Iterator[Finding]:
    counts, expected = exact.sum(), chance.sum()
    for time in exact.columns[(counts >= ENOUGH_UNITS) & (counts > MORE_THAN_CHANCE * expected)]:
        cause = f"interpolated {form}: {int(counts[time])} units, {expected[time]:.1f} by chance"
        yield Finding(None, int(time), column, "line", np.nan, float(counts[time] / len(exact)), cause)


def _flagged(panel: Panel, column: str, table: pd.DataFrame) -> pd.DataFrame:
    flag = f"{column.removesuffix('_filled')}_is_filled"
    if flag not in panel.frame.columns:
        return pd.DataFrame(False, index=table.index, columns=table.columns)
    return wide_of(panel, flag).reindex_like(table).eq(1)
