import re
import sys
from pathlib import Path

import pandas as pd
import pytest

import yrdecon as yd
from yrdecon.present.pdf import pdf_bytes
from yrdecon.present.typst import typst_fragment, typst_page


@pytest.fixture
def awkward():
    """Cells that Typst could misread."""
    columns = pd.MultiIndex.from_tuples([("产出 #x", "(1) a_b"), ("产出 #x", "(2) $5"), ("", "*bold*")])
    body = pd.DataFrame(
        [["-0.020***", "[-0.1, +∞]", "= x"], ['"quoted"', "a\\b", "// no"]], columns=columns, index=["@x", "]["]
    )
    return yd.Table(body, ("注：小于<1%。", "#panic()"), "表1　测试", "zh")


def test_signs_of_typst_are_printed_and_not_run(awkward):
    assert pdf_bytes(typst_page(awkward), {}).startswith(b"%PDF-")


def test_a_table_has_rules_thick_thin_thick_and_a_partial_one_below_every_span(awkward):
    source = typst_fragment(awkward)
    assert re.findall(r"hline\(stroke: ([\d.]+)pt", source) == ["1.2", "0.6", "1.2"]
    assert source.count("stroke: (bottom: 0.4pt)") == 1
    assert "colspan: 2" in source


def test_the_same_source_gives_the_same_bytes(awkward):
    assert pdf_bytes(typst_page(awkward), {}) == pdf_bytes(typst_page(awkward), {})


def test_many_columns_get_smaller_letters():
    def size(n_columns):
        body = pd.DataFrame([["0.123"] * n_columns], columns=[f"column {j}" for j in range(n_columns)], index=["x"])
        return float(re.search(r"text\(size: ([\d.]+)pt", typst_fragment(yd.Table(body, (), "", "en")))[1])

    assert size(4) == 10.0
    assert 7.0 <= size(12) < 10.0


def test_source_that_typst_rejects_says_why():
    with pytest.raises(yd.YrdeconError, match="unknown variable"):
        pdf_bytes("#nonsense", {})


def test_without_the_typst_library_the_message_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(yd.YrdeconError, match=r"yrdecon\[tables\]"):
        pdf_bytes("text", {})


@pytest.mark.parametrize("font", ["NotoSerifCJKsc-Regular.otf", "NotoSansCJKsc-Regular.otf"])
def test_the_shipped_fonts_have_a_glyph_for_every_sign_of_the_dictionaries(font):
    import mplfonts
    from fontTools.ttLib import TTFont

    folder = Path(yd.__file__).parent / "present"
    written = "".join((folder / name).read_text(encoding="utf-8") for name in ("words.toml", "sentences.toml"))
    glyphs = TTFont(Path(mplfonts.__file__).parent / "fonts" / font).getBestCmap()
    assert len(set(written)) > 500
    assert sorted(sign for sign in set(written) - {"\n"} if ord(sign) not in glyphs) == []
