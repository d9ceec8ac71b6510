"""The robustness checks of Chinese applied practice in one call."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd

from yrdecon.core.design import Design
from yrdecon.core.estimator import Estimator
from yrdecon.core.panel import Panel
from yrdecon.core.sample import draw_sample
from yrdecon.diagnostics.battery.check import Case, Check
from yrdecon.diagnostics.battery.data_checks import data_checks
from yrdecon.diagnostics.battery.policy_checks import policy_checks
from yrdecon.diagnostics.battery.timing_checks import timing_checks
from yrdecon.diagnostics.one_effect import one_effect
from yrdecon.diagnostics.placebo_external import placebo_external
from yrdecon.diagnostics.placebo_mixed import placebo_mixed
from yrdecon.diagnostics.placebo_space import placebo_space
from yrdecon.diagnostics.placebo_time import placebo_time
from yrdecon.diagnostics.summary_row import TEST_COLUMNS, summary_row
from yrdecon.diagnostics.untouched_groups import PREFIX, mark_untouched_groups
from yrdecon.errors import DesignError, YrdeconError
from yrdecon.inference.permutation import permutation_test
from yrdecon.policy.registry import Registry

COLUMNS = ("check", "changed", "n_treated", *TEST_COLUMNS, "note")


def robustness_battery(
    panel: Panel,
    design: Design,
    registry: Registry,
    estimator: Estimator,
    *,
    seed: int,
    draws: int = 999,
    policy: str = "twinning-2021",
) -> pd.DataFrame:
    """Repeat the headline under the usual checks, each with its permutation test under ``Assignment("auto")``.

    Winsorizing, cities of higher rank, matching, growth in place of levels, filled cells, changes of territory, every
    pair left out; other windows, base periods and first treated periods; every other policy of the registry as a
    control; and the four kinds of placebo (time, space, mixed, external: groups of the panel without treated units).

    Parameters
    ----------
    registry, policy
        Where other policies are listed, and which of them is the treatment.
    estimator
        Any estimator. Effects by cohort or event time are summarized in one.
    seed, draws
        Seed and number of sampled assignments of every test, where they are not enumerated.

    Returns
    -------
    One row per check, the headline first: check (a key of the dictionary of words), changed (in words), n_treated,
    estimate, conf_low, conf_high, rank, n_compared, p_value (empty where the test supports no more than a rank), and a
    note where a check cannot be made or would change nothing, and why. No check is left out for its result.

    Raises
    ------
    DesignError
        If the headline cannot be estimated, or the registry does not know the policy.

    Notes
    -----
    A placebo row is no other estimate of the effect: it should be close to zero, and its rank far from 1.

    Examples
    --------
    >>> from yrdecon.estimators import twfe
    >>> from yrdecon.policy import load_registry
    >>> from yrdecon.study.twinning import load_twinning, twinning_design
    >>> table = robustness_battery(load_twinning(), twinning_design(), load_registry(), twfe, seed=1)
    >>> table.loc[table["check"] == "without_municipalities", "note"].item()
    'no unit of the sample is a municipality, so that nothing changes'
    """
    headline = Case(panel, design, estimator)
    rows = [_row(headline, Check("headline", "", lambda c: c), seed, draws)]
    if rows[0]["note"].item():
        raise DesignError(f"the headline cannot be tested: {rows[0]['note'].item()}")
    checks = [*data_checks(headline), *timing_checks(headline), *policy_checks(headline, registry, policy)]
    rows += [_row(headline, check, seed, draws) for check in checks]
    rows += list(_placebos(headline, seed, draws))
    table = pd.concat(rows, ignore_index=True)
    return table.assign(n_treated=table["n_treated"].astype("Int64").mask(table["estimate"].isna()))


def _row(headline: Case, check: Check, seed: int, draws: int) -> pd.DataFrame:
    """Return the row of a check; an effect whose test cannot be had keeps its estimate."""
    row, treated, note = _empty(), 0, ""
    try:
        case = check.make(headline)
        single = one_effect(case.estimator, case.panel, case.design)
        treated = _n_treated(case)
        row["estimate"] = float(single(case.panel, case.design).coef[0])
        row = summary_row(permutation_test(single, case.panel, case.design, seed=seed, draws=draws))
    except YrdeconError as error:
        note = str(error)
    return _labelled(row, check.key, check.changed, treated, note)


def _placebos(case: Case, seed: int, draws: int) -> Iterator[pd.DataFrame]:
    args = (case.estimator, case.panel, case.design)
    kinds: dict[str, Callable[[], pd.DataFrame]] = {
        "placebo_time": lambda: _named(
            placebo_time(*args, seed=seed, draws=draws).iloc[1:], lambda r: f"treated from {int(r['date'])} on"
        ),
        "placebo_space": lambda: _named(
            summary_row(placebo_space(*args, seed=seed, draws=draws)), lambda _: "other units"
        ),
        "placebo_mixed": lambda: _named(
            summary_row(placebo_mixed(*args, seed=seed, draws=draws)), lambda _: "other units at other dates"
        ),
        "placebo_external": lambda: _external(case, seed, draws),
    }
    for key, run in kinds.items():
        try:
            found = run()
        except YrdeconError as error:
            yield _labelled(_empty(), key, "", 0, str(error))
            continue
        for _, row in found.iterrows():
            treated = int(row.get("n_treated", _n_treated(case)))
            yield _labelled(row[list(TEST_COLUMNS)].to_frame().T.infer_objects(), key, str(row["changed"]), treated, "")


def _external(case: Case, seed: int, draws: int) -> pd.DataFrame:
    marked = mark_untouched_groups(case.panel, case.design)
    names = [c for c in marked.frame.columns if c.startswith(PREFIX)]
    table = placebo_external(case.estimator, marked, case.design, seed=seed, draws=draws, groups=names)
    return _named(table.iloc[1:], lambda r: f"{str(r['name']).removeprefix(PREFIX)} in place of the treated")


def _named(table: pd.DataFrame, words: Callable[[pd.Series], str]) -> pd.DataFrame:
    return table.assign(changed=[words(row) for _, row in table.iterrows()])


def _labelled(row: pd.DataFrame, key: str, changed: str, treated: int, note: str) -> pd.DataFrame:
    return row.assign(check=key, changed=changed, n_treated=treated, note=note)[list(COLUMNS)]


def _empty() -> pd.DataFrame:
    return pd.DataFrame([[np.nan] * len(TEST_COLUMNS)], columns=list(TEST_COLUMNS))


def _n_treated(case: Case) -> int:
    return int(np.isfinite(draw_sample(case.panel, case.design).cohort).sum())
