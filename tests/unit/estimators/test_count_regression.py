"""Poisson regressions against dummies in another library, separated zeros, and what is refused."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

import yrdecon as yd


def counts(seed=1, units=12, periods=8):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame([(u, t) for u in range(units) for t in range(periods)], columns=["u", "t"])
    n = len(frame)
    frame["x"], frame["z"] = rng.normal(size=n), rng.normal(size=n)
    frame["size"], frame["w"] = rng.uniform(1, 9, n), rng.integers(1, 4, n).astype(float)
    level = 0.3 * frame["x"] - 0.2 * frame["z"] + rng.normal(size=units)[frame["u"]] + 0.1 * frame["t"]
    return frame.assign(y=rng.poisson(frame["size"] * np.exp(level)).astype(float))


def panel_of(frame):
    return yd.Panel.from_frame(frame, unit="u", time="t")


def dummies(frame):
    named = ["x", "z"]
    blocks = [pd.get_dummies(frame[c], drop_first=c == "t", dtype=float) for c in ("u", "t")]
    return np.column_stack([frame[named], *blocks])


@pytest.mark.parametrize(("weights", "offset"), [(None, None), ("w", None), (None, "log(size)"), ("w", "log(size)")])
def test_effects_give_the_coefficients_and_sandwich_of_dummies_in_statsmodels(weights, offset):
    frame = counts()
    ours = yd.count_regression(
        panel_of(frame),
        "y ~ x + z | u + t",
        weights=weights,
        offset=offset,
        vcov=lambda e: yd.cluster_robust(e, "unit", ssc="none"),
    )
    model = sm.GLM(
        frame["y"],
        dummies(frame),
        sm.families.Poisson(),
        freq_weights=None if weights is None else frame["w"],
        offset=None if offset is None else np.log(frame["size"]),
    )
    theirs = model.fit(cov_type="cluster", cov_kwds={"groups": frame["u"], "use_correction": False}, tol=1e-13)
    assert np.allclose(ours.coef, theirs.params[:2], rtol=1e-8)
    assert np.allclose(ours.std_error, theirs.bse[:2], rtol=1e-7)


def test_without_effects_the_intercept_is_a_term_and_the_means_add_up():
    frame = counts()
    ours = yd.count_regression(panel_of(frame), "y ~ x + z")
    theirs = sm.GLM(frame["y"], sm.add_constant(frame[["x", "z"]]), sm.families.Poisson()).fit(tol=1e-13)
    assert ours.cells["term"].tolist() == ["Intercept", "x", "z"]
    assert np.allclose(ours.coef, theirs.params, rtol=1e-8)


def test_scaling_the_outcome_changes_the_intercept_alone():
    frame = counts()
    one, ten = (yd.count_regression(panel_of(frame.assign(y=k * frame["y"])), "y ~ x") for k in (1, 10))
    assert ten.coef[1] == pytest.approx(one.coef[1], rel=1e-9)
    assert ten.coef[0] - one.coef[0] == pytest.approx(np.log(10), rel=1e-9)
    assert ten.std_error[1] == pytest.approx(one.std_error[1], rel=1e-8)


def test_a_dummy_whose_outcomes_are_all_zero_is_left_out_with_its_rows_and_named():
    frame = counts()
    frame["d"] = ((frame["u"] < 4) & (frame["t"] > 5)).astype(float)
    frame.loc[frame["d"] == 1, "y"] = 0.0
    frame.loc[frame["y"].eq(0) & frame["d"].eq(0), "y"] = 1.0
    ours = yd.count_regression(panel_of(frame), "y ~ x + d | u + t")
    rest = yd.count_regression(panel_of(frame[frame["d"] == 0]), "y ~ x | u + t")
    assert ours.cells["term"].tolist() == ["x"]
    assert ours.coef[0] == pytest.approx(rest.coef[0], rel=1e-9)
    text = "\n".join(ours.notes)
    assert "8 of 96 rows left out because regressors and effects set their zeros apart" in text
    assert "columns ['d'] have no finite coefficient" in text


def test_zeros_that_a_combination_sets_apart_are_found_though_no_column_does_alone():
    frame = counts()
    positive = frame["y"] > 0
    frame["d"] = (frame["u"] == 3).astype(float) * (frame["t"] - 2)
    frame.loc[(frame["u"] == 3) & (frame["t"] > 2), "y"] = 0.0
    frame.loc[(frame["u"] == 3) & (frame["t"] == 2), "y"] = 5.0
    frame = frame[~((frame["u"] == 3) & (frame["t"] < 2))]
    assert positive.any()
    ours = yd.count_regression(panel_of(frame), "y ~ x + d | u + t")
    assert any("set their zeros apart" in note and "3 3" in note for note in ours.notes)
    assert np.isfinite(ours.std_error).all()


def test_ordinary_zeros_stay():
    frame = counts()
    assert (frame["y"] == 0).sum() > 5
    assert yd.count_regression(panel_of(frame), "y ~ x + z | u + t").n_obs == len(frame)


@pytest.mark.parametrize(
    ("change", "formula", "options", "words"),
    [
        ({"y": -1.0}, "y ~ x | u + t", {}, r"'y' is negative in 96 rows.*'0 0'.*zero or more"),
        ({"y": 0.0}, "y ~ x | u + t", {}, "zero in every row"),
        ({}, "y ~ x | u | z ~ w", {}, "takes no instruments"),
        ({}, "y ~ x | u", {"offset": "log(people)"}, "no column 'people'"),
        ({}, "y ~ x | u", {"offset": "x + z"}, "an offset must be one column"),
        ({}, "y ~ x | u", {"offset": 3}, "must be a column or a function"),
        ({}, "y ~ x | u", {"vcov": "CR2"}, "for ordinary least squares"),
        ({}, "y ~ x | u", {"vcov": "wild_bootstrap(1)"}, "for ordinary least squares"),
        ({}, "y ~ x | u", {"vcov": "dyadic(u)"}, "needs two columns"),
    ],
)
def test_what_a_count_regression_cannot_take_is_refused_in_words(change, formula, options, words):
    with pytest.raises(yd.YrdeconError, match=words):
        yd.count_regression(panel_of(counts().assign(**change)), formula, **options)


def test_an_outcome_that_only_the_dummy_tells_apart_leaves_nothing_to_estimate():
    frame = counts()
    frame["d"] = (frame["t"] > 5).astype(float) * (frame["u"] < 6)
    frame["y"] = 1.0 - frame["d"]
    with pytest.raises(yd.EstimationError, match=r"none of \['d'\] is identified"):
        yd.count_regression(panel_of(frame), "y ~ d | u + t")


def test_a_stored_estimate_is_still_no_least_squares(tmp_path):
    estimate = yd.count_regression(panel_of(counts()), "y ~ x | u + t")
    again = yd.load_estimate(yd.save_estimate(estimate, tmp_path / "e.zip"))
    assert again.linear.is_reweighted
    assert again.frames["fit"].equals(estimate.frames["fit"])


def test_a_table_names_the_method_and_its_effects_in_both_languages_and_prints_no_r_squared():
    estimate = yd.count_regression(panel_of(counts()), "y ~ x + z | u + t")
    english, chinese = (yd.regression_table({"(1)": estimate}, lang=lang).to_markdown() for lang in ("en", "zh"))
    assert "| Estimator | Poisson (PPML) |" in english
    assert "| 估计方法 | 泊松伪极大似然（PPML） |" in chinese
    assert "| 个体固定效应 | 是 |" in chinese
    assert "R" not in english.split("Notes")[0].replace("Estimator", "")
