"""Cities of higher rank than a prefecture, which robustness checks leave out."""

from __future__ import annotations

MUNICIPALITIES = ("110000", "120000", "310000", "500000")
SUB_PROVINCIAL = (
    "210100", "210200", "220100", "230100", "320100", "330100", "330200", "350200", "370100", "370200", "420100",
    "440100", "440300", "510100", "610100",
)  # fmt: skip
CAPITALS = (
    "130100", "140100", "150100", "210100", "220100", "230100", "320100", "330100", "340100", "350100", "360100",
    "370100", "410100", "420100", "430100", "440100", "450100", "460100", "510100", "520100", "530100", "540100",
    "610100", "620100", "630100", "640100", "650100",
)  # fmt: skip


def cities_of_rank(rank: str) -> tuple[str, ...]:
    """Return the codes of ``"municipalities"``, or of ``"capitals"``: capitals of provinces and sub-provincial cities.

    Examples
    --------
    >>> len(cities_of_rank("municipalities")), len(cities_of_rank("capitals"))
    (4, 32)
    """
    return MUNICIPALITIES if rank == "municipalities" else tuple(sorted({*SUB_PROVINCIAL, *CAPITALS}))
