"""Columns that must hold numbers with which one can reckon."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from yrdecon.errors import DesignError

LARGEST, SMALLEST = 1e100, 1e-100


def fail_if_not_numbers(frame: pd.DataFrame, columns: Sequence[str]) -> None:
    """Refuse columns of text, dates or complex numbers.

    Raises
    ------
    DesignError
        Naming the column and some of its values.
    """
    for column in columns:
        values = frame[column]
        if not pd.api.types.is_numeric_dtype(values) or pd.api.types.is_complex_dtype(values):
            example = values.dropna().unique()[:3].tolist()
            raise DesignError(
                f"column {column!r} must hold numbers; it holds {example}; convert it with pandas.to_numeric"
            )


def fail_if_not_finite(frame: pd.DataFrame, columns: Sequence[str]) -> None:
    """Refuse numeric columns with infinite values, or with values whose squares a computer cannot hold.

    Raises
    ------
    DesignError
        Naming the columns.
    """
    sizes = {c: np.abs(frame[c].to_numpy(dtype=float, na_value=np.nan)) for c in columns}
    infinite = [c for c, size in sizes.items() if np.isinf(size).any()]
    if infinite:
        raise DesignError(f"columns {infinite} hold infinite values; the logarithm of zero is a common cause")
    largest = {c: float(np.nanmax(size, initial=0.0)) for c, size in sizes.items()}
    extreme = [c for c, size in largest.items() if size > LARGEST or 0 < size < SMALLEST]
    if extreme:
        raise DesignError(
            f"columns {extreme} hold values beyond {LARGEST:g} or all within {SMALLEST:g} of zero, whose squares "
            "cannot be computed; choose another unit of measure"
        )
