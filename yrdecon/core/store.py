"""Estimates on disk: one zip of plain arrays and tables, no pickle, the same bytes every time."""

from __future__ import annotations

import json
import zipfile
from dataclasses import fields
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from yrdecon.core.archive import array_bytes, column_types, read_array, read_table, read_zip, table_bytes, zip_bytes
from yrdecon.core.atomic import write_atomically
from yrdecon.core.estimate import Estimate, FloatArray, LinearFit
from yrdecon.errors import DataError

FORMAT = 2
_ARRAYS = ("coef", "vcov", "influence")
_WORDS = ("method", "outcome", "n_obs", "cluster", "dof", "small_sample")


def save_estimate(estimate: Estimate, path: str | Path) -> Path:
    """Write an estimate to a zip file.

    Examples
    --------
    >>> import tempfile
    >>> import pandas as pd
    >>> rows = pd.DataFrame({"unit": ["a"], "time": [1], "cohort": [np.inf]})
    >>> toy = Estimate(np.array([1.0]), np.eye(1), pd.DataFrame({"term": ["x"]}), rows, "toy", "y", 1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     load_estimate(save_estimate(toy, Path(folder) / "toy.zip")).coef.tolist()
    [1.0]
    """
    parts: dict[str, bytes] = {}
    for name in _ARRAYS:
        value = getattr(estimate, name)
        if value is not None:
            parts[f"{name}.npy"] = array_bytes(value)
    if estimate.linear is not None:
        for field in fields(LinearFit):
            value = getattr(estimate.linear, field.name)
            if isinstance(value, np.ndarray):
                parts[f"linear/{field.name}.npy"] = array_bytes(value)
    tables = {
        "cells": estimate.cells,
        "units": estimate.units,
        **{f"frames/{k}": v for k, v in estimate.frames.items()},
    }
    types = {}
    for name, table in tables.items():
        parts[f"{name}.csv"] = table_bytes(table)
        types[name] = column_types(table)
    words: dict[str, Any] = {name: getattr(estimate, name) for name in _WORDS}
    words |= {"dof": _number_words(estimate.dof), "notes": list(estimate.notes), "format": FORMAT, "types": types}
    if estimate.linear is not None:
        words["linear"] = {
            "effects": list(estimate.linear.effects),
            "is_instrumented": estimate.linear.is_instrumented,
            "dummies": list(estimate.linear.dummies),
            "is_reweighted": estimate.linear.is_reweighted,
        }
    parts["estimate.json"] = json.dumps(words, ensure_ascii=False, indent=1, sort_keys=True).encode()
    return write_atomically(Path(path), zip_bytes(parts))


def load_estimate(path: str | Path) -> Estimate:
    """Read an estimate from a zip file.

    Raises
    ------
    DataError
        If the file is missing, is not a saved estimate, or was written by a newer version.

    Examples
    --------
    >>> load_estimate("nowhere.zip")
    Traceback (most recent call last):
    ...
    yrdecon.errors.DataError: there is no file nowhere.zip; save one with save_estimate
    """
    path = Path(path)
    try:
        parts = read_zip(path)
        words = json.loads(parts["estimate.json"])
        if words["format"] > FORMAT:
            raise DataError(
                f"{path} was written by a newer version of yrdecon (format {words['format']}); update yrdecon"
            )
        return _assemble(parts, words)
    except FileNotFoundError as error:
        raise DataError(f"there is no file {path}; save one with save_estimate") from error
    except (zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise DataError(f"{path} is not an estimate saved by save_estimate: {error}") from error


def _assemble(parts: dict[str, bytes], words: dict[str, Any]) -> Estimate:
    tables = {name: read_table(parts[f"{name}.csv"], types) for name, types in words["types"].items()}
    arrays = {name: read_array(parts[f"{name}.npy"]) for name in _ARRAYS if f"{name}.npy" in parts}
    linear = None
    if "linear/covariates.npy" in parts:  # format 1 did not keep what other covariances need
        files = {f.name: f"linear/{f.name}.npy" for f in fields(LinearFit)}
        stored = {name: read_array(parts[file]) for name, file in files.items() if file in parts}
        linear = LinearFit(
            **stored,
            effects=tuple(words["linear"]["effects"]),
            is_instrumented=bool(words["linear"].get("is_instrumented", False)),
            dummies=tuple(words["linear"].get("dummies", ())),
            is_reweighted=bool(words["linear"].get("is_reweighted", False)),
        )
    plain: dict[str, Any] = {name: words[name] for name in _WORDS}
    frames = {name.removeprefix("frames/"): table for name, table in tables.items() if name.startswith("frames/")}
    return Estimate(
        **arrays,
        cells=tables["cells"],
        units=tables["units"],
        linear=linear,
        frames=MappingProxyType(frames),
        notes=tuple(words["notes"]),
        **(plain | {"dof": _numbers(words["dof"])}),
    )


def _number_words(value: float | FloatArray) -> str | list[str]:
    """Write numbers as text, since JSON has no infinity."""
    return [repr(float(v)) for v in value] if isinstance(value, np.ndarray) else repr(float(value))


def _numbers(words: str | list[str]) -> float | FloatArray:
    return np.array([float(w) for w in words]) if isinstance(words, list) else float(words)
