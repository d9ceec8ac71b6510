"""The same panel regression through linearmodels, statsmodels and pyfixest: equal coefficients, explained errors."""

import numpy as np
import pandas as pd
import pytest

import yrdecon as yd
from golden.cases import OWN

SAME = 1e-8
X = ["d", "x2"]


@pytest.fixture(scope="module")
def frame():
    return pd.read_csv(OWN / "datasets" / "sim_staggered_unbalanced.csv")


@pytest.fixture(scope="module")
def panel(frame):
    return yd.Panel.from_frame(frame, unit="id", time="year")


@pytest.fixture(scope="module")
def indexed(frame):
    return frame.set_index(["id", "year"])


def close(one, other, tolerance=SAME):
    return np.allclose(np.asarray(one), np.asarray(other), rtol=tolerance, atol=1e-12)


def test_two_way_effects_equal_linearmodels_and_its_rule_counts_every_effect(panel, indexed):
    from linearmodels.panel import PanelOLS

    ours = yd.panel_regression(panel, "y ~ d + x2 | id + year", vcov="iid")
    model = PanelOLS(indexed["y"], indexed[X], entity_effects=True, time_effects=True)
    assert close(ours.coef, model.fit().params)
    assert close(ours.std_error, model.fit(cov_type="unadjusted").std_errors)
    clustered = model.fit(cov_type="clustered", cluster_entity=True)
    none = yd.cluster_robust(ours, "unit", ssc="none").std_error
    # linearmodels takes N/(N-K), K with every effect; with group_debias also G/(G-1) (N-1)/N, which is Stata's rule
    n, k = ours.n_obs, len(ours.coef) + ours.n_units + len(panel.periods) - 1
    assert close(none * np.sqrt(n / (n - k)), clustered.std_errors)
    grouped = model.fit(cov_type="clustered", cluster_entity=True, group_debias=True)
    assert close(yd.cluster_robust(ours, "unit", ssc="stata").std_error, grouped.std_errors)
    # fixest, as we do, leaves the unit effects but one, nested in the clusters, out of K
    fixest = yd.panel_regression(panel, "y ~ d + x2 | id + year")
    free = n - k + ours.n_units - 1
    assert close(none * np.sqrt(ours.n_units / (ours.n_units - 1) * (n - 1) / free), fixest.std_error)


def test_two_way_effects_equal_statsmodels_with_dummies_and_the_rule_of_stata(panel, frame):
    from statsmodels.formula.api import ols

    model = ols("y ~ d + x2 + C(id) + C(year)", frame).fit()
    ours = yd.panel_regression(panel, "y ~ d + x2 | id + year", vcov="iid")
    assert close(ours.coef, model.params[X])
    assert close(ours.std_error, model.bse[X])
    for kind in ("HC0", "HC1", "HC2", "HC3"):
        assert close(
            yd.heteroskedastic(ours, kind=kind).std_error,
            ols("y ~ d + x2 + C(id) + C(year)", frame).fit(cov_type=kind).bse[X],
        )
    clustered = ols("y ~ d + x2 + C(id) + C(year)", frame).fit(
        cov_type="cluster", cov_kwds={"groups": frame["id"].astype("category").cat.codes}
    )
    assert close(yd.cluster_robust(ours, "unit", ssc="stata").std_error, clustered.bse[X])


def test_two_way_effects_and_their_clustered_errors_equal_pyfixest(panel, frame):
    pyfixest = pytest.importorskip("pyfixest")
    # clustered by a column that is no effect, since its errors by one of two effects vary between runs
    model = pyfixest.feols("y ~ d + x2 | id + year", frame, vcov={"CRV1": "cluster"})
    ours = yd.panel_regression(panel, "y ~ d + x2 | id + year", vcov="cluster(cluster)")
    assert close(ours.coef, model.coef()[X])
    assert close(ours.std_error, model.se()[X])
    robust = pyfixest.feols("y ~ d + x2 | id + year", frame, vcov="HC1")
    assert close(yd.heteroskedastic(ours, kind="HC1").std_error, robust.se()[X])


@pytest.mark.parametrize(("model", "name"), [("pooled", "PooledOLS"), ("between", "BetweenOLS")])
def test_pooled_and_between_regressions_equal_linearmodels(panel, indexed, model, name):
    import linearmodels.panel

    ours = yd.panel_regression(panel, "y ~ d + x2", model=model, vcov="iid")
    x = indexed[X].assign(Intercept=1.0)[["Intercept", *X]]
    theirs = getattr(linearmodels.panel, name)(indexed["y"], x).fit(cov_type="unadjusted")
    assert close(ours.coef, theirs.params)
    assert close(ours.std_error, theirs.std_errors)


def test_first_differences_equal_linearmodels(panel, frame, indexed):
    from linearmodels.panel import FirstDifferenceOLS

    # without intercept, and without the changes over gaps, which linearmodels takes like others
    ours = yd.panel_regression(panel, "y ~ 0 + d + x2", model="first_difference", vcov="iid")
    whole = frame.groupby("id")["year"].transform(lambda t: t.max() - t.min() + 1 == len(t))
    table = frame[whole]
    theirs = FirstDifferenceOLS(
        indexed["y"][indexed.index.isin(table["id"], 0)], table.set_index(["id", "year"])[X]
    ).fit()
    again = yd.panel_regression(
        yd.Panel.from_frame(table, unit="id", time="year"), "y ~ 0 + d + x2", model="first_difference", vcov="iid"
    )
    assert close(again.coef, theirs.params)
    assert close(again.std_error, theirs.std_errors)
    assert any("gap" in note for note in ours.notes) == (len(table) < len(frame))


def test_random_effects_equal_linearmodels_on_a_balanced_panel():
    from linearmodels.panel import RandomEffects

    frame = pd.read_csv(OWN / "datasets" / "sim_staggered.csv")
    panel = yd.Panel.from_frame(frame, unit="id", time="year")
    ours = yd.panel_regression(panel, "y ~ d + x2", model="random", vcov="iid")
    indexed = frame.set_index(["id", "year"])
    x = indexed[X].assign(Intercept=1.0)[["Intercept", *X]]
    theirs = RandomEffects(indexed["y"], x).fit(cov_type="unadjusted")
    assert close(ours.coef, theirs.params)
    assert close(ours.std_error, theirs.std_errors)


def test_instruments_equal_linearmodels(panel, frame):
    from linearmodels.iv import IV2SLS, IVGMM, IVLIML

    x = frame[["x2"]].assign(Intercept=1.0)[["Intercept", "x2"]]
    z = frame[["x1", "w"]]
    names = ["d", "Intercept", "x2"]
    for how, library in (("2sls", IV2SLS), ("liml", IVLIML)):
        ours = yd.panel_regression(panel, "y ~ x2 | d ~ x1 + w", how, model="pooled")
        theirs = library(frame["y"], x, frame[["d"]], z).fit(cov_type="clustered", clusters=frame["id"])
        assert close(ours.coef, theirs.params[names], 1e-7)
        none = yd.cluster_robust(ours, "unit", ssc="none").std_error
        # of LIML linearmodels takes the scores of two-stage least squares, which differ as kappa does from one
        assert close(none, theirs.std_errors[names], SAME if how == "2sls" else 0.1)
    ours = yd.panel_regression(panel, "y ~ x2 | d ~ x1 + w", "gmm", model="pooled")
    theirs = IVGMM(frame["y"], x, frame[["d"]], z, weight_type="clustered", clusters=frame["id"]).fit()
    assert close(ours.coef, theirs.params[names], 1e-7)
    tests = ours.frames["instrument_tests"].set_index("test")["statistic"]
    assert close(tests["Hansen J"], theirs.j_stat.stat, 1e-6)
