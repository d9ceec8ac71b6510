import re

import numpy as np
import pandas as pd
import pytest
from conftest import make_toy

import yrdecon as yd
from yrdecon.places.ranks import cities_of_rank
from yrdecon.present.sentences import in_words, phrase
from yrdecon.present.words import known_word

BENGBU = "340300"


@pytest.fixture(scope="module")
def battery(twinned, registry):
    return yd.robustness_battery(twinned, yd.twinning_design(), registry, yd.twfe, seed=1)


def row(battery, check, words=""):
    found = battery[(battery["check"] == check) & battery["changed"].str.contains(words, regex=False)]
    assert len(found) == 1, found
    return found.iloc[0]


def test_the_headline_comes_first_and_is_its_permutation_test(battery, twinned):
    test = yd.permutation_test(yd.twfe, twinned, yd.twinning_design(), seed=1)
    first = battery.iloc[0]
    assert (first["check"], first["n_treated"]) == ("headline", 8)
    assert first["estimate"] == test.estimate
    assert (first["conf_low"], first["conf_high"], first["rank"]) == (test.conf_low, test.conf_high, test.rank)


def test_every_kind_of_check_is_there(battery):
    assert set(battery["check"]) == {
        "headline", "winsorized", "winsorized_by_period", "without_municipalities", "without_capitals", "psm_did",
        "growth_outcome", "without_filled", "without_boundary_change", "without_pair", "window", "base_period",
        "treat_year", "other_policy", "placebo_time", "placebo_space", "placebo_mixed", "placebo_external",
        "spatial_did",
    }  # fmt: skip
    assert (battery["check"] == "without_pair").sum() == 8


def test_no_p_value_is_printed_where_a_rank_is_all_that_is_earned(battery):
    assert battery["p_value"].isna().all()
    made = battery["estimate"].notna()
    assert (battery.loc[made, "note"] == "").all()
    assert (battery.loc[~made, "note"] != "").all()
    assert battery["n_treated"].isna().equals(~made)


def test_a_row_is_what_its_words_say(battery, twinned):
    design = yd.twinning_design()
    left = yd.leave_one_out(yd.twfe, twinned, design).set_index("left_out")["estimate"]
    assert row(battery, "without_pair", BENGBU)["estimate"] == pytest.approx(left[BENGBU], abs=1e-12)
    three = yd.Design("ln_real_gdp", pool="in_yrd_clean", base_periods=(2018, 2019, 2020), exclude_periods=(2021,))
    expected = yd.twfe(twinned, three).coef[0]
    assert row(battery, "base_period", "last 3")["estimate"] == pytest.approx(expected, abs=1e-12)
    cohort = twinned.frame["cohort"].replace(2022.0, 2021.0)
    earlier = yd.Design("ln_real_gdp", pool="in_yrd_clean", base_periods=(2020,))
    expected = yd.twfe(twinned.assign(cohort=cohort), earlier).coef[0]
    assert row(battery, "treat_year", "2021")["estimate"] == pytest.approx(expected, abs=1e-12)
    later = row(battery, "treat_year", "2023")["estimate"]
    assert later == pytest.approx(row(battery, "window", "without 2022")["estimate"], abs=1e-12)
    assert row(battery, "placebo_space")["rank"] == battery["rank"][0]


def test_winsorizing_cuts_at_the_percentiles_of_the_pool(battery, twinned):
    frame = twinned.frame
    inside = frame.loc[frame["in_yrd_clean"], "ln_real_gdp"]
    cut = frame["ln_real_gdp"].clip(inside.quantile(0.01), inside.quantile(0.99))
    expected = yd.twfe(twinned.assign(ln_real_gdp=cut), yd.twinning_design()).coef[0]
    assert row(battery, "winsorized")["estimate"] == pytest.approx(expected, abs=1e-12)


def test_a_policy_is_controlled_for_where_it_can_be_and_the_reason_told_where_not(battery, twinned):
    assert "cannot be separated" in row(battery, "other_policy", "north-anhui-cluster")["note"]
    assert "effects hold its indicator already" in row(battery, "other_policy", "wanjiang-belt")["note"]
    column = "policy_old_revolutionary_pairs_2022"
    panel = twinned.assign(**{column: twinned.frame[column].astype(float)})
    design = yd.Design(
        "ln_real_gdp", covariates=(column,), pool="in_yrd_clean", base_periods=(2020,), exclude_periods=(2021,)
    )
    expected = yd.twfe(panel, design).coef[0]
    assert row(battery, "other_policy", "old-revolutionary")["estimate"] == pytest.approx(expected, abs=1e-12)


def test_per_head_outcomes_lose_their_filled_cells(twinned, registry):
    design = yd.twinning_design("ln_real_gdp_pc")
    found = yd.robustness_battery(twinned, design, registry, yd.twfe, seed=1)
    kept = twinned.assign(whole=~twinned.frame["filled"] & twinned.frame["in_yrd_clean"])
    expected = yd.Design("ln_real_gdp_pc", pool="whole", base_periods=(2020,), exclude_periods=(2021,))
    assert row(found, "without_filled")["estimate"] == pytest.approx(yd.twfe(kept, expected).coef[0], abs=1e-12)


def test_all_of_it_has_chinese_words(battery):
    for key in battery["check"].unique():
        assert known_word(key, "zh") or known_word(f"value_{key}", "zh"), key
    for text in battery["changed"]:
        shown = phrase(text, "zh")
        assert not re.search("[a-z]{2,}", re.sub(r"^控制\S+", "", shown)), text
    for note in battery["note"].unique():
        assert not re.search("[a-z]{2,} [a-z]{2,}", in_words(note, "zh")) or not note, note
    assert isinstance(yd.frame_table(battery, lang="zh"), yd.Table)


def test_a_panel_of_ones_own_gets_the_checks_that_it_can_have(registry):
    toy = make_toy(n_units=14)
    cities = sorted(yd.load_panel("yrd").units)[:14]
    codes = dict(zip(sorted(toy.frame["unit"].unique()), cities, strict=True))
    table = toy.frame.assign(unit=toy.frame["unit"].map(codes), time=toy.frame["time"] + 2015)
    table["cohort"] = np.where(np.isfinite(table["cohort"]), table["cohort"] + 2015, np.inf)
    panel = yd.Panel.from_frame(table, unit="unit", time="time", location=("lon", "lat"), group="group")
    found = yd.robustness_battery(panel, yd.Design("y"), registry, yd.twfe, seed=1, draws=99)
    notes = found.set_index("check")["note"]
    assert "no column 'filled'" in notes["without_filled"]
    assert "no column 'boundary_break'" in notes["without_boundary_change"]
    assert "every group of the sample has treated units" in notes["placebo_external"]
    assert isinstance(found, pd.DataFrame)


def test_an_unknown_policy_and_a_design_without_treated_units_are_refused(twinned, registry):
    with pytest.raises(yd.RegistryError, match="no policy 'moon'"):
        yd.robustness_battery(twinned, yd.twinning_design(), registry, yd.twfe, seed=1, policy="moon")
    nobody = twinned.assign(cohort=np.inf)
    with pytest.raises(yd.DesignError, match="headline cannot be tested"):
        yd.robustness_battery(nobody, yd.twinning_design(), registry, yd.twfe, seed=1)


def test_cities_of_rank_are_cities():
    known = set(yd.city_table()["city_code"])
    for rank in ("municipalities", "capitals"):
        assert set(cities_of_rank(rank)) <= known
