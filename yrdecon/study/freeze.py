"""A plan frozen before outcomes are read, and what deviates from it afterwards."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from yrdecon.core.atomic import write_atomically
from yrdecon.errors import DesignError
from yrdecon.study.material import Material, blind, load_material
from yrdecon.study.plan import Plan, load_plan
from yrdecon.study.steps.design_sheet import design_sheet

FACTS = ("pools", "detectable", "overlap")


@dataclass(frozen=True)
class Freeze:
    """Whether a plan was frozen, when, and which fields differ now: (field, then, now)."""

    on: str | None
    deviations: tuple[tuple[str, str, str], ...]


def frozen_path(plan: str | Path) -> Path:
    """Return where the frozen copy of a plan lies.

    Examples
    --------
    >>> frozen_path("analysis/plan.toml").name
    'plan.frozen.json'
    """
    return Path(plan).with_suffix(".frozen.json")


def freeze_plan(path: str | Path, *, today: date) -> Path:
    """Write a plan's hash, its text and the facts of its design, with every outcome after treatment blinded.

    The facts are those that the report repeats: units, effective clusters, assignments, disjoint sets, smallest
    attainable p-value and detectable effect of every pool, and the overlap with other policies.

    Raises
    ------
    DesignError
        If the plan is frozen already, or cannot be used.

    Examples
    --------
    >>> freeze_plan("nowhere.toml", today=date(2024, 5, 1))
    Traceback (most recent call last):
    ...
    yrdecon.errors.DesignError: there is no plan nowhere.toml; give the path of a TOML file
    """
    target = frozen_path(path)
    if target.exists():
        raise DesignError(
            f"{target.name} exists; a frozen plan is not overwritten: run the study, which lists what deviates, or "
            "delete the file to start anew"
        )
    plan = load_plan(path)
    material = load_material(plan, Path(path).parent)
    sheet = design_sheet(blind(material))
    record = {
        "frozen_on": today.isoformat(),
        "plan_sha256": plan.digest,
        "data_before_sha256": material.digest(material.first_touched),
        "facts": {name: _rows(sheet.frames[name]) for name in FACTS if name in sheet.frames},
        "plan": asdict(plan),
    }
    return write_atomically(target, json.dumps(record, ensure_ascii=False, indent=1) + "\n")


def compare_with_frozen(plan: Plan, material: Material, path: str | Path) -> Freeze:
    """Tell whether a plan was frozen, and every field that differs from its frozen copy.

    Raises
    ------
    DesignError
        If the frozen copy cannot be read.
    """
    source = frozen_path(path)
    if not source.exists():
        return Freeze(None, ())
    try:
        record = json.loads(source.read_text(encoding="utf-8"))
        then, on, data = record["plan"], str(record["frozen_on"]), record["data_before_sha256"]
    except (ValueError, KeyError) as error:
        raise DesignError(f"{source.name} is not what `yrdecon plan freeze` wrote: {error}") from error
    old, new = dict(_flat(then)), dict(_flat(json.loads(json.dumps(asdict(plan)))))
    changed = [(k, _text(old.get(k)), _text(new.get(k))) for k in sorted(old | new) if old.get(k) != new.get(k)]
    if data != material.digest(material.first_touched):
        changed.append(("data before treatment", data[:12], material.digest(material.first_touched)[:12]))
    return Freeze(on, tuple(changed))


def fail_if_plan_deviates(freeze: Freeze, name: str) -> None:
    """Refuse a plan that was changed after it was frozen.

    Raises
    ------
    DesignError
        Naming the fields and both values.
    """
    if not freeze.deviations:
        return
    shown = "; ".join(f"{field}: was {then}, is {now}" for field, then, now in freeze.deviations[:5])
    more = f" and {len(freeze.deviations) - 5} more" if len(freeze.deviations) > 5 else ""
    raise DesignError(
        f"{name} was changed after it was frozen on {freeze.on}: {shown}{more}; change it back, or run it with "
        "--deviate, and the report lists the deviations on its first page"
    )


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(frame.to_json(orient="records", force_ascii=False, double_precision=10))
    return rows


def _flat(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _flat(inner, f"{key}.{name}" if key else str(name))
    elif isinstance(value, list) and value and isinstance(value[0], Mapping):
        for number, inner in enumerate(value, start=1):
            yield from _flat(inner, f"{key}[{number}]")
    else:
        yield key, value


def _text(value: Any) -> str:
    return "nothing" if value is None else str(value)
