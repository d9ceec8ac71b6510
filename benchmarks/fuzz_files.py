"""Damage files in every way and read them: nothing but a panel, a table or an error of ours may come out.

``python -m benchmarks.fuzz_files --inputs 100000 --seed 1`` prints what came out, and the number of every input that
raised anything else, ended the process, or took longer than ten seconds. Files are read in a process of their own,
which is started anew when an input ends it.
"""

from __future__ import annotations

import argparse
import io
import multiprocessing
import random
import sys
import tempfile
import time
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import openpyxl
import pandas as pd

import yrdecon as yd
from yrdecon.clean.workbook import COMPOUND

SLOW_SECONDS = 10.0
TOKENS = [b"\0", b'"', b",", b"\t", b"\n", b"\r", b"<", b">", b"&", b"\xff", b"\xe5\x9f\x8e", b"\xb3\xc7", b"2020"]
TOKENS += [b"XFD1048576", b"99999999999", b"-1", b"1e999", b"nan", b"<table>", b'colspan="9999999"', b"PK\x03\x04"]
CELLS = ["城市", "地区", "年份", "year", "city", "指标", "单位", "数值", "2010", "2011年", "gdp_2010", "全市", "市辖区"]
CELLS += [
    "合肥市",
    "芜湖市",
    "全省",
    "（万元）",
    "单位：亿元",
    "43831",
    "2020Q1",
    "(1,234.5)",
    "2-1 人口数",
    "GDP（亿元）",
    "1,234",
    "…",
    "-",
    "mi",
    "1①",
    "",
    "",
    "注：",
    "年",
]
CELLS += ["0", "-3.5", "1e400", "\u202e", "\ufffd", "𠮷", "=1+1", '"', "\n", "  ", "100%", "null", "TRUE"]

Damage = Callable[[list[bytes], random.Random], bytes]


@dataclass(frozen=True)
class Outcome:
    """What came out of one input: its kind, and a line about it if it must not happen."""

    kind: str
    complaint: str = ""


def main() -> None:
    """Read the options, fuzz, and print the count of outcomes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    start = time.perf_counter()
    outcomes = list(outcomes_of(options.seed, options.inputs))
    for kind, count in Counter(o.kind for o in outcomes).most_common():
        print(f"{count:8d}  {kind}")
    complaints = [o.complaint for o in outcomes if o.complaint]
    print(f"{len(outcomes)} inputs in {time.perf_counter() - start:.0f} s, {len(complaints)} complaints")
    print("\n".join(complaints[:50]))
    sys.exit(bool(complaints))


def outcomes_of(seed: int, inputs: int) -> Iterator[Outcome]:
    """Read input after input in a process that is started anew when one ends it."""
    number, context = 0, multiprocessing.get_context("spawn")
    while number < inputs:
        here, there = context.Pipe()
        worker = context.Process(target=work, args=(there, seed, number, inputs))
        worker.start()
        there.close()
        try:
            while number < inputs:
                yield here.recv()
                number += 1
        except EOFError:
            yield Outcome("ended the process", f"input {number} ended the process")
            number += 1
        worker.join()


def work(pipe: Connection, seed: int, first: int, inputs: int) -> None:
    """Send the outcome of every input from the first on."""
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as folder:
        files = good_files(Path(folder))
        for number in range(first, inputs):
            content = fuzzed(files, random.Random(seed * 1_000_003 + number))
            pipe.send(outcome(Path(folder) / "input.bin", content, number))
    pipe.close()


def outcome(path: Path, content: bytes, number: int) -> Outcome:
    """Read one input as a panel and as a yearbook."""
    path.write_bytes(content)
    start = time.perf_counter()
    kinds = []
    for read in (yd.read_panel, yd.read_yearbook):
        try:
            read(path)
            kinds.append("read")
        except yd.YrdeconError:
            kinds.append("refused")
        except BaseException as error:
            complaint = f"input {number}: {read.__name__} raised {type(error).__name__}: {error}"
            return Outcome("another error", complaint[:300])
    if (seconds := time.perf_counter() - start) > SLOW_SECONDS:
        return Outcome("slow", f"input {number} took {seconds:.0f} s")
    return Outcome(f"{format_of(content)}: panel {kinds[0]}, yearbook {kinds[1]}")


def format_of(content: bytes) -> str:
    """Return the format that the first bytes claim."""
    claims = {"xlsx": b"PK\x03\x04", "xls": COMPOUND, "parquet": b"PAR1", "stata": b"<stata_dta>", "page": b"<"}
    claims["stata before 13"] = bytes([114])
    return next((name for name, start in claims.items() if content.startswith(start)), "text")


def good_files(folder: Path) -> list[bytes]:
    """Write a file of every format and layout, with invented figures."""
    rows = [("合肥市", 2010, 1.5), ("芜湖市", 2010, 2.0), ("合肥市", 2011, 3.0), ("芜湖市", 2011, 4.0)]
    table = pd.DataFrame(rows, columns=["城市", "年份", "GDP（亿元）"])
    latin = table.set_axis(["city", "year", "gdp"], axis=1).astype({"city": object})
    wide = table.pivot(index="城市", columns="年份", values="GDP（亿元）").reset_index()
    latin.to_stata(folder / "a.dta", write_index=False, version=118, variable_labels={"gdp": "产值（亿元）"})
    latin.assign(city=["a", "b"] * 2).to_stata(folder / "b.dta", write_index=False, version=114)
    table.to_parquet(folder / "a.parquet")
    for name, encoding in (("u.csv", "utf-8"), ("g.csv", "gbk"), ("w.csv", "utf-16"), ("b.csv", "utf-8-sig")):
        table.to_csv(folder / name, index=False, encoding=encoding)
    (folder / "a.xls").write_text(f"<html>{table.to_html(index=False)}</html>", encoding="utf-8")
    table.to_excel(folder / "long.xlsx", index=False)
    wide.to_excel(folder / "wide.xlsx", index=False)
    _yearbook(folder / "yearbook.xlsx")
    _two_rows(folder / "two_rows.xlsx")
    return [path.read_bytes() for path in sorted(folder.iterdir())]


def _yearbook(path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (
        ["中国2010年", None, "2-1 人口数", None],
        [],
        ["城 市", "City", "常住人口（万人） Residents", None],
        [None, None, "全市 Total", "市辖区"],
        ["合肥市", "Hefei", 745, 335],
        ["芜湖市", "Wuhu", "22 6", 108],
    ):
        book.active.append(row)
    for area in ("A1:B2", "C1:D2", "A3:A4", "B3:B4", "C3:D3"):
        book.active.merge_cells(area)
    book.save(path)


def _two_rows(path: Path) -> None:
    """Write names below merged headers, merged years and provinces, a total, and a hidden sheet."""
    book = openpyxl.Workbook()
    for row in (
        ["单位：万元", None, None, None, None],
        ["省份", "年份", "城市", "产值", None],
        [None, None, None, "一产", "二产（亿元）"],
        ["安徽省", 2010, "合肥市", 1.5, 2],
        [None, None, "芜湖市", "12%", 3],
        [None, None, "合计", 3, 5],
    ):
        book.active.append(row)
    for area in ("A2:A3", "B2:B3", "C2:C3", "D2:E2", "A4:A6", "B4:B6"):
        book.active.merge_cells(area)
    hidden = book.create_sheet("2009年")
    hidden.append(["城市", "一产"])
    hidden.append(["合肥市", 1])
    hidden.sheet_state = "hidden"
    book.save(path)


def fuzzed(files: list[bytes], chance: random.Random) -> bytes:
    """Return one damaged or invented input."""
    damage: Damage | None = chance.choice([*DAMAGES, _inside_zip, None, None, None])
    return damage(files, chance) if damage else chance.choice([_table, _sheet, _noise])(chance)


def _flipped(files: list[bytes], chance: random.Random) -> bytes:
    content = bytearray(chance.choice(files))
    for _ in range(chance.randint(1, 20)):
        content[chance.randrange(len(content))] = chance.randrange(256)
    return bytes(content)


def _cut(files: list[bytes], chance: random.Random) -> bytes:
    content = chance.choice(files)
    first, last = sorted(chance.randrange(len(content) + 1) for _ in range(2))
    return content[:first] + content[last:] if chance.random() < 0.5 else content[first:last]


def _spliced(files: list[bytes], chance: random.Random) -> bytes:
    one, other = chance.choice(files), chance.choice(files)
    return one[: chance.randrange(len(one))] + other[chance.randrange(len(other)) :]


def _with_tokens(files: list[bytes], chance: random.Random) -> bytes:
    content = chance.choice(files)
    for _ in range(chance.randint(1, 6)):
        place = chance.randrange(len(content) + 1)
        token = chance.choice(TOKENS) * chance.randint(1, 3)
        content = content[:place] + token + content[place + chance.randint(0, 2) :]
    return content


def _inside_zip(files: list[bytes], chance: random.Random) -> bytes:
    """Damage a part of a workbook and zip it again, which gets past the checksums."""
    source = chance.choice([content for content in files if content.startswith(b"PK")])
    damage: Damage = chance.choice([_flipped, _cut, _with_tokens])
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(source)) as archive, zipfile.ZipFile(buffer, "w") as changed:
        names = archive.namelist()
        target = chance.choice([*names, *[name for name in names if "sheet" in name or "shared" in name] * 3])
        for name in names:
            part = archive.read(name)
            changed.writestr(name, damage([part], chance) if name == target and part else part)
    return buffer.getvalue()


DAMAGES: list[Damage] = [_flipped, _cut, _spliced, _with_tokens, _inside_zip]


def _rows(chance: random.Random) -> list[list[str]]:
    width = chance.randint(1, 6)
    return [[chance.choice(CELLS) for _ in range(width + chance.randint(-1, 1))] for _ in range(chance.randint(0, 12))]


def _table(chance: random.Random) -> bytes:
    """Invent a text table of cells that mean something to the reader."""
    separator = chance.choice(",\t;|")
    text = "\n".join(separator.join(row) for row in _rows(chance))
    return text.encode(chance.choice(["utf-8", "gb18030", "utf-16", "utf-8-sig"]))


def _sheet(chance: random.Random) -> bytes:
    """Invent a workbook of such cells, some of them numbers, some merged."""
    book = openpyxl.Workbook()
    for row in _rows(chance):
        book.active.append([float(cell) if chance.random() < 0.5 and _is_number(cell) else cell for cell in row])
    for _ in range(chance.randint(0, 3)):
        top, left = chance.randint(1, 6), chance.randint(1, 4)
        below, right = top + chance.randint(0, 2), left + chance.randint(0, 2)
        book.active.merge_cells(start_row=top, start_column=left, end_row=below, end_column=right)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _is_number(cell: str) -> bool:
    digits = cell.removeprefix("-").replace(".", "", 1)
    return digits.isascii() and digits.isdigit()


def _noise(chance: random.Random) -> bytes:
    start = chance.choice([b"", b"<", b"PAR1", b"PK\x03\x04", b"<stata_dta>", b"r\x02\x01\0"])
    return start + chance.randbytes(chance.randint(0, 400))


if __name__ == "__main__":
    main()
