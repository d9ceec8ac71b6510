import subprocess
import sys
import zipfile

import pytest
from conftest import ROOT


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_the_panel_and_the_registry_and_no_raw_tables(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    assert "yrdecon/data/processed/panel_yrd.csv" in names
    assert "yrdecon/data/raw/registry/pairs.csv" in names
    assert "yrdecon/present/words.toml" in names
    assert not any("city_yearbook" in name for name in names)


def test_an_installed_wheel_works_in_an_empty_folder(wheel, tmp_path):
    target, empty = tmp_path / "site", tmp_path / "empty"
    empty.mkdir()
    zipfile.ZipFile(wheel).extractall(target)
    script = (
        "import yrdecon as yd\n"
        f"assert yd.__file__.startswith({str(target)!r}), yd.__file__\n"
        "panel = yd.load_panel('yrd')\n"
        "twinned = yd.assign_cohort(panel, yd.load_registry(), policy='twinning-2021')\n"
        "print(len(panel.units), yd.twfe(twinned, yd.Design(outcome='ln_real_gdp')).n_treated)\n"
    )
    prefix = f"import sys; sys.path.insert(0, {str(target)!r})\n"
    done = subprocess.run(
        [sys.executable, "-c", prefix + script], cwd=empty, capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == ["41", "8"], done.stderr
