import numpy as np
import pandas as pd
import pytest
from conftest import make_toy
from scipy import stats

import yrdecon as yd

DESIGN = yd.Design(outcome="y", covariates=("x", "z"))
PERIODS, START = (1, 2, 3, 4, 5, 6), 4


def selected(n=60, n_treated=20, seed=0, rounded=False, effect=1.0, trend=0.0):
    """Units with a larger x are treated more often, and grow by `trend` for each unit of x."""
    generator = np.random.default_rng(seed)
    x, z = generator.normal(size=n), generator.normal(size=n)
    if rounded:
        x, z = np.round(x), np.round(z)
    treated = np.zeros(n, dtype=bool)
    treated[np.argsort(x + 2 * generator.normal(size=n))[-n_treated:]] = True
    rows = [(f"u{i:03d}", t, x[i], z[i], float(START) if treated[i] else np.inf) for i in range(n) for t in PERIODS]
    frame = pd.DataFrame(rows, columns=["unit", "time", "x", "z", "cohort"])
    late = frame["time"] >= START
    frame["y"] = generator.normal(size=len(frame)) + late * (trend * frame["x"] + effect * np.isfinite(frame["cohort"]))
    return yd.Panel.from_frame(frame, unit="unit", time="time")


def staggered():
    panel = selected(n=50, n_treated=18, seed=4)
    early = panel.frame["unit"].isin(panel.units[::2])
    return panel.assign(cohort=panel.frame["cohort"].mask(early & np.isfinite(panel.frame["cohort"]), 3.0))


def by_unit(panel, column):
    return panel.frame.groupby("unit")[column].first()


def logit_index(panel, cohort=START):
    """Propensity index from statsmodels, for one cohort and the never treated."""
    import statsmodels.api as sm

    own = by_unit(panel, "cohort")
    used = (own == cohort) | np.isinf(own)
    x = sm.add_constant(np.column_stack([by_unit(panel, "x"), by_unit(panel, "z")])[used])
    fit = sm.Logit((own[used] == cohort).astype(float), x).fit(disp=0, tol=1e-13, maxiter=200)
    return pd.Series(np.asarray(fit.fittedvalues), own.index[used])


def plain_matching(panel, cohort, time, caliper, neighbors):
    """Match in plain loops; return the effect, its gaps, and K, K' and deviation of each comparison unit."""
    index = logit_index(panel, cohort)
    own = by_unit(panel, "cohort")
    wide = panel.frame.pivot_table(index="unit", columns="time", values="y")
    change = wide[time] - wide[[p for p in PERIODS if p < cohort]].mean(axis=1)
    treated = [u for u in index.index if own[u] == cohort]
    others = [u for u in index.index if np.isinf(own[u])]
    reach = caliper * np.std(list(index), ddof=1)
    low, high = min(index[u] for u in others), max(index[u] for u in others)
    gaps, total, squares = {}, dict.fromkeys(others, 0.0), dict.fromkeys(others, 0.0)
    for u in treated:
        if not low <= index[u] <= high:
            continue
        distance = sorted((abs(index[u] - index[v]), v) for v in others)
        limit = min(distance[neighbors - 1][0], reach) + 1e-9
        near = [v for d, v in distance if d <= limit]
        if not near:
            continue
        gaps[u] = change[u] - sum(change[v] for v in near) / len(near)
        for v in near:
            total[v] += 1 / len(near)
            squares[v] += 1 / len(near) ** 2
    deviation = {}
    for u in others:
        distance = sorted((abs(index[u] - index[v]), v) for v in others if v != u)
        near = [v for d, v in distance if d <= distance[1][0] + 1e-9]
        scale = len(near) / (len(near) + 1)
        deviation[u] = np.sqrt(scale) * (change[u] - sum(change[v] for v in near) / len(near))
    return gaps, total, squares, deviation


def plain_variance(gaps, total, squares, deviation):
    n, effect = len(gaps), sum(gaps.values()) / len(gaps)
    spread = sum((g - effect) ** 2 for g in gaps.values())
    return (spread + sum((total[u] ** 2 - squares[u]) * deviation[u] ** 2 for u in total)) / n**2


@pytest.mark.parametrize("rounded", [False, True])
@pytest.mark.parametrize(("caliper", "neighbors"), [(0.2, 1), (0.05, 3), (np.inf, 2)])
def test_effects_and_abadie_imbens_errors_equal_plain_loops(rounded, caliper, neighbors):
    panel = selected(rounded=rounded)
    estimate = yd.matched_did(panel, DESIGN, caliper=caliper, neighbors=neighbors)
    for cell, value, error in zip(estimate.cells.itertuples(), estimate.coef, estimate.std_error, strict=True):
        gaps, *parts = plain_matching(panel, START, cell.time, caliper, neighbors)
        assert cell.size == len(gaps)
        assert value == pytest.approx(sum(gaps.values()) / len(gaps), abs=1e-10)
        assert error**2 == pytest.approx(plain_variance(gaps, *parts), rel=1e-8)


def test_cohorts_that_share_comparison_units_covary_through_them():
    panel = staggered()
    estimate = yd.matched_did(panel, DESIGN, caliper=np.inf)
    cells = estimate.cells
    first = cells.index[(cells["cohort"] == 3) & (cells["time"] == 5)][0]
    second = cells.index[(cells["cohort"] == 4) & (cells["time"] == 6)][0]
    one, total1, _, deviation1 = plain_matching(panel, 3, 5, np.inf, 1)
    two, total2, _, deviation2 = plain_matching(panel, 4, 6, np.inf, 1)
    shared = sum(total1[u] * total2[u] * deviation1[u] * deviation2[u] for u in total1)
    assert abs(shared) > 1e-6
    assert estimate.vcov[first, second] == pytest.approx(shared / (len(one) * len(two)), rel=1e-8)
    assert estimate.vcov[second, first] == estimate.vcov[first, second]


def test_the_propensity_equals_the_logit_of_statsmodels():
    panel = selected()
    support = yd.matched_did(panel, DESIGN).frames["support"].set_index("unit")
    index = logit_index(panel)
    assert np.allclose(support["index"], index.reindex(support.index), atol=1e-8)
    assert np.allclose(support["propensity"], 1 / (1 + np.exp(-index.reindex(support.index))), atol=1e-9)


def test_covariates_that_change_enter_by_their_mean_over_the_base_periods():
    panel = selected()
    time = panel.frame["time"]
    moving = panel.assign(x=panel.frame["x"] + np.select([time == 2, time == 3, time > 3], [1.0, -1.0, 50.0], 0.0))
    design = yd.Design(outcome="y", covariates=("x", "z"), base_periods=(2, 3))
    plain, changed = (yd.matched_did(p, design).frames["support"]["index"] for p in (panel, moving))
    assert np.allclose(plain, changed, atol=1e-8)


@pytest.mark.parametrize("covariates", [(), ("level",)])
def test_without_anything_to_match_on_it_is_the_plain_difference_in_differences(covariates):
    toy = make_toy(n_units=15, n_treated=5).assign(level=2.0)
    estimate = yd.matched_did(toy, yd.Design(outcome="y", covariates=covariates), caliper=np.inf)
    overall = yd.aggregate(estimate, None)
    assert overall.coef[0] == pytest.approx(yd.twfe(toy, yd.Design(outcome="y")).coef[0], abs=1e-12)
    wide = toy.frame.pivot_table(index="unit", columns="time", values="y")
    change = wide.loc[:, 6:].mean(axis=1) - wide.loc[:, :5].mean(axis=1)
    neyman = change[:5].var(ddof=1) / 5 + change[5:].var(ddof=1) / 10
    assert overall.vcov[0, 0] == pytest.approx(4 / 5 * neyman, rel=1e-10)
    assert any("no covariates" in n if not covariates else "['level'] add nothing" in n for n in estimate.notes)


def test_the_weighted_two_way_regression_on_the_matched_sample_gives_the_same_effect():
    panel = selected()
    estimate = yd.matched_did(panel, DESIGN, neighbors=2)
    weight = estimate.frames["support"].set_index("unit")["weight"]
    weighted = panel.assign(weight=panel.frame["unit"].map(weight), kept=panel.frame["unit"].map(weight) > 0)
    regression = yd.twfe(weighted.where("kept"), yd.Design(outcome="y", weights="weight"))
    assert yd.aggregate(estimate, None).coef[0] == pytest.approx(regression.coef[0], abs=1e-10)
    assert estimate.n_units == regression.n_units
    assert estimate.n_treated == estimate.cells["size"][0]


def test_a_twin_of_each_treated_unit_is_its_match():
    panel = selected(n=30, n_treated=10)
    frame = panel.frame[np.isfinite(panel.frame["cohort"])]
    late = frame["time"] >= START
    twins = frame.assign(unit="twin of " + frame["unit"], y=frame["y"] - 3 * late, cohort=np.inf)
    both = pd.concat([frame, twins, panel.frame[np.isinf(panel.frame["cohort"])]])
    estimate = yd.matched_did(yd.Panel.from_frame(both, unit="unit", time="time"), DESIGN)
    matches = estimate.frames["matches"]
    assert matches["match"].tolist() == ("twin of " + matches["unit"]).tolist()
    assert yd.aggregate(estimate, None).coef[0] == pytest.approx(3, abs=1e-10)
    assert yd.aggregate(estimate, None).std_error[0] < 1e-6


def test_matching_removes_the_bias_of_a_trend_in_the_covariate():
    plain, matched = [], []
    for seed in range(25):
        panel = selected(n=200, n_treated=50, seed=seed, trend=2.0)
        plain.append(yd.twfe(panel, yd.Design(outcome="y")).coef[0])
        matched.append(yd.aggregate(yd.matched_did(panel, yd.Design(outcome="y", covariates=("x",))), None).coef[0])
    assert np.mean(plain) - 1 > 0.5
    assert abs(np.mean(matched) - 1) < 0.1


def test_abadie_imbens_errors_are_as_large_as_the_spread_of_the_estimates():
    effects, variances = [], []
    for seed in range(200):
        overall = yd.aggregate(yd.matched_did(selected(n=80, seed=seed), DESIGN), None)
        effects.append(overall.coef[0])
        variances.append(overall.vcov[0, 0])
    # three Monte Carlo errors of a variance from 200 draws are three tenths of it
    assert np.mean(variances) / np.var(effects, ddof=1) == pytest.approx(1, abs=0.3)


def test_the_balance_table_before_matching_is_welchs_test_and_after_is_weighted():
    panel = selected()
    estimate = yd.matched_did(panel, DESIGN)
    balance = estimate.frames["balance"].set_index(["covariate", "sample"])
    assert balance.index.tolist() == [(c, s) for c in ("x", "z", "propensity_index") for s in ("before", "after")]
    x, own = by_unit(panel, "x"), by_unit(panel, "cohort")
    treated, others = x[own == START], x[np.isinf(own)]
    spread = np.sqrt((treated.var() + others.var()) / 2)
    before, after = balance.loc[("x", "before")], balance.loc[("x", "after")]
    assert before["p_value"] == pytest.approx(stats.ttest_ind(treated, others, equal_var=False).pvalue, rel=1e-10)
    assert before["variance_ratio"] == pytest.approx(treated.var() / others.var(), rel=1e-10)
    assert before["standardized_difference"] == pytest.approx((treated.mean() - others.mean()) / spread, rel=1e-10)
    support = estimate.frames["support"].set_index("unit")
    kept = support.index[support["treated"] & (support["weight"] > 0)]
    weight = support.loc[others.index, "weight"]
    gap = x[kept].mean() - np.average(others, weights=weight)
    assert after["standardized_difference"] == pytest.approx(gap / spread, rel=1e-10)
    assert abs(after["standardized_difference"]) < abs(before["standardized_difference"]) / 3


def test_units_off_the_support_or_without_a_neighbor_are_named_and_left_out():
    panel = selected()
    frame = panel.frame
    treated = by_unit(panel, "cohort").loc[lambda c: c == START].index
    far, lonely = treated[0], treated[1]
    comparison = by_unit(panel, "cohort").loc[np.isinf].index[0]
    x = frame["x"].mask(frame["unit"] == far, 9.0).mask(frame["unit"] == lonely, 6.0)
    moved = panel.assign(x=x.mask(frame["unit"] == comparison, 7.5))
    estimate = yd.matched_did(moved, yd.Design(outcome="y", covariates=("x",)))
    status = estimate.frames["support"].set_index("unit")["status"]
    assert (status[far], status[lonely]) == ("off support", "no neighbor")
    assert not {far, lonely} & set(estimate.units["unit"])
    assert any(f"off the common support are left out: ['{far}']" in note for note in estimate.notes)
    assert any("within the caliper are left out" in note and lonely in note for note in estimate.notes)
    everyone = yd.matched_did(moved, yd.Design(outcome="y", covariates=("x",)), caliper=np.inf)
    assert everyone.frames["support"].set_index("unit")["status"][lonely] == "matched"


def test_covariates_that_separate_the_groups_are_named_with_the_way_out():
    panel = selected()
    apart = panel.assign(x=np.where(np.isfinite(panel.frame["cohort"]), 5.0, -5.0) + panel.frame["x"] / 10)
    with pytest.raises(
        yd.EstimationError, match=r"\['x', 'z'\] separate .* \['x'\] each without any overlap.*wider pool"
    ):
        yd.matched_did(apart, DESIGN)


def test_covariates_that_separate_only_together_are_named_too():
    toy = make_toy(n_units=14, n_treated=2)
    generator = np.random.default_rng(1)
    names = tuple(f"x{i}" for i in range(8))
    values = {name: np.repeat(generator.normal(size=14), 8) for name in names}
    with pytest.raises(yd.EstimationError, match="separate the 2 treated units of cohort 6 from the 12 comparison"):
        yd.matched_did(toy.assign(**values), yd.Design(outcome="y", covariates=names))


def test_nobody_within_the_caliper_is_an_error_that_counts_them():
    with pytest.raises(yd.EstimationError, match=r"no treated unit is matched: \d+ lie off .* widen the caliper"):
        yd.matched_did(selected(), DESIGN, caliper=1e-12)


@pytest.mark.parametrize(
    ("design", "options", "words"),
    [
        ({"cluster": "group"}, {}, r"takes no \['cluster'\]"),
        ({"weights": "w"}, {}, r"takes no \['weights'\]"),
        ({"effects": ("group^time",)}, {}, r"takes no \['effects'\]"),
        ({"comparison": "not_yet"}, {}, "comparison='never', or callaway_santanna"),
        ({}, {"caliper": 0.0}, "must be positive"),
        ({}, {"caliper": np.nan}, "must be positive"),
        ({}, {"neighbors": 0}, "1 or more"),
    ],
)
def test_what_matching_does_not_take_is_refused_with_the_way_out(toy, design, options, words):
    with pytest.raises(yd.DesignError, match=words):
        yd.matched_did(toy, yd.Design(**({"outcome": "y"} | design)), **options)


def test_a_cohort_without_a_base_period_is_named():
    toy = make_toy(n_treated=4)
    early = toy.assign(cohort=toy.frame["cohort"].mask(toy.frame["unit"] == "u00", 2.0))
    with pytest.raises(yd.DesignError, match="cohort 2 is left as its base"):
        yd.matched_did(early, yd.Design(outcome="y", anticipation=1))


def test_one_matched_unit_has_no_error_and_few_have_no_stars():
    single = yd.matched_did(make_toy(n_treated=1), yd.Design(outcome="y"))
    assert np.isnan(single.vcov).all()
    assert any("one matched treated unit" in note for note in single.notes)
    few = yd.aggregate(yd.matched_did(make_toy(n_treated=5, effect=50.0), yd.Design(outcome="y")), None)
    assert few.tidy()["p_value"][0] < 0.001
    table = yd.regression_table({"(1)": few})
    assert "*" not in "".join(table.body.to_numpy().ravel())
    assert "5 treated clusters" in table.note


def test_matching_is_told_in_tables_in_both_languages():
    panel = selected()
    models = {"(1)": yd.aggregate(yd.matched_did(panel, DESIGN), None)}
    chinese = yd.regression_table(models, lang="zh").to_markdown()
    assert "PSM-DID" in yd.regression_table(models).to_markdown()
    assert "倾向得分匹配双重差分" in chinese
    assert "有放回" in chinese
    assert "matched" not in chinese


def test_units_treated_throughout_are_left_out_and_named():
    panel = staggered()
    panel = panel.assign(cohort=panel.frame["cohort"].mask(panel.frame["cohort"] == 3, 1.0))
    estimate = yd.matched_did(panel, DESIGN)
    assert set(estimate.cells["cohort"]) == {4}
    assert any("left out because they are treated throughout" in note for note in estimate.notes)
