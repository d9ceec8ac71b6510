"""The result of a test: statistic, p-value, the null hypothesis in words, and what it was compared with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from textwrap import fill
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

TIE = 1e-12
WIDTH = 100
FEW_P_VALUES = 20
FEW_DISJOINT_SETS = 10


@dataclass(frozen=True, eq=False)
class HypothesisTest:
    """What every test returns.

    Attributes
    ----------
    name
        Name of the test.
    statistic, p_value
        The observed statistic and its p-value.
    null
        The null hypothesis in words.
    draws
        Statistics of all assignments that were compared, the actual one first; None for a test with a known
        distribution.
    estimate
        The coefficient that is tested, NaN for a joint test.
    conf_low, conf_high
        Interval by inversion of the test, NaN if it was not computed.
    n_assignments
        Number of admissible assignments, the actual one included; None without assignments.
    disjoint_sets
        Largest number of placebo sets without a common unit, None where it has no meaning.
    frames
        Named tidy by-products; ``"placebos"`` holds estimate, spread and statistic of every assignment.
    notes
        Sentences that belong beside the p-value, the choice of assignments and its reason first.
    """

    name: str
    statistic: float
    p_value: float
    null: str
    draws: NDArray[np.float64] | None = None
    estimate: float = np.nan
    conf_low: float = np.nan
    conf_high: float = np.nan
    n_assignments: int | None = None
    disjoint_sets: int | None = None
    frames: Mapping[str, pd.DataFrame] = field(default_factory=lambda: MappingProxyType({}))
    notes: tuple[str, ...] = ()

    @property
    def rank(self) -> int | None:
        """Place of the actual assignment among all draws, 1 for the most extreme; ties count against it."""
        if self.draws is None:
            return None
        return int(np.sum(self.draws >= self.statistic - TIE * abs(self.statistic)))

    @property
    def smallest_p_value(self) -> float:
        """The smallest p-value that this test can attain."""
        return 0.0 if self.draws is None else 1 / len(self.draws)

    @property
    def is_rank_only(self) -> bool:
        """Whether the test has too few attainable p-values or disjoint placebo sets to support more than a rank."""
        if self.draws is None:
            return False
        few_sets = self.disjoint_sets is not None and self.disjoint_sets < FEW_DISJOINT_SETS
        return len(self.draws) < FEW_P_VALUES or few_sets

    def __repr__(self) -> str:
        lines = [self.name, f"null hypothesis: {self.null}"]
        if self.draws is not None:
            lines.append(
                f"{'placebo rank' if self.n_assignments else 'rank'} {self.rank} of {len(self.draws)} "
                f"(smallest attainable p-value {self.smallest_p_value:.4f})"
            )
        if not self.is_rank_only:
            lines.append(f"p-value {self.p_value:.4f}")
        if np.isfinite(self.estimate):
            inverted = f", interval by inversion [{self.conf_low:.4f}, {self.conf_high:.4f}]"
            lines.append(f"estimate {self.estimate:.4f}" + ("" if np.isnan(self.conf_low) else inverted))
        return "\n".join([*lines, *(fill(note, WIDTH, subsequent_indent="  ") for note in self.notes)])
