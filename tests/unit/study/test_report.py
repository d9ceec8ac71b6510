"""The report says what was found, in both languages, and nothing else."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from toy_study import write_toy_study

from yrdecon.present.blocks import FigureBlock, KeyValues, TableBlock
from yrdecon.present.numbers import bracketed
from yrdecon.study.report.assemble import study_report
from yrdecon.study.run import run_study

ROOT = Path(__file__).resolve().parents[3]
LEVELS = ("90%", "95%", "10%", "5%")
WRITE = """
import sys
from yrdecon.study.run import run_study
from yrdecon.study.write import write_report
write_report(run_study(sys.argv[1] + "/plan.toml"), languages=("zh",))
"""


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return run_study(write_toy_study(tmp_path_factory.mktemp("toy")) / "plan.toml")


@pytest.fixture(scope="module", params=["en", "zh"])
def document(request, study):
    return study_report(study, request.param)


def test_the_first_page_holds_the_numbers_of_the_headline(document, study):
    page = next(block for block in document.blocks if isinstance(block, KeyValues))
    text = "\n".join(value for _, value in page.rows)
    test = study.found["comparisons"].tests["pool_all"]
    assert study.plan.claim["en"] in text
    assert f"{test.estimate:.3f}" in text
    assert bracketed(test.conf_low, test.conf_high, 3) in text
    assert study.plan.digest[:12] in text
    assert str(len(test.draws)) in text


def test_every_figure_has_a_description_and_every_table_a_caption(document):
    figures = [block for block in document.blocks if isinstance(block, FigureBlock)]
    tables = [block.table for block in document.blocks if isinstance(block, TableBlock)]
    assert len(figures) >= 8
    assert len(tables) >= 8
    assert all(block.figure.alt and block.caption for block in figures)
    assert all(table.caption for table in tables)


def test_the_chinese_report_has_no_english_sentence(study):
    text = study_report(study, "zh").to_markdown()
    own = {"A synthetic study", "Pairing helped", "all places", "without p00", "flows between places", "Pairing raises"}
    for words in own:
        text = text.replace(words, "")
    # three English words in a row are a sentence that was not translated
    found = re.findall(r"\b[A-Za-z]{2,} [a-z]{2,} [a-z]{2,}\b", re.sub(r"`[^`]*`", "", text))
    assert not [f for f in found if not f.startswith("p")], found


def test_no_sentence_of_the_report_carries_a_number_of_its_own():
    words = tomllib.loads((ROOT / "yrdecon" / "present" / "words.toml").read_text(encoding="utf-8"))
    for key, entry in words.items():
        for text in entry.values() if key.startswith("report_") else ():
            bare = re.sub(r"\{[^}]*\}", "", text)
            for level in LEVELS:
                bare = bare.replace(level, "")
            assert not re.search(r"\d", bare), (key, text)


def test_a_report_has_the_same_bytes_whatever_the_hash_seed(tmp_path):
    contents = []
    for seed in ("1", "2"):
        folder = tmp_path / seed
        folder.mkdir()
        write_toy_study(folder)
        environment = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
        subprocess.run([sys.executable, "-c", WRITE, str(folder)], check=True, env=environment)
        out = folder / "plan"
        contents.append({p.relative_to(out).as_posix(): p.read_bytes() for p in out.rglob("*") if p.is_file()})
    one, two = contents
    assert one.keys() == two.keys()
    assert {name for name in one if one[name] != two[name]} == set()
    assert {"report_zh.html", "report_zh.docx", "report_zh.pdf"} <= one.keys()
