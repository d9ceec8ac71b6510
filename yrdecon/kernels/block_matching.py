"""Which unit of one block stands where in another, so that both look alike on the map."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


def match_places(own: FloatArray, other: FloatArray) -> IntArray:
    """Return for each of n units the (n,) place among n others at which distances between units change least.

    The sum of squared differences between (n, n) distances is made small by the relaxation of Vogelstein et al. (2015),
    PLoS ONE 10(4), from its flat start: without random numbers, a local minimum where there are several.
    """
    options = {"maximize": True, "rng": np.random.default_rng(0)}  # no number is drawn from it
    found = optimize.quadratic_assignment(own, other, method="faq", options=options)
    return np.asarray(found.col_ind, dtype=np.int64)
