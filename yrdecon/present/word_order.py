"""The order of elements that the schema of Word documents asks for."""

from __future__ import annotations

from typing import Any

ORDER = {
    "pPr": "pStyle keepNext keepLines pageBreakBefore widowControl numPr spacing ind contextualSpacing jc rPr",
    "rPr": "rStyle rFonts b bCs i iCs caps smallCaps color spacing w kern position sz szCs u vertAlign lang",
    "tblPr": "tblStyle tblW jc tblCellSpacing tblInd tblBorders shd tblLayout tblCellMar tblLook",
    "tblCellMar": "top left bottom right",
    "tcPr": "tcW gridSpan hMerge vMerge tcBorders shd noWrap tcMar vAlign",
    "tcBorders": "top left bottom right insideH insideV",
}


def put_in_schema_order(body: Any) -> None:
    """Sort the children of every properties element in place; of two borders on one side the later one stays."""
    for element in list(body.iter()):
        wanted = ORDER.get(_name(element), "").split()
        if wanted:
            children = sorted(element, key=lambda c: wanted.index(_name(c)) if _name(c) in wanted else len(wanted))
            for child in list(element):
                element.remove(child)
            seen: set[str] = set()
            for child in children:
                if _name(child) not in seen:
                    element.append(child)
                seen.add(_name(child))


def _name(element: Any) -> str:
    return str(element.tag).rsplit("}", 1)[-1]
