"""A panel of cities on the borders of one year."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.clean.moves import county_transfers, other_breaks
from yrdecon.clean.quantity import fail_if_not_a_quantity
from yrdecon.clean.transfers import Transfer, transfer_of, transferred
from yrdecon.clean.verb import Derivation, cells, derived, numbers_of, recorded
from yrdecon.core.panel import Panel
from yrdecon.errors import DataError

SMALLEST_DOUBT = 0.05
RULE = "crosswalk"
WEIGHTS = {"residents": "residents of 2010", "jump": "the share that the jump implies"}
DRAWN = "a share drawn around that of residents of 2010"


def crosswalk(
    panel: Panel, columns: Sequence[str], *, to_year: int, weights: Literal["residents", "jump"] = "residents"
) -> Panel:
    """Put quantities on the borders at the end of one year; adds ``<column>_borders_<year>`` and ``<column>_is_moved``.

    A county that changed city takes a share of the origin's figure with it. Sources differ on the year in which figures
    follow; it is read from the jumps of the two cities, and a column in which they do not jump apart is on the later
    borders already, or too restless to tell, and is left alone. Every touched cell is flagged and in the trail. Moves
    without county population in the tables, or without figures of the origin, are not guessed: the trail lists them,
    and `anomalies` shows their jumps. A city that was abolished is left with zeros before; drop it.

    Parameters
    ----------
    columns
        Quantities that add up over counties: money, people, tons. Shares, logs and indices are refused; make them anew
        from quantities.
    to_year
        The year of the borders, such as the last of the panel.
    weights
        ``"residents"``: the county's part of the origin's residents in the census of 2010, right for people and too
        large for the output of a poor county. ``"jump"``: the share that the jump of the column itself implies, at
        which the two cities grow alike in that year; it takes every other change of that year for territory.

    Raises
    ------
    DataError
        If the weights are unknown, the panel's units are not six-digit codes of cities, or a column is no quantity.

    Examples
    --------
    >>> from yrdecon.clean import load_panel
    >>> panel = crosswalk(load_panel("yrd"), ["population_registered_10k"], to_year=2023)
    >>> tongling = panel.frame.query("city_zh == '铜陵市' and year in (2015, 2016)")
    >>> tongling["population_registered_10k_borders_2023"].round().tolist()
    [172.0, 171.0]
    """
    if weights not in WEIGHTS:
        raise DataError(f"there are no weights {weights!r}; choose one of {sorted(WEIGHTS)}")
    shares = np.tile([move.share for move in county_transfers()], (len(columns), 1))
    if weights == "jump":
        seen = [[np.nan if t.move.ends else t.implied_share for t in _transfers(panel, c)] for c in columns]
        implied = np.array(seen, dtype=float)
        shares = np.where((implied > 0) & (implied < 1), implied, shares)
    return _on_borders(panel, columns, to_year, shares, WEIGHTS[weights])


def crosswalk_draws(panel: Panel, columns: Sequence[str], *, to_year: int, draws: int, seed: int) -> tuple[Panel, ...]:
    """Put quantities on the borders of one year several times, with shares drawn around those of residents.

    How far the share of a figure may be from that of residents is taken from the column itself: the jump of the
    destination in the year in which its figures follow implies a share, and the distance between the two, in logits and
    at least 0.05, is the standard deviation of the draws. Estimate on every panel and join the estimates with
    `pool_draws`, so that doubt about borders reaches the standard errors.

    Raises
    ------
    DataError
        As `crosswalk`, and if there are fewer than two draws.

    Examples
    --------
    >>> from yrdecon.clean import load_panel
    >>> panels = crosswalk_draws(load_panel("yrd"), ["deposits_100m_yuan"], to_year=2023, draws=5, seed=1)
    >>> len({round(p.frame["deposits_100m_yuan_borders_2023"].sum()) for p in panels})
    1
    """
    if draws < 2:
        raise DataError(f"{draws} draws have no spread; take at least two, 20 are usual")
    shares = np.tile([move.share for move in county_transfers()], (len(columns), 1))
    logits = np.log(shares / (1 - shares))
    doubt = np.array([[_doubt(transfer) for transfer in _transfers(panel, column)] for column in columns])
    normal = np.random.default_rng(seed).normal(size=(draws, *doubt.shape))
    drawn = [np.where(doubt > 0, 1 / (1 + np.exp(-(logits + doubt * z))), shares) for z in normal]
    return tuple(_on_borders(panel, columns, to_year, each, DRAWN) for each in drawn)


def _transfers(panel: Panel, column: str) -> list[Transfer]:
    _fail_if_units_are_no_cities(panel)
    fail_if_not_a_quantity(panel, column, "parts that move with counties")
    values = numbers_of(panel, column)
    return [transfer_of(panel, values, move) for move in county_transfers()]


def _on_borders(panel: Panel, columns: Sequence[str], to_year: int, shares: NDArray[np.float64], by: str) -> Panel:
    moves = county_transfers()
    result = panel
    for column, row in zip(columns, shares, strict=True):
        found = zip(_transfers(panel, column), row, strict=True)
        weighted = [replace(t, move=t.move._replace(share=float(share))) for t, share in found]
        result = _one_column(result, column, weighted, to_year, by)
    unexplained = other_breaks(moves, panel.units)
    if unexplained:
        result = _noted(result, "", f"territory changes left as they are, without weights: {', '.join(unexplained)}")
    return result


def _one_column(panel: Panel, column: str, transfers: list[Transfer], to_year: int, by: str) -> Panel:
    values = numbers_of(panel, column)
    done = [t for t in transfers if t.destination_period is not None]
    moved = transferred(panel, values, done, to_year)
    touched = moved.ne(values) & values.notna()
    shown = ", ".join(_shown(t) for t in done) or "none"
    name, flag = f"{column}_borders_{to_year}", f"{column}_is_moved"
    reason = f"borders of {to_year}, counties moved by {by}: {shown}; {int(touched.sum())} cells flagged in {flag}"
    how = Derivation(RULE, reason, column, f"Borders of {to_year}:", f"{to_year}年行政区划：")
    flagged = derived(panel, flag, touched, Derivation(RULE, "", column, "Moved:", "区划调整标记：", "true or false"))
    made = recorded(derived(flagged, name, moved, how), cells(panel, RULE, name, values, moved))
    left = [f"{t.move.origin} to {t.move.destination} ({t.why})" for t in transfers if t.why]
    return _noted(made, name, f"not moved in {column}: {', '.join(left)}") if left else made


def _noted(panel: Panel, variable: str, reason: str) -> Panel:
    return recorded(panel, pd.DataFrame([{"rule": RULE, "variable": variable, "reason": reason}]))


def _shown(transfer: Transfer) -> str:
    move = transfer.move
    return f"{move.origin} to {move.destination} {100 * move.share:.1f}% in {transfer.destination_period}"


def _doubt(transfer: Transfer) -> float:
    share, implied = transfer.move.share, transfer.implied_share
    if transfer.move.ends or np.isnan(implied):
        return 0.0
    if not 0 < implied < 1:
        return SMALLEST_DOUBT
    distance = np.log(implied / (1 - implied)) - np.log(share / (1 - share))
    return max(abs(float(distance)), SMALLEST_DOUBT)


def _fail_if_units_are_no_cities(panel: Panel) -> None:
    units = pd.Series(panel.units.astype(str))
    if not units.str.fullmatch(r"\d{4}00").any():
        raise DataError(
            f"the units of the panel are {units.tolist()[:4]}, not six-digit codes of cities; find the codes with "
            "resolve_places and make them the unit"
        )
