"""From a plan to panels and designs."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from toy_study import change_plan

import yrdecon as yd
from yrdecon.study.material import blind, load_material, with_outcome
from yrdecon.study.plan import load_plan

ROOT = Path(__file__).resolve().parents[3]


def material_of(folder):
    return load_material(load_plan(folder / "plan.toml"), folder)


def test_an_own_panel_and_own_pairs_are_compared_as_the_plan_says(study_folder):
    material = material_of(study_folder)
    treated = material.headline.panel.frame.query("cohort < inf")["place"].unique().tolist()
    assert treated == ["p00", "p01", "p06"]
    assert material.first_touched == 2006
    assert material.pools["near"].design.pool == "near"
    assert "p00" not in set(material.variants[0].panel.frame["place"])


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('outcome = "y"\npool', 'outcome = "gdp"\npool', "outcome 'gdp' is not in panel 'panel.csv'; its numeric"),
        ('column = "near"', 'column = "far"', "pool 'near' names the column 'far', which the panel lacks"),
        ('panel = "panel.csv"', 'panel = "lost.csv"', "there is no panel .*lost.csv"),
        ('leave_out = ["p00"]', 'leave_out = ["p99"]', r"leaves out \['p99'\], which the panel does not hold"),
        ('column = "z"', 'column = "trade"', r"outcomes \['trade'\], which panel"),
        ('unit = "place"', 'unit = "village"', "village"),
    ],
)
def test_what_the_panel_lacks_is_named(study_folder, old, new, message):
    change_plan(study_folder, old, new)
    with pytest.raises(yd.YrdeconError, match=message):
        material_of(study_folder)


def test_a_blinded_panel_holds_no_outcome_after_treatment(study_folder):
    frame = blind(material_of(study_folder)).headline.panel.frame
    for outcome in ("y", "z"):
        later = frame[frame["year"] >= 2006].groupby("place")[outcome]
        last = frame[frame["year"] == 2005].set_index("place")[outcome]
        np.testing.assert_array_equal(later.first(), last)
        assert (later.nunique() == 1).all()


def test_years_without_an_outcome_take_no_part_in_its_comparison():
    material = load_material(load_plan(ROOT / "analysis" / "plan.toml"), ROOT / "analysis")
    asked = with_outcome(material, "share_tertiary_pct")
    assert asked.headline.design.exclude_periods == (2017, 2021)
    assert asked.headline.design.base_periods == (2020,)


def test_an_outcome_on_filled_cells_after_treatment_is_refused():
    material = load_material(load_plan(ROOT / "analysis" / "plan.toml"), ROOT / "analysis")
    with_outcome(material, "ln_real_gdp_pc")
    head = material.headline
    filled = head.panel.frame["filled"] | (
        (head.panel.frame["city_code"] == "340300") & (head.panel.frame["year"] > 2021)
    )
    object.__setattr__(head, "panel", head.panel.assign(filled=filled))
    with pytest.raises(yd.DesignError, match=r"ln_real_gdp_pc rests on filled cells .*: 340300 2022, 340300 2023"):
        with_outcome(replace(material, headline=head), "ln_real_gdp_pc")
