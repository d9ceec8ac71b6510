"""Tell what a method is held to: reference cases, the implementations behind them, and tolerances, read from tests."""

from __future__ import annotations

import ast
import json
import re
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.parsers.rst import Directive, directives
from page_tables import table_of

GOLDEN = Path(__file__).resolve().parents[2] / "tests" / "golden"
VERSION = re.compile(r"^(.*?)\s+([\d.-]+)$")


def setup(app: Any) -> dict[str, bool]:
    app.add_directive("held-to", HeldTo)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def tolerance(test: str, given: str) -> str:
    """Return a number, or the value of a constant of the test; either must stand in it."""
    text = (GOLDEN / test).read_text(encoding="utf-8")
    if given[0].isdigit():
        if given not in text:
            raise ValueError(f"{test} does not mention {given}")
        return given
    for node in ast.parse(text).body:
        if isinstance(node, ast.Assign) and given in (names := ast.unparse(node.targets[0]).strip("()").split(", ")):
            values = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
            return f"{ast.literal_eval(values[names.index(given)]):g}".replace("e-0", "e-")
    raise ValueError(f"{test} has no constant {given}")


def cases(test: str, patterns: str) -> list[dict[str, Any]]:
    """Return the shipped cases that match and that the test names."""
    text = (GOLDEN / test).read_text(encoding="utf-8")
    found = []
    for path in sorted((GOLDEN / "own" / "cases").glob("*.json")):
        if any(fnmatch(path.stem, pattern) for pattern in patterns.split()):
            if f'"{path.stem}"' not in text:
                raise ValueError(f"{test} does not run {path.stem}")
            found.append(json.loads(path.read_text(encoding="utf-8")))
    if not found:
        raise ValueError(f"no case matches {patterns}")
    return found


def implementation(case: dict[str, Any]) -> str:
    packages = case.get("package", "")
    listed = packages if isinstance(packages, list) else [packages]
    return ", ".join(str(p) for p in listed).replace("independent reference, formula in notes", "plain loops")


class HeldTo(Directive):
    """Tabulate the shipped reference cases that one test runs, and the tolerances it uses."""

    required_arguments = 1
    option_spec = {"cases": directives.unchanged_required, "tolerances": directives.unchanged_required}

    def run(self) -> list[nodes.Node]:
        test = self.arguments[0]
        try:
            chosen = cases(test, self.options["cases"])
            rows = [(c["case"], implementation(c), str(c.get("dataset", ""))) for c in chosen]
            limits = [part.rsplit(" ", 1) for part in re.split(r";\s*", self.options["tolerances"])]
            words = "; ".join(f"{what} {tolerance(test, number)}" for what, number in limits)
        except ValueError as problem:
            raise self.error(str(problem)) from problem
        sentence = nodes.paragraph()
        sentence += nodes.Text("Test: ")
        sentence += nodes.literal(text=f"tests/golden/{test}")
        sentence += nodes.Text(f". Tolerances: {words}.")
        return [sentence, table_of(("Case", "Computed with", "Data"), rows)]
