"""Responses by horizon: regressions of the lead, one covariance, and no bias of few periods."""

import numpy as np
import pandas as pd
import pytest

import yrdecon as yd
from yrdecon.present.sentences import in_words

FORMULA = "y ~ shock + L(y, 1) | unit + year"


def simulated(seed=1, units=40, periods=16, gaps=0.0, rho=0.7):
    """Return an autoregressive outcome that an independent shock moves by one."""
    generator = np.random.default_rng(seed)
    y, rows = np.zeros(units), []
    effect = generator.normal(size=units)
    for t in range(-40, periods):
        shock = generator.normal(size=units)
        y = rho * y + effect + shock + np.cos(t) + generator.normal(size=units)
        rows += [(u, f"p{u // 8}", 2010 + t, y[u], shock[u]) for u in range(units)] if t >= 0 else []
    table = pd.DataFrame(rows, columns=["unit", "province", "year", "y", "shock"])
    kept = table[generator.random(len(table)) >= gaps]
    return yd.Panel.from_frame(kept, unit="unit", time="year", group="province")


@pytest.mark.parametrize(
    "vcov", ["cluster", "HC1", "driscoll_kraay(2)", "cluster(province)", "cluster(unit, year)", "CR2"]
)
def test_every_horizon_is_the_regression_of_the_lead_with_its_error(vcov):
    panel = simulated(gaps=0.1)
    estimate = yd.panel_local_projection(panel, FORMULA, horizons=2, correction="none", vcov=vcov)
    for horizon in range(3):
        one = yd.panel_regression(panel, FORMULA.replace("y ~", f"L(y, {-horizon}) ~"), vcov=vcov)
        assert np.isclose(estimate.coef[horizon], one.coef[0], rtol=1e-12)
        assert np.isclose(estimate.std_error[horizon], one.std_error[0], rtol=1e-10)
        assert estimate.frames["horizons"]["rows"][horizon] == one.n_obs


def test_covariances_between_horizons_are_those_of_scores_summed_by_unit():
    panel = simulated(gaps=0.1)
    estimate = yd.panel_local_projection(panel, FORMULA, horizons=2, correction="none")
    scores = {u: np.zeros(3) for u in panel.units}
    for horizon in range(3):
        one = yd.panel_regression(panel, FORMULA.replace("y ~", f"L(y, {-horizon}) ~"))
        scale = one.std_error[0] / np.sqrt(
            sum(one.influence[one.units["unit"] == u, 0].sum() ** 2 for u in panel.units)
        )
        for u in panel.units:
            scores[u][horizon] = scale * one.influence[one.units["unit"] == u, 0].sum()
    assert np.allclose(estimate.vcov, sum(np.outer(s, s) for s in scores.values()), rtol=1e-10)
    assert np.abs(np.corrcoef(estimate.vcov)[0, 1]) < 1
    assert yd.wald(estimate, [0, 1, 2]).p_value < 0.001
    band = yd.simultaneous_band(estimate, seed=1)
    assert (band["conf_low"] < estimate.tidy()["conf_low"]).all()


def test_the_long_difference_has_the_same_response_where_the_lag_is_a_control():
    panel = simulated()
    estimate = yd.panel_local_projection(panel, FORMULA, horizons=2, correction="none")
    change = panel.assign(y_before=panel.frame.groupby("unit")["y"].shift(1))
    one = yd.panel_regression(change, "I(L(y, -2) - y_before) ~ shock + L(y, 1) | unit + year")
    assert np.isclose(estimate.coef[2], one.coef[0])


def test_no_gap_is_bridged():
    panel = simulated()
    holes = yd.Panel.from_frame(panel.frame[panel.frame["year"] != 2018], unit="unit", time="year")
    rows = yd.panel_local_projection(holes, FORMULA, horizons=1, correction="none").frames["horizons"]["rows"]
    # years 2011-2025; 2018 is gone, 2019 has no lag, and 2017 no lead
    assert rows.tolist() == [40 * 13, 40 * 11]


def test_halves_remove_the_bias_that_fixed_effects_leave_in_the_responses():
    def mean_error(correction):
        # an impulse with momentum that follows the outcome, and 16 periods
        found = []
        for seed in range(40):
            generator = np.random.default_rng(seed)
            y, s, rows = np.zeros(60), np.zeros(60), []
            for t in range(-40, 16):
                s = 0.3 * y + generator.normal(size=60)
                y = 0.5 * y + s + generator.normal(size=60)
                rows += [(u, t, y[u], s[u]) for u in range(60)] if t >= 0 else []
            panel = yd.Panel.from_frame(pd.DataFrame(rows, columns=["u", "t", "y", "s"]), unit="u", time="t")
            found.append(
                yd.panel_local_projection(panel, "y ~ s + L(y, 1) | u", horizons=2, correction=correction).coef
            )
        # y follows 0.8 y(-1) once the impulse reacts
        return np.abs(np.mean(found, axis=0) - [1, 0.8, 0.64]).max()

    assert mean_error("none") > 0.1
    assert mean_error("half_panel") < 0.05


def test_horizon_zero_with_halves_is_the_half_panel_jackknife():
    panel = simulated(periods=15)
    estimate = yd.panel_local_projection(panel, FORMULA, horizons=0)
    one = yd.half_panel_jackknife(panel, FORMULA)
    assert np.isclose(estimate.coef[0], one.coef[0])
    assert np.isclose(estimate.std_error[0], one.std_error[0])


@pytest.mark.parametrize(
    ("formula", "options", "why"),
    [
        ("y ~ L(y, 1) + shock | unit", {}, "put the impulse before controls"),
        ("y ~ shock", {}, "needs effects"),
        ("y ~ 1 | unit | shock ~ L(y, 2)", {}, "instruments cannot stand"),
        (FORMULA, {"vcov": "HC1"}, "cannot be had from halves"),
        (FORMULA, {"correction": "half"}, "correction"),
        (FORMULA, {"horizons": -1}, "horizons"),
        (FORMULA, {"horizons": 15, "correction": "none"}, "at horizon 14: every row is alone"),
    ],
)
def test_what_does_not_fit_is_refused(formula, options, why):
    with pytest.raises(yd.YrdeconError, match=why):
        yd.panel_local_projection(simulated(), formula, **options)


def test_an_impulse_that_does_not_vary_is_named():
    panel = simulated()
    once = panel.assign(once=(panel.frame["year"] == 2025).astype(float) * panel.frame["shock"])
    with pytest.raises(yd.EstimationError, match="once does not vary at horizon 1"):
        yd.panel_local_projection(once, "y ~ once + L(y, 1) | unit", horizons=1, correction="none")


def test_tables_and_figures_show_horizons_in_both_languages():
    estimate = yd.panel_local_projection(simulated(), FORMULA, horizons=2)
    english, chinese = (yd.regression_table({"LP": estimate}, lang=lang).to_markdown() for lang in ("en", "zh"))
    assert "2 periods after the impulse" in english
    assert "冲击后第2期" in chinese
    figure = yd.plot_event_study(estimate, bands={"": yd.simultaneous_band(estimate, seed=1)})
    assert figure.data["event_time"].tolist() == [0, 1, 2]
    assert "impulse" in figure.alt
    assert "当期样本600行" in in_words(estimate.notes[0], "zh")
    with pytest.raises(yd.DesignError, match="mix horizons"):
        yd.plot_event_study({"a": estimate, "b": yd.event_study(yd.load_twinning(), yd.twinning_design())})
