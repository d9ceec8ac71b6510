"""The line that every figure carries: how many units were treated and what a test could have found."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields

import pandas as pd

from yrdecon.core.estimate import Estimate
from yrdecon.core.hypothesis import HypothesisTest
from yrdecon.present.numbers import p_text, thousands
from yrdecon.present.words import Lang, word

COUNTED = ("n_treated", "n_comparison", "n_clusters")


@dataclass(frozen=True)
class Facts:
    """What a result knows about its design, None where it does not.

    Attributes
    ----------
    n_treated, n_comparison
        Treated units, and the others.
    n_clusters, effective_clusters
        Clusters of the covariance and their effective number.
    n_assignments
        Admissible assignments.
    n_compared
        Assignments that were compared.
    smallest_p
        Smallest p-value that the test can attain.
    """

    n_treated: int | None = None
    n_comparison: int | None = None
    n_clusters: int | None = None
    effective_clusters: float | None = None
    n_assignments: int | None = None
    n_compared: int | None = None
    smallest_p: float | None = None


def facts_line(facts: Facts, lang: Lang) -> str:
    """Write what is known in one line, empty if nothing is.

    Examples
    --------
    >>> facts_line(Facts(n_treated=8, n_assignments=25, smallest_p=0.04), "en")
    '8 treated units, 25 admissible assignments, smallest attainable p 0.040'
    """
    shown = {
        "fact_treated": facts.n_treated,
        "fact_comparison": facts.n_comparison,
        "fact_clusters": facts.n_clusters,
        "fact_effective": facts.effective_clusters,
        "fact_assignments": facts.n_assignments,
        "fact_compared": facts.n_compared,
    }
    parts = [word(key, lang).format(n=_count(value)) for key, value in shown.items() if value is not None]
    if facts.smallest_p:
        parts.append(word("fact_smallest_p", lang).format(p=p_text(facts.smallest_p)))
    return ("，" if lang == "zh" else ", ").join(parts)


def facts_of_estimate(estimate: Estimate) -> Facts:
    """Read an estimate."""
    return Facts(
        n_treated=estimate.n_treated,
        n_comparison=None if estimate.n_treated is None else estimate.n_units - estimate.n_treated,
        n_clusters=estimate.n_clusters,
        effective_clusters=estimate.effective_clusters,
    )


def facts_of_test(test: HypothesisTest) -> Facts:
    """Read a test; the treated units are the members of the actual assignment."""
    placebos = test.frames.get("placebos")
    members = placebos["members"].iloc[0] if placebos is not None and "members" in placebos else None
    sample = facts_of_frame(test.frames.get("sample", pd.DataFrame()))
    return Facts(
        n_treated=sample.n_treated if members is None else len(str(members).split(";")),
        n_comparison=sample.n_comparison,
        n_assignments=test.n_assignments,
        n_compared=None if test.draws is None or len(test.draws) == test.n_assignments else len(test.draws),
        smallest_p=test.smallest_p_value,
    )


def facts_of_frame(frame: pd.DataFrame) -> Facts:
    """Read the first row of a frame of results that counts units and clusters.

    Examples
    --------
    >>> facts_line(facts_of_frame(pd.DataFrame({"n_treated": [8, 7], "n_clusters": [30, 29]})), "en")
    '8 treated units, 30 clusters'
    """
    return Facts(**{name: int(frame[name].iloc[0]) for name in COUNTED if name in frame and len(frame)})


def shared_facts(several: Iterable[Facts]) -> Facts:
    """Keep what is the same for all.

    Examples
    --------
    >>> shared = shared_facts([Facts(n_treated=8, n_clusters=30), Facts(n_treated=8, n_clusters=41)])
    >>> shared.n_treated, shared.n_clusters
    (8, None)
    """
    listed = list(several)
    kept = {}
    for field in fields(Facts):
        values = {getattr(facts, field.name) for facts in listed}
        kept[field.name] = values.pop() if len(values) == 1 else None
    return Facts(**kept)


def _count(value: float) -> str:
    return thousands(value) if isinstance(value, int) else f"{value:.1f}"
