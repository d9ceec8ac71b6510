"""Give pictures that cells draw the description that their files hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from docutils import nodes
from PIL import Image


def setup(app: Any) -> dict[str, bool]:
    app.connect("doctree-read", describe)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def describe(app: Any, doctree: nodes.document) -> None:
    for node in doctree.findall(nodes.image):
        path = Path(app.srcdir, node["uri"].lstrip("/"))
        if not node.get("alt") and path.suffix == ".png":
            node["alt"] = description(path)


def description(path: Path) -> str:
    """Return what the file of a picture says of it, empty if nothing."""
    with Image.open(path) as picture:
        return str(picture.info.get("Description", ""))
