"""What the dates of adoption mean for a comparison, in words."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from yrdecon.core.sample import Sample, restrict


def without_always_treated(sample: Sample) -> Sample:
    """Leave out units that are treated from the first period on, and name them in the notes."""
    always = sample.cohort <= sample.periods[0]
    if not always.any():
        return sample
    names = sample.units[always].tolist()
    kept = restrict(sample, ~always[sample.unit])
    return replace(kept, notes=(*sample.notes, f"{len(names)} units are treated throughout and left out: {names[:8]}"))


def note_on_staggering(sample: Sample) -> tuple[str, ...]:
    """Warn of two-way regressions with several adoption dates."""
    if len(np.unique(sample.cohort[sample.cohort <= sample.periods[-1]])) < 2:
        return ()
    return ("adoption is staggered: earlier adopters serve as comparisons, and weights can be negative",)
