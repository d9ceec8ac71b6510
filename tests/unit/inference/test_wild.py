from itertools import product

import numpy as np
import pandas as pd
import pytest
from conftest import make_toy

import yrdecon as yd

DESIGN = yd.Design("y", covariates=("x",), weights="w")


def small(**options):
    """Return eight units, three or more treated, so that all 256 sign vectors are used."""
    return make_toy(n_units=8, n_periods=6, first=4, **{"n_treated": 3, **options})


def weighted_columns(panel):
    """Explicit dummies of the regression in DESIGN, the treated indicator first, rows times root weights."""
    frame = panel.frame
    dummies = [(frame[n].to_numpy()[:, None] == np.unique(frame[n])).astype(float) for n in ("unit", "time")]
    treated = (frame["time"] >= frame["cohort"]).to_numpy(float)
    root = np.sqrt(frame["w"].to_numpy())
    x = np.column_stack([treated, *dummies, frame["x"]]) * root[:, None]
    return x, frame["y"].to_numpy() * root


def leave_out_residuals(x, y, codes):
    residuals = np.empty_like(y)
    for g in np.unique(codes):
        inside = codes == g
        coef = np.linalg.pinv(x[~inside], rcond=1e-10) @ y[~inside]
        # what only this cluster can tell, such as its own effect, is fitted within it
        rest = y[inside] - x[inside] @ coef
        own = x[inside][:, (np.abs(x[~inside]) < 1e-12).all(axis=0)]
        residuals[inside] = rest - own @ np.linalg.lstsq(own, rest, rcond=None)[0]
    return residuals


def t_statistic(x, y, codes, jackknife):
    pseudo = np.linalg.pinv(x, rcond=1e-10)
    residuals = y - x @ (pseudo @ y)
    groups = np.unique(codes)
    if jackknife:
        full = pseudo[0] @ y
        parts = [full - (np.linalg.pinv(x[codes != g], rcond=1e-10) @ y[codes != g])[0] for g in groups]
    else:
        parts = [pseudo[0][codes == g] @ residuals[codes == g] for g in groups]
    return pseudo[0] @ y / np.sqrt(np.sum(np.square(parts)))


@pytest.mark.parametrize("null_imposed", [True, False])
@pytest.mark.parametrize("variant", ["11", "31", "13", "33"])
def test_every_variant_equals_refitting_each_bootstrap_sample(variant, null_imposed):
    panel = small(seed=7)
    estimate = yd.twfe(panel, DESIGN)
    test = yd.wild_cluster_bootstrap(estimate, variant=variant, null_imposed=null_imposed, seed=0)
    x, y = weighted_columns(panel)
    codes = pd.factorize(panel.frame["unit"])[0]
    used = x[:, 1:] if null_imposed else x
    fitted = used @ (np.linalg.pinv(used, rcond=1e-10) @ y)
    residuals = leave_out_residuals(used, y, codes) if variant[0] == "3" else y - fitted
    center = 0.0 if null_imposed else estimate.coef[0]
    signs = np.array(list(product([1, -1], repeat=8)))[::16]
    # our sign vectors count in binary from the last cluster
    order = [sum((s < 0) << g for g, s in enumerate(row)) for row in signs]
    found = test.frames["bootstrap"]["statistic"].to_numpy()[order]
    expected = [
        t_statistic(x, fitted + row[codes] * residuals - center * x[:, 0], codes, variant[1] == "3") for row in signs
    ]
    actual = t_statistic(x, y, codes, variant[1] == "3")
    scale = test.statistic / abs(actual)
    assert found == pytest.approx(scale * np.array(expected), rel=1e-7)


def test_subclusters_flip_within_clusters_whose_errors_are_summed():
    panel = small(seed=3, n_treated=4)
    estimate = yd.cluster_robust(yd.twfe(panel, DESIGN), "group")
    test = yd.wild_cluster_bootstrap(estimate, flip="unit", seed=0)
    x, y = weighted_columns(panel)
    units, groups = (pd.factorize(panel.frame[n])[0] for n in ("unit", "group"))
    fitted = x[:, 1:] @ (np.linalg.pinv(x[:, 1:], rcond=1e-10) @ y)
    scale = test.statistic / abs(t_statistic(x, y, groups, jackknife=False))
    for position in (0, 1, 37, 200):
        signs = np.array([1 - 2 * (position >> g & 1) for g in range(8)])
        expected = t_statistic(x, fitted + signs[units] * (y - fitted), groups, jackknife=False)
        assert test.frames["bootstrap"]["statistic"][position] == pytest.approx(scale * expected, rel=1e-7)


@pytest.mark.parametrize("variant", ["11", "33"])
@pytest.mark.parametrize("null_imposed", [True, False])
def test_the_ends_of_the_interval_are_where_the_test_begins_to_reject(variant, null_imposed):
    panel = make_toy(n_units=9, n_treated=4, seed=5)
    design = yd.Design("y")
    test = yd.wild_cluster_bootstrap(yd.twfe(panel, design), variant=variant, null_imposed=null_imposed, seed=0)
    treated = (panel.frame["time"] >= panel.frame["cohort"]).astype(float)

    def p_value(effect):
        moved = yd.twfe(panel.assign(y=panel.frame["y"] - effect * treated), design)
        return yd.wild_cluster_bootstrap(moved, variant=variant, null_imposed=null_imposed, seed=0).p_value

    width = test.conf_high - test.conf_low
    assert np.isfinite(width)
    for end, outward in ((test.conf_low, -1), (test.conf_high, 1)):
        assert p_value(end - 1e-6 * width * outward) > 0.05 >= p_value(end + 1e-6 * width * outward)


@pytest.mark.parametrize("variant", ["11", "31", "13", "33"])
def test_the_panel_and_its_two_period_means_give_the_same_test(variant):
    panel = make_toy(n_units=10, n_treated=4)
    frame = panel.frame.assign(time=np.where(panel.frame["time"] >= 6, 6, 5))
    means = frame.groupby(["unit", "time", "cohort"], as_index=False)["y"].mean()
    collapsed = yd.Panel.from_frame(means, unit="unit", time="time")
    full, short = (
        yd.wild_cluster_bootstrap(yd.twfe(p, yd.Design("y")), variant=variant, seed=0) for p in (panel, collapsed)
    )
    assert full.p_value == short.p_value
    ratio = full.frames["bootstrap"]["statistic"] / short.frames["bootstrap"]["statistic"]
    assert ratio.std() < 1e-10 * ratio.mean()
    assert (full.conf_low, full.conf_high) == pytest.approx((short.conf_low, short.conf_high), abs=1e-10)


def test_drawn_signs_come_close_to_all_of_them_and_follow_the_seed():
    estimate = yd.twfe(make_toy(n_units=12, n_treated=5, seed=1), yd.Design("y"))
    every = yd.wild_cluster_bootstrap(estimate, seed=0)
    drawn = [yd.wild_cluster_bootstrap(estimate, draws=4095, seed=s) for s in (1, 1, 2)]
    assert len(every.draws) == 4096 == len(drawn[0].draws)
    assert drawn[0].p_value == drawn[1].p_value != drawn[2].p_value
    assert drawn[0].p_value == drawn[0].rank / 4096
    assert every.p_value == every.rank / 4096
    assert all(abs(d.p_value - every.p_value) < 4 * np.sqrt(0.25 / 4096) for d in drawn)


def test_webb_weights_give_many_values_where_signs_give_few():
    estimate = yd.twfe(make_toy(n_units=5, n_treated=2), yd.Design("y"))
    signs = yd.wild_cluster_bootstrap(estimate, seed=0)
    webb = yd.wild_cluster_bootstrap(estimate, weights="webb", seed=0)
    distinct = [len(np.unique(test.draws.round(9))) for test in (signs, webb)]
    assert distinct[0] <= 16
    assert distinct[1] > 1000
    assert "read the rank" in " ".join(signs.notes)
    assert webb.notes[0] == "9,999 webb draws, seed 0, for 5 unit levels"


def test_a_combination_of_coefficients_is_tested_like_a_coefficient():
    panel = make_toy(n_units=10, n_treated=4)
    dynamic = yd.event_study(panel, yd.Design("y"))
    first = yd.wild_cluster_bootstrap(dynamic, 5, seed=0)
    combined = yd.wild_cluster_bootstrap(yd.average(dynamic, 0, 0), seed=0)
    assert dynamic.cells["event_time"][5] == 0
    assert (first.p_value, first.conf_low) == pytest.approx((combined.p_value, combined.conf_low))
    assert "event_time 0" in first.null


def test_a_single_treated_cluster_is_told_and_its_jackknife_refused():
    estimate = yd.twfe(make_toy(n_units=9, n_treated=1, effect=2.0), yd.Design("y"))
    restricted = yd.wild_cluster_bootstrap(estimate, seed=0)
    free = yd.wild_cluster_bootstrap(estimate, null_imposed=False, seed=0)
    assert restricted.p_value > 0.05 > free.p_value
    for test in (restricted, free):
        assert "few-treated failure" in " ".join(test.notes)
    for variant in ("31", "13", "33"):
        with pytest.raises(yd.DesignError, match="single treated cluster; use variant='11'"):
            yd.wild_cluster_bootstrap(estimate, variant=variant, seed=0)


def test_two_clusters_have_two_attainable_p_values():
    estimate = yd.cluster_robust(yd.twfe(make_toy(n_treated=6), yd.Design("y")), "group")
    test = yd.wild_cluster_bootstrap(estimate, seed=0)
    assert test.is_rank_only
    assert test.p_value in (0.5, 1.0)
    assert (test.conf_low, test.conf_high) == (-np.inf, np.inf)


def test_what_cannot_be_bootstrapped_is_refused_in_words(toy):
    design = yd.Design("y")
    estimate = yd.twfe(toy, design)
    dynamic = yd.event_study(toy, design)
    reference = int(np.flatnonzero(dynamic.cells["reference"])[0])
    refused = [
        (lambda: yd.wild_cluster_bootstrap(yd.imputation(toy, design), 0, seed=0), "not one least-squares regression"),
        (lambda: yd.wild_cluster_bootstrap(dynamic, seed=0), "names no coefficient"),
        (lambda: yd.wild_cluster_bootstrap(dynamic, reference, seed=0), "normalized"),
        (lambda: yd.wild_cluster_bootstrap(estimate, "beta", seed=0), r"choose one of \['treated'\]"),
        (lambda: yd.wild_cluster_bootstrap(estimate, flip="group", seed=0), "must lie within"),
        (lambda: yd.wild_cluster_bootstrap(estimate, variant="12", seed=0), "variant='12'"),
        (lambda: yd.wild_cluster_bootstrap(estimate, weights="mammen", seed=0), "weights='mammen'"),
        (lambda: yd.wild_cluster_bootstrap(estimate, draws=0, seed=0), "draws=0"),
        (lambda: yd.wild_cluster_bootstrap(estimate, level=95, seed=0), "level=95"),
        (lambda: yd.wild_cluster_bootstrap(yd.twfe(toy.assign(y=5e6), design), seed=0), "fitted without error"),
        (
            lambda: yd.wild_cluster_bootstrap(yd.driscoll_kraay(estimate), seed=0),
            "no cluster; call cluster_robust first",
        ),
    ]
    for call, words in refused:
        with pytest.raises(yd.DesignError, match=words):
            call()


def test_a_t_statistic_without_an_error_is_refused():
    # one treated and one comparison unit: each cluster is fitted by its own effect and the treatment's
    with pytest.raises(yd.DesignError, match="standard error is zero"):
        yd.wild_cluster_bootstrap(yd.twfe(make_toy(n_units=2, n_treated=1), yd.Design("y")), seed=0)
