"""One estimate from estimates on several draws of the data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pandas as pd

from yrdecon.core.estimate import Estimate
from yrdecon.errors import EstimationError


def pool_draws(estimates: Sequence[Estimate]) -> Estimate:
    """Join estimates of one design on several draws of uncertain figures (Rubin 1987).

    The coefficients are the means; the covariance is the mean covariance plus 1 + 1/m times the covariance of the
    coefficients between the m draws, so that doubt about the figures widens the errors. Degrees of freedom are those of
    Rubin, joined with those of the estimates as harmonic sum. Other covariances must be chosen before the draws are
    joined: the joint estimate carries no influence of rows. Frame ``draws`` holds the coefficients of every draw, and
    the share of the variance that comes from between the draws.

    Raises
    ------
    EstimationError
        If there are fewer than two estimates, or they are of different methods, outcomes or cells.

    Examples
    --------
    >>> import yrdecon as yd
    >>> panel = yd.load_twinning()
    >>> one = yd.twfe(panel, yd.Design(outcome="ln_real_gdp", pool="in_yrd_clean"))
    >>> bool(np.allclose(pool_draws([one, one]).vcov, one.vcov))
    True
    """
    _fail_if_not_draws_of_one(estimates)
    first, m = estimates[0], len(estimates)
    coefs = np.stack([e.coef for e in estimates])
    within = np.mean([e.vcov for e in estimates], axis=0)
    between = np.atleast_2d(np.cov(coefs, rowvar=False))
    extra = (1 + 1 / m) * between
    share = np.diag(extra) / np.diag(within + extra)
    with np.errstate(divide="ignore"):
        rubin = (m - 1) / share**2
    dof = 1 / (1 / np.asarray(first.dof, dtype=float) + 1 / rubin)
    draws = pd.DataFrame(coefs.T).add_prefix("draw_")
    table = pd.concat([first.cells.reset_index(drop=True), draws, pd.Series(share, name="share_between")], axis=1)
    largest = f"{100 * float(np.nanmax(share)):.0f}"
    note = f"{m} draws joined, at most {largest}% of a variance from between the draws (Rubin 1987)"
    return replace(
        first,
        coef=coefs.mean(axis=0),
        vcov=within + extra,
        influence=None,
        linear=None,
        dof=dof,
        frames=MappingProxyType({"draws": table}),
        notes=(*first.notes, note),
    )


def _fail_if_not_draws_of_one(estimates: Sequence[Estimate]) -> None:
    if len(estimates) < 2:
        raise EstimationError(f"{len(estimates)} estimates have no spread; give those on two draws or more")
    first = estimates[0]
    for other in estimates[1:]:
        same = (other.method, len(other.cells)) == (first.method, len(first.cells))
        if not same or not other.cells.equals(first.cells):
            raise EstimationError(
                f"the estimates are of {first.method} and {other.method} with {len(first.cells)} and "
                f"{len(other.cells)} cells; join estimates of one design"
            )
