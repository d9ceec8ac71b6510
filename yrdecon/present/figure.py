"""A figure with its data and its description, saved together."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import pandas as pd

from yrdecon.core.atomic import write_atomically
from yrdecon.errors import DesignError

DPI = 300
Vector = Literal["svg", "pdf"]


@dataclass(frozen=True, eq=False)
class Figure:
    """What every plotting function returns.

    Attributes
    ----------
    drawing
        The matplotlib figure, free to be changed.
    data
        What is drawn, tidy.
    alt
        Description for those who cannot see it.
    """

    drawing: Any
    data: pd.DataFrame
    alt: str

    def _repr_png_(self) -> tuple[bytes, dict[str, str]]:
        """Return the picture for a notebook, which writes its description where pages have one."""
        return drawing_bytes(self.drawing, "png", 110, self.alt), {"alt": self.alt}


def save_figure(figure: Figure, stem: str | Path, *, vector: Vector = "svg") -> list[Path]:
    """Write a figure as SVG and PNG (300 dpi), its data as CSV and its description as text.

    Parameters
    ----------
    vector
        ``"svg"``, or ``"pdf"`` for LaTeX, with its fonts embedded.

    Raises
    ------
    DesignError
        If the vector format is unknown.

    Examples
    --------
    >>> import tempfile
    >>> from matplotlib.figure import Figure as Drawing
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     toy = Figure(Drawing(), pd.DataFrame({"x": [1]}), "an empty figure")
    ...     [path.suffix for path in save_figure(toy, Path(folder) / "toy")]
    ['.svg', '.png', '.csv', '.txt']
    """
    if vector not in get_args(Vector):
        raise DesignError(f"vector={vector!r} is unknown; choose one of {list(get_args(Vector))}")
    stem = Path(stem)
    contents = {
        f".{vector}": drawing_bytes(figure.drawing, vector),
        ".png": drawing_bytes(figure.drawing, "png"),
        ".csv": figure.data.to_csv(index=False, lineterminator="\n", float_format="%.10g"),
        ".txt": figure.alt + "\n",
    }
    return [write_atomically(stem.with_name(stem.name + suffix), content) for suffix, content in contents.items()]


def drawing_bytes(drawing: Any, kind: Literal["svg", "pdf", "png"], dpi: int = DPI, alt: str = "") -> bytes:
    """Return a drawing as SVG, PDF or PNG, the same bytes every time; a PNG holds its description."""
    import matplotlib as mpl

    metadata = {
        "svg": {"Date": None, "Creator": "yrdecon"},
        "pdf": {"CreationDate": None, "Creator": "yrdecon", "Producer": None},
        "png": {"Software": "yrdecon"} | ({"Description": alt} if alt else {}),
    }[kind]
    buffer = io.BytesIO()
    with mpl.rc_context({"svg.hashsalt": "yrdecon", "axes.unicode_minus": False, "text.hinting": "no_hinting"}):
        drawing.savefig(buffer, format=kind, dpi=dpi, metadata=metadata)
    return buffer.getvalue()
