"""The declared mechanism of a permutation test: which assignments are compared with the actual one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from yrdecon.errors import DesignError

AssignmentKind = Literal["auto", "free", "contiguous", "cohorts"]


@dataclass(frozen=True)
class Assignment:
    """Name the treatment assignments that could have happened instead.

    Attributes
    ----------
    kind
        ``"auto"`` reads the geometry of the treated units and chooses; ``"free"`` lets any units be treated;
        ``"contiguous"`` takes each unit with its nearest neighbors; ``"cohorts"`` shuffles whole adoption years.
    within
        Column within whose levels units are exchanged: each level keeps its number of treated units.
    stratify
        Numeric column whose terciles are kept: each tercile keeps its number of treated units.
    exclude
        Boolean column of units that are never placebo-treated.

    Examples
    --------
    >>> Assignment("free", within="province").within
    'province'
    """

    kind: AssignmentKind = "auto"
    within: str | None = None
    stratify: str | None = None
    exclude: str | None = None

    def __post_init__(self) -> None:
        """Refuse unknown kinds and combinations without meaning."""
        if self.kind not in get_args(AssignmentKind):
            raise DesignError(
                f"assignment kind {self.kind!r} is unknown; choose one of {list(get_args(AssignmentKind))}"
            )
        if self.within and self.stratify:
            raise DesignError("within and stratify cannot be combined; choose the one that the mechanism respects")
        if self.kind in ("auto", "contiguous") and (self.within or self.stratify):
            raise DesignError(
                f"kind={self.kind!r} chooses by geometry; within and stratify need kind='free' or 'cohorts'"
            )
