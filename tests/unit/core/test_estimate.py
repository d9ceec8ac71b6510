import numpy as np
import pandas as pd
import pytest

import yrdecon as yd


def test_tidy_uses_the_t_distribution_of_the_clusters(toy):
    estimate = yd.twfe(toy, yd.Design(outcome="y"))
    tidy = estimate.tidy(0.9).iloc[0]
    assert list(tidy.index[1:]) == ["estimate", "std_error", "statistic", "p_value", "conf_low", "conf_high"]
    assert (tidy["conf_high"] - tidy["estimate"]) / tidy["std_error"] == pytest.approx(1.7958848, abs=1e-6)
    with pytest.raises(yd.DesignError):
        estimate.tidy(95)


def test_few_treated_clusters_are_warned_of_when_printed(toy):
    assert "p_value" not in repr(yd.twfe(toy, yd.Design(outcome="y")))
    assert "3 treated clusters: p-values and intervals of these errors over-reject" in repr(
        yd.twfe(toy, yd.Design(outcome="y"))
    )


def test_many_treated_clusters_are_not_warned_of():
    from conftest import make_toy

    assert "over-reject" not in repr(yd.twfe(make_toy(n_units=30, n_treated=12), yd.Design(outcome="y")))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 broken", b"text"])
def test_a_file_that_is_no_estimate_is_refused(tmp_path, content):
    path = tmp_path / "x.zip"
    path.write_bytes(content)
    with pytest.raises(yd.DataError, match=r"x\.zip"):
        yd.load_estimate(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(yd.DataError, match=r"there is no file .*gone\.zip"):
        yd.load_estimate(tmp_path / "gone.zip")


def test_nothing_is_left_behind_where_writing_fails(tmp_path, toy):
    blocked = tmp_path / "file"
    blocked.write_text("x")
    with pytest.raises(yd.DataError, match="cannot write"):
        yd.save_estimate(yd.twfe(toy, yd.Design(outcome="y")), blocked / "below" / "a.zip")
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_a_million_rows_are_drawn_in_reasonable_memory():
    units, periods = 20_000, 20
    frame = pd.DataFrame({"u": np.repeat(np.arange(units), periods), "t": np.tile(np.arange(periods), units)})
    frame["y"] = np.random.default_rng(0).normal(size=len(frame))
    frame["cohort"] = np.where(frame["u"] < 500, 10.0, np.inf)
    estimate = yd.twfe(yd.Panel.from_frame(frame, unit="u", time="t"), yd.Design(outcome="y"))
    wide = frame["y"].to_numpy().reshape(units, periods)
    change = wide[:, 10:].mean(axis=1) - wide[:, :10].mean(axis=1)
    assert estimate.coef[0] == pytest.approx(change[:500].mean() - change[500:].mean(), abs=1e-10)


def test_degrees_of_freedom_by_coefficient_and_absorbed_columns_survive_a_file(tmp_path):
    from conftest import make_toy

    panel = make_toy(n_treated=5)
    design = yd.Design("y", covariates=("x",), effects=("group[time]",))
    estimate = yd.cluster_robust(yd.event_study(panel, design), "unit", kind="CR2")
    again = yd.load_estimate(yd.save_estimate(estimate, tmp_path / "a.zip"))
    assert (again.dof == estimate.dof).all()
    assert np.isinf(again.dof).any()
    cv3 = [yd.cluster_robust(e, "group", kind="CV3").vcov for e in (estimate, again)]
    assert np.allclose(*cv3, rtol=1e-12, equal_nan=True)


def test_a_negative_variance_has_no_standard_error():
    rows = pd.DataFrame({"unit": ["a", "b"], "time": [1, 1], "cohort": [1.0, np.inf]})
    cells = pd.DataFrame({"term": ["x", "z"]})
    estimate = yd.Estimate(np.ones(2), np.diag([4.0, -1.0]), cells, rows, "toy", "y", 2)
    assert estimate.std_error.tolist()[0] == 2.0
    assert np.isnan(estimate.tidy()[["std_error", "p_value", "conf_low"]].iloc[1]).all()
    assert "no standard errors" not in repr(estimate)


def test_treated_clusters_are_counted_whether_rows_are_observations_or_units(toy):
    design = yd.Design("y")
    for estimator in (yd.twfe, yd.callaway_santanna, yd.staggered_rollout, yd.lp_did, yd.did_multiplegt):
        assert estimator(toy, design).n_treated_clusters == 3
    by_time = yd.cluster_robust(yd.twfe(toy, design), "time")
    assert by_time.n_treated_clusters == 3


@pytest.mark.parametrize("estimator", [yd.twfe, yd.event_study, yd.callaway_santanna, yd.imputation, yd.lp_did])
def test_one_treated_and_one_other_unit_give_an_effect_without_a_p_value(toy, estimator):
    pair = toy.assign(kept=toy.frame["unit"].isin(["u00", "u11"])).where("kept")
    estimate = estimator(pair, yd.Design(outcome="y"))
    tidy = estimate.tidy()
    assert np.isfinite(tidy["estimate"]).all()
    assert tidy["p_value"].isna().all()
    assert "infer by permutation" in repr(estimate)


@pytest.mark.parametrize(
    "name", ["callaway_santanna", "did_multiplegt", "imputation", "staggered_rollout", "two_stage"]
)
def test_one_cluster_gives_no_standard_errors(toy, name):
    with pytest.raises(yd.DesignError, match="'one' has one level only"):
        yd.ESTIMATORS[name].function(toy.assign(one=1), yd.Design(outcome="y", cluster="one"))


def test_treated_clusters_are_counted_in_a_test_of_pretrends_which_has_no_treated_row(toy):
    assert yd.imputation_pretrend(toy, yd.Design(outcome="y"), leads=2).n_treated_clusters == 3
