"""No input meets a raw error or a warning: each gives finite numbers, or NaN with a reason, or an error in words."""

import inspect
import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import yrdecon as yd

INF = np.inf
COHORTS = (4, 4, 4, 6, 6, INF, INF, INF, INF, INF)
DESIGN = yd.Design(outcome="y")
RAW = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    MemoryError,
    TypeError,
    ValueError,
    Warning,
    np.linalg.LinAlgError,
)


def table(cohorts=COHORTS, periods=range(1, 9)):
    """Synthetic rows of units u0, u1... with all columns that some estimator asks for."""
    generator = np.random.default_rng(0)
    number, time = (a.ravel() for a in np.meshgrid(np.arange(len(cohorts)), np.array(list(periods)), indexing="ij"))
    cohort = np.array(cohorts, dtype=float)[number]
    treated = np.isfinite(cohort)
    half = max(len(cohorts) // 2, 1)
    frame = pd.DataFrame({"unit": [f"u{i}" for i in number], "time": time, "cohort": cohort})
    return frame.assign(
        y=generator.normal(size=len(cohorts))[number]
        + 0.3 * time
        + generator.normal(size=len(time))
        + (time >= cohort),
        group=np.select([number < half, number == len(cohorts) - 1], ["west", "north"], "east"),
        eligible=treated | ((number % half < 3) & (number >= half)) | (number == len(cohorts) - 1),
        dose=np.where(treated, 1.0 + number % 3, 0.0),
        x=generator.normal(size=len(time)),
        z=number * 0.7 % 3,
        lon=number * 0.7,
        lat=0.0,
        w=1.0 + number % 3,
        varying=generator.uniform(0.5, 2, len(time)),
        one="k",
        flat=5.0,
        pool=True,
    )


def panel_of(frame, unit="unit", group="group"):
    return yd.Panel.from_frame(frame, unit=unit, time="time", location=("lon", "lat"), group=group)


def changed(column, change):
    """Return a maker of the panel with one column replaced by a function of the rows."""
    return lambda: panel_of(table().assign(**{column: change}))


def kept(rows):
    return lambda: panel_of((frame := table())[rows(frame)])


def with_cohorts(*cohorts, **options):
    return lambda: panel_of(table(cohorts, **options))


def with_times(change):
    return lambda: panel_of(table().assign(time=lambda f: change(f["time"]), cohort=lambda f: change(f["cohort"])))


def base():
    return panel_of(table())


def gone(mask):
    return changed("y", lambda f: f["y"].where(~mask(f)))


def is_treated(f):
    return f["time"] >= f["cohort"]


PANELS = {
    "one unit, treated": with_cohorts(4),
    "one unit, never treated": with_cohorts(INF),
    "one period": with_cohorts(*COHORTS, periods=[5]),
    "two periods": with_cohorts(2, 2, INF, INF, INF, periods=[1, 2]),
    "two units": with_cohorts(4, INF),
    "two units in two periods": with_cohorts(2, INF, periods=[1, 2]),
    "three units": with_cohorts(4, INF, INF),
    "one treated unit": with_cohorts(4, *[INF] * 8),
    "one treated unit at each of three dates": with_cohorts(4, 5, 6, *[INF] * 6),
    "one comparison unit": with_cohorts(4, 4, 4, 6, 6, 6, INF),
    "all treated at once": with_cohorts(*[4] * 6),
    "all treated": with_cohorts(4, 4, 4, 6, 6, 6),
    "nobody within the panel": with_cohorts(14, 14, 16),
    "no period before": with_cohorts(1, 1, 1, INF, INF, INF),
    "some treated throughout": with_cohorts(1, 1, 4, 4, INF, INF, INF),
    "some treated after the end": with_cohorts(4, 4, 4, 9, 9, 16, INF, INF),
    "constant outcome": changed("y", 3.0),
    "outcome of zeros": changed("y", 0.0),
    "outcome without change": changed("y", lambda f: f.groupby("unit")["y"].transform("first")),
    "large outcome": changed("y", lambda f: f["y"] * 1e12 + 1e15),
    "overflowing outcome": changed("y", lambda f: f["y"] * 1e200),
    "vanishing outcome": changed("y", lambda f: f["y"] * 1e-200),
    "missing outcomes": gone(lambda f: f.index % 9 == 4),
    "outcome missing throughout": changed("y", np.nan),
    "treated unseen after": gone(is_treated),
    "treated unseen before": gone(lambda f: ~is_treated(f) & np.isfinite(f["cohort"])),
    "comparison unseen after": gone(lambda f: (f["time"] >= 4) & np.isinf(f["cohort"])),
    "comparison unseen before": gone(lambda f: (f["time"] < 4) & np.isinf(f["cohort"])),
    "comparison never seen": gone(lambda f: np.isinf(f["cohort"])),
    "infinite outcome": changed("y", lambda f: f["y"].where(f.index != 4, INF)),
    "outcome of text": changed("y", lambda f: f["y"].astype(str)),
    "outcome true or false": changed("y", lambda f: f["y"] > 0),
    "outcome of nullable integers": changed(
        "y", lambda f: (f["y"] * 10).astype(int).astype("Int64").mask(f.index == 3)
    ),
    "complex outcome": changed("y", lambda f: f["y"].astype(complex)),
    "times as text": changed("time", lambda f: f["time"].astype(str)),
    "times below zero": lambda: panel_of(
        table().assign(time=lambda f: f["time"] - 20, cohort=lambda f: f["cohort"] - 20)
    ),
    "a year is missing before": kept(lambda f: f["time"] != 3),
    "the years of adoption are missing": kept(lambda f: ~f["time"].isin([4, 6])),
    "every other year": lambda: panel_of(
        table().assign(time=lambda f: f["time"] * 2, cohort=lambda f: f["cohort"] * 2)
    ),
    "only years before": kept(lambda f: f["time"] < 4),
    "ids of numbers and text": changed("unit", lambda f: [int(u[1:]) if int(u[1:]) % 2 else u for u in f["unit"]]),
    "categorical ids": changed("unit", lambda f: f["unit"].astype("category")),
    "cohort 0 for never treated": changed("cohort", lambda f: f["cohort"].replace(INF, 0).astype(int)),
    "cohort -1 for never treated": changed("cohort", lambda f: f["cohort"].replace(INF, -1)),
    "cohort minus infinity": changed("cohort", lambda f: f["cohort"].replace(INF, -INF)),
    "cohort missing for never treated": changed("cohort", lambda f: f["cohort"].replace(INF, np.nan).astype("Int64")),
    "cohort 9999 for never treated": changed("cohort", lambda f: f["cohort"].replace(INF, 9999).astype(int)),
    "cohort between periods": changed("cohort", lambda f: f["cohort"] - 0.5),
    "cohort as text": changed("cohort", lambda f: f["cohort"].astype(str)),
    "cohort as indicator": changed("cohort", lambda f: np.isfinite(f["cohort"])),
    "cohort as indicator over time": changed("cohort", lambda f: is_treated(f).astype(int)),
    "cohort as date": changed("cohort", pd.Timestamp("2010-01-01")),
    "scattered rows": lambda: panel_of(table().sample(frac=0.7, random_state=1)),
    "few scattered rows": lambda: panel_of(table().sample(frac=0.35, random_state=2)),
    "nobody left once those treated throughout go": kept(
        lambda f: ((f["unit"] == "u0") & (f["time"] == 4)) | ((f["unit"] == "u3") & (f["time"] >= 6)) | (f["time"] == 8)
    ),
    "a unit seen once": kept(lambda f: (f["unit"] != "u7") | (f["time"] == 2)),
    "repeated cross-sections": lambda: panel_of(
        table().assign(person=lambda f: f["unit"] + f["time"].astype(str)), unit="person", group=None
    ),
    "weights of zero for the treated": changed("w", lambda f: 1.0 * np.isinf(f["cohort"])),
    "weights of zero for the others": changed("w", lambda f: 1.0 * np.isfinite(f["cohort"])),
    "weights of zero for a cohort": changed("w", lambda f: 1.0 * (f["cohort"] != 6)),
    "weights of zero in a period": changed("w", lambda f: 1.0 * (f["time"] != 7)),
    "weights of zero everywhere": changed("w", 0.0),
    "negative weights": changed("w", -1.0),
    "weights of every size": changed("w", lambda f: 10.0 ** (f.index % 20)),
    "covariate with gaps": changed("x", lambda f: f["x"].where(f.index % 7 != 3)),
    "infinite covariate": changed("x", lambda f: f["x"].where(f.index % 7 != 3, INF)),
    "covariate that is the treatment": changed("x", lambda f: 1.0 * is_treated(f)),
    "covariate that is the outcome": changed("x", lambda f: f["y"]),
    "empty pool": changed("pool", False),
    "pool of the treated": changed("pool", lambda f: np.isfinite(f["cohort"])),
    "changing pool": changed("pool", lambda f: f.index % 3 != 1),
}
DESIGNS = {
    "not yet treated": {"comparison": "not_yet"},
    "a covariate": {"covariates": ("x",)},
    "a covariate constant within units": {"covariates": ("z",)},
    "a covariate without variation": {"covariates": ("flat",)},
    "a covariate of text": {"covariates": ("one",)},
    "time as covariate": {"covariates": ("time",)},
    "weights": {"weights": "w"},
    "changing weights": {"weights": "varying"},
    "one cluster": {"cluster": "one"},
    "a cluster that changes": {"cluster": "x"},
    "clusters of periods": {"cluster": "time"},
    "clusters of units": {"cluster": "group"},
    "anticipation": {"anticipation": 1},
    "anticipation of all periods before": {"anticipation": 3},
    "anticipation longer than the panel": {"anticipation": 30, "comparison": "not_yet"},
    "base period": {"base_periods": (3,)},
    "base period after treatment": {"base_periods": (5,)},
    "base period outside": {"base_periods": (-5,)},
    "excluded period before": {"exclude_periods": (3,)},
    "all periods before excluded": {"exclude_periods": (1, 2, 3, 4, 5)},
    "adoption excluded": {"exclude_periods": (4,)},
    "everything excluded": {"exclude_periods": tuple(range(1, 9))},
    "group by time": {"effects": ("group^time",)},
    "unit trends": {"effects": ("unit[time]",)},
    "slopes by year": {"effects": ("time[z]",)},
    "unit by time": {"effects": ("unit^time",)},
    "missing column": {"cluster": "nowhere"},
    "outcome as weights": {"weights": "y"},
    "time as outcome": {"outcome": "time"},
}
OF_PANEL = {"weight": {"weights": "w"}, "covariate": {"covariates": ("x",)}, "pool": {"pool": "pool"}}
FUNCTIONS = {n: yd.ESTIMATORS[n].function for n in sorted(yd.ESTIMATORS)} | {
    f.__name__: f for f in (yd.bacon, yd.twfe_weights, yd.imputation_pretrend)
}
VALUES = [True, False, 0, 1, -1, 2.5, np.nan, INF, "x", "", [], (), (1,), (1, 2, 3), (-2, 1), (1, -2), (-1.5, 2)]
VALUES += [("a", "b"), {"a": 1}, (None, None), np.array([-2, 1]), b"x", 10**9, (-(10**9), 10**9), 1e308, object()]


def cases():
    for name, make in PANELS.items():
        fitting = next((d for word, d in OF_PANEL.items() if word in name), {})
        yield name, make, replace(DESIGN, **fitting)
    for name, options in DESIGNS.items():
        yield name, base, replace(DESIGN, **options)


def verdict(function, panel, design, **options):
    """Return what is wrong with how a call ends, None if nothing."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            result = function(panel, design, **options)
            return wrong_numbers(result) if isinstance(result, yd.Estimate) else None
    except yd.YrdeconError as error:
        return None if len(str(error)) > 30 else f"says only: {error}"
    except RAW as error:
        return f"{type(error).__name__}: {error}"


def wrong_numbers(estimate):
    repr(estimate)
    by = ("event_time", "cohort", "time", None) if {"cohort", "time"} <= set(estimate.cells) else ()
    for result in (estimate, *(found for b in by if (found := summary(estimate, b)))):
        if not np.isfinite(result.coef).all():
            return f"coefficients {result.coef}"
        reason = " ".join((result.small_sample, *result.notes, result.method))
        if np.isnan(result.vcov).any() and not ("permutation" in reason or "matched_did" in reason):
            return "errors are missing without a reason"
        if (result.tidy()["statistic"].abs() > 1e9).any():
            return "errors are rounding"
    return None


def summary(estimate, by):
    try:
        return yd.aggregate(estimate, by)
    except yd.YrdeconError:
        return None


@pytest.mark.parametrize("name", FUNCTIONS)
def test_no_panel_and_no_design_meets_a_raw_error_or_a_warning(name):
    found = {}
    for title, make, design in cases():
        if wrong := verdict(FUNCTIONS[name], make(), design):
            found[title] = wrong
    assert found == {}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_an_option_of_the_wrong_kind_is_named(name):
    found, toy = {}, base()
    for option in list(inspect.signature(FUNCTIONS[name]).parameters)[2:]:
        for value in VALUES:
            if wrong := verdict(FUNCTIONS[name], toy, DESIGN, **{option: value}):
                found[option, repr(value)] = wrong
    assert found == {}
