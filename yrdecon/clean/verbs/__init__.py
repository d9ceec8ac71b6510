"""Verbs that make a column or a sample from a panel, each with a trail of what it did."""

from yrdecon.clean.verbs.balance_panel import balance_panel
from yrdecon.clean.verbs.deflate import deflate
from yrdecon.clean.verbs.growth import growth
from yrdecon.clean.verbs.interpolate import interpolate
from yrdecon.clean.verbs.lag import lag
from yrdecon.clean.verbs.log1p_warned import log1p_warned
from yrdecon.clean.verbs.per_capita import per_capita
from yrdecon.clean.verbs.price_base import price_base
from yrdecon.clean.verbs.standardize import standardize
from yrdecon.clean.verbs.winsorize import winsorize

__all__ = [
    "balance_panel",
    "deflate",
    "growth",
    "interpolate",
    "lag",
    "log1p_warned",
    "per_capita",
    "price_base",
    "standardize",
    "winsorize",
]
