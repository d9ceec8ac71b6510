"""Moran's I and the LM tests of spatial dependence: sizes, identities, and what they refuse."""

import re
from dataclasses import replace

import esda
import numpy as np
import pytest
from libpysal.weights import W
from unit.estimators.test_spatial_panel import FORMULA, grid_neighbors, simulate

import yrdecon as yd
from yrdecon.present.sentences import heading, in_words


def with_noise(seed, n_periods=4):
    panel, weights = simulate(n_periods=n_periods)
    noise = np.random.default_rng(seed).normal(size=len(panel.frame))
    return panel.assign(e=noise), weights


def for_libpysal(weights):
    rows = zip(weights.ids, weights.matrix, strict=True)
    lists = {u: [v for v, w in zip(weights.ids, row, strict=True) if w] for u, row in rows}
    given = W(lists, id_order=list(weights.ids), silence_warnings=True)
    given.transform = "r"
    return given


def test_index_moments_and_local_indices_are_those_of_esda():
    panel, weights = simulate()
    test = yd.moran(panel, "y", weights, seed=1)
    wide = panel.frame.pivot(index="unit", columns="time", values="y")
    local = test.frames["local"].pivot(index="unit", columns="time", values="local_moran")
    for period in test.frames["periods"].itertuples():
        theirs = esda.Moran(wide[period.time].to_numpy(), for_libpysal(weights), permutations=0)
        assert period.moran == pytest.approx(theirs.I, rel=1e-10)
        assert period.variance == pytest.approx(theirs.VI_rand, rel=1e-10)
        n = len(wide)
        one = esda.Moran_Local(wide[period.time].to_numpy(), for_libpysal(weights), permutations=0).Is
        assert np.allclose(local[period.time], one * n / (n - 1), rtol=1e-9)
    assert np.allclose(local.mean(), test.frames["periods"]["moran"])


def test_the_mean_over_periods_is_compared_with_the_same_permutations_of_whole_units():
    panel, weights = simulate(n_periods=3)
    test = yd.moran(panel, "y", weights, seed=1, draws=199)
    assert test.statistic == pytest.approx(test.frames["periods"]["moran"].mean())
    assert len(test.draws) == 200
    assert test.p_value == pytest.approx(test.rank / 200)
    assert np.array_equal(test.draws, yd.moran(panel, "y", weights, seed=1, draws=199).draws)
    alone = yd.moran(panel.between(1, 1), "y", weights, seed=1, draws=199)
    assert alone.p_value == alone.frames["periods"]["p_permutation"][0]


def test_dependence_is_found_and_noise_is_not():
    rejected = [yd.moran(*noisy, seed=1, draws=99).p_value <= 0.05 for noisy in map(noise_and_weights, range(200))]
    assert 0.01 < np.mean(rejected) < 0.10
    panel, weights = simulate(lag=0.8, side=6)
    assert yd.moran(panel, "y", weights, seed=1).p_value < 0.01


def noise_and_weights(seed):
    panel, weights = with_noise(seed)
    return panel, "e", weights


def test_neighbors_that_differ_have_the_last_rank():
    panel, weights = simulate()
    place = panel.frame["unit"].str[1:].astype(int)
    checkered = panel.assign(c=(place // 5 + place % 5) % 2 + 0.01 * place)
    test = yd.moran(checkered, "c", weights, seed=1)
    assert test.statistic < -0.8
    assert (test.rank, test.p_value) == (1000, 1.0)


def test_quadrants_tell_a_high_value_among_low_ones():
    panel, weights = simulate(n_periods=1)
    peak = panel.assign(c=(panel.frame["unit"] == "u12").astype(float))
    local = yd.moran(peak, "c", weights, seed=1).frames["local"].set_index("unit")["quadrant"]
    assert (local["u12"], local["u11"], local["u00"]) == ("high-low", "low-high", "low-low")


@pytest.mark.parametrize("effects", ["", " | unit", " | unit + time"])
def test_multipliers_reject_a_true_null_about_as_often_as_they_say(effects):
    rejected = np.zeros(4)
    for seed in range(150):
        panel, weights = simulate(seed=seed)
        frame, noise = panel.frame, np.random.default_rng(1000 + seed).normal(size=len(panel.frame))
        unit, time = frame["unit"].str[1:].astype(float), frame["time"] ** 2
        y = frame["x"] + noise + ("unit" in effects) * unit + ("time" in effects) * time
        found = yd.spatial_lm(panel.assign(y=y), f"y ~ x + z{effects}", weights).frames["all"]
        rejected += (found["p_value"] < 0.05).to_numpy()
    assert (rejected / 150 < 0.11).all()
    assert (rejected > 0).all()


def test_robust_multipliers_point_to_the_kind_of_dependence():
    lag = yd.spatial_lm(simulate(lag=0.4)[0], FORMULA, simulate()[1]).frames["all"].set_index("test")["statistic"]
    panel, weights = simulate(lag=0.0, error=0.7)
    error = yd.spatial_lm(panel, FORMULA, weights).frames["all"].set_index("test")["statistic"]
    assert lag["robust_lag"] > 4 * lag["robust_error"]
    assert error["robust_error"] > 4 * error["robust_lag"]


def test_the_two_plain_and_robust_statistics_add_up_to_one_joint_one():
    panel, weights = simulate()
    found = yd.spatial_lm(panel, FORMULA, weights).frames["all"].set_index("test")["statistic"]
    assert found["lag"] + found["robust_error"] == pytest.approx(found["error"] + found["robust_lag"], rel=1e-10)


@pytest.mark.parametrize("against", ["lag", "error", "robust_lag", "robust_error"])
def test_each_alternative_has_its_null_in_words_of_both_languages(against):
    panel, weights = simulate()
    test = yd.spatial_lm(panel, FORMULA, weights, against=against)
    assert test.statistic == test.frames["all"].set_index("test").loc[against, "statistic"]
    for one in (test, yd.moran(panel, "y", weights, seed=1)):
        texts = [heading(one.name, "zh"), in_words(one.null, "zh"), *(in_words(n, "zh") for n in one.notes)]
        for text in texts:
            assert not re.search("[a-z]{2,}", text.replace("'y'", "")), text
        assert one.null in repr(one)


@pytest.mark.parametrize(
    ("change", "options", "words"),
    [
        ({}, {"column": "nowhere"}, "no column 'nowhere'"),
        ({"y": "text"}, {}, "must hold numbers"),
        ({"y": np.inf}, {}, "infinite"),
        ({"y": np.nan}, {}, "missing in every row"),
        ({"y": 1.0}, {}, "the same everywhere in"),
        ({}, {"seed": None}, "seed=None"),
        ({}, {"draws": 9}, "draws=9"),
    ],
)
def test_what_has_no_index_is_refused(change, options, words):
    panel, weights = simulate()
    asked = {"column": "y", "seed": 1} | options
    with pytest.raises(yd.DesignError, match=words):
        yd.moran(panel.assign(**change), asked.pop("column"), weights, **asked)


def test_gaps_and_islands_are_named():
    panel, weights = simulate()
    holed = panel.assign(y=panel.frame["y"].mask((panel.frame["unit"] == "u07") & (panel.frame["time"] == 3)))
    with pytest.raises(yd.DesignError, match="u07 3"):
        yd.moran(holed, "y", weights, seed=1)
    with pytest.raises(yd.DesignError, match="have no neighbor"):
        yd.moran(panel, "y", yd.spatial_weights(panel, table=grid_neighbors(5)[:1]), seed=1)
    with pytest.raises(yd.DesignError, match="u24"):
        yd.moran(panel, "y", replace(weights, ids=weights.ids[:-1], matrix=weights.matrix[:-1, :-1]), seed=1)
