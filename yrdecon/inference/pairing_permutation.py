"""Exact test of a pairing: who was matched with whom is permuted, places and flows stay."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.hypothesis import FEW_P_VALUES, TIE, HypothesisTest
from yrdecon.core.options import fail_if_not_whole
from yrdecon.core.panel import Panel
from yrdecon.errors import DesignError, EstimationError
from yrdecon.estimators.panels.counts import OpenCounts, fit_open_counts, open_counts
from yrdecon.inference.nodes import Nodes
from yrdecon.inference.rematched import Rematched, rematched_columns
from yrdecon.kernels.absorption import residuals_of
from yrdecon.kernels.count_models import PoissonWithin
from yrdecon.kernels.pairings import count_matchings, first_steps, matchings

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

MOST_REFITTED = 1_000
ROUNDING = 1e-13


def pairing_permutation_test(
    panel: Panel,
    formula: str,
    term: str,
    pairs: Sequence[tuple[Any, Any]],
    *,
    seed: int,
    nodes: Nodes = ("origin", "destination"),
    within: Sequence[Any] | None = None,
    draws: int = 9_999,
) -> HypothesisTest:
    """Compare the effect of a pairing on flows with those of all other ways to match the same places.

    Parameters
    ----------
    panel
        Flows, with pairs of places as units.
    formula
        As in `count_regression`, such as ``"flow ~ twin | origin^year + destination^year + pair"``.
    term
        The column of the formula that is one where a pair is in force.
    pairs
        The pairs whose match is permuted, such as ``[("310112", "340400"), ...]``. The first place of each keeps its
        position, the second ones are exchanged; other pairs that `term` marks stay as they are.
    seed
        Seed of drawn matchings. Up to a million are enumerated, and then the seed has no influence.
    nodes
        The two columns of the panel with the places of each flow.
    within
        A label of each pair, such as the province of the donor: only pairs of equal label exchange.
    draws
        Number of drawn matchings where there are more than a million.

    Returns
    -------
    A two-sided test of the sharp null that it does not matter for flows who is paired with whom. Up to 1,000 matchings
    are refitted; beyond, the statistic is the first Newton step from no effect, which ranks them as a score test does.
    Frame ``"matchings"`` holds the estimate and the pairs of every matching, the actual one first.

    Raises
    ------
    DesignError
        If the term, a place or a flow between rematched places is missing, a place occurs twice, or no pairs exchange.
    EstimationError
        If the effect has no finite estimate at some matching.

    Notes
    -----
    Exact if, given the places, any match was as likely, since effects of places in every year stay the same: it asks
    whether paired places exchange more than the same places with other partners. Eight pairs have 8! = 40,320
    matchings; by donor province 3! 3! 2! = 72, whose smallest p-value is .014. Pairs of other dates do not exchange.

    References
    ----------
    Krackhardt (1988), Social Networks, for the quadratic assignment procedure; Fisher (1935), The Design of
    Experiments.

    Examples
    --------
    >>> places, pairs = "abcdef", [("a", "d"), ("b", "e"), ("c", "f")]
    >>> rows = [(o + d, o, d, t, (o, d) in pairs and t == 2) for o in places for d in places if o != d for t in (1, 2)]
    >>> table = pd.DataFrame(rows, columns=["pair", "origin", "destination", "year", "twin"])
    >>> table["flow"] = 2 + np.arange(len(table)) % 5 + 4 * table["twin"]
    >>> panel = Panel.from_frame(table.astype({"twin": float}), unit="pair", time="year")
    >>> pairing_permutation_test(panel, "flow ~ twin | pair + year", "twin", pairs, seed=1).rank
    1
    """
    fail_if_not_whole("draws", draws, 1)
    counts = open_counts(panel, formula, term)
    columns = rematched_columns(panel, counts.data, term, pairs, nodes)
    groups = _groups(columns, within)
    chosen = matchings(groups, draws, seed)
    null = fit_open_counts(counts, np.empty((len(counts.data.outcome), 0)))
    if not null.converged:
        raise EstimationError("the Poisson regression without the term does not settle; use fewer effects")
    is_refitted = len(chosen) <= MOST_REFITTED
    estimates = (_refits if is_refitted else _steps)(counts, columns, chosen, null)
    estimates = np.where(np.abs(estimates) <= ROUNDING, 0.0, estimates)
    return _test(estimates, columns, chosen, groups, is_refitted)


def _groups(columns: Rematched, within: Sequence[Any] | None) -> IntArray:
    """Return codes of the pairs that exchange: of equal label and equal dates."""
    labels = pd.Series([0] * len(columns.first) if within is None else list(within))
    if len(labels) != len(columns.first):
        raise DesignError(f"within has {len(labels)} labels for {len(columns.first)} pairs; give one for each")
    groups = pd.DataFrame({"label": labels, "path": columns.path}).groupby(["label", "path"], dropna=False).ngroup()
    if count_matchings(groups.to_numpy()) == 1:
        raise DesignError("no two pairs exchange: all differ in label or in the dates of the term; drop within=")
    return np.asarray(groups, dtype=np.int64)


def _refits(counts: OpenCounts, columns: Rematched, chosen: IntArray, null: PoissonWithin) -> FloatArray:
    """Return the (B,) estimates at matchings, each from the means without an effect."""
    start, found = np.log(null.mean), np.empty(len(chosen))
    for b, order in enumerate(chosen):
        fit = fit_open_counts(counts, columns.at(order)[:, None], start)
        found[b] = fit.coef[0] if fit.converged else np.nan
    lost = int(np.isnan(found).sum())
    if lost:
        raise EstimationError(
            f"the effect has no finite estimate at {lost} of {len(chosen)} matchings, where all flows between paired "
            "places are zero; add years, or take flows that are positive more often"
        )
    return found


def _steps(counts: OpenCounts, columns: Rematched, chosen: IntArray, null: PoissonWithin) -> FloatArray:
    """Return the (B,) first Newton steps from no effect."""
    data, cells = counts.data, columns.cells
    weights = data.weights * null.mean
    within = residuals_of(counts.absorption, weights, np.column_stack([cells, null.regressors]))
    z, x = within[:, : cells.shape[1]], within[:, cells.shape[1] :]
    root = np.sqrt(weights)[:, None]
    z = z - x @ np.linalg.lstsq(root * x, root * z, rcond=None)[0]
    scores = z.T @ (data.weights * (data.outcome - null.mean))
    pairs = columns.number[np.arange(chosen.shape[1]), chosen]
    fixed = np.full((len(chosen), 1), cells.shape[1] - 1)
    return first_steps(scores, z.T @ (weights[:, None] * z), np.hstack([pairs, fixed]))


def _test(
    estimates: FloatArray, columns: Rematched, chosen: IntArray, groups: IntArray, is_refitted: bool
) -> HypothesisTest:
    statistics = np.abs(estimates)
    named = [
        "; ".join(f"{columns.first[k]}-{columns.second[j]}" for k, j in enumerate(order)) for order in chosen.tolist()
    ]
    frame = pd.DataFrame({"actual": np.arange(len(chosen)) == 0, "estimate": estimates, "pairs": named})
    return HypothesisTest(
        name="permutation test of the pairing",
        statistic=float(statistics[0]),
        p_value=float(np.mean(statistics >= statistics[0] * (1 - TIE))),
        null="it does not matter for flows which places are paired with each other",
        draws=statistics,
        estimate=float(estimates[0]),
        n_assignments=count_matchings(groups),
        frames=MappingProxyType({"matchings": frame}),
        notes=_notes(len(chosen), groups, is_refitted),
    )


def _notes(compared: int, groups: IntArray, is_refitted: bool) -> tuple[str, ...]:
    every = count_matchings(groups)
    notes = [
        f"{compared:,} of {every:,} ways to match {len(groups)} pairs compared"
        if compared < every
        else f"all {every:,} ways to match {len(groups)} pairs compared"
    ]
    if groups.max():
        notes.append(f"pairs exchange within {int(groups.max()) + 1} groups of equal label and dates")
    if not is_refitted:
        notes.append("the statistic is the first step of the estimate from no effect, because there are many matchings")
    if compared < FEW_P_VALUES:
        notes.append(f"fewer than {FEW_P_VALUES} attainable p-values: read the rank, not the p-value")
    return tuple(notes)
