import numpy as np
import pandas as pd
import pytest

import yrdecon as yd
from golden.cases import OWN, own_panel, relative, results

# fect iterates its fixed effects; ours are exact and equal to imputation, see the identity below.
FIXED_EFFECTS = 5e-8
# fect stops its EM when the fit, levels included, moves by less than 1e-9; near-zero rows show it most.
FACTORS, PENALTY = 1e-5, 1e-4
# the public case stops at 1e-8; its slopes and smallest residuals are that much coarser.
PUBLIC = 5e-5
# fect ran into its limit of 50,000 steps; its numbers are those of the last step and no minimum.
UNFINISHED = (("fect_staggered", "ife2"), ("fect_staggered", "ife3"))

OWN_PANELS = {
    "fect_twinning": ("sim_twinning", "city_code", "g", "y", "x_t"),
    "fect_staggered": ("sim_staggered", "id", "g", "y", "x2"),
    "fect_yrd_frozen": ("yrd_frozen", "city_code", "g_twin", "ln_rgdp", None),
}


def variants(*names):
    rows = ((name, r["variant"]) for name in names for r in results(OWN, name)["results"])
    return [v for v in dict.fromkeys(rows) if not v[1].endswith("_cv") and v not in UNFINISHED]


def setting(name, variant):
    dataset, unit, cohort, outcome, covariate = OWN_PANELS[name]
    covariates = (covariate,) if variant.endswith("_x") else ()
    return own_panel(dataset, unit, cohort=cohort), yd.Design(outcome=outcome, covariates=covariates)


def estimated(panel, design, variant):
    if variant.startswith("mc"):
        return yd.matrix_completion(panel, design, penalty=float(variant.removeprefix("mc_")))
    return yd.interactive_fe(panel, design, factors=0 if variant == "fe" else int(variant[3]))


def rows_of(case, variant):
    chosen = ("r_cv", "lambda_cv")
    rows = [r for r in case["results"] if r["variant"] == variant and r["kind"] not in chosen]
    return {r["term"]: r["estimate"] for r in rows if r["estimate"] is not None}


def as_fect(estimate):
    """Name our numbers as fect does, whose event time 1 is the first treated period."""
    dynamic = yd.aggregate(estimate, "event_time")
    events = {str(e + 1): c for e, c in zip(dynamic.cells["event_time"], dynamic.coef, strict=True)}
    slopes = {f"x{i}": b for i, b in enumerate(estimate.frames["covariates"]["estimate"], 1)}
    by_unit = estimate.frames["unit_effects"]["effect"].mean()
    return {"att.avg": yd.aggregate(estimate, None).coef[0], "att.avg.unit": by_unit, **events, **slopes}


def tolerance(variant):
    return FIXED_EFFECTS if variant == "fe" else PENALTY if variant.startswith("mc") else FACTORS


@pytest.mark.parametrize(("name", "variant"), variants("fect_twinning", "fect_staggered", "fect_yrd_frozen"))
def test_averages_event_times_and_slopes_equal_fect(name, variant):
    found = as_fect(estimated(*setting(name, variant), variant))
    reference = rows_of(results(OWN, name), variant)
    assert len(reference) >= 16
    off = {term: relative(found[term], value) for term, value in reference.items()}
    assert {term: error for term, error in off.items() if error > tolerance(variant)} == {}


@pytest.mark.parametrize("name", list(OWN_PANELS))
def test_the_number_of_factors_chosen_equals_that_of_fect(name):
    # its folds are random and its effects are those of a coarser stop, so only the choice is compared
    chosen = next(r for r in results(OWN, name)["results"] if r["variant"] == "ife_cv" and r["kind"] == "r_cv")
    table = yd.interactive_fe(*setting(name, "ife_cv")).frames["cross_validation"]
    assert table.loc[table["chosen"], "factors"].tolist() == [chosen["estimate"]]


def plain_em(outcome, untreated, fit, factors, steps):
    for _ in range(steps):
        filled = np.where(untreated, outcome, fit)
        additive = filled.mean(axis=1, keepdims=True) + filled.mean(axis=0) - filled.mean()
        rest = filled - additive
        leading = np.linalg.eigh(rest.T @ rest)[1][:, -factors:]
        fit = additive + rest @ leading @ leading.T
    return fit


@pytest.mark.parametrize(("name", "variant"), UNFINISHED)
def test_where_fect_ran_out_of_steps_its_numbers_are_reproduced_and_our_fit_is_closer(name, variant):
    panel, design = setting(name, variant)

    def matrix(estimate, column):
        return estimate.frames["counterfactual"].pivot(index="unit", columns="time", values=column)

    additive, ours = yd.interactive_fe(panel, design, factors=0), estimated(panel, design, variant)
    outcome = matrix(additive, "observed")
    cohort = additive.units.groupby("unit")["cohort"].first().to_numpy()[:, None]
    untreated = outcome.columns.to_numpy() < cohort
    y = outcome.to_numpy()
    stopped = plain_em(y, untreated, matrix(additive, "counterfactual").to_numpy(), int(variant[3]), 50_000)
    gap, event_time = y - stopped, outcome.columns.to_numpy() - cohort + 1
    reference = rows_of(results(OWN, name), variant)
    assert relative(gap[~untreated].mean(), reference.pop("att.avg")) < FACTORS
    by_unit = [own[late].mean() for own, late in zip(gap, ~untreated, strict=True) if late.any()]
    assert relative(np.mean(by_unit), reference.pop("att.avg.unit")) < FACTORS
    for term, value in reference.items():
        # relative to the largest residual before treatment, as some are nearly zero and still moving
        assert abs(gap[event_time == int(term)].mean() - value) < FACTORS * max(abs(value), 0.05)
    loss = np.sum(matrix(ours, "effect").to_numpy()[untreated] ** 2)
    assert loss < np.sum(gap[untreated] ** 2) * (1 - 1e-5)


@pytest.mark.parametrize("name", list(OWN_PANELS))
def test_no_factor_and_a_huge_penalty_are_imputation(name):
    for variant in ("fe", "fe_x") if OWN_PANELS[name][4] else ("fe",):
        panel, design = setting(name, variant)
        reference = yd.imputation(panel, design)
        for estimate in (
            yd.interactive_fe(panel, design, factors=0),
            yd.matrix_completion(panel, design, penalty=1e9),
        ):
            treated = (estimate.cells["event_time"] >= 0).to_numpy()
            columns = ["cohort", "time", "event_time", "size"]
            pd.testing.assert_frame_equal(
                estimate.cells.loc[treated, columns].reset_index(drop=True), reference.cells[columns]
            )
            assert np.abs(estimate.coef[treated] - reference.coef).max() < 1e-12


@pytest.mark.parametrize(
    ("variant", "covariates"), [("fe", ()), ("ife2", ()), ("ife2_cov", ("policy_mail_in", "policy_motor"))]
)
def test_public_turnout_equals_fect(shared, variant, covariates):
    folder = shared / "golden"
    frame = pd.read_csv(folder / "datasets" / "turnout.csv")
    frame["election"] = (frame["year"] - 1920) // 4
    first = frame[frame["policy_edr"] == 1].groupby("abb")["election"].min()
    frame["cohort"] = frame["abb"].map(first).fillna(np.inf)
    panel = yd.Panel.from_frame(frame, unit="abb", time="election")
    found = as_fect(estimated(panel, yd.Design(outcome="turnout", covariates=covariates), variant))
    reference = rows_of(results(folder, "fect_turnout"), variant)
    assert len(reference) >= 35
    limit = FIXED_EFFECTS if variant == "fe" else PUBLIC
    off = {term: relative(found[term], value) for term, value in reference.items()}
    assert {term: error for term, error in off.items() if error > limit} == {}
