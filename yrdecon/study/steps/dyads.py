"""Whether paired places exchange more than the same places do with others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from yrdecon.core.estimate import Estimate
from yrdecon.core.hypothesis import HypothesisTest
from yrdecon.core.panel import Panel
from yrdecon.errors import DesignError
from yrdecon.estimators.count_regression import count_regression
from yrdecon.inference.node_jackknife import node_jackknife
from yrdecon.inference.pairing_permutation import pairing_permutation_test
from yrdecon.study.findings import Findings, gather
from yrdecon.study.material import Material

TERM = "paired"
FORMULA = f"flow ~ {TERM} | origin^time + destination^time + unit"


def dyads(material: Material) -> Findings:
    """Regress the flows of the plan on being paired, with effects of both places in every period and of every pair.

    Effects of places in every period take up every other policy on the same places. Periods that the headline excludes
    take no part. Estimate ``flows`` (Poisson, errors by leaving out each place), test ``matching`` (every other way to
    match the same places), frame ``matched`` (donor, recipient). Nothing where the plan names no flows.
    """
    if material.flows is None:
        return gather({})
    flows = material.flows
    return gather(
        {
            "matched": lambda: _matched(material, flows),
            "flows": lambda: _estimate(material, flows),
            "matching": lambda: _matching(material, flows),
        }
    )


def _estimate(material: Material, flows: pd.DataFrame) -> Estimate:
    return node_jackknife(count_regression, _panel(material, flows), FORMULA)


def _matching(material: Material, flows: pd.DataFrame) -> HypothesisTest:
    plan, matched = material.plan, _matched(material, flows)
    pairs = list(zip(matched["donor"], matched["recipient"], strict=True))
    panel = _panel(material, flows)
    return pairing_permutation_test(panel, FORMULA, TERM, pairs, seed=plan.seed, draws=plan.inference.draws)


def _panel(material: Material, flows: pd.DataFrame) -> Panel:
    """Return flows by direction, marked where donor and recipient are paired, whichever of them sends."""
    rows = flows[~flows["time"].isin(material.headline.design.exclude_periods)]
    matched = _matched(material, flows)
    start = {key: first for d, r, first in matched.itertuples(index=False) for key in ((d, r), (r, d))}
    first = _lookup(start, rows["origin"], rows["destination"])
    unit = rows["origin"] + "-" + rows["destination"]
    return Panel.from_frame(
        rows.assign(unit=unit, **{TERM: (rows["time"] >= first).astype(float)}), unit="unit", time="time"
    )


def _lookup(start: dict[tuple[str, str], int], origin: Sequence[str], destination: Sequence[str]) -> np.ndarray:
    return np.array([start.get(key, np.inf) for key in zip(origin, destination, strict=True)])


def _matched(material: Material, flows: pd.DataFrame) -> pd.DataFrame:
    """Return donor, recipient and first period of the pairs between which there are flows."""
    pairs = material.registry.pairs
    own = pairs[pairs["policy"] == material.plan.treatment.policy]
    known = set(zip(flows["origin"], flows["destination"], strict=True))
    rows = [
        (str(p.donor_code), str(p.recipient_code), int(p.first_year))
        for p in own.itertuples(index=False)
        if {(str(p.donor_code), str(p.recipient_code)), (str(p.recipient_code), str(p.donor_code))} & known
    ]
    if not rows:
        shown = sorted(set(flows["origin"]))[:5]
        raise DesignError(
            f"no flow lies between a donor and its recipient; places are ids as in the pairs, got {shown}"
        )
    return pd.DataFrame(rows, columns=["donor", "recipient", "first"])
