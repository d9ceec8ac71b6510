"""Pairs of units at other places of the map."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from yrdecon.kernels.block_matching import match_places
from yrdecon.kernels.blocks import nearest_blocks

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class PairedPlaces:
    """Actual pairs, and who may stand for either side.

    Attributes
    ----------
    distance
        (N, N) distances.
    pairs
        (K, 2) donor and recipient of each pair; units may be in several pairs.
    recipients, donors
        Units that may stand for recipients and for donors; nobody is in both.
    """

    distance: FloatArray
    pairs: IntArray
    recipients: IntArray
    donors: IntArray


def place_pairs(places: PairedPlaces) -> IntArray:
    """Return (B, K, 2) pairs, the actual ones first.

    Placebo recipients are each candidate with its nearest fellow candidates, laid on the map of the actual recipients
    so that distances among them change least. Placebo donors are the candidates of which each serves the recipients of
    one actual donor, and whose distances to them differ least from the actual ones in sum.
    """
    donor, donor_of = np.unique(places.pairs[:, 0], return_inverse=True)
    recipient, recipient_of = np.unique(places.pairs[:, 1], return_inverse=True)
    among = places.distance[np.ix_(places.recipients, places.recipients)]
    apart = places.distance[np.ix_(recipient, recipient)]
    actual = places.distance[places.pairs[:, 0], places.pairs[:, 1]]
    found = [places.pairs]
    for block in nearest_blocks(among, len(recipient)):
        there = places.recipients[block]
        there = there[match_places(apart, places.distance[np.ix_(there, there)])] if len(there) > 1 else there
        off = np.abs(places.distance[np.ix_(there[recipient_of], places.donors)] - actual[:, None])
        cost = np.zeros((len(donor), len(places.donors)))
        np.add.at(cost, donor_of, off)
        chosen = places.donors[optimize.linear_sum_assignment(cost)[1]]
        found.append(np.column_stack([chosen[donor_of], there[recipient_of]]))
    return _once(np.stack(found).astype(np.int64))


def _once(sets: IntArray) -> IntArray:
    """Keep the first of sets with the same pairs."""
    keys = [frozenset(map(tuple, one.tolist())) for one in sets]
    return sets[[keys.index(key) == row for row, key in enumerate(keys)]]
