"""The options of `synthetic_control`, checked against each other and against the design."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from yrdecon.core.design import Design, fail_if_asked
from yrdecon.core.options import fail_if_unknown, is_number
from yrdecon.errors import DesignError
from yrdecon.estimators.synthetic.predictors import Predictor

Method = Literal["simplex", "augmented", "penalized"]
Match = Literal["demeaned", "levels"]
Per = Literal["unit", "cohort"]


@dataclass(frozen=True, slots=True)
class Options:
    """The options of `synthetic_control`."""

    method: Method = "simplex"
    match: Match | tuple[Predictor, ...] = "demeaned"
    per: Per = "unit"
    penalty: float | None = None

    def __post_init__(self) -> None:
        """Refuse unknown values and combinations without meaning."""
        fail_if_unknown("method", self.method, Method)
        fail_if_unknown("per", self.per, Per)
        if isinstance(self.match, str):
            fail_if_unknown("match", self.match, Match)
        elif not (isinstance(self.match, tuple) and all(isinstance(p, Predictor) for p in self.match)):
            raise DesignError(
                f"match={self.match!r} must be one of {list(get_args(Match))} or a tuple such as "
                "(Predictor('invest'), Predictor('gdp', 2010))"
            )
        elif self.method != "simplex" or self.penalty is not None:
            raise DesignError(
                f"predictors are matched by method='simplex' without penalty, not by method={self.method!r} with "
                f"penalty={self.penalty!r}; use match='levels' or 'demeaned' for those"
            )
        if self.penalty is not None and not (is_number(self.penalty) and 0 <= self.penalty < np.inf):
            raise DesignError(f"penalty={self.penalty!r} must be a number, 0 or more, or None")


def fail_if_design_does_not_fit(design: Design, options: Options) -> None:
    """Refuse designs that ask for what a synthetic control with these options does not do.

    Raises
    ------
    DesignError
        On weights, effects, not-yet-treated comparisons, covariates without predictors, base periods without
        demeaning, and predictors that are none.
    """
    fail_if_asked(design, ("weights", "effects"), "synthetic_control", "twfe")
    if design.comparison != "never":
        raise DesignError("synthetic_control compares with never-treated units; use comparison='never'")
    if isinstance(options.match, str) and design.covariates:
        raise DesignError(
            f"synthetic_control matches covariates {list(design.covariates)} beside a few periods of the outcome; "
            f"name these: match=(Predictor({design.outcome!r}, 2010), ...)"
        )
    if not isinstance(options.match, str) and not options.match and not design.covariates:
        raise DesignError("match=() and a design without covariates leave nothing to match; name a predictor")
    if options.match != "demeaned" and design.base_periods is not None:
        raise DesignError(
            f"base_periods={design.base_periods} are where gaps are set to zero, which a match in levels does not do; "
            "use match='demeaned', or base_periods=None"
        )
