"""What the dates of adoption mean for a comparison, in words."""

from __future__ import annotations

import numpy as np

from yrdecon.core.sample import Sample


def note_on_staggering(sample: Sample) -> tuple[str, ...]:
    """Warn of two-way regressions with several adoption dates."""
    if len(np.unique(sample.cohort[sample.cohort <= sample.periods[-1]])) < 2:
        return ()
    return ("adoption is staggered: earlier adopters serve as comparisons, and weights can be negative",)
