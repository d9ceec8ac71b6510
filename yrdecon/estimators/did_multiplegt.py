"""Effects of switching a treatment on, off, up or down (de Chaisemartin and D'Haultfoeuille)."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.design import Design, fail_if_asked
from yrdecon.core.estimate import Estimate
from yrdecon.core.estimator import register
from yrdecon.core.labels import clusters_of
from yrdecon.core.names import some_of
from yrdecon.core.options import fail_if_no_window, fail_if_unknown
from yrdecon.core.panel import Panel
from yrdecon.errors import DesignError
from yrdecon.estimators.cohorts.switcher_effects import Part, Switchers, base_columns, dates_of, effects_by_event_time
from yrdecon.estimators.cohorts.switching import Switching, draw_switching, has_unit_trends
from yrdecon.kernels.sandwich import cluster_covariance

FloatArray = NDArray[np.float64]
Estimand = Literal["event_time", "normalized", "average"]

AVERAGE_TOTAL = "average total effect"


@dataclass(frozen=True, eq=False)
class Effects:
    """Labels, coefficients (k,), their influence (N, k), and notes."""

    cells: pd.DataFrame
    coef: FloatArray
    influence: FloatArray
    notes: tuple[str, ...]


def did_multiplegt(
    panel: Panel,
    design: Design,
    *,
    treatment: str | None = None,
    estimand: Estimand = "event_time",
    window: tuple[int, int] | None = None,
    switchers: Switchers = "all",
) -> Estimate:
    """Compare units whose treatment changes with units of the same first treatment that have not changed it yet.

    The treatment may switch on and off, take any values and start anywhere. An effect is that of having had the
    actual treatments since the first change instead of the first treatment throughout.

    Parameters
    ----------
    treatment
        Column of the treatment. The cohort is then the period of its first change; a column that the panel has under
        the design's cohort must equal it. None: treatment starts with the cohort and never stops.
    estimand
        ``"event_time"`` the effect by periods since the first change; ``"normalized"`` the same per unit of treatment
        received since; ``"average"`` one effect, the sum of all effects per unit of treatment received.
    window
        First and last event time; None takes all there are. The average counts those up to the last.
    switchers
        ``"all"`` whoever is there at each event time; ``"same"`` only those there at all from 0 to the end of the
        window; ``"in"`` and ``"out"`` only units whose treatment rises or falls.

    Returns
    -------
    An estimate with cells ``event_time``: 0 is the period of the first change (``Effect_1`` of the authors' package),
    -1 the base, -2 the first placebo (``Placebo_1``). A placebo needs as many periods after the change as before, and
    uses their comparison units. The average is one cell, ``term="average total effect"``. Effects of falls are counted
    with the opposite sign. The frame ``switchers`` counts rows, switchers and their dose at each event time.

    Comparison units are those that never change, and with ``comparison="not_yet"`` all that have not changed yet. The
    influence is taken around means of cohorts and of comparison units, with a factor n/(n-1) in their variance; a
    group within one cluster falls back to the mean of both, and the notes name it. Cluster by `Design.cluster`, so
    that this is seen. Of the design's effects, ``"province^year"`` compares within provinces, and ``"unit[year]"``,
    with the names of the panel's columns, takes off each unit's trend between its last two periods before the change.

    Unbalanced panels are used as they are. Rows after treatment has been on both sides of its first value, or has
    changed in an unobserved period, are left out and counted; units without a counterpart are named.

    Raises
    ------
    DesignError
        If an option is unknown, the design has covariates, or no event time has switchers and comparison units.

    Notes
    -----
    The base of a unit is the last period before its change and any anticipation, or the mean of declared base periods;
    anticipation also asks comparison units to wait so much longer. Excluded periods are neither base nor outcome.
    `Design.weights` weight units in every mean. Units treated throughout have no change and no counterpart.

    References
    ----------
    de Chaisemartin and D'Haultfoeuille (2024), Difference-in-differences estimators of intertemporal treatment
    effects, Review of Economics and Statistics.

    Examples
    --------
    >>> dose = {"a": (0, 1, 0, 0), "b": (0, 0, 2, 2), "c": (0, 0, 0, 0), "d": (0, 0, 0, 0)}
    >>> rows = [(u, t, d[t], 3.0 * d[t] + t) for u, d in dose.items() for t in range(4)]
    >>> panel = Panel.from_frame(pd.DataFrame(rows, columns=["u", "t", "d", "y"]), unit="u", time="t")
    >>> did_multiplegt(panel, Design(outcome="y"), treatment="d", estimand="average").coef.round(6).tolist()
    [3.0]
    """
    trends = has_unit_trends(panel, design)
    _fail_if_options_do_not_fit(design, estimand, window, switchers, trends)
    data = draw_switching(panel, design, treatment)
    parts = effects_by_event_time(data, design, window, switchers, trends)
    if not any(part.event_time >= 0 for part in parts):
        raise DesignError(
            "no unit that switches has an outcome and a comparison unit of the same first treatment in the window; "
            "choose another window, a wider pool, or comparison='not_yet'"
        )
    if estimand == "average":
        effects = _average(parts)
    else:
        effects = _by_event_time(parts, _references(data, design, window, trends), estimand)
    return Estimate(
        coef=effects.coef,
        vcov=cluster_covariance(effects.influence, clusters_of(data.labels, design.cluster or "unit")),
        cells=effects.cells,
        units=data.labels,
        method="did_multiplegt",
        outcome=design.outcome,
        n_obs=int(np.any([part.used for part in parts if part.event_time >= 0], axis=0).sum()),
        influence=effects.influence,
        frames=MappingProxyType({"switchers": _counts(parts)}),
        cluster=design.cluster or "unit",
        small_sample="n/(n-1) by cohort, within the influence",
        notes=(*data.notes, *_notes(data, parts), *effects.notes),
    )


def _by_event_time(parts: list[Part], references: set[int], estimand: Estimand) -> Effects:
    """Put effects and base periods in the order of event time."""
    scale = {p.event_time: p.mean(p.total_dose) if estimand == "normalized" else 1.0 for p in parts}
    kept = {p.event_time: p for p in parts if scale[p.event_time] > 0}
    times = sorted(set(kept) | (references - set(kept)))
    zero = np.zeros_like(parts[0].influence)
    coef = [kept[e].effect / scale[e] if e in kept else 0.0 for e in times]
    influence = [kept[e].influence / scale[e] if e in kept else zero for e in times]
    cells = pd.DataFrame({"event_time": times, "reference": [e not in kept for e in times], "excluded": False})
    return Effects(cells, np.array(coef), np.stack(influence, axis=1), ())


def _average(parts: list[Part]) -> Effects:
    """Divide the sum of all effects by the treatment that switchers received beyond their first one."""
    after = [p for p in parts if p.event_time >= 0]
    received = sum(p.weight * p.mean(p.dose) for p in after)
    coef = sum(p.weight * p.effect for p in after) / received
    influence = sum((p.weight * p.influence for p in after), np.zeros_like(after[0].influence)) / received
    horizon = np.sum([p.mass > 0 for p in after], axis=0)
    periods = sum(float(p.dose @ (horizon - number)) for number, p in enumerate(after))
    span = periods / sum(float(p.dose.sum()) for p in after)
    note = f"the effects of a unit of treatment are added up over {span:.4g} periods on average"
    return Effects(pd.DataFrame({"term": [AVERAGE_TOTAL]}), np.array([coef]), influence[:, None], (note,))


def _references(data: Switching, design: Design, window: tuple[int, int] | None, trends: bool) -> set[int]:
    """Return the event times of single base periods, and with trends of those before them."""
    periods = data.sample.periods
    first, last = window or (-np.inf, np.inf)
    bases = {date: base_columns(data, design, date) for date in dates_of(data)}
    times = {int(periods[base[0]] - date) for date, base in bases.items() if len(base) == 1}
    if trends:
        times |= {int(periods[base[0] - 1] - date) for date, base in bases.items() if len(base) == 1 and base[0] > 0}
    return {e for e in times if first <= e <= last}


def _counts(parts: list[Part]) -> pd.DataFrame:
    """Return rows, switchers, their weight and their dose by event time."""
    return pd.DataFrame(
        {
            "event_time": [p.event_time for p in parts],
            "n_rows": [int(p.used.sum()) for p in parts],
            "n_switchers": [int((p.mass > 0).sum()) for p in parts],
            "weight": [p.weight for p in parts],
            "dose": [p.mean(p.dose) for p in parts],
            "total_dose": [p.mean(p.total_dose) for p in parts],
        }
    )


def _notes(data: Switching, parts: list[Part]) -> tuple[str, ...]:
    there = np.any([p.mass > 0 for p in parts if p.event_time >= 0], axis=0)
    unmatched = data.sample.units[np.isin(data.date, dates_of(data)) & ~there].tolist()
    alone = data.sample.units[np.any([p.alone for p in parts], axis=0)].tolist()
    notes = []
    if unmatched:
        notes.append(f"{len(unmatched)} units switch and are in no effect: {some_of(unmatched)}")
    if alone:
        notes.append(
            f"{len(alone)} units have no like unit in another cluster; their errors are taken around the mean of "
            f"switchers and comparison units together: {some_of(alone)}"
        )
    return tuple(notes)


def _fail_if_options_do_not_fit(
    design: Design, estimand: str, window: tuple[int, int] | None, switchers: str, trends: bool
) -> None:
    fail_if_unknown("estimand", estimand, Estimand)
    fail_if_unknown("switchers", switchers, Switchers)
    fail_if_no_window(window)
    fail_if_asked(design, ("covariates",), "did_multiplegt", "lp_did or imputation")
    if trends and estimand == "average":
        raise DesignError("with a trend of every unit there is no average total effect; average() the event times")


register(did_multiplegt)
