"""Labels of the rows and units of a sample."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.design import Design, parse_effect
from yrdecon.core.names import some_of
from yrdecon.core.panel import Panel
from yrdecon.core.sample import Sample
from yrdecon.errors import DesignError
from yrdecon.kernels.sandwich import is_nested

WEIGHT = "weight"


def levels_of(effect: str) -> str:
    """Return the column of the levels of an effect, of ``"province[year]"`` the province.

    Examples
    --------
    >>> levels_of("province[year]"), levels_of("province^year")
    ('province', 'province^year')
    """
    return effect.split("[")[0]


def row_labels(panel: Panel, sample: Sample, design: Design) -> pd.DataFrame:
    """Return the labels of the rows of a sample: unit, time, cohort, group, cluster, and combined effects.

    Raises
    ------
    DesignError
        If the group, the cluster or an effect is a column that has the name of another label and tells other rows
        apart.
    """
    frame = sample.frame
    labels = pd.DataFrame(
        {
            "unit": sample.units[sample.unit],
            "time": sample.periods[sample.time],
            "cohort": sample.cohort[sample.unit],
        }
    )
    for column in (panel.group, design.cluster):
        if column:
            _add(labels, column, frame[column].to_numpy())
    for effect in design.effects:
        parts = frame[list(parse_effect(effect).columns)].astype(str)
        _add(labels, levels_of(effect), parts.agg("^".join, axis=1).to_numpy())
    return labels


def _add(labels: pd.DataFrame, name: str, values: NDArray[Any]) -> None:
    if name not in labels and name != WEIGHT:
        labels[name] = values
    elif name == WEIGHT or not _are_twins(codes_of(labels[name]), codes_of(values)):
        raise DesignError(
            f"column {name!r} cannot be a group, cluster or effect under this name, which an estimate gives to its own "
            f"labels; copy it under another name: panel.assign({name}_copy=panel.frame[{name!r}])"
        )


def _are_twins(one: NDArray[np.int64], other: NDArray[np.int64]) -> bool:
    return is_nested(one, other) and is_nested(other, one)


def unit_labels(panel: Panel, sample: Sample, design: Design) -> pd.DataFrame:
    """Return the labels of the units of a sample, of the first row of each, and the ``last_time`` of each.

    Raises
    ------
    DesignError
        If the cluster changes within a unit.
    """
    by_unit = row_labels(panel, sample, design).groupby("unit", sort=False)
    if design.cluster and (levels := by_unit[design.cluster].nunique()).gt(1).any():
        raise DesignError(
            f"the cluster {design.cluster!r} changes within units {some_of(levels.index[levels > 1])}; cluster by a "
            "column that is constant within units, such as the unit itself"
        )
    return by_unit.first().assign(last_time=by_unit["time"].max()).reset_index()


def clusters_of(labels: pd.DataFrame, cluster: str) -> NDArray[np.int64]:
    """Return the number of each row's cluster.

    Raises
    ------
    DesignError
        If there is one cluster only, within which influence sums to zero, so that there is no error.
    """
    codes = codes_of(labels[cluster])
    if codes.max() < 1:
        raise DesignError(f"column {cluster!r} has one level only; clustered errors need two clusters or more")
    return codes


def codes_of(values: Any) -> NDArray[np.int64]:
    """Return the number of each value among the distinct ones, in the order of their first row."""
    return np.asarray(pd.factorize(values)[0], dtype=np.int64)
