"""What the periods before treatment tell: no gate, since passing proves nothing."""

from __future__ import annotations

import numpy as np

from yrdecon.core.estimate import Estimate
from yrdecon.diagnostics.pretrend import pretrend
from yrdecon.diagnostics.pretrend_power import pretrend_power
from yrdecon.errors import YrdeconError
from yrdecon.estimators.event_study import event_study
from yrdecon.estimators.linear_map import event_window
from yrdecon.inference.placebo_event_study import placebo_event_study
from yrdecon.study.findings import Findings, gather
from yrdecon.study.material import Material

YEARS_BEFORE = 6


def before_treatment(material: Material) -> Findings:
    """Test pre-trends by permutation, and tell what a pre-test could have seen.

    Tests ``slope`` and ``joint``; estimate ``window``, frame ``power`` of it.
    """
    head, seed = material.headline, material.plan.seed
    return gather(
        {
            "slope": lambda: pretrend(head.panel, head.design, seed=seed),
            "joint": lambda: pretrend(head.panel, head.design, seed=seed, statistic="joint"),
            "window": lambda: dynamic_window(material),
            "power": lambda: pretrend_power(dynamic_window(material)),
        }
    )


def dynamic_window(material: Material) -> Estimate:
    """Return the event study of the headline from six periods before treatment on.

    Its errors come from placebo sets where these can be had, else they are clustered.
    """
    head = material.headline
    try:
        dynamic = placebo_event_study(head.panel, head.design, seed=material.plan.seed)
    except YrdeconError:
        dynamic = event_study(head.panel, head.design)
    times = dynamic.cells["event_time"].to_numpy()
    return event_window(dynamic, max(int(times.min()), -YEARS_BEFORE), int(np.max(times)))
