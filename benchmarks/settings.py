"""Who is treated when, where the units lie, and which periods form the contrast."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.assignment import Assignment, AssignmentKind
from yrdecon.core.design import Design
from yrdecon.core.panel import Panel
from yrdecon.core.sample import draw_sample
from yrdecon.inference.assignment_set import AssignmentSet
from yrdecon.inference.assignments import admissible_assignments
from yrdecon.inference.choice import Choice, choose_mechanism
from yrdecon.kernels.resample import count_choices, random_orders
from yrdecon.places.distances import unit_coordinates, unit_distances
from yrdecon.study.twinning import load_twinning

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

BASES: dict[str, tuple[int, ...] | None] = {"2020": (2020,), "2018-20": (2018, 2019, 2020), "mean": None}
TREATED_FROM, EXCLUDED = 2022, (2021,)
MOST_COMPARED = 2_000


@dataclass(frozen=True, eq=False)
class Setting:
    """A design on real places; only the outcome is simulated.

    Attributes
    ----------
    panel, design
        The panel, its outcome ``y`` the real one of 2020 in every year, and the design that reads it.
    cohort
        (N,) first treated period, infinite if never.
    distance, seats
        (N, N) kilometers, (N, 2) longitude and latitude.
    province, population
        (N,) codes, (N,) mean residents 2010-2020 in 10,000.
    periods
        (T,) years.
    """

    panel: Panel
    design: Design
    cohort: FloatArray
    distance: FloatArray
    seats: FloatArray
    province: IntArray
    population: FloatArray
    periods: IntArray

    @property
    def treated(self) -> BoolArray:
        """Which of the N units are ever treated."""
        return np.isfinite(self.cohort)

    @property
    def is_staggered(self) -> bool:
        """Whether there are several adoption dates."""
        return len(np.unique(self.cohort[self.treated])) > 1

    @property
    def post(self) -> BoolArray:
        """(T,) treated periods of the contrast."""
        return np.asarray(self.periods >= self.cohort.min())

    @property
    def clean(self) -> BoolArray:
        """(T,) usable periods before treatment."""
        return np.asarray(~self.post & ~np.isin(self.periods, self.design.exclude_periods))

    @property
    def base(self) -> BoolArray:
        """(T,) base periods."""
        declared = self.design.base_periods
        return self.clean if declared is None else self.clean & np.isin(self.periods, declared)


@cache
def make_setting(treated: tuple[str, ...], base: str = "2020", pool: str = "in_yrd") -> Setting:
    """Treat cities, by their codes, from 2022 in a pool of the delta or of the country."""
    design = Design("y", base_periods=BASES[base], exclude_periods=EXCLUDED)
    return _setting(dict.fromkeys(treated, float(TREATED_FROM)), design, pool)


@cache
def make_staggered(cohorts: tuple[tuple[str, int], ...], pool: str = "in_yrd") -> Setting:
    """Treat cities from their own year on, all earlier years as base."""
    return _setting({city: float(year) for city, year in cohorts}, Design("y"), pool)


@cache
def compared_sets(setting: Setting, kind: AssignmentKind, draws: int, seed: int) -> AssignmentSet:
    """Return the assignments that the library compares on a panel of this geometry and these levels of the outcome.

    Where the library enumerates more than 2,000 choices of units, `draws` of them are drawn.
    """
    sample, assignment = draw_sample(setting.panel, setting.design), Assignment(kind)
    nobody = np.zeros(len(sample.units), dtype=bool)
    if kind == "auto":
        choice = choose_mechanism(setting.panel, sample, assignment, nobody, seed)
    else:
        choice = Choice(assignment, None, "none", "")
    codes = np.zeros(len(nobody), dtype=np.int64) if choice.strata is None else choice.strata.codes
    if choice.assignment.kind == "free" and count_choices(codes, setting.treated) > MOST_COMPARED:
        orders = random_orders(codes, draws, np.random.default_rng(seed))
        cohorts = np.vstack([setting.cohort, setting.cohort[orders]])
        return AssignmentSet(cohorts, len(cohorts), None, "free", choice.reason, choice.studentize)
    return admissible_assignments(setting.panel, sample, assignment, draws=draws, seed=seed)


def with_outcome(setting: Setting, y: FloatArray) -> Panel:
    """Return the panel with (N, T) simulated outcomes, for the library's own functions."""
    return setting.panel.assign(y=setting.panel.frame["y"].to_numpy() + y.ravel())


def pool_cities(pool: str) -> pd.DataFrame:
    """Return one row per city of a pool: coordinates, province, population, whether it is one of the actual eight."""
    frame = _cities(pool)
    mean = frame[frame["year"] <= 2020].groupby("city_code")["population_resident_10k"].mean()
    first = frame.groupby("city_code")[["lon", "lat", "province", "cohort", "city_en"]].first()
    return first.assign(population=mean.fillna(mean.median()), actual=np.isfinite(first["cohort"]))


def _setting(cohorts: dict[str, float], design: Design, pool: str) -> Setting:
    frame = _cities(pool)[["city_code", "year", "lon", "lat", "province"]]
    cohort = frame["city_code"].map(cohorts).fillna(np.inf)
    level = frame["city_code"].map(_cities(pool).query("year == 2020").set_index("city_code")["ln_real_gdp"])
    panel = Panel.from_frame(
        frame.assign(cohort=cohort, y=level),
        unit="city_code",
        time="year",
        location=("lon", "lat"),
        group="province",
    )
    sample = draw_sample(panel, design)
    cities = pool_cities(pool).reindex(sample.units)
    return Setting(
        panel=panel,
        design=design,
        cohort=sample.cohort,
        distance=unit_distances(panel, sample),
        seats=unit_coordinates(panel, sample),
        province=pd.factorize(cities["province"])[0].astype(np.int64),
        population=cities["population"].to_numpy(dtype=float),
        periods=sample.periods,
    )


@cache
def _cities(pool: str) -> pd.DataFrame:
    frame = load_twinning("yrd" if pool in ("in_yrd", "in_yrd_clean") else "national").frame
    kept = frame[frame[pool] if pool != "located" else frame["lon"].notna()]
    return kept.sort_values(["city_code", "year"]).reset_index(drop=True)
