"""Places: codes, names, distances."""

from yrdecon.places.codes import city_table, district_table
from yrdecon.places.coordinates import distance_matrix
from yrdecon.places.names import resolve_places

__all__ = ["city_table", "distance_matrix", "district_table", "resolve_places"]
