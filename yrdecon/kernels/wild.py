"""Wild cluster bootstrap of one coefficient from sums over clusters (Roodman, MacKinnon, Nielsen and Webb 2019)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, sparse

from yrdecon.kernels.clustered import Block, ClusteredFit, blocks
from yrdecon.kernels.sandwich import sum_by_cluster

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

TIE, ROUNDING = 1e-9, 1e-11
CHUNK, LOW_RANK = 4_000_000, 8
DOUBLINGS, BISECTIONS = 20, 50


@dataclass(frozen=True, slots=True, eq=False)
class WildScores:
    """What a bootstrap sample needs: its coefficient and its cluster scores are linear in the multipliers.

    Everything is affine in the distance between the estimate and the value under the null hypothesis; index 0 is the
    part at distance zero, index 1 the slope, zero where the null is not imposed.

    Attributes
    ----------
    numerator
        (2, H) deviation of the coefficient from the null per unit of each multiplier.
    own
        (2, H) contribution of each group of rows to the score of its cluster, before the sample's own regression.
    home
        (H,) cluster of each group.
    sums, pull
        (2, H, m) and (G, m): their product (2, H, G) is what that regression takes away from each cluster's score.
    error
        Standard error of the actual estimate, without small-sample factor.
    """

    numerator: FloatArray
    own: FloatArray
    home: IntArray
    sums: FloatArray
    pull: FloatArray
    error: float


@dataclass(frozen=True, slots=True, eq=False)
class WildDraws:
    """Bootstrap deviations (2, B), affine in the distance, and the (3, B) coefficients of their squared errors."""

    deviation: FloatArray
    square: FloatArray
    error: float

    def statistics(self, distance: float) -> FloatArray:
        """Return the (B,) t statistics when the estimate lies `distance` from the null, infinite without an error."""
        top, square = self._at(distance)
        root = np.sqrt(np.clip(square, 0.0, None))
        return np.asarray(np.divide(top, root, out=np.copysign(np.inf, top), where=root > ROUNDING * self.error))

    def as_extreme(self, distance: float) -> int:
        """Count the draws at least as extreme as the actual statistic, ties included."""
        top, square = self._at(distance)
        counted = np.where(square > (ROUNDING * self.error) ** 2, square, 0.0)
        return int(np.count_nonzero(top**2 >= (distance / self.error * (1 - TIE)) ** 2 * counted))

    def _at(self, distance: float) -> tuple[FloatArray, FloatArray]:
        top = self.deviation[0] + distance * self.deviation[1]
        return top, self.square[0] + distance * (self.square[1] + distance * self.square[2])


def wild_scores(
    fit: ClusteredFit, flipped: IntArray, *, null_imposed: bool, jackknife_scores: bool, jackknife_errors: bool
) -> WildScores:
    """Reduce a fit with one contrast to what the bootstrap needs.

    Parameters
    ----------
    fit
        Only effects that lie within the levels of `flipped` may be projected out beforehand; they are then constant
        under the multipliers. `fit.codes` are the clusters of the errors.
    flipped
        (n,) codes of the groups of rows that share a multiplier: the clusters, or parts of them.
    null_imposed
        Whether the residuals are those of the regression under the null.
    jackknife_scores
        Whether a cluster's residuals come from a regression without it (first digit 3 of MacKinnon, Nielsen and Webb).
    jackknife_errors
        Whether standard errors are those of the cluster jackknife (second digit 3).
    """
    contrast = fit.contrasts[0]
    size = float(contrast @ contrast)
    direction = fit.basis @ contrast
    parts = [fit.residuals, direction / size if null_imposed else np.zeros_like(direction)]
    if jackknife_scores:
        basis = fit.basis @ linalg.null_space(contrast[None, :]) if null_imposed else fit.basis
        parts = _leave_out(basis, fit.codes, parts)
    sums = np.stack([sum_by_cluster(fit.basis * part[:, None], flipped) for part in parts])
    weights = _weights(fit, contrast, jackknife_errors)
    home = np.zeros(int(flipped.max()) + 1, dtype=np.int64)
    home[flipped] = fit.codes
    scores = sum_by_cluster(fit.basis * fit.residuals[:, None], fit.codes)
    error = float(np.sqrt(((weights * scores).sum(axis=1) ** 2).sum()))
    own = (sums * weights[home]).sum(axis=2)
    return WildScores(sums @ contrast, own, home, sums, _through(fit, weights), error)


def wild_draws(scores: WildScores, multipliers: NDArray[np.int8] | FloatArray) -> WildDraws:
    """Evaluate (B, H) multipliers, in chunks that fit into memory."""
    affine = bool(scores.numerator[1].any())
    deviation, square = np.empty((2, len(multipliers))), np.zeros((3, len(multipliers)))
    for rows in _chunks(*multipliers.shape):
        drawn = multipliers[rows].astype(float)
        deviation[:, rows] = (drawn @ scores.numerator.T).T
        base = _cluster_scores(scores, 0, drawn)
        square[0, rows] = _row_products(base, base)
        if affine:
            slope = _cluster_scores(scores, 1, drawn)
            square[1, rows] = 2 * _row_products(base, slope)
            square[2, rows] = _row_products(slope, slope)
    return WildDraws(deviation, square, scores.error)


def _cluster_scores(scores: WildScores, part: int, drawn: FloatArray) -> FloatArray:
    """Return (B, G) scores of each cluster in bootstrap samples, by the order of multiplication that costs less."""
    own, sums, pull = scores.own[part], scores.sums[part], scores.pull.T
    groups = np.arange(len(scores.home))
    if pull.shape[1] <= LOW_RANK * len(pull):
        matrix = -sums @ pull
        matrix[groups, scores.home] += own
        return np.asarray(drawn @ matrix)
    inside = drawn * own
    if not np.array_equal(scores.home, groups):
        inside = (_membership(scores.home).T @ inside.T).T
    return np.asarray(inside - (drawn @ sums) @ pull)


def _membership(home: IntArray) -> sparse.csr_array:
    return sparse.csr_array((np.ones(len(home)), (np.arange(len(home)), home)))


def _row_products(first: FloatArray, second: FloatArray) -> FloatArray:
    return np.asarray(np.einsum("bg,bg->b", first, second))


def farthest_accepted(draws: WildDraws, needed: float, sign: float) -> float:
    """Return how far from the estimate a null can lie, on one side, until fewer than `needed` draws are as extreme.

    The first crossing on the way out; infinite if there is none within a million standard errors.
    """
    inside, outside = 0.0, draws.error
    for _ in range(DOUBLINGS):
        if draws.as_extreme(sign * outside) <= needed:
            break
        inside, outside = outside, 2 * outside
    else:
        return np.inf
    for _ in range(BISECTIONS):
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if draws.as_extreme(sign * middle) > needed else (inside, middle)
    return inside


def all_signs(groups: int) -> NDArray[np.int8]:
    """Return the (2^H, H) vectors of signs, all positive first."""
    bits = (np.arange(2**groups)[:, None] >> np.arange(groups)) & 1
    return (1 - 2 * bits).astype(np.int8)


def random_signs(draws: int, groups: int, generator: np.random.Generator) -> NDArray[np.int8]:
    """Draw (B, H) signs."""
    return (2 * generator.integers(0, 2, (draws, groups), dtype=np.int8) - 1).astype(np.int8)


def random_webb(draws: int, groups: int, generator: np.random.Generator) -> FloatArray:
    """Draw (B, H) multipliers from the six points of Webb (2023)."""
    points = np.sqrt(np.array([0.5, 1.0, 1.5]))
    return np.asarray(np.concatenate([-points, points])[generator.integers(0, 6, (draws, groups))])


def _weights(fit: ClusteredFit, contrast: FloatArray, jackknife: bool) -> FloatArray:
    """Return the (G, m) map from each cluster's scores in the basis to the coefficient, or its change without them."""
    if not jackknife:
        return np.tile(contrast, (int(fit.codes.max()) + 1, 1))
    return np.stack([contrast + _pulled(block, contrast) for block in blocks(fit.basis, fit.codes)])


def _pulled(block: Block, vector: FloatArray) -> FloatArray:
    """Return what the inverse of ``I - R_g'R_g`` adds to the identity, times a vector (m,)."""
    return np.asarray((block.change(1.0) * (block.right @ vector)) @ block.right)


def _leave_out(basis: FloatArray, codes: IntArray, parts: list[FloatArray]) -> list[FloatArray]:
    """Replace each cluster's residuals by those of the regression on the basis without the cluster."""
    new = [part.copy() for part in parts]
    for block in blocks(basis, codes):
        inner = basis[block.rows]
        for part, result in zip(parts, new, strict=True):
            own = inner.T @ part[block.rows]
            result[block.rows] += inner @ (own + _pulled(block, own))
    return new


def _through(fit: ClusteredFit, weights: FloatArray) -> FloatArray:
    """Return the (G, m) weights times each cluster's Gram matrix."""
    fitted = (fit.basis * weights[fit.codes]).sum(axis=1)
    return sum_by_cluster(fit.basis * fitted[:, None], fit.codes)


def _chunks(draws: int, groups: int) -> Iterator[slice]:
    step = max(1, CHUNK // groups)
    yield from (slice(start, min(start + step, draws)) for start in range(0, draws, step))
