import json

import numpy as np
import pandas as pd
import pytest
from conftest import make_toy
from typer.testing import CliRunner

import yrdecon as yd
from yrdecon.cli import app

DESIGN = yd.Design(outcome="y")


def write_results(folder, effect=1.0):
    panel = make_toy(effect=effect)
    yd.save_estimate(yd.twfe(panel, DESIGN), folder / "steps" / "did.estimate.zip")
    yd.save_test(yd.permutation_test(yd.twfe, panel, DESIGN, seed=1), folder / "steps" / "did.test.zip")
    pd.DataFrame({"pool": ["all", "near"], "estimate": [effect, 2.0]}).to_csv(folder / "pools.csv", index=False)
    (folder / "report.md").write_text("same")
    return folder


@pytest.fixture
def folders(tmp_path):
    return write_results(tmp_path / "old"), write_results(tmp_path / "new", effect=1.5)


def test_the_same_results_do_not_differ(tmp_path):
    one, two = write_results(tmp_path / "one"), write_results(tmp_path / "two")
    assert yd.compare_results(one, two).empty
    result = CliRunner().invoke(app, ["diff", str(one), str(two)])
    assert (result.exit_code, result.output) == (0, "the results are the same\n")


def test_an_estimate_that_moved_is_named_with_its_change(folders):
    found = yd.compare_results(*folders)
    row = found[found["item"] == "treated: estimate"].iloc[0]
    before, after = (yd.twfe(make_toy(effect=e), DESIGN).coef[0] for e in (1.0, 1.5))
    assert row["file"] == "steps/did.estimate.zip"
    assert row["change"] == pytest.approx(after - before, abs=1e-12)
    assert row["change"] == pytest.approx(0.5, abs=1e-12)
    assert row["relative"] == pytest.approx(0.5 / after, abs=1e-12)
    assert (float(row["old"]), float(row["new"])) == (before, after)
    assert not found["item"].str.contains("std_error").any()
    tests = found[found["file"] == "steps/did.test.zip"]
    assert {"estimate", "statistic"} <= set(tests["item"])
    pools = found[found["file"] == "pools.csv"]
    assert pools["item"].tolist() == ["all: estimate"]


def test_the_command_lists_them_and_fails(folders):
    result = CliRunner().invoke(app, ["diff", *map(str, folders)])
    assert result.exit_code == 1
    assert "pools.csv: 1 difference\n  all: estimate: 1.0 became 1.5 (+0.5, 33.3%)" in result.output


def test_differences_below_the_tolerance_are_none(folders):
    assert yd.compare_results(folders[0], folders[1], tolerance=10).empty


def test_files_rows_and_columns_that_come_or_go_are_told(tmp_path):
    one, two = write_results(tmp_path / "one"), write_results(tmp_path / "two")
    (two / "steps" / "did.test.zip").unlink()
    (one / "report.md").write_text("other")
    table = pd.DataFrame({"pool": ["far", "all", "near"], "estimate": [9.0, 1.0, 2.0], "rank": [1, 2, 3]})
    table.to_csv(two / "pools.csv", index=False)
    found = yd.compare_results(one, two)
    listed = found[["file", "item", "old", "new"]].to_numpy().tolist()
    assert ["steps/did.test.zip", "file", "there", "—"] in listed
    assert ["pools.csv", "far: estimate", "—", "9.0"] in listed
    assert ["pools.csv", "all: rank", "—", "2.0"] in listed
    assert not any(item in ("all: estimate", "near: estimate") for _, item, _, _ in listed)
    assert (found["file"] == "report.md").sum() == 1


def test_missing_values_and_infinite_ends_are_equal_to_themselves(tmp_path):
    for name, end in (("one", np.inf), ("two", 3.0)):
        (tmp_path / name).mkdir()
        frame = pd.DataFrame({"pool": ["a", "b"], "low": [np.nan, -np.inf], "high": [np.inf, end]})
        frame.to_csv(tmp_path / name / "t.csv", index=False)
    found = yd.compare_results(tmp_path / "one", tmp_path / "two")
    assert found[["item", "old", "new"]].to_numpy().tolist() == [["b: high", "inf", "3.0"]]
    assert np.isnan(found["relative"][0])


def test_versions_in_a_receipt_are_compared_as_text(tmp_path):
    for name, version in (("one", "2.1.1"), ("two", "2.1.2")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "r.csv").write_text(f"package,version\nnumpy,{version}\n")
    found = yd.compare_results(tmp_path / "one", tmp_path / "two")
    assert found[["item", "old", "new"]].to_numpy().tolist() == [["numpy: version", "2.1.1", "2.1.2"]]


def test_missing_empty_and_broken_folders_are_refused(tmp_path):
    one = write_results(tmp_path / "one")
    with pytest.raises(yd.DataError, match="there is no folder"):
        yd.compare_results(one, tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(yd.DataError, match="holds no results"):
        yd.compare_results(tmp_path / "empty", one)
    with pytest.raises(yd.DataError, match="tolerance"):
        yd.compare_results(one, one, tolerance=-1.0)
    two = write_results(tmp_path / "two")
    (two / "steps" / "did.estimate.zip").write_text(json.dumps({}))
    with pytest.raises(yd.DataError, match="cannot be read"):
        yd.compare_results(one, two)
    result = CliRunner().invoke(app, ["diff", str(one), str(tmp_path / "nowhere")])
    assert result.exit_code == 2
    assert "error: there is no folder" in result.output
