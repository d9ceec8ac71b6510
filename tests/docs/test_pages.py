"""The pages of the documentation site against the library that they describe."""

import inspect
import re
import tomllib
from pathlib import Path

import pytest

import yrdecon as yd

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(p for p in DOCS.rglob("*.md") if "_build" not in p.parts and "generated" not in p.parts)
METHODS = sorted(p for p in (DOCS / "methods").glob("*.md") if p.stem != "index")
RUNNING = [
    DOCS / "start.md",
    *sorted(p for p in (DOCS / "howto").glob("*.md") if "{code-cell}" in p.read_text(encoding="utf-8")),
]
SECTIONS = [
    "What it estimates",
    "What it assumes",
    "Formula",
    "Held to",
    "In the certificate",
    "When not to use it",
    "Call",
]
LAYERS = ("yrdecon.estimators.", "yrdecon.inference.", "yrdecon.diagnostics.")
# words of one column, legend, choice or page, which say less than the term does
IN_PLACE = ("alt_", "choice_", "column_", "map_", "placebo_", "report_", "timing_", "value_")
# levels of tests and of intervals; every other share is read from the certificate
LEVELS = {"5%", "10%", "90%", "95%"}


def text_of(page):
    return page.read_text(encoding="utf-8")


def name_of(page):
    return page.relative_to(DOCS).as_posix()


def methods():
    every = {n: getattr(yd, n) for n in yd.__all__ if inspect.isfunction(getattr(yd, n))}
    return {n for n, f in every.items() if f.__module__.startswith(LAYERS)} | set(yd.ESTIMATORS)


def test_every_public_name_is_in_the_reference_once():
    listed = re.findall(r"^   (\w+)$", text_of(DOCS / "api.md"), flags=re.MULTILINE)
    assert set(yd.__all__) - set(listed) == set()
    assert sorted(listed) == sorted(set(yd.__all__))


def test_every_estimator_test_and_check_is_called_on_a_method_page():
    called = [name for page in METHODS for name in re.findall(r"```\{call\} (\w+)", text_of(page))]
    assert methods() - set(called) == set()
    assert sorted(set(called)) == sorted(called)
    assert len(called) > 50


@pytest.mark.parametrize("page", METHODS, ids=name_of)
def test_a_method_page_answers_the_same_questions_in_the_same_order(page):
    text = text_of(page)
    assert page.stem in re.findall(r"```\{call\} (\w+)", text)
    assert [s for s in re.findall(r"^## (.+)$", text, flags=re.MULTILINE) if s != "References"] == SECTIONS
    parts = re.split(r"^## .+$", text, flags=re.MULTILINE)[1:]
    assert min(len(part.strip()) for part in parts) > 10


@pytest.mark.parametrize("page", METHODS, ids=name_of)
def test_a_method_page_types_no_share_that_the_certificate_could_change(page):
    assert set(re.findall(r"\d+(?:\.\d+)?%", text_of(page))) <= LEVELS


def test_every_method_page_is_in_the_contents():
    listed = re.findall(r"^(\w+)$", text_of(DOCS / "methods" / "index.md"), flags=re.MULTILINE)
    assert sorted(listed) == [page.stem for page in METHODS]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_internal_links_and_names_lead_somewhere(page):
    text = text_of(page)
    for target in re.findall(r"\{doc\}`(?:[^`<]*<)?([^`>]+)>?`", text):
        assert (page.parent / f"{target}.md").resolve().is_file(), target
    for target in re.findall(r"\{py:\w+\}`yrdecon\.(\w+)`", text):
        assert target in yd.__all__
    for target in re.findall(r"`((?:tests|analysis|reports|benchmarks|yrdecon)/[\w./]+\.\w+)`", text):
        assert (ROOT / target).is_file(), target


@pytest.mark.parametrize("page", RUNNING, ids=name_of)
def test_the_code_of_a_page_runs_from_top_to_bottom(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    cells = re.findall(r"^```\{code-cell\} python\n(.*?)^```$", text_of(page), flags=re.MULTILINE | re.DOTALL)
    assert len(cells) > 3
    scope = {}
    for number, cell in enumerate(cells, 1):
        exec(compile(cell, f"{page.name}, cell {number}", "exec"), scope)
    assert not re.search(r"^.{89}", "\n".join(cells), flags=re.MULTILINE)


@pytest.mark.parametrize("case", ["A text in GBK", "A wide workbook", "A Stata file", "A county panel with 撤县设区"])
def test_each_of_the_usual_files_becomes_a_panel_in_five_lines_at_most(case):
    section = re.search(
        rf"^## {case}\n(.*?)^## ", text_of(DOCS / "howto" / "your-own-files.md"), re.MULTILINE | re.DOTALL
    )
    cell = re.search(r"```\{code-cell\} python\n(.*?)```", section[1], re.DOTALL)[1]
    assert "read_panel" in cell
    assert len(cell.splitlines()) <= 5


# one English word for several things, each with its own Chinese word where it stands
SEVERAL_THINGS = {"comparison", "diagnostic", "name", "none", "onset", "period", "periods", "placebo estimates", "role"}
SEVERAL_THINGS |= {"relative magnitudes", "relocated groups", "smoothness", "treated", "unit"}
# other words for a term of the glossary, which nothing that is printed may use
OTHER_WORDS = {
    "被解释变量": ("结果变量", "因变量"),
    "对照组": ("对照池", "控制组", "比较组", "参照组"),
    "处理组": ("实验组", "干预组", "试验组"),
    "置换检验": ("排列检验",),
    "可检测效应": ("可探测效应",),
    "聚类标准误": ("集聚标准误",),
}


def glossary():
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \| [^|]*\|$", text_of(DOCS / "glossary.md"), flags=re.MULTILINE)
    return [(english.strip(), chinese.strip()) for english, chinese in rows if english.strip() != "English"]


def present(name):
    with (ROOT / "yrdecon" / "present" / name).open("rb") as file:
        return tomllib.load(file)


def words():
    """Return the words of tables and figures that mean the same wherever they stand."""
    entries = present("words.toml").items()
    return [(e["en"].casefold(), e["zh"]) for key, e in entries if not key.startswith(IN_PLACE)]


def test_no_term_of_the_glossary_has_two_translations():
    terms = glossary()
    assert len(terms) > 60
    for side in zip(*terms, strict=True):
        assert sorted(set(side)) == sorted(side)


def test_tables_and_figures_translate_the_terms_of_the_glossary_as_it_does():
    terms = {english.casefold(): chinese for english, chinese in glossary()}
    shared = {(english, chinese) for english, chinese in words() if english in terms}
    assert len(shared) > 30
    assert {(english, terms[english]) for english, _ in shared} == shared


def test_tables_and_figures_have_no_other_word_for_a_chinese_term_of_the_glossary():
    terms = {chinese: english.casefold() for english, chinese in glossary()}
    shared = {(english, chinese) for english, chinese in words() if chinese in terms}
    assert len(shared) > 30
    assert {(terms[chinese], chinese) for _, chinese in shared} == shared


def test_a_word_has_one_translation_unless_it_is_known_to_name_several_things():
    translations = {}
    for entry in present("words.toml").values():
        translations.setdefault(entry["en"].casefold(), set()).add(entry["zh"])
    assert {english for english, chinese in translations.items() if len(chinese) > 1} == SEVERAL_THINGS
    assert translations["comparison pool"] == {"对照组"}
    assert translations["outcome"] == {"被解释变量"}


def test_nothing_that_is_printed_uses_another_chinese_word_for_a_term():
    printed = [e["zh"] for e in present("words.toml").values()] + [
        e["zh"] for e in present("sentences.toml")["sentence"]
    ]
    terms = {chinese for _, chinese in glossary()}
    assert set(OTHER_WORDS) <= terms
    for term, others in OTHER_WORDS.items():
        assert any(term in text for text in printed)
        assert [text for text in printed if any(other in text for other in others)] == []
