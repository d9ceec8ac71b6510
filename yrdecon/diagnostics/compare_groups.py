"""Whether a coefficient differs between two groups of units, by exchanging whole units between them."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from yrdecon.core.hypothesis import TIE, HypothesisTest
from yrdecon.core.labels import codes_of, levels_of
from yrdecon.core.names import some_of
from yrdecon.core.panel import Panel, boolean_column
from yrdecon.errors import DesignError, EstimationError
from yrdecon.estimators.panel_regression import panel_regression
from yrdecon.estimators.panels.columns import INTERCEPT
from yrdecon.estimators.panels.data import Regression, draw_regression
from yrdecon.estimators.panels.formula import parse_formula
from yrdecon.inference.geometry import Geometry, compactness, random_sets
from yrdecon.kernels.group_slopes import group_slopes
from yrdecon.kernels.resample import all_choices, count_choices, random_orders
from yrdecon.places.distances import distances_of

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]

FEWEST_UNITS = 2


@dataclass(frozen=True, eq=False)
class Division:
    """The sample, (n,) numbers of its units, and (N,) whether a unit is in the second group."""

    data: Regression
    unit: IntArray
    second: BoolArray


def compare_groups(panel: Panel, formula: str, term: str, by: str, *, seed: int, draws: int = 999) -> HypothesisTest:
    """Test whether a coefficient is the same in two groups of units, each with a regression of its own.

    Units are exchanged between the groups as wholes, sizes kept: every division if there are at most `draws` others,
    else a sample of them. Rows of one unit depend on each other, so rows are never exchanged by themselves.

    Parameters
    ----------
    formula
        As for `panel_regression`, without instruments and without slopes among the effects.
    term
        The regressor whose coefficients are compared.
    by
        Boolean column, constant within units: true for the second group.
    seed, draws
        Seed and number of sampled divisions.

    Returns
    -------
    A two-sided test; its estimate is the coefficient where `by` is true less that where it is false. Frame ``"groups"``
    holds group, n_units, n_obs, coefficient and clustered std_error of each regression; ``"placebos"`` the difference
    under every division, the actual one first. The notes give the p-value of an
    interaction with errors clustered by unit, unless a group is a block of neighbors.

    Raises
    ------
    DesignError
        If the term is not in the formula, the column varies within a unit, a group has fewer than two units, or the
        formula has instruments or slopes.
    EstimationError
        If a group does not identify the coefficient.

    Notes
    -----
    The test holds its size if units are exchangeable apart from the coefficient: scattered groups of 16 and 25 of the
    41 cities reject a true null in 4 to 6% of 1,000 simulated panels at the 5% level, with shocks that reach 225 km or
    none. Groups of neighbors do not: Anhui against the rest rejects in 16%, the interaction in 18%, when shocks reach
    225 km. Where a group is closer together than nine in ten random ones only the rank is printed.

    References
    ----------
    Cleary (1999), Journal of Finance; Efron and Tibshirani (1993), An Introduction to the Bootstrap, chapter 15.

    Examples
    --------
    >>> rows = [(i, t, i > 5, float(i * t % 5), float(i * t * t % 7)) for i in range(1, 11) for t in range(6)]
    >>> panel = Panel.from_frame(pd.DataFrame(rows, columns=["u", "t", "east", "y", "x"]), unit="u", time="t")
    >>> test = compare_groups(panel, "y ~ x | u + t", "x", "east", seed=1)
    >>> len(test.draws)
    252
    """
    division = _divide(panel, formula, term, by)
    table = pd.DataFrame([_regress(panel, formula, term, by, value) for value in (False, True)])
    members, is_complete = _divisions(division.second, draws, seed)
    differences = _differences(division, members, term)
    usable = np.isfinite(differences)
    statistics = np.abs(differences[usable])
    difference = float(table["coefficient"].iloc[1] - table["coefficient"].iloc[0])
    wald = abs(difference) / float(np.hypot(*table["std_error"]))
    interaction = 2 * stats.t.sf(wald, len(division.second) - 1)
    neighbors = _neighbors(panel, division, seed)
    sizes = f"{int((~division.second).sum())} and {int(division.second.sum())}"
    lost = int((~usable).sum())
    return HypothesisTest(
        name="permutation test of a difference between groups",
        statistic=float(statistics[0]),
        p_value=float(np.mean(statistics >= statistics[0] * (1 - TIE))),
        null=f"the coefficient of {term!r} is the same in both groups of {by!r}",
        draws=statistics,
        estimate=difference,
        disjoint_sets=len(division.second) // int(min(division.second.sum(), (~division.second).sum()))
        if neighbors
        else None,
        frames=MappingProxyType({"groups": table, "placebos": pd.DataFrame({"estimate": differences[usable]})}),
        notes=(
            f"every division of whole units into groups of {sizes}"
            if is_complete
            else f"{draws} random divisions of whole units into groups of {sizes}, seed {seed}",
            *(neighbors or (f"an interaction with errors clustered by unit has p = {interaction:.4f}",)),
            *((f"{lost} divisions do not identify the coefficient and are left out",) if lost else ()),
        ),
    )


def _divide(panel: Panel, formula: str, term: str, by: str) -> Division:
    parsed = parse_formula(formula)
    marked = panel.assign(**{by: boolean_column(panel, by)})
    data = draw_regression(marked, parsed, None, (by,))
    if data.is_instrumented or data.slopes.shape[1]:
        raise DesignError("compare_groups takes neither instruments nor slopes among the effects; leave them out")
    terms = [str(c) for c in data.regressors.columns if c != INTERCEPT]
    if term not in terms:
        raise DesignError(f"term {term!r} is not in the formula; it has {terms}")
    unit = codes_of(data.units["unit"])
    share = np.bincount(unit, weights=data.units[by].to_numpy(dtype=float)) / np.bincount(unit)
    names = data.units["unit"].drop_duplicates().to_numpy()
    varying = names[(share > 0) & (share < 1)]
    if len(varying):
        raise DesignError(f"{by!r} varies within the units {some_of(varying)}; it must be constant within units")
    for value, size in (("true", int(share.sum())), ("false", int((share == 0).sum()))):
        if size < FEWEST_UNITS:
            raise DesignError(f"{by!r} is {value} for {size} units; a group needs {FEWEST_UNITS} units or more")
    return Division(data, unit, share > 0)


def _regress(panel: Panel, formula: str, term: str, by: str, value: bool) -> dict[str, object]:
    own = panel.assign(**{by: boolean_column(panel, by) == value}).where(by)
    estimate = panel_regression(own, formula)
    terms = estimate.cells["term"].tolist()
    if term not in terms:
        raise EstimationError(
            f"the coefficient of {term!r} is not identified where {by!r} is {value}; regroup the units"
        )
    return {
        "group": value,
        "n_units": estimate.n_units,
        "n_obs": estimate.n_obs,
        "coefficient": float(estimate.coef[terms.index(term)]),
        "std_error": float(estimate.std_error[terms.index(term)]),
    }


def _neighbors(panel: Panel, division: Division, seed: int) -> tuple[str, ...]:
    """Say so where the units of one group lie closer together than those of nine in ten random groups."""
    if panel.location is None or panel.frame[list(panel.location)].isna().any(axis=None):
        return ()
    names = pd.Index(division.data.units["unit"].drop_duplicates())
    geometry = Geometry(distances_of(panel, names), "km")
    for group in (division.second, ~division.second):
        if compactness(geometry, group, random_sets(group, seed)).is_close:
            return (
                "the units of a group are neighbors: where these share shocks, this test and the interaction reject a "
                "true null far too often",
            )
    return ()


def _divisions(second: BoolArray, draws: int, seed: int) -> tuple[BoolArray, bool]:
    """Return the (B, N) members of the second group, the actual one first, and whether they are all there are."""
    one = np.zeros(len(second), dtype=np.int64)
    if count_choices(one, second) <= draws + 1:
        every = all_choices(one, second)
        return np.concatenate([second[None], every[(every != second).any(axis=1)]]), True
    orders = random_orders(one, draws, np.random.default_rng(seed))
    return np.concatenate([second[None], second[orders]]), False


def _differences(division: Division, members: BoolArray, term: str) -> FloatArray:
    data = division.data
    effects = [pd.get_dummies(data.units[levels_of(e)]).to_numpy(dtype=float) for e in data.effects]
    projected = np.column_stack([np.ones(len(data.outcome)), data.covariates, *effects])
    regressors = data.regressors.drop(columns=INTERCEPT, errors="ignore")
    at = [str(c) for c in regressors.columns].index(term)
    x = regressors.to_numpy(dtype=float)
    scale = np.where(np.ptp(x, axis=0) > 0, x.std(axis=0), 1.0)
    x = (x - x.mean(axis=0)) / scale
    parts = [group_slopes(data.outcome, x, projected, division.unit, m)[:, at] for m in (members, ~members)]
    return np.asarray((parts[0] - parts[1]) / scale[at])
