"""Importing the package, and estimating, load pandas and scipy.stats but not what single features need."""

import subprocess
import sys

import pytest

HEAVY = {"IPython", "docx", "great_tables", "linearmodels", "maketables", "matplotlib", "mplfonts", "nbclient"}
HEAVY |= {"nbconvert", "nbformat", "pandera", "pydantic", "pyfixest", "pytask", "rich", "seaborn", "sqlalchemy"}
HEAVY |= {"statsmodels", "typer"}


def heavy_libraries_after(statement):
    report = "import sys; print(*{name.split('.')[0] for name in sys.modules})"
    command = [sys.executable, "-c", f"{statement}; {report}"]
    done = subprocess.run(command, check=True, capture_output=True, text=True, encoding="utf-8")
    return sorted(set(done.stdout.split()) & HEAVY)


@pytest.mark.parametrize(
    "statement",
    ["import yrdecon", "import yrdecon as yd; yd.twfe(yd.load_twinning(), yd.twinning_design()).tidy()"],
    ids=["importing", "estimating"],
)
def test_no_heavy_library_is_loaded_by(statement):
    assert heavy_libraries_after(statement) == []


def test_a_heavy_library_that_is_loaded_is_seen():
    assert "typer" in heavy_libraries_after("import yrdecon.cli")
