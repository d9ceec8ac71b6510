"""Every reference case of both sets is either run or excused in words."""

import re
from functools import cache
from pathlib import Path

from golden.cases import OWN

HERE = Path(__file__).parent
NOT_YET: dict[str, str] = {}


@cache
def sources():
    return "".join(p.read_text(encoding="utf-8") for p in HERE.glob("test_*.py") if p.name != "test_coverage.py")


def names_in(folder):
    return sorted(p.stem for p in (folder / "cases").glob("*.json"))


def is_run(name):
    return f'"{name}"' in sources()


def is_excused(name):
    return any(re.match(pattern, name) for pattern in NOT_YET)


def test_every_shipped_case_is_run_or_excused():
    names = names_in(OWN)
    assert len(names) > 80
    assert [n for n in names if not is_run(n) and not is_excused(n)] == []


def test_every_public_case_is_run_or_excused(shared):
    names = names_in(shared / "golden")
    assert len(names) > 60
    assert [n for n in names if not is_run(n) and not is_excused(n)] == []


def test_no_excuse_covers_a_case_that_is_run():
    assert [n for n in names_in(OWN) if is_run(n) and is_excused(n)] == []
