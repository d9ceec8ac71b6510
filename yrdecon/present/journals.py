"""What each journal prints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from yrdecon.errors import DesignError

Below = Literal["se", "t", "p", "interval"]
BELOW = ("se", "t", "p", "interval")


@dataclass(frozen=True)
class Journal:
    """Decimals, what stands below a coefficient, and whether stars are printed where inference allows them."""

    decimals: int = 3
    below: tuple[Below, ...] = ("se",)
    stars: bool = True


JOURNALS = {
    "plain": Journal(stars=False),
    "AER": Journal(stars=False),
    "JDE": Journal(),
    "管理世界": Journal(),
    "经济研究": Journal(below=("t",)),
    "中国工业经济": Journal(decimals=4),
}


def journal_rules(name: str) -> Journal:
    """Return the rules of a journal by name."""
    if name not in JOURNALS:
        raise DesignError(f"there is no preset {name!r}; choose one of {list(JOURNALS)}")
    return JOURNALS[name]
