import numpy as np
import pandas as pd
import pytest
from conftest import make_toy

import yrdecon as yd


@pytest.mark.parametrize(("n_treated", "effective"), [(8, 12.2), (1, 1.05)])
def test_the_effective_number_of_clusters_is_that_of_the_literature(n_treated, effective):
    panel = make_toy(n_units=41, n_treated=n_treated)
    row = yd.cluster_diagnostics(yd.twfe(panel, yd.Design("y"))).iloc[0]
    assert row["effective_clusters"] == pytest.approx(effective, abs=0.05)
    assert (row["n_clusters"], row["n_treated_clusters"]) == (41, n_treated)
    assert np.isnan(row["dof"]) == np.isnan(row["largest_change"]) == (n_treated == 1)


def test_leverages_sum_to_the_parameters_and_partial_ones_to_one():
    estimate = yd.twfe(make_toy(n_treated=5), yd.Design("y", covariates=("x",), weights="w"))
    rows = yd.cluster_leverage(estimate)
    assert rows["leverage"].sum() == pytest.approx(1 + 1 + 7)  # the effect, a covariate, and years less one
    assert rows["partial_leverage"].sum() == pytest.approx(1)
    assert rows["cluster"].tolist() == [f"u{i:02d}" for i in range(12)]
    assert rows["treated"].tolist() == [True] * 5 + [False] * 7
    assert (rows["n_rows"] == 8).all()


def test_the_change_is_what_leaving_a_cluster_out_does():
    panel = make_toy(n_treated=5)
    estimate = yd.twfe(panel, yd.Design("y"))
    rows = yd.cluster_leverage(estimate, "unit").set_index("cluster")
    rest = yd.Panel.from_frame(panel.frame[panel.frame["unit"] != "u07"], unit="unit", time="time")
    assert estimate.coef[0] + rows.loc["u07", "change"] == pytest.approx(yd.twfe(rest, yd.Design("y")).coef[0])


def test_every_coefficient_has_its_own_row_and_normalized_ones_none():
    dynamic = yd.event_study(make_toy(n_treated=5), yd.Design("y"))
    rows = yd.cluster_diagnostics(dynamic)
    assert rows["event_time"].tolist() == dynamic.cells["event_time"].tolist()
    assert (rows["effective_clusters"].isna() == rows["reference"]).all()
    assert len(yd.cluster_leverage(dynamic)) == 12 * len(dynamic.coef)
    cr2 = yd.cluster_robust(dynamic, "unit", kind="CR2")
    assert rows["dof"].dropna().to_numpy() == pytest.approx(cr2.dof[~rows["reference"].to_numpy()])


def test_clusters_can_be_named_and_must_be_there():
    estimate = yd.twfe(make_toy(n_treated=6), yd.Design("y"))
    assert yd.cluster_diagnostics(estimate, "group")["n_clusters"][0] == 2
    with pytest.raises(yd.DesignError, match="no cluster; name one"):
        yd.cluster_leverage(yd.driscoll_kraay(estimate))
    with pytest.raises(yd.DesignError, match="'country' labels the rows"):
        yd.cluster_leverage(estimate, "country")
    with pytest.raises(yd.DesignError, match="not one least-squares regression"):
        yd.cluster_diagnostics(yd.imputation(make_toy(), yd.Design("y")))


def test_labels_follow_the_clusters_when_rows_are_not_in_their_order():
    frame = make_toy(n_treated=6).frame.assign(area=lambda f: f["unit"].map(lambda u: f"a{(int(u[1:]) * 5) % 7}"))
    panel = yd.Panel.from_frame(frame, unit="unit", time="time", group="area")
    rows = yd.cluster_leverage(yd.twfe(panel, yd.Design("y")), "area").set_index("cluster")
    pd.testing.assert_series_equal(
        rows["n_rows"].sort_index(), frame.groupby("area").size(), check_names=False, check_dtype=False
    )


def test_an_estimate_and_its_table_know_its_effective_clusters(twinned):
    design = yd.twinning_design()
    for estimate in (yd.twfe(twinned, design), yd.average(yd.event_study(twinned, design), 0, 1)):
        found = yd.cluster_diagnostics(estimate)["effective_clusters"][0]
        assert estimate.effective_clusters == pytest.approx(found, rel=1e-9)
        assert f"{found:.1f} effective" in repr(estimate)
        assert f"| Effective clusters | {found:.1f} |" in yd.regression_table({"a": estimate}).to_markdown()
    assert yd.event_study(twinned, design).effective_clusters is None
    assert yd.synthetic_did(twinned, design).effective_clusters is None
