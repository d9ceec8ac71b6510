"""Properties of numbers in cells, and files of any bytes: a panel, a table or an error of ours."""

import contextlib
import random

import numpy as np
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import yrdecon as yd
from benchmarks.fuzz_files import fuzzed, good_files, outcome
from yrdecon.clean.numbers import parse_number, parse_year

HEADER = "城市,年份,GDP\n"


def text(tmp_path, content):
    (tmp_path / "a.csv").write_bytes(content.encode() if isinstance(content, str) else content)
    return tmp_path / "a.csv"


QUIETLY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_finite_number_reads_back_as_itself(value):
    assert parse_number(repr(value)) == value


@given(st.integers(-(10**12), 10**12))
def test_separators_of_thousands_and_wide_digits_change_nothing(value):
    wide = f"{value:,}".translate(str.maketrans("0123456789,-", "０１２３４５６７８９，－"))
    assert parse_number(f"{value:,}") == parse_number(wide) == value


@given(st.text(max_size=12))
@example("²")
@example("٣")
def test_any_text_is_a_number_or_missing_or_a_value_error(text_):
    for parse in (parse_number, parse_year):
        try:
            number = parse(text_)
        except ValueError:
            continue
        assert number is None or np.isfinite(number)


@QUIETLY
@given(body=st.text(st.sampled_from("城市合肥,年份\n2010.GDP\"';\t①-… 元(%)\r"), max_size=200))
def test_any_text_of_a_table_gives_a_panel_or_an_error_of_ours(tmp_path, body):
    for content in (body, HEADER + body):
        reads_or_refuses(text(tmp_path, content))


@QUIETLY
@given(data=st.binary(max_size=300))
def test_any_bytes_give_a_panel_or_an_error_of_ours(tmp_path, data):
    for start in (b"", HEADER.encode(), HEADER.encode("gbk"), b"PK\x03\x04", b"<table>", b"PAR1"):
        reads_or_refuses(text(tmp_path, start + data))


def test_hundreds_of_damaged_and_invented_files_give_a_panel_or_an_error_of_ours(tmp_path):
    files = good_files(tmp_path)
    outcomes = [outcome(tmp_path / "input.bin", fuzzed(files, random.Random(number)), number) for number in range(400)]
    assert [o.complaint for o in outcomes if o.complaint] == []
    formats, kinds = zip(*(o.kind.split(": ") for o in outcomes), strict=True)
    assert len(set(kinds)) == 4
    assert set(formats) == {"xlsx", "text", "page", "parquet", "stata", "stata before 13"}


def reads_or_refuses(path):
    for function in (yd.read_panel, yd.read_yearbook):
        with contextlib.suppress(yd.YrdeconError):
            function(path)
