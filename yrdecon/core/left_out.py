"""Units that are left out of a sample, and the sentence that says so."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from yrdecon.core.names import some_of
from yrdecon.core.sample import Sample, restrict


def leave_out(sample: Sample, gone: NDArray[np.bool_], why: str) -> Sample:
    """Take the (N,) units away and name them in the notes.

    Parameters
    ----------
    why
        Words that follow "because they".
    """
    if not gone.any():
        return sample
    note = f"{int(gone.sum())} units are left out because they {why}: {some_of(sample.units[gone].tolist())}"
    return replace(restrict(sample, ~gone[sample.unit]), notes=(*sample.notes, note))


def leave_out_always_treated(sample: Sample) -> Sample:
    """Take away the units that are treated from the first period on: without a before, they are no comparison."""
    return leave_out(sample, sample.cohort <= sample.periods[0], "are treated throughout")
