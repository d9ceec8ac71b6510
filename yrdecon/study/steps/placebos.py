"""Placebos at other dates, at other dates and places, and where the treatment cannot reach."""

from __future__ import annotations

import pandas as pd

from yrdecon.diagnostics.placebo_external import placebo_external
from yrdecon.diagnostics.placebo_mixed import placebo_mixed
from yrdecon.diagnostics.placebo_time import placebo_time
from yrdecon.diagnostics.untouched_groups import PREFIX, mark_untouched_groups
from yrdecon.study.findings import Findings, gather
from yrdecon.study.material import Material


def placebos(material: Material) -> Findings:
    """Frames ``time`` and ``external`` (groups without treated units), test ``mixed``.

    The placebo in space is the test of the headline itself.
    """
    head, estimator, seed = material.headline, material.estimator, material.plan.seed
    return gather(
        {
            "time": lambda: placebo_time(estimator, head.panel, head.design, seed=seed),
            "mixed": lambda: placebo_mixed(estimator, head.panel, head.design, seed=seed),
            "external": lambda: _external(material),
        }
    )


def _external(material: Material) -> pd.DataFrame:
    head = material.headline
    marked = mark_untouched_groups(head.panel, head.design)
    groups = [c for c in marked.frame.columns if c.startswith(PREFIX)]
    return placebo_external(material.estimator, marked, head.design, seed=material.plan.seed, groups=groups)
