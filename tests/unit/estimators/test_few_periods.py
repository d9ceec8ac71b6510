"""Fixed effects with a lagged outcome and few periods: the bias is there, and is removed."""

import numpy as np
import pandas as pd
import pytest

import yrdecon as yd
from yrdecon.kernels.dynamic_bias import WithinPanel, _bias, _moments, _pairs_by_distance

FORMULA = "y ~ L(y, 1) + x | unit + year"


def simulated(seed, units=41, periods=14, rho=(0.6,), gaps=0.0, react=0.0):
    """Return a panel on its long-run path, whose units differ in the variance of their errors."""
    generator = np.random.default_rng(seed)
    effect, scale = generator.normal(size=units), np.exp(0.3 * generator.normal(size=units))
    past = [effect / (1 - sum(rho))] * (len(rho) + 1)
    x, rows = np.zeros(units), []
    for t in range(-60, periods):
        x = 0.5 * x + 0.3 * effect + react * past[0] + generator.normal(size=units)
        y = sum(r * p for r, p in zip(rho, past, strict=False)) + 0.5 * x + effect + np.sin(t)
        y = y + scale * generator.normal(size=units)
        past = [y, *past[:-1]]
        rows += [(u, 2010 + t, y[u], x[u]) for u in range(units)] if t >= 0 else []
    table = pd.DataFrame(rows, columns=["unit", "year", "y", "x"])
    return yd.Panel.from_frame(table[generator.random(len(table)) >= gaps], unit="unit", time="year")


def mean_error(estimator, truth, draws=40, **options):
    found = np.array([estimator(simulated(seed, **options)).coef for seed in range(draws)])
    return np.abs(found.mean(axis=0) - truth), found.std(axis=0) / np.sqrt(draws)


def within(panel, formula=FORMULA):
    return yd.panel_regression(panel, formula)


def removes_the_bias(estimator, truth, **options):
    """Whether the mean error is within noise and what corrections of order one over T leave."""
    error, noise = mean_error(estimator, truth, **options)
    return bool((error < 3 * noise + 0.02).all())


@pytest.mark.parametrize("gaps", [0.0, 0.1])
def test_the_correction_removes_the_bias_that_fixed_effects_have(gaps):
    def corrected(panel):
        return yd.bias_corrected_lsdv(panel, FORMULA)

    assert removes_the_bias(corrected, [0.6, 0.5], gaps=gaps)
    assert not removes_the_bias(within, [0.6, 0.5], gaps=gaps)


def test_the_correction_holds_for_two_lags():
    formula, truth = "y ~ L(y, 1:2) + x | unit + year", [0.5, 0.2, 0.5]
    assert removes_the_bias(lambda panel: yd.bias_corrected_lsdv(panel, formula), truth, rho=(0.5, 0.2))
    assert not removes_the_bias(lambda panel: within(panel, formula), truth, rho=(0.5, 0.2))


def test_halves_remove_most_of_the_bias_also_of_regressors_that_react():
    def halved(panel):
        return yd.half_panel_jackknife(panel, FORMULA)

    for react in (0.0, 0.1):
        assert removes_the_bias(halved, [0.5, 0.5], rho=(0.5,), react=react, periods=20)
        assert not removes_the_bias(within, [0.5, 0.5], rho=(0.5,), react=react, periods=20)


def test_halves_equal_the_estimates_by_hand():
    def by_hand(panel):
        frame = panel.frame.assign(lag=panel.frame.groupby("unit")["y"].shift(1)).dropna()
        place = frame.groupby("unit").cumcount()
        size = frame.groupby("unit")["y"].transform("size")
        found = []
        for middle in (size // 2, (size + 1) // 2):
            for rows in (place < middle, place >= middle):
                part = yd.Panel.from_frame(frame[rows], unit="unit", time="year")
                found.append(yd.panel_regression(part, "y ~ lag + x | unit + year").coef)
        return 2 * within(panel).coef - np.mean(found, axis=0)

    even, odd = simulated(2, periods=13), simulated(2, periods=14)
    for panel in (even, odd):
        assert np.allclose(yd.half_panel_jackknife(panel, FORMULA).coef, by_hand(panel))


def test_the_errors_of_the_halves_are_those_of_leaving_out_units():
    panel = simulated(3)
    estimate = yd.half_panel_jackknife(panel, FORMULA)
    units = panel.frame["unit"].unique()
    left = [
        yd.half_panel_jackknife(
            yd.Panel.from_frame(panel.frame[panel.frame["unit"] != u], unit="unit", time="year"), FORMULA
        ).coef
        for u in units
    ]
    jackknife = np.sqrt((len(units) - 1) * np.var(left, axis=0))
    assert np.allclose(estimate.std_error, jackknife, rtol=0.1)
    assert np.allclose(estimate.influence.sum(axis=0), 0, atol=1e-10)
    assert np.allclose(yd.cluster_robust(estimate, "unit").std_error, estimate.std_error, rtol=0.05)


def test_the_errors_of_the_correction_are_those_of_leaving_out_units():
    panel = simulated(4)
    estimate = yd.bias_corrected_lsdv(panel, FORMULA)
    left = [
        yd.bias_corrected_lsdv(
            yd.Panel.from_frame(panel.frame[panel.frame["unit"] != u], unit="unit", time="year"), FORMULA
        ).coef
        for u in panel.frame["unit"].unique()
    ]
    assert np.allclose(estimate.std_error, np.sqrt(40 * np.var(left, axis=0)), rtol=0.15)
    assert np.allclose(estimate.influence.sum(axis=0), 0, atol=1e-8)


def test_the_first_lag_without_gaps_has_the_bias_of_nickell():
    # Nickell (1981): the sum over t of the demeaned lag and error is -s2 / (1-r) (1 - (1 - r^T) / (T (1-r)))
    unit, time = np.repeat([0, 1], 9), np.tile(np.arange(9), 2)
    panel = WithinPanel(np.zeros(18), np.zeros((18, 1)), np.array([1]), np.zeros((18, 0)), unit, time)
    b, slope = _bias(_pairs_by_distance(panel), panel.orders, np.array([0.7]))
    assert np.allclose(b, (1 - (1 - 0.7**9) / (9 * 0.3)) / 0.3)
    step = 1e-6
    above, below = (_bias(_pairs_by_distance(panel), panel.orders, np.array([0.7 + d]))[0] for d in (step, -step))
    assert np.allclose(slope[:, :, 0], (above - below) / (2 * step), rtol=1e-6)


def test_the_derivative_of_the_moments_is_that_of_small_steps():
    generator = np.random.default_rng(6)
    unit, time = np.repeat(np.arange(12), 8), np.tile(np.arange(8), 12)
    y, u = generator.normal(size=96), generator.normal(size=(96, 2))
    panel = WithinPanel(y, u, np.array([1, 2]), np.zeros((96, 0)), unit, time)
    pairs, phi, step = _pairs_by_distance(panel), np.array([0.4, 0.2]), 1e-6
    _, jacobian = _moments(panel, pairs, phi, y, u)
    for m, direction in enumerate(np.eye(2)):
        above, below = (_moments(panel, pairs, phi + s * direction, y, u)[0] for s in (step, -step))
        assert np.allclose(jacobian[:, m], (above - below) / (2 * step), rtol=1e-5)


def test_the_order_of_terms_is_that_of_the_formula():
    panel = simulated(7)
    one, other = (yd.bias_corrected_lsdv(panel, f) for f in (FORMULA, "y ~ x + L(y, 1) | year + unit"))
    assert other.cells["term"].tolist() == ["x", "L(y, 1)"]
    assert np.allclose(one.coef, other.coef[::-1])
    assert np.allclose(one.vcov, other.vcov[::-1, ::-1])


@pytest.mark.parametrize(
    ("estimator", "formula", "why"),
    [
        (yd.bias_corrected_lsdv, "y ~ x | unit", "must hold lags of the outcome"),
        (yd.bias_corrected_lsdv, "y ~ L(y, -1) | unit", "none of its leads"),
        (yd.bias_corrected_lsdv, "y ~ L(y, 1) | year", "must be those of the unit"),
        (yd.bias_corrected_lsdv, "y ~ L(y, 1) | unit | x ~ L(x, 1)", "instruments"),
        (yd.half_panel_jackknife, "y ~ L(y, 1)", "needs effects"),
        (yd.half_panel_jackknife, "y ~ L(y, 1) | unit | x ~ L(x, 1)", "instruments"),
    ],
)
def test_a_formula_that_does_not_fit_is_refused(estimator, formula, why):
    with pytest.raises(yd.DesignError, match=why):
        estimator(simulated(8), formula)


def test_what_cannot_be_estimated_is_refused_by_name():
    panel = simulated(9)
    early = panel.assign(early=panel.frame["x"].where(panel.frame["year"] < 2014, 0.0), constant=panel.frame["unit"])
    with pytest.raises(yd.EstimationError, match=r"\['early'\] do not vary in one half"):
        yd.half_panel_jackknife(early, "y ~ L(y, 1) + early | unit")
    with pytest.raises(yd.EstimationError, match="'constant'"):
        yd.bias_corrected_lsdv(early, "y ~ L(y, 1) + constant | unit")
    short = yd.Panel.from_frame(panel.frame[panel.frame["year"] < 2014], unit="unit", time="year")
    with pytest.raises(yd.EstimationError, match="no unit has the 4 rows"):
        yd.half_panel_jackknife(short, FORMULA)
    walk = panel.assign(y=np.random.default_rng(1).normal(size=(41, 14)).cumsum(axis=1).ravel())
    with pytest.raises(yd.EstimationError, match="have no solution"):
        yd.bias_corrected_lsdv(walk, "y ~ L(y, 1) | unit")


def test_short_units_are_left_out_of_halves_and_named():
    panel = simulated(10)
    kept = (panel.frame["unit"] != 3) | (panel.frame["year"] < 2013)
    short = yd.Panel.from_frame(panel.frame[kept], unit="unit", time="year")
    assert "1 units left out with fewer than 4 rows: ['3']" in yd.half_panel_jackknife(short, FORMULA).notes


def test_one_table_holds_all_estimators_of_a_dynamic_panel_in_both_languages(tmp_path):
    panel = simulated(11)
    moments = "y ~ L(y, 1) + x | gmm(y, 2:4) | year"
    system = yd.dynamic_panel(panel, moments, transform="system", collapse=True)
    models = {
        "Difference": yd.dynamic_panel(panel, moments, collapse=True),
        "System": system,
        "LSDV": yd.bias_corrected_lsdv(panel, FORMULA),
        "HPJ": yd.half_panel_jackknife(panel, FORMULA),
    }
    english, chinese = (yd.regression_table(models, lang=lang).to_markdown() for lang in ("en", "zh"))
    p_value = system.frames["tests"].set_index("test").loc["AR(2)", "p_value"]
    row = next(line for line in english.splitlines() if line.startswith("| AR(2)"))
    assert row.split("|")[3].strip() == f"{p_value:.3f}"
    assert row.split("|")[4].strip() == "—"
    count = int(system.frames["instruments"]["instruments"].sum())
    assert next(line for line in chinese.splitlines() if "工具变量数" in line).split("|")[3].strip() == str(count)
    assert all(name in chinese for name in ("差分GMM", "系统GMM", "偏误修正的固定效应", "半面板刀切法"))
    assert "| Period effects | Yes | Yes | Yes | Yes |" in english
    assert yd.regression_table(models, lang="zh").to_word(tmp_path / "table.docx").stat().st_size > 5000
    yd.save_estimate(system, tmp_path / "system.zip")
    assert yd.load_estimate(tmp_path / "system.zip").frames["instruments"].equals(system.frames["instruments"])
