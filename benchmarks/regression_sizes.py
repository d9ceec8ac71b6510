"""False rejections of panel regressions where neighbors are alike: ``python -m benchmarks.regression_sizes``.

Writes `reports/certificate_regressions.csv`. Simulated: a regressor and an outcome that have nothing to do with each
other in the 41 cities over 2010-2022, each a first-order autoregression with coefficient .8 whose shocks decay
exponentially with distance. Tests at 5% of the coefficient with city and year effects, and of its difference between
two groups of cities: Anhui and the rest, and as many cities at random.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from yrdecon.core.atomic import write_atomically
from yrdecon.core.estimate import Estimate
from yrdecon.core.panel import Panel
from yrdecon.diagnostics.compare_groups import compare_groups
from yrdecon.estimators.panel_regression import panel_regression
from yrdecon.kernels.separable import draw_separable, space_decay, time_covariance
from yrdecon.places.distances import distances_of
from yrdecon.study.twinning import load_twinning

OUT = Path(__file__).parents[1] / "reports" / "certificate_regressions.csv"
SEED, SAMPLES, DIVISIONS = 20211208, 1_000, 199
PERSISTENCE, RANGES, LEVEL = 0.8, (0.0, 225.0), 0.05
GROUPS = ("anhui", "scattered")
ERRORS = ("cluster", "driscoll_kraay(2)", "conley(225)", "CR2")
FORMULA = "y ~ x | city_code + year"


def places() -> Panel:
    """Return the cities and years, with the two ways to divide the cities."""
    panel = load_twinning().between(2010, 2022)
    anhui = panel.frame["province"] == "安徽省"
    units = np.sort(panel.frame["city_code"].unique())
    size = panel.frame.loc[anhui, "city_code"].nunique()
    chosen = np.random.default_rng(SEED).choice(units, size, replace=False)
    return panel.assign(anhui=anhui, scattered=panel.frame["city_code"].isin(chosen))


def samples(panel: Panel, theta: float, count: int) -> Iterator[Panel]:
    """Draw panels whose regressor and outcome have nothing to do with each other."""
    frame = panel.frame.sort_values([panel.unit, panel.time]).reset_index(drop=True)
    units = pd.Index(frame[panel.unit].unique())
    space = space_decay(distances_of(panel, units), theta)[None]
    time = time_covariance(panel.periods.astype(float), PERSISTENCE, "levels")
    ordered = Panel.from_frame(frame, unit=panel.unit, time=panel.time, group=panel.group, location=panel.location)
    generator = np.random.default_rng([SEED, int(theta)])
    for _ in range(count):
        y, x = draw_separable(space, np.ones(1), time, 2, generator)
        yield ordered.assign(y=y.ravel(), x=x.ravel())


def p_values(panel: Panel, seed: int) -> dict[str, float]:
    """Return the p-value of every test in one sample."""
    found = {f"coefficient, {vcov}": _p_value(panel_regression(panel, FORMULA, vcov=vcov)) for vcov in ERRORS}
    for by in GROUPS:
        test = compare_groups(panel, FORMULA, "x", by, seed=seed, draws=DIVISIONS)
        groups = test.frames["groups"]
        wald = abs(test.estimate) / np.hypot(*groups["std_error"])
        found[f"difference, {by}, whole cities exchanged"] = test.p_value
        found[f"difference, {by}, interaction"] = float(2 * stats.t.sf(wald, groups["n_units"].sum() - 1))
    return found


def _p_value(estimate: Estimate) -> float:
    return float(2 * stats.t.sf(abs(estimate.coef[0]) / estimate.std_error[0], np.max(estimate.dof)))


def main(count: int = SAMPLES, out: Path = OUT) -> None:
    """Write the share of false rejections by test and range."""
    panel, rows = places(), []
    for theta in RANGES:
        found = pd.DataFrame([p_values(sample, seed) for seed, sample in enumerate(samples(panel, theta, count))])
        rows += [(test, theta, count, float((found[test] <= LEVEL).mean())) for test in found]
    table = pd.DataFrame(rows, columns=["test", "theta_km", "samples", "rate_5"])
    write_atomically(out, table.to_csv(index=False, lineterminator="\n", float_format="%.6g"))


if __name__ == "__main__":
    main()
