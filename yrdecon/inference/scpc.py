"""A t-test that holds its size under spatial correlation up to a stated strength."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.design import Design
from yrdecon.core.hypothesis import HypothesisTest
from yrdecon.core.panel import Panel
from yrdecon.core.sample import draw_sample, restrict
from yrdecon.errors import DesignError
from yrdecon.inference.changes import UnitChanges, unit_changes
from yrdecon.inference.inversion import fail_if_level_is_wrong
from yrdecon.kernels.spatial_components import (
    choose_components,
    critical_value,
    rejection_probabilities,
    weighted_covariances,
    weights_on_errors,
)
from yrdecon.places.distances import unit_distances

FloatArray = NDArray[np.float64]

USUAL = (0.03, 0.1, 0.2)
WEAKEST, STRONGEST = 0.001, 0.99
SIZE_OF_CHOICE = 0.05
FEWEST_UNITS = 6
LONGER = 2.0 ** np.arange(1, 11)


@dataclass(frozen=True, eq=False)
class Verdict:
    """The test at one strength of correlation.

    Attributes
    ----------
    average_correlation, range_km
        The strength, and the range at which exponential decay has it.
    components
        Number of components that measure the noise.
    std_error, statistic
        Of the coefficient.
    models
        One row for each model of shocks: model, critical_value, p_value.
    size_beyond
        Largest size under shocks of longer range, model ``"shocks"``.
    """

    average_correlation: float
    range_km: float
    components: int
    std_error: float
    statistic: float
    models: pd.DataFrame
    size_beyond: float

    @property
    def p_value(self) -> float:
        """The largest p-value over the models of shocks."""
        return float(self.models["p_value"].max())

    @property
    def critical_value(self) -> float:
        """The largest critical value over the models of shocks."""
        return float(self.models["critical_value"].max())


def scpc(panel: Panel, design: Design, *, average_correlation: float = 0.03, level: float = 0.95) -> HypothesisTest:
    """Test the difference in differences by spatial correlation principal components.

    Each unit's change from the base periods to the treated ones is regressed on being treated. The noise of the
    coefficient is measured by the first principal components of a spatial covariance, and the critical value holds the
    size of the test for all exponential decays up to a range at which the average correlation between pairs of units is
    `average_correlation`.

    Parameters
    ----------
    average_correlation
        How strong spatial correlation may be; .03 is the authors' choice.
    level
        Confidence level of the interval.

    Returns
    -------
    A two-sided test of no average effect. Its p-value and its interval are the largest over three models of the shocks:
    ``"scores"``, in which regressor times shock is stationary over space (Mueller and Watson 2022); ``"signed"``,
    the authors' test given the regressor, in which shocks of treated and other units have opposite signs (2023); and
    ``"shocks"``, in which the shocks themselves are. Frame ``"models"`` has critical value and p-value of each;
    ``"by_correlation"`` range, components, error, p-value and interval at .03, .1, .2 and the correlation asked for.
    The notes name the range in kilometers, and the largest size under shocks of longer range.

    Raises
    ------
    DesignError
        If coordinates are missing, there are several adoption dates, a cell of the contrast is missing, the design asks
        for more than one change per unit, fewer than six units are left, more pairs share one place than
        `average_correlation`, or changes do not vary.

    Notes
    -----
    The number of components gives the shortest expected interval of a test at 5% under independence. Variances are
    those of exchangeable units: a treated unit that varies more than others is not provided for, nor are shocks to
    provinces and gradients. With the eight treated of 41 cities and exponential shocks of any range, the test at .1
    rejects a true null in at most 5% of samples and at .03 in up to 19%; where units are independent its interval
    reaches four and three standard deviations to either side. Units that are treated from the first period on are left
    out, and the notes name them.

    References
    ----------
    Mueller and Watson (2022), Econometrica 90: 2901; Mueller and Watson (2023), Journal of Business and Economic
    Statistics.

    Examples
    --------
    >>> from yrdecon.study.twinning import load_twinning, twinning_design
    >>> test = scpc(load_twinning(), twinning_design())
    >>> 0.05 < test.p_value < 0.9
    True
    """
    fail_if_level_is_wrong(level)
    _fail_if_correlation_is_out_of_range(average_correlation)
    changes = unit_changes(panel, design, "scpc")
    _fail_if_units_are_too_few(len(changes.units))
    distance = _distances(panel, design, changes.units)
    _fail_if_pairs_share_places(distance, average_correlation)
    estimate = changes.estimate
    verdicts = {
        strength: _verdict(changes, distance, strength, 1 - level)
        for strength in sorted({*USUAL, average_correlation})
        if strength > _share_together(distance)
    }
    asked = verdicts[average_correlation]
    half = asked.critical_value * asked.std_error
    return HypothesisTest(
        name="spatial correlation principal components",
        statistic=abs(asked.statistic),
        p_value=asked.p_value,
        null="the average effect is zero",
        estimate=estimate,
        conf_low=estimate - half,
        conf_high=estimate + half,
        frames=MappingProxyType({"models": asked.models, "by_correlation": _table([*verdicts.values()], estimate)}),
        notes=(*_notes(asked), *changes.notes),
    )


def _verdict(changes: UnitChanges, distance: FloatArray, strength: float, size: float) -> Verdict:
    treated, change = changes.treated, changes.change
    chosen = choose_components(distance, strength, SIZE_OF_CHOICE)
    centered = treated - treated.mean()
    direction = len(change) * centered / (centered @ centered)
    residual = change - np.where(treated, change[treated].mean(), change[~treated].mean())
    sums = chosen.weights.T @ (changes.estimate + direction * residual)
    noise = float(np.sqrt(np.mean(sums[1:] ** 2)))
    _fail_if_changes_do_not_vary(noise, change)
    groups = np.column_stack([treated, ~treated]).astype(float)
    given = weights_on_errors(chosen.weights, direction, groups)
    weights = {"scores": chosen.weights, "signed": np.sign(direction)[:, None] * given, "shocks": given}
    statistic = float(sums[0] / noise)
    rows = []
    for model, weight in weights.items():
        covariances = weighted_covariances(weight, distance, chosen.ranges)
        p_value = rejection_probabilities(covariances, abs(statistic)).max()
        rows.append((model, critical_value(covariances, size), float(p_value)))
    models = pd.DataFrame(rows, columns=["model", "critical_value", "p_value"])
    beyond = weighted_covariances(given, distance, chosen.ranges[0] * LONGER)
    return Verdict(
        average_correlation=strength,
        range_km=float(chosen.ranges[0]),
        components=chosen.weights.shape[1] - 1,
        std_error=noise / float(np.sqrt(len(change))),
        statistic=statistic,
        models=models,
        size_beyond=float(rejection_probabilities(beyond, float(models["critical_value"].max())).max()),
    )


def _table(verdicts: list[Verdict], estimate: float) -> pd.DataFrame:
    columns = ["average_correlation", "range_km", "components", "std_error", "critical_value", "p_value"]
    table = pd.DataFrame([[getattr(verdict, column) for column in columns] for verdict in verdicts], columns=columns)
    half = table["critical_value"] * table["std_error"]
    return table.assign(conf_low=estimate - half, conf_high=estimate + half)


def _notes(verdict: Verdict) -> tuple[str, ...]:
    worst = verdict.models.loc[verdict.models["critical_value"].idxmax(), "model"]
    return (
        f"{verdict.components} spatial components measure the noise; the critical value {verdict.critical_value:.2f} "
        f"is that of the model {worst}",
        f"size is held up to an average correlation of {verdict.average_correlation:g} between pairs of units, "
        f"a range of {verdict.range_km:.0f} km",
        f"shocks of longer range make the test reject a true null in up to {100 * verdict.size_beyond:.1f}% of samples",
    )


def _distances(panel: Panel, design: Design, units: list[str]) -> FloatArray:
    sample = draw_sample(panel, design)
    inside = np.isin(sample.units.astype(str), units)
    return unit_distances(panel, restrict(sample, inside[sample.unit]))


def _share_together(distance: FloatArray) -> float:
    return float(np.mean(distance[np.triu_indices(len(distance), 1)] == 0))


def _fail_if_correlation_is_out_of_range(average_correlation: float) -> None:
    if not WEAKEST <= average_correlation <= STRONGEST:
        raise DesignError(
            f"average_correlation={average_correlation!r} must lie between {WEAKEST} and {STRONGEST}, for example .03"
        )


def _fail_if_units_are_too_few(units: int) -> None:
    if units < FEWEST_UNITS:
        raise DesignError(
            f"{units} units are too few for spatial components; {FEWEST_UNITS} are the least, widen the pool"
        )


def _fail_if_pairs_share_places(distance: FloatArray, average_correlation: float) -> None:
    share = _share_together(distance)
    if share >= average_correlation:
        raise DesignError(
            f"{share:.3f} of all pairs of units share one place, so the average correlation cannot fall to "
            f"{average_correlation:g}; raise average_correlation, or make units at one place one unit"
        )


def _fail_if_changes_do_not_vary(noise: float, change: FloatArray) -> None:
    if noise <= 1e-12 * float(np.abs(change).max()):
        raise DesignError("the changes do not vary within treated and other units, so there is no noise to measure")
