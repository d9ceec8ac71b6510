"""Units that are left out of a sample, and the sentence that says so."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from yrdecon.core.adoption import adoption_dates
from yrdecon.core.names import some_of
from yrdecon.core.sample import Sample, restrict
from yrdecon.errors import DesignError


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
    """Take away the units that are treated from the first period on: without a before, they are no comparison.

    Periods in which they alone were seen go with them, and so may others that then have no before.

    Raises
    ------
    DesignError
        If no unit is left that becomes treated.
    """
    while (always := sample.cohort <= sample.periods[0]).any():
        sample = leave_out(sample, always, "are treated throughout")
        if not len(sample.units) or not adoption_dates(sample.cohort, sample.periods):
            raise DesignError(
                f"nobody becomes treated, after {sample.notes[-1]}; widen the pool or start the panel earlier"
            )
    return sample
