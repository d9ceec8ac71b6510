"""Donors, gaps, rings, doses and flows in a study, and what the report says where there are none."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from toy_study import change_plan

import yrdecon as yd
from yrdecon.core.sample import draw_sample
from yrdecon.present.blocks import Paragraph, TableBlock
from yrdecon.study.freeze import compare_with_frozen
from yrdecon.study.material import load_material
from yrdecon.study.plan import Flows, Words, load_plan
from yrdecon.study.report.flows import flows_section
from yrdecon.study.report.pairs import donors_sentence
from yrdecon.study.run import Study
from yrdecon.study.steps.convergence import convergence
from yrdecon.study.steps.donors import DONORS, GAP, donors, pooled
from yrdecon.study.steps.dose import dose
from yrdecon.study.steps.dyads import dyads
from yrdecon.study.steps.spillovers import spillovers

ROOT = Path(__file__).resolve().parents[3]
SHIPPED = ROOT / "analysis" / "plan.toml"
PAIRS = [("p20", "p00"), ("p21", "p01"), ("p22", "p06")]
FLOWS = '\n[flows]\nfile = "flows.csv"\nlabel = "synthetic trips"\ntime = "year"\n'


def material_of(folder):
    return load_material(load_plan(folder / "plan.toml"), folder)


@pytest.fixture(scope="module")
def twinning():
    return load_material(load_plan(SHIPPED), SHIPPED.parent)


def study_of(material, **found):
    return Study(material.plan, material, None, found, Path())


def write_flows(folder, effect):
    """Write synthetic flows between all places, raised by a factor where places are paired."""
    noise = np.random.default_rng(1)
    places = [f"p{i:02d}" for i in range(24)]
    paired = {*PAIRS, *(pair[::-1] for pair in PAIRS)}
    rows = [
        (o, d, year, noise.poisson(200 * (effect if (o, d) in paired and year >= 2006 else 1)))
        for o in places
        for d in places
        if o != d
        for year in (2005, 2006)
    ]
    pd.DataFrame(rows, columns=["origin", "destination", "year", "flow"]).to_csv(folder / "flows.csv", index=False)


def with_flows(folder, effect=1.0):
    write_flows(folder, effect)
    path = folder / "plan.toml"
    path.write_text(path.read_text(encoding="utf-8") + FLOWS, encoding="utf-8")
    return material_of(folder)


def test_donors_are_compared_with_units_on_neither_side(twinning):
    donor = pooled(twinning, twinning.headline, DONORS)
    gap = pooled(twinning, twinning.headline, GAP)
    named = set(twinning.registry.pairs.query("policy == 'twinning-2021'")["donor_code"])
    samples = [draw_sample(c.panel, c.design) for c in (donor, gap)]
    treated = [set(s.units[np.isfinite(s.cohort)]) for s in samples]
    recipients = set(twinning.registry.pairs.query("policy == 'twinning-2021'")["recipient_code"])
    assert treated == [named & set(samples[0].units), recipients]
    assert len(treated[0]) == 5
    assert not recipients & set(samples[0].units)
    assert treated[0] <= set(samples[1].units)
    assert "310000" not in samples[0].units


def test_a_pool_that_holds_a_city_of_district_donors_loses_it(twinning):
    inside = pooled(twinning, twinning.pools["delta"], DONORS)
    assert "310000" in draw_sample(twinning.pools["delta"].panel, twinning.pools["delta"].design).units
    assert "310000" not in draw_sample(inside.panel, inside.design).units


def test_a_plan_that_treats_members_has_no_other_side(twinning):
    members = replace(twinning, plan=replace(twinning.plan, treatment=replace(twinning.plan.treatment, role="donor")))
    assert "donors are told from recipients only" in donors(members).refused["donors_ln_real_gdp_clean"]


def test_sentences_on_a_gap_are_told_from_others(twinning):
    found = [claim.sentence.en for claim in twinning.plan.claims if claim.compared_with == "donor"]
    assert found == ["The gap to the developed part of the delta narrows."]


def test_the_step_of_donors_holds_the_test_of_the_gap_and_every_whole_pair(study_folder):
    material = material_of(study_folder)
    found = donors(material)
    assert found.frames["pairs"][["donor", "recipient"]].to_numpy().tolist() == [list(pair) for pair in PAIRS]
    effects = found.frames["effects"].set_index("side")
    gap = found.tests["gap_y_all"]
    assert effects.loc[GAP, "estimate"] == gap.estimate
    assert effects.loc[GAP, "gap"] == pytest.approx(found.frames["pairs"]["difference"].mean(), abs=1e-12)
    assert f"{found.tests['donors_y_all'].estimate:.3f}" in donors_sentence(study_of(material, donors=found), "en")


def test_rings_repeat_the_effect_and_the_ladder_leaves_out_the_same_units(twinning):
    found = spillovers(twinning)
    head, rings = twinning.headline, found.frames["rings"]
    direct = yd.ring_effects(head.panel, head.design, cutoffs_km=(100, 150, 200))
    assert rings["estimate"].tolist() == direct.coef.tolist()
    assert rings["n_units"].tolist() == [8, 2, 4, 5]
    assert found.frames["ladder"]["n_comparison"].is_unique
    assert "ring_0_100km" in found.refused


def test_the_dose_is_the_lead_of_the_donor_in_income_before_treatment(twinning):
    doses = dose(twinning).frames["doses"].set_index("unit")
    income = twinning.headline.panel.frame.query("year == 2020").set_index("city_code")["ln_real_gdp_pc"]
    assert doses["partner"].to_dict()["341100"] == "320100"
    assert doses.loc["341100", "dose"] == pytest.approx(income["320100"] - income["341100"], abs=1e-12)
    assert len(doses) == 5
    assert bool(doses.loc["341100", "filled"])
    assert not bool(doses.loc["340300", "filled"])


def test_a_plan_without_an_outcome_per_person_has_no_dose(study_folder):
    assert "no outcome per person" in dose(material_of(study_folder)).refused["order"]


def test_pairing_that_raises_flows_is_found_and_one_that_does_not_is_not(study_folder):
    raised = dyads(with_flows(study_folder, effect=2.0))
    write_flows(study_folder, 1.0)
    plain = dyads(material_of(study_folder))
    assert raised.estimates["flows"].coef[0] == pytest.approx(np.log(2), abs=0.15)
    assert abs(plain.estimates["flows"].coef[0]) < 0.15
    assert raised.tests["matching"].rank == 1
    assert raised.tests["matching"].n_assignments == 6
    text = flows_section(study_of(material_of(study_folder), dyads=raised), "en")
    assert any(isinstance(block, TableBlock) and "synthetic trips" in block.table.body.index for block in text)


def test_a_study_without_flows_says_what_would_be_needed(study_folder):
    material = material_of(study_folder)
    found = dyads(material)
    assert not found.estimates
    blocks = flows_section(study_of(material, dyads=found), "en")
    assert any(isinstance(b, Paragraph) and b.text.startswith("No flow was supplied") for b in blocks)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('file = "flows.csv"', 'file = "lost.csv"', "there is no file of flows .*lost.csv"),
        ('trips"\ntime = "year"', 'trips"\ntime = "quarter"', r"flows.csv lacks the columns \['quarter'\]"),
    ],
)
def test_flows_that_cannot_be_read_are_refused(study_folder, old, new, message):
    with_flows(study_folder)
    change_plan(study_folder, old, new)
    with pytest.raises(yd.DesignError, match=message):
        material_of(study_folder)


def test_flows_that_occur_twice_are_refused(study_folder):
    with_flows(study_folder)
    table = pd.read_csv(study_folder / "flows.csv")
    pd.concat([table, table.head(1)]).to_csv(study_folder / "flows.csv", index=False)
    with pytest.raises(yd.DesignError, match=r"more than once: \['p00-p01-2005'\]"):
        material_of(study_folder)


def test_a_section_of_flows_changes_the_hash_and_its_absence_does_not(twinning):
    plan, frozen = twinning.plan, json.loads(SHIPPED.with_suffix(".frozen.json").read_text(encoding="utf-8"))
    assert plan.digest == frozen["plan_sha256"]
    assert replace(plan, flows=Flows("flows.csv", Words("trips", "出行"))).digest != plan.digest
    assert compare_with_frozen(plan, twinning, SHIPPED).deviations == ()


def test_other_flows_are_other_data(study_folder):
    before = material_of(study_folder).digest()
    first = with_flows(study_folder).digest()
    write_flows(study_folder, 2.0)
    assert len({before, first, material_of(study_folder).digest()}) == 3


def test_dispersion_and_speed_are_those_of_incomes_that_draw_together(twinning):
    found = convergence(twinning)
    frame = twinning.headline.panel.frame
    first = frame.query("year == 2010")["ln_real_gdp_pc"]
    assert found.frames["sigma"]["sd_all"].iloc[0] == pytest.approx(first.std(), abs=1e-12)
    shrinking = frame.assign(ln_real_gdp_pc=frame["lon"] * 0.9 ** (frame["year"] - 2010))
    panel = replace(twinning.headline.panel, frame=shrinking)
    moved = convergence(replace(twinning, headline=replace(twinning.headline, panel=panel))).frames
    assert moved["beta"]["speed"].iloc[0] == pytest.approx(-np.log(0.9), abs=1e-9)
    assert moved["beta"]["r_squared"].iloc[0] == pytest.approx(1, abs=1e-9)
    assert (moved["sigma"]["sd_all"].pct_change().dropna() + 0.1).abs().max() < 1e-9


def test_donors_earn_a_rank_and_no_interval_where_few_others_are_as_rich(twinning):
    found = donors(replace(twinning, plan=replace(twinning.plan, claims=())))
    test = found.tests["donors_ln_real_gdp_clean"]
    assert test.is_rank_only
    assert test.rank is not None
    row = found.frames["effects"].query("side == @DONORS").iloc[0]
    assert row[["p_value", "conf_low", "conf_high"]].isna().all()
