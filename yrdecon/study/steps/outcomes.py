"""The other outcomes of the plan, adjusted for their number."""

from __future__ import annotations

import numpy as np
import pandas as pd

from yrdecon.core.hypothesis import HypothesisTest
from yrdecon.inference.stepdown import romano_wolf
from yrdecon.study.findings import Findings, gather
from yrdecon.study.material import Material, with_outcome
from yrdecon.study.steps.comparisons import test_row, tester


def outcomes(material: Material) -> Findings:
    """Test every further outcome in the headline's pool, families adjusted by Romano and Wolf.

    Tests by the name of the outcome; frame ``outcomes`` with p_adjusted where a family has several tests that earn a
    p-value.
    """
    families = {o.column: o.family for o in material.plan.outcomes}
    found = gather({column: lambda column=column: _test(material, column) for column in families})  # type: ignore[misc]
    rows = [test_row(c, material.headline, t) | {"family": families[c]} for c, t in found.tests.items()]
    return Findings(found.estimates, found.tests, {**found.frames, "outcomes": _adjusted(pd.DataFrame(rows), found)})


def _test(material: Material, column: str) -> HypothesisTest:
    asked = with_outcome(material, column)
    return tester(asked, asked.headline, asked.estimator)()


def _adjusted(frame: pd.DataFrame, found: Findings) -> pd.DataFrame:
    if frame.empty:
        return frame
    adjusted = dict.fromkeys(frame["name"], np.nan)
    for _, family in frame.groupby("family"):
        tests = {name: found.tests[name] for name in family["name"] if not found.tests[name].is_rank_only}
        if len(tests) > 1:
            table = romano_wolf(tests)
            adjusted |= dict(zip(table["name"], table["p_adjusted"], strict=True))
    return frame.assign(p_adjusted=frame["name"].map(adjusted))
