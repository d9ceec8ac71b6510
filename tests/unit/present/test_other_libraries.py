import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import make_toy

import yrdecon as yd

DESIGN = yd.Design(outcome="y")
ROOT = Path(__file__).resolve().parents[3]
FIVE_MODELS = """
import hashlib, tempfile
from pathlib import Path
from conftest import make_toy
import yrdecon as yd
from unit.present.test_other_libraries import five_models, texts, written
models = five_models(make_toy(n_units=30, n_treated=15, effect=5.0))
table = yd.regression_table(models, lang="both", journal="管理世界")
folder = Path(tempfile.mkdtemp())
files = [written(table, folder / f"t.{suffix}").read_bytes() for suffix in ("docx", "xlsx", "pdf")]
for content in [*files, *(text.encode() for text in texts(table))]:
    print(hashlib.sha256(content).hexdigest())
"""


@pytest.fixture(scope="module")
def toy():
    return make_toy(n_units=30, n_treated=15, effect=5.0)


@pytest.fixture(scope="module")
def mixed(toy):
    return five_models(toy)


def five_models(toy):
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


def texts(table):
    return table.to_latex(), table.to_typst(), table.to_html(), table.to_markdown()


def written(table, path):
    return {".docx": table.to_word, ".xlsx": table.to_excel, ".pdf": table.to_pdf}[path.suffix](path)


def row(table, label):
    return table.body.loc[label].tolist()


def test_one_effect_of_four_libraries_stands_in_one_row(mixed):
    table = yd.regression_table(mixed, labels={"y": "Output"})
    effects = {cell.rstrip("*") for cell in row(table, "Effect on the treated")}
    assert effects == {f"{mixed['ours'].coef[0]:.3f}"}
    assert len(table.body.columns.get_level_values(0).unique()) == 1


def test_r2_means_the_same_in_every_library(mixed):
    table = yd.regression_table(mixed)
    assert len(set(row(table, "R²")) - {"—"}) == 1
    assert len(set(row(table, "Within R²")) - {"—"}) == 1
    assert row(table, "Within R²").count("—") == 1


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


@pytest.mark.parametrize("lang", ["en", "zh", "both"])
def test_five_models_of_four_libraries_render_in_every_format_alike_each_time(mixed, lang, tmp_path):
    first, again = (yd.regression_table(mixed, lang=lang, journal="管理世界") for _ in range(2))
    for text, same in zip(texts(first), texts(again), strict=True):
        assert "linearmodels" in text
        assert text == same
    for suffix in ("docx", "xlsx", "pdf"):
        paths = [written(table, tmp_path / f"{number}.{suffix}") for number, table in enumerate((first, again))]
        assert paths[0].read_bytes() == paths[1].read_bytes()
        assert paths[0].stat().st_size > 4_000


def test_five_models_of_four_libraries_give_the_same_bytes_on_another_hash_seed():
    digests = set()
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}"}
        run = subprocess.run(
            [sys.executable, "-c", FIVE_MODELS], env=environment, capture_output=True, check=True, encoding="utf-8"
        )
        assert run.stdout.count("\n") == 7
        digests.add(run.stdout)
    assert len(digests) == 1


def test_other_models_report_what_is_known_and_dash_what_is_not(mixed):
    table = yd.regression_table(mixed)
    assert row(table, "Observations") == ["240"] * 5
    assert row(table, "Treated units") == ["15", *["—"] * 4]
    assert np.isfinite(float(row(table, "Units")[0]))
