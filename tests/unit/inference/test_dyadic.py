from dataclasses import replace
from itertools import combinations, permutations

import numpy as np
import pandas as pd
import pytest

import yrdecon as yd

DESIGN = yd.Design("flow")


def make_flows(names="abcdefgh", directed=False, seed=0):
    """Flows between places over six years with shocks to places; the pairs of neighbors in the alphabet are treated."""
    generator = np.random.default_rng(seed)
    pairs = list((permutations if directed else combinations)(names, 2))
    shock = {m: generator.normal(size=6) for m in names}
    rows = [
        (f"{a}-{b}", a, b, t + 2000, shock[a][t] + shock[b][t] + generator.normal(), ord(a) ^ ord(b))
        for a, b in pairs
        for t in range(6)
    ]
    table = pd.DataFrame(rows, columns=["pair", "origin", "destination", "year", "flow", "apart"])
    treated = [f"{a}-{b}" for a, b in zip(names[::2], names[1::2], strict=False)]
    table["cohort"] = np.where(table["pair"].isin(treated), 2004.0, np.inf)
    return yd.Panel.from_frame(table, unit="pair", time="year")


@pytest.fixture
def flows():
    return make_flows()


def test_the_dyadic_variance_is_the_sum_over_pairs_with_a_place_in_common(flows):
    estimate = yd.twfe(flows, DESIGN)
    dyadic = yd.dyadic_robust(estimate, flows)
    by_pair = pd.Series(estimate.influence[:, 0]).groupby(estimate.units["unit"]).sum()
    total = sum(s * r for p, s in by_pair.items() for q, r in by_pair.items() if set(p) & set(q) - {"-"})
    assert dyadic.vcov[0, 0] == pytest.approx(8 / 7 * total, rel=1e-10)
    assert dyadic.coef[0] == estimate.coef[0]
    assert dyadic.dof == 7
    assert dyadic.small_sample == "dyadic by origin and destination, n/(n-1), n=8 nodes"


def test_the_order_of_nodes_and_their_names_change_nothing(flows):
    estimate = yd.twfe(flows, DESIGN)
    frame = flows.frame
    turned = flows.assign(origin=frame["destination"], destination=frame["origin"])
    renamed = flows.assign(origin=frame["origin"].map(ord), destination=frame["destination"].map(ord))
    mixed = flows.assign(origin=frame["origin"].astype("category"))
    for other in (turned, renamed, mixed):
        for before, after in (
            (yd.dyadic_robust(estimate, flows), yd.dyadic_robust(estimate, other)),
            (yd.node_jackknife(yd.twfe, flows, DESIGN), yd.node_jackknife(yd.twfe, other, DESIGN)),
        ):
            assert after.vcov[0, 0] == pytest.approx(before.vcov[0, 0], rel=1e-10)


def test_both_directions_of_a_flow_are_one_dyad():
    flows = make_flows(directed=True)
    estimate = yd.twfe(flows, DESIGN)
    assert estimate.n_units == 56
    dyad = estimate.units["unit"].map(lambda pair: "-".join(sorted(pair.split("-"))))
    once = pd.Series(estimate.influence[:, 0]).groupby(dyad).sum()
    assert len(once) == 28
    total = sum(s * r for p, s in once.items() for q, r in once.items() if set(p) & set(q) - {"-"})
    assert yd.dyadic_robust(estimate, flows).vcov[0, 0] == pytest.approx(8 / 7 * total, rel=1e-10)


def test_the_jackknife_leaves_out_every_place_with_all_its_pairs(flows):
    found = yd.node_jackknife(yd.twfe, flows, DESIGN)
    without = []
    for m in "abcdefgh":
        frame = flows.frame[~flows.frame["pair"].str.contains(m)]
        without.append(yd.twfe(yd.Panel.from_frame(frame, unit="pair", time="year"), DESIGN).coef[0])
    table = found.frames["without_node"]
    assert table["node"].tolist() == list("abcdefgh")
    assert np.allclose(table["estimate"], without, rtol=1e-12)
    assert found.vcov[0, 0] == pytest.approx(6 / 8 * np.sum((without - np.mean(without)) ** 2), rel=1e-12)
    assert found.dof == 7


def test_treated_places_are_counted_in_the_column_that_has_fewer(flows):
    found = yd.node_jackknife(yd.twfe, flows, DESIGN)
    assert (found.cluster, found.n_treated_clusters) == ("origin", 4)
    assert {"origin", "destination"} <= set(found.units.columns)
    frame = flows.frame
    hub = flows.assign(cohort=np.where((frame["destination"] == "h") & (frame["year"] > 0), 2004.0, np.inf))
    assert yd.dyadic_robust(yd.twfe(hub, DESIGN), hub).cluster == "destination"


def test_effects_of_places_and_years_can_be_absorbed():
    flows = make_flows(directed=True)
    design = yd.Design("flow", effects=("origin^year", "destination^year"))
    found = yd.node_jackknife(yd.twfe, flows, design)
    assert found.linear.effects == ("unit", "origin^year", "destination^year")
    shock = flows.frame["flow"] + flows.frame["year"] * flows.frame["origin"].map(ord)
    again = yd.node_jackknife(yd.twfe, flows.assign(flow=shock), design)
    assert again.vcov[0, 0] == pytest.approx(found.vcov[0, 0], rel=1e-8)


def test_coefficients_of_an_event_study_keep_their_reference_period(flows):
    dyadic = yd.dyadic_robust(yd.event_study(flows, DESIGN), flows)
    jackknife = yd.node_jackknife(yd.event_study, flows, DESIGN)
    reference = dyadic.cells["reference"].to_numpy()
    for found in (dyadic, jackknife):
        assert (found.std_error[reference] == 0).all()
        assert (found.std_error[~reference] > 0).all()
        assert np.linalg.eigvalsh(found.vcov).min() > -1e-12
    first = yd.node_jackknife(lambda p, d: yd.average(yd.event_study(p, d), 0, 1), flows, DESIGN)
    assert yd.average(jackknife, 0, 1).std_error[0] == pytest.approx(first.std_error[0], rel=1e-10)


def test_what_is_left_of_a_star_of_pairs_is_no_variance(flows):
    star = flows.assign(star=flows.frame["origin"] == "a").where("star")
    found = yd.dyadic_robust(yd.twfe(star, DESIGN), star)
    assert np.isnan(found.vcov[0, 0])
    assert "1 dyadic variances are not positive and left out" in found.notes


def test_a_negative_variance_is_left_out_and_said(flows):
    estimate = yd.twfe(flows, DESIGN)
    # three products of pairs that meet, each counted twice, outweigh four squares
    scores = {"a-b": 1.0, "a-c": -1.0, "b-d": -1.0, "c-e": 1.0}
    influence = estimate.units["unit"].map(scores).fillna(0.0).to_numpy()[:, None]
    found = yd.dyadic_robust(replace(estimate, influence=influence), flows)
    assert np.isnan(found.vcov[0, 0])
    assert "negative eigenvalues of the dyadic covariance are set to zero" in found.notes


def test_a_cohort_that_goes_with_a_place_has_no_jackknife_error(flows):
    frame = flows.frame
    start = {"a-b": 2002.0, "c-d": 2004.0, "e-f": 2004.0, "g-h": 2004.0}
    late = flows.assign(cohort=frame["pair"].map(start).fillna(np.inf))
    found = yd.node_jackknife(yd.callaway_santanna, late, DESIGN)
    lost = (found.cells["cohort"] == 2002).to_numpy() & ~found.cells["reference"].to_numpy(dtype=bool)
    assert np.isnan(found.std_error[lost]).all()
    assert np.isfinite(found.std_error[found.cells["cohort"] == 2004]).all()
    assert any(f"{int(lost.sum())} coefficients are not estimated" in note for note in found.notes)


def test_a_place_without_which_nothing_is_treated_is_named(flows):
    alone = flows.assign(cohort=np.where(flows.frame["pair"] == "c-d", 2004.0, np.inf))
    with pytest.raises(yd.EstimationError, match=r"without node 'c'.*dyadic_robust"):
        yd.node_jackknife(yd.twfe, alone, DESIGN)


def test_two_kinds_of_nodes_are_noted(flows):
    frame = flows.frame
    kinds = flows.assign(destination=frame["destination"].str.upper())
    estimate = yd.twfe(kinds, DESIGN)
    note = "no node is both origin and destination, so these are taken for two kinds of nodes"
    assert note in yd.dyadic_robust(estimate, kinds).notes
    assert note not in yd.dyadic_robust(estimate, flows).notes


@pytest.mark.parametrize(
    ("nodes", "words"),
    [
        (("origin", "origin"), "two different columns"),
        (("origin",), "two different columns"),
        (("origin", "nowhere"), r"no column \['nowhere'\]"),
        (("origin", "cohort"), r"\['cohort'\] cannot hold nodes"),
        (("origin", "year"), "constant within each pair"),
        (("origin", "gap"), "units .* have no origin or gap"),
        (("origin", "one"), None),
        (("one", "two"), "needs 4 or more"),
    ],
)
def test_columns_that_are_no_nodes_are_refused(flows, nodes, words):
    frame = flows.frame
    flows = flows.assign(gap=frame["origin"].where(frame["pair"] != "a-b"), one="x", two="y")
    estimate = yd.twfe(flows, DESIGN)
    if words is None:
        assert yd.dyadic_robust(estimate, flows, nodes=nodes).dof == 7
        return
    with pytest.raises(yd.DesignError, match=words):
        yd.dyadic_robust(estimate, flows, nodes=nodes)


def test_an_estimate_without_influence_is_sent_to_the_jackknife(flows):
    estimate = yd.synthetic_did(flows, DESIGN)
    with pytest.raises(yd.DesignError, match="node_jackknife"):
        yd.dyadic_robust(estimate, flows)
