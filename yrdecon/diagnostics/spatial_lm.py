"""Whether a regression leaves out a spatial lag or a spatial error."""

from __future__ import annotations

from dataclasses import asdict
from types import MappingProxyType
from typing import Literal

import pandas as pd
from scipy import stats

from yrdecon.core.hypothesis import HypothesisTest
from yrdecon.core.options import fail_if_unknown
from yrdecon.core.panel import Panel
from yrdecon.estimators.panels.spatial import draw_arrays
from yrdecon.kernels.spatial_dependence import lagrange_multipliers
from yrdecon.places.spatial_weights import SpatialWeights

Against = Literal["lag", "error", "robust_lag", "robust_error"]

NULLS = {
    "lag": "the outcome does not depend on that of neighbors, given that errors do not either",
    "error": "errors do not depend on those of neighbors, given that the outcome does not either",
    "robust_lag": "the outcome does not depend on that of neighbors, whether errors do or not",
    "robust_error": "errors do not depend on those of neighbors, whether the outcome does or not",
}
NAMES = {
    "lag": "LM test of a spatial lag",
    "error": "LM test of a spatial error",
    "robust_lag": "robust LM test of a spatial lag",
    "robust_error": "robust LM test of a spatial error",
}


def spatial_lm(
    panel: Panel, formula: str, weights: SpatialWeights, *, against: Against = "robust_lag"
) -> HypothesisTest:
    """Test by the Lagrange multiplier whether least squares leaves out that neighbors matter.

    Parameters
    ----------
    formula
        As for `spatial_panel`: without effects the pooled tests, with effects those of the transformed data.
    against
        The alternative. Each plain test also rejects because of the other kind of dependence; robust ones do not.

    Returns
    -------
    A chi-squared test with one degree of freedom; frame ``"all"`` holds the four.

    Raises
    ------
    DesignError
        As `spatial_panel` does.

    Notes
    -----
    By custom the model with the larger robust statistic is taken if both plain tests reject (Anselin, Bera, Florax and
    Yoon 1996), and a Durbin model nests both. Tests before a choice make the errors after it too small.

    References
    ----------
    Anselin, Le Gallo and Jayet (2008), Spatial panel econometrics; Debarsy and Ertur (2010), Regional Science and Urban
    Economics, for unit effects.

    Examples
    --------
    >>> from yrdecon.clean import load_panel
    >>> from yrdecon.places import spatial_weights
    >>> panel = load_panel("yrd").between(2010, 2019)
    >>> test = spatial_lm(panel, "ln_real_gdp_pc ~ share_secondary_pct | city_code + year", spatial_weights(panel))
    >>> test.frames["all"]["test"].tolist()
    ['lag', 'error', 'robust_lag', 'robust_error']
    """
    fail_if_unknown("against", against, Against)
    arrays = draw_arrays(panel, formula, weights)
    found = asdict(lagrange_multipliers(arrays.outcome, arrays.regressors, arrays.weights))
    table = pd.DataFrame({"test": list(found), "statistic": list(found.values())})
    return HypothesisTest(
        name=NAMES[against],
        statistic=found[against],
        p_value=float(stats.chi2.sf(found[against], 1)),
        null=NULLS[against],
        frames=MappingProxyType({"all": table.assign(p_value=stats.chi2.sf(table["statistic"], 1))}),
        notes=(*arrays.notes, f"spatial weights: {weights.kind}"),
    )
