"""An event study whose errors come from placebo sets, steadied by the model of shocks over time and space."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from yrdecon.core.assignment import Assignment
from yrdecon.core.design import Design
from yrdecon.core.estimate import Estimate
from yrdecon.core.estimator import estimate_assignments
from yrdecon.core.panel import Panel
from yrdecon.core.sample import draw_sample
from yrdecon.errors import DesignError
from yrdecon.estimators.event_study import event_study
from yrdecon.inference.assignments import admissible_assignments
from yrdecon.inference.spatial_event_study import spatial_event_study

FloatArray = NDArray[np.float64]


def placebo_event_study(
    panel: Panel, design: Design, assignment: Assignment | None = None, *, seed: int, draws: int = 999
) -> Estimate:
    """Estimate an event study with the covariance of its coefficients among placebo assignments.

    A clustered covariance with few treated units is too small and has no more rank than they are. Placebo sets show how
    coefficients vary together when nothing happens, but overlap: few of them are independent. Their second moments are
    therefore averaged with the covariance of `spatial_event_study`, by the number of placebo sets without a common unit
    against the number of coefficients.

    Parameters
    ----------
    assignment
        The mechanism; None is ``Assignment("auto")``.
    seed, draws
        Seed and number of sampled assignments where they are not enumerated.

    Returns
    -------
    The estimate of `event_study` with another covariance, normal intervals and no clusters.

    Raises
    ------
    DesignError
        As `spatial_model_test`; or if fewer than two placebo assignments are there, or a coefficient is not identified
        in one of them.

    Notes
    -----
    The weight is that of an inverse Wishart prior worth as many draws as there are coefficients.

    Examples
    --------
    >>> from yrdecon.study.twinning import load_twinning, twinning_design
    >>> estimate = placebo_event_study(load_twinning(), twinning_design(), seed=1)
    >>> estimate.small_sample
    '24 placebo sets, 2 of them apart, against 13 coefficients of the spatial model'
    """
    sample = draw_sample(panel, design)
    compared = admissible_assignments(panel, sample, assignment or Assignment(), draws=draws, seed=seed)
    placebos = estimate_assignments(event_study, panel, design, compared.cohorts)[1:]
    _fail_if_placebos_do_not_suffice(placebos)
    modeled = spatial_event_study(panel, design)
    apart = len(placebos) if compared.disjoint_sets is None else max(compared.disjoint_sets - 1, 1)
    prior = int((~modeled.cells["reference"]).sum())
    vcov = (prior * modeled.vcov + apart * placebos.T @ placebos / len(placebos)) / (prior + apart)
    words = f"{len(placebos)} placebo sets, {apart} of them apart, against {prior} coefficients of the spatial model"
    return replace(modeled, vcov=vcov, small_sample=words)


def _fail_if_placebos_do_not_suffice(placebos: FloatArray) -> None:
    if len(placebos) < 2:
        raise DesignError("a covariance needs two or more placebo assignments; loosen within, stratify or exclude")
    lost = int(np.isnan(placebos).any(axis=1).sum())
    if lost:
        raise DesignError(f"a coefficient is not identified in {lost} of {len(placebos)} assignments; restrict them")
