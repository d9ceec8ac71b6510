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


def levels_of(effect: str) -> str:
    """Return the column of the levels of an effect, of ``"province[year]"`` the province.

    Examples
    --------
    >>> levels_of("province[year]"), levels_of("province^year")
    ('province', 'province^year')
    """
    return effect.split("[")[0]


def row_labels(panel: Panel, sample: Sample, design: Design) -> pd.DataFrame:
    """Return the labels of the rows of a sample: unit, time, cohort, group, cluster, and combined effects."""
    frame = sample.frame
    labels = pd.DataFrame(
        {
            "unit": sample.units[sample.unit],
            "time": sample.periods[sample.time],
            "cohort": sample.cohort[sample.unit],
        }
    )
    for column in (panel.group, design.cluster):
        if column and column not in labels:
            labels[column] = frame[column].to_numpy()
    for effect in design.effects:
        parts = frame[list(parse_effect(effect).columns)].astype(str)
        labels[levels_of(effect)] = parts.agg("^".join, axis=1).to_numpy()
    return labels


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


def codes_of(values: Any) -> NDArray[np.int64]:
    """Return the number of each value among the distinct ones, in the order of their first row."""
    return np.asarray(pd.factorize(values)[0], dtype=np.int64)
