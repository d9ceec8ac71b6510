import ast
import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import replace
from graphlib import TopologicalSorter
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest

import yrdecon as yd
from yrdecon.present.widths import CM_PER_LETTER_AND_POINT, column_widths, font_size
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
for lang in ("en", "zh", "both"):
    table = yd.regression_table(models, tests={"DiD": test}, lang=lang, journal="管理世界")
    table.to_word(folder / f"{lang}.docx")
    table.to_excel(folder / f"{lang}.xlsx")
    table.to_latex(folder / f"{lang}.tex")
    table.to_typst(folder / f"{lang}.typ")
    table.to_pdf(folder / f"{lang}.pdf")
    table.to_html(folder / f"{lang}.html")
    table.to_markdown(folder / f"{lang}.md")
for lang in ("en", "zh"):
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
        assert run.stdout.count("\n") == 45
        digests.add(hashlib.sha256(run.stdout.encode()).hexdigest())
    assert len(digests) == 1


def test_no_module_that_a_table_needs_imports_it_back_even_late():
    needed: dict[str, set[str]] = {}
    waiting = ["table", "regression_table", "stack", "frame_table", "balance_table", "variable_table", "data_tables"]
    while waiting:
        name = waiting.pop()
        tree = ast.parse((ROOT / "yrdecon" / "present" / f"{name}.py").read_text(encoding="utf-8"))
        modules = [str(getattr(node, "module", "")) for node in ast.walk(tree)]
        needed[name] = {m.removeprefix("yrdecon.present.") for m in modules if m.startswith("yrdecon.present.")}
        waiting += sorted(needed[name] - set(needed))
    assert {"word", "latex", "excel", "typst", "html", "markdown"} <= set(needed)
    assert set(TopologicalSorter(needed).static_order()) == set(needed)


def test_latex_compiles(awkward, tmp_path):
    if shutil.which("xelatex") is None or not subprocess.run(["kpsewhich", "siunitx.sty"], capture_output=True).stdout:
        pytest.skip("xelatex with siunitx is not on this machine")
    body = awkward.body.rename(columns={"(2) 50%": "(2)\n50%"}, index={"[z": "zz\nz"})
    awkward = replace(awkward, body=body, notes=("Notes: 50% & more_less.",), caption="Test", lang="en")
    packages = "booktabs,threeparttable,siunitx,makecell,adjustbox"
    text = awkward.to_latex().replace("小于", "")
    document = rf"\documentclass{{article}}\usepackage{{{packages}}}\begin{{document}}{text}\end{{document}}"
    (tmp_path / "t.tex").write_text(document, encoding="utf-8")
    command = ["xelatex", "-interaction=nonstopmode", "-halt-on-error", "t.tex"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8", errors="replace")
    assert run.returncode == 0, run.stdout[-2000:]


def test_columns_of_sentences_stand_flush_left_in_every_format(tmp_path):
    text = "a sentence that is much longer than a number"
    body = pd.DataFrame({"(1)": ["0.1", "0.2"], "(2)": [text, text]}, index=["x", "y"])
    table = yd.Table(body, (), "", "en")
    assert "raggedright" in table.to_latex()
    assert "align: (left, center, left)" in table.to_typst()
    assert f'text-align:left">{text}' in table.to_html()
    cells = list(xml(table.to_word(tmp_path / "t.docx")).iter(f"{W}tc"))
    sides = [cell.find(f"{W}p/{W}pPr/{W}jc").get(f"{W}val") for cell in cells[3:6]]
    assert sides == ["left", "center", "left"]


def test_columns_fill_the_page_and_short_numbers_are_not_broken():
    names = [f"({j}) a rather long title of a column" for j in range(6)]
    body = pd.DataFrame([["[-0.037, 0.035]"] * 6, ["x"] * 6], columns=names, index=["a label of some length", "y"])
    table = yd.Table(body, (), "", "en")
    size = font_size(table, 16.0, (10.5, 9.0, 8.0, 7.0))
    widths = column_widths(table, 16.0, size)
    assert sum(widths) == pytest.approx(16.0)
    assert min(widths[1:]) > len("[-0.037, 0.035]") * CM_PER_LETTER_AND_POINT * size


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
