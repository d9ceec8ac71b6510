"""The library that lays out tables, imported when a table needs it."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from yrdecon.errors import YrdeconError


def table_engine(module: str = "") -> Any:
    """Return maketables, or one of its modules.

    Raises
    ------
    YrdeconError
        If it is not installed.

    Examples
    --------
    >>> table_engine().__name__
    'maketables'
    """
    try:
        return import_module(f"maketables.{module}" if module else "maketables")
    except ImportError as error:
        raise YrdeconError(
            "this table needs maketables and python-docx; pip install 'yrdecon[tables]', or use to_markdown"
        ) from error
