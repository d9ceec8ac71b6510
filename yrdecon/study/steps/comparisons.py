"""The headline, and what changes it: pools and variants."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import pandas as pd

from yrdecon.core.assignment import Assignment
from yrdecon.core.estimator import Estimator
from yrdecon.core.hypothesis import HypothesisTest
from yrdecon.inference.permutation import permutation_test
from yrdecon.study.findings import Findings, gather
from yrdecon.study.material import Comparison, Material


def comparisons(material: Material) -> Findings:
    """Estimate and test the headline, every pool and every variant with the headline's estimator.

    Estimate ``headline``; test ``headline_90`` with its 90% interval, tests ``pool_<name>`` and ``variant_<number>``;
    frames ``pools`` and ``variants``.
    """
    head = material.headline
    tests = {
        **{f"pool_{name}": pool for name, pool in material.pools.items()},
        **{f"variant_{number}": variant for number, variant in enumerate(material.variants)},
    }
    found = gather(
        {
            "headline": lambda: material.estimator(head.panel, head.design),
            "headline_90": lambda: permutation_test(
                material.estimator, head.panel, head.design, seed=material.plan.seed, level=0.9
            ),
            **{name: tester(material, comparison, material.estimator) for name, comparison in tests.items()},
        }
    )
    frames: Mapping[str, pd.DataFrame] = {
        "pools": _table(found, ((f"pool_{name}", pool) for name, pool in material.pools.items())),
        "variants": _table(found, ((f"variant_{n}", variant) for n, variant in enumerate(material.variants))),
    }
    return Findings(found.estimates, found.tests, {**found.frames, **frames})


def test_row(name: str, comparison: Comparison, test: HypothesisTest) -> dict[str, object]:
    """Return one line of a table of comparisons; the p-value only where more than a rank is earned."""
    return {
        "name": name,
        "label_en": comparison.label_en,
        "label_zh": comparison.label_zh,
        "estimate": test.estimate,
        "conf_low": test.conf_low,
        "conf_high": test.conf_high,
        "rank": test.rank,
        "n_compared": 0 if test.draws is None else len(test.draws),
        "p_value": float("nan") if test.is_rank_only else test.p_value,
        "smallest_p_value": test.smallest_p_value,
        "disjoint_sets": test.disjoint_sets,
    }


def tester(material: Material, comparison: Comparison, estimator: Estimator) -> Callable[[], HypothesisTest]:
    """Return the default test of an estimator, to be run later."""
    plan = material.plan
    return lambda: permutation_test(
        estimator,
        comparison.panel,
        comparison.design,
        Assignment("auto"),
        seed=plan.seed,
        draws=plan.inference.draws,
    )


def _table(found: Findings, comparisons: Iterable[tuple[str, Comparison]]) -> pd.DataFrame:
    return pd.DataFrame([test_row(n, c, found.tests[n]) for n, c in comparisons if n in found.tests])
