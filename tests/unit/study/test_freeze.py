"""A frozen plan rests on nothing after treatment, and changes to it do not pass unseen."""

from datetime import date

import pandas as pd
import pytest

import yrdecon as yd
from yrdecon.study.freeze import compare_with_frozen, fail_if_plan_deviates, freeze_plan, frozen_path
from yrdecon.study.material import load_material
from yrdecon.study.plan import load_plan

TODAY = date(2024, 5, 1)


def freeze_of(folder):
    plan = load_plan(folder / "plan.toml")
    return compare_with_frozen(plan, load_material(plan, folder), folder / "plan.toml")


def test_outcomes_after_treatment_change_nothing_in_a_frozen_plan(study_folder):
    first = freeze_plan(study_folder / "plan.toml", today=TODAY).read_bytes()
    frozen_path(study_folder / "plan.toml").unlink()
    table = pd.read_csv(study_folder / "panel.csv")
    table.loc[table["year"] >= 2006, ["y", "z"]] = 99.0
    table.to_csv(study_folder / "panel.csv", index=False)
    assert freeze_plan(study_folder / "plan.toml", today=TODAY).read_bytes() == first
    table.loc[table["year"] == 2004, "y"] += 0.1
    table.to_csv(study_folder / "panel.csv", index=False)
    frozen_path(study_folder / "plan.toml").unlink()
    assert freeze_plan(study_folder / "plan.toml", today=TODAY).read_bytes() != first


def test_a_plan_that_was_never_frozen_says_so(study_folder):
    assert freeze_of(study_folder).on is None


def test_a_frozen_plan_is_not_overwritten(study_folder):
    freeze_plan(study_folder / "plan.toml", today=TODAY)
    with pytest.raises(yd.DesignError, match=r"plan.frozen.json exists; a frozen plan is not overwritten"):
        freeze_plan(study_folder / "plan.toml", today=TODAY)


def test_a_plan_changed_after_freezing_is_refused_with_both_values(study_folder):
    path = study_folder / "plan.toml"
    freeze_plan(path, today=TODAY)
    assert freeze_of(study_folder).deviations == ()
    path.write_text(
        path.read_text(encoding="utf-8").replace("base_periods = [2005]", "base_periods = [2004]"), encoding="utf-8"
    )
    freeze = freeze_of(study_folder)
    assert freeze.deviations == (("headline.base_periods", "[2005]", "[2004]"),)
    with pytest.raises(yd.DesignError, match=r"frozen on 2024-05-01: headline.base_periods: was \[2005\]"):
        fail_if_plan_deviates(freeze, "plan.toml")


def test_data_before_treatment_that_changed_are_a_deviation(study_folder):
    freeze_plan(study_folder / "plan.toml", today=TODAY)
    table = pd.read_csv(study_folder / "panel.csv")
    table.loc[table["year"] == 2004, "y"] += 0.1
    table.to_csv(study_folder / "panel.csv", index=False)
    assert [field for field, _, _ in freeze_of(study_folder).deviations] == ["data before treatment"]


def test_a_broken_frozen_file_is_told(study_folder):
    frozen_path(study_folder / "plan.toml").write_text("{", encoding="utf-8")
    with pytest.raises(yd.DesignError, match=r"not what `yrdecon plan freeze` wrote"):
        freeze_of(study_folder)
