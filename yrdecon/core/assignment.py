"""The declared mechanism of a permutation test: which assignments are compared with the actual one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

from yrdecon.errors import DesignError

AssignmentKind = Literal["auto", "free", "contiguous", "relocated", "cohorts", "pairs"]


@dataclass(frozen=True)
class Assignment:
    """Name the treatment assignments that could have happened instead.

    Attributes
    ----------
    kind
        ``"auto"`` reads the geometry of the treated units and chooses; ``"free"`` lets any units be treated;
        ``"contiguous"`` takes each unit with its nearest neighbors; ``"relocated"`` moves each distant group of treated
        units elsewhere as a group of neighbors; both keep the map of adoption dates; ``"cohorts"`` shuffles whole
        adoption years; ``"pairs"`` exchanges treatment between the partners of each pair or, where partners share it,
        between whole pairs.
    within
        Column within whose levels units are exchanged: each level keeps its number of treated units. With
        ``"contiguous"``, the level inside which blocks lie; with ``"pairs"``, the column that names the pair.
    stratify
        Numeric column whose terciles are kept: each tercile keeps its number of treated units.
    exclude
        Boolean column of units that are never placebo-treated.
    adjacency
        Pairs of units that share a border. Where it is given, distance is the number of borders between units, and the
        panel's coordinates are not used. Units beyond the sample may occur; paths lead through them.

    Examples
    --------
    >>> Assignment("free", within="province").within
    'province'
    """

    kind: AssignmentKind = "auto"
    within: str | None = None
    stratify: str | None = None
    exclude: str | None = None
    adjacency: tuple[tuple[Any, Any], ...] | None = None

    def __post_init__(self) -> None:
        """Refuse unknown kinds and combinations without meaning."""
        if self.kind not in get_args(AssignmentKind):
            raise DesignError(
                f"assignment kind {self.kind!r} is unknown; choose one of {list(get_args(AssignmentKind))}"
            )
        if self.within and self.stratify:
            raise DesignError("within and stratify cannot be combined; choose the one that the mechanism respects")
        if self.kind == "pairs" and not self.within:
            raise DesignError("pairs need within, the column that names the pair of each unit")
        if self.stratify and self.kind not in ("free", "cohorts"):
            raise DesignError(f"kind={self.kind!r} does not stratify; stratify needs kind='free' or 'cohorts'")
        if self.within and self.kind in ("auto", "relocated"):
            raise DesignError(
                f"kind={self.kind!r} chooses by geometry; within needs kind='free', 'cohorts', 'contiguous' or 'pairs'"
            )
        if self.adjacency is not None:
            object.__setattr__(self, "adjacency", _borders(self.adjacency))


def _borders(adjacency: Any) -> tuple[tuple[Any, Any], ...]:
    if isinstance(adjacency, str):
        raise DesignError(f"adjacency={adjacency!r} must be pairs of units, for example (('a', 'b'), ('b', 'c'))")
    pairs = tuple(tuple(pair) if not isinstance(pair, str) else (pair,) for pair in adjacency)
    wrong = [pair for pair in pairs if len(pair) != 2]
    if wrong or not pairs:
        raise DesignError(f"adjacency must hold pairs of units; it holds {wrong[:3]}")
    return pairs
