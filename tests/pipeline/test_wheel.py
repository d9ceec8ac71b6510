"""The built wheel, installed without the checkout, is complete."""

import subprocess
import sys
import zipfile

import pytest
from conftest import ROOT

SHIPPED = {"data/processed": "yrdecon/data/processed", "yrdecon": "yrdecon"} | {
    f"data/raw/{folder}": f"yrdecon/data/raw/{folder}" for folder in ("registry", "places", "census")
}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """Unpack the wheel, which is all that installing a pure Python wheel without dependencies does."""
    site = tmp_path_factory.mktemp("site")
    zipfile.ZipFile(wheel).extractall(site)
    return site


def run_in_an_empty_folder(installed, folder, script):
    """Run a script that sees the installed wheel and not the checkout."""
    preamble = (
        "import sys\n"
        f"sys.path[:] = [{str(installed)!r}, *(p for p in sys.path if p and p != {str(ROOT)!r})]\n"
        "import yrdecon as yd\n"
        f"assert yd.__file__.startswith({str(installed)!r}), yd.__file__\n"
    )
    command = [sys.executable, "-c", preamble + script]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, encoding="utf-8", check=False)


def test_the_wheel_holds_every_file_it_should_and_no_raw_table(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    expected = {
        f"{target}/{path.relative_to(ROOT / source).as_posix()}"
        for source, target in SHIPPED.items()
        for path in (ROOT / source).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert "yrdecon/data/processed/panel_yrd.csv" in expected
    assert expected - names == set()
    assert {n for n in names - expected if ".dist-info/" not in n} == set()


def test_the_wheel_carries_its_license_data_notice_and_command(wheel):
    archive = zipfile.ZipFile(wheel)
    endings = {name.split(".dist-info/")[-1] for name in archive.namelist()}
    assert {"licenses/LICENSE", "licenses/DATA_NOTICE.md", "entry_points.txt"} <= endings
    metadata = archive.read(next(n for n in archive.namelist() if n.endswith("/METADATA"))).decode()
    assert "Requires-Python: >=3.11" in metadata
    assert "License-Expression: BSD-3-Clause" in metadata


def test_an_installed_wheel_loads_panels_and_estimates_in_an_empty_folder(installed, tmp_path):
    script = (
        "panel = yd.load_panel('yrd')\n"
        "twinned = yd.assign_cohort(panel, yd.load_registry(), policy='twinning-2021')\n"
        "design = yd.Design(outcome='ln_real_gdp')\n"
        "print(len(panel.units), len(yd.load_panel('national').units), yd.twfe(twinned, design).n_treated)\n"
    )
    done = run_in_an_empty_folder(installed, tmp_path, script)
    assert done.stdout.split() == ["41", "296", "8"], done.stderr


def test_a_wheel_without_its_panel_says_what_is_missing(wheel, tmp_path):
    site = tmp_path / "site"
    archive = zipfile.ZipFile(wheel)
    archive.extractall(site, [n for n in archive.namelist() if "/data/processed/" not in n])
    done = run_in_an_empty_folder(site, tmp_path, "yd.load_panel('yrd')\n")
    assert "DataError: the shipped data file 'processed/panel_yrd.csv' is missing" in done.stderr
