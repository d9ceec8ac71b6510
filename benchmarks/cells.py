"""What is certified: treated cities, comparison pools, base periods and processes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from benchmarks.processes import Process
from benchmarks.settings import Setting, make_setting, make_staggered, pool_cities

THETAS = (0.0, 150.0, 225.0, 375.0, 650.0)
EFFECTS = (0.02, 0.04, 0.06)
SETS = 10
SEED = 20211208
EIGHT = 8


@dataclass(frozen=True)
class Cell:
    """One row of a table.

    Attributes
    ----------
    section, treated, pool, base
        Where it is printed, and in words who is treated, compared with whom, and from when on.
    settings
        The designs; the draws are split evenly among them, in this order.
    process
        How outcomes arise without any effect.
    effects
        Effects, other than none, at which power is measured.
    """

    section: str
    treated: str
    pool: str
    base: str
    settings: tuple[Setting, ...]
    process: Process
    effects: tuple[float, ...] = ()

    @property
    def key(self) -> str:
        """A name that no other cell has, from which its random numbers follow."""
        return f"{self.section}|{self.treated}|{self.pool}|{self.base}|{self.process}"


@cache
def all_cells() -> tuple[Cell, ...]:
    """Return every cell of the certificate."""
    return (*_actual(), *_shared(), *_bases(), *_others(), *_few(), *_staggered(), *_national())


@cache
def hard_cells() -> tuple[Cell, ...]:
    """Return the cells in which the blocks of the default come closest to 6%, to be run again with more draws."""
    shocks = [Process("growth", 0.6, 225.0), Process("growth", 0.6, 650.0), Process("growth", 0.6, 225.0, province=1.0)]
    gradients = [Process("growth", 0.6, gradient=1.0), Process("levels", 0.8, gradient=1.0)]
    chengdu = "Chengdu and its seven neighbors", (nearest("510100", EIGHT, "in_national"),)
    actual = "actual eight", (actual_eight(),)
    return (
        *(_cell("hard", *actual, process, pool) for pool in ("in_yrd", "in_yrd_clean") for process in gradients),
        *(_cell("hard", *who, process, "in_national") for who in (actual, chengdu) for process in shocks),
    )


def persistences(theta: float) -> tuple[Process, ...]:
    """Return the four ways in which shocks persist, at one range."""
    return (*(Process("levels", rho, theta) for rho in (0.6, 0.8, 0.95)), Process("growth", 0.6, theta))


def actual_eight() -> tuple[str, ...]:
    """Return the codes of the eight treated cities."""
    return tuple(pool_cities("in_yrd").query("actual").index)


def nearest(center: str, size: int, pool: str = "in_yrd") -> tuple[str, ...]:
    """Return a city and its nearest neighbors in a pool."""
    cities = pool_cities(pool)
    setting = make_setting((center,), "2020", pool)
    order = np.argsort(setting.distance[cities.index.get_loc(center)], kind="stable")[:size]
    return tuple(sorted(cities.index[order]))


def _actual() -> list[Cell]:
    cells = []
    for pool in ("in_yrd", "in_yrd_clean"):
        setting = (make_setting(actual_eight(), "2020", pool),)
        for theta in THETAS:
            cells += [Cell("range", "actual eight", pool, "2020", setting, p, EFFECTS) for p in persistences(theta)]
    return cells


def _shared() -> list[Cell]:
    processes = [
        *(Process("levels", 0.8, theta, province=sd) for sd in (0.5, 1.0) for theta in (0.0, 150.0)),
        *(Process("growth", 0.6, 225.0, province=sd) for sd in (0.5, 1.0)),
        *(Process("levels", 0.8, 0.0, gradient=g) for g in (0.25, 1.0)),
        *(Process("growth", 0.6, 0.0, gradient=g) for g in (0.25, 1.0)),
        Process("growth", 0.6, 375.0, province=0.5, gradient=0.25),
        Process("levels", 0.6, factor=1.0),
        Process("levels", 0.6, tails=5.0),
        Process("levels", 0.6, uneven=True),
        Process("levels", 0.8, 375.0, treated_sd=1.5),
        Process("growth", 0.6, 225.0, treated_sd=1.5),
    ]
    return [
        Cell("shared", "actual eight", pool, "2020", (make_setting(actual_eight(), "2020", pool),), process)
        for pool in ("in_yrd", "in_yrd_clean")
        for process in processes
    ]


def _bases() -> list[Cell]:
    return [
        Cell("bases", "actual eight", "in_yrd", base, (make_setting(actual_eight(), base),), process, EFFECTS)
        for base in ("2018-20", "mean")
        for theta in THETAS
        for process in persistences(theta)
    ]


def _others() -> list[Cell]:
    cities = pool_cities("in_yrd").sort_values("population")
    sets = {
        "random eight": _random_sets(EIGHT),
        "eight smallest": (tuple(cities.index[:EIGHT]),),
        "eight largest": (tuple(cities.index[-EIGHT:]),),
        "scattered eight": (_scattered(EIGHT),),
        "two groups of four": ((*nearest("341200", 4), *nearest("331100", 4)),),
        "three groups of three": ((*nearest("341200", 3), *nearest("331100", 3), *nearest("320600", 3)),),
    }
    return [_cell("others", name, chosen, process) for name, chosen in sets.items() for process in _hard()]


def _few() -> list[Cell]:
    cities = pool_cities("in_yrd").sort_values("population")
    sets = {
        "one, random": _random_sets(1),
        "one, smallest": ((cities.index[0],),),
        "one, largest": ((cities.index[-1],),),
        "two, random": _random_sets(2),
        "four, random": _random_sets(4),
    }
    processes = [
        Process(),
        Process("levels", 0.6, 150.0),
        Process("levels", 0.6, uneven=True),
        Process("growth", 0.6, 225.0),
    ]
    return [_cell("few", name, chosen, process) for name, chosen in sets.items() for process in processes]


def _staggered() -> list[Cell]:
    years = (2013, 2016, 2019)
    twelve, west = nearest("340300", 12), nearest("510100", 12, "in_national")
    groups = (*nearest("341200", 6), *nearest("331100", 6))
    random = tuple(make_staggered(_dated(chosen, years)) for chosen in _random_sets(12))
    sets = {
        "twelve random, three dates": random,
        "twelve neighbors, three dates": (make_staggered(_dated(twelve, years)),),
        "twelve neighbors, from west to east": (make_staggered(_dated_from_west(twelve, years)),),
        "two groups of six, three dates": (make_staggered(_dated(groups, years)),),
        "two groups of six, from west to east": (make_staggered(_dated_from_west(groups, years)),),
    }
    chengdu = (make_staggered(_dated(west, years), "in_national"),)
    return [
        *(
            Cell("staggered", name, "in_yrd", "all earlier", settings, p)
            for name, settings in sets.items()
            for p in _hard()
        ),
        *(
            Cell("staggered", "Chengdu and its eleven neighbors, three dates", "in_national", "all earlier", chengdu, p)
            for p in _hard()
        ),
    ]


def _national() -> list[Cell]:
    sets = {
        "actual eight": (actual_eight(),),
        "Chengdu and its seven neighbors": (nearest("510100", EIGHT, "in_national"),),
        "random eight": _random_sets(EIGHT, "in_national"),
    }
    processes = [
        *(Process("growth", 0.6, theta) for theta in (0.0, 225.0, 650.0)),
        Process("levels", 0.8, 375.0),
        Process("growth", 0.6, 225.0, province=1.0),
        Process("growth", 0.6, 0.0, gradient=1.0),
    ]
    return [
        _cell("national", name, chosen, process, "in_national")
        for name, chosen in sets.items()
        for process in processes
    ]


def _hard() -> list[Process]:
    return [
        Process(),
        Process("levels", 0.6, uneven=True),
        Process("growth", 0.6, 225.0),
        Process("levels", 0.8, 375.0),
        Process("growth", 0.6, 225.0, province=1.0),
        Process("levels", 0.8, 0.0, gradient=1.0),
    ]


def _cell(section: str, name: str, sets: tuple[tuple[str, ...], ...], process: Process, pool: str = "in_yrd") -> Cell:
    return Cell(section, name, pool, "2020", tuple(make_setting(chosen, "2020", pool) for chosen in sets), process)


@cache
def _random_sets(size: int, pool: str = "in_yrd") -> tuple[tuple[str, ...], ...]:
    generator = np.random.default_rng([SEED, size])
    codes = pool_cities(pool).index.to_numpy()
    return tuple(tuple(sorted(generator.choice(codes, size, replace=False))) for _ in range(SETS))


def _scattered(size: int) -> tuple[str, ...]:
    """Return cities far from each other: each in turn as far as possible from those before."""
    cities = pool_cities("in_yrd")
    distance = make_setting((cities.index[0],)).distance
    chosen = [int(cities.index.get_loc("340300"))]
    while len(chosen) < size:
        chosen.append(int(np.argmax(distance[chosen].min(axis=0))))
    return tuple(sorted(cities.index[chosen]))


def _dated(cities: tuple[str, ...], years: tuple[int, ...]) -> tuple[tuple[str, int], ...]:
    return tuple((city, years[i % len(years)]) for i, city in enumerate(cities))


def _dated_from_west(cities: tuple[str, ...], years: tuple[int, ...]) -> tuple[tuple[str, int], ...]:
    """Give the westernmost cities the first year, so that units of one date are neighbors."""
    order = pool_cities("in_yrd").loc[list(cities)].sort_values("lon").index
    return tuple((city, years[i * len(years) // len(order)]) for i, city in enumerate(order))


def describe_cell(cell: Cell) -> dict[str, str | float]:
    """Return the columns that identify a cell in the tables."""
    process = cell.process
    return {
        "section": cell.section,
        "treated": cell.treated,
        "pool": cell.pool,
        "base": cell.base,
        "process": str(process),
        "persistence": f"{process.persistence} {process.rho:g}",
        "theta_km": process.theta,
    }
