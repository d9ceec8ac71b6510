"""Where rejection rates must lie, among them those of methods that must fail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from benchmarks.methods import DEFAULT, INDEPENDENT_CLUSTERS

Verdict = Literal["holds", "outside by at most two Monte Carlo errors", "does not hold"]

MONTE_CARLO_ERRORS = 2.0
POOL_WORDS = {"in_yrd": "41 cities", "in_yrd_clean": "30 clean cities", "in_national": "239 cities"}
INDEPENDENT = "process == 'levels 0.6, 0 km'"
UNEVEN = "process == 'levels 0.6, 0 km, variance by size'"
ONE_CITY = "treated in ('one, random', 'one, smallest', 'one, largest')"
EVEN_OR_UNEVEN = f"({INDEPENDENT} or {UNEVEN})"


@dataclass(frozen=True)
class Band:
    """Rejection rates of some methods in some cells, and the interval in which all of them must lie.

    Attributes
    ----------
    name
        In words, for the report.
    methods, cells
        Names of methods, and a query on the columns of the table.
    low, high
        Ends of the band.
    column
        Rate at 5% or at 10%.
    must_fail
        Whether the band lies above the level on purpose, so that the certificate shows that it can detect a failure.
    """

    name: str
    methods: tuple[str, ...]
    cells: str
    low: float
    high: float
    column: Literal["rate_5", "rate_10"] = "rate_5"
    must_fail: bool = False


@dataclass(frozen=True)
class Outside:
    """A cell outside its band: its name, its rate, and the Monte Carlo error of that."""

    cell: str
    rate: float
    error: float


@dataclass(frozen=True)
class Finding:
    """The rates of a band: their range, the cells outside with the farthest first, and the verdict."""

    band: Band
    lowest: float
    highest: float
    n_cells: int
    outside: tuple[Outside, ...]
    verdict: Verdict


BANDS = (
    Band("CRV1, one treated of 41", ("CRV1",), f"treated == 'one, random' and {INDEPENDENT}", 0.5, 1, must_fail=True),
    Band("WCU, one treated", ("WCU",), f"treated == 'one, random' and {INDEPENDENT}", 0.5, 1, must_fail=True),
    Band("WCR, one treated (never rejects)", ("WCR",), f"treated == 'one, random' and {INDEPENDENT}", 0, 0.01),
    Band("CRV1, two treated", ("CRV1",), f"treated == 'two, random' and {INDEPENDENT}", 0.25, 0.35, must_fail=True),
    Band("CRV1, four treated", ("CRV1",), f"treated == 'four, random' and {INDEPENDENT}", 0.10, 0.15, must_fail=True),
    Band("CRV1, eight treated", ("CRV1",), f"treated == 'random eight' and {INDEPENDENT}", 0.06, 0.09, must_fail=True),
    Band(
        "every method for independent clusters, actual eight, 150 km",
        INDEPENDENT_CLUSTERS,
        "section == 'range' and pool == 'in_yrd' and theta_km == 150",
        0.25,
        1,
        must_fail=True,
    ),
    Band(
        "RI-beta and Conley-Taber, the eight smallest, variance by size",
        ("RI-beta", "Conley-Taber"),
        f"treated == 'eight smallest' and {UNEVEN}",
        0.12,
        1,
        must_fail=True,
    ),
    Band(
        "RI-beta and Conley-Taber, the eight largest, variance by size",
        ("RI-beta", "Conley-Taber"),
        f"treated == 'eight largest' and {UNEVEN}",
        0,
        0.02,
    ),
    Band(
        "CR2+BM, CV3, RI-t, Ferman-Pinto, eight random, independent",
        ("CR2+BM", "CV3", "RI-t", "Ferman-Pinto"),
        f"treated == 'random eight' and section == 'others' and {EVEN_OR_UNEVEN}",
        0.03,
        0.07,
    ),
    Band(
        "Ferman-Pinto, one treated of any size, independent",
        ("Ferman-Pinto",),
        f"{ONE_CITY} and {EVEN_OR_UNEVEN}",
        0.03,
        0.07,
    ),
    Band(
        "Hagemann, one treated, equal variances (conservative)",
        ("Hagemann",),
        f"{ONE_CITY} and {INDEPENDENT}",
        0,
        0.07,
    ),
    *(
        Band(
            f"default, actual eight, {words}: nearest-neighbor blocks, half-shrunk",
            (DEFAULT,),
            f"treated == 'actual eight' and mechanism == 'contiguous' and pool == '{pool}'",
            0,
            0.06,
        )
        for pool, words in POOL_WORDS.items()
    ),
    Band("default, another block of eight in the country", (DEFAULT,), "treated.str.startswith('Chengdu')", 0, 0.06),
    Band(
        "default, several groups relocated",
        (DEFAULT,),
        "mechanism == 'relocated' and section != 'staggered'",
        0,
        0.06,
    ),
    Band(
        "default, scattered or random: RI-t within strata, independent cities",
        (DEFAULT,),
        f"treated in ('random eight', 'scattered eight', 'four, random', 'two, random') and {EVEN_OR_UNEVEN}",
        0,
        0.07,
    ),
    Band(
        "default, scattered or random: RI-t within strata, shared shocks",
        (DEFAULT,),
        "treated in ('random eight', 'scattered eight', 'eight smallest', 'eight largest') "
        f"and section == 'others' and not {EVEN_OR_UNEVEN}",
        0,
        0.07,
    ),
    Band(
        "default, one treated, equal variances", (DEFAULT,), f"treated.str.startswith('one') and {INDEPENDENT}", 0, 0.07
    ),
    Band("default, one treated, variance by size", (DEFAULT,), f"treated.str.startswith('one') and {UNEVEN}", 0, 0.07),
    Band(
        "default, staggered, scattered, independent cities",
        (DEFAULT,),
        f"section == 'staggered' and treated.str.contains('random') and {EVEN_OR_UNEVEN}",
        0,
        0.07,
    ),
    Band(
        "default, staggered, scattered, shared shocks",
        (DEFAULT,),
        f"section == 'staggered' and treated.str.contains('random') and not {EVEN_OR_UNEVEN}",
        0,
        0.07,
    ),
    Band(
        "default, staggered, neighbors: blocks that carry the dates, half-shrunk",
        (DEFAULT,),
        "section == 'staggered' and treated.str.contains('neighbors')",
        0,
        0.06,
    ),
    Band(
        "default, staggered, groups of neighbors: relocated with their dates",
        (DEFAULT,),
        "section == 'staggered' and treated.str.contains('groups')",
        0,
        0.06,
    ),
    Band("conformal at the 10% level", ("conformal",), "section == 'range'", 0.05, 0.13, "rate_10"),
    Band("SDID, half-shrunk blocks", ("SDID, blocks",), "section == 'slow'", 0, 0.06),
    Band("spatial model, largest p over likely ranges", ("spatial model",), "section == 'slow'", 0, 0.08),
)


def check_bands(rates: pd.DataFrame) -> list[Finding]:
    """Compare rejection rates without an effect with every band of which the table has a cell."""
    null = rates[rates["effect"] == 0]
    found = [(band, null[null["method"].isin(band.methods)].query(band.cells)) for band in BANDS]
    return [_finding(band, rows) for band, rows in found if len(rows)]


def monte_carlo_error(rate: pd.Series, draws: pd.Series) -> pd.Series:
    """Return the standard error of rejection rates; at most one rejection more or less is told apart."""
    return np.sqrt(np.maximum(rate * (1 - rate), 1 / draws) / draws)


def name_cell(row: pd.Series) -> str:
    """Return the name of a cell of the table, the method first."""
    base = "" if row["base"] in ("2020", "all earlier") else f", base {row['base']}"
    return f"{row['method']}: {row['treated']}, {POOL_WORDS[row['pool']]}{base}, {row['process']}"


def _finding(band: Band, rows: pd.DataFrame) -> Finding:
    rate = rows[band.column]
    beyond = np.maximum(band.low - rate, rate - band.high)
    error = monte_carlo_error(rate, rows["draws"])
    verdict: Verdict = "holds"
    if (beyond > 0).any():
        far = (beyond > MONTE_CARLO_ERRORS * error).any()
        verdict = "does not hold" if far else "outside by at most two Monte Carlo errors"
    order = beyond[beyond > 0].sort_values(ascending=False, kind="stable").index
    outside = tuple(Outside(name_cell(rows.loc[i]), float(rate[i]), float(error[i])) for i in order)
    return Finding(band, float(rate.min()), float(rate.max()), len(rows), outside, verdict)
