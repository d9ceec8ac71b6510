"""Places: codes, names, distances."""

from yrdecon.places.codes import city_table
from yrdecon.places.names import resolve_places

__all__ = ["city_table", "resolve_places"]
