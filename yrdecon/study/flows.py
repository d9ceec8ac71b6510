"""Flows between places, from the file that a plan names."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from yrdecon.errors import DesignError
from yrdecon.study.plan import Flows

COLUMNS = ("origin", "destination", "time", "flow")


def read_flows(asked: Flows, folder: Path) -> pd.DataFrame:
    """Return origin, destination, time and flow sorted; places are text.

    Raises
    ------
    DesignError
        If the file or a column is missing, a period or flow is no number, or a flow occurs twice.
    """
    path = folder / asked.file
    if not path.is_file():
        raise DesignError(f"there is no file of flows {path}; put a CSV file beside the plan")
    named = {str(getattr(asked, column)): column for column in COLUMNS}
    table = pd.read_csv(path, encoding="utf-8-sig", dtype="str", keep_default_na=False)
    missing = [name for name in named if name not in table.columns]
    if missing:
        raise DesignError(f"{path.name} lacks the columns {missing}; it has {table.columns.tolist()}")
    flows = table[list(named)].rename(columns=named)
    for column in ("time", "flow"):
        values = pd.to_numeric(flows[column], errors="coerce")
        wrong = flows.loc[values.isna(), column].tolist()
        if wrong:
            raise DesignError(f"column {column!r} of {path.name} holds no number in {wrong[:5]}; leave such rows out")
        flows[column] = values
    keys = list(COLUMNS[:3])
    twice = flows[flows.duplicated(keys)]
    if len(twice):
        shown = ["-".join(str(v) for v in row) for row in twice[keys].head(5).itertuples(index=False)]
        raise DesignError(f"{path.name} holds flows more than once: {shown}; add them up")
    return flows.astype({"time": "int64", "flow": "float64"}).sort_values(keys).reset_index(drop=True)
