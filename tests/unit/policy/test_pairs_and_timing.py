import numpy as np
import pandas as pd
import pytest

import yrdecon as yd
from yrdecon.places.boundaries import boundary_rings
from yrdecon.places.codes import city_table
from yrdecon.policy.member_names import member_names


def test_districts_have_their_own_place_and_cities_the_one_of_the_panel(twinned, registry):
    places = yd.pair_places(twinned, registry, pool="in_yrd_clean").set_index("code")
    assert places["role"].value_counts().to_dict() == {"comparison": 22, "donor": 8, "recipient": 8, "out": 6}
    own = twinned.frame.groupby("city_code")[["lon", "lat"]].first()
    pd.testing.assert_frame_equal(places.loc[own.index, ["lon", "lat"]], own, check_names=False)
    minhang, shanghai = places.loc["310112"], places.loc["310000"]
    assert (minhang["role"], shanghai["role"]) == ("donor", "out")
    assert abs(minhang["lon"] - shanghai["lon"]) + abs(minhang["lat"] - shanghai["lat"]) > 0.1
    assert places.loc["340400", "donors"] == "310112"


def test_without_a_pool_every_unit_outside_the_pairs_is_a_comparison(twinned, registry):
    roles = yd.pair_places(twinned, registry)["role"]
    assert set(roles) == {"comparison", "donor", "recipient"}
    assert len(roles) == 44


def test_a_recipient_with_two_donors_names_both(toy):
    table = pd.DataFrame({"donor": ["u05", "u04"], "recipient": ["u00", "u00"], "date": [6, 6]})
    pairs = yd.registry_from_pairs(table.assign(date=["2006", "2006"]))
    places = yd.pair_places(toy, pairs, policy="my-pairs").set_index("code")
    assert places.loc["u00", "donors"] == "u04;u05"
    assert places.loc["u00", "name_zh"] == "u00"


def test_a_donor_that_is_nowhere_and_a_policy_without_pairs_are_refused(toy, twinned, registry):
    stray = yd.registry_from_pairs(pd.DataFrame({"donor": ["elsewhere"], "recipient": ["u00"], "date": ["2006"]}))
    with pytest.raises(yd.RegistryError, match="'elsewhere' is neither in the panel"):
        yd.pair_places(toy, stray, policy="my-pairs")
    with pytest.raises(yd.RegistryError, match="has no pairs"):
        yd.pair_places(twinned, registry, policy="huaihe-belt")


def test_the_gap_is_the_difference_of_the_two_and_its_change_starts_at_zero(twinned, registry):
    gaps = yd.pair_gaps(twinned, registry, outcome="ln_real_gdp_pc", base=2020)
    wide = twinned.frame.pivot(index="year", columns="city_code", values="ln_real_gdp_pc")
    nanjing = gaps[gaps["donor_code"] == "320100"].set_index("time")
    np.testing.assert_allclose(nanjing["gap"], wide["320100"] - wide["341100"])
    np.testing.assert_allclose(nanjing["change"], nanjing["gap"] - nanjing.loc[2020, "gap"])
    assert (gaps.loc[gaps["time"] == 2020, "change"] == 0).all()


def test_a_district_that_the_panel_lacks_is_compared_through_its_city_and_flagged(twinned, registry):
    gaps = yd.pair_gaps(twinned, registry, outcome="ln_real_gdp_pc")
    district = gaps[gaps["donor_code"] == "310112"]
    assert district["donor_unit"].unique().tolist() == ["310000"]
    assert not district["whole"].any()
    assert gaps["base"].unique().tolist() == [2021]
    assert district["donor_zh"].iloc[0] == "上海市闵行区"


def test_gaps_of_unknown_outcomes_periods_and_foreign_pairs_are_refused(twinned, registry):
    with pytest.raises(yd.DesignError, match="'city_zh' is missing or not numeric"):
        yd.pair_gaps(twinned, registry, outcome="city_zh")
    with pytest.raises(yd.DesignError, match="base=1990"):
        yd.pair_gaps(twinned, registry, outcome="ln_real_gdp", base=1990)
    far = yd.registry_from_pairs(pd.DataFrame({"donor": ["440300"], "recipient": ["340400"], "date": ["2016"]}))
    with pytest.raises(yd.RegistryError, match="no pair of 'my-pairs'"):
        yd.pair_gaps(twinned, far, outcome="ln_real_gdp", policy="my-pairs")


def test_every_cell_has_one_status_and_the_counts_are_those_of_the_sample(twinned):
    design = yd.twinning_design()
    table = yd.treatment_timing(twinned, design)
    assert len(table) == 41 * 14
    assert not table.duplicated(["unit", "time"]).any()
    counts = table["status"].value_counts().to_dict()
    assert counts == {"untreated": 22 * 2 + 30 * 10, "out": 11 * 14, "base": 30, "excluded": 30, "treated": 16}
    treated = twinned.frame.query("cohort == 2022")["city_code"].unique()
    assert table["unit"].drop_duplicates().tolist()[:8] == sorted(treated)


def test_missing_outcomes_and_other_policies_are_marked(toy):
    holed = toy.assign(y=toy.frame["y"].mask((toy.frame["unit"] == "u07") & (toy.frame["time"] == 3)))
    marked = holed.assign(other=toy.frame["time"] > 6, third=toy.frame["unit"] == "u01")
    table = yd.treatment_timing(marked, yd.Design("y"), others=["other", "third"]).set_index(["unit", "time"])
    assert table.index[table["status"] == "missing"].tolist() == [("u07", 3)]
    assert table.loc[("u01", 7), "n_others"] == 2
    assert table.loc[("u01", 6), "n_others"] == 1
    assert table.loc[("u02", 6), "n_others"] == 0
    with pytest.raises(yd.DataError, match="no column"):
        yd.treatment_timing(toy, yd.Design("y"), others=["absent"])


def test_shapes_hold_the_seats_of_their_cities():
    from matplotlib.path import Path

    seats = city_table().set_index("city_code")
    for code, rings in boundary_rings().items():
        seat = seats.loc[code, ["lon", "lat"]].to_numpy(dtype=float)
        assert any(Path(ring).contains_point(seat) for ring in rings), code


def test_names_come_from_the_cities_then_the_registry_then_the_code(registry):
    assert member_names(["341300", "310117", "?"], registry.pairs, "zh") == ["宿州市", "上海市松江区", "?"]
