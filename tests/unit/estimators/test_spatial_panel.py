"""Spatial panels: what they recover, agree with, carry along and refuse."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import spreg
from libpysal.weights import W

import yrdecon as yd
from yrdecon.present.sentences import in_words

MODELS = ("lag", "error", "durbin", "durbin_error", "sarar")
FORMULA = "y ~ x + z | unit + time"


def grid_neighbors(side):
    """Return pairs of neighboring cells of a square grid."""
    cells = [(i, j) for i in range(side) for j in range(side)]
    names = {cell: f"u{k:02d}" for k, cell in enumerate(cells)}
    right = [(names[i, j], names[i, j + 1]) for i, j in cells if j + 1 < side]
    return right + [(names[i, j], names[i + 1, j]) for i, j in cells if i + 1 < side]


def simulate(lag=0.4, error=0.0, through=0.0, side=5, n_periods=6, seed=0):
    """Synthetic panel of a square grid with unit and time effects and slopes 1 and -1, and its weights."""
    generator = np.random.default_rng(seed)
    n = side**2
    frame = pd.DataFrame([(f"u{i:02d}", t) for i in range(n) for t in range(n_periods)], columns=["unit", "time"])
    plain = yd.Panel.from_frame(frame, unit="unit", time="time")
    weights = yd.spatial_weights(plain, table=grid_neighbors(side))
    w, eye = weights.matrix, np.eye(n)
    x, z, noise = generator.normal(size=(3, n, n_periods))
    effects = generator.normal(size=(n, 1)) + generator.normal(size=(1, n_periods))
    shocks = np.linalg.solve(eye - error * w, 0.5 * noise)
    y = np.linalg.solve(eye - lag * w, x - z + through * w @ x + effects + shocks)
    return plain.assign(x=x.ravel(), z=z.ravel(), y=y.ravel(), early=frame["time"] < 3), weights


@pytest.mark.parametrize(
    ("model", "truth", "options"),
    [
        ("lag", {"x": 1, "z": -1, "W(y)": 0.4}, {}),
        ("error", {"x": 1, "z": -1, "W(error)": 0.5}, {"lag": 0.0, "error": 0.5}),
        ("durbin", {"x": 1, "W(x)": 0.7, "W(z)": 0, "W(y)": 0.4}, {"through": 0.7}),
        ("durbin_error", {"x": 1, "W(x)": 0.7, "W(error)": 0.5}, {"lag": 0.0, "error": 0.5, "through": 0.7}),
        ("sarar", {"x": 1, "z": -1, "W(y)": 0.4, "W(error)": 0.3}, {"error": 0.3}),
    ],
)
def test_coefficients_are_recovered_and_errors_are_their_spread(model, truth, options):
    found = [yd.spatial_panel(*panel_and_weights(seed, options), model=model) for seed in range(60)]
    tables = [e.tidy().set_index("term") for e in found]
    estimates = pd.DataFrame([t["estimate"] for t in tables])[list(truth)]
    errors = pd.DataFrame([t["std_error"] for t in tables])[list(truth)]
    spread = estimates.std(ddof=1)
    assert (np.abs(estimates.mean() - pd.Series(truth)) < 3.5 * spread / np.sqrt(60)).all()
    assert np.allclose(errors.mean() / spread, 1, atol=0.3)


def panel_and_weights(seed, options):
    panel, weights = simulate(seed=seed, **options)
    return panel, FORMULA, weights


def test_the_likelihood_of_all_units_and_periods_is_biased_beside_both_effects_and_that_of_lee_and_yu_is_not():
    gaps = {"lee_yu": [], "none": []}
    for seed in range(60):
        panel, weights = simulate(side=4, n_periods=4, seed=seed)
        for correction, values in gaps.items():
            estimate = yd.spatial_panel(panel, FORMULA, weights, correction=correction)
            values.append(estimate.coef[-1] - 0.4)
    error = {c: np.std(v, ddof=1) / np.sqrt(60) for c, v in gaps.items()}
    assert abs(np.mean(gaps["lee_yu"])) < 3 * error["lee_yu"]
    assert np.mean(gaps["none"]) < -3 * error["none"]


def test_with_unit_effects_the_correction_changes_the_variance_alone():
    panel, weights = simulate()
    plain, corrected = (yd.spatial_panel(panel, "y ~ x + z | unit", weights, correction=c) for c in ("none", "lee_yu"))
    assert np.allclose(plain.coef, corrected.coef, atol=1e-9)
    ratio = corrected.frames["fit"]["variance"][0] / plain.frames["fit"]["variance"][0]
    assert ratio == pytest.approx(6 / 5, rel=1e-8)


@pytest.mark.parametrize(("model", "theirs"), [("lag", spreg.Panel_FE_Lag), ("error", spreg.Panel_FE_Error)])
def test_unit_effects_give_the_numbers_of_spreg(model, theirs):
    panel, weights = simulate(lag=0.4 if model == "lag" else 0.0, error=0.0 if model == "lag" else 0.5)
    estimate = yd.spatial_panel(panel, "y ~ x + z | unit", weights, model=model, correction="none")
    wide = panel.frame.sort_values(["time", "unit"])
    lists = {
        u: [v for v, w in zip(weights.ids, row, strict=True) if w]
        for u, row in zip(weights.ids, weights.matrix, strict=True)
    }
    given = W(lists, id_order=list(weights.ids), silence_warnings=True)
    given.transform = "r"
    other = theirs(wide[["y"]].to_numpy(), wide[["x", "z"]].to_numpy(), given)
    assert np.allclose(estimate.coef, other.betas.ravel(), atol=1e-5)
    assert np.allclose(estimate.std_error, other.std_err[: len(estimate.coef)], rtol=1e-3)


def test_models_that_contain_others_have_a_higher_likelihood():
    panel, weights = simulate(error=0.3, through=0.3)
    value = {m: yd.spatial_panel(panel, FORMULA, weights, model=m).frames["fit"]["log_likelihood"][0] for m in MODELS}
    assert value["sarar"] >= max(value["lag"], value["error"])
    assert value["durbin"] >= value["lag"]
    assert value["durbin_error"] >= value["error"]


def test_the_order_of_weights_and_an_affine_outcome_do_not_matter():
    panel, weights = simulate()
    turned = yd.SpatialWeights(weights.ids[::-1], weights.matrix[::-1, ::-1], weights.kind, is_row_standardized=True)
    moved = panel.assign(y=3 + 2 * panel.frame["y"])
    plain = yd.spatial_panel(panel, FORMULA, weights)
    assert np.allclose(yd.spatial_panel(panel, FORMULA, turned).coef, plain.coef, atol=1e-10)
    scaled = yd.spatial_panel(moved, FORMULA, weights)
    assert np.allclose(scaled.coef, plain.coef * [2, 2, 1], atol=1e-8)
    assert np.allclose(scaled.std_error, plain.std_error * [2, 2, 1], atol=1e-8)


def test_without_dependence_slopes_are_close_to_those_of_least_squares():
    panel, weights = simulate(lag=0.0, side=8)
    error = yd.spatial_panel(panel, FORMULA, weights, model="error").tidy().set_index("term")
    plain = yd.panel_regression(panel, FORMULA)
    assert np.allclose(error["estimate"][["x", "z"]], plain.coef, atol=0.02)
    assert abs(error.loc["W(error)", "statistic"]) < 3


def test_a_pooled_model_keeps_its_intercept_and_takes_weights_that_are_not_standardized():
    panel, weights = simulate()
    raw = replace(weights, matrix=(weights.matrix > 0).astype(float), is_row_standardized=False)
    estimate = yd.spatial_panel(panel, "y ~ x", raw, model="durbin")
    assert estimate.cells["term"].tolist() == ["Intercept", "x", "W(x)", "W(y)"]
    with pytest.raises(yd.DesignError, match="need row-standardized weights"):
        yd.spatial_panel(panel, FORMULA, raw)


def test_effects_add_up_and_repeat_with_their_seed():
    panel, weights = simulate(through=0.5)
    durbin = yd.spatial_panel(panel, FORMULA, weights, model="durbin")
    first, again, other = (yd.spatial_impacts(durbin, weights, seed=s) for s in (1, 1, 2))
    assert np.array_equal(first.vcov, again.vcov)
    assert not np.array_equal(first.vcov, other.vcov)
    assert np.allclose(first.std_error, other.std_error, rtol=0.15)
    effects = first.tidy().set_index("term")["estimate"]
    slopes = durbin.tidy().set_index("term")["estimate"]
    assert effects["total(x)"] == pytest.approx((slopes["x"] + slopes["W(x)"]) / (1 - slopes["W(y)"]))
    assert effects["direct(x)"] + effects["indirect(x)"] == pytest.approx(effects["total(x)"])


def test_effects_of_a_durbin_error_model_are_its_slopes():
    panel, weights = simulate(lag=0.0, through=0.5)
    estimate = yd.spatial_panel(panel, FORMULA, weights, model="durbin_error")
    effects = yd.spatial_impacts(estimate, weights, seed=1, draws=20_000).tidy().set_index("term")
    slopes = estimate.tidy().set_index("term")
    for ours, theirs in (("direct(x)", "x"), ("indirect(x)", "W(x)")):
        assert effects.loc[ours, "estimate"] == pytest.approx(slopes.loc[theirs, "estimate"])
        assert effects.loc[ours, "std_error"] == pytest.approx(slopes.loc[theirs, "std_error"], rel=0.03)


def test_a_dummy_of_few_units_is_marked_and_earns_no_star():
    panel, weights = simulate()
    few = panel.assign(d=(panel.frame["unit"] < "u04") & ~panel.frame["early"])
    few = few.assign(y=few.frame["y"] + 9.0 * few.frame["d"], d=few.frame["d"].astype(float))
    estimate = yd.spatial_panel(few, "y ~ d + x | unit + time", weights)
    assert estimate.cells["few"].tolist() == [True, False, False]
    body = yd.regression_table({"lag": estimate}, lang="en", journal="管理世界").body.iloc[:, 0]
    assert [("*" in body.iloc[i]) for i in (0, 2, 4)] == [False, True, True]
    assert yd.spatial_impacts(estimate, weights, seed=1).cells["few"].tolist() == [True] * 3 + [False] * 3


@pytest.mark.parametrize("model", MODELS)
def test_a_table_has_words_for_every_term_and_note_in_chinese(model):
    panel, weights = simulate()
    estimate = yd.spatial_panel(panel, FORMULA, weights, model=model)
    models = {"a": estimate}
    if model != "error":
        models["b"] = yd.spatial_impacts(estimate, weights, seed=1)
    table = yd.regression_table(models, lang="zh", labels={"y": "产出", "x": "资本", "z": "劳动"})
    rows = [text for text in table.body.index if text]
    assert not [text for text in rows if re.search("[a-z]{2,}", text)]
    for one in models.values():
        for note in (*one.notes, one.small_sample):
            assert not re.search("[a-z]{2,}", re.sub("Lee|Yu", "", in_words(note, "zh"))), note


def test_columns_that_effects_explain_are_named():
    panel, weights = simulate()
    constant = panel.assign(c=panel.frame["unit"].str[1:].astype(float))
    estimate = yd.spatial_panel(constant, "y ~ x + c | unit + time", weights, model="durbin")
    assert "c" not in estimate.cells["term"].tolist()
    assert any("['c', 'W(c)'] left out" in note for note in estimate.notes)
    with pytest.raises(yd.EstimationError, match=r"\['c'\] is identified"):
        yd.spatial_panel(constant, "y ~ c | unit", weights)


def broken(name):
    panel, weights = simulate()
    frame = panel.frame
    return {
        "gap": (panel.assign(x=frame["x"].mask((frame["unit"] == "u07") & (frame["time"] == 3))), FORMULA, weights),
        "fewer units": (panel.assign(keep=frame["unit"] != "u07").where("keep"), FORMULA, weights),
        "other effects": (panel, "y ~ x | unit^early", weights),
        "slopes": (panel, "y ~ x | unit[time]", weights),
        "instruments": (panel, "y ~ 1 | unit | x ~ z", weights),
        "a matrix": (panel, FORMULA, weights.matrix),
        "an island": (panel, FORMULA, yd.spatial_weights(panel, table=grid_neighbors(5)[1:2])),
        "one period": (panel.between(2, 2), "y ~ x | unit", weights),
        "a typo": (panel, "y ~ xx", weights),
    }[name]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("gap", "1 of 150 have no complete row: .'u07 3'"),
        ("fewer units", r"\['u07'\] have no rows"),
        ("other effects", "takes unit and time effects"),
        ("slopes", "takes unit and time effects"),
        ("instruments", "takes no instruments"),
        ("a matrix", "must be made by spatial_weights"),
        ("an island", "have no neighbor under these weights"),
        ("one period", "identified beside the fixed effects"),
        ("a typo", "xx"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_way_out(name, words):
    for function in (yd.spatial_panel, yd.spatial_lm):
        with pytest.raises(yd.YrdeconError, match=words):
            function(*broken(name))


def test_options_without_meaning_are_refused():
    panel, weights = simulate()
    with pytest.raises(yd.DesignError, match="model='sdm' is unknown"):
        yd.spatial_panel(panel, FORMULA, weights, model="sdm")
    with pytest.raises(yd.DesignError, match="correction='bc' is unknown"):
        yd.spatial_panel(panel, FORMULA, weights, correction="bc")
    error = yd.spatial_panel(panel, FORMULA, weights, model="error")
    with pytest.raises(yd.DesignError, match="no effects on neighbors"):
        yd.spatial_impacts(error, weights, seed=1)
    with pytest.raises(yd.DesignError, match="those of spatial_panel"):
        yd.spatial_impacts(yd.panel_regression(panel, FORMULA), weights, seed=1)
    lag = yd.spatial_panel(panel, FORMULA, weights)
    with pytest.raises(yd.DesignError, match="draws=5"):
        yd.spatial_impacts(lag, weights, seed=1, draws=5)
    with pytest.raises(yd.DesignError, match="seed=None"):
        yd.spatial_impacts(lag, weights, seed=None)


def test_an_estimate_survives_saving(tmp_path):
    panel, weights = simulate()
    estimate = yd.spatial_panel(panel, FORMULA, weights, model="durbin")
    loaded = yd.load_estimate(yd.save_estimate(estimate, tmp_path / "a.zip"))
    assert np.array_equal(loaded.vcov, estimate.vcov)
    assert loaded.frames["fit"].equals(estimate.frames["fit"])
