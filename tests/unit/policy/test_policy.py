import numpy as np
import pandas as pd
import pytest

import yrdecon as yd
from yrdecon.policy.registry import Registry

PAIRS = {
    ("310112", "340400"), ("310117", "341500"), ("310120", "341600"), ("320100", "341100"),
    ("320500", "341200"), ("320300", "340600"), ("330100", "341300"), ("330200", "340300"),
}  # fmt: skip
RECIPIENTS = sorted(r for _, r in PAIRS)


@pytest.fixture(scope="module")
def panel():
    return yd.load_panel("yrd").between(2010, 2023)


def treated(panel):
    return sorted(panel.frame.loc[np.isfinite(panel.frame["cohort"]), "city_code"].unique())


def pairs(**columns):
    return pd.DataFrame({"donor": ["320100"], "recipient": ["320800"], "date": ["2022"]} | columns)


def test_the_eight_pairs_are_as_published(registry):
    rows = registry.pairs[registry.pairs["policy"] == "twinning-2021"]
    assert set(zip(rows["donor_code"], rows["recipient_code"], strict=True)) == PAIRS


def test_recipients_are_treated_from_2022_with_their_partner(panel, registry):
    twinned = yd.assign_cohort(panel, registry, policy="twinning-2021")
    assert treated(twinned) == RECIPIENTS
    assert set(twinned.frame["cohort"]) == {2022.0, np.inf}
    partner = twinned.frame.set_index("city_code")["partner"]
    assert partner["341300"].unique().tolist() == ["330100"]
    assert twinned.frame.groupby("year")["treatment_on"].sum().loc[[2021, 2022, 2023]].tolist() == [0, 8, 8]


def test_districts_never_mark_their_whole_city(panel, registry):
    donors = yd.assign_cohort(panel, registry, policy="twinning-2021", role="donor")
    assert treated(donors) == ["320100", "320300", "320500", "330100", "330200"]
    shanghai = donors.frame[donors.frame["city_code"] == "310000"]
    assert shanghai["partial"].unique().tolist() == ["310112;310117;310120"]
    assert not shanghai["treatment_on"].any()


@pytest.mark.parametrize(("first_year", "year"), [("announcement", 2021), ("parks", 2023), (2020, 2020), (None, 2022)])
def test_the_first_year_can_be_named_or_given(panel, registry, first_year, year):
    twinned = yd.assign_cohort(panel, registry, policy="twinning-2021", first_year=first_year)
    assert twinned.frame["cohort"].min() == year


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"policy": "twining"}, "no policy 'twining'"),
        ({"policy": "twinning-2021", "first_year": "launch"}, "['announcement', 'parks']"),
        ({"policy": "twinning-2021", "role": "friend"}, "role is one of"),
        ({"policy": "twinning-2021", "first_year": 2035}, "outside the panel, which covers 2010-2023"),
        ({"policy": "shanghai-lockdown-2022", "role": "member"}, "ends within the panel"),
        ({"policy": "huaihe-belt", "role": "donor"}, "no unit of the panel is a donor"),
    ],
)
def test_what_cannot_be_assigned_is_refused_in_words(panel, registry, options, words):
    with pytest.raises(yd.RegistryError) as error:
        yd.assign_cohort(panel, registry, **options)
    assert words in str(error.value)


def test_a_policy_that_ends_is_on_only_while_it_lasts(panel, registry):
    options = {"policy": "shanghai-lockdown-2022", "role": "member", "repeat": "all"}
    locked = yd.assign_cohort(panel, registry, **options)
    on = locked.frame[locked.frame["treatment_on"]]
    assert on[["city_code", "year"]].values.tolist() == [["310000", 2022]]


def test_many_to_many_and_repeated_recipients_are_legitimate(panel):
    table = pairs(
        donor=["320100", "320200", "320100"],
        recipient=["320800", "320800", "320900"],
        date=["2019", "2021-09-01", "2020"],
    )
    assigned = yd.assign_cohort(panel, yd.registry_from_pairs(table), policy="my-pairs")
    cohort = assigned.frame.groupby("city_code")["cohort"].first()
    assert (cohort["320800"], cohort["320900"]) == (2019, 2020)
    assert assigned.frame.set_index("city_code").loc["320800", "partner"].iloc[0] == "320100;320200"
    with pytest.raises(yd.RegistryError, match="more than once"):
        yd.assign_cohort(panel, yd.registry_from_pairs(table), policy="my-pairs", repeat="error")


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (pairs(donor=["320800"]), "are their own donors"),
        (pd.concat([pairs(), pairs()]), "occur more than once"),
        (pairs(date=["soon"]), "'soon' in row 1 cannot be read"),
        (pairs(date=["01/09/2021"]), "'01/09/2021' in row 1 cannot be read"),
        (pairs(date=["2.0200"]), "cannot be read"),
        (pairs(date=["2021-13-01"]), "cannot be read"),
        (pairs(donor=["Suzhou"]), "320500 苏州市 (Jiangsu); 341300 宿州市 (Anhui)"),
        (pairs(donor=["Taizhou"]), "331000 台州市"),
        (pairs(donor=[""]), "empty in rows [1]"),
        (pairs().drop(columns="date"), "lack the columns ['date']"),
        (pairs().iloc[:0], "empty"),
    ],
)
def test_each_bad_pair_has_its_own_error(table, words):
    with pytest.raises(yd.RegistryError) as error:
        yd.registry_from_pairs(table)
    assert words in str(error.value)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (pairs(recipient=["999999"]), "neither in the panel nor known places: '999999'"),
        (pairs(recipient=["Huaian"]), "320800 淮安市"),
        (pairs(date=["2035"]), "outside the panel"),
        (pairs(recipient=["320899"]), "neither in the panel nor known places: '320899'"),
        (pairs(recipient=["310112"]), "as a whole, only 310000 through 310112"),
        (pd.concat([pairs(date=["2020"]), pairs(recipient=["320900"], date=["2035"])]), "2010-2023: 320900 2035"),
    ],
)
def test_pairs_that_do_not_fit_the_panel_are_refused(panel, table, words):
    with pytest.raises(yd.RegistryError) as error:
        yd.assign_cohort(panel, yd.registry_from_pairs(table), policy="my-pairs")
    assert words in str(error.value)


def test_chinese_names_and_a_csv_file_are_enough(tmp_path, panel):
    path = tmp_path / "pairs.csv"
    path.write_text("donor,recipient,date\n南京,淮安市,2022-03-01\n", encoding="utf-8-sig")
    assigned = yd.assign_cohort(panel, yd.registry_from_pairs(path), policy="my-pairs")
    assert treated(assigned) == ["320800"]
    with pytest.raises(yd.RegistryError, match="there is no file"):
        yd.registry_from_pairs(tmp_path / "gone.csv")


def test_a_panel_without_chinese_codes_works(toy):
    table = pairs(donor=["u05"], recipient=["u09"], date=["4"]).assign(date=2004)
    panel = yd.Panel.from_frame(toy.frame.assign(time=toy.frame["time"] + 2000), unit="unit", time="time")
    assigned = yd.assign_cohort(panel, yd.registry_from_pairs(table), policy="my-pairs")
    assert assigned.frame.groupby("unit")["cohort"].first()["u09"] == 2004
    with pytest.raises(yd.RegistryError, match="six-digit"):
        yd.assign_pools(assigned, yd.load_registry())


def test_pools_have_the_cities_they_must_have(registry):
    yrd = yd.assign_pools(yd.load_panel("yrd"), registry)
    national = yd.assign_pools(yd.load_panel("national"), registry)
    sizes = {
        c: int(national.frame.groupby("city_code")[c].first().sum()) for c in national.frame if c.startswith("in_")
    }
    assert sizes == {"in_yrd": 41, "in_yrd_clean": 30, "in_anhui": 16, "in_huaihe": 19, "in_national": 239}
    clean = yrdset(yrd, "in_yrd_clean")
    assert set(RECIPIENTS) <= clean
    dropped = yrdset(yrd, "in_yrd") - clean
    assert dropped == {
        "310000", "320100", "320300", "320500", "330100", "330200",
        "320700", "320800", "320900", "321300", "331100",
    }  # fmt: skip
    assert "in_huaihe" not in yrd.frame
    huaihe = yrdset(national, "in_huaihe")
    assert set(RECIPIENTS) <= huaihe
    assert not huaihe & {"320300", "411500", "320800"}
    assert "540600" not in yrdset(national, "in_national")
    assert not {c for c in yrdset(national, "in_national") if c[:2] in ("21", "22", "23")}


def yrdset(panel, column):
    return set(panel.frame.loc[panel.frame[column], "city_code"])


def test_policies_that_cannot_be_separated_are_named(panel, registry):
    overlap = yd.policy_overlap(panel, registry).set_index("policy")
    assert overlap.loc["north-anhui-cluster", "correlation"] == pytest.approx(1)
    assert "cannot be separated" in overlap.loc["north-anhui-cluster", "verdict"]
    assert overlap.loc["huaihe-belt", "n_shared"] == 8
    assert "holds every treated unit" in overlap.loc["huaihe-belt", "verdict"]
    assert overlap.loc["jiangsu-north-south-2022", "verdict"] == "touches comparison units only"


def test_other_policies_become_columns(panel, registry):
    columns = yd.assign_policies(panel, registry).frame
    assert "policy_twinning_2021" not in columns
    hefei = columns[columns["city_code"] == "340100"].set_index("year")
    assert hefei["policy_yrd_coordination_committee"].all()
    assert hefei["policy_wanjiang_belt"].all()
    bengbu = columns[columns["city_code"] == "340300"].set_index("year")["policy_north_anhui_cluster"]
    assert bengbu.idxmax() == 2021


def test_unverified_rows_are_kept_apart(registry):
    folder_rows = pd.read_csv(yd.core.resources.data_path("raw/registry/unverified.csv"))
    assert len(folder_rows) > 0
    assert not set(folder_rows["policy"]) & set(registry.policies["policy"])


def test_a_broken_registry_folder_is_refused(tmp_path):
    with pytest.raises(yd.RegistryError, match=r"policies\.csv is missing"):
        yd.load_registry(tmp_path)


def test_the_design_audit_tells_of_every_unit(twinned):
    table = yd.design_audit(twinned, yd.twinning_design()).set_index("unit")
    assert len(table) == 41
    assert table["status"].value_counts().to_dict() == {"comparison": 22, "out": 11, "treated": 8}
    assert "donor through its districts" in table.loc["310000", "reason"]
    assert "jiangsu-north-south-2022" in table.loc["320800", "reason"]
    assert table.loc["340300", "first_treated"] == 2022


def test_the_registry_prints_its_size(registry):
    assert isinstance(registry, Registry)
    assert repr(registry).startswith("Registry(18 policies, 17 pairs")


@pytest.mark.parametrize(
    ("date", "year"), [("2022", 2022), (2022, 2022), (2022.0, 2022), ("2021-09-01", 2022), ("2021/6/30", 2021)]
)
def test_dates_are_years_from_their_first_half_on(date, year):
    assert yd.registry_from_pairs(pairs(date=[date])).pairs["first_year"].tolist() == [year]


def test_the_overlap_tells_waves_and_timing_apart(panel, registry):
    overlap = yd.policy_overlap(panel, registry).set_index("policy")
    wave = overlap.loc["yrd-coordination-committee:2019"]
    assert (wave["n_units"], wave["n_shared"]) == (7, 6)
    assert wave["correlation"] == pytest.approx(0.76, abs=0.01)
    assert "every unit" in overlap.loc["yrd-coordination-committee", "verdict"]
    assert overlap.loc["north-anhui-cluster", "correlation_rows"] < 1
    assert overlap.loc["jiangsu-north-south-2022", "n_units"] == 4
    with pytest.raises(yd.RegistryError, match="no policy 'nope'"):
        yd.policy_overlap(panel, registry, policy="nope")
    members = yd.policy_overlap(panel, registry, policy="huaihe-belt").set_index("policy")
    assert members.loc["twinning-2021", "n_shared"] == 8


def test_a_policy_known_for_some_provinces_is_left_out_beyond_them(panel, registry):
    assert "policy_central_plains_zone" in yd.assign_policies(panel, registry).frame
    national = yd.load_panel("national").between(2010, 2023)
    assert "policy_central_plains_zone" not in yd.assign_policies(national, registry).frame


def test_a_registry_that_was_changed_does_not_change_the_next_one():
    first = yd.load_registry()
    first.pairs.loc[0, "donor_code"] = "x"
    assert yd.load_registry().pairs.loc[0, "donor_code"] != "x"
