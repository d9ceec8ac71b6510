"""A study runs from its plan, keeps its steps, and computes anew what changed."""

import pytest

import yrdecon as yd
from yrdecon.study.run import CONCLUDING, INDEPENDENT, run_study

STEPS = [*INDEPENDENT, *CONCLUDING]


def contents(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_a_study_of_an_own_panel_is_graded_and_resumed_with_the_same_bytes(study_folder):
    seen = []
    study = run_study(study_folder / "plan.toml", progress=lambda step, state: seen.append((step, state)))
    assert [step for step, state in seen if state == "done"] == STEPS
    assert study.grade == "inconclusive"
    assert study.folder == study_folder / "plan"
    first = contents(study.folder)
    (study.folder / "steps" / "decision.key.txt").unlink()
    run_study(study_folder / "plan.toml")
    assert contents(study.folder) == first


def test_every_sentence_of_the_claim_sheet_is_graded_or_told_what_it_needs(study_folder):
    claims = run_study(study_folder / "plan.toml").found["claims"].frames["claims"]
    assert claims["grade"].tolist()[3] == "not estimable"
    assert claims["needs_en"].tolist()[3] == "flows between places"
    assert set(claims["grade"][:3]) <= {"inconclusive", "suggestive", "strong", "contrary", "no effect"}
    assert claims["n_compared"].notna().tolist() == [True, True, True, False]


def test_a_changed_plan_is_computed_anew(study_folder):
    path = study_folder / "plan.toml"
    before = run_study(path).found["comparisons"].tests["headline_90"].estimate
    path.write_text(
        path.read_text(encoding="utf-8").replace("base_periods = [2005]", "base_periods = [2003]"), encoding="utf-8"
    )
    assert run_study(path).found["comparisons"].tests["headline_90"].estimate != before


def test_a_step_that_was_cut_short_is_computed_anew(study_folder):
    study = run_study(study_folder / "plan.toml")
    whole = contents(study.folder)
    (study.folder / "steps" / "comparisons" / "headline_90.test.zip").write_bytes(b"half")
    run_study(study_folder / "plan.toml")
    assert contents(study.folder) == whole


def test_a_study_whose_headline_cannot_be_estimated_is_refused(study_folder):
    path = study_folder / "plan.toml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("base_periods = [2005]", "base_periods = [2015]"), encoding="utf-8"
    )
    with pytest.raises(yd.YrdeconError, match="2015"):
        run_study(path)
