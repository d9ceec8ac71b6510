"""Tests on disk, as estimates are: one zip of plain arrays and tables."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from types import MappingProxyType
from typing import Any

from yrdecon.core.archive import array_bytes, column_types, read_array, read_table, read_zip, table_bytes, zip_bytes
from yrdecon.core.atomic import write_atomically
from yrdecon.core.hypothesis import HypothesisTest
from yrdecon.errors import DataError

_NUMBERS = ("statistic", "p_value", "estimate", "conf_low", "conf_high")
_WORDS = ("name", "null", "n_assignments", "disjoint_sets")


def save_test(test: HypothesisTest, path: str | Path) -> Path:
    """Write a test to a zip file.

    Examples
    --------
    >>> import tempfile
    >>> toy = HypothesisTest("toy", 2.0, 0.05, "nothing happened")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     load_test(save_test(toy, Path(folder) / "toy.zip")).p_value
    0.05
    """
    words: dict[str, Any] = {name: getattr(test, name) for name in _WORDS}
    words |= {name: repr(float(getattr(test, name))) for name in _NUMBERS}
    words |= {"notes": list(test.notes), "types": {name: column_types(frame) for name, frame in test.frames.items()}}
    parts = {f"frames/{name}.csv": table_bytes(frame) for name, frame in test.frames.items()}
    if test.draws is not None:
        parts["draws.npy"] = array_bytes(test.draws)
    parts["test.json"] = json.dumps(words, ensure_ascii=False, indent=1, sort_keys=True).encode()
    return write_atomically(Path(path), zip_bytes(parts))


def load_test(path: str | Path) -> HypothesisTest:
    """Read a test from a zip file.

    Raises
    ------
    DataError
        If the file is missing or is not a saved test.

    Examples
    --------
    >>> load_test("nowhere.zip")
    Traceback (most recent call last):
    ...
    yrdecon.errors.DataError: there is no file nowhere.zip; save one with save_test
    """
    path = Path(path)
    try:
        parts = read_zip(path)
        words = json.loads(parts["test.json"])
        frames = {name: read_table(parts[f"frames/{name}.csv"], types) for name, types in words["types"].items()}
        plain: dict[str, Any] = {name: words[name] for name in _WORDS}
        plain |= {name: float(words[name]) for name in _NUMBERS}
        return HypothesisTest(
            draws=read_array(parts["draws.npy"]) if "draws.npy" in parts else None,
            frames=MappingProxyType(frames),
            notes=tuple(words["notes"]),
            **plain,
        )
    except FileNotFoundError as error:
        raise DataError(f"there is no file {path}; save one with save_test") from error
    except (zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise DataError(f"{path} is not a test saved by save_test: {error}") from error
