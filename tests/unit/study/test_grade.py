"""The rule that grades evidence."""

from dataclasses import replace

import numpy as np
import pytest

from yrdecon.study.grade import Evidence, evidence_grades
from yrdecon.study.plan import Decision

ONE = np.array([[0.03]])
STRONG = Evidence(
    p_value=np.array([0.04]),
    pools=np.full((4, 1), 0.03),
    attains=np.array([True, False, False, True]),
    estimators=np.full((3, 1), 0.03),
    left_out=np.full((8, 1), 0.02),
    threshold=0.08,
    holds_size=True,
    breakdown=np.array([1.2]),
)


def grade(**changes):
    return evidence_grades(replace(STRONG, **changes), Decision())[0]


def test_evidence_that_meets_everything_is_strong():
    assert grade() == "strong"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"p_value": np.array([0.06])}, "suggestive"),
        ({"p_value": np.array([0.09])}, "inconclusive"),
        ({"left_out": np.array([[0.02], [-0.01]])}, "suggestive"),
        ({"estimators": np.array([[0.02], [-0.01]])}, "suggestive"),
        ({"breakdown": np.array([0.7])}, "suggestive"),
        ({"breakdown": np.array([0.2])}, "inconclusive"),
        ({"pools": np.array([[0.03], [-0.01], [0.02], [0.02]])}, "strong"),
        ({"pools": np.array([[0.03], [-0.01], [-0.02], [0.02]]), "p_value": np.array([0.07])}, "inconclusive"),
        ({"pools": np.array([[0.03], [0.01], [0.02], [-0.02]])}, "suggestive"),
        ({"holds_size": False}, "inconclusive"),
    ],
)
def test_each_condition_counts(changes, expected):
    assert grade(**changes) == expected


def test_the_opposite_sign_throughout_is_contrary():
    flipped = {name: -getattr(STRONG, name) for name in ("pools", "estimators", "left_out")}
    assert grade(**flipped) == "contrary"


def test_no_effect_needs_an_interval_within_the_smallest_effect_of_interest():
    weak = {"p_value": np.array([0.5])}
    assert grade(**weak, interval=np.array([[-0.008], [0.009]])) == "no effect"
    assert grade(**weak, interval=np.array([[-0.008], [0.02]])) == "inconclusive"
    assert grade(**weak, interval=np.array([[-0.008], [0.009]]), holds_size=False) == "inconclusive"
