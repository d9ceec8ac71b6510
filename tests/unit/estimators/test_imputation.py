import numpy as np
import pandas as pd
import pytest

import yrdecon as yd
from yrdecon.core.estimator import estimate_assignments, estimate_one_by_one

DESIGN = yd.Design(outcome="y")


def panel_of(cells):
    """Rows from unit, cohort and periods seen, the outcome being any number."""
    generator = np.random.default_rng(0)
    rows = [(u, t, g, generator.normal()) for u, g, periods in cells for t in periods]
    return yd.Panel.from_frame(pd.DataFrame(rows, columns=["u", "t", "cohort", "y"]), unit="u", time="t")


UNLINKED = [("a", 3, (1, 2, 3, 4)), ("b", 3, (1, 2, 3, 4)), ("c", np.inf, (3, 4)), ("d", np.inf, (3, 4))]


@pytest.mark.parametrize("estimator", [yd.imputation, yd.two_stage])
def test_rows_whose_unit_and_period_no_chain_of_untreated_rows_links_are_not_imputed(estimator):
    with pytest.raises(yd.DesignError, match="no treated row can be imputed"):
        estimator(panel_of(UNLINKED), DESIGN)
    linked = [*UNLINKED, ("e", np.inf, (1, 3))]
    estimate = estimator(panel_of(linked), DESIGN)
    assert np.isfinite(estimate.coef).all()
    assert not any("cannot be imputed" in note for note in estimate.notes)


def test_rows_that_cannot_be_imputed_are_named_and_change_nothing():
    linked = [*UNLINKED, ("e", np.inf, (1, 3)), ("f", 3, (3, 4))]
    estimate = yd.imputation(panel_of(linked), DESIGN)
    assert any("2 treated rows cannot be imputed" in note and "'f 3', 'f 4'" in note for note in estimate.notes)
    without = yd.imputation(panel_of(linked[:-1]), DESIGN)
    assert np.allclose(estimate.coef, without.coef, atol=1e-12)


def test_a_cohort_of_one_unit_is_named_as_its_variation_is_in_no_error(toy):
    frame = toy.frame
    own = toy.assign(cohort=frame["cohort"].mask(frame["unit"] == "u00", 4.0))
    assert any("cohorts [4] rest on a single treated unit" in note for note in yd.imputation(own, DESIGN).notes)


def test_collinear_covariates_are_named(toy):
    for estimator in (yd.imputation, yd.two_stage, yd.interactive_fe, yd.matrix_completion):
        with pytest.raises(yd.EstimationError, match=r"covariates \['w'\] are collinear"):
            estimator(toy, yd.Design(outcome="y", covariates=("w",)))


def test_leads_that_leave_no_base_are_refused_with_the_number_that_does(toy):
    with pytest.raises(yd.DesignError, match=r"leads=5 leaves no earlier untreated period.*choose 1 to 4"):
        yd.imputation_pretrend(toy, DESIGN, leads=5)
    with pytest.raises(yd.DesignError, match="start the panel earlier"):
        yd.imputation_pretrend(toy, yd.Design(outcome="y", anticipation=9), leads=1)


def test_an_assignment_that_leaves_untreated_rows_unlinked_has_no_effect_in_the_batch_either(toy):
    frame = toy.frame
    late = frame["unit"].isin(["u04", "u05", "u06", "u07", "u08", "u09", "u10", "u11"])
    holed = toy.assign(kept=~late | (frame["time"] >= 6)).where("kept")
    linked = np.where(np.arange(12) < 2, 6.0, np.inf)
    unlinked = np.where(np.arange(12) < 4, 6.0, np.inf)
    effects = estimate_assignments(yd.imputation, holed, DESIGN, np.stack([linked, unlinked]))
    assert np.allclose(effects[0], estimate_one_by_one(yd.imputation, holed, DESIGN, linked[None, :])[0], atol=1e-10)
    assert np.isnan(effects[1]).all()
