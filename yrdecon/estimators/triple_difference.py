"""Triple differences: eligible against ineligible units of groups that adopt, less the same in groups that do not."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.adoption import adoption_dates, note_on_staggering
from yrdecon.core.design import Design
from yrdecon.core.estimate import Estimate
from yrdecon.core.estimator import register
from yrdecon.core.labels import codes_of, row_labels
from yrdecon.core.left_out import leave_out
from yrdecon.core.options import fail_if_no_name, fail_if_unknown
from yrdecon.core.panel import Panel
from yrdecon.core.sample import Sample, draw_sample, restrict
from yrdecon.errors import DesignError, EstimationError
from yrdecon.estimators.regression.event_time import (
    base_event_times,
    event_study_rows,
    event_times,
    mark_excluded,
    regress_on_event_time,
)
from yrdecon.estimators.regression.linear import fit_linear, independent_effects
from yrdecon.estimators.regression.small_sample import SmallSample
from yrdecon.kernels.within import prepare_fixed_effects, project_out

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

By = Literal["event_time", None]

ADOPTING = "adopting_group"
SWALLOWED = 1e-9


def triple_difference(
    panel: Panel,
    design: Design,
    *,
    eligible: str = "eligible",
    by: By = None,
    ssc: SmallSample = "fixest",
) -> Estimate:
    """Regress the outcome on being treated, with unit, adopting-group-by-time and eligible-by-time effects.

    A policy is adopted by groups (`Panel.group`: provinces, say) and reaches their eligible units, which are the ones
    with a first treated period. A group adopts when its first unit is treated; groups that adopt at the same time share
    their time effects. ``Design.effects`` makes the comparison finer: ``("province^year",)`` compares within each
    province, and contains the effects of adopting groups. On a balanced panel with one adoption date the coefficient
    is the difference of eight means, those of the saturated regression on adopting, eligible and after.

    Parameters
    ----------
    eligible
        Column, true or false, constant within units.
    by
        None for one effect, ``term="treated"``; ``"event_time"`` for one per event time, measured from the base periods
        of the design, or from the last period before treatment (and any anticipation) if it declares none.
    ssc
        Small-sample rule of the clustered covariance; see `cluster_factor`.

    Returns
    -------
    An estimate clustered by `Design.cluster`, the unit by default; the group, which decides, is the cautious choice.
    With one adoption date its frame ``means`` holds the eight means. Unbalanced panels are used as they are. Groups
    that adopt before the first period are left out and named. With several adoption dates earlier adopters serve as
    comparisons, as in `twfe`, and the notes say so. To permute, shuffle whole groups: `permutation_test` of `twfe` on
    the gap between the eligible and the ineligible mean of each group.

    Raises
    ------
    DesignError
        If the panel has no group or no column of eligible units, eligibility changes within a unit, a treated unit is
        not eligible, or an eligible unit of an adopting group is never treated.
    EstimationError
        If the triple term is not identified; the message names the effects that swallow it.

    Notes
    -----
    Every row that is not treated in its period is a comparison, whatever `Design.comparison`. One effect takes the rows
    of `twfe`, effects by event time those of `event_study`: excluded periods, those of anticipation, and periods before
    treatment that are not declared base periods take no part in the one effect. `Design.weights` weight the regression,
    and `Design.covariates` enter it.

    References
    ----------
    Gruber (1994), AER; Olden and Moen (2022), Econometrics Journal; Ortiz-Villavicencio and Sant'Anna (2025),
    Better understanding triple differences estimators.

    Examples
    --------
    >>> rows = [(f"{g}{e}", g, e, t, 2.0 * (g == "a") * e * (t == 2) + t * e, 2.0 if g == "a" and e else np.inf)
    ...         for g in "ab" for e in (0, 1) for t in (1, 2)]
    >>> table = pd.DataFrame(rows, columns=["u", "g", "eligible", "t", "y", "cohort"])
    >>> panel = Panel.from_frame(table, unit="u", time="t", group="g")
    >>> triple_difference(panel, Design(outcome="y"), ssc="none").coef.round(6).tolist()
    [2.0]
    """
    fail_if_unknown("by", by, By)
    fail_if_no_name("eligible", eligible)
    full = _with_adoption(panel, draw_sample(panel, design), eligible)
    finer = replace(design, effects=(*design.effects, f"{ADOPTING}^{panel.time}", f"{eligible}^{panel.time}"))
    sample = restrict(full, full.contrast if by is None else event_study_rows(full, design))
    treated = (sample.periods[sample.time] >= sample.cohort[sample.unit]).astype(float)
    _fail_if_not_identified(panel, sample, finer, treated, eligible)
    if by is None:
        estimate = fit_linear(panel, sample, finer, pd.DataFrame({"treated": treated}), ssc)
    else:
        event_time = event_times(sample)
        base = base_event_times(sample, design, None, event_time)
        estimate = regress_on_event_time(panel, sample, finer, event_time, base, ssc)
        estimate = mark_excluded(estimate, sample, design)
    return replace(
        estimate,
        method="triple_difference",
        frames=MappingProxyType(_means(restrict(full, full.contrast), eligible)),
        notes=(*estimate.notes, *_notes(panel, sample, design)),
    )


def _with_adoption(panel: Panel, sample: Sample, eligible: str) -> Sample:
    """Add the adoption date of each row's group to the frame, and leave groups out that adopted before the sample."""
    if panel.group is None:
        raise DesignError(
            "triple_difference needs the groups that adopt; name them by Panel.from_frame(..., group='province')"
        )
    group = sample.frame[panel.group]
    _fail_if_group_is_missing(sample, group)
    own = pd.Series(sample.cohort[sample.unit])
    adoption = own.groupby(group.to_numpy()).transform("min").to_numpy()
    _fail_if_eligibility_does_not_fit(sample, eligible, adoption)
    dated = replace(sample, frame=sample.frame.assign(**{ADOPTING: adoption}))
    always = np.bincount(sample.unit, adoption <= sample.periods[0]) > 0
    result = leave_out(dated, always, "belong to groups that adopted by the first period")
    if not adoption_dates(result.cohort, sample.periods):
        raise DesignError(
            f"every group that adopts does so by {sample.periods[0]}, the first period; start the panel earlier"
        )
    return result


def _fail_if_group_is_missing(sample: Sample, group: pd.Series[Any]) -> None:
    lost = sample.units[np.unique(sample.unit[group.isna().to_numpy()])].tolist()
    if lost:
        raise DesignError(f"units {lost[:10]} have no {group.name!r}, the group that adopts; fill it in or drop them")


def _fail_if_eligibility_does_not_fit(sample: Sample, eligible: str, adoption: FloatArray) -> None:
    if eligible not in sample.frame.columns:
        raise DesignError(
            f"the panel has no column {eligible!r} that tells eligible from ineligible units; name it by eligible="
        )
    values = sample.frame[eligible]
    wrong = ~values.isin([True, False, 0, 1])
    if wrong.any():
        raise DesignError(
            f"column {eligible!r} must hold true or false in every row; "
            f"it holds {values[wrong].unique()[:3].tolist()} for {_named(sample, wrong.to_numpy())}"
        )
    flag = values.to_numpy(dtype=float) == 1
    share = np.bincount(sample.unit, flag) / np.bincount(sample.unit)
    changing = sample.units[(share > 0) & (share < 1)].tolist()
    if changing:
        raise DesignError(f"{eligible!r} must be constant within a unit; it changes within {changing[:5]}")
    treated = np.isfinite(sample.cohort[sample.unit])
    if (treated & ~flag).any():
        raise DesignError(
            f"treated units {_named(sample, treated & ~flag)} are not {eligible!r}; give ineligible units of adopting "
            "groups a missing or infinite first treated period"
        )
    missed = ~treated & flag & np.isfinite(adoption)
    if missed.any():
        raise DesignError(
            f"units {_named(sample, missed)} are {eligible!r} in groups that adopt, but are never treated; "
            "give them a first treated period, or mark them as not eligible"
        )


def _named(sample: Sample, rows: BoolArray, at_most: int = 8) -> list[Any]:
    return list(sample.units[np.unique(sample.unit[rows])][:at_most])


def _fail_if_not_identified(panel: Panel, sample: Sample, design: Design, treated: FloatArray, eligible: str) -> None:
    """Say which absorbed effect, alone beside unit and time effects, already explains who is treated when."""
    labels = row_labels(panel, sample, design)
    named = [e for e in independent_effects(labels, design) if e not in ("unit", "time")]
    swallowing = [e for e in named if _is_swallowed(labels, ("unit", "time", e), treated, sample.weights)]
    if not swallowing and not _is_swallowed(labels, ("unit", "time", *named), treated, sample.weights):
        return
    adopts = np.isfinite(sample.frame[ADOPTING].to_numpy())
    flag = sample.frame[eligible].to_numpy(dtype=float) == 1
    reasons = []
    if not (adopts & ~flag).any():
        reasons.append("groups that adopt have no ineligible unit")
    if not (~adopts & flag).any():
        reasons.append("no group without adoption has an eligible unit")
    why = " and ".join(reasons) or "no eligible unit has an ineligible one beside it within them"
    which = f"the effects {swallowing} swallow it" if swallowing else f"the effects {named} swallow it together"
    raise EstimationError(
        f"the triple term is not identified: {which}, because {why}; "
        "widen the pool to all four kinds of units, take finer effects out of the design, or use twfe"
    )


def _is_swallowed(labels: pd.DataFrame, effects: tuple[str, ...], treated: FloatArray, weights: FloatArray) -> bool:
    codes = [codes_of(labels[e]) for e in effects]
    rest = project_out(prepare_fixed_effects(codes, weights), treated[:, None])[:, 0]
    return bool((weights * rest**2).sum() <= SWALLOWED**2 * (weights * treated**2).sum())


def _means(sample: Sample, eligible: str) -> dict[str, pd.DataFrame]:
    """Return the weighted means of the eight cells, where there is one adoption date and so one before and after."""
    adoption = sample.frame[ADOPTING].to_numpy()
    dates = np.unique(adoption[adoption <= sample.periods[-1]])
    if len(dates) != 1:
        return {}
    rows = pd.DataFrame(
        {
            "adopting": adoption == dates[0],
            "eligible": sample.frame[eligible].to_numpy(dtype=float) == 1,
            "after": sample.periods[sample.time] >= dates[0],
            "weight": sample.weights,
            "total": sample.weights * sample.outcome,
            "n_obs": 1,
        }
    )
    cells = rows.groupby(["adopting", "eligible", "after"], as_index=False).sum()
    return {"means": cells.assign(mean=cells["total"] / cells["weight"]).drop(columns=["weight", "total"])}


def _notes(panel: Panel, sample: Sample, design: Design) -> tuple[str, ...]:
    words = f"errors are clustered by unit although {panel.group} decides; cluster={panel.group!r} is cautious"
    return (*((words,) if design.cluster is None else ()), *note_on_staggering(sample.cohort, sample.periods))


register(triple_difference)
