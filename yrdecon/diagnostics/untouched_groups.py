"""Groups of a panel, such as provinces, in which nobody is treated."""

from __future__ import annotations

import numpy as np

from yrdecon.core.design import Design
from yrdecon.core.panel import Panel
from yrdecon.core.sample import draw_sample
from yrdecon.errors import DesignError

PREFIX = "only "


def mark_untouched_groups(panel: Panel, design: Design) -> Panel:
    """Add a boolean column ``only <group>`` for each group of the sample without treated units, for placebos.

    Raises
    ------
    DesignError
        If the panel declares no group, or every group has treated units.

    Examples
    --------
    >>> from yrdecon.study.twinning import load_twinning, twinning_design
    >>> marked = mark_untouched_groups(load_twinning(), twinning_design())
    >>> [c for c in marked.frame if c.startswith("only ")]
    ['only 江苏省', 'only 浙江省']
    """
    if panel.group is None:
        raise DesignError("the panel declares no group, such as a province, that the treatment cannot have reached")
    sample = draw_sample(panel, design)
    group = sample.frame.groupby(panel.unit, sort=False)[panel.group].first().reindex(sample.units)
    others = sorted(set(group) - set(group[np.isfinite(sample.cohort)]))
    if not others:
        raise DesignError(f"every {panel.group} of the sample has treated units, so that none is beyond reach")
    return panel.assign(**{f"{PREFIX}{name}": panel.frame[panel.group] == name for name in others})
