"""Places: codes, names, distances."""

from yrdecon.places.codes import city_table
from yrdecon.places.exposure_rings import exposure_rings
from yrdecon.places.names import resolve_places

__all__ = ["city_table", "exposure_rings", "resolve_places"]
