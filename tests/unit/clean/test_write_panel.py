"""Panels written for Stata and Excel, and what Stata files bring along."""

import pandas as pd
import pytest

import yrdecon as yd


def values(panel, name="gdp"):
    return panel.frame.set_index([panel.unit, panel.time])[name].to_dict()


def test_a_written_panel_reads_back_the_same_with_its_labels(tmp_path, toy):
    panel = yd.load_panel("yrd").between(2018, 2023)
    panel = panel.assign(treated=panel.frame["year"] > 2021)
    long_name = "population_resident_published_10k"
    book = yd.read_panel(yd.write_excel(panel, tmp_path / "a.xlsx"), unit="city_code", time="year", sheet="panel")
    stata = yd.read_panel(yd.write_dta(panel, tmp_path / "a.dta"), unit="city_code", time="year")
    numeric = panel.frame.select_dtypes(["number", "bool"]).columns
    short = {long_name: "populatio_resident_published_10k"}
    for back, names, tolerance in ((book, {}, 1e-15), (stata, short, 0.0)):  # a workbook keeps 16 digits
        kept = [names.get(name, name) for name in numeric]
        expected = panel.frame[numeric].set_axis(kept, axis=1)
        pd.testing.assert_frame_equal(back.frame[kept], expected, check_dtype=False, rtol=tolerance, atol=0)
        assert back.units.tolist() == panel.units.tolist()
    assert stata.variables.loc["gdp_100m_yuan", "label_zh"].startswith(panel.variables.loc["gdp_100m_yuan", "label_zh"])


def test_files_are_the_same_bytes_twice_and_an_infinite_cohort_is_missing_in_them(tmp_path, toy):
    assert (toy.frame["cohort"] == float("inf")).any()
    for write, name in ((yd.write_dta, "a.dta"), (yd.write_excel, "a.xlsx")):
        once = write(toy, tmp_path / name).read_bytes()
        assert once == write(toy, tmp_path / name).read_bytes()
        cohort = yd.read_panel(tmp_path / name, unit="unit", time="time").frame["cohort"]
        assert cohort.fillna(float("inf")).tolist() == toy.frame["cohort"].tolist()


def test_a_name_that_stata_does_not_allow_is_refused(tmp_path, toy):
    with pytest.raises(yd.DataError, match=r"Stata allows no columns named \['GDP\(亿元\)'\]"):
        yd.write_dta(toy.assign(**{"GDP(亿元)": 1.0}), tmp_path / "a.dta")


def test_old_stata_files_with_chinese_text_in_gbk_are_read(tmp_path):
    table = pd.DataFrame({"city": ["aaaaaa", "bbbbbb"], "year": [2010, 2010], "gdp": [1.0, 2.0]})
    table.astype({"city": object}).to_stata(tmp_path / "a.dta", write_index=False, version=117)
    data = (tmp_path / "a.dta").read_bytes()
    (tmp_path / "a.dta").write_bytes(
        data.replace(b"aaaaaa", "合肥市".encode("gbk")).replace(b"bbbbbb", "芜湖市".encode("gbk"))
    )
    assert values(yd.read_panel(tmp_path / "a.dta")) == {("合肥市", 2010): 1.0, ("芜湖市", 2010): 2.0}


def test_labels_of_codes_name_the_units_of_a_stata_file_and_leave_other_codes_alone(tmp_path):
    table = pd.DataFrame({"city": [1, 2], "year": [2010, 2010], "treated": [0, 1]})
    labels = {"city": {1: "合肥市", 2: "芜湖市"}, "treated": {0: "no", 1: "yes"}}
    table.to_stata(tmp_path / "a.dta", write_index=False, version=118, value_labels=labels)
    assert values(yd.read_panel(tmp_path / "a.dta"), "treated") == {("合肥市", 2010): 0, ("芜湖市", 2010): 1}
