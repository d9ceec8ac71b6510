import re
from importlib import import_module

import numpy as np
import pytest
from conftest import make_toy

import yrdecon as yd
from yrdecon.study.second_engines import second_engines

LONG = yd.Design(outcome="y", base_periods=(4,), exclude_periods=(5,))
module = import_module("yrdecon.study.receipt")
EVERY = ["twfe", "event_study", "callaway_santanna", "synthetic_did", "synthetic_control", "matrix_completion"]


@pytest.fixture(scope="module")
def found():
    return yd.receipt(make_toy(), LONG, EVERY, seed=1)


def test_every_number_agrees_with_its_second_engine(found):
    assert found.agrees
    checks = found.checks.set_index("number")
    assert set(checks.index) == {*EVERY, "permutation_p"}
    assert (checks["note"] == "").all()
    assert (checks.loc["twfe", "difference"] < 1e-9).all()
    assert checks.loc["callaway_santanna", "difference"] < 1e-9
    assert (checks.loc[["synthetic_control", "matrix_completion"], "difference"] < 1e-6).all()
    assert checks.loc["twfe", "value"].iloc[0] == yd.twfe(make_toy(), LONG).coef[0]


@pytest.mark.parametrize(
    "design", [yd.Design("y"), yd.Design("y", base_periods=(3, 4)), yd.Design("y", covariates=("x",))]
)
def test_engines_follow_the_design(design):
    names = ["twfe", "event_study"] if design.covariates else EVERY
    checks = yd.receipt(make_toy(), design, names, seed=1).checks
    assert checks["agrees"].all(), checks.to_string()


def test_an_engine_that_gives_another_number_is_caught(monkeypatch):
    wrong = [module.SecondEngine("SLSQP", "scipy", lambda panel, design: 99.0)]
    monkeypatch.setattr(module, "second_engines", lambda name: wrong)
    result = yd.receipt(make_toy(), LONG, ["twfe"], seed=1)
    assert not result.agrees
    assert "not all agree" in result.to_text()


def test_the_exact_optimum_is_what_the_general_solver_finds():
    panel = make_toy()
    engine = second_engines("synthetic_did")[0]
    for design in (LONG, yd.Design("y")):
        assert engine.run(panel, design) == pytest.approx(
            yd.synthetic_did(panel, design, solver="exact").coef[0], rel=1e-4
        )


def test_what_has_no_second_engine_is_said(found):
    result = yd.receipt(make_toy(), LONG, ["two_stage"], seed=1)
    assert "no second engine" in result.checks["note"].iloc[0]
    assert "Without a second computation: Two-stage DiD" in result.to_text()
    weighted = yd.receipt(make_toy(), yd.Design("y", weights="w"), ["twfe"], seed=1)
    assert weighted.checks["note"].iloc[0].startswith("the second engine takes no ['weights']")


def test_hashes_change_with_data_and_design_and_with_nothing_else(found):
    again = yd.receipt(make_toy().assign(other=1.0), LONG, ["twfe"], seed=1)
    assert (again.panel_hash, again.design_hash) == (found.panel_hash, found.design_hash)
    assert yd.receipt(make_toy(seed=1), LONG, ["twfe"], seed=1).panel_hash != found.panel_hash
    assert yd.receipt(make_toy(), yd.Design("y"), ["twfe"], seed=1).design_hash != found.design_hash


def test_the_receipt_is_a_paragraph_in_both_languages_and_a_frame(found):
    english, chinese = found.to_text("en"), found.to_text("zh")
    for text in (english, chinese):
        assert found.panel_hash[:12] in text
        assert f"numpy {np.__version__}" in text
        assert "\n" not in text
    assert re.search("[一-鿿]", chinese)
    frame = found.to_frame().set_index("item")["value"]
    assert frame["panel"] == found.panel_hash
    assert frame["version of numpy"] == np.__version__
    assert frame.index.is_unique


def test_a_package_that_is_not_installed_is_named(monkeypatch, found):
    monkeypatch.setattr(module, "PACKAGES", ("numpy", "no-such-package"))
    result = yd.receipt(make_toy(), LONG, ["callaway_santanna"], seed=1)
    assert "Not installed, and therefore not used: no-such-package." in result.to_text()


@pytest.mark.parametrize("names", [[], "twfe", ["magic"]])
def test_unknown_estimators_are_refused(names):
    with pytest.raises(yd.DesignError, match="estimators"):
        yd.receipt(make_toy(), LONG, names, seed=1)
