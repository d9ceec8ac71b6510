"""The grid of a specification curve: choices, their options, and the headline among them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import product
from types import MappingProxyType
from typing import Any

from yrdecon.core.design import Design, parse_effect
from yrdecon.core.estimator import ESTIMATORS, Estimator, registered
from yrdecon.core.panel import Panel
from yrdecon.diagnostics.needed_columns import with_needed_columns
from yrdecon.errors import DesignError

DESIGN_FIELDS = tuple(field.name for field in fields(Design))
FIELDS = (*DESIGN_FIELDS, "estimator", "rows")
RESULTS = ("specification", "estimate", "conf_low", "conf_high", "rank", "n_compared", "p_value", "note")
RESERVED = (*RESULTS, "n_treated", "n_comparison", "is_headline")


@dataclass(frozen=True, eq=False)
class Specifications:
    """State defensible choices and their options; every combination is a specification.

    Attributes
    ----------
    design, estimator
        The headline. Estimators are named as they are registered, or given as functions of panel and design.
    choices
        Options of every choice by their label. An option maps fields to values: those of `Design`, ``"estimator"``, and
        ``"rows"``, a boolean column of the rows that are kept. Where the choice bears the name of a field, an option
        may be the value itself, and without a mapping its label is its text. One option of every choice is the
        headline's; an empty mapping changes nothing.

    Examples
    --------
    >>> choices = {"estimator": ["twfe", "synthetic_did"], "base": {"all": {}, "last": {"base_periods": (5,)}}}
    >>> grid = Specifications(Design(outcome="y"), "twfe", choices)
    >>> len(grid), list(grid.choices["estimator"])
    (4, ['twfe', 'synthetic_did'])
    """

    design: Design
    estimator: str | Estimator
    choices: Mapping[str, Mapping[str, Any] | Sequence[Any]]

    def __post_init__(self) -> None:
        """Bring all options into one form and refuse what is no grid."""
        _function(self.estimator)
        _fail_if_there_are_no_choices(self.choices)
        grid = {name: MappingProxyType(_options(name, options)) for name, options in self.choices.items()}
        for name, options in grid.items():
            _fail_if_headline_is_not_one_option(self, name, options)
        _fail_if_choices_overlap(grid)
        object.__setattr__(self, "choices", MappingProxyType(grid))

    def __len__(self) -> int:
        size = 1
        for options in self.choices.values():
            size *= len(options)
        return size


@dataclass(frozen=True, eq=False)
class Specification:
    """One combination of options.

    Attributes
    ----------
    labels
        Its option of every choice.
    design
        None where the options contradict each other.
    rows
        Boolean column of the rows that are kept.
    problem
        Why there is no design.
    """

    labels: tuple[str, ...]
    design: Design | None
    estimator: Estimator
    rows: str | None
    is_headline: bool
    problem: str = ""

    def panel(self, panel: Panel) -> Panel:
        """Return the rows of a panel that take part."""
        kept = panel if self.rows is None else panel.where(self.rows)
        if self.design is None or registered(self.estimator) is None:
            return kept
        return with_needed_columns(kept, self.design)


def all_specifications(grid: Specifications, panel: Panel) -> list[Specification]:
    """Return every combination of options, the last choice changing fastest.

    Raises
    ------
    DesignError
        If an option names a column that the panel does not have.
    """
    options: dict[str, Mapping[str, Mapping[str, Any]]] = dict(grid.choices)  # type: ignore[arg-type]
    _fail_if_columns_are_missing(grid, options, panel)
    return [
        _specification(grid, labels, [options[name][label] for name, label in zip(options, labels, strict=True)])
        for labels in product(*options.values())
    ]


def _specification(
    grid: Specifications, labels: tuple[str, ...], changes: Sequence[Mapping[str, Any]]
) -> Specification:
    changed = {field: value for change in changes for field, value in change.items()}
    estimator = _function(changed.pop("estimator", grid.estimator))
    rows = changed.pop("rows", None)
    headline = all(_is_headline(grid, change) for change in changes)
    try:
        return Specification(labels, replace(grid.design, **changed), estimator, rows, headline)
    except DesignError as error:
        return Specification(labels, None, estimator, rows, headline, str(error))


def _options(name: str, options: Mapping[str, Any] | Sequence[Any]) -> dict[str, Mapping[str, Any]]:
    if name in RESERVED:
        raise DesignError(f"a choice cannot be named {name!r}, which is a column of the result; choose another name")
    if isinstance(options, str) or not isinstance(options, Mapping | Sequence) or not options:
        raise DesignError(f"choice {name!r} must hold options, a list or a mapping by label; it is {options!r}")
    if isinstance(options, Mapping):
        return {str(label): MappingProxyType(_change(name, str(label), value)) for label, value in options.items()}
    labels = [_label(value) for value in options]
    if len(set(labels)) < len(labels):
        raise DesignError(f"the options {labels} of choice {name!r} repeat; name each once")
    return {label: MappingProxyType(_change(name, label, value)) for label, value in zip(labels, options, strict=True)}


def _change(name: str, label: str, value: Any) -> dict[str, Any]:
    """Return the fields that an option changes."""
    if not isinstance(value, Mapping):
        if name not in FIELDS:
            raise DesignError(
                f"option {label!r} of choice {name!r} must be a mapping from fields to values, such as "
                f"{{'pool': ...}}, because no field bears the name of the choice; fields are {list(FIELDS)}"
            )
        value = {name: value}
    unknown = sorted(set(value) - set(FIELDS))
    if unknown:
        raise DesignError(f"option {label!r} of choice {name!r} changes {unknown}; the fields are {list(FIELDS)}")
    if "estimator" in value:
        _function(value["estimator"])
    return {field: tuple(v) if isinstance(v, list) else v for field, v in value.items()}


def _label(value: Any) -> str:
    if value is None or value == ():
        return "none"
    if isinstance(value, tuple | list):
        return ", ".join(str(part) for part in value)
    return str(getattr(value, "__name__", value))


def _function(estimator: str | Estimator) -> Estimator:
    if not isinstance(estimator, str):
        if not callable(estimator):
            raise DesignError(f"estimator={estimator!r} must be a function of panel and design, or the name of one")
        return estimator
    if estimator not in ESTIMATORS:
        raise DesignError(f"estimator {estimator!r} is unknown; choose one of {sorted(ESTIMATORS)}")
    return ESTIMATORS[estimator].function


def _is_headline(grid: Specifications, change: Mapping[str, Any]) -> bool:
    own: dict[str, Any] = {name: getattr(grid.design, name) for name in DESIGN_FIELDS}
    own |= {"estimator": _function(grid.estimator), "rows": None}
    return all(own[f] == (_function(value) if f == "estimator" else value) for f, value in change.items())


def _fail_if_there_are_no_choices(choices: object) -> None:
    if not isinstance(choices, Mapping) or not choices:
        raise DesignError("choices must map the name of every choice to its options; a curve needs one choice or more")


def _fail_if_headline_is_not_one_option(
    grid: Specifications, name: str, options: Mapping[str, Mapping[str, Any]]
) -> None:
    own = [label for label, change in options.items() if _is_headline(grid, change)]
    if len(own) != 1:
        found = f"options {own} all are" if own else f"none of {list(options)} is"
        raise DesignError(
            f"exactly one option of choice {name!r} must be the headline's, {found}; an empty mapping changes nothing"
        )


def _fail_if_choices_overlap(grid: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> None:
    seen: dict[str, str] = {}
    for name, options in grid.items():
        for field in sorted({field for change in options.values() for field in change}):
            if field in seen:
                raise DesignError(
                    f"choices {seen[field]!r} and {name!r} both change {field!r}; make one choice of the two"
                )
            seen[field] = name


def _fail_if_columns_are_missing(
    grid: Specifications, options: Mapping[str, Mapping[str, Mapping[str, Any]]], panel: Panel
) -> None:
    headline = {name: getattr(grid.design, name) for name in DESIGN_FIELDS}
    asked = [("the headline", _columns(headline))]
    asked += [
        (f"option {label!r} of choice {name!r}", _columns(change))
        for name, changes in options.items()
        for label, change in changes.items()
    ]
    for who, columns in asked:
        missing = [c for c in columns if c not in panel.frame.columns]
        if missing:
            raise DesignError(
                f"{who} names the columns {missing}, which the panel does not have; add them with panel.assign"
            )


def _columns(change: Mapping[str, Any]) -> list[str]:
    names = [change[f] for f in ("outcome", "cohort", "cluster", "pool", "weights", "rows") if change.get(f)]
    names += change.get("covariates", ())
    parsed = [parse_effect(effect) for effect in change.get("effects", ())]
    return [*names, *(c for effect in parsed for c in (*effect.columns, effect.slope) if c)]
