import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
import zipfile
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest
from conftest import make_toy

import yrdecon as yd
from yrdecon.present.word_order import ORDER

ROOT = Path(__file__).resolve().parents[3]
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
LANGUAGES = ("en", "zh")
DIGESTS = """
import hashlib, tempfile
from pathlib import Path
from test_document import sample
folder = Path(tempfile.mkdtemp())
for lang in ("en", "zh"):
    document = sample(lang)
    for path in (document.to_html(folder / "a"), document.to_word(folder / "b"), document.to_pdf(folder / "c")):
        print(hashlib.sha256(path.read_bytes()).hexdigest())
"""


def sample(lang="en"):
    """A document of synthetic data with every block, and with signs that a format could run as commands."""
    toy, design = make_toy(), yd.Design(outcome="y")
    table = yd.regression_table({"DiD": yd.twfe(toy, design), "SDID": yd.synthetic_did(toy, design)}, lang=lang)
    figure = yd.plot_event_study(yd.event_study(toy, design), lang=lang)
    blocks = (
        yd.Heading("结论" if lang == "zh" else "What was found"),
        yd.KeyValues((("论断", "它<b>有</b>效"), ("Verdict", "**Open**: see [why](#why)")), emphasized="Verdict"),
        yd.FigureBlock(figure, "图1　事件研究"),
        yd.PageBreak(),
        yd.Heading("Why #panic() ]", 2, "why"),
        yd.Paragraph(
            "A `code` and **粗体** and [a page](https://example.org/-1) and 0.02** of $x_1$ @y 'z' \"q\" \\n."
        ),
        yd.Bullets(("first & <second>", "第二")),
        yd.TableBlock(replace(table, caption="Table 1. <Effects>")),
    )
    return yd.Document("Synthetic 结对", "only a test", blocks, lang)


@pytest.fixture(scope="module", params=LANGUAGES)
def document(request):
    return sample(request.param)


class Page(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.words = [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, text):
        self.words.append(text)

    def values(self, tag, attribute):
        return [a[attribute] for t, a in self.tags if t == tag and attribute in a]


def html_of(document, folder):
    return Page(document.to_html(folder / "d.html").read_text(encoding="utf-8"))


def xml_of(path, name="word/document.xml"):
    with zipfile.ZipFile(path) as archive:
        return ElementTree.fromstring(archive.read(name))


def word_text(path):
    return "".join(piece.text or "" for piece in xml_of(path).iter(f"{W}t"))


def pdf_text(path):
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed")
    return subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, check=True, encoding="utf-8").stdout


def squeezed(text):
    return re.sub(r"\s+", "", text)


def test_every_format_shows_every_text_as_it_was_written(document, tmp_path):
    texts = ["Synthetic结对", "onlyatest", "它<b>有</b>效", "Open:seewhy", "Why#panic()]", "第二", "first&<second>"]
    texts += [
        "0.02**of$x_1$@y'z'\"q\"\\n.",
        "图1事件研究",
        "Table1.<Effects>",
        document.blocks[0].text.replace(" ", ""),
    ]
    texts += [squeezed(label) for label in document.blocks[-1].table.body.index if label]
    shown = {
        "html": "".join(html_of(document, tmp_path).words),
        "word": word_text(document.to_word(tmp_path / "d.docx")),
        "pdf": pdf_text(document.to_pdf(tmp_path / "d.pdf")),
    }
    for kind, text in shown.items():
        missing = [wanted for wanted in texts if wanted not in squeezed(text)]
        assert missing == [], kind


def test_html_asks_the_network_for_nothing_and_runs_nothing(document, tmp_path):
    page = html_of(document, tmp_path)
    assert {tag for tag, _ in page.tags}.isdisjoint({"script", "link", "iframe", "object", "embed", "b"})
    assert all(source.startswith("data:image/svg+xml;base64,") for source in page.values("img", "src"))
    assert "default-src 'none'" in page.values("meta", "content")[1]
    assert "url(" not in "".join(page.words)


def test_html_names_its_language_and_every_link_of_the_navigation_leads_to_a_heading(document, tmp_path):
    page = html_of(document, tmp_path)
    assert page.values("html", "lang") == ["zh-CN" if document.lang == "zh" else "en"]
    identifiers = [a["id"] for tag, a in page.tags if tag in ("h2", "h3", "h4")]
    assert len(set(identifiers)) == 2
    inside = [target[1:] for target in page.values("a", "href") if target.startswith("#")]
    assert sorted(set(inside)) == sorted(identifiers)


def test_figures_carry_their_description_in_html_and_word(document, tmp_path):
    alt = document.blocks[2].figure.alt
    assert html_of(document, tmp_path).values("img", "alt") == [alt]
    parts = xml_of(document.to_word(tmp_path / "d.docx")).iter()
    assert [part.get("descr") for part in parts if part.tag.endswith("}docPr")] == [alt]


def test_word_headings_are_headings_and_pages_are_numbered(document, tmp_path):
    import docx

    path = document.to_word(tmp_path / "d.docx")
    paragraphs = docx.Document(str(path)).paragraphs
    assert [p.style.name for p in paragraphs if p.style.name.startswith("Heading")] == ["Heading 1", "Heading 2"]
    footer = xml_of(path, "word/footer1.xml")
    assert [field.get(f"{W}instr") for field in footer.iter(f"{W}fldSimple")] == ["PAGE", "NUMPAGES"]


def test_word_figures_have_three_hundred_dots_an_inch_at_the_width_of_the_text(document, tmp_path):
    from PIL import Image

    path = document.to_word(tmp_path / "d.docx")
    with zipfile.ZipFile(path) as archive:
        name = next(n for n in archive.namelist() if n.endswith(".png"))
        width = Image.open(io.BytesIO(archive.read(name))).width
    extent = next(part for part in xml_of(path).iter() if part.tag.endswith("}extent"))
    inches = int(extent.get("cx")) / 914400
    assert inches == pytest.approx(16 / 2.54, rel=0.01)
    assert width / inches == pytest.approx(300, rel=0.01)


def test_word_elements_keep_the_order_of_the_schema_and_every_run_names_its_fonts(document, tmp_path):
    body = xml_of(document.to_word(tmp_path / "d.docx"))
    for element in body.iter():
        order = ORDER.get(element.tag.removeprefix(W), "").split()
        if order:
            names = [child.tag.removeprefix(W) for child in element]
            assert names == sorted(set(names), key=order.index), element.tag
    fonts = {run.find(f"{W}rPr/{W}rFonts").get(f"{W}eastAsia") for run in body.iter(f"{W}r")}
    assert fonts == {"宋体", "黑体"}


def test_a_link_inside_word_leads_to_the_bookmark_of_its_heading(document, tmp_path):
    body = xml_of(document.to_word(tmp_path / "d.docx"))
    bookmarks = {mark.get(f"{W}name") for mark in body.iter(f"{W}bookmarkStart")}
    anchors = {link.get(f"{W}anchor") for link in body.iter(f"{W}hyperlink")} - {None}
    assert anchors == bookmarks == {"why"}


def test_a_table_of_the_document_is_that_of_its_own_word_file(document, tmp_path):
    table = document.blocks[-1].table
    alone = next(xml_of(table.to_word(tmp_path / "t.docx")).iter(f"{W}tbl"))
    inside = list(xml_of(document.to_word(tmp_path / "d.docx")).iter(f"{W}tbl"))[-1]
    texts, borders = (
        [[ElementTree.tostring(part) for part in found.iter(f"{W}{kind}")] for found in (alone, inside)]
        for kind in ("t", "tcBorders")
    )
    assert texts[0] == texts[1]
    assert borders[0] == borders[1]
    assert len(borders[0]) > 20


def test_wide_tables_get_a_page_on_its_side_with_their_heading_and_the_next_block_does_not(tmp_path):
    body = pd.DataFrame([["0.123 (0.045)"] * 10], columns=[f"column {j}" for j in range(10)], index=["x"])
    wide = yd.TableBlock(yd.Table(body, (), "wide", "en"))
    document = yd.Document("Wide", "", (yd.Paragraph("before"), yd.Heading("A"), wide, wide, yd.Paragraph("after")))
    sizes = list(xml_of(document.to_word(tmp_path / "d.docx")).iter(f"{W}pgSz"))
    assert [int(size.get(f"{W}w")) > int(size.get(f"{W}h")) for size in sizes] == [False, True, False]
    pages = re.findall(rb"/MediaBox\s*\[0 0 (\d+)", document.to_pdf(tmp_path / "d.pdf").read_bytes())
    assert sorted(map(int, pages)) == [595, 595, 841]


def test_two_hash_seeds_give_the_same_bytes_of_every_format():
    digests = set()
    folders = os.pathsep.join(map(str, (ROOT, ROOT / "tests", Path(__file__).parent)))
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": folders}
        run = subprocess.run(
            [sys.executable, "-c", DIGESTS], env=environment, capture_output=True, check=True, encoding="utf-8"
        )
        assert run.stdout.count("\n") == 6
        digests.add(hashlib.sha256(run.stdout.encode()).hexdigest())
    assert len(digests) == 1


def test_a_file_is_replaced_whole_and_nothing_is_left_beside_it(tmp_path):
    for text in ("one", "two"):
        yd.Document("T", "", (yd.Paragraph(text),)).to_html(tmp_path / "d.html")
    assert [path.name for path in tmp_path.iterdir()] == ["d.html"]
    assert "<p>two</p>" in (tmp_path / "d.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("blocks", "message"),
    [
        ((), "no blocks"),
        (("text",), "block 0 is a str"),
        ((yd.Paragraph(" "),), "block 0, a Paragraph, is empty"),
        ((yd.Bullets(()),), "a Bullets, is empty"),
        ((yd.Heading("x", 4),), "level 4; choose 1 to 3"),
        ((yd.Heading("x", 1, "Not one"),), "'Not one' is not a name"),
        ((yd.Heading("x", 1, "a"), yd.Heading("y", 1, "a")), "belongs to 2 headings"),
        ((yd.Paragraph("see [this](#there)"),), "leads to #there"),
        ((yd.KeyValues((("a", "b"),), emphasized="c"),), "emphasizes 'c'"),
        ((yd.FigureBlock(yd.Figure(None, pd.DataFrame(), " "), "title"),), "no alt text"),
    ],
)
def test_a_wrong_block_is_named_with_what_to_do(blocks, message):
    with pytest.raises(yd.DesignError, match=re.escape(message)):
        yd.Document("T", "", blocks)


def test_a_document_needs_a_title_and_a_known_language():
    with pytest.raises(yd.DesignError, match="no title"):
        yd.Document("", "", (yd.Paragraph("x"),))
    with pytest.raises(yd.DesignError, match="'fr' is unknown"):
        yd.Document("T", "", (yd.Paragraph("x"),), "fr")
