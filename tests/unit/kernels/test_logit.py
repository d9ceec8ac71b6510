import numpy as np
from scipy.optimize import linprog

from yrdecon.kernels.logit import fit_logit


def is_separable(outcome, x):
    """Whether a hyperplane has all ones weakly on one side and not all rows on it, by a linear program."""
    signed = (2 * outcome - 1)[:, None] * x
    found = linprog(-signed.sum(axis=0), A_ub=-signed, b_ub=np.zeros(len(x)), bounds=[(-1, 1)] * x.shape[1])
    return -found.fun > 1e-7


def test_the_logit_converges_exactly_where_no_hyperplane_separates_the_groups():
    generator = np.random.default_rng(5)
    told = []
    for draw in range(300):
        n, k = generator.integers(8, 40), generator.integers(1, 5)
        outcome = (np.arange(n) < generator.integers(1, 7)).astype(float)
        x = generator.normal(size=(n, k))
        x[:, 0] += generator.choice([0.0, 2.0, 50.0]) * outcome
        x = np.column_stack([np.ones(n), np.round(x) if draw % 3 == 0 else x])
        if np.linalg.matrix_rank(x) <= k:
            continue
        told.append((is_separable(outcome, x), fit_logit(outcome, x, np.ones(n)).converged))
    separable, converged = np.array(told).T
    assert (converged == ~separable).all()
    assert 50 < separable.sum() < len(told) - 50
