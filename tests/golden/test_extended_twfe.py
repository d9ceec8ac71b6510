import numpy as np
import pandas as pd
import pytest

import yrdecon as yd
from golden.cases import OWN, own_panel, relative, results

# The reference derives its errors with numerical Jacobians; Poisson iterations stop at a relative deviance of 1e-8.
LINEAR, POISSON, JACOBIAN, POISSON_JACOBIAN = 1e-11, 1e-7, 1e-6, 2e-4
BY = {"simple": None, "event": "event_time", "group": "cohort", "calendar": "time"}


def over_rows(estimate, row):
    """Average over treated rows, as the reference does: `aggregate` weights periods of a cohort equally instead."""
    if row["type"] != "group":
        by = BY[row["type"]]
        summary = yd.aggregate(estimate, by)
        level = row.get({"event": "event", "calendar": "year"}.get(row["type"]))
        return summary, 0 if by is None else summary.cells[by].tolist().index(level)
    cohort = row.get("g", row.get("first.treat"))
    cells = estimate.cells
    size = cells["size"].where((cells["cohort"] == cohort) & (cells["event_time"] >= 0), 0.0)
    return yd.lincom(estimate, (size / size.sum()).tolist()), 0


def check(estimate, rows, effect, error, recount=1.0):
    for row in rows:
        summary, position = over_rows(estimate, row)
        assert abs(summary.coef[position] - row["estimate"]) < effect * max(1.0, abs(row["estimate"]))
        if row["se"]:
            assert relative(summary.std_error[position] * recount, row["se"]) < error
    return len(rows)


@pytest.mark.parametrize(
    ("variant", "comparison", "covariates", "ours", "counted"),
    [
        ("ivar", "not_yet", (), 61, 61),
        ("notyet", "not_yet", (), 61, 65),
        ("never", "never", (), 96, 100),
        ("x1", "not_yet", ("x1",), 127, 130),
    ],
)
def test_the_linear_model_equals_etwfe(variant, comparison, covariates, ours, counted):
    # all variants but "ivar" have cohort effects, which are not nested in the unit and add to the parameters counted
    panel = own_panel("sim_staggered", "id", cohort="g")
    estimate = yd.etwfe(panel, yd.Design(outcome="y", comparison=comparison, covariates=covariates))
    assert f"K={ours}," in estimate.small_sample
    rows = [r for r in results(OWN, "etwfe_staggered")["results"] if r["variant"] == variant]
    recount = np.sqrt((1200 - ours) / (1200 - counted))
    assert check(estimate, rows, LINEAR, JACOBIAN, recount) > 30


@pytest.mark.parametrize(("variant", "covariates"), [("pois", ()), ("pois_x", ("ldist",))])
def test_the_poisson_model_equals_etwfe(variant, covariates):
    panel = own_panel("sim_counts", "pair", cohort="g")
    design = yd.Design(outcome="flow", comparison="not_yet", covariates=covariates)
    estimate = yd.etwfe(panel, design, family="poisson")
    rows = [r for r in results(OWN, "etwfe_counts_poisson")["results"] if r["variant"] == variant]
    assert check(estimate, rows, POISSON, POISSON_JACOBIAN) == 6
    log_ratio = estimate.frames["coefficients"].set_index(["cohort", "time"])["log_ratio"]
    for row in results(OWN, "etwfe_counts_poisson")["coefficients"]:
        if row["variant"] == variant and "ldist" not in row["term"]:
            _, _, _, cohort, _, _, year = row["term"].split(":")
            assert log_ratio[int(cohort), int(year)] == pytest.approx(row["estimate"], abs=1e-6)


@pytest.mark.parametrize("case", ["etwfe_mpdta", "etwfe_mpdta_poisson"])
def test_public_data_equal_etwfe(shared, case):
    frame = pd.read_csv(shared / "golden" / "datasets" / "mpdta.csv")
    frame = frame.assign(cohort=frame["first.treat"].replace(0, np.inf).astype(float), emp=np.exp(frame["lemp"]))
    panel = yd.Panel.from_frame(frame, unit="countyreal", time="year")
    for variant, covariates in {"lpop": ("lpop",), "nocov": (), "pois": ("lpop",)}.items():
        rows = [r for r in results(shared / "golden", case)["results"] if r["variant"] == variant]
        if not rows:
            continue
        poisson = variant == "pois"
        outcome = "emp" if poisson else "lemp"
        design = yd.Design(outcome=outcome, comparison="not_yet", covariates=covariates)
        estimate = yd.etwfe(panel, design, family="poisson" if poisson else "linear")
        n, k = 2500, int(estimate.small_sample.split("K=")[1].split(",")[0])
        counted = {"lpop": k + 2, "nocov": k + 3, "pois": k}[variant]
        recount = np.sqrt((n - k) / (n - counted))
        check(estimate, rows, POISSON if poisson else LINEAR, POISSON_JACOBIAN if poisson else 1e-5, recount)


def test_the_two_comparisons_are_imputation_and_sun_abraham():
    panel = own_panel("sim_staggered", "id", cohort="g")
    keys = ["cohort", "time"]
    for comparison, other in (("not_yet", yd.imputation), ("never", yd.sun_abraham)):
        design = yd.Design(outcome="y", comparison=comparison)
        one, two = yd.etwfe(panel, design), other(panel, design)
        both = one.cells[keys].assign(a=one.coef).merge(two.cells[keys].assign(b=two.coef), on=keys)
        assert len(both) == len(one.coef) == len(two.coef)
        assert np.abs(both["a"] - both["b"]).max() < 1e-10


def test_a_ratio_is_recovered_where_counts_grow_in_proportion():
    generator = np.random.default_rng(4)
    unit, time = np.meshgrid(np.arange(300), np.arange(6), indexing="ij")
    cohort = np.where(unit % 3 == 0, 3.0, np.where(unit % 3 == 1, 5.0, np.inf))
    mean = np.exp(0.3 * (unit % 3) + 0.2 * time + 0.5 * (time >= cohort))
    frame = pd.DataFrame({"u": unit.ravel(), "t": time.ravel(), "cohort": cohort.ravel()})
    frame["y"] = generator.poisson(mean).ravel().astype(float)
    truth = (mean * (1 - np.exp(-0.5)))[time >= cohort].mean()
    panel = yd.Panel.from_frame(frame, unit="u", time="t")
    estimate = yd.aggregate(yd.etwfe(panel, yd.Design(outcome="y", comparison="not_yet"), family="poisson"), None)
    assert abs(estimate.coef[0] - truth) < 3 * estimate.std_error[0]


def test_what_the_models_cannot_do_is_told():
    panel = own_panel("sim_staggered", "id", cohort="g")
    design = yd.Design(outcome="y", comparison="not_yet")
    with pytest.raises(yd.DesignError, match="negative values"):
        yd.etwfe(panel, design, family="poisson")
    frame = panel.frame
    zero = np.where((frame["cohort"] == 2016) & (frame["year"] == 2016), 0.0, np.exp(frame["y"]))
    with pytest.raises(yd.EstimationError, match="cohort 2016 in 2016"):
        yd.etwfe(panel.assign(y=zero), design, family="poisson")
    everyone = panel.assign(kept=np.isfinite(frame["cohort"])).where("kept")
    with pytest.raises(yd.DesignError, match="before 2016"):
        yd.etwfe(everyone, design)
