"""Whether recipients with a richer donor changed more."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from yrdecon.core.hypothesis import HypothesisTest
from yrdecon.core.panel import Panel
from yrdecon.errors import DesignError
from yrdecon.inference.dose_order import dose_order_test
from yrdecon.study.findings import Findings, gather
from yrdecon.study.material import FILLED, Material, income_column

DOSE = "donor_advantage"


def dose(material: Material) -> Findings:
    """Relate the change of recipients to the lead in income of their own donors before treatment.

    Test ``order`` of all orders of the doses; frame ``doses``: unit, partner, dose, change, and filled, whether either
    income rests on a filled cell. The dose is the donor's income per person less the recipient's in the base periods,
    in the first outcome per person that the plan names; recipients whose donor is no unit of the panel have none.
    """
    found = gather({"order": lambda: _order(material)})
    if "order" not in found.tests:
        return found
    return Findings({}, found.tests, {**found.frames, "doses": _doses(material, found.tests["order"])})


def _order(material: Material) -> HypothesisTest:
    head = material.headline
    leads = _leads(material)
    kept = head.panel.frame[head.panel.frame[head.panel.unit].astype(str).isin(leads.index)]
    unit = kept[head.panel.unit].astype(str)
    panel = Panel(kept.assign(**{DOSE: unit.map(leads)}).reset_index(drop=True), head.panel.unit, head.panel.time)
    plan = material.plan
    return dose_order_test(panel, head.design, dose=DOSE, seed=plan.seed, draws=plan.inference.draws)


def _leads(material: Material) -> pd.Series:
    """Return by recipient how far its donors' mean income lies above its own in the base periods."""
    pairs, income = _whole_pairs(material), _at_base(material, income_column(material)).mean()
    donors = pairs.assign(income=pairs["donor_code"].map(income)).groupby("recipient_code")["income"].mean()
    leads = (donors - income.reindex(donors.index)).dropna()
    if (leads <= 0).any():
        raise DesignError(f"the donors of {leads.index[leads <= 0].tolist()} are poorer than they")
    return leads


def _whole_pairs(material: Material) -> pd.DataFrame:
    pairs, panel = material.registry.pairs, material.headline.panel
    own = pairs[pairs["policy"] == material.plan.treatment.policy].astype({"donor_code": str, "recipient_code": str})
    treated = panel.frame.loc[np.isfinite(panel.frame["cohort"].astype(float)), panel.unit].astype(str)
    here = own["donor_code"].isin(panel.units.astype(str)) & own["recipient_code"].isin(treated)
    if not here.any():
        raise DesignError("no recipient has a donor that is a unit of the panel")
    return own[here]


def _at_base(material: Material, column: str) -> Any:
    """Return the values of a column in the base periods, by unit."""
    head = material.headline
    base = head.design.base_periods or (max(int(p) for p in head.panel.periods if p < material.first_touched),)
    rows = head.panel.frame[head.panel.frame[head.panel.time].isin(base)]
    return rows[column].groupby(rows[head.panel.unit].astype(str))


def _doses(material: Material, test: HypothesisTest) -> pd.DataFrame:
    units = test.frames["units"].astype({"unit": str})
    pairs = _whole_pairs(material)
    partner = pairs.groupby("recipient_code")["donor_code"].agg(";".join)
    table = units.assign(partner=units["unit"].map(partner), filled=False)
    if FILLED not in material.headline.panel.frame.columns:
        return table
    filled = _at_base(material, FILLED).any()
    donors = pairs.assign(filled=pairs["donor_code"].map(filled)).groupby("recipient_code")["filled"].any()
    return table.assign(filled=units["unit"].map(filled).astype(bool) | units["unit"].map(donors).astype(bool))
