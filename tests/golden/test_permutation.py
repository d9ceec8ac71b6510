import numpy as np
import pytest

import yrdecon as yd
from golden.cases import OWN, own_panel, relative, results


def twinning():
    return own_panel("sim_twinning", "city_code", cohort="g", location=("lon", "lat"), group="province")


@pytest.mark.parametrize(("case", "outcome"), [("ri_exact_twinning_8v8", "y"), ("ri_exact_twinning_y2_8v8", "y2")])
def test_all_assignments_within_anhui_are_counted_exactly(case, outcome):
    panel = twinning()
    panel = panel.assign(anhui=panel.frame["province"] == "AH")
    row = results(OWN, case)["results"][0]
    test = yd.permutation_test(yd.twfe, panel, yd.Design(outcome=outcome, pool="anhui"), yd.Assignment("free"), seed=0)
    assert (test.n_assignments, test.rank) == (row["n_assign"], row["count_ge"])
    assert test.p_value == pytest.approx(row["p_two_sided"], abs=1e-15)
    assert relative(test.estimate, row["estimate"]) < 1e-10


def test_four_of_twelve_cities_are_counted_exactly():
    case = results(OWN, "ri_exact_twinning_4v8")
    row = next(r for r in case["results"] if r["term"] == "ri_beta")
    panel = twinning()
    cities = [str(c) for c in case["W"]]
    treated = [str(c) for c in case["treated"]]
    code = panel.frame["city_code"]
    panel = panel.assign(pool=code.isin(cities), cohort=np.where(code.isin(treated), 2022.0, np.inf))
    test = yd.permutation_test(yd.twfe, panel, yd.Design(outcome="y", pool="pool"), yd.Assignment("free"), seed=0)
    assert (len(test.draws), test.rank) == (row["n_assign"], row["count_ge"])


@pytest.mark.parametrize(("term", "estimator"), [("did", yd.twfe), ("sdid_exact_qp", None)])
def test_contiguous_blocks_equal_the_brute_force(term, estimator):
    case = results(OWN, "block_ri_twinning")
    row = next(r for r in case["results"] if r["term"] == term)
    function = estimator or (lambda panel, design: yd.synthetic_did(panel, design, solver="exact"))
    assignment = yd.Assignment("contiguous")
    test = yd.permutation_test(function, twinning(), yd.Design(outcome="y"), assignment, seed=0, studentize="none")
    assert relative(test.estimate, row["estimate"]) < 1e-6
    assert len(test.draws) == row["n_blocks"] + 1
    assert test.p_value == pytest.approx(row["p_block_ri"], abs=1e-12)
    blocks = {frozenset(str(c) for c in block) for block in case["blocks"]}
    assert {frozenset(m.split(";")) for m in test.frames["placebos"]["members"][1:]} == blocks


@pytest.mark.parametrize(("outcome", "data"), [("y", "sim_twinning|y"), ("y2", "sim_twinning|y2")])
def test_block_counts_equal_an_independent_loop(outcome, data):
    row = next(r for r in results(OWN, "block_ri_bruteforce")["results"] if r["data"] == data)
    assignment = yd.Assignment("contiguous")
    test = yd.permutation_test(yd.twfe, twinning(), yd.Design(outcome=outcome), assignment, seed=0, studentize="none")
    assert (test.rank, len(test.draws)) == (row["count_beta"], row["n"])
