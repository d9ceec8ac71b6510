"""Libraries that only some features need."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from yrdecon.errors import YrdeconError


def require(module: str, extra: str) -> Any:
    """Import a library, or say which extra brings it.

    Raises
    ------
    YrdeconError
        If the library is not installed.

    Examples
    --------
    >>> require("json", "tables").dumps([1])
    '[1]'
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise YrdeconError(f"this needs the library {error.name}; pip install 'yrdecon[{extra}]'") from error
