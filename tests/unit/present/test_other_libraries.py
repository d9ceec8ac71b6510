import numpy as np
import pytest
from conftest import make_toy

import yrdecon as yd

DESIGN = yd.Design(outcome="y")


@pytest.fixture(scope="module")
def toy():
    return make_toy(n_units=30, n_treated=15, effect=5.0)


@pytest.fixture(scope="module")
def mixed(toy):
    import pyfixest
    import statsmodels.formula.api as smf
    from linearmodels import PanelOLS

    frame = toy.frame.assign(treated=(toy.frame["time"] >= toy.frame["cohort"]).astype(float))
    indexed = frame.set_index(["unit", "time"])
    dummies = smf.ols("y ~ treated + C(unit) + C(time)", frame)
    return {
        "ours": yd.twfe(toy, DESIGN),
        "statsmodels": dummies.fit(cov_type="cluster", cov_kwds={"groups": frame["unit"].factorize()[0]}),
        "linearmodels": PanelOLS.from_formula("y ~ treated + EntityEffects + TimeEffects", indexed).fit(
            cov_type="clustered", cluster_entity=True
        ),
        "robust": pyfixest.feols("y ~ treated | unit + time", frame, vcov="hetero"),
        "clustered": pyfixest.feols("y ~ treated | unit + time", frame, vcov={"CRV1": "unit"}),
    }


def row(table, label):
    return table.body.loc[label].tolist()


def test_one_effect_of_four_libraries_stands_in_one_row(mixed):
    table = yd.regression_table(mixed, labels={"y": "Output"})
    effects = {cell.rstrip("*") for cell in row(table, "Effect on the treated")}
    assert effects == {f"{mixed['ours'].coef[0]:.3f}"}
    assert len(table.body.columns.get_level_values(0).unique()) == 1


def test_dummies_and_absorbed_effects_are_the_same_fixed_effects(mixed):
    table = yd.regression_table(mixed)
    assert row(table, "Unit effects") == ["Yes"] * 5
    assert row(table, "Period effects") == ["Yes"] * 5
    assert not [label for label in table.body.index if "C(" in label]


def test_a_column_without_a_fixed_effect_says_no(toy):
    import statsmodels.formula.api as smf

    table = yd.regression_table({"ours": yd.twfe(toy, DESIGN), "pooled": smf.ols("y ~ x", toy.frame).fit()})
    assert row(table, "Unit effects") == ["Yes", "No"]
    assert table.body.index.tolist().index("Constant") > table.body.index.tolist().index("x")


def test_stars_need_a_known_number_of_treated_clusters(mixed):
    table = yd.regression_table(mixed, journal="管理世界")
    starred = ["*" in cell for cell in row(table, "Effect on the treated")]
    assert starred == [True, False, False, False, False]
    assert "number of treated clusters is not known" in table.note


def test_errors_of_pyfixest_that_differ_between_runs_are_withheld(mixed):
    table = yd.regression_table(mixed)
    below = table.body.iloc[1].tolist()
    assert below[4] == "—"
    assert below[3] == f"({mixed['robust'].se().iloc[0]:.3f})"
    assert "(5): Errors clustered by one of several absorbed effects" in table.note


def test_five_models_of_four_libraries_render_in_every_format(mixed, tmp_path):
    table = yd.regression_table(mixed, lang="zh")
    assert table.to_word(tmp_path / "t.docx").stat().st_size > 10_000
    for text in (table.to_latex(), table.to_html(), table.to_markdown()):
        assert "linearmodels" in text


def test_other_models_report_what_is_known_and_dash_what_is_not(mixed):
    table = yd.regression_table(mixed)
    assert row(table, "Observations") == ["240"] * 5
    assert row(table, "Treated units") == ["15", *["—"] * 4]
    assert np.isfinite(float(row(table, "Units")[0]))
