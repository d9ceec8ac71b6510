import re
from types import MappingProxyType

import numpy as np
import pandas as pd
import pytest
from conftest import make_toy

import yrdecon as yd
from yrdecon.present.sentences import in_words

DESIGN = yd.Design(outcome="y", base_periods=(5,), exclude_periods=(4,))


def row(table, label):
    return table.body.loc[label].tolist()


def synthetic_estimate(coef, error, cells=None, n_treated=8):
    """Synthetic numbers, to show how a table prints them."""
    units = [f"u{i}" for i in range(20)]
    rows = pd.DataFrame({"unit": units, "time": 1, "cohort": [1.0] * n_treated + [np.inf] * (20 - n_treated)})
    cells = pd.DataFrame({"term": ["treated"]}) if cells is None else cells
    vcov = np.diag(np.atleast_1d(error) ** 2)
    return yd.Estimate(np.atleast_1d(coef), vcov, cells, rows, "twfe", "y", 20, cluster="unit", dof=19.0)


def synthetic_test(n, disjoint=None):
    draws = np.linspace(1, 0.1, n)
    frame = pd.DataFrame({"actual": np.arange(n) == 0, "estimate": draws, "statistic": draws})
    return yd.HypothesisTest(
        "synthetic", 1.0, 1 / n, "nothing", draws, 1.0, -0.5, 0.5, n, disjoint, MappingProxyType({"placebos": frame})
    )


def test_the_window_and_the_base_periods_are_rows():
    toy = make_toy()
    models = {
        "DiD": yd.twfe(toy, DESIGN),
        "SDID": yd.synthetic_did(toy, DESIGN),
        "average": yd.average(yd.event_study(toy, DESIGN), 0, 1),
    }
    table = yd.regression_table(models)
    assert row(table, "Base periods") == ["5", "5", "—"]
    assert row(table, "Periods")[:2] == ["5–8", "7 of 1–8"]


def test_base_and_excluded_event_times_are_told_apart():
    table = yd.regression_table({"event study": yd.event_study(make_toy(), DESIGN)})
    labels = table.body.index.tolist()
    assert labels[labels.index("Event time -2 (excluded)") + 2] == "Event time -1"
    assert row(table, "Event time -1") == ["0"]
    assert table.body.iloc[labels.index("Event time -1") + 1].tolist() == ["(base)"]


def test_decimals_grow_where_the_error_would_not_be_seen():
    table = yd.regression_table({"fine": synthetic_estimate(0.00213, 0.00041), "coarse": synthetic_estimate(0.2, 0.1)})
    assert row(table, "Effect on the treated") == ["0.00213", "0.20000"]
    assert "0.200" in yd.regression_table({"coarse": synthetic_estimate(0.2, 0.1)}).body.to_numpy()


@pytest.mark.parametrize(
    ("cells", "label"),
    [
        ({"cohort": [2020]}, "Treated from 2020"),
        ({"time": [2021]}, "Effect in 2021"),
        ({"cohort": [2020], "time": [2021], "event_time": [1]}, "Treated from, effect in: 2020, 2021"),
        ({"term": ["average 0..1"]}, "Average effect, event times 0..1"),
        ({"term": ["ln_real_gdp"]}, "Log real GDP"),
    ],
)
def test_every_kind_of_cell_has_a_label(cells, label):
    table = yd.regression_table({"x": synthetic_estimate(1.0, 0.5, pd.DataFrame(cells))})
    assert table.body.index[0] == label


def test_rows_of_tests_stay_together_when_only_the_second_column_has_one():
    models = {"a": synthetic_estimate(1.0, 0.5), "b": synthetic_estimate(1.0, 0.5)}
    labels = yd.regression_table(models, tests={"b": synthetic_test(40)}).body.index.tolist()
    assert labels.index("Placebo rank") == 2
    assert labels.index("Estimator") > labels.index("Smallest attainable p")


def test_no_p_value_of_a_test_that_earns_a_rank_alone():
    models = {"few": synthetic_estimate(1.0, 0.5), "tied": synthetic_estimate(1.0, 0.5)}
    table = yd.regression_table(models, tests={"few": synthetic_test(12), "tied": synthetic_test(40, disjoint=3)})
    assert "Permutation p-value" not in table.body.index
    assert row(table, "Placebo rank") == ["1 of 12", "1 of 40"]
    assert row(table, "Admissible assignments") == ["12", "40"]
    assert "Only a rank is given" in table.note


def test_small_attainable_p_values_are_not_rounded_away():
    table = yd.regression_table({"x": synthetic_estimate(1.0, 0.5)}, tests={"x": synthetic_test(12_870)})
    assert row(table, "Smallest attainable p") == ["0.0001"]


def test_nine_treated_clusters_get_no_star_and_ten_do():
    models = {str(n): synthetic_estimate(1.0, 0.01, n_treated=n) for n in (9, 10)}
    table = yd.regression_table(models, journal="管理世界")
    assert ["*" in cell for cell in row(table, "Effect on the treated")] == [False, True]


def test_an_estimator_that_is_not_on_file_is_printed_by_its_name():
    from dataclasses import replace

    table = yd.regression_table({"x": replace(synthetic_estimate(1.0, 0.5), method="my_estimator")}, lang="zh")
    assert row(table, "估计方法") == ["my_estimator"]


def test_a_sentence_that_holds_for_some_columns_names_them():
    toy = make_toy()
    models = {"DiD": yd.twfe(toy, DESIGN), "SDID": yd.synthetic_did(toy, DESIGN)}
    assert "(2): Weights by the reference solver." in yd.regression_table(models).note
    assert "第(2)列：权重由参考算法求得。" in yd.regression_table(models, lang="zh").note


@pytest.mark.parametrize(
    "assignment",
    [
        yd.Assignment("free"),
        yd.Assignment("free", within="group"),
        yd.Assignment("free", stratify="w"),
        yd.Assignment("contiguous"),
        yd.Assignment("cohorts"),
        yd.Assignment("pairs", within="pair"),
        yd.Assignment("auto"),
    ],
)
@pytest.mark.parametrize("later", [(), ("u00", "u01")])
def test_every_note_of_a_permutation_test_is_said_in_chinese(assignment, later):
    toy = make_toy(n_treated=4)
    unit = toy.frame["unit"]
    toy = toy.assign(pair=unit.str[1:].astype(int) // 2, cohort=toy.frame["cohort"] + unit.isin(later))
    tests = [
        yd.permutation_test(yd.twfe, toy, yd.Design(outcome="y"), assignment, seed=0, studentize=kind, draws=99)
        for kind in ("none", "half", "full")
    ]
    for note in [n for test in tests for n in test.notes if not re.match(r"[\d,]+ assig|fewer|at most", n)]:
        assert not re.findall(r"[A-Za-z]{3,}", re.sub("group|pair", "", in_words(note, "zh"))), note


def test_every_note_of_a_placebo_or_pre_trend_is_said_in_chinese():
    toy = make_toy(n_periods=12, first=11)
    blocks = yd.Assignment("contiguous")
    tests = [yd.pretrend(toy, DESIGN, blocks, seed=0, statistic=s) for s in ("slope", "joint")]
    tests.append(yd.placebo_mixed(yd.twfe, toy, DESIGN, blocks, seed=0))
    for note in [n for test in tests for n in test.notes]:
        assert not re.findall(r"[A-Za-z]{3,}", in_words(note, "zh")), note


def test_summary_by_group_repeats_the_columns_for_each_level():
    toy = make_toy()
    table = yd.summary_table(toy, ["y", "x"], by="group", labels={"group": "Group", "y": "Output", "x": "Input"})
    assert table.body.index.tolist() == ["Group: even", "Output", "Input", "Group: odd", "Output", "Input"]
    assert table.body.iloc[1, 0] == str((toy.frame["group"] == "even").sum())
    with pytest.raises(yd.DesignError, match="'nowhere'"):
        yd.summary_table(toy, ["y"], by="nowhere")


def test_a_panel_of_ones_own_brings_its_labels_and_units():
    own = pd.DataFrame(
        [["yuan", "", "", "Wage", "工资"]],
        columns=["unit_of_measure", "source", "vintage", "label_en", "label_zh"],
        index=["y"],
    )
    toy = make_toy().describe(own)
    assert yd.summary_table(toy, ["y"]).body.index.tolist() == ["Wage (yuan)"]
    assert yd.summary_table(toy, ["y"], lang="zh").body.index.tolist() == ["工资（元）"]


def test_filled_cells_are_counted_under_the_summary(twinned):
    note = yd.summary_table(twinned, ["population_resident_10k"]).note
    assert f"{int(twinned.frame['filled'].sum())} of {len(twinned.frame)} rows" in note


def test_estimates_whose_rows_are_units_print_all_their_periods(twinned):
    effect = yd.aggregate(yd.callaway_santanna(twinned, yd.twinning_design()), None)
    rows = yd.regression_table({"CS": effect}).to_markdown().splitlines()
    assert "| Periods | 2010–2023 |" in rows
