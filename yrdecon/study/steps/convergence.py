"""Whether incomes draw together: a description of all units of the panel, no effect of anything."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.errors import DesignError
from yrdecon.study.findings import Findings, gather
from yrdecon.study.material import FILLED, Material, income_column


def convergence(material: Material) -> Findings:
    """Describe the first outcome per person of the plan over the units of the headline's panel that never miss it.

    Frame ``sigma``: time, sd_all and sd_treated (standard deviations), gap (mean of the others less that of the
    treated) and filled (share of filled cells). Frame ``beta``: first, last, n_units, slope of yearly growth in the
    first level, r_squared, and speed, at which the distance to a common level would shrink each year (Barro and
    Sala-i-Martin 1992), NaN where units do not draw together.
    """
    return gather({"sigma": lambda: _sigma(material), "beta": lambda: _beta(_wide(material))})


def _wide(material: Material) -> pd.DataFrame:
    """Return incomes by unit and period without gaps."""
    panel = material.headline.panel
    table = panel.frame.pivot(index=panel.unit, columns=panel.time, values=income_column(material))
    whole = table.dropna(axis=1, how="all").dropna()
    if len(whole) < 3 or whole.shape[1] < 2:
        raise DesignError(f"{len(whole)} units hold {income_column(material)} without gaps; convergence needs three")
    return whole


def _sigma(material: Material) -> pd.DataFrame:
    panel, wide = material.headline.panel, _wide(material)
    frame = panel.frame[panel.frame[panel.unit].isin(wide.index)]
    cohort = frame.groupby(panel.unit)["cohort"].first().astype(float).reindex(wide.index)
    treated = np.isfinite(cohort.to_numpy())
    filled = frame.groupby(panel.time)[FILLED].mean() if FILLED in frame.columns else pd.Series(0.0, wide.columns)
    table = pd.DataFrame(
        {
            "sd_all": wide.std(),
            "sd_treated": wide[treated].std(),
            "gap": wide[~treated].mean() - wide[treated].mean(),
            "filled": filled.reindex(wide.columns),
        }
    )
    return table.rename_axis("time").reset_index()


def _beta(wide: pd.DataFrame) -> pd.DataFrame:
    first, last = int(wide.columns[0]), int(wide.columns[-1])
    years = last - first
    start, growth = wide[first].to_numpy(dtype=float), (wide[last] - wide[first]).to_numpy(dtype=float) / years
    slope = _slope(start, growth)
    left = 1 + slope * years
    row = {
        "first": first,
        "last": last,
        "n_units": len(wide),
        "slope": slope,
        "r_squared": float(np.corrcoef(start, growth)[0, 1] ** 2),
        "speed": -np.log(left) / years if 0 < left < 1 else np.nan,
    }
    return pd.DataFrame([row])


def _slope(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    centered = x - x.mean()
    return float(centered @ y / (centered @ centered))
