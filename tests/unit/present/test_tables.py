import io
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from conftest import make_toy

import yrdecon as yd

DESIGN = yd.Design(outcome="y")


@pytest.fixture(scope="module")
def few():
    toy = make_toy()
    models = {"DiD": yd.twfe(toy, DESIGN), "SDID": yd.synthetic_did(toy, DESIGN)}
    tests = {
        "DiD": yd.permutation_test(yd.twfe, toy, DESIGN, yd.Assignment("free"), seed=0),
        "SDID": yd.permutation_test(yd.synthetic_did, toy, DESIGN, seed=0),
    }
    return models, tests


def cells(table, label):
    return table.body.loc[label].tolist()


def test_three_treated_units_get_no_star_whatever_the_journal():
    strong = make_toy(effect=50.0)
    for journal in ("管理世界", "经济研究", "中国工业经济", "plain", "AER"):
        table = yd.regression_table({"DiD": yd.twfe(strong, DESIGN)}, journal=journal)
        assert "*" not in "".join(table.body.to_numpy().ravel())
        assert "3 treated clusters" in table.note


def test_fifteen_treated_units_get_stars_where_the_journal_prints_them():
    strong = make_toy(n_units=40, n_treated=15, effect=50.0)
    models = {"DiD": yd.twfe(strong, DESIGN)}
    assert cells(yd.regression_table(models, journal="管理世界"), "Effect on the treated")[0].endswith("***")
    assert "*" not in cells(yd.regression_table(models, journal="AER"), "Effect on the treated")[0]


def test_numbers_are_those_of_the_results(few):
    models, tests = few
    table = yd.regression_table(models, tests=tests)
    assert cells(table, "Effect on the treated") == [f"{m.coef[0]:.3f}" for m in models.values()]
    assert cells(table, "")[0] == f"({models['DiD'].std_error[0]:.3f})"
    assert cells(table, "")[1] == "—"
    assert cells(table, "Placebo rank") == [f"{t.rank} of {len(t.draws)}" for t in tests.values()]
    assert cells(table, "Units") == ["12", "12"]
    assert cells(table, "Treated units") == ["3", "3"]


def test_a_p_value_is_printed_only_where_more_than_a_rank_is_earned(few):
    models, tests = few
    row = cells(yd.regression_table(models, tests=tests), "Permutation p-value")
    assert row == [f"{tests['DiD'].p_value:.3f}", ""]


def test_t_statistics_replace_errors_in_journals_that_want_them(few):
    models, _ = few
    t = models["DiD"].coef[0] / models["DiD"].std_error[0]
    assert cells(yd.regression_table(models, journal="经济研究"), "")[0] == f"({t:.3f})"


def test_a_missing_label_is_listed_and_not_guessed(few):
    models, _ = few
    assert "No label is on file for: y." in yd.regression_table(models).note
    labelled = yd.regression_table(models, labels={"y": "Output"})
    assert labelled.body.columns[0][0] == "Output"
    assert "No label" not in labelled.note


def test_chinese_tables_hold_no_english_words(few):
    models, tests = few
    table = yd.regression_table(models, tests=tests, lang="zh", labels={"y": "产出"})
    text = "".join(table.body.index) + table.note
    assert not set("abdefghijklmnoqruvwyz") & set(text.replace("fixest", "").replace("p", "").replace("t", ""))


@pytest.mark.parametrize(
    ("models", "options", "words"),
    [
        ({}, {}, "at least one estimate"),
        ({"x": 3}, {}, "x: int"),
        ("few", {"journal": "Nature"}, "no preset 'Nature'"),
        ("few", {"lang": "de"}, "lang='de'"),
        ("few", {"tests": {"other": None}}, "['other'] have no column"),
    ],
)
def test_a_wrong_request_is_refused_in_words(few, models, options, words):
    with pytest.raises(yd.DesignError) as error:
        yd.regression_table(few[0] if models == "few" else models, **options)
    assert words in str(error.value)


@pytest.fixture
def table(few):
    models, tests = few
    return replace(yd.regression_table(models, tests=tests, lang="zh", labels={"y": "产出_%"}), caption="表1　测试")


def document(path):
    with zipfile.ZipFile(path) as archive:
        return archive.read("word/document.xml").decode("utf-8")


def test_the_word_table_has_three_rules_east_asian_fonts_and_the_same_bytes_twice(table, tmp_path):
    one, two = table.to_word(tmp_path / "a.docx"), table.to_word(tmp_path / "b.docx")
    assert one.read_bytes() == two.read_bytes()
    xml = document(one)
    assert "表1　测试" in xml
    assert 'w:eastAsia="宋体"' in xml
    assert xml.count('w:val="single" w:sz="12"') >= 2 * 3 - 2
    assert '<w:left w:val="single"' not in xml
    import docx

    rows = docx.Document(io.BytesIO(one.read_bytes())).tables[0].rows
    assert [c.text for c in rows[2].cells][1] == table.body.iloc[0, 0]


def test_latex_escapes_what_it_must_and_has_three_rules(table):
    text = table.to_latex()
    assert r"产出\_\%" in text
    assert (text.count(r"\toprule"), text.count(r"\midrule"), text.count(r"\bottomrule")) == (1, 1, 1)


def test_html_needs_nothing_else(table):
    text = table.to_html()
    assert "http" not in text
    assert "<script" not in text
    assert "colspan" in text


def test_markdown_and_files_hold_the_same_text(table, tmp_path):
    text = table.to_markdown(tmp_path / "t.md")
    assert (tmp_path / "t.md").read_text(encoding="utf-8") == text
    assert "| 安慰剂排名 |" in text


def test_summary_statistics_are_those_of_the_panel(twinned):
    row = yd.summary_table(twinned, ["real_growth_pct"]).body.iloc[0].tolist()
    x = twinned.frame["real_growth_pct"]
    assert row[:3] == ["574", f"{x.mean():.3f}", f"{x.std():.3f}"]
    with pytest.raises(yd.DesignError, match="city_zh"):
        yd.summary_table(twinned, ["city_zh"])


def test_pairs_are_listed_in_both_languages(registry):
    assert yd.pairs_table(registry, lang="zh").body.iloc[0].tolist() == ["上海市闵行区", "淮南市", "2022"]
    assert yd.pairs_table(registry).body.iloc[0].tolist() == ["Minhang, Shanghai", "Huainan", "2022"]
    assert "Suzhou (Anhui)" in yd.pairs_table(registry).body.to_numpy()


def test_an_unbounded_interval_is_shown_as_such():
    toy = make_toy(n_units=6, n_treated=1)
    test = yd.permutation_test(yd.twfe, toy, DESIGN, yd.Assignment("free"), seed=0)
    table = yd.regression_table({"DiD": yd.twfe(toy, DESIGN)}, tests={"DiD": test})
    assert cells(table, "95% interval by inversion") == ["[−∞, +∞]"]
    assert np.isinf(test.conf_low)
