from dataclasses import replace

import pytest
from conftest import make_toy

import yrdecon as yd


def table(outcome="y", lang="en", names=("a", "b"), **options):
    toy = make_toy().assign(z=lambda frame: 2 * frame["y"])
    models = {name: yd.twfe(toy, yd.Design(outcome=outcome)) for name in names}
    return yd.regression_table(models, lang=lang, labels={"y": "Output", "z": "Double"}, **options)


def test_panels_stand_below_each_other_under_one_header():
    one, two = table(), table(layout=yd.Layout(hide=("estimator",)))
    both = yd.stack_tables({"Panel A. One": one, "Panel B. Two": two})
    assert [both.rows[i][0] for i in both.titles] == ["Panel A. One", "Panel B. Two"]
    assert both.rows[1 : 1 + len(one.rows)] == one.rows
    assert both.rows[2 + len(one.rows) :] == two.rows
    assert both.header == one.header


def test_an_outcome_that_differs_moves_into_the_titles():
    both = yd.stack_tables({"Panel A": table("y"), "Panel B": table("z")})
    assert [both.rows[i][0] for i in both.titles] == ["Panel A: Output", "Panel B: Double"]
    assert both.body.columns.tolist() == ["(1) a", "(2) b"]


@pytest.mark.parametrize("lang", ["en", "zh", "both"])
def test_sentences_that_all_panels_share_are_said_once(lang):
    one, two = table(lang=lang), table("z", lang=lang)
    two = replace(two, notes=(*two.notes, "Own."))
    both = yd.stack_tables({"Panel A. One": one, "Panel B. Two": two})
    assert len(both.paragraphs) == (2 if lang == "both" else 1)
    assert both.note.count("注：" if lang == "zh" else "Notes: ") == 1
    assert both.note.endswith(("Panel B: Own.", "Panel B：Own."))
    assert both.notes[: len(one.notes)] == one.notes


def test_panels_render_in_every_format(tmp_path):
    both = replace(yd.stack_tables({"Panel A": table("y"), "Panel B": table("z")}), caption="Table 1. Two")
    assert r"\multicolumn{3}{@{}l}{\textbf{Panel A: Output}}" in both.to_latex()
    assert '<td colspan="3"' in both.to_html()
    assert "| **Panel A: Output** |" in both.to_markdown()
    assert "table.cell(colspan: 3" in both.to_typst()
    import docx
    import openpyxl

    made = docx.Document(str(both.to_word(tmp_path / "t.docx"))).tables[0]
    assert len({id(cell._tc) for cell in made.rows[1].cells}) == 1
    sheet = openpyxl.load_workbook(both.to_excel(tmp_path / "t.xlsx")).active
    assert "A3:C3" in {str(merged) for merged in sheet.merged_cells.ranges}


@pytest.mark.parametrize(
    ("panels", "words"),
    [
        (lambda: {}, "no table to stack"),
        (lambda: {"A": table(), "B": table(names=("a", "c"))}, "the columns of 'B'"),
        (lambda: {"A": table(), "B": table(lang="zh")}, "different languages"),
    ],
)
def test_tables_that_do_not_fit_are_refused(panels, words):
    with pytest.raises(yd.DesignError, match=words):
        yd.stack_tables(panels())
