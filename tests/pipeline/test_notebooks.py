"""Every notebook of the analysis runs from top to bottom in a folder that holds nothing but the analysis."""

import os
import shutil

import pytest
from conftest import ROOT

from yrdecon.errors import YrdeconError
from yrdecon.study.notebooks import execute_notebook

NOTEBOOKS = sorted((ROOT / "analysis").glob("*.ipynb"))
MOST_SECONDS = 60


def seconds_of_finished_processes():
    used = os.times()
    return used.children_user + used.children_system


@pytest.fixture
def analysis(tmp_path, monkeypatch):
    """A copy of the analysis, whose kernels find the package of this checkout and use one thread."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")
    return shutil.copytree(ROOT / "analysis", tmp_path / "analysis")


def test_the_notebooks_are_all_there():
    assert len(NOTEBOOKS) > 4


@pytest.mark.parametrize("name", [path.name for path in NOTEBOOKS])
def test_a_notebook_runs_within_a_minute_of_one_core(analysis, tmp_path, name):
    before = seconds_of_finished_processes()
    page = execute_notebook(analysis / name, tmp_path / "page.html")
    assert seconds_of_finished_processes() - before < MOST_SECONDS
    assert "<table" in page.read_text(encoding="utf-8")


def test_a_notebook_with_an_error_is_refused_by_its_name(analysis, tmp_path):
    notebook = analysis / NOTEBOOKS[0].name
    text = notebook.read_text(encoding="utf-8")
    notebook.write_text(text.replace("import yrdecon as yd", "import yrdecon as yd; 1 / 0", 1), encoding="utf-8")
    with pytest.raises(YrdeconError, match=rf"{notebook.name} stopped: ZeroDivisionError"):
        execute_notebook(notebook, tmp_path / "page.html")
