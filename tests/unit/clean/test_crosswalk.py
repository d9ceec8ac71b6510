import numpy as np
import pandas as pd
import pytest

import yrdecon as yd
from yrdecon.clean.moves import county_transfers
from yrdecon.present.sentences import in_words

ANQING, TONGLING, LUAN, HUAINAN, CHAOHU = "340800", "340700", "341500", "340400", "341400"


def steady(effective=2016, factor=1.0):
    """Synthetic figures: every city grows alike, and Tongling gets a share of Anqing in one year."""
    share = next(m.share for m in county_transfers() if m.origin == ANQING) * factor
    years = np.arange(2010, 2021)
    growth = 1.05 ** (years - 2010)
    whole = {ANQING: 500.0, TONGLING: 70.0, "340300": 300.0, "341000": 140.0, "341100": 400.0, "341700": 160.0}
    rows = []
    for city, level in whole.items():
        figures = level * growth
        county = whole[ANQING] * share * growth
        if city == ANQING:
            figures = figures - county * (years >= effective)
        if city == TONGLING:
            figures = figures + county * (years >= effective)
        rows.append(pd.DataFrame({"city_code": city, "year": years, "province": "安徽省", "money": figures}))
    return yd.Panel.from_frame(pd.concat(rows), unit="city_code", time="year", group="province")


def cells(panel, column, city):
    return panel.frame.loc[panel.frame["city_code"] == city].set_index("year")[column]


def reasons(panel):
    return " ".join(panel.trail["reason"].dropna())


@pytest.mark.parametrize("effective", [2015, 2016])
@pytest.mark.parametrize("to_year", [2012, 2020])
def test_growth_on_constant_borders_is_smooth_whenever_figures_follow(effective, to_year):
    made = yd.crosswalk(steady(effective), ["money"], to_year=to_year)
    for city in (ANQING, TONGLING):
        moved = cells(made, f"money_borders_{to_year}", city)
        np.testing.assert_allclose(moved / moved.shift(), [np.nan] + [1.05] * 10)


def test_the_sum_of_the_two_cities_does_not_change():
    panel = steady()
    made = yd.crosswalk(panel, ["money"], to_year=2020).frame
    by_year = made.groupby("year")[["money", "money_borders_2020"]].sum()
    np.testing.assert_allclose(by_year["money"], by_year["money_borders_2020"])


def test_every_touched_cell_is_flagged_and_told_and_no_other_changes():
    panel = steady()
    made = yd.crosswalk(panel, ["money"], to_year=2020)
    touched = made.frame[made.frame["money_is_moved"]]
    assert set(touched["city_code"]) == {ANQING, TONGLING}
    assert touched["year"].max() == 2015
    changed = made.frame["money"] != made.frame["money_borders_2020"]
    assert (changed == made.frame["money_is_moved"]).all()
    assert made.trail["after"].notna().sum() == len(touched) == 12
    assert "340800 to 340700 15.8% in 2016; 12 cells flagged" in reasons(made)


def test_figures_on_later_borders_already_are_left_alone():
    made = yd.crosswalk(steady(effective=2000), ["money"], to_year=2020)
    assert not made.frame["money_is_moved"].any()
    assert "340800 to 340700 (no clear jump)" in reasons(made)


def test_the_jump_gives_the_share_that_the_column_moved():
    panel = steady(factor=0.7)
    by_jump = yd.crosswalk(panel, ["money"], to_year=2020, weights="jump")
    moved = cells(by_jump, "money_borders_2020", TONGLING)
    np.testing.assert_allclose(moved / moved.shift(), [np.nan] + [1.05] * 10)
    by_people = cells(yd.crosswalk(panel, ["money"], to_year=2020), "money_borders_2020", TONGLING)
    assert by_people[2015] > moved[2015]


def test_registered_population_of_the_shipped_panel_has_no_jump_on_constant_borders():
    panel = yd.load_panel("national")
    made = yd.crosswalk(panel, ["population_registered_10k"], to_year=2023)
    for city in (ANQING, TONGLING, LUAN, HUAINAN):
        before = np.log(cells(panel, "population_registered_10k", city)).diff().loc[2012:2017].abs().max()
        after = np.log(cells(made, "population_registered_10k_borders_2023", city)).diff().loc[2012:2017].abs().max()
        assert after < 0.035 < before
    untouched = made.frame[~made.frame["population_registered_10k_is_moved"]]
    assert untouched["population_registered_10k"].equals(untouched["population_registered_10k_borders_2023"])


def test_revised_gdp_is_on_current_borders_and_stays():
    made = yd.crosswalk(yd.load_panel("national"), ["gdp_100m_yuan"], to_year=2023)
    assert not made.frame["gdp_100m_yuan_is_moved"].any()


def test_an_abolished_city_goes_to_its_successors_whole():
    shares = [m.share for m in county_transfers() if m.origin == CHAOHU]
    assert sum(shares) == pytest.approx(1)
    years = np.arange(2006, 2016)
    level = {"340100": 500.0, "340200": 200.0, "340500": 120.0, CHAOHU: 400.0}
    level |= dict.fromkeys(["340300", "341000", "341100", "341700"], 300.0)
    got = {m.destination: m.share * level[CHAOHU] for m in county_transfers() if m.origin == CHAOHU}
    rows = [
        pd.DataFrame({"city": c, "year": years, "money": np.where(years < 2011, v, v + got.get(c, 0.0))})
        for c, v in level.items()
    ]
    table = pd.concat(rows)
    table.loc[(table["city"] == CHAOHU) & (table["year"] >= 2011), "money"] = np.nan
    made = yd.crosswalk(yd.Panel.from_frame(table, unit="city", time="year"), ["money"], to_year=2015).frame
    for city, gained in got.items():
        np.testing.assert_allclose(made.loc[made["city"] == city, "money_borders_2015"], level[city] + gained)
    assert (made.loc[(made["city"] == CHAOHU) & (made["year"] < 2011), "money_borders_2015"] == 0).all()


def test_moves_without_weights_are_listed_and_not_guessed():
    made = yd.crosswalk(yd.load_panel("national"), ["retail_sales_100m_yuan"], to_year=2023)
    text = reasons(made)
    assert "341400 to 340100 (no figures of the origin)" in text
    assert "370100 2019" in text
    assert "640500 2003" in text
    for note in made.trail["reason"].dropna():
        assert not {"moved", "borders", "figures", "weights"} & set(in_words(note, "zh").split())


def test_draws_center_on_residents_and_spread_with_the_distance_from_the_jump():
    near, far = (
        np.std(
            [
                cells(p, "money_borders_2020", TONGLING)[2012]
                for p in yd.crosswalk_draws(steady(factor=f), ["money"], to_year=2020, draws=60, seed=1)
            ]
        )
        for f in (1.0, 0.6)
    )
    assert 0 < near < far / 3


def test_draws_are_those_of_their_seed():
    one, two, other = (
        yd.crosswalk_draws(steady(), ["money"], to_year=2020, draws=2, seed=s)[1].frame for s in (1, 1, 2)
    )
    pd.testing.assert_frame_equal(one, two)
    assert not one["money_borders_2020"].equals(other["money_borders_2020"])


def test_doubt_about_borders_widens_the_error_by_rubins_rule():
    panels = yd.crosswalk_draws(
        steady(factor=0.6).assign(cohort=lambda f: np.where(f["city_code"] == TONGLING, 2018.0, np.inf)),
        ["money"],
        to_year=2020,
        draws=10,
        seed=3,
    )
    design = yd.Design(outcome="y")
    estimates = [yd.twfe(p.assign(y=lambda f: np.log(f["money_borders_2020"])), design) for p in panels]
    joint = yd.pool_draws(estimates)
    coefs = np.array([e.coef[0] for e in estimates])
    variance = np.mean([e.vcov[0, 0] for e in estimates]) + (1 + 1 / 10) * coefs.var(ddof=1)
    assert joint.coef[0] == pytest.approx(coefs.mean())
    assert joint.vcov[0, 0] == pytest.approx(variance)
    assert coefs.var() > 0
    assert joint.notes[-1].startswith("10 draws joined")
    assert "10次" in in_words(joint.notes[-1], "zh")
    with pytest.raises(yd.EstimationError, match="two draws"):
        yd.pool_draws(estimates[:1])


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda p: yd.crosswalk(p, ["share_primary_pct"], to_year=2020), "percent"),
        (lambda p: yd.crosswalk(p, ["ln_real_gdp"], to_year=2020), "log"),
        (lambda p: yd.crosswalk(p, ["nothing"], to_year=2020), "nothing"),
        (lambda p: yd.crosswalk(p, ["co2_tonnes"], to_year=2020, weights="area"), "weights 'area'"),
        (lambda p: yd.crosswalk_draws(p, ["co2_tonnes"], to_year=2020, draws=1, seed=1), "at least two"),
    ],
)
def test_bad_calls_are_refused_in_words(call, words):
    with pytest.raises(yd.DataError, match=words):
        call(yd.load_panel("yrd"))


def test_units_that_are_no_codes_are_refused_with_the_way_out():
    table = pd.DataFrame({"city": ["安庆", "铜陵"], "year": 2015, "money": 1.0})
    with pytest.raises(yd.DataError, match="resolve_places"):
        yd.crosswalk(yd.Panel.from_frame(table, unit="city", time="year"), ["money"], to_year=2020)
