"""Simultaneous bands, against the multiplier bootstrap of did written out with reproducible signs."""

import numpy as np
import pytest

import yrdecon as yd
from golden.cases import OWN, own_panel, results
from yrdecon.kernels.bands import interquartile_scale, multiplied_influence, sup_t_critical

CASES = {
    "cs_staggered_nocov": ("sim_staggered", "id", ()),
    "cs_staggered_cov": ("sim_staggered", "id", ("x1",)),
    "cs_twinning": ("sim_twinning", "city_code", ()),
    "cs_rcs": ("sim_rcs", "id", ()),
}


def reference_signs(seed, draws, n):
    state, values = seed, np.empty(draws * n)
    for i in range(draws * n):
        state = (1664525 * state + 1013904223) % 2**32
        values[i] = state / 2**32
    return np.where(values < 0.5, -1.0, 1.0).reshape(draws, n)


@pytest.mark.parametrize("case", list(CASES))
def test_the_critical_value_equals_the_multiplier_bootstrap_of_did(case):
    dataset, unit, covariates = CASES[case]
    band = results(OWN, case)["uniform_band"]
    panel = own_panel(dataset, unit, cohort="g")
    dynamic = yd.aggregate(yd.callaway_santanna(panel, yd.Design("y", covariates=covariates)), "event_time")
    assert dynamic.cells["event_time"].tolist() == band["egt"]
    # did numbers units within cohorts, and people of repeated cross-sections by their id
    first = np.zeros(dynamic.n_units) if case == "cs_rcs" else dynamic.units["cohort"]
    order = np.lexsort((np.arange(dynamic.n_units), first))
    deviations = multiplied_influence(
        dynamic.influence[order], reference_signs(band["seed"], band["B"], dynamic.n_units)
    )
    scale = interquartile_scale(deviations)
    assert np.allclose(scale, band["se_multiplier"], rtol=1e-8)
    assert sup_t_critical(deviations, scale, 0.95) == pytest.approx(band["crit_value_uniform"], rel=1e-8)
    if "did_mboot_crit_value_MC" in band:
        # both are simulated; .05 is the tolerance that the case names
        ours = yd.simultaneous_band(dynamic, seed=1, law="rademacher")["critical_value"][0]
        assert abs(ours - band["did_mboot_crit_value_MC"]) < 0.05
