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


def test_many_zeros_of_many_effects_are_not_taken_for_separated():
    rng = np.random.default_rng(1)
    places = range(9)
    frame = pd.DataFrame([(a, b, t) for a in places for b in places if a != b for t in range(8)], columns=list("abt"))
    frame["u"] = frame["a"] * 10 + frame["b"]
    frame["y"] = rng.poisson(0.4 * np.exp(rng.normal(size=100)[frame["u"]])).astype(float)
    frame["x"] = rng.normal(size=len(frame))
    ours = yd.count_regression(panel_of(frame), "y ~ x | a^t + b^t + u")
    kept = frame[(frame[["u", "t"]].apply(tuple, axis=1)).isin(ours.units[["unit", "time"]].apply(tuple, axis=1))]
    assert (kept["y"] == 0).mean() > 0.4
    columns = np.column_stack(
        [
            kept["x"],
            *(
                pd.get_dummies(k, dtype=float)
                for k in (kept["u"], kept["a"] * 100 + kept["t"], kept["b"] * 100 + kept["t"])
            ),
        ]
    )
    theirs = sm.GLM(kept["y"], columns, sm.families.Poisson()).fit(tol=1e-13, maxiter=200)
    assert theirs.fittedvalues.min() > 1e-6
    assert ours.coef[0] == pytest.approx(theirs.params.iloc[0], rel=1e-6)
    left = [int(note.split(" ")[0]) for note in ours.notes if "set their zeros apart" in note]
    assert sum(left) < 30


@pytest.mark.parametrize("weights", [None, "w"])
def test_the_negative_binomial_maximizes_the_likelihood_that_statsmodels_has(weights):
    frame = counts(seed=4, units=14, periods=9)
    rng = np.random.default_rng(5)
    frame["y"] = rng.poisson(frame["y"].clip(lower=0.5) * rng.gamma(2, 0.5, len(frame))).astype(float)
    ours = yd.count_regression(
        panel_of(frame),
        "y ~ x + z | u + t",
        family="negative_binomial",
        weights=weights,
        vcov=lambda e: yd.cluster_robust(e, "unit", ssc="none"),
    )
    design = dummies(frame)
    repeated = np.repeat(np.arange(len(frame)), 1 if weights is None else frame["w"].astype(int))
    start = [*np.linalg.lstsq(design, np.log(frame["y"] + 0.5), rcond=None)[0], 0.5]
    model = sm.NegativeBinomial(frame["y"].to_numpy()[repeated], design[repeated])
    theirs = model.fit(start_params=start, method="newton", disp=0, maxiter=500)
    fit = ours.frames["fit"].iloc[0]
    assert np.allclose(ours.coef, theirs.params[:2], rtol=1e-6)
    assert fit["dispersion"] == pytest.approx(theirs.params[-1], rel=1e-6)
    assert fit["log_likelihood"] == pytest.approx(theirs.llf, rel=1e-10)
    mean, w = np.exp(design @ theirs.params[:-1]), 1.0 if weights is None else frame["w"].to_numpy()
    variance = mean + theirs.params[-1] * mean**2
    bread = np.linalg.inv(design.T @ ((w * mean**2 / variance)[:, None] * design))
    scores = pd.DataFrame((w * mean / variance * (frame["y"] - mean)).to_numpy()[:, None] * design)
    meat = scores.groupby(frame["u"]).sum().to_numpy()
    errors = np.sqrt(np.diag(bread @ meat.T @ meat @ bread))
    assert np.allclose(ours.std_error, errors[:2], rtol=1e-5)
    assert any(note.startswith("dispersion ") and "too small where effects are many" in note for note in ours.notes)


def test_counts_that_vary_less_than_their_means_have_the_poisson_estimate_and_say_so():
    frame = counts()
    frame["y"] = np.round(np.exp(1 + 0.2 * frame["x"]))
    binomial = yd.count_regression(panel_of(frame), "y ~ x | t", family="negative_binomial")
    poisson = yd.count_regression(panel_of(frame), "y ~ x | t")
    assert np.allclose(binomial.coef, poisson.coef, rtol=1e-12)
    assert binomial.frames["fit"]["dispersion"][0] == 0
    assert any("variances do not exceed means" in note for note in binomial.notes)
    with pytest.raises(yd.DesignError, match="family='probit' is unknown"):
        yd.count_regression(panel_of(frame), "y ~ x | t", family="probit")


def test_the_negative_binomial_settles_on_large_counts():
    rng = np.random.default_rng(3)
    rows = pd.DataFrame([(u, t) for u in range(41) for t in range(5)], columns=["unit", "time"])
    x = rng.normal(size=len(rows))
    mean = np.exp(9 + 0.3 * x + rng.normal(size=41)[rows["unit"]])
    rows = rows.assign(x=x, y=rng.poisson(mean * rng.gamma(50, 1 / 50, len(rows))))
    panel = yd.Panel.from_frame(rows, unit="unit", time="time")
    estimate = yd.count_regression(panel, "y ~ x | unit + time", family="negative_binomial")
    assert estimate.coef[0] == pytest.approx(0.3, abs=0.04)
    assert estimate.frames["fit"]["dispersion"].iloc[0] == pytest.approx(0.02, rel=0.5)
