"""Which numbers moved between two folders of results, and by how much."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pandas as pd

from yrdecon.core.archive import read_zip
from yrdecon.core.estimate import Estimate
from yrdecon.core.hypothesis import HypothesisTest
from yrdecon.core.store import load_estimate
from yrdecon.core.stored_tests import load_test
from yrdecon.errors import DataError
from yrdecon.study.compare import compare_outputs

Value: TypeAlias = float | str
COLUMNS = ("file", "item", "old", "new", "change", "relative")
NUMBERS = ("statistic", "p_value", "estimate", "conf_low", "conf_high")
READ_AS_NUMBERS = ("*.zip", "*.csv")
ROUNDING = 1e-14
ABSENT = "—"


def compare_results(old: str | Path, new: str | Path, *, tolerance: float = 1e-8) -> pd.DataFrame:
    r"""Compare two folders of results number by number.

    Saved estimates and tests are compared by their coefficients, errors and frames, tables in CSV cell by cell; rows
    are matched by their first columns of text that name them uniquely, and by place where there are none. All other
    files are compared as text.

    Parameters
    ----------
    tolerance
        Largest relative difference at which two numbers are the same.

    Returns
    -------
    One row per difference: file, item, old, new (as text, a dash where there is none), change, and relative: the change
    over the larger of the two absolute values. The last two are missing where there is no number on both sides.

    Raises
    ------
    DataError
        If one of the folders is missing or empty, or a file cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
    ...     _ = (Path(one) / "a.csv").write_text("pool,estimate\nall,2.0\n")
    ...     _ = (Path(two) / "a.csv").write_text("pool,estimate\nall,2.5\n")
    ...     compare_results(one, two)[["item", "old", "new", "relative"]].values.tolist()
    [['all: estimate', '2.0', '2.5', 0.2]]
    """
    one, two = Path(old), Path(new)
    if not tolerance >= 0:
        raise DataError(f"tolerance={tolerance!r} must be a relative difference of zero or more, such as 1e-8")
    for folder in (one, two):
        _fail_if_there_are_no_results(folder)
    rows = [row for name in _names(one, two) for row in _file_rows(one / name, two / name, name, tolerance)]
    for paragraph in compare_outputs(one, two, READ_AS_NUMBERS):
        name, _, text = paragraph.partition(" ")
        rows.append((name, text, ABSENT, ABSENT, np.nan, np.nan))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _names(one: Path, two: Path) -> list[str]:
    found = {p.relative_to(root).as_posix() for root in (one, two) for s in READ_AS_NUMBERS for p in root.rglob(s)}
    return sorted(name for name in found if not Path(name).name.startswith("."))


def _file_rows(one: Path, two: Path, name: str, tolerance: float) -> Iterator[tuple[object, ...]]:
    if not (one.is_file() and two.is_file()):
        sides = ["there" if path.is_file() else ABSENT for path in (one, two)]
        yield (name, "file", *sides, np.nan, np.nan)
        return
    if one.read_bytes() == two.read_bytes():
        return
    yield from ((name, *row) for row in _differences(*_alike(one, two), tolerance))


def _differences(
    old: Mapping[str, Value], new: Mapping[str, Value], tolerance: float
) -> Iterator[tuple[str, str, str, float, float]]:
    for item in dict.fromkeys([*old, *new]):
        before, after = old.get(item, ABSENT), new.get(item, ABSENT)
        change = relative = np.nan
        if isinstance(before, float) and isinstance(after, float):
            if before == after or (np.isnan(before) and np.isnan(after)):
                continue
            change = after - before
            relative = abs(change) / max(abs(before), abs(after)) if np.isfinite(change) else np.nan
            if abs(change) <= ROUNDING or relative <= tolerance:
                continue
        elif before == after:
            continue
        yield item, str(before), str(after), change, relative


def _alike(one: Path, two: Path) -> tuple[dict[str, Value], dict[str, Value]]:
    if one.suffix == ".csv":
        return _cells(_read_csv(one), _read_csv(two))
    first, second = _saved(one), _saved(two)
    old, new = _numbers(first), _numbers(second)
    for name in sorted({*first.frames, *second.frames}):
        frames = (f.frames.get(name, pd.DataFrame()).reset_index(drop=True) for f in (first, second))
        for found, cells in zip((old, new), _cells(*frames), strict=True):
            found |= {f"{name}, {item}": value for item, value in cells.items()}
    return old, new


def _saved(path: Path) -> Estimate | HypothesisTest:
    try:
        names = read_zip(path)
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise DataError(f"{path} cannot be read: {error}; write it again") from error
    return load_test(path) if "test.json" in names else load_estimate(path)


def _numbers(result: Estimate | HypothesisTest) -> dict[str, Value]:
    if isinstance(result, HypothesisTest):
        compared = 0 if result.draws is None else len(result.draws)
        rank = np.nan if result.rank is None else result.rank
        counts: dict[str, Value] = {"name": result.name, "rank": float(rank), "n_compared": float(compared)}
        return counts | {name: float(getattr(result, name)) for name in NUMBERS}
    found: dict[str, Value] = {"method": result.method, "outcome": result.outcome, "n_obs": float(result.n_obs)}
    for label, coef, error in zip(_keys(result.cells), result.coef, result.std_error, strict=True):
        found |= {f"{label}: estimate": float(coef), f"{label}: std_error": float(error)}
    return found


def _keys(cells: pd.DataFrame) -> list[str]:
    columns = [c for c in ("term", "cohort", "time", "event_time") if c in cells]
    texts = [" ".join(f"{c} {v}" if c != "term" else str(v) for c, v in zip(columns, row, strict=True))
             for row in cells[columns].itertuples(index=False)]  # fmt: skip
    return (
        texts if columns and len(set(texts)) == len(texts) else [f"coefficient {i}" for i in range(1, len(cells) + 1)]
    )


def _read_csv(path: Path) -> pd.DataFrame:
    try:
        return pd.read_csv(path)
    except pd.errors.EmptyDataError:
        return pd.DataFrame()
    except (OSError, ValueError) as error:
        raise DataError(f"{path} cannot be read as a table: {error}; write it again") from error


def _cells(old: pd.DataFrame, new: pd.DataFrame) -> tuple[dict[str, Value], dict[str, Value]]:
    """Return the cells of two tables by row and column, the rows named alike in both."""
    shared = [c for c in old.columns if c in new.columns and not _is_number(old[c]) and not _is_number(new[c])]
    for used in range(1, len(shared) + 1):
        named = [_row_names(table, shared[:used]) for table in (old, new)]
        if all(len(set(names)) == len(names) for names in named):
            break
    else:
        named = [[f"row {i}" for i in range(1, len(table) + 1)] for table in (old, new)]
    return _by_name(old, named[0]), _by_name(new, named[1])


def _row_names(table: pd.DataFrame, columns: list[str]) -> list[str]:
    return [", ".join(map(str, row)) for row in table[columns].itertuples(index=False)]


def _by_name(table: pd.DataFrame, names: list[str]) -> dict[str, Value]:
    cells: dict[str, Value] = {}
    for column in table.columns:
        number = _is_number(table[column])
        for name, value in zip(names, table[column], strict=True):
            cells[f"{name}: {column}"] = float(value) if number else str(value)
    return cells


def _is_number(values: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)


def _fail_if_there_are_no_results(folder: Path) -> None:
    if not folder.is_dir():
        raise DataError(f"there is no folder {folder}; give two folders of results")
    if not any(p.is_file() and not p.name.startswith(".") for p in folder.rglob("*")):
        raise DataError(f"the folder {folder} holds no results; give two folders of results")
