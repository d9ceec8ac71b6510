"""Write formulas as MathML, which browsers draw themselves: no script and no image."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from xml.etree import ElementTree

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.util import logging

# names that HTML knows and XML does not
NAMED = re.compile(r"&(?!(?:lt|gt|amp|quot|apos);)\w+;")
ACCENTS = set("ˉˆ˜˙¨^~¯")
LOGGER = logging.getLogger(__name__)
NAMESPACE = "http://www.w3.org/1998/Math/MathML"


def setup(app: Any) -> dict[str, bool]:
    """Register the renderer."""
    app.add_html_math_renderer("mathml", (visit_math, None), (visit_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def visit_math(self: Any, node: nodes.math) -> None:
    """Write a formula within a line."""
    self.body.append(_written(node, as_block=False))
    raise nodes.SkipNode


def visit_block(self: Any, node: nodes.math_block) -> None:
    """Write a formula on a line of its own."""
    self.body.append(f'<div class="formula">{_written(node, as_block=True)}</div>')
    raise nodes.SkipNode


def to_mathml(tex: str, *, as_block: bool = False) -> str:
    """Convert a formula; indices of accented letters stand beside them, where docutils puts them below."""
    ElementTree.register_namespace("", NAMESPACE)
    text = NAMED.sub(lambda found: unescape(found[0]), tex2mathml(tex, as_block=as_block))
    root = ElementTree.fromstring(text)
    for bar in root.iter(f"{{{NAMESPACE}}}mo"):
        if bar.text == "‖":
            bar.set("stretchy", "false")
    for element in root.iter():
        children = list(element)
        accented = len(children) == 3 and children[2].text in ACCENTS and not children[0].tag.endswith("}mo")
        if element.tag.endswith("}munderover") and accented:
            letter = ElementTree.Element(f"{{{NAMESPACE}}}mover", {"accent": "true"})
            letter.extend([children[0], children[2]])
            element.tag = f"{{{NAMESPACE}}}msub"
            element[:] = [letter, children[1]]
    return ElementTree.tostring(root, encoding="unicode")


def _written(node: Any, *, as_block: bool) -> str:
    try:
        return to_mathml(node.astext(), as_block=as_block)
    except MathError as problem:
        LOGGER.warning("formula %r: %s", node.astext(), problem, location=node)
        return ""
