"""A country of 40 cities on a grid, for tests that read the map."""

import numpy as np
import pandas as pd

import yrdecon as yd

DESIGN = yd.Design(outcome="y")
ROWS, COLUMNS, PERIODS, FIRST = 5, 8, 6, 4
CORNERS = ((0, 0), (0, 1), (4, 6), (4, 7))
SQUARE = ((0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2))
SCATTERED = ((0, 0), (4, 3), (0, 7), (2, 5), (4, 0))


def unit(row, column):
    return f"r{row}c{column}"


def country(treated, *, located=True, grouped=True, seed=0):
    """A grid of 40 cities in four provinces, two columns wide each."""
    noise = np.random.default_rng(seed).normal(size=(ROWS, COLUMNS, PERIODS))
    rows = [
        (unit(r, c), t + 1, noise[r, c, t] + 0.3 * r, FIRST if (r, c) in treated else np.inf, 100.0 + c, 30.0 + r)
        for r in range(ROWS)
        for c in range(COLUMNS)
        for t in range(PERIODS)
    ]
    frame = pd.DataFrame(rows, columns=["city", "year", "y", "cohort", "lon", "lat"])
    frame["province"] = "p" + (frame["city"].str[-1].astype(int) // 2).astype(str)
    return yd.Panel.from_frame(
        frame,
        unit="city",
        time="year",
        location=("lon", "lat") if located else None,
        group="province" if grouped else None,
    )


def staggered(treated, later, seed=0):
    """The same grid with some cities treated at another date."""
    panel = country(set(treated), seed=seed)
    dates = panel.frame["city"].map({unit(*place): date for place, date in later.items()})
    return panel.assign(cohort=dates.fillna(panel.frame["cohort"]))


def placebo_test(panel, assignment=None, estimator=yd.twfe, **options):
    return yd.permutation_test(estimator, panel, DESIGN, assignment, seed=0, **options)
