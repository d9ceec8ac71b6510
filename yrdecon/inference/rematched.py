"""The treatment column of flows when places are matched otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.names import some_of
from yrdecon.core.panel import Panel
from yrdecon.errors import DesignError
from yrdecon.estimators.panels.data import Regression
from yrdecon.inference.nodes import Nodes

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Rematched:
    """What the treatment column consists of.

    Attributes
    ----------
    first, second
        The p places of each pair, of which the second are exchanged.
    path
        The p dates and directions of the treatment, as text.
    cells
        (n, c) columns: the treatment of every first place with every second one, and the rest of it last.
    number
        (p, p) column of each first place with each second one.
    """

    first: tuple[Any, ...]
    second: tuple[Any, ...]
    path: tuple[str, ...]
    cells: FloatArray
    number: IntArray

    def at(self, order: IntArray) -> FloatArray:
        """Return the (n,) treatment where each first place is matched with the second one at a position."""
        chosen = self.number[np.arange(len(order)), order]
        return np.asarray(self.cells[:, chosen].sum(axis=1) + self.cells[:, -1])


def rematched_columns(
    panel: Panel, data: Regression, term: str, pairs: Sequence[tuple[Any, Any]], nodes: Nodes
) -> Rematched:
    """Give every first place its own dates and directions of treatment with every second one.

    Raises
    ------
    DesignError
        If there are fewer than two pairs, a place occurs twice, a pair is never treated, rematched places have flows in
        years in which the pair has none, or they are treated already.
    """
    first, second = _places(pairs)
    _fail_if_columns_are_missing(panel, [*nodes, term])
    frame = panel.frame[[panel.unit, panel.time, *nodes, term]]
    paths = [_path(frame, pair, term, nodes, panel.time) for pair in zip(first, second, strict=True)]
    keys = pd.MultiIndex.from_frame(data.units[["unit", "time"]])
    sample = frame.set_index([panel.unit, panel.time]).loc[keys].reset_index()
    size = len(first)
    cells = np.zeros((len(sample), size * size + 1))
    cells[:, -1] = sample[term].to_numpy(dtype=float)
    actual = [_between(sample, pair, nodes)[0] for pair in zip(first, second, strict=True)]
    cells[np.concatenate(actual), -1] = 0.0
    for k, a in enumerate(first):
        for j, b in enumerate(second):
            there, forward = _between(sample, (a, b), nodes)
            _fail_if_not_free(cells[there, -1], (a, b), term)
            wanted = list(zip(forward.tolist(), sample[panel.time].to_numpy()[there].tolist(), strict=True))
            cells[there, k * size + j] = _along(paths[k], wanted, (a, b), (a, second[k]))
    text = tuple(str(sorted(key for key, v in path.items() if v)) for path in paths)
    return Rematched(first, second, text, cells, np.arange(size * size).reshape(size, size))


def _places(pairs: Sequence[tuple[Any, Any]]) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    listed = [tuple(pair) for pair in pairs]
    if len(listed) < 2 or any(len(pair) != 2 for pair in listed):
        raise DesignError(f"pairs={listed[:3]} must be two or more pairs of places, such as [('a', 'x'), ('b', 'y')]")
    first, second = zip(*listed, strict=True)
    twice = [p for p in dict.fromkeys((*first, *second)) if (*first, *second).count(p) > 1]
    if twice:
        raise DesignError(f"places {some_of(twice)} are in several pairs; a matching needs every place once")
    return first, second


def _between(frame: pd.DataFrame, pair: tuple[Any, Any], nodes: Nodes) -> tuple[IntArray, BoolArray]:
    """Return the rows of flows between two places, and whether each leaves the first."""
    one, two = (frame[node].to_numpy() for node in nodes)
    forward = (one == pair[0]) & (two == pair[1])
    there = np.flatnonzero(forward | ((one == pair[1]) & (two == pair[0])))
    return there, forward[there]


def _path(
    frame: pd.DataFrame, pair: tuple[Any, Any], term: str, nodes: Nodes, time: str
) -> dict[tuple[bool, Any], float]:
    there, forward = _between(frame, pair, nodes)
    keys = zip(forward.tolist(), frame[time].to_numpy()[there].tolist(), strict=True)
    path = dict(zip(keys, frame[term].to_numpy(dtype=float)[there].tolist(), strict=True))
    if not any(path.values()):
        raise DesignError(f"{term!r} is zero, or has no rows, between {pair[0]!r} and {pair[1]!r}; give pairs in force")
    return path


def _along(
    path: dict[tuple[bool, Any], float], keys: list[tuple[bool, Any]], pair: tuple[Any, Any], actual: tuple[Any, Any]
) -> list[float]:
    missing = [key for key in keys if key not in path]
    if missing:
        raise DesignError(
            f"there are flows between {pair[0]!r} and {pair[1]!r} in {sorted({t for _, t in missing})} and none "
            f"between the pair {actual[0]!r} and {actual[1]!r}; the panel needs the same years and directions of both"
        )
    return [path[key] for key in keys]


def _fail_if_columns_are_missing(panel: Panel, columns: Sequence[str]) -> None:
    missing = [c for c in columns if c not in panel.frame]
    if missing:
        raise DesignError(f"the panel has no column {missing}; its columns are {panel.frame.columns.tolist()[:40]}")


def _fail_if_not_free(rest: FloatArray, pair: tuple[Any, Any], term: str) -> None:
    if rest.any():
        raise DesignError(
            f"{term!r} marks {pair[0]!r} and {pair[1]!r}, which pairs= does not name; add or drop the pair"
        )
