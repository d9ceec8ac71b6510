"""Checks of the options of estimators, with messages that name the option."""

from __future__ import annotations

from typing import Any, TypeGuard, get_args

import numpy as np

from yrdecon.errors import DesignError


def fail_if_unknown(name: str, value: object, options: Any) -> None:
    """Refuse a value that is none of a `typing.Literal`.

    Raises
    ------
    DesignError
        Naming the option, its value and the known ones.

    Examples
    --------
    >>> from typing import Literal
    >>> fail_if_unknown("by", "year", Literal["event_time", None])
    Traceback (most recent call last):
    yrdecon.errors.DesignError: by='year' is unknown; choose one of ['event_time', None]
    """
    known = list(get_args(options))
    if not (value is None or isinstance(value, str)) or value not in known:
        raise DesignError(f"{name}={value!r} is unknown; choose one of {known}")


def fail_if_no_name(name: str, value: object) -> None:
    """Refuse what cannot be the name of a column."""
    if not (isinstance(value, str) and value):
        raise DesignError(f"{name}={value!r} must be the name of a column")


def is_whole(value: object) -> TypeGuard[int]:
    """Tell whether a value is a whole number and no truth value."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def is_number(value: object) -> TypeGuard[float]:
    """Tell whether a value is a number, which may be infinite, and no truth value."""
    known = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
    return known and not np.isnan(float(value))  # type: ignore[arg-type]


def fail_if_not_whole(name: str, value: object, least: int) -> None:
    """Refuse what is not a whole number of at least `least`."""
    if not is_whole(value) or value < least:
        raise DesignError(f"{name}={value!r} must be a whole number, {least} or more")


def fail_if_no_window(window: object) -> None:
    """Refuse what is neither None nor a first and a last event time around treatment.

    Raises
    ------
    DesignError
        If the window is no pair of whole numbers, or does not hold event time 0.
    """
    if window is None:
        return
    pair = tuple(window) if isinstance(window, tuple | list) else ()
    if len(pair) != 2 or not all(map(is_whole, pair)) or not pair[0] <= 0 <= pair[1]:
        raise DesignError(
            f"window={window!r} must be a first and a last event time, whole numbers that hold 0, for example (-5, 3)"
        )
