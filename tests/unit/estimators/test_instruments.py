import numpy as np
import pytest
from unit.estimators.test_panel_regression import close, furnished

import yrdecon as yd

INSIDE = "y ~ x | unit + time | d ~ z"
MORE = "y ~ x | unit + time | d ~ z + z2"


@pytest.fixture
def panel():
    return furnished()


def strength(estimate):
    return estimate.frames["instrument_tests"].set_index("test")


def test_with_as_many_instruments_as_endogenous_columns_all_three_agree(panel):
    fits = [yd.panel_regression(panel, INSIDE, how) for how in ("2sls", "liml", "gmm")]
    for other in fits[1:]:
        assert close(other.coef, fits[0].coef, 1e-8)
        assert close(other.std_error, fits[0].std_error, 1e-8)
    assert "Hansen J" not in strength(fits[0]).index


def test_two_stages_are_the_ratio_of_reduced_form_and_first_stage(panel):
    estimate = yd.panel_regression(panel, INSIDE)
    reduced = yd.panel_regression(panel, "y ~ z + x | unit + time").coef[0]
    first = yd.panel_regression(panel, "d ~ z + x | unit + time")
    assert close(estimate.coef[0], reduced / first.coef[0])
    frame = estimate.frames["first_stage"]
    assert close(frame["estimate"], first.coef[0])
    assert close(frame["std_error"], first.std_error[0])


def test_a_column_that_is_its_own_instrument_gives_least_squares(panel):
    copied = panel.assign(own=panel.frame["d"])
    estimate = yd.panel_regression(copied, "y ~ x | unit + time | d ~ own")
    plain = yd.panel_regression(copied, "y ~ d + x | unit + time")
    assert close(estimate.coef, plain.coef)
    assert close(estimate.std_error, plain.std_error)


def test_one_endogenous_column_has_the_clustered_wald_test_as_rank_test(panel):
    found = strength(yd.panel_regression(panel, MORE))
    first = yd.panel_regression(panel, "d ~ z + z2 + x | unit + time")
    statistic = yd.wald(first, [0, 1]).statistic
    assert close(found.loc["first-stage F of d, clustered", "statistic"], statistic)
    assert close(found.loc["Kleibergen-Paap F", "statistic"], statistic, 1e-8)
    independent = yd.wald(yd.heteroskedastic(first, kind="iid"), [0, 1])
    assert close(found.loc["first-stage F of d, independent errors", "statistic"], independent.statistic)
    assert close(found.loc["Cragg-Donald F", "statistic"], independent.statistic)


def test_the_rank_test_of_two_endogenous_columns_sees_that_one_is_not_moved(panel):
    generator = np.random.default_rng(8)
    noise = generator.normal(size=(2, len(panel.frame)))
    moved = panel.assign(e=panel.frame["z2"] + noise[0], lost=panel.frame["d"] + 0.1 * noise[1])
    strong = strength(yd.panel_regression(moved, "y ~ x | unit | d + e ~ z + z2"))
    weak = strength(yd.panel_regression(moved, "y ~ x | unit | d + lost ~ z + z2"))
    assert strong.loc["Kleibergen-Paap rank", "p_value"] < 0.05
    assert weak.loc["Kleibergen-Paap rank", "p_value"] > 0.1


def test_the_effective_f_of_one_instrument_is_the_clustered_one_against_its_published_value(panel):
    found = strength(yd.panel_regression(panel, INSIDE))
    effective = found.loc["effective F (Montiel Olea and Pflueger)"]
    assert close(effective["statistic"], found.loc["first-stage F of d, clustered", "statistic"])
    assert round(effective["critical"], 1) == 23.1  # Montiel Olea and Pflueger (2013), Table 1


@pytest.mark.parametrize("formula", [INSIDE, MORE])
def test_at_the_ends_of_the_robust_set_the_instruments_explain_the_rest_with_probability_five_percent(panel, formula):
    estimate = yd.panel_regression(panel, formula)
    ends = estimate.frames["anderson_rubin"]
    assert len(ends) == 1
    assert ends["conf_low"][0] < estimate.coef[0] < ends["conf_high"][0]
    q = formula.count("z")
    for end in ends.loc[0, ["conf_low", "conf_high"]]:
        rest = panel.assign(rest=panel.frame["y"] - end * panel.frame["d"])
        reduced = yd.panel_regression(rest, f"rest ~ {'z + z2' if q == 2 else 'z'} + x | unit + time")
        assert abs(yd.wald(reduced, list(range(q))).p_value - 0.05) < 1e-6


def test_an_instrument_that_moves_nothing_leaves_an_unbounded_set(panel):
    useless = panel.assign(noise=np.random.default_rng(5).normal(size=len(panel.frame)))
    ends = yd.panel_regression(useless, "y ~ x | unit + time | d ~ noise").frames["anderson_rubin"]
    assert np.isinf(ends[["conf_low", "conf_high"]].to_numpy()).sum() == 2


def test_too_few_instruments_and_useless_ones_are_named(panel):
    with pytest.raises(yd.EstimationError, match="2 endogenous columns"):
        yd.panel_regression(panel, "y ~ 1 | unit | d + x ~ z")
    with pytest.raises(yd.EstimationError, match="endogenous columns"):
        yd.panel_regression(panel, "y ~ x | unit | area ~ z")
    estimate = yd.panel_regression(panel, "y ~ x | unit | d ~ z + area")
    assert "instruments ['area'] left out because other columns or the fixed effects explain them" in estimate.notes


def test_leverage_and_the_bootstrap_are_refused_with_instruments(panel):
    estimate = yd.panel_regression(panel, INSIDE)
    for refused in (
        lambda: yd.wild_cluster_bootstrap(estimate, "d", seed=1),
        lambda: yd.cluster_robust(estimate, "unit", kind="CR2"),
        lambda: yd.heteroskedastic(estimate, kind="HC3"),
        lambda: yd.cluster_diagnostics(estimate),
    ):
        with pytest.raises(yd.DesignError, match="anderson_rubin"):
            refused()


def test_weights_scale_moments_as_they_scale_squares(panel):
    estimate = yd.panel_regression(panel, INSIDE, weights="w")
    doubled = yd.panel_regression(panel.assign(w=2 * panel.frame["w"]), INSIDE, weights="w")
    assert close(estimate.coef, doubled.coef)
    assert close(estimate.std_error, doubled.std_error)
    assert not close(estimate.coef, yd.panel_regression(panel, INSIDE).coef)
