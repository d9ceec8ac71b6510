"""The named small-sample rules of clustered covariances."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from yrdecon.core.labels import codes_of, levels_of
from yrdecon.core.options import fail_if_unknown
from yrdecon.errors import DesignError
from yrdecon.kernels.sandwich import is_nested
from yrdecon.kernels.within import prepare_fixed_effects

SmallSample = Literal["fixest", "stata", "none"]


@dataclass(frozen=True)
class ClusterFactor:
    """The factor on a clustered covariance, the degrees of freedom of its t distribution, and the rule in words.

    ``parameters`` is the number K that the rule counts, zero where it counts none.
    """

    factor: float
    dof: float
    words: str
    parameters: int = 0


def cluster_factor(
    units: pd.DataFrame, cluster: str | tuple[str, ...], effects: tuple[str, ...], n_regressors: int, ssc: SmallSample
) -> ClusterFactor:
    """Return the small-sample factor of a covariance clustered by one column or several.

    Parameters
    ----------
    units
        Labels of the n rows; holds the clusters and the absorbed effects.
    cluster
        The column, or several: the one with fewest levels counts, and effects nested in any of them are nested.
    n_regressors
        Number of regressors and covariates, without the absorbed effects.
    ssc
        ``"fixest"`` leaves absorbed effects that are nested in the cluster out of the number of parameters, as
        fixest, reghdfe and pyfixest do; ``"stata"`` counts all that are independent, as areg and explicit dummies do;
        both count a varying slope once per level; ``"none"`` applies no factor.

    Raises
    ------
    DesignError
        If the rule is unknown, or there is only one cluster.

    Examples
    --------
    >>> rows = pd.DataFrame({"unit": [0, 0, 1, 1], "time": [0, 1, 0, 1]})
    >>> cluster_factor(rows, "unit", ("unit", "time"), 1, "fixest").words
    'fixest: G/(G-1) x (N-1)/(N-K), N=4, K=3, G=2'
    """
    fail_if_unknown("ssc", ssc, SmallSample)
    clusters = (cluster,) if isinstance(cluster, str) else cluster
    columns = {*clusters, *map(levels_of, effects)}
    codes = {column: codes_of(units[column]) for column in columns}
    fewest = min(clusters, key=lambda c: codes[c].max())
    groups = int(codes[fewest].max()) + 1
    if groups < 2:
        raise DesignError(f"column {fewest!r} has one level only; clustered errors need two clusters or more")
    if ssc == "none":
        return ClusterFactor(1.0, groups - 1, f"none, G={groups}")
    levels = {effect: int(codes[levels_of(effect)].max()) + 1 for effect in effects}
    fixed = [effect for effect in effects if levels_of(effect) == effect]
    nested = [e for e in fixed if ssc == "fixest" and any(is_nested(codes[e], codes[c]) for c in clusters)]
    n = len(units)
    parameters = n_regressors + sum(levels[e] for e in effects if e not in fixed)
    if ssc == "stata":
        parameters += prepare_fixed_effects([codes[e] for e in fixed], np.ones(n)).rank if fixed else 0
    else:
        parameters += sum(levels[e] for e in fixed) - (len(fixed) - 1 if fixed else 0)
        parameters -= sum(levels[e] - 1 for e in nested)
    if n <= parameters:
        raise DesignError(f"{n} rows cannot support {parameters} parameters; use ssc='none' or a smaller model")
    factor = groups / (groups - 1) * (n - 1) / (n - parameters)
    words = f"{ssc}: G/(G-1) x (N-1)/(N-K), N={n}, K={parameters}, G={groups}"
    return ClusterFactor(factor, groups - 1, words, parameters)
