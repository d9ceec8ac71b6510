"""Whether a column of a panel has unit roots."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from yrdecon.core.hypothesis import HypothesisTest
from yrdecon.core.names import some_of
from yrdecon.core.numbers import fail_if_not_finite, fail_if_not_numbers
from yrdecon.core.options import fail_if_not_whole, fail_if_unknown
from yrdecon.core.panel import Panel
from yrdecon.errors import DesignError
from yrdecon.kernels.unit_roots import average_moments, cross_section_augmented, dickey_fuller, levin_lin_chu

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Method = Literal["llc", "ips", "fisher", "cips"]
Deterministic = Literal["intercept", "trend"]

MOST_LAGS = 4
DRAWS = 999
NULL = "every unit has a unit root"
NAMES = {
    "llc": "Levin-Lin-Chu test",
    "ips": "Im-Pesaran-Shin W test",
    "fisher": "Fisher test of Maddala and Wu, chi2({})",
    "cips": "Pesaran CIPS test",
}


@dataclass(frozen=True)
class Rule:
    """How a statistic is computed."""

    method: Method
    lags: int
    trend: bool


def unit_root(
    panel: Panel,
    column: str,
    *,
    method: Method = "ips",
    deterministic: Deterministic = "intercept",
    lags: int = 1,
    seed: int | None = None,
) -> HypothesisTest:
    """Test whether a column has a unit root in every unit.

    Parameters
    ----------
    method
        ``"llc"``, Levin, Lin and Chu (2002): one root for all units, against stationarity of all; balanced panels.
        ``"ips"``, Im, Pesaran and Shin (2003): the average t statistic, against stationarity of some; units may differ
        in length. ``"fisher"``, Maddala and Wu (1999): p-values of the units combined. ``"cips"``, Pesaran (2007): as
        IPS with the mean of the units in every regression, for units that share a factor; balanced panels.
    deterministic
        Whether units have an intercept, or a trend too.
    lags
        Number of lagged changes, up to four.
    seed
        With one, p-values come from 999 panels of independent random walks of the same size, which holds with few
        periods; ``"cips"`` needs one. Without, from the distribution for many periods.

    Returns
    -------
    A test that rejects for small statistics, for ``"fisher"`` for large ones. Frame ``"units"`` holds the t statistic
    of every unit, frame ``"draws"`` the simulated statistics.

    Raises
    ------
    DesignError
        If a unit has gaps or too few periods, or the panel is not balanced where it must be.

    Notes
    -----
    All but ``"cips"`` take units as independent, and reject a true null too often where they share a factor, as cities
    of one country do. With 41 independent units of 14 periods and without a seed IPS rejects a true null at 5% in 4-6%
    of samples, Fisher in 18-51%: give a seed. With so few periods all have little power, and not rejecting says little.
    Variances divide by the degrees of freedom; moments beyond the tables are those at their end.

    References
    ----------
    Levin, Lin and Chu (2002), Im, Pesaran and Shin (2003), Journal of Econometrics; Maddala and Wu (1999), Oxford
    Bulletin of Economics and Statistics; Pesaran (2007), Journal of Applied Econometrics.

    Examples
    --------
    >>> rows = [(u, t, float(i * t * t % 7)) for i, u in enumerate("abcdef", 1) for t in range(1, 15)]
    >>> panel = Panel.from_frame(pd.DataFrame(rows, columns=["u", "t", "y"]), unit="u", time="t")
    >>> unit_root(panel, "y").name
    'Im-Pesaran-Shin W test'
    """
    fail_if_unknown("method", method, Method)
    fail_if_unknown("deterministic", deterministic, Deterministic)
    fail_if_not_whole("lags", lags, 0)
    if lags > MOST_LAGS:
        raise DesignError(f"lags={lags} is more than {MOST_LAGS}, for which moments are tabulated")
    names, series = _series(panel, column, lags)
    if method in ("llc", "cips"):
        _fail_if_not_balanced(method, names, series)
    if method == "cips" and seed is None:
        raise DesignError("method='cips' draws its distribution and needs a seed, for example seed=1")
    rule = Rule(method, lags, deterministic == "trend")
    statistic = _statistic(rule, series)
    test = HypothesisTest(
        name=NAMES[method].format(2 * len(names)),
        statistic=statistic,
        p_value=_known_p_value(method, statistic, len(names)),
        null=NULL,
        frames=MappingProxyType({"units": _units(rule, names, series)}),
        notes=() if method == "cips" else ("units are taken as independent of each other",),
    )
    return test if seed is None else _simulated(rule, test, series, seed)


def _statistic(rule: Rule, series: Sequence[FloatArray]) -> float:
    """Return the statistic of one panel."""
    if rule.method == "llc":
        return levin_lin_chu(np.array(series), rule.lags, trend=rule.trend)
    if rule.method == "cips":
        return float(cross_section_augmented(np.array(series), rule.lags, trend=rule.trend))
    return _combined(rule, _own_statistics(rule, series), np.array([len(s) for s in series]))


def _combined(rule: Rule, t: FloatArray, lengths: IntArray) -> float:
    """Combine the (N,) t statistics of series of so many periods."""
    if rule.method == "fisher":
        return float(-2 * np.log(_own_p_values(rule, t)).sum())
    mean, variance = average_moments(
        np.asarray(lengths - rule.lags - 1, dtype=np.float64), rule.lags, trend=rule.trend
    ).mean(axis=0)
    return float(np.sqrt(len(t)) * (t.mean() - mean) / np.sqrt(variance))


def _own_statistics(rule: Rule, series: Sequence[FloatArray]) -> FloatArray:
    """Return (..., N) t statistics of N series (..., T_i), each with its own length."""
    lengths = np.array([s.shape[-1] for s in series])
    t = np.empty((*series[0].shape[:-1], len(series)))
    for length in np.unique(lengths):
        same = np.flatnonzero(lengths == length)
        stacked = np.stack([series[int(i)] for i in same], axis=-2)
        t[..., same] = dickey_fuller(stacked, rule.lags, trend=rule.trend).statistic
    return t


def _own_p_values(rule: Rule, statistics: FloatArray) -> FloatArray:
    from statsmodels.tsa.adfvalues import mackinnonp

    return np.array([mackinnonp(float(t), regression="ct" if rule.trend else "c") for t in statistics])


def _known_p_value(method: Method, statistic: float, n_units: int) -> float:
    if method == "cips":
        return np.nan
    return float(stats.chi2.sf(statistic, 2 * n_units) if method == "fisher" else stats.norm.cdf(statistic))


def _units(rule: Rule, names: list[object], series: Sequence[FloatArray]) -> pd.DataFrame:
    if rule.method == "cips":
        t = dickey_fuller(np.array(series), rule.lags, trend=rule.trend, common=True).statistic
    else:
        t = _own_statistics(rule, series)
    return pd.DataFrame({"unit": names, "statistic": t, "n_periods": [len(s) for s in series]})


def _simulated(rule: Rule, test: HypothesisTest, series: Sequence[FloatArray], seed: int) -> HypothesisTest:
    """Compare the statistic with that of independent random walks of the same lengths."""
    drawn = _drawn(rule, np.array([len(s) for s in series]), np.random.default_rng(seed))
    extreme = (drawn >= test.statistic) if rule.method == "fisher" else (drawn <= test.statistic)
    note = f"compared with {DRAWS:,} panels of independent random walks of the same size, seed {seed}"
    return replace(
        test,
        p_value=float((1 + extreme.sum()) / (1 + DRAWS)),
        frames=MappingProxyType({**test.frames, "draws": pd.DataFrame({"statistic": drawn})}),
        notes=(*test.notes, note),
    )


def _drawn(rule: Rule, lengths: IntArray, generator: np.random.Generator) -> FloatArray:
    """Return the statistics of panels of random walks of so many periods."""
    walks = [generator.standard_normal((DRAWS, length)).cumsum(axis=-1) for length in lengths]
    if rule.method == "cips":
        parts = np.array_split(np.stack(walks, axis=1), 10)
        return np.concatenate([cross_section_augmented(p, rule.lags, trend=rule.trend) for p in parts])
    if rule.method == "llc":
        panels = np.stack(walks, axis=1)
        return np.array([levin_lin_chu(p, rule.lags, trend=rule.trend) for p in panels])
    return np.array([_combined(rule, t, lengths) for t in _own_statistics(rule, walks)])


def _series(panel: Panel, column: str, lags: int) -> tuple[list[object], list[FloatArray]]:
    if column not in panel.frame.columns:
        raise DesignError(f"the panel has no column {column!r}; its columns are {panel.frame.columns.tolist()[:60]}")
    fail_if_not_numbers(panel.frame, [column])
    fail_if_not_finite(panel.frame, [column])
    there = panel.frame[panel.frame[column].notna()]
    groups = dict(iter(there.groupby(panel.unit, sort=False)))
    broken = [u for u, part in groups.items() if (part[panel.time].diff().dropna() != 1).any()]
    if broken:
        raise DesignError(f"{column!r} has gaps in units {some_of(broken)}; choose periods without, or leave them out")
    least = 2 * lags + 7
    short = [u for u, part in groups.items() if len(part) < least]
    if short or not groups:
        raise DesignError(
            f"units {some_of(short)} have fewer than {least} periods of {column!r}, needed with {lags} lags"
        )
    series = [part[column].to_numpy(dtype=float) for part in groups.values()]
    constant = [u for u, s in zip(groups, series, strict=True) if np.ptp(s) == 0]
    if constant:
        raise DesignError(f"{column!r} never changes in units {some_of(constant)}; leave them out")
    return list(groups), series


def _fail_if_not_balanced(method: str, names: list[object], series: list[FloatArray]) -> None:
    most = max(map(len, series))
    shorter = [n for n, s in zip(names, series, strict=True) if len(s) < most]
    if shorter:
        raise DesignError(f"method={method!r} needs a balanced panel; units {some_of(shorter)} are shorter; take 'ips'")
