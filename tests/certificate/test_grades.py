"""The evidence grade of the certificate reads what the library estimates."""

import numpy as np
import pytest

import yrdecon as yd
from benchmarks.cells import actual_eight
from benchmarks.collapsed import collapse, with_effect
from benchmarks.grades import EFFECTS, HEADLINE, Evidence, _grades, _left_out
from benchmarks.methods import DRAWS
from benchmarks.processes import Process, simulate
from benchmarks.settings import make_setting, with_outcome
from benchmarks.synthetic_tests import synthetic_blocks, synthetic_contrasts

PROCESS = Process("growth", 0.6, 225)


def headline_panels(draws=2):
    setting = make_setting(actual_eight(), "2020", HEADLINE)
    return collapse(setting, simulate(PROCESS, setting, draws, np.random.default_rng(5)))


@pytest.mark.parametrize("effect", [0.0, 0.06])
def test_synthetic_blocks_give_the_p_value_of_the_library(effect):
    panels = headline_panels()
    setting = panels.setting
    y = with_effect(panels, effect).y[1]
    test = yd.permutation_test(yd.synthetic_did, with_outcome(setting, y), setting.design, seed=1)
    found = synthetic_blocks(panels, EFFECTS, DRAWS, 1)[EFFECTS.index(effect), 1]
    assert found == pytest.approx(test.p_value, rel=1e-12)


def test_synthetic_contrasts_give_the_estimate_of_the_library():
    panels = headline_panels()
    setting = panels.setting
    contrast = synthetic_contrasts(panels, setting.treated[None, :])[1, 0]
    expected = yd.synthetic_did(with_outcome(setting, panels.y[1]), setting.design).coef[0]
    assert contrast @ panels.change[1] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("name", ["twfe", "synthetic_did", "matrix_completion", "synthetic_control"])
def test_an_effect_shifts_each_estimate_by_itself(name):
    panels = headline_panels()
    setting, estimator = panels.setting, getattr(yd, name)

    def coefficient(effect):
        estimate = estimator(with_outcome(setting, with_effect(panels, effect).y[0]), setting.design)
        return (yd.aggregate(estimate, None) if name == "matrix_completion" else estimate).coef[0]

    # matrix completion is solved to rounding of its own convergence, the others in closed form
    assert coefficient(0.04) - coefficient(0.0) == pytest.approx(0.04, abs=1e-7)


def test_leaving_one_city_out_is_the_difference_without_it():
    panels = headline_panels()
    treated, change = panels.setting.treated, panels.change[0]
    for unit in range(len(treated)):
        kept = np.arange(len(treated)) != unit
        expected = change[kept & treated].mean() - change[kept & ~treated].mean()
        assert _left_out(panels)[0, unit] == pytest.approx(expected, rel=1e-9)


def evidence(p_value, pools=0.05, estimators=0.05, left_out=0.05):
    ones = np.ones((4, 1))
    p_values = np.full((len(EFFECTS), 1), p_value)
    return Evidence(p_values, pools * ones, estimators * ones, left_out * np.ones((1, 30)))


def test_the_rule_gives_each_grade_to_what_earns_it():
    assert _grades(evidence(0.04), 0, 0.08).tolist() == ["strong"]
    assert _grades(evidence(0.08), 0, 0.08).tolist() == ["suggestive"]
    assert _grades(evidence(0.04, left_out=-0.01), 0, 0.08).tolist() == ["suggestive"]
    assert _grades(evidence(0.12), 0, 0.08).tolist() == ["inconclusive"]
    assert _grades(evidence(0.04, -0.05, -0.05, -0.05), 0, 0.08).tolist() == ["contrary"]
    assert _grades(evidence(0.04, -0.05, 0.05, -0.05), 0, 0.08).tolist() == ["inconclusive"]
