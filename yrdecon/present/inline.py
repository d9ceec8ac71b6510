"""Bold text, code and links inside a paragraph."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

MARKUP = re.compile(
    r"(?<![0-9A-Za-z*)])\*\*(?=[^\s*])(?P<bold>.+?)(?<=[^\s*])\*\*(?!\*)"
    r"|`(?P<code>[^`]+)`"
    r"|\[(?P<link>[^\[\]]+)\]\((?P<target>(?:https?://|mailto:|#|\./)[^\s()]+)\)"
)


@dataclass(frozen=True)
class Span:
    """A piece of text of one kind; `target` is where a link leads."""

    text: str
    kind: Literal["plain", "bold", "code", "link"] = "plain"
    target: str = ""


def inline_spans(text: str) -> tuple[Span, ...]:
    """Cut a text at its markup; stars after a number and brackets of an interval are not markup.

    Examples
    --------
    >>> [(span.text, span.kind) for span in inline_spans("It is **open**: 0.02** in [-0.1, 0.1](5%)")]
    [('It is ', 'plain'), ('open', 'bold'), (': 0.02** in [-0.1, 0.1](5%)', 'plain')]
    """
    spans, end = [], 0
    for found in MARKUP.finditer(text):
        spans.append(Span(text[end : found.start()]))
        spans.append(_span(found))
        end = found.end()
    return tuple(span for span in [*spans, Span(text[end:])] if span.text)


def plain_text(text: str) -> str:
    """Return a text without its markup."""
    return "".join(span.text for span in inline_spans(text))


def _span(found: re.Match[str]) -> Span:
    if found["bold"] is not None:
        return Span(found["bold"], "bold")
    return Span(found["code"], "code") if found["code"] is not None else Span(found["link"], "link", found["target"])
