"""What a regression table shows beside its numbers, gathered in one value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

from yrdecon.core.panel import Panel
from yrdecon.errors import DesignError
from yrdecon.present.journals import BELOW, Below, Journal

Value = str | float | bool | None
STARS = ("journal", "10-5-1", "none")


@dataclass(frozen=True, eq=False)
class Layout:
    """Choices of a regression table; each has a default that suits the journal.

    Terms are named by what `labels` of the table may name too: ``"effect"``, ``"constant"``, a variable, or a kind and
    a value such as ``"event_time:-3"``; ``*`` stands for any letters.

    Attributes
    ----------
    keep, drop, order
        Terms to show alone, to leave out, and to put first. A variable that is left out counts as a control.
    groups
        Labels above the outcomes, each with the titles of its neighboring columns.
    below
        What stands below a coefficient, the first in parentheses and others in brackets: ``"se"``, ``"t"``, ``"p"``,
        ``"interval"``. p-values and 95% intervals of columns with fewer than ten treated clusters are withheld.
    stars
        ``"10-5-1"``, ``"none"``, or as the journal has it; never where fewer than ten clusters are treated.
    hide
        Rows to leave out, by their key in the dictionary, such as ``"base_periods"`` or ``"estimator"``.
    rows
        Further rows: a label, or a key of the dictionary such as ``"controls"``, and a value for each column by title.
    detectable
        Minimum detectable effect by column title: a number, or the frame of `minimum_detectable_effect`.
    panel
        The panel of the estimates: gives labels, the mean of the outcome, R2 of regressions and filled cells.

    Examples
    --------
    >>> Layout(below=("se", "p"), hide=("base_periods",)).below
    ('se', 'p')
    """

    keep: Sequence[str] = ()
    drop: Sequence[str] = ()
    order: Sequence[str] = ()
    groups: Mapping[str, Sequence[str]] = field(default_factory=dict)
    below: Sequence[Below] = ()
    stars: Literal["journal", "10-5-1", "none"] = "journal"
    hide: Sequence[str] = ()
    rows: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    detectable: Mapping[str, float | pd.DataFrame] = field(default_factory=dict)
    panel: Panel | None = None

    def __post_init__(self) -> None:
        for name in ("keep", "drop", "order", "below", "hide"):
            if isinstance(getattr(self, name), str):
                raise DesignError(f"{name}={getattr(self, name)!r} must be several; write ({getattr(self, name)!r},)")
        wrong = [kind for kind in self.below if kind not in BELOW]
        if wrong:
            raise DesignError(f"below={wrong} is unknown; choose among {list(BELOW)}")
        if self.stars not in STARS:
            raise DesignError(f"stars={self.stars!r} is unknown; choose one of {list(STARS)}")


def layout_rules(layout: Layout, rules: Journal) -> Journal:
    """Return the rules of a journal with what the layout asks for instead."""
    stars = rules.stars if layout.stars == "journal" else layout.stars == "10-5-1"
    return Journal(rules.decimals, tuple(layout.below) or rules.below, stars)


def fail_if_columns_are_unknown(layout: Layout, titles: Sequence[str]) -> None:
    """Refuse values for a column that the table does not have, and groups that are not neighbors."""
    named = [("rows", row, name) for row, cells in layout.rows.items() for name in cells]
    named += [("detectable", "", name) for name in layout.detectable]
    named += [("groups", group, name) for group, names in layout.groups.items() for name in names]
    stray = sorted({name for _, _, name in named if name not in titles})
    if stray:
        raise DesignError(f"the layout names {stray}, which have no column; the titles are {list(titles)}")
    grouped = [name for names in layout.groups.values() for name in names]
    if len(grouped) != len(set(grouped)):
        raise DesignError("a column stands in two groups of the layout; name it once")
    for group, names in layout.groups.items():
        places = [titles.index(name) for name in names]
        if places and sorted(places) != list(range(min(places), max(places) + 1)):
            raise DesignError(f"the columns of group {group!r} are no neighbors; put them side by side in the models")


def group_of(layout: Layout, title: str) -> str:
    """Return the label above a column, empty if it has none."""
    return next((group for group, names in layout.groups.items() if title in names), "")
