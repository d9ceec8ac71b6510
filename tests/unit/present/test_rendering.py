import hashlib
import os
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest

import yrdecon as yd
from yrdecon.present.word_order import ORDER

ROOT = Path(__file__).resolve().parents[3]
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
EVERYTHING = """
import hashlib, sys, tempfile
from pathlib import Path
from conftest import make_toy
import yrdecon as yd
toy, design = make_toy(), yd.Design(outcome="y")
models = {"DiD": yd.twfe(toy, design), "SDID": yd.synthetic_did(toy, design)}
test = yd.permutation_test(yd.twfe, toy, design, seed=0)
folder = Path(tempfile.mkdtemp())
for lang in ("en", "zh"):
    table = yd.regression_table(models, tests={"DiD": test}, lang=lang, journal="管理世界")
    table.to_word(folder / f"{lang}.docx")
    table.to_latex(folder / f"{lang}.tex")
    table.to_html(folder / f"{lang}.html")
    table.to_markdown(folder / f"{lang}.md")
    yd.save_figure(yd.plot_event_study(yd.event_study(toy, design), lang=lang), folder / f"event_{lang}")
    yd.save_figure(yd.plot_placebo(test, lang=lang), folder / f"placebo_{lang}")
    yd.save_figure(yd.plot_trends(toy, design, lang=lang), folder / f"trends_{lang}")
for path in sorted(folder.iterdir()):
    print(path.name, hashlib.sha256(path.read_bytes()).hexdigest())
"""


@pytest.fixture
def awkward():
    """Cells that each format could misread."""
    body = pd.DataFrame({"(1) a_b": ["-0.020***", "[-0.1, +∞]"], "(2) 50%": ["<0.001", "a|b"]}, index=["x\\y", "[z"])
    return yd.Table(body, ("注：小于<1%。",), "表1　测试", "zh")


def xml(path):
    with zipfile.ZipFile(path) as archive:
        return ElementTree.fromstring(archive.read("word/document.xml"))


def test_two_hash_seeds_give_the_same_bytes_of_every_output():
    digests = set()
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}"}
        run = subprocess.run(
            [sys.executable, "-c", EVERYTHING], env=environment, capture_output=True, check=True, encoding="utf-8"
        )
        assert run.stdout.count("\n") == 32
        digests.add(hashlib.sha256(run.stdout.encode()).hexdigest())
    assert len(digests) == 1


def test_the_word_table_has_rules_thick_thin_thick_and_no_vertical_ones(awkward, tmp_path):
    rows = list(xml(awkward.to_word(tmp_path / "t.docx")).iter(f"{W}tr"))

    def rule(row, side):
        return {cell.find(f"{W}tcPr/{W}tcBorders/{W}{side}").get(f"{W}sz") for cell in rows[row].iter(f"{W}tc")}

    assert (rule(0, "top"), rule(0, "bottom"), rule(-1, "bottom")) == ({"12"}, {"6"}, {"12"})
    borders = [border for row in rows for border in row.iter(f"{W}tcBorders")]
    sides = [side for border in borders for side in border if side.tag in (f"{W}left", f"{W}right")]
    assert {side.get(f"{W}val") for side in sides} == {"nil"}


def test_word_elements_are_unique_and_in_the_order_of_the_schema(awkward, tmp_path):
    for element in xml(awkward.to_word(tmp_path / "t.docx")).iter():
        order = ORDER.get(element.tag.removeprefix(W), "").split()
        if order:
            names = [child.tag.removeprefix(W) for child in element]
            assert names == sorted(set(names), key=order.index), element.tag


def test_every_word_run_names_an_east_asian_font(awkward, tmp_path):
    runs = list(xml(awkward.to_word(tmp_path / "t.docx")).iter(f"{W}r"))
    fonts = {run.find(f"{W}rPr/{W}rFonts").get(f"{W}eastAsia") for run in runs}
    assert len(runs) >= 8
    assert fonts == {"宋体"}


def test_a_word_file_opens_again_and_can_be_edited(awkward, tmp_path):
    import docx

    path = awkward.to_word(tmp_path / "t.docx")
    document = docx.Document(str(path))
    document.tables[0].cell(1, 1).text = "edited"
    document.save(str(path))
    assert docx.Document(str(path)).tables[0].cell(1, 1).text == "edited"


def test_latex_writes_signs_that_it_would_misread_as_commands(awkward):
    text = awkward.to_latex()
    for piece in (r"x\textbackslash{}y", "{[}z", "-0.020{***}", r"{[}$-$0.1, +$\infty$]", "$<$0.001", r"(1) a\_b"):
        assert piece in text
    assert r"\caption{测试}" in text


def test_a_page_of_html_declares_its_encoding_and_a_notebook_gets_a_fragment(awkward):
    assert '<meta charset="utf-8">' in awkward.to_html()
    assert awkward._repr_html_().startswith("<table")
    assert "&lt;0.001" in awkward.to_html()


def test_markdown_does_not_read_stars_and_bars_as_markup(awkward):
    text = awkward.to_markdown()
    assert r"-0.020\*\*\*" in text
    assert r"a\|b" in text
    assert len({line.count(" | ") for line in text.splitlines() if line.startswith("| ")}) == 1


def test_without_the_table_library_the_message_says_what_to_install(awkward, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "docx", None)
    with pytest.raises(yd.YrdeconError, match=r"yrdecon\[tables\]"):
        awkward.to_word(tmp_path / "t.docx")
    assert awkward.to_markdown()


def test_a_file_is_replaced_whole_and_nothing_is_left_beside_it(awkward, tmp_path):
    for caption in ("one", "two"):
        replace(awkward, caption=caption).to_markdown(tmp_path / "t.md")
    assert [path.name for path in tmp_path.iterdir()] == ["t.md"]
    assert "two" in (tmp_path / "t.md").read_text(encoding="utf-8")
