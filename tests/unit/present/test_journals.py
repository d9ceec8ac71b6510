import re

import pytest
from conftest import make_toy

import yrdecon as yd
from yrdecon.present.journals import JOURNALS

DESIGN = yd.Design(outcome="y")
LANGUAGES = ("en", "zh", "both")
SAID = {
    "se": {"en": "Standard errors in parentheses", "zh": "括号内为按城市聚类的标准误"},
    "t": {"en": "t-statistics in parentheses", "zh": "括号内为t值"},
}


@pytest.fixture(scope="module")
def estimate():
    return yd.twfe(make_toy(n_units=40, n_treated=15, effect=50.0), DESIGN)


@pytest.mark.parametrize("journal", JOURNALS)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_preset_prints_its_decimals_errors_stars_and_note_in_every_language(estimate, journal, lang):
    rules = JOURNALS[journal]
    table = yd.regression_table({"DiD": estimate}, lang=lang, journal=journal, labels={"y": "Y"})
    tidy = estimate.tidy().iloc[0]
    assert table.body.iloc[0, 0] == f"{tidy['estimate']:.{rules.decimals}f}" + "***" * rules.stars
    (below,) = rules.below
    shown = tidy["std_error"] if below == "se" else tidy["statistic"]
    assert table.body.iloc[1, 0] == f"({shown:.{rules.decimals}f})"
    languages = ("zh", "en") if lang == "both" else (lang,)
    for one in languages:
        assert SAID[below][one] in table.note
    assert ("p < .10" in table.note or "显著" in table.note) == rules.stars
    assert len(table.paragraphs) == len(languages)


def test_presets_are_those_that_the_handbook_names():
    assert set(JOURNALS) == {"plain", "AER", "JDE", "管理世界", "经济研究", "中国工业经济"}
    assert not JOURNALS["AER"].stars


def test_both_languages_stand_side_by_side_and_equal_words_once(estimate):
    table = yd.regression_table({"DiD": estimate}, lang="both", labels={"y": "Y"})
    assert {"观测值 Observations", "处理组城市数\nTreated units"} <= set(table.body.index)
    assert table.body.loc["个体固定效应\nUnit effects"].tolist() == ["是 Yes"]
    assert table.body.columns[0] == ("Y", "(1) DiD")
    chinese, english = table.paragraphs
    assert chinese.startswith("注：")
    assert english.startswith("Notes: ")
    assert not re.search("[一-鿿]", english)


def test_a_missing_label_is_listed_in_both_languages(estimate):
    note = yd.regression_table({"DiD": estimate}, lang="both").note
    assert "以下变量缺少标签：y。" in note
    assert "No label is on file for: y." in note
