"""The first case: the twinning of December 2021."""

from __future__ import annotations

import numpy as np

from yrdecon.clean.load import load_panel
from yrdecon.core.design import Design
from yrdecon.core.panel import Panel
from yrdecon.policy.assign import assign_cohort, assign_policies
from yrdecon.policy.pools import assign_pools
from yrdecon.policy.registry import load_registry

POLICY = "twinning-2021"
FIRST_YEAR, LAST_YEAR = 2010, 2023
BENGBU = "340300"


def load_twinning(name: str = "yrd") -> Panel:
    """Load a shipped panel, 2010-2023, with the eight recipients treated from 2022, other policies and pools.

    A second cohort and pool, ``cohort_without_bengbu`` and ``in_yrd_clean_without_bengbu``, leave Bengbu out, whose
    output of 2021 was corrected by the statistical authorities.

    Examples
    --------
    >>> load_twinning()
    Panel(41 units x 14 periods, 574 rows, city_code by year 2010-2023)
    """
    registry = load_registry()
    panel = load_panel(name).between(FIRST_YEAR, LAST_YEAR)
    panel = assign_cohort(panel, registry, policy=POLICY)
    panel = assign_pools(assign_policies(panel, registry), registry)
    bengbu = panel.frame["city_code"] == BENGBU
    return panel.assign(
        cohort_without_bengbu=panel.frame["cohort"].mask(bengbu, np.inf),
        in_yrd_clean_without_bengbu=panel.frame["in_yrd_clean"] & ~bengbu,
    )


def twinning_design(outcome: str = "ln_real_gdp") -> Design:
    """Return the headline design: 2022 and 2023 against 2020, 2021 left out, clean pool of the delta.

    Examples
    --------
    >>> twinning_design().base_periods
    (2020,)
    """
    return Design(outcome=outcome, pool="in_yrd_clean", base_periods=(2020,), exclude_periods=(2021,))


def twinning_variants(outcome: str = "ln_real_gdp") -> dict[str, Design]:
    """Return the variants of the headline that the first page shows, by their label.

    Examples
    --------
    >>> len(twinning_variants())
    6
    """
    announced = (2021,)
    return {
        "headline: base 2020, clean pool": twinning_design(outcome),
        "base periods: 2018-2020": Design(
            outcome, pool="in_yrd_clean", base_periods=(2018, 2019, 2020), exclude_periods=announced
        ),
        "base: 2021, the announcement year": Design(outcome, pool="in_yrd_clean", base_periods=(2021,)),
        "without Bengbu": Design(
            outcome,
            cohort="cohort_without_bengbu",
            pool="in_yrd_clean_without_bengbu",
            base_periods=(2020,),
            exclude_periods=announced,
        ),
        "pool: all 41 cities": Design(outcome, pool="in_yrd", base_periods=(2020,), exclude_periods=announced),
        "pool: Anhui alone": Design(outcome, pool="in_anhui", base_periods=(2020,), exclude_periods=announced),
    }
