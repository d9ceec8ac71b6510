"""The receipt of headline numbers: a second engine, versions, seed and hashes."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from types import MappingProxyType

import numpy as np
import pandas as pd

from yrdecon.core.archive import table_bytes
from yrdecon.core.design import Design
from yrdecon.core.estimator import ESTIMATORS, Estimator, estimate_one_by_one
from yrdecon.core.hypothesis import TIE, HypothesisTest
from yrdecon.core.panel import Panel
from yrdecon.core.sample import draw_sample
from yrdecon.diagnostics.needed_columns import with_needed_columns
from yrdecon.diagnostics.one_effect import one_effect
from yrdecon.errors import DesignError, YrdeconError
from yrdecon.inference.permutation import permutation_test
from yrdecon.present.words import Lang, word
from yrdecon.study.second_engines import EXACT, SecondEngine, second_engines

PACKAGES = ("yrdecon", "numpy", "scipy", "pandas", "statsmodels", "linearmodels", "pyfixest")
COLUMNS = ("number", "engine", "value", "second", "difference", "tolerance", "agrees", "note")
# relative differences below are rounding, which changes with the order in which a library adds
ROUNDING = 1e-12
LOOP = "loop over assignments"
NO_ENGINE = "no second engine is known for this estimator"


@dataclass(frozen=True, eq=False)
class Receipt:
    """What a report's numbers rest on.

    Attributes
    ----------
    checks
        One row per number and second engine: number, engine, value, second (what the engine gives), difference
        (relative, zero below 1e-12), tolerance, agrees, and a note where nothing could be compared.
    versions
        Versions of the program, Python and packages; empty for a package that is not installed.
    seed
        Seed of the permutation test.
    panel_hash, design_hash
        SHA-256 of the columns in use, as CSV, and of the design, as TOML.
    """

    checks: pd.DataFrame
    versions: Mapping[str, str]
    seed: int
    panel_hash: str
    design_hash: str

    @property
    def agrees(self) -> bool:
        """Whether all numbers that have a second engine agree with it."""
        compared = self.checks[self.checks["second"].notna()]
        return bool(len(compared) and compared["agrees"].all())

    def to_frame(self) -> pd.DataFrame:
        """Return everything as text, item by item, to be kept beside the results and compared by `compare_results`."""
        checks = self.checks[self.checks["second"].notna()]
        items = [(f"{r.number}, {r.engine}", f"{r.second!r}") for r in checks.itertuples()]
        items += [(f"{r.number}", f"{r.value!r}") for r in self.checks.drop_duplicates("number").itertuples()]
        items += [("seed", str(self.seed)), ("panel", self.panel_hash), ("design", self.design_hash)]
        items += [(f"version of {name}", found) for name, found in self.versions.items()]
        return pd.DataFrame(items, columns=["item", "value"])

    def to_text(self, lang: Lang = "en") -> str:
        """Write one paragraph."""
        compared = self.checks[self.checks["second"].notna()]
        comma, stop = ("、", "") if lang == "zh" else (", ", " ")
        missing = [name for name, found in self.versions.items() if not found]
        installed = comma.join(f"{name} {found}" for name, found in self.versions.items() if found)
        sentences = [
            word("receipt_agrees" if self.agrees else "receipt_differs", lang).format(
                n=compared["number"].nunique(),
                engines=comma.join(word(f"engine_{e}".replace(" ", "_"), lang) for e in compared["engine"].unique()),
                largest=f"{compared['difference'].max():.1e}" if len(compared) else "—",
            ),
            word("receipt_versions", lang).format(versions=installed, seed=self.seed),
            word("receipt_hashes", lang).format(panel=self.panel_hash[:12], design=self.design_hash[:12]),
        ]
        if missing:
            sentences.append(word("receipt_missing", lang).format(packages=comma.join(missing)))
        alone = sorted(set(self.checks["number"]) - set(compared["number"]))
        if alone:
            names = comma.join(word(name, lang) for name in alone)
            sentences.append(word("receipt_alone", lang).format(numbers=names))
        return stop.join(sentences)


def receipt(panel: Panel, design: Design, estimators: Sequence[str], *, seed: int, draws: int = 999) -> Receipt:
    """Estimate again, by other libraries or plain loops, the effects of a design and the test of the first of them.

    Parameters
    ----------
    estimators
        Names of registered estimators, the headline first. Effects by cohort or event time are summarized in one.
    seed, draws
        Of the permutation test. Its estimates are computed anew for every assignment, one call of the estimator each.

    Raises
    ------
    DesignError
        If no estimator is named, one is unknown, or the headline cannot be estimated.

    Examples
    --------
    >>> from yrdecon.study.twinning import load_twinning, twinning_design
    >>> receipt(load_twinning(), twinning_design(), ["callaway_santanna"], seed=1).agrees
    True
    """
    _fail_if_estimators_are_unknown(estimators)
    rows = []
    for name in estimators:
        value = float(one_effect(ESTIMATORS[name].function, panel, design)(panel, design).coef[0])
        engines = second_engines(name)
        rows += [_effect_row(name, value, engine, panel, design) for engine in engines]
        if not engines:
            rows.append((name, "", value, np.nan, np.nan, np.nan, False, NO_ENGINE))
    rows.append(_permutation_row(ESTIMATORS[estimators[0]].function, panel, design, seed, draws))
    content = table_bytes(with_needed_columns(panel, design).frame)
    return Receipt(
        checks=pd.DataFrame(rows, columns=list(COLUMNS)),
        versions=MappingProxyType({"python": platform.python_version()} | {name: _version(name) for name in PACKAGES}),
        seed=seed,
        panel_hash=hashlib.sha256(content).hexdigest(),
        design_hash=hashlib.sha256(design.to_toml().encode()).hexdigest(),
    )


def _effect_row(name: str, value: float, engine: SecondEngine, panel: Panel, design: Design) -> tuple[object, ...]:
    try:
        second = engine.run(panel, design)
    except YrdeconError as error:
        return (name, engine.name, value, np.nan, np.nan, engine.tolerance, False, str(error))
    return _compared(name, engine.name, value, second, engine.tolerance)


def _permutation_row(estimator: Estimator, panel: Panel, design: Design, seed: int, draws: int) -> tuple[object, ...]:
    """Repeat the test with one call of the estimator per assignment; divisors of the statistic are kept."""
    single = one_effect(estimator, panel, design)
    test = permutation_test(single, panel, design, seed=seed, draws=draws)
    placebos = test.frames["placebos"]
    sample = draw_sample(panel, design)
    date = sample.cohort[np.isfinite(sample.cohort)]
    if len(np.unique(date)) > 1:
        note = "with several adoption dates members do not tell an assignment, so that it is not repeated"
        return ("permutation_p", LOOP, test.p_value, np.nan, np.nan, EXACT, False, note)
    names = sample.units.astype(str)
    members = np.stack([names.isin(text.split(";")) for text in placebos["members"]])
    slow = estimate_one_by_one(single, panel, design, np.where(members, date[0], np.inf))[:, 0]
    second = _p_value(np.abs(slow), test)
    return _compared("permutation_p", LOOP, test.p_value, second, EXACT)


def _p_value(effects: np.ndarray, test: HypothesisTest) -> float:
    placebos = test.frames["placebos"]
    fast, statistic = (placebos[c].abs().to_numpy(dtype=float) for c in ("estimate", "statistic"))
    scale = np.divide(fast, statistic, out=np.ones(len(fast)), where=statistic > 0)
    again = effects / scale
    return float(sum(value >= again[0] * (1 - max(TIE, EXACT)) for value in again) / len(again))


def _compared(number: str, engine: str, value: float, second: float, tolerance: float) -> tuple[object, ...]:
    largest = max(abs(value), abs(second))
    difference = abs(value - second) / largest if largest > 0 else 0.0
    if difference < ROUNDING:
        second, difference = value, 0.0
    return (number, engine, value, second, difference, tolerance, difference <= tolerance, "")


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _fail_if_estimators_are_unknown(estimators: Sequence[str]) -> None:
    if isinstance(estimators, str) or not estimators:
        raise DesignError(f"estimators={estimators!r} must hold the names of one or more, such as ['synthetic_did']")
    unknown = [name for name in estimators if name not in ESTIMATORS]
    if unknown:
        raise DesignError(f"the estimators {unknown} are unknown; choose among {sorted(ESTIMATORS)}")
