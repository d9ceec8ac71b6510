"""Transformations of dynamic panels against algebra and slow implementations."""

import numpy as np
import pandas as pd
import pytest

import yrdecon as yd

ALL_LAGS = "y ~ L(y, 1) + x | gmm(y, 2:99) + gmm(x, 1:99)"


def simulated(n=40, periods=8, gaps=False, seed=3):
    generator = np.random.default_rng(seed)
    rows = []
    for unit in range(n):
        effect, y, x = generator.normal(), 0.0, 0.0
        for t in range(-20, periods):
            x = 0.5 * x + 0.3 * effect + generator.normal()
            y = 0.5 * y + 0.7 * x + effect + 0.2 * (t % 3) + generator.normal()
            if t >= 0 and not (gaps and generator.random() < 0.1):
                rows.append((unit, 2000 + t, y, x))
    return yd.Panel.from_frame(pd.DataFrame(rows, columns=["unit", "year", "y", "x"]), unit="unit", time="year")


def slowly_in_deviations(panel, lags_of_y, lags_of_x):
    """Return the one-step coefficients, unit by unit and row by row."""
    table = panel.frame.set_index(["unit", "year"])
    years = range(int(panel.periods[0]), int(panel.periods[-1]) + 1)
    names = [(name, year, lag) for name, lags in (("y", lags_of_y), ("x", lags_of_x)) for year in years for lag in lags]
    zz = zx = zy = 0.0
    for unit in panel.units:
        complete = [t for t in years if {(unit, t), (unit, t - 1)} <= set(table.index)]
        level = {t: np.array([table.y[unit, t], table.y[unit, t - 1], table.x[unit, t]]) for t in complete}
        for t in complete[:-1]:
            later = [level[s] for s in complete if s > t]
            scale = np.sqrt(len(later) / (len(later) + 1))
            y, *x = scale * (level[t] - np.mean(later, axis=0))
            z = np.array(
                [
                    table[name][unit, year - lag] if year == t + 1 and (unit, year - lag) in table.index else 0.0
                    for name, year, lag in names
                ]
            )
            zz, zx, zy = zz + np.outer(z, z), zx + np.outer(z, x), zy + z * y
    weight = np.linalg.pinv(zz, hermitian=True)
    return np.linalg.solve(zx.T @ weight @ zx, zx.T @ weight @ zy)


def test_deviations_and_differences_are_one_estimator_with_all_lags_and_no_gaps():
    # Arellano and Bover (1995): the first-step weights of either transformation undo it
    panel = simulated()
    for formula in (ALL_LAGS, f"{ALL_LAGS} | year"):
        changes = yd.dynamic_panel(panel, formula, transform="difference", steps=1)
        deviations = yd.dynamic_panel(panel, formula, transform="deviations", steps=1)
        assert np.allclose(changes.coef, deviations.coef, rtol=1e-8)
        assert np.allclose(changes.vcov, deviations.vcov, rtol=1e-6)
    gaps = simulated(gaps=True)
    changes, deviations = (yd.dynamic_panel(gaps, ALL_LAGS, transform=t, steps=1) for t in ("difference", "deviations"))
    assert not np.allclose(changes.coef, deviations.coef, rtol=1e-3)
    assert deviations.n_obs > changes.n_obs


def test_deviations_with_gaps_equal_a_slow_implementation():
    panel = simulated(gaps=True)
    fast = yd.dynamic_panel(panel, "y ~ L(y, 1) + x | gmm(y, 2:4) + gmm(x, 1:3)", transform="deviations", steps=1)
    assert np.allclose(fast.coef, slowly_in_deviations(panel, range(2, 5), range(1, 4)), rtol=1e-8)


@pytest.mark.parametrize("transform", ["difference", "deviations", "system"])
@pytest.mark.parametrize("steps", [1, 2])
def test_the_scale_of_the_columns_does_not_matter(transform, steps):
    panel = simulated(gaps=True)
    formula = "y ~ L(y, 1) + x | gmm(y, 2:4) + gmm(x, 1:3) | year"
    moved = panel.assign(y=1000 * panel.frame["y"], x=1000 * panel.frame["x"])
    one, other = (yd.dynamic_panel(p, formula, transform=transform, steps=steps, collapse=True) for p in (panel, moved))
    assert np.allclose(one.coef[:2], other.coef[:2], rtol=1e-6)
    assert np.allclose(one.std_error[:2], other.std_error[:2], rtol=1e-6)


def test_equations_in_levels_help_where_changes_say_little():
    def spread(transform):
        return np.std(
            [
                yd.dynamic_panel(
                    persistent(seed), "y ~ L(y, 1) | gmm(y, 2:3)", transform=transform, collapse=True
                ).coef[0]
                for seed in range(40)
            ]
        )

    def persistent(seed):
        generator = np.random.default_rng(seed)
        effect = generator.normal(size=60)
        y = [effect / 0.1 + generator.normal(size=60) / np.sqrt(1 - 0.81)]
        for _ in range(6):
            y.append(0.9 * y[-1] + effect + generator.normal(size=60))
        table = pd.DataFrame(np.array(y)).stack().reset_index()
        table.columns = ["year", "unit", "y"]
        return yd.Panel.from_frame(table, unit="unit", time="year")

    assert spread("system") < 0.5 * spread("difference")


def test_the_test_of_levels_finds_effects_that_move_the_changes():
    # units start at zero, far from their long-run path: changes are related to the effects of units
    def tests(start):
        generator = np.random.default_rng(5)
        effect = 2 * generator.normal(size=300)
        y = [start * effect / 0.4 + generator.normal(size=300)]
        for _ in range(5):
            y.append(0.6 * y[-1] + effect + generator.normal(size=300))
        table = pd.DataFrame(np.array(y)).stack().reset_index()
        table.columns = ["year", "unit", "y"]
        panel = yd.Panel.from_frame(table, unit="unit", time="year")
        estimate = yd.dynamic_panel(panel, "y ~ L(y, 1) | gmm(y, 2:99)", transform="system")
        return estimate.frames["tests"].set_index("test").loc["Hansen, levels"]

    assert tests(start=0.0)["p_value"] < 0.001
    assert tests(start=1.0)["p_value"] > 0.05
    assert tests(start=1.0)["dof"] == 4


def test_lags_that_start_late_move_the_instruments_in_levels_back():
    panel = simulated()
    early, late = (
        yd.dynamic_panel(panel, f"y ~ L(y, 1) + x | gmm(y, {n}:99) + gmm(x, {n}:99) | year", transform="system")
        for n in (2, 3)
    )
    dof = [e.frames["tests"].set_index("test").loc["Hansen, levels", "dof"] for e in (early, late)]
    assert dof == [12, 10]


def test_options_that_do_not_exist_are_refused():
    with pytest.raises(yd.DesignError, match="transform"):
        yd.dynamic_panel(simulated(), ALL_LAGS, transform="levels")
    with pytest.raises(yd.DesignError, match="steps=3"):
        yd.dynamic_panel(simulated(), ALL_LAGS, steps=3)
