"""Places: codes, names, distances."""

from yrdecon.places.codes import city_table
from yrdecon.places.county_changes import county_changes
from yrdecon.places.exposure_rings import exposure_rings
from yrdecon.places.names import resolve_places
from yrdecon.places.spatial_weights import SpatialWeights, spatial_weights

__all__ = [
    "SpatialWeights",
    "city_table",
    "county_changes",
    "exposure_rings",
    "resolve_places",
    "spatial_weights",
]
