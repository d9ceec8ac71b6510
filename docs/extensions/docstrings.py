"""Read docstrings: shape them for numpydoc, and show signature, example and references of a function on its page."""

from __future__ import annotations

import inspect
import re
from typing import Any

from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.statemachine import StringList

import yrdecon

RULE = re.compile(r"-{3,}$")
BEFORE_NUMPYDOC = 400


def setup(app: Any) -> dict[str, bool]:
    app.connect("autodoc-process-docstring", name_what_is_returned, priority=BEFORE_NUMPYDOC)
    app.add_directive("call", Call)
    app.add_directive("references", References)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def name_what_is_returned(app: Any, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Put the text of a Returns section below the type of the signature, where numpydoc expects it."""
    heads = [i for i in range(len(lines) - 1) if lines[i] == "Returns" and RULE.match(lines[i + 1])]
    start = heads[0] if heads else None
    if start is None or not callable(obj):
        return
    end = next((i - 1 for i in range(start + 3, len(lines)) if RULE.match(lines[i])), len(lines))
    given = str(inspect.signature(obj).return_annotation)
    lines[start + 2 : end] = [given, *("    " + line if line else "" for line in lines[start + 2 : end])]


def section(name: str, title: str) -> list[str]:
    """Return the lines of one section of the docstring of an exported function, none if it has no such section."""
    lines = (inspect.getdoc(getattr(yrdecon, name)) or "").splitlines()
    heads = [i for i in range(len(lines) - 1) if RULE.match(lines[i + 1])]
    for position, head in enumerate(heads):
        if lines[head] == title:
            end = heads[position + 1] if position + 1 < len(heads) else len(lines)
            return lines[head + 2 : end]
    return []


class Call(Directive):
    """Show how a function is called: its signature with a link to its reference, and its example."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        name = self.arguments[0]
        signature = inspect.signature(getattr(yrdecon, name))
        shown = signature.replace(
            parameters=[p.replace(annotation=inspect.Parameter.empty) for p in signature.parameters.values()],
            return_annotation=inspect.Signature.empty,
        )
        call = nodes.literal_block(f"yd.{name}{shown}", f"yd.{name}{shown}", language="python")
        example = "\n".join(section(name, "Examples")).strip()
        if not example:
            raise self.error(f"{name} has no example")
        words = nodes.container()
        text = f"Options, errors and notes: {{py:func}}`yrdecon.{name}`."
        self.state.nested_parse(StringList([text], source=name), self.content_offset, words)
        return [call, *words.children, nodes.literal_block(example, example, language="pycon")]


class References(Directive):
    """Show the references of a docstring."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        lines = section(self.arguments[0], "References")
        if not lines:
            raise self.error(f"{self.arguments[0]} has no references")
        return [nodes.paragraph("", " ".join(" ".join(lines).split()))]
