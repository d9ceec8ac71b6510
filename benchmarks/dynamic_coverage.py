"""Bias and coverage of dynamic panel estimators in 41 units and 14 periods: ``python -m benchmarks.dynamic_coverage``.

Writes `reports/certificate_dynamic.csv`. Simulated: y = rho y(-1) + (1 - rho) (x + unit effect + period
effect) + error, errors normal and independent, x autoregressive and correlated with unit effects, all started on the
long-run path.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import yrdecon as yd
from yrdecon.core.atomic import write_atomically

FloatArray = NDArray[np.float64]
Method = Callable[[yd.Panel], yd.Estimate]

UNITS, PERIODS, BURN_IN, DRAWS, SEED = 41, 14, 100, 1000, 20211208
PERSISTENCE = (0.6, 0.8, 0.95)
WITHIN = "y ~ L(y, 1) + x | unit + year"
MOMENTS = "y ~ L(y, 1) + x | gmm(y, 2:4) | year"
METHODS: dict[str, Method] = {
    "fixed_effects": partial(yd.panel_regression, formula=WITHIN),
    "half_panel_jackknife": partial(yd.half_panel_jackknife, formula=WITHIN),
    "bias_corrected_lsdv": partial(yd.bias_corrected_lsdv, formula=WITHIN),
    "difference_gmm": partial(yd.dynamic_panel, formula=MOMENTS, collapse=True),
    "deviations_gmm": partial(yd.dynamic_panel, formula=MOMENTS, transform="deviations", collapse=True),
    "system_gmm": partial(yd.dynamic_panel, formula=MOMENTS, transform="system", collapse=True),
}
OUT = Path(__file__).parents[1] / "reports" / "certificate_dynamic.csv"


@dataclass(frozen=True)
class Interval:
    """One estimate of the coefficient of the lag, and its 95% interval."""

    estimate: float
    low: float
    high: float


def simulate(rho: float, generator: np.random.Generator, units: int = UNITS, periods: int = PERIODS) -> yd.Panel:
    """Return one panel of the process above."""
    effect = generator.normal(size=units)
    x, y = effect.copy(), 2 * effect
    rows = []
    for t in range(-BURN_IN, periods):
        x = 0.5 * x + 0.5 * effect + generator.normal(size=units)
        y = rho * y + (1 - rho) * (x + effect + generator.normal()) + generator.normal(size=units)
        rows += [(u, 2010 + t, y[u], x[u]) for u in range(units)] if t >= 0 else []
    return yd.Panel.from_frame(pd.DataFrame(rows, columns=["unit", "year", "y", "x"]), unit="unit", time="year")


def interval(method: Method, panel: yd.Panel) -> Interval:
    """Return what a method says of the lag, missing where it has no solution."""
    try:
        row = method(panel).tidy().set_index("term").loc["L(y, 1)"]
    except yd.EstimationError:
        return Interval(np.nan, np.nan, np.nan)
    return Interval(float(row["estimate"]), float(row["conf_low"]), float(row["conf_high"]))


def row_of(name: str, rho: float, found: list[Interval]) -> dict[str, float | str | int]:
    """Return one line of the table; samples without a solution count as not covering."""
    values = np.array([i.estimate for i in found])
    held = [i.low <= rho <= i.high for i in found]
    return {
        "method": name,
        "rho": rho,
        "units": UNITS,
        "periods": PERIODS,
        "draws": len(found),
        "bias": round(float(np.nanmean(values)) - rho, 4),
        "spread": round(float(np.nanstd(values)), 4),
        "coverage_95": round(float(np.mean(held)), 4),
        "median_width": round(float(np.nanmedian([i.high - i.low for i in found])), 4),
        "unsolved": int(np.isnan(values).sum()),
    }


def main(draws: int = DRAWS, out: Path = OUT) -> None:
    """Simulate, tabulate and write."""
    rows = []
    for rho in PERSISTENCE:
        panels = [simulate(rho, np.random.default_rng([SEED, d])) for d in range(draws)]
        rows += [row_of(name, rho, [interval(method, p) for p in panels]) for name, method in METHODS.items()]
    table = pd.DataFrame(rows)
    write_atomically(out, table.to_csv(index=False))
    print(table.to_string(index=False))


if __name__ == "__main__":
    main()
