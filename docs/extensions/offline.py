"""Stop the build if a page would load a script, a style or an image from the network."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from sphinx.errors import ExtensionError

TAG = r"<(?:script|link|img|iframe|source)\b[^>]*"
LOADED = re.compile(TAG + r"\b(?:src|href)=[\"'](?:https?:)?//[^\"']*", re.IGNORECASE)


def setup(app: Any) -> dict[str, bool]:
    """Look at every page when all are written."""
    app.connect("build-finished", fail_if_the_network_is_needed)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def fail_if_the_network_is_needed(app: Any, problem: Exception | None) -> None:
    """Name the first pages and what they would load."""
    if problem is None and (found := loaded_from_the_network(Path(app.outdir))):
        raise ExtensionError("pages load from the network: " + "; ".join(found[:5]))


def loaded_from_the_network(folder: Path) -> list[str]:
    """Return page and tag of everything that a browser would fetch from elsewhere."""
    return [
        f"{page.relative_to(folder).as_posix()}: {tag}"
        for page in sorted(folder.rglob("*.html"))
        for tag in LOADED.findall(page.read_text(encoding="utf-8"))
    ]
