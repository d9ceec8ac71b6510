"""The tests under certification, by the name that the tables print."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from benchmarks import classic_tests
from benchmarks.collapsed import Collapsed
from benchmarks.placebo_tests import permutation

FloatArray = NDArray[np.float64]
Test = Callable[[Collapsed, int], FloatArray]

DRAWS = 999
DEFAULT, BLOCKS = "default", "blocks, half-shrunk"

ANY_DATES: dict[str, Test] = {
    DEFAULT: lambda panels, seed: permutation(panels, "auto", "auto", DRAWS, seed),
}
ONE_DATE: dict[str, Test] = {
    "CRV1": lambda panels, _: classic_tests.crv1(panels),
    "WCR": lambda panels, seed: classic_tests.wcr(panels, DRAWS, seed),
    "WCU": lambda panels, seed: classic_tests.wcu(panels, DRAWS, seed),
    "RI-beta": lambda panels, seed: permutation(panels, "free", "none", DRAWS, seed),
    "RI-t": lambda panels, seed: permutation(panels, "free", "cluster", DRAWS, seed),
    "Conley-Taber": lambda panels, seed: classic_tests.conley_taber(panels, seed),
    "Ferman-Pinto": lambda panels, seed: classic_tests.ferman_pinto(panels, DRAWS, seed),
    "conformal": lambda panels, _: classic_tests.conformal(panels),
}
SEVERAL_TREATED: dict[str, Test] = {
    "CR2+BM": lambda panels, _: classic_tests.cr2(panels),
    "CV3": lambda panels, _: classic_tests.cv3(panels),
    "sign change": lambda panels, _: classic_tests.sign_change(panels),
    "blocks, raw": lambda panels, seed: permutation(panels, "contiguous", "none", DRAWS, seed),
    BLOCKS: lambda panels, seed: permutation(panels, "contiguous", "half", DRAWS, seed),
}
ONE_TREATED: dict[str, Test] = {"Hagemann": lambda panels, _: classic_tests.hagemann(panels)}

ORDER = (
    DEFAULT,
    BLOCKS,
    "blocks, raw",
    "CRV1",
    "CR2+BM",
    "CV3",
    "WCR",
    "WCU",
    "RI-beta",
    "RI-t",
    "Conley-Taber",
    "Ferman-Pinto",
    "sign change",
    "Hagemann",
    "conformal",
    "spatial model",
    "SDID, blocks",
)
INDEPENDENT_CLUSTERS = (
    "CRV1",
    "CR2+BM",
    "CV3",
    "WCR",
    "WCU",
    "RI-beta",
    "RI-t",
    "Conley-Taber",
    "Ferman-Pinto",
    "sign change",
)


def applicable_tests(panels: Collapsed) -> dict[str, Test]:
    """Return the tests that exist for a setting, in the order of the tables."""
    setting = panels.setting
    found = dict(ANY_DATES)
    if not setting.is_staggered:
        found |= ONE_DATE | (ONE_TREATED if setting.treated.sum() == 1 else SEVERAL_TREATED)
    return {name: found[name] for name in ORDER if name in found}
