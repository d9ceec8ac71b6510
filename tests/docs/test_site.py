"""The site as it is built, where the packages that build it are installed (group docs)."""

import re
import subprocess
import sys
from html import unescape
from pathlib import Path

import pandas as pd
import pytest

import yrdecon as yd

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Build without running the how-tos, which test_pages runs."""
    for package in ("sphinx", "numpydoc", "myst_nb", "pydata_sphinx_theme"):
        pytest.importorskip(package, reason="the packages of the group docs are not installed")
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-D", "nb_execution_mode=off"]
    built = subprocess.run([*command, "-d", folder / "trees", "docs", folder / "html"], cwd=ROOT, capture_output=True)
    assert built.returncode == 0, built.stderr.decode()
    return folder / "html"


def pages(site):
    return {page.relative_to(site).as_posix(): page.read_text(encoding="utf-8") for page in site.rglob("*.html")}


def test_every_link_within_the_site_leads_to_a_page_and_a_place_on_it(site):
    every = pages(site)
    assert len(every) > 150
    places = {name: set(re.findall(r'\bid="([^"]+)"', text)) for name, text in every.items()}
    broken = []
    for name, text in every.items():
        for target in re.findall(r'<a\b[^>]*\bhref="([^"]+)"', text):
            if re.match(r"[a-z]+:", target) or target == "#":
                continue
            path, _, place = unescape(target).partition("#")
            found = (site / name).parent.joinpath(path).resolve() if path else site / name
            relative = found.relative_to(site.resolve()).as_posix() if path else name
            if not found.is_file() or (place and relative in places and place not in places[relative]):
                broken.append((name, target))
    assert broken == []


def test_every_image_says_what_it_shows(site):
    images = [tag for text in pages(site).values() for tag in re.findall(r"<img\b[^>]*>", text)]
    assert len(images) > 2
    assert [tag for tag in images if not re.search(r'\balt="[^"./]{4}', tag)] == []


def test_a_picture_that_a_cell_draws_is_described_by_its_file(site, tmp_path):
    sys.path.insert(0, str(ROOT / "docs" / "extensions"))
    from alternative_text import description

    table = pd.DataFrame({"left_out": ["", "340300"], "estimate": [-0.03, -0.01]})
    figure = yd.plot_leave_one_out(table)
    picture, metadata = figure._repr_png_()
    (tmp_path / "a.png").write_bytes(picture)
    assert description(tmp_path / "a.png") == figure.alt == metadata["alt"]


def test_formulas_are_drawn_without_scripts(site):
    page = (site / "methods" / "synthetic_did.html").read_text(encoding="utf-8")
    assert page.count("<math") > 5
    assert not re.search(r"<script[^>]*mathjax", page, flags=re.IGNORECASE)
    assert re.search(r"<msub>\s*<mover", page)


def test_what_the_certificate_found_is_on_the_page_of_the_method(site):
    page = (site / "methods" / "cluster_robust.html").read_text(encoding="utf-8")
    text = (ROOT / "reports" / "certificate_sizes.csv").read_text(encoding="utf-8")
    row = re.search(
        r"^CRV1,0,2000,([\d.]+),.*,range,actual eight,in_yrd,2020,.growth 0\.6, 225 km.", text, re.MULTILINE
    )
    assert f"{100 * float(row[1]):.1f}" in page


def test_a_page_that_would_load_from_the_network_is_found(site):
    sys.path.insert(0, str(ROOT / "docs" / "extensions"))
    from offline import loaded_from_the_network

    assert loaded_from_the_network(site) == []
    (site / "probe.html").write_text('<script async src="https://example.org/x.js"></script>', encoding="utf-8")
    assert loaded_from_the_network(site) == ['probe.html: <script async src="https://example.org/x.js']
    (site / "probe.html").unlink()
