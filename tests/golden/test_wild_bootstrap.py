"""The wild cluster bootstrap with all sign vectors, against fwildclusterboot and plain loops in R."""

import numpy as np
import pandas as pd

import yrdecon as yd
from golden.cases import OWN, own_panel, relative, results
from yrdecon.core.sample import draw_sample
from yrdecon.estimators.regression.linear import fit_linear
from yrdecon.estimators.regression.small_sample import cluster_factor

STATISTIC, QUANTILE = 1e-9, 1e-8


def stata_scale(estimate):
    """Return what turns our statistic, with fixest's factor, into one with every independent dummy counted."""
    k = estimate.linear.regressors.shape[1]
    rule = cluster_factor(estimate.units, estimate.cluster, estimate.linear.effects, k, "fixest")
    n, groups = len(estimate.units), estimate.n_clusters
    rank = int(yd.heteroskedastic(estimate, kind="HC0").small_sample.split("K=")[1])
    return np.sqrt(rule.factor / (groups / (groups - 1) * (n - 1) / (n - rank)))


def check(estimate, row, term=None):
    """Compare p-values exactly, statistics closely; the sign of the statistic is that of the estimate."""
    restricted = yd.wild_cluster_bootstrap(estimate, term, seed=0)
    free = yd.wild_cluster_bootstrap(estimate, term, null_imposed=False, seed=0)
    assert len(restricted.draws) == row["n_enum"]
    assert relative(restricted.estimate, row["estimate"]) < STATISTIC
    assert relative(restricted.statistic * stata_scale(estimate), abs(row["t"])) < STATISTIC
    assert (
        relative(
            restricted.estimate / restricted.statistic / stata_scale(estimate), np.copysign(row["se_crv1"], row["t"])
        )
        < STATISTIC
    )
    assert (restricted.p_value, free.p_value) == (row["p_wcr_ge"], row["p_wcu_ge"])
    assert (strictly(restricted), strictly(free)) == (row["p_wcr_gt"], row["p_wcu_gt"])
    signed = restricted.frames["bootstrap"]["statistic"].to_numpy()
    actual = np.copysign(restricted.statistic, row["t"])
    assert (signed <= actual + 1e-9 * abs(actual)).mean() == row["p_wcr_left"]
    assert (signed >= actual - 1e-9 * abs(actual)).mean() == row["p_wcr_right"]
    return restricted


def strictly(test):
    return (np.abs(test.frames["bootstrap"]["statistic"]) > test.statistic * (1 + 1e-9)).mean()


def check_own(case, estimate):
    document = results(OWN, case)
    test = check(estimate, document["results"][0])
    signed = test.frames["bootstrap"]["statistic"] * stata_scale(estimate)
    reference = np.array(document["t_star_quantiles_wcr"])
    found = np.quantile(signed, document["q_probs"])
    assert np.abs(found - reference).max() < QUANTILE * np.abs(reference).max()
    imposed = {row["impose_null"]: row["p"] for row in document["fwildclusterboot_check"]}
    free = yd.wild_cluster_bootstrap(estimate, null_imposed=False, seed=0)
    assert (strictly(test), strictly(free)) == (imposed[True], imposed[False])
    return test


def test_staggered_adoption_in_twelve_clusters_is_counted_exactly():
    panel = own_panel("sim_staggered", "id", cohort="g")
    check_own("wcb_staggered_12", yd.twfe(panel, yd.Design("y", cluster="cluster")))


def test_a_single_treated_city_is_counted_exactly_and_its_failure_is_told():
    frame = own_panel("sim_twinning", "city_code", cohort="g").frame
    code = frame["city_code"]
    treated = sorted(code[frame["treat"] == 1].unique())[:1]
    others = sorted(code[(frame["treat"] == 0) & (frame["province"] == "AH")].unique())[:8]
    panel = yd.Panel.from_frame(frame[code.isin([*treated, *others])], unit="city_code", time="year")
    test = check_own("wcb_twinning_1v8", yd.twfe(panel, yd.Design("y")))
    assert "few-treated failure" in " ".join(test.notes)


def test_a_triple_difference_in_eight_provinces_is_counted_exactly():
    frame = pd.read_csv(OWN / "datasets" / "sim_ddd.csv")
    frame["group"] = frame["city"].astype(str) + " " + frame["eligible"].astype(str)
    frame["cohort"] = frame["year"].where(frame["d"] > 0).groupby(frame["group"]).transform("min")
    panel = yd.Panel.from_frame(frame, unit="group", time="year")
    design = yd.Design("y", effects=("province^year", "eligible^year"), cluster="province")
    check_own("wcb_ddd_8", yd.twfe(panel, design))


def public_rows(shared, case):
    document = results(shared / "golden", case)
    return document, {row["term"]: position for position, row in enumerate(document["results"])}


def test_southern_states_are_counted_exactly(shared):
    document, positions = public_rows(shared, "wcb_castle_south")
    columns = ["state", "year", "l_homicide", "post", "south"]
    frame = pd.read_csv(shared / "golden" / "datasets" / "castle_bacon.csv", usecols=columns)
    frame = frame[frame["south"] == 1]
    frame = frame[frame["state"].isin(sorted(frame["state"].unique())[:12])]
    start = frame["year"].where(frame["post"] > 0).groupby(frame["state"]).transform("min")
    panel = yd.Panel.from_frame(frame.assign(cohort=start), unit="state", time="year")
    estimate = yd.twfe(panel, yd.Design("l_homicide", comparison="not_yet"))
    test = check(estimate, document["results"][positions["post"]])
    check_quantiles(test, estimate, document, 0)


def test_two_continuous_regressors_are_counted_exactly(shared):
    document, positions = public_rows(shared, "wcb_grunfeld")
    frame = pd.read_csv(shared / "golden" / "datasets" / "grunfeld.csv")
    # a design needs a cohort; the regressors below do not use it
    panel = yd.Panel.from_frame(
        frame.assign(cohort=np.where(frame["firm"] == 1, 1940.0, np.inf)), unit="firm", time="year"
    )
    design = yd.Design("inv")
    estimate = fit_linear(panel, draw_sample(panel, design), design, panel.frame[["value", "capital"]], "fixest")
    for term, position in positions.items():
        test = check(estimate, document["results"][position], term)
        check_quantiles(test, estimate, document, position)
        reference = next(row for row in document["fwildclusterboot_check"] if row["term"] == term)
        assert strictly(test) == reference["p"]


def check_quantiles(test, estimate, document, position):
    found = np.quantile(test.frames["bootstrap"]["statistic"] * stata_scale(estimate), document["q_probs"])
    reference = np.array(document["t_star_quantiles"][position])
    assert np.abs(found - reference).max() < QUANTILE * np.abs(reference).max()
