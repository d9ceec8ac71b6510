"""A plan is checked as a whole, and every problem is told in words."""

import pytest
from toy_study import change_plan

import yrdecon as yd
from yrdecon.study.plan import load_plan


def test_a_text_given_once_serves_both_languages(study_folder):
    plan = load_plan(study_folder / "plan.toml")
    assert plan.title["zh"] == plan.title["en"] == "A synthetic study"
    assert plan.pools["near"].label["zh"] == "邻近地区"
    assert plan.not_testable[0]["en"] == "flows"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("seed = 7\n", "", "seed: is missing"),
        ("seed = 7\n", 'seed = "often"\n', "seed: .*'often'"),
        (
            'pool = "all"',
            'pool = "planet"',
            r"\['planet'\], which it does not declare; it declares \['all', 'near'\]",
        ),
        ('estimators = ["twfe"]', 'estimators = ["ols"]', r"estimators \['ols'\]; known are"),
        ("[inference]", "[inference]\nspeed = 3", "inference.speed: is no field of a plan"),
        ("seed = 7", "seed = = 7", "plan.toml is not valid TOML"),
    ],
)
def test_a_faulty_plan_names_what_is_wrong(study_folder, old, new, message):
    with pytest.raises(yd.DesignError, match=message):
        load_plan(change_plan(study_folder, old, new))


def test_all_problems_of_a_plan_are_told_at_once(study_folder):
    path = change_plan(study_folder, "seed = 7\n", "colour = 1\n")
    with pytest.raises(yd.DesignError, match=r"seed: is missing.*colour|colour.*seed: is missing"):
        load_plan(path)


def test_the_digest_changes_with_any_field_and_not_with_comments(study_folder):
    before = load_plan(study_folder / "plan.toml").digest
    assert load_plan(change_plan(study_folder, "seed = 7", "seed = 7 # lucky")).digest == before
    assert load_plan(change_plan(study_folder, "calibration_draws = 20", "calibration_draws = 21")).digest != before
