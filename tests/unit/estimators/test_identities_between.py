"""Estimators that must coincide on some designs do, to rounding; and all agree with regressions written out by hand."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from conftest import make_toy

import yrdecon as yd

DESIGN = yd.Design(outcome="y")
BEFORE = yd.Design(outcome="y", base_periods=(1, 2, 3, 4, 5))
ROUNDING = 1e-10


def overall(estimate):
    if "cohort" in estimate.cells:
        return yd.aggregate(estimate, None).coef[0]
    return (yd.average(estimate, 0, 99) if "event_time" in estimate.cells else estimate).coef[0]


@pytest.mark.parametrize(
    ("name", "design", "options"),
    [
        ("callaway_santanna", BEFORE, {}),
        ("callaway_santanna", BEFORE, {"base": "universal"}),
        ("did_multiplegt", BEFORE, {}),
        ("dose_response", DESIGN, {"estimand": "binary"}),
        ("etwfe", yd.Design(outcome="y", comparison="not_yet"), {}),
        ("event_study", BEFORE, {}),
        ("imputation", DESIGN, {}),
        ("interactive_fe", DESIGN, {"factors": 0}),
        ("lp_did", BEFORE, {}),
        ("lp_did", DESIGN, {"lags": 5}),
        ("matched_did", DESIGN, {}),
        ("matrix_completion", DESIGN, {"penalty": 1e6}),
        ("stacked", DESIGN, {"by": None}),
        ("staggered_rollout", BEFORE, {"beta": 1}),
        ("synthetic_control", DESIGN, {"penalty": 1e14}),
        ("two_stage", DESIGN, {}),
    ],
)
def test_with_one_cohort_and_the_mean_before_as_base_all_are_the_two_way_regression(name, design, options):
    toy = make_toy(n_units=20, n_treated=5)
    toy = toy.assign(dose=1.0 * np.isfinite(toy.frame["cohort"]))
    estimate = yd.ESTIMATORS[name].function(toy, design, **options)
    assert overall(estimate) == pytest.approx(yd.twfe(toy, DESIGN).coef[0], abs=ROUNDING)


def test_synthetic_did_with_uniform_weights_is_difference_in_differences():
    toy = make_toy(n_units=20, n_treated=5)
    alike = toy.frame[toy.frame["unit"] == "u19"]["y"].to_numpy()
    others, before = np.isinf(toy.frame["cohort"]), toy.frame["time"] < 6
    path = alike[toy.frame["time"] - 1] + 3.0 * (toy.frame["unit"].str[1:].astype(int) % 4)
    panel = toy.assign(y=toy.frame["y"].mask(others & before, path))
    design = yd.Design(outcome="y", base_periods=(5,))
    estimate = yd.synthetic_did(panel, design, solver="exact")
    assert np.ptp(estimate.frames["unit_weights"]["weight"]) < ROUNDING
    assert estimate.coef[0] == pytest.approx(yd.twfe(panel, design).coef[0], abs=ROUNDING)


@pytest.fixture(scope="module")
def staggered():
    """Synthetic panel of three cohorts with effects that differ, integer weights, a covariate and clusters."""
    generator = np.random.default_rng(7)
    cohorts = np.array([4.0] * 3 + [6.0] * 4 + [7.0] * 3 + [np.inf] * 8)
    n, time = len(cohorts), np.arange(1, 10)
    unit, at = (a.ravel() for a in np.meshgrid(np.arange(n), time, indexing="ij"))
    frame = pd.DataFrame({"unit": unit, "time": at, "cohort": cohorts[unit], "x": generator.normal(size=n * 9)})
    noise = generator.normal(size=n)[unit] + generator.normal(size=9)[at - 1] + generator.normal(size=n * 9)
    effect = np.where(at >= cohorts[unit], np.where(np.isfinite(cohorts[unit]), cohorts[unit], 0) / 3, 0.0)
    frame = frame.assign(y=noise + effect + 0.5 * frame["x"], w=1 + unit % 3, block=unit // 2, side=unit % 2)
    return yd.Panel.from_frame(frame, unit="unit", time="time")


def test_sun_abraham_is_callaway_santanna_against_the_never_treated_in_every_cell(staggered):
    theirs = yd.callaway_santanna(staggered, DESIGN, base="universal")
    for ours in (yd.sun_abraham(staggered, DESIGN), yd.etwfe(staggered, DESIGN)):
        assert ours.cells[["cohort", "time"]].equals(theirs.cells[["cohort", "time"]])
        assert np.allclose(ours.coef, theirs.coef, atol=ROUNDING)
    rollout = yd.staggered_rollout(staggered, DESIGN, estimand="cohort_time", beta=1)
    assert np.allclose(rollout.coef, theirs.coef, atol=ROUNDING)


@pytest.mark.parametrize(
    ("name", "options"), [("lp_did", {}), ("did_multiplegt", {}), ("stacked", {"window": (-3, 2)})]
)
def test_estimates_by_event_time_are_callaway_santanna_summarized(staggered, name, options):
    ours = yd.ESTIMATORS[name].function(staggered, DESIGN, **options)
    theirs = yd.aggregate(yd.callaway_santanna(staggered, DESIGN, base="universal"), "event_time")
    both = ours.cells.assign(ours=ours.coef).merge(theirs.cells.assign(theirs=theirs.coef), on="event_time")
    # placebos of did_multiplegt need as many periods after treatment, which the last cohort has not
    both = both[both["event_time"].between(-3, 2)]
    assert len(both) == 6
    assert np.allclose(both["ours"], both["theirs"], atol=ROUNDING)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("callaway_santanna", {"base": "universal"}),
        ("did_multiplegt", {}),
        ("etwfe", {}),
        ("event_study", {}),
        ("event_study", {"reference": (-3, -1)}),
        ("lp_did", {}),
        ("lp_did", {"lags": 2}),
        ("stacked", {}),
        ("staggered_rollout", {"estimand": "cohort_time", "beta": 1}),
        ("sun_abraham", {}),
    ],
)
def test_coefficients_of_base_periods_average_to_zero(staggered, name, options):
    estimate = yd.ESTIMATORS[name].function(staggered, DESIGN, **options)
    cells = estimate.cells.assign(effect=estimate.coef)
    base = cells[cells["reference"].astype(bool)]
    assert len(base) > 0
    assert base.groupby("cohort" if "cohort" in base else "reference")["effect"].mean().abs().max() < ROUNDING


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("callaway_santanna", {}),
        ("did_multiplegt", {}),
        ("dose_response", {"estimand": "binary"}),
        ("etwfe", {}),
        ("event_study", {}),
        ("imputation", {}),
        ("lp_did", {}),
        ("stacked", {}),
        ("sun_abraham", {}),
        ("twfe", {}),
        ("two_stage", {}),
    ],
)
@pytest.mark.parametrize("gaps", [False, True])
def test_an_integer_weight_counts_as_so_many_like_units(staggered, name, options, gaps):
    frame = staggered.frame.assign(dose=1.0 * np.isfinite(staggered.frame["cohort"]))
    frame = frame[frame.index % 23 != 5] if gaps else frame
    copies = [frame[frame["w"] > k].assign(unit=frame["unit"] + 100 * k) for k in range(3)]
    panels = [yd.Panel.from_frame(f, unit="unit", time="time") for f in (frame, pd.concat(copies))]
    function = yd.ESTIMATORS[name].function
    weighted = function(panels[0], yd.Design(outcome="y", weights="w"), **options)
    copied = function(panels[1], DESIGN, **options)
    assert np.allclose(weighted.coef, copied.coef, atol=ROUNDING)
    if weighted.cells.columns.isin(["cohort", "time"]).sum() == 2:
        for by in ("event_time", "cohort", "time", None):
            assert np.allclose(yd.aggregate(weighted, by).coef, yd.aggregate(copied, by).coef, atol=ROUNDING)


OF_DESIGN = {
    "plain": {},
    "weights": {"weights": "w"},
    "covariate": {"covariates": ("x",)},
    "cluster": {"cluster": "block"},
    "effects": {"effects": ("side^time",)},
    "slopes": {"effects": ("side[time]",)},
    "all": {"weights": "w", "covariates": ("x",), "cluster": "block", "effects": ("side^time",)},
}


def written_out(frame, regressors, design):
    """Coefficients and clustered variances of a regression on explicit dummies, counting the independent ones."""
    parts = [regressors, *(pd.get_dummies(frame[c], prefix=c, dtype=float) for c in ("unit", "time"))]
    parts += [frame[[*design.covariates]]]
    if "side^time" in design.effects:
        parts.append(pd.get_dummies(frame["side"] * 100 + frame["time"], prefix="s", dtype=float))
    if "side[time]" in design.effects:
        parts.append(pd.DataFrame({"trend": frame["side"] * frame["time"] * 1.0}))
    x = pd.concat(parts, axis=1).to_numpy(dtype=float)
    independent, rank = [], 0
    for j in range(x.shape[1]):
        if np.linalg.matrix_rank(x[:, [*independent, j]]) > rank:
            independent, rank = [*independent, j], rank + 1
    weights = frame["w"] if design.weights else np.ones(len(frame))
    groups = frame[design.cluster or "unit"].to_numpy()
    model = sm.WLS(frame["y"].to_numpy(), x[:, independent], weights=weights)
    fit = model.fit(cov_type="cluster", cov_kwds={"groups": groups})
    k = regressors.shape[1]
    # the named rule counts a slope once per level, of which the effects of time contain one
    rule = fit.df_resid / (fit.df_resid - ("side[time]" in design.effects))
    return fit.params[:k], rule * np.diag(fit.cov_params())[:k]


@pytest.mark.parametrize("change", OF_DESIGN)
@pytest.mark.parametrize("gaps", [False, True])
def test_regressions_equal_explicit_dummies_in_coefficients_and_errors(staggered, change, gaps):
    frame = staggered.frame[staggered.frame.index % 19 != 7] if gaps else staggered.frame
    frame = frame.reset_index(drop=True)
    panel = yd.Panel.from_frame(frame, unit="unit", time="time")
    design = yd.Design(outcome="y", **OF_DESIGN[change])
    own, time = frame["cohort"], frame["time"]
    cells = sorted({(g, t) for g, t in zip(own, time, strict=True) if np.isfinite(g) and t != g - 1})
    regressors = {
        yd.twfe: pd.DataFrame({"treated": (time >= own) * 1.0}),
        yd.event_study: pd.DataFrame({e: (time - own == e) * 1.0 for e in range(-6, 6) if e != -1}),
        yd.sun_abraham: pd.DataFrame({f"{g} {t}": ((own == g) & (time == t)) * 1.0 for g, t in cells}),
    }
    for function, x in regressors.items():
        estimate = function(panel, design, ssc="stata")
        free = ~estimate.cells.get("reference", pd.Series(False, index=estimate.cells.index)).to_numpy(dtype=bool)
        coef, variance = written_out(frame, x, design)
        assert np.allclose(estimate.coef[free], coef, atol=1e-9)
        assert np.allclose(estimate.std_error[free] ** 2, variance, rtol=1e-6)


@pytest.mark.parametrize("name", sorted(set(yd.ESTIMATORS) - {"dose_response", "triple_difference"}))
def test_what_may_react_to_a_treatment_after_the_panel_is_no_comparison(name):
    toy = make_toy(n_units=14, n_periods=9, n_treated=4)
    frame = toy.frame
    soon = frame["unit"].isin(["u12", "u13"])
    panel = toy.assign(cohort=frame["cohort"].mask(soon, 10.0))
    shocked = panel.assign(y=frame["y"] + 50.0 * (soon & (frame["time"] >= 8)))
    design = yd.Design(outcome="y", anticipation=2)
    function = yd.ESTIMATORS[name].function
    assert np.allclose(function(panel, design).coef, function(shocked, design).coef, atol=1e-6)
