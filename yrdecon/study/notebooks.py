"""Execute a notebook and write it as one HTML file that needs no network."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from yrdecon.core.atomic import write_atomically
from yrdecon.core.extras import require
from yrdecon.errors import YrdeconError


def execute_notebook(source: Path, target: Path) -> Path:
    """Run every cell of a notebook and save the result as HTML.

    Parameters
    ----------
    source
        The notebook; it is not changed.
    target
        The HTML file. Figures are embedded, and nothing is loaded from elsewhere.

    Raises
    ------
    YrdeconError
        If a cell fails; the message gives its number, its first line and the error.
    """
    nbformat, nbclient = require("nbformat", "notebooks"), require("nbclient", "notebooks")
    notebook = nbformat.read(source, as_version=4)
    client = nbclient.NotebookClient(
        notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": source.parent}}
    )
    try:
        client.execute()
    except nbclient.exceptions.CellExecutionError as error:
        raise YrdeconError(
            f"{source.name} stopped: {error.ename}: {error.evalue}; open the notebook and run it"
        ) from error
    return write_atomically(target, _html(notebook, source.stem))


def _html(notebook: Any, title: str) -> str:
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number}"
        cell.get("metadata", {}).pop("execution", None)
    exporter = require("nbconvert", "notebooks").HTMLExporter(
        template_name="lab", embed_images=True, exclude_input_prompt=True, exclude_output_prompt=True
    )
    resources = {"metadata": {"name": title}}
    page, _ = exporter.from_notebook_node(notebook, resources=resources)
    return _without_network(page)


def _without_network(page: str) -> str:
    """Drop the scripts that notebooks load from the network: mathematics, diagrams and widgets, none of which occur."""
    page = re.sub(r"<script[^>]*\ssrc=\"https?://[^\"]*\"[^>]*>\s*</script>", "", page)
    page = re.sub(r"<script type=\"module\">.*?</script>", "", page, flags=re.DOTALL)
    page = re.sub(r"<!-- Load mathjax -->.*?<!-- End of mathjax configuration -->", "", page, flags=re.DOTALL)
    return re.sub(r"[ \t]+\n", "\n", page)
