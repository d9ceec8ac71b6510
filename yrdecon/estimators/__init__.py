"""Estimators: functions from a panel and a design to an estimate."""

from yrdecon.estimators.aggregate import aggregate
from yrdecon.estimators.event_study import event_study
from yrdecon.estimators.linear_map import average, lincom, wald
from yrdecon.estimators.synthetic_did import synthetic_did
from yrdecon.estimators.twfe import twfe

__all__ = ["aggregate", "average", "event_study", "lincom", "synthetic_did", "twfe", "wald"]
