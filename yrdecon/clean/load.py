"""The shipped panels."""

from __future__ import annotations

import pandas as pd

from yrdecon.core.panel import Panel
from yrdecon.core.resources import data_path
from yrdecon.errors import DataError

NAMES = ("yrd", "national")


def load_panel(name: str = "yrd") -> Panel:
    """Load a harmonized city panel that ships with the package.

    Parameters
    ----------
    name
        ``"yrd"``: the 41 cities of the Yangtze River Delta, 2005-2023. ``"national"``: 296 cities, 2000-2023.

    Returns
    -------
    A panel of city_code by year with the location of the seats, the province as group, and unit, source, vintage and
    labels of every column in ``Panel.variables``.

    Raises
    ------
    DataError
        If there is no such panel.

    Examples
    --------
    >>> load_panel("yrd")
    Panel(41 units x 19 periods, 779 rows, city_code by year 2005-2023)
    """
    if name not in NAMES:
        raise DataError(f"there is no panel {name!r}; choose one of {list(NAMES)}")
    frame = pd.read_csv(data_path(f"processed/panel_{name}.csv"), dtype={"city_code": "str"})
    variables = pd.read_csv(data_path("processed/variables.csv"), dtype="str", keep_default_na=False).set_index("name")
    panel = Panel.from_frame(frame, unit="city_code", time="year", location=("lon", "lat"), group="province")
    return panel.describe(variables)
