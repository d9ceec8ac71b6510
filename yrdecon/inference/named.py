"""The names under which estimators accept the covariances of this package."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import get_args

from yrdecon.core.covariance import Errors, register_covariance, with_covariance
from yrdecon.core.estimate import Estimate
from yrdecon.core.panel import Panel
from yrdecon.errors import DesignError
from yrdecon.inference.cluster import Kind as ClusterKind
from yrdecon.inference.cluster import cluster_robust
from yrdecon.inference.conley import conley
from yrdecon.inference.driscoll_kraay import driscoll_kraay
from yrdecon.inference.dyadic import dyadic_robust
from yrdecon.inference.heteroskedastic import Kind as RowKind
from yrdecon.inference.heteroskedastic import heteroskedastic
from yrdecon.inference.newey_west import newey_west
from yrdecon.inference.wild import wild_cluster_bootstrap

WILD = "wild_bootstrap"


def with_errors(estimate: Estimate, panel: Panel, vcov: Errors) -> Estimate:
    """Return the estimate with the errors of a name.

    Parameters
    ----------
    panel
        The panel of the estimate, for its keys and its location.
    vcov
        ``"iid"``, ``"HC0"`` to ``"HC4"``. ``"cluster"`` by unit, ``"cluster(province)"``, ``"cluster(city, year)"``
        both ways. ``"CR2"``, ``"CV3"`` by unit, or by the column in brackets. ``"driscoll_kraay(2)"`` and
        ``"newey_west(2)"`` with lags, without brackets as many as is usual. ``"conley(150)"`` with kilometers and,
        after a comma, lags. ``"dyadic(origin, destination)"`` with the two nodes of pairs, see `dyadic_robust`.
        ``"wild_bootstrap(7)"`` clustered by unit with the seed: p-values and intervals of `wild_cluster_bootstrap` are
        in frame ``"wild_bootstrap"``. A function from estimates to estimates is applied.

    Raises
    ------
    DesignError
        If the name is unknown, or its arguments are not what it needs.

    Examples
    --------
    >>> import pandas as pd
    >>> from yrdecon.estimators import panel_regression
    >>> rows = [(u, t, float(i * t % 5), float(i * t * t % 7)) for i, u in enumerate("abcdef") for t in range(1, 7)]
    >>> panel = Panel.from_frame(pd.DataFrame(rows, columns=["u", "t", "y", "x"]), unit="u", time="t")
    >>> with_errors(panel_regression(panel, "y ~ x | u + t"), panel, "cluster(u, t)").small_sample[:24]
    'two-way by unit and time'
    """
    return with_covariance(estimate, panel, vcov)


def _heteroskedastic(kind: RowKind, estimate: Estimate, _panel: Panel, arguments: tuple[str, ...]) -> Estimate:
    _fail_if_many(kind, arguments, 0, "")
    return heteroskedastic(estimate, kind=kind)


def _clustered(kind: ClusterKind, estimate: Estimate, panel: Panel, arguments: tuple[str, ...]) -> Estimate:
    name = "cluster" if kind == "CR1" else kind
    _fail_if_many(name, arguments, 2 if kind == "CR1" else 1, "columns")
    columns = tuple({panel.unit: "unit", panel.time: "time"}.get(a, a) for a in arguments) or ("unit",)
    return cluster_robust(estimate, columns if len(columns) > 1 else columns[0], kind=kind)


def _driscoll_kraay(estimate: Estimate, _panel: Panel, arguments: tuple[str, ...]) -> Estimate:
    return driscoll_kraay(estimate, lags=_lags("driscoll_kraay", arguments))


def _newey_west(estimate: Estimate, _panel: Panel, arguments: tuple[str, ...]) -> Estimate:
    return newey_west(estimate, lags=_lags("newey_west", arguments))


def _conley(estimate: Estimate, panel: Panel, arguments: tuple[str, ...]) -> Estimate:
    _fail_if_many("conley", arguments, 2, "kilometers and lags")
    if not arguments:
        raise DesignError("vcov='conley' needs kilometers, for example 'conley(150)', or 'conley(150, 2)' with lags")
    lags = _whole("conley", arguments[1]) if len(arguments) == 2 else 0
    return conley(estimate, panel, cutoff_km=_number("conley", arguments[0]), lags=lags)


def _dyadic(estimate: Estimate, panel: Panel, arguments: tuple[str, ...]) -> Estimate:
    if len(arguments) != 2:
        raise DesignError(
            f"vcov='dyadic({', '.join(arguments)})' needs two columns of nodes, as in 'dyadic(origin, destination)'"
        )
    return dyadic_robust(estimate, panel, nodes=(arguments[0], arguments[1]))


def _wild(estimate: Estimate, panel: Panel, arguments: tuple[str, ...]) -> Estimate:
    _fail_if_many(WILD, arguments, 1, "seed")
    if not arguments:
        raise DesignError(f"vcov={WILD!r} needs a seed, for example '{WILD}(1)'")
    seed, clustered = _whole(WILD, arguments[0]), _clustered("CR1", estimate, panel, ())
    tests = [wild_cluster_bootstrap(clustered, position, seed=seed) for position in range(len(clustered.coef))]
    columns = {name: [getattr(test, name) for test in tests] for name in ("p_value", "conf_low", "conf_high")}
    frame = clustered.cells[["term"]].reset_index(drop=True).assign(**columns)
    return replace(clustered, frames=MappingProxyType({**clustered.frames, WILD: frame}))


def _lags(name: str, arguments: tuple[str, ...]) -> int | None:
    _fail_if_many(name, arguments, 1, "lags")
    return _whole(name, arguments[0]) if arguments else None


def _whole(name: str, text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise DesignError(f"vcov='{name}({text})' needs a whole number in brackets") from error


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise DesignError(f"vcov='{name}({text})' needs a number in brackets") from error


def _fail_if_many(name: str, arguments: tuple[str, ...], most: int, what: str) -> None:
    if len(arguments) > most:
        takes = f"at most {most} {what}" if most else "nothing"
        raise DesignError(f"vcov='{name}({', '.join(arguments)})': {name} takes {takes} in brackets")


for _kind in get_args(RowKind):
    register_covariance(_kind, partial(_heteroskedastic, _kind))
register_covariance("cluster", partial(_clustered, "CR1"))
register_covariance("CR2", partial(_clustered, "CR2"))
register_covariance("CV3", partial(_clustered, "CV3"))
register_covariance("driscoll_kraay", _driscoll_kraay)
register_covariance("newey_west", _newey_west)
register_covariance("conley", _conley)
register_covariance("dyadic", _dyadic)
register_covariance(WILD, _wild)
