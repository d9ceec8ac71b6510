"""What a moved county takes from one city to another in one column."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from yrdecon.clean.moves import Move
from yrdecon.clean.suspects.findings import SMALLEST_GROUP, group_of
from yrdecon.core.panel import Panel

VISIBLE, HALF = 0.35, 0.5
ROUNDING = 1e-9


@dataclass(frozen=True)
class Transfer:
    """A move as one column shows it.

    Attributes
    ----------
    destination_period, origin_period
        First period in which the figure of the city is on the later borders; None where nothing is to be moved.
    implied_share
        Share of the origin that the jump of the destination implies; missing where nothing is to be moved.
    why
        Why nothing is moved, or nothing.
    """

    move: Move
    destination_period: int | None
    origin_period: int | None
    implied_share: float
    why: str


def transfer_of(panel: Panel, values: pd.Series[Any], move: Move) -> Transfer:
    """Read from the jumps of the two cities when a column follows a move, and how large it is there.

    The destination's growth less the origin's must reach a third of what the move makes of it, in one of the periods in
    which figures may follow; of an abolished origin, the destination's growth less the median of its group.
    """
    table = _wide(panel, values)
    periods = [t for t in move.periods if t in table.columns]
    if move.destination not in table.index or move.periods[0] <= int(table.columns[0]) or not periods:
        return Transfer(move, None, None, np.nan, "")
    if move.origin not in table.index or table.loc[move.origin, : move.periods[0] - 1].isna().all():
        return Transfer(move, None, None, np.nan, "no figures of the origin")
    growth = np.log(table.where(table > 0)).diff(axis=1)
    usual = _usual_growth(panel, growth, move.destination)
    seen = {t: _visible(table, growth, usual, move, t) for t in periods}
    clear = {t: part for t, part in seen.items() if part > VISIBLE}
    if not clear:
        missing = all(np.isnan(part) for part in seen.values())
        return Transfer(move, None, None, np.nan, "figures missing" if missing else "no clear jump")
    period = max(clear, key=lambda t: clear[t])
    origin = _origin_period(growth, usual, move, periods, period)
    return Transfer(move, period, origin, _implied(table, usual, move, period, origin), "")


def transferred(panel: Panel, values: pd.Series[Any], transfers: Iterable[Transfer], to_year: int) -> pd.Series[Any]:
    """Return the column on the borders at the end of a year."""
    table = _wide(panel, values)
    result = table.copy()
    for transfer in transfers:
        move, to, origin = transfer.move, transfer.destination_period, transfer.origin_period
        if to is None or origin is None:
            continue
        figures = table.loc[move.origin]
        is_old = figures.index < origin
        kept = move.share / (1 - move.share) if not move.ends else 0.0
        county = figures.where(~is_old, figures * move.share).where(is_old, figures * kept)
        later = to_year >= move.periods[0]
        before, after = table.columns < to, table.columns >= to
        result.loc[move.destination] += (county * before if later else -county * after).fillna(0)
        result.loc[move.origin] += (-county * is_old if later else county * ~is_old).fillna(0)
        nothing = result.loc[move.origin].abs() < ROUNDING * figures.abs()
        result.loc[move.origin] = result.loc[move.origin].mask(nothing, 0.0)
        lost = (before if later else after) & county.isna().to_numpy()
        result.loc[move.destination, lost] = np.nan
    keys = pd.MultiIndex.from_frame(panel.frame[[panel.unit, panel.time]].astype({panel.unit: "str"}))
    return pd.Series(result.stack(future_stack=True).reindex(keys).to_numpy(), index=values.index, name=values.name)


def _wide(panel: Panel, values: pd.Series[Any]) -> pd.DataFrame:
    frame = panel.frame[[panel.unit, panel.time]].assign(value=values).astype({panel.unit: "str"})
    table = frame.pivot(index=panel.unit, columns=panel.time, values="value")
    return table.reindex(columns=range(int(panel.periods[0]), int(panel.periods[-1]) + 1))


def _usual_growth(panel: Panel, growth: pd.DataFrame, unit: str) -> pd.Series[Any]:
    if panel.group is None:
        return growth.median()
    group = group_of(panel, growth.set_axis(panel.units)).set_axis(growth.index)
    peers = growth[group == group[unit]]
    return peers.median() if len(peers) >= SMALLEST_GROUP else growth.median()


def _visible(table: pd.DataFrame, growth: pd.DataFrame, usual: pd.Series[Any], move: Move, period: int) -> float:
    """Return the part of the jump that is to be expected that can be seen."""
    before = table[period - 1]
    gain = np.log1p(move.share * before[move.origin] / before[move.destination])
    if move.ends:
        return float((growth.loc[move.destination, period] - usual[period]) / gain)
    apart = growth.loc[move.destination, period] - growth.loc[move.origin, period]
    return float(apart / (gain - np.log1p(-move.share)))


def _origin_period(growth: pd.DataFrame, usual: pd.Series[Any], move: Move, periods: list[int], default: int) -> int:
    """Return the period of the origin's drop, that of the destination's jump if the drop cannot be seen."""
    if move.ends:
        return default
    drops = {t: float(usual[t] - growth.loc[move.origin, t]) for t in periods}
    seen = {t: drop for t, drop in drops.items() if drop > -HALF * np.log1p(-move.share)}
    return max(seen, key=lambda t: seen[t]) if seen else default


def _implied(table: pd.DataFrame, usual: pd.Series[Any], move: Move, period: int, origin: int) -> float:
    """Return the share of the origin whose move makes both cities grow alike, or the destination as usual."""
    given, had = table.loc[move.origin], table.loc[move.destination]
    if period != origin or move.ends:
        gained = had[period] / np.exp(usual[period]) - had[period - 1]
    else:
        ratio = had[period] / given[period]
        gained = (ratio * given[period - 1] - had[period - 1]) / (1 + ratio)
    return float(gained / given[period - 1])
