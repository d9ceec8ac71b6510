"""Tests written to disk and read again."""

from types import MappingProxyType

import numpy as np
import pandas as pd
import pytest

import yrdecon as yd


def test_a_test_survives_a_file_to_the_last_digit(tmp_path):
    noise = np.random.default_rng(1).normal(size=50)
    frame = pd.DataFrame({"actual": [True] + [False] * 49, "estimate": noise, "members": ["a;b"] * 50})
    test = yd.HypothesisTest(
        "toy",
        0.1 + 0.2,
        1 / 3,
        "nothing",
        np.abs(noise),
        n_assignments=50,
        frames=MappingProxyType({"placebos": frame}),
    )
    again = yd.load_test(yd.save_test(test, tmp_path / "toy.zip"))
    assert (again.statistic, again.p_value, again.n_assignments) == (test.statistic, test.p_value, 50)
    assert np.isnan(again.conf_low)
    assert again.disjoint_sets is None
    np.testing.assert_array_equal(again.draws, test.draws)
    pd.testing.assert_frame_equal(again.frames["placebos"], frame)


def test_the_same_test_gives_the_same_bytes(tmp_path):
    test = yd.HypothesisTest("toy", 1.0, 0.5, "nothing")
    paths = [yd.save_test(test, tmp_path / name) for name in ("one.zip", "two.zip")]
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_an_estimate_is_not_read_as_a_test(tmp_path):
    (tmp_path / "broken.zip").write_bytes(b"PK no zip")
    with pytest.raises(yd.DataError, match="not a test saved by save_test"):
        yd.load_test(tmp_path / "broken.zip")
