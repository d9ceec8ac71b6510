"""Run a study from its plan, step by step, each kept on disk."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from yrdecon.core.atomic import write_atomically
from yrdecon.errors import YrdeconError
from yrdecon.study.findings import Findings, load_findings, save_findings
from yrdecon.study.freeze import Freeze, compare_with_frozen, fail_if_plan_deviates
from yrdecon.study.material import Material, load_material
from yrdecon.study.plan import Plan, load_plan
from yrdecon.study.steps.before_treatment import before_treatment
from yrdecon.study.steps.comparisons import comparisons
from yrdecon.study.steps.convergence import convergence
from yrdecon.study.steps.decision import claims, decision
from yrdecon.study.steps.design_sheet import design_sheet
from yrdecon.study.steps.donors import donors
from yrdecon.study.steps.dose import dose
from yrdecon.study.steps.dyads import dyads
from yrdecon.study.steps.estimators import estimators
from yrdecon.study.steps.inference import calibration, inference
from yrdecon.study.steps.outcomes import outcomes
from yrdecon.study.steps.pair_cases import pair_cases
from yrdecon.study.steps.placebos import placebos
from yrdecon.study.steps.robustness import robustness, second_computation
from yrdecon.study.steps.sensitivity import sensitivity
from yrdecon.study.steps.specifications import specifications
from yrdecon.study.steps.spillovers import spillovers

Progress = Callable[[str, str], None]

INDEPENDENT: dict[str, Callable[[Material], Findings]] = {
    "design_sheet": design_sheet,
    "before_treatment": before_treatment,
    "comparisons": comparisons,
    "estimators": estimators,
    "inference": inference,
    "calibration": calibration,
    "sensitivity": sensitivity,
    "placebos": placebos,
    "pair_cases": pair_cases,
    "outcomes": outcomes,
    "donors": donors,
    "spillovers": spillovers,
    "dose": dose,
    "dyads": dyads,
    "convergence": convergence,
    "robustness": robustness,
    "specifications": specifications,
    "second_computation": second_computation,
}
CONCLUDING: dict[str, Callable[[Material, Mapping[str, Findings]], Findings]] = {
    "decision": decision,
    "claims": claims,
}
KEY = "key.txt"


@dataclass(frozen=True, eq=False)
class Study:
    """What a study found.

    Attributes
    ----------
    plan, material, freeze
        What was asked, of what, and whether it was declared in advance.
    found
        Findings by step.
    folder
        Where they are kept.
    """

    plan: Plan
    material: Material
    freeze: Freeze
    found: Mapping[str, Findings]
    folder: Path

    @property
    def grade(self) -> str:
        """The grade of the evidence for the claim."""
        return str(self.found["decision"].frames["grade"]["grade"].iloc[0])


def run_study(
    plan: str | Path, *, output: str | Path | None = None, deviate: bool = False, progress: Progress | None = None
) -> Study:
    """Run every step of a plan that is not on disk already, and return what was found.

    Parameters
    ----------
    plan
        A TOML file; see `load_plan`.
    output
        Folder of the findings; None is a folder named as the plan, beside it. A step is computed anew if plan, data or
        program changed since it was kept.
    deviate
        Whether to go on when the plan was changed after it was frozen; the deviations are then part of the report.
    progress
        Called with the name of each step, and ``"begun"`` or ``"done"``.

    Raises
    ------
    DesignError
        If the plan cannot be used, or was changed after it was frozen.

    Examples
    --------
    >>> run_study("nowhere.toml").grade
    Traceback (most recent call last):
    ...
    yrdecon.errors.DesignError: there is no plan nowhere.toml; give the path of a TOML file
    """
    path = Path(plan)
    declared = load_plan(path)
    material = load_material(declared, path.parent)
    freeze = compare_with_frozen(declared, material, path)
    if not deviate:
        fail_if_plan_deviates(freeze, path.name)
    folder = path.with_suffix("") if output is None else Path(output)
    key = _key(material)
    report = progress or (lambda _step, _state: None)
    found: dict[str, Findings] = {}
    for name, step in INDEPENDENT.items():
        found[name] = _step(lambda step=step: step(material), folder, name, key, report)  # type: ignore[misc]
    for name, last in CONCLUDING.items():
        found[name] = _step(lambda last=last: last(material, found), folder, name, key, report)  # type: ignore[misc]
    return Study(declared, material, freeze, found, folder)


def _step(run: Callable[[], Findings], folder: Path, name: str, key: str, report: Progress) -> Findings:
    """Return what is on disk or, where that is of another plan, panel or program, compute and keep it.

    Findings are always read back, so that a resumed study is the same as one that ran at once.
    """
    report(name, "begun")
    found = _kept(folder, name, key)
    if found is None:
        step = folder / "steps" / name
        step.mkdir(parents=True, exist_ok=True)
        save_findings(run(), step)
        write_atomically(folder / "steps" / f"{name}.{KEY}", key + "\n")
        found = load_findings(step)
    report(name, "done")
    return found


def _kept(folder: Path, name: str, key: str) -> Findings | None:
    stamp = folder / "steps" / f"{name}.{KEY}"
    if not stamp.is_file() or stamp.read_text(encoding="utf-8").strip() != key:
        return None
    try:
        return load_findings(folder / "steps" / name)
    except (OSError, ValueError, YrdeconError):
        return None


def _key(material: Material) -> str:
    """Hash of the plan, the data, and every line of the program that could change a number."""
    sha = hashlib.sha256((material.plan.digest + material.digest()).encode())
    package = Path(__file__).resolve().parents[1]
    for source in sorted(package.rglob("*.py")):
        if not {"present", "report"} & set(source.parts):
            sha.update(source.read_bytes())
    return sha.hexdigest()
