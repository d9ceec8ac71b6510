"""The design: what is compared with what, stated before any data are seen."""

from __future__ import annotations

import re
import tomllib
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, get_args

from yrdecon.errors import DesignError

Comparison = Literal["never", "not_yet"]


@dataclass(frozen=True)
class Design:
    """State a comparison without touching data; hashable, and written to and read from TOML.

    Attributes
    ----------
    outcome
        Column that is compared.
    cohort
        Column with the first treated period of each unit; infinite or missing if never treated.
    covariates
        Columns that enter the regression.
    comparison
        Whether never-treated or not-yet-treated units are the comparison.
    anticipation
        Number of periods before treatment in which treated units may already react; these rows leave the contrast.
    base_periods
        Pre-treatment periods that form the contrast. None means all of them; ``(2020,)`` is the long difference
        from 2020. The other pre-treatment periods then serve placebos, studentization and pre-trends only.
    exclude_periods
        Periods that are used nowhere in the contrast; figures still show them.
    cluster
        Column by which the errors are clustered. None means the unit.
    pool
        Boolean column of the units that take part; it must include the treated ones.
    weights
        Column of non-negative regression weights.
    effects
        Fixed effects beside unit and time: columns, ``"province^year"`` for their combinations, and slopes:
        ``"province[year]"`` gives each province its own linear trend, ``"year[distance]"`` each year its own slope
        on a covariate that is constant within units.

    Examples
    --------
    >>> design = Design(outcome="ln_real_gdp", base_periods=(2020,), exclude_periods=(2021,))
    >>> Design.from_toml(design.to_toml()) == design
    True
    """

    outcome: str
    cohort: str = "cohort"
    covariates: tuple[str, ...] = ()
    comparison: Comparison = "never"
    anticipation: int = 0
    base_periods: tuple[int, ...] | None = None
    exclude_periods: tuple[int, ...] = ()
    cluster: str | None = None
    pool: str | None = None
    weights: str | None = None
    effects: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Turn lists into tuples and refuse values of the wrong kind."""
        for name in ("covariates", "effects"):
            object.__setattr__(self, name, _names(name, getattr(self, name)))
        object.__setattr__(self, "exclude_periods", _periods("exclude_periods", self.exclude_periods))
        if self.base_periods is not None:
            object.__setattr__(self, "base_periods", _periods("base_periods", self.base_periods))
            _fail_if_base_periods_are_unusable(self.base_periods, self.exclude_periods)
        for effect in self.effects:
            parse_effect(effect)
        _fail_if_not_text(self)
        if self.comparison not in get_args(Comparison):
            raise DesignError(f"comparison={self.comparison!r} is unknown; choose one of {list(get_args(Comparison))}")
        if isinstance(self.anticipation, bool) or not isinstance(self.anticipation, int) or self.anticipation < 0:
            raise DesignError(f"anticipation={self.anticipation!r} must be a whole number of periods, 0 or more")
        if len({self.outcome, self.cohort, *self.covariates}) < 2 + len(self.covariates):
            raise DesignError("outcome, cohort and covariates must be different columns")

    def to_toml(self) -> str:
        """Write the design as TOML; fields at their defaults that are None are left out."""
        lines = [f"{name} = {_toml(value)}" for name, value in asdict(self).items() if value is not None]
        return "\n".join(lines) + "\n"

    @classmethod
    def from_toml(cls, text: str) -> Design:
        """Read a design from TOML.

        Raises
        ------
        DesignError
            If the text is not TOML, lacks the outcome, or holds a field that a design does not have.
        """
        try:
            values = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise DesignError(f"the design is not valid TOML: {error}") from error
        known = [f.name for f in fields(cls)]
        unknown = sorted(set(values) - set(known))
        if unknown:
            raise DesignError(f"a design has no field {unknown}; its fields are {known}")
        if "outcome" not in values:
            raise DesignError('the design names no outcome; add a line such as outcome = "ln_real_gdp"')
        return cls(**values)


@dataclass(frozen=True)
class Effect:
    """A fixed effect: the columns whose combinations are its levels, and the variable whose slope varies by level."""

    columns: tuple[str, ...]
    slope: str | None


def parse_effect(text: str) -> Effect:
    """Read ``"a"``, ``"a^b"``, ``"a[x]"`` or ``"a^b[x]"``.

    Raises
    ------
    DesignError
        If the text has another form.

    Examples
    --------
    >>> parse_effect("province^sector[year]")
    Effect(columns=('province', 'sector'), slope='year')
    """
    match = re.fullmatch(r"([^\[\]]+?)(?:\[([^\[\]^]+)\])?", text)
    columns = tuple(match[1].split("^")) if match else ()
    if match is None or not all(columns):
        raise DesignError(f"effect {text!r} must have the form 'a', 'a^b' or, for slopes, 'a[x]'")
    return Effect(columns, match[2])


def fail_if_asked(design: Design, fields: tuple[str, ...], method: str, instead: str) -> None:
    """Refuse a design that fills in fields which a method does not take.

    Raises
    ------
    DesignError
        Naming the fields, and what to use instead.
    """
    asked = [name for name in fields if getattr(design, name)]
    if asked:
        raise DesignError(f"{method} takes no {asked}; remove them from the design, or use {instead}")


def _names(field: str, value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        raise DesignError(f"{field}={value!r} must be several names; write {field}=({value!r},)")
    names = tuple(value)
    if not all(isinstance(n, str) for n in names):
        raise DesignError(f"{field}={names} must hold column names")
    return names


def _periods(field: str, value: Any) -> tuple[int, ...]:
    if isinstance(value, (int, float, str)):
        raise DesignError(f"{field}={value!r} must be several periods; write {field}=({value!r},)")
    periods = tuple(value)
    if not all(float(p) == int(p) for p in periods):
        raise DesignError(f"{field}={periods} must hold whole numbers")
    return tuple(sorted({int(p) for p in periods}))


def _fail_if_base_periods_are_unusable(base: tuple[int, ...], excluded: tuple[int, ...]) -> None:
    if not base:
        raise DesignError("base_periods is empty; use None for all periods before treatment")
    both = sorted(set(base) & set(excluded))
    if both:
        raise DesignError(f"periods {both} are both base and excluded; take them out of one of the two")


def _fail_if_not_text(design: Design) -> None:
    for name in ("outcome", "cohort", "cluster", "pool", "weights"):
        value = getattr(design, name)
        if value is not None and not (isinstance(value, str) and value):
            raise DesignError(f"{name}={value!r} must be a column name")


def _toml(value: Any) -> str:
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    if isinstance(value, tuple):
        return "[" + ", ".join(_toml(v) for v in value) + "]"
    return str(value)
