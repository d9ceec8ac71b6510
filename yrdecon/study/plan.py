"""The plan of a study: what will be compared, estimated and concluded, written down before outcomes are read."""

from __future__ import annotations

import hashlib
import json
import tomllib
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal

from yrdecon.core.estimator import ESTIMATORS
from yrdecon.core.extras import require
from yrdecon.errors import DesignError

Sign = Literal["positive", "negative"]
STRICT = {"extra": "forbid", "strict": False}
IN_BOTH_LANGUAGES = ("title", "claim", "sentence", "label", "name", "seen", "needs", "not_testable")


@dataclass(frozen=True)
class Words:
    """A text in English and Chinese."""

    en: str
    zh: str
    __pydantic_config__: ClassVar[Any] = STRICT

    def __getitem__(self, lang: str) -> str:
        """Return the text in one language."""
        return self.zh if lang == "zh" else self.en


@dataclass(frozen=True)
class Data:
    """A shipped panel (``"yrd"``, ``"national"``) or what `read_panel` reads beside the plan, and the periods used.

    Columns of units and periods are named, or recognized by their headers.
    """

    panel: str
    first_period: int | None = None
    last_period: int | None = None
    unit: str = ""
    time: str = ""
    location: tuple[str, str] | None = None
    group: str | None = None
    __pydantic_config__: ClassVar[Any] = STRICT


@dataclass(frozen=True)
class Treatment:
    """A policy of the shipped registry, or one made from a CSV file of pairs beside the plan."""

    policy: str
    name: Words
    pairs: str | None = None
    role: str = "recipient"
    __pydantic_config__: ClassVar[Any] = STRICT


@dataclass(frozen=True)
class Headline:
    """The one comparison on which the verdict rests."""

    outcome: str
    pool: str
    estimator: str
    base_periods: tuple[int, ...] | None = None
    exclude_periods: tuple[int, ...] = ()
    __pydantic_config__: ClassVar[Any] = STRICT


@dataclass(frozen=True)
class Pool:
    """A boolean column of the units that take part, all units without one; `panel` names another shipped panel."""

    label: Words
    column: str | None = None
    panel: str | None = None
    __pydantic_config__: ClassVar[Any] = STRICT


@dataclass(frozen=True)
class Variant:
    """The headline with one thing changed."""

    label: Words
    pool: str | None = None
    base_periods: tuple[int, ...] | None = None
    exclude_periods: tuple[int, ...] | None = None
    leave_out: tuple[str, ...] = ()
    __pydantic_config__: ClassVar[Any] = STRICT


@dataclass(frozen=True)
class Outcome:
    """A further outcome; outcomes of one family are adjusted for their number together."""

    column: str
    family: str
    __pydantic_config__: ClassVar[Any] = STRICT


@dataclass(frozen=True)
class Claim:
    """A sentence under test: what it says of which outcome, or what would be needed to test it.

    A sentence on the gap between partners is judged by recipients less their own donors: `compared_with` is "donor".
    """

    sentence: Words
    outcome: str | None = None
    sign: Sign = "positive"
    unit: str | None = None
    compared_with: Literal["donor"] | None = None
    needs: Words | None = None
    __pydantic_config__: ClassVar[Any] = STRICT


@dataclass(frozen=True)
class Flows:
    """A CSV file beside the plan: one row for every origin, destination and period, and its columns."""

    file: str
    label: Words
    origin: str = "origin"
    destination: str = "destination"
    time: str = "time"
    flow: str = "flow"
    __pydantic_config__: ClassVar[Any] = STRICT


@dataclass(frozen=True)
class Inference:
    """Sampled assignments, and simulated panels for the calibration; none switches it off."""

    draws: int = 9_999
    calibration_draws: int = 200
    __pydantic_config__: ClassVar[Any] = STRICT


@dataclass(frozen=True)
class Decision:
    """Thresholds of the evidence grades."""

    strong_level: float = 0.05
    suggestive_level: float = 0.10
    largest_size: float = 0.06
    strong_breakdown: float = 1.0
    suggestive_breakdown: float = 0.5
    smallest_effect_of_interest: float = 0.01
    __pydantic_config__: ClassVar[Any] = STRICT


@dataclass(frozen=True)
class Plan:
    """A study, as read from a file.

    Attributes
    ----------
    title, claim
        Of the study, and the sentence under test.
    seed
        Of everything random.
    data, treatment, headline
        What is compared.
    pools
        Sets of comparison units by name.
    sign
        What the claim says of the headline outcome.
    seen
        What was known of the outcomes after treatment when the plan was written.
    estimators
        Names of estimators that stand beside the headline's.
    variants, outcomes, claims
        See `Variant`, `Outcome`, `Claim`.
    inference, decision
        See `Inference`, `Decision`.
    not_testable
        What the data do not hold.
    flows
        Flows between places, if there are any.
    """

    title: Words
    claim: Words
    seed: int
    data: Data
    treatment: Treatment
    headline: Headline
    pools: dict[str, Pool]
    sign: Sign = "positive"
    seen: Words | None = None
    estimators: tuple[str, ...] = ()
    variants: tuple[Variant, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    claims: tuple[Claim, ...] = ()
    inference: Inference = field(default_factory=Inference)
    decision: Decision = field(default_factory=Decision)
    not_testable: tuple[Words, ...] = ()
    flows: Flows | None = None
    __pydantic_config__: ClassVar[Any] = STRICT

    @property
    def digest(self) -> str:
        """Hash of everything that the plan says; a section that it leaves out does not count."""
        said = {name: value for name, value in asdict(self).items() if (name, value) != ("flows", None)}
        return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def load_plan(path: str | Path) -> Plan:
    """Read a plan from a TOML file.

    A text such as a title may be given once, or as ``{ en = "...", zh = "..." }``.

    Raises
    ------
    DesignError
        If the file is missing or no TOML, a field is missing, unknown or of the wrong kind (all are named at once), a
        pool is used that is not declared, or an estimator is unknown.

    Examples
    --------
    >>> load_plan("nowhere.toml")
    Traceback (most recent call last):
    ...
    yrdecon.errors.DesignError: there is no plan nowhere.toml; give the path of a TOML file
    """
    path = Path(path)
    if not path.is_file():
        raise DesignError(f"there is no plan {path}; give the path of a TOML file")
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DesignError(f"{path.name} is not valid TOML: {error}") from error
    plan = plan_from(raw, path.name)
    _fail_if_pools_are_undeclared(plan, path.name)
    _fail_if_estimators_are_unknown(plan, path.name)
    return plan


def plan_from(raw: dict[str, Any], source: str) -> Plan:
    """Check the values of a plan.

    Raises
    ------
    DesignError
        Naming every field that is missing, unknown or of the wrong kind.
    """
    pydantic = require("pydantic", "all")
    try:
        plan: Plan = pydantic.TypeAdapter(Plan).validate_python(_in_both_languages(raw))
    except pydantic.ValidationError as error:
        found = [f"{'.'.join(str(p) for p in e['loc'])}: {_problem(e)}" for e in error.errors()]
        raise DesignError(f"{source} cannot be used: " + "; ".join(found)) from error
    return plan


def _problem(error: dict[str, Any]) -> str:
    known = {
        "missing": "is missing",
        "extra_forbidden": "is no field of a plan",
        "unexpected_keyword_argument": "is no field of a plan",
    }
    return known.get(error["type"], f"{error['msg'].lower()}, got {error['input']!r}")


def _in_both_languages(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        return {k: _in_both_languages(v, k) for k, v in value.items()}
    if isinstance(value, list):
        return tuple(_in_both_languages(v, key) for v in value)
    return {"en": value, "zh": value} if key in IN_BOTH_LANGUAGES and isinstance(value, str) else value


def _fail_if_pools_are_undeclared(plan: Plan, source: str) -> None:
    used = {plan.headline.pool, *(v.pool for v in plan.variants if v.pool)}
    unknown = sorted(used - set(plan.pools))
    if unknown:
        raise DesignError(
            f"{source} uses the pools {unknown}, which it does not declare; it declares {list(plan.pools)}"
        )


def _fail_if_estimators_are_unknown(plan: Plan, source: str) -> None:
    unknown = sorted({plan.headline.estimator, *plan.estimators} - set(ESTIMATORS))
    if unknown:
        raise DesignError(f"{source} names the estimators {unknown}; known are {sorted(ESTIMATORS)}")
