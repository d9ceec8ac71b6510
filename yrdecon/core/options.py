"""Options that take one of a few values."""

from __future__ import annotations

from typing import Any, get_args

from yrdecon.errors import DesignError


def fail_if_unknown(name: str, value: object, options: Any) -> None:
    """Refuse a value that is none of a `typing.Literal`.

    Raises
    ------
    DesignError
        Naming the value and what there is to choose from.
    """
    known = list(get_args(options))
    if value not in known:
        raise DesignError(f"{name}={value!r} is unknown; choose one of {known}")
