import numpy as np
import pytest

import yrdecon as yd


def test_clustering_by_group_equals_the_sandwich_by_hand(toy):
    estimate = yd.twfe(toy, yd.Design(outcome="y"))
    linear = estimate.linear
    groups = estimate.units["group"].to_numpy()
    scores = linear.regressors[:, 0] * linear.residuals
    bread = 1 / (linear.regressors[:, 0] ** 2).sum()
    meat = sum(scores[groups == g].sum() ** 2 for g in ("even", "odd"))
    by_hand = np.sqrt(bread**2 * meat)
    assert yd.cluster_robust(estimate, "group", ssc="none").std_error[0] == pytest.approx(by_hand, rel=1e-10)


def test_what_cannot_be_clustered_is_refused_in_words(toy):
    estimate = yd.twfe(toy, yd.Design(outcome="y"))
    with pytest.raises(yd.DesignError, match="'province' labels the rows"):
        yd.cluster_robust(estimate, "province")
    with pytest.raises(yd.DesignError, match="permutation_test"):
        yd.cluster_robust(yd.synthetic_did(toy, yd.Design(outcome="y")), "unit")
    with pytest.raises(yd.DesignError, match="one level only"):
        yd.twfe(toy.assign(all="x"), yd.Design(outcome="y", cluster="all"))
    with pytest.raises(yd.DesignError, match="ssc='best'"):
        yd.cluster_robust(estimate, "unit", ssc="best")
