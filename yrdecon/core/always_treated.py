"""Units that are treated from the first period on: without a before, they are neither treated nor comparisons."""

from __future__ import annotations

from dataclasses import replace

from yrdecon.core.sample import Sample, restrict

SHOWN = 8


def leave_out_always_treated(sample: Sample) -> Sample:
    """Take away the units that are treated from the first period on, and name them in the notes."""
    always = sample.cohort <= sample.periods[0]
    if not always.any():
        return sample
    names = sample.units[always].tolist()
    more = " and others" if len(names) > SHOWN else ""
    note = f"{len(names)} units are treated throughout and left out: {names[:SHOWN]}{more}"
    return replace(restrict(sample, ~always[sample.unit]), notes=(*sample.notes, note))
