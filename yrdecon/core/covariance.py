"""Covariances by name, for estimators that lie below the functions that compute them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from yrdecon.core.estimate import Estimate
from yrdecon.core.panel import Panel
from yrdecon.errors import DesignError


class NamedCovariance(Protocol):
    """A function that gives an estimate another covariance, by the arguments that stand behind its name."""

    def __call__(self, estimate: Estimate, panel: Panel, arguments: tuple[str, ...], /) -> Estimate:
        """Return the estimate with other errors."""
        ...


@dataclass(frozen=True)
class CovarianceName:
    """A name and its arguments, of ``"cluster(province, year)"`` the columns."""

    name: str
    arguments: tuple[str, ...] = ()


COVARIANCES: dict[str, NamedCovariance] = {}

Errors = str | Callable[[Estimate], Estimate]


def register_covariance(name: str, function: NamedCovariance) -> None:
    """Enter a covariance under the name by which estimators accept it."""
    COVARIANCES[name] = function


def parse_covariance(text: str) -> CovarianceName:
    """Read ``"HC1"``, ``"driscoll_kraay(2)"`` or ``"cluster(province, year)"``.

    Raises
    ------
    DesignError
        If the text has another form, or no covariance has the name.

    Examples
    --------
    >>> parse_covariance("cluster(province, year)")
    CovarianceName(name='cluster', arguments=('province', 'year'))
    """
    match = re.fullmatch(r"\s*(\w+)\s*(?:\(([^()]*)\))?\s*", text) if isinstance(text, str) else None
    arguments = tuple(a.strip() for a in (match[2] or "").split(",")) if match and match[2] else ()
    if match is None or not all(arguments) or (COVARIANCES and match[1] not in COVARIANCES):
        known = ["cluster(column)", *sorted(COVARIANCES)]
        raise DesignError(f"vcov={text!r} is unknown; choose one of {known}, or pass a function of the estimate")
    return CovarianceName(match[1], arguments)


def cluster_columns(vcov: Errors) -> tuple[str, ...]:
    """Return the columns that a named covariance clusters by.

    Examples
    --------
    >>> cluster_columns("cluster(province, year)"), cluster_columns("HC1")
    (('province', 'year'), ())
    """
    if not isinstance(vcov, str):
        return ()
    named = parse_covariance(vcov)
    return named.arguments if named.name in ("cluster", "CR2", "CV3") else ()


def with_covariance(estimate: Estimate, panel: Panel, vcov: Errors) -> Estimate:
    """Return the estimate with the errors of a name or of a function from estimates to estimates."""
    if not isinstance(vcov, str) and callable(vcov):
        return vcov(estimate)
    named = parse_covariance(vcov)
    return COVARIANCES[named.name](estimate, panel, named.arguments)
