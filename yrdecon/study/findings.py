"""What a step of a study found, in memory and on disk."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TypeAlias

import pandas as pd

from yrdecon.core.archive import column_types, read_table, table_bytes
from yrdecon.core.atomic import write_atomically
from yrdecon.core.estimate import Estimate
from yrdecon.core.hypothesis import HypothesisTest
from yrdecon.core.store import load_estimate, save_estimate
from yrdecon.core.stored_tests import load_test, save_test
from yrdecon.errors import YrdeconError

Result: TypeAlias = Estimate | HypothesisTest | pd.DataFrame
TYPES = "types.json"
REFUSED = "refused"


@dataclass(frozen=True, eq=False)
class Findings:
    """Estimates, tests and frames by name; the frame ``refused`` tells which parts could not be had, and why."""

    estimates: Mapping[str, Estimate] = field(default_factory=lambda: MappingProxyType({}))
    tests: Mapping[str, HypothesisTest] = field(default_factory=lambda: MappingProxyType({}))
    frames: Mapping[str, pd.DataFrame] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def refused(self) -> dict[str, str]:
        """Reasons by part."""
        frame = self.frames[REFUSED]
        return dict(zip(frame["part"], frame["reason"], strict=True))


def gather(parts: Mapping[str, Callable[[], Result]]) -> Findings:
    """Compute every part; one that an error of ours stops is listed with its reason, and the others go on."""
    found: dict[str, Result] = {}
    refused = []
    for name, part in parts.items():
        try:
            found[name] = part()
        except YrdeconError as error:
            refused.append((name, str(error)))
    frames = {n: r for n, r in found.items() if isinstance(r, pd.DataFrame)}
    return Findings(
        {n: r for n, r in found.items() if isinstance(r, Estimate)},
        {n: r for n, r in found.items() if isinstance(r, HypothesisTest)},
        frames | {REFUSED: pd.DataFrame(refused, columns=["part", "reason"], dtype="str")},
    )


def save_findings(findings: Findings, folder: Path) -> None:
    """Write estimates and tests as zip files and frames as CSV; the types of their columns come last.

    Files of an earlier run that are not written again are removed.
    """
    written = {folder / TYPES}
    for name, estimate in findings.estimates.items():
        written.add(save_estimate(estimate, folder / f"{name}.estimate.zip"))
    for name, test in findings.tests.items():
        written.add(save_test(test, folder / f"{name}.test.zip"))
    for name, frame in findings.frames.items():
        written.add(write_atomically(folder / f"{name}.csv", table_bytes(frame)))
    types = {name: column_types(frame) for name, frame in findings.frames.items()}
    write_atomically(folder / TYPES, json.dumps(types, ensure_ascii=False, indent=1, sort_keys=True))
    for path in folder.iterdir():
        if path not in written:
            path.unlink()


def load_findings(folder: Path) -> Findings:
    """Read what `save_findings` wrote; missing text comes back empty."""
    types = json.loads((folder / TYPES).read_text(encoding="utf-8"))
    frames = {name: _frame((folder / f"{name}.csv").read_bytes(), kinds) for name, kinds in types.items()}
    estimates = {p.name.removesuffix(".estimate.zip"): load_estimate(p) for p in sorted(folder.glob("*.estimate.zip"))}
    tests = {p.name.removesuffix(".test.zip"): load_test(p) for p in sorted(folder.glob("*.test.zip"))}
    return Findings(estimates, tests, frames)


def _frame(content: bytes, types: Mapping[str, str]) -> pd.DataFrame:
    frame = read_table(content, types)
    text = [column for column, kind in types.items() if kind in ("str", "object", "string")]
    return frame.fillna(dict.fromkeys(text, ""))
