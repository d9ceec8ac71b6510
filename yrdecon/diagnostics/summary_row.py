"""A test as one row of a table."""

from __future__ import annotations

import numpy as np
import pandas as pd

from yrdecon.core.hypothesis import HypothesisTest

TEST_COLUMNS = ("estimate", "conf_low", "conf_high", "rank", "n_compared", "p_value")


def summary_row(test: HypothesisTest) -> pd.DataFrame:
    """Return estimate, interval, placebo rank and the number of assignments compared, the actual one included.

    The p-value is empty where the test supports no more than a rank: fewer than 20 assignments, or fewer than ten
    placebo sets without a common unit.
    """
    compared = 0 if test.draws is None else len(test.draws)
    p_value = np.nan if test.is_rank_only else test.p_value
    values = (test.estimate, test.conf_low, test.conf_high, test.rank, compared, p_value)
    return pd.DataFrame([values], columns=list(TEST_COLUMNS))
