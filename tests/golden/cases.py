"""Read reference cases and their data."""

import json
from pathlib import Path

import numpy as np
import pandas as pd

import yrdecon as yd

OWN = Path(__file__).parent / "own"


def results(folder, name):
    return json.loads((folder / "cases" / f"{name}.json").read_text(encoding="utf-8"))


def by_vcov(case, term):
    return {row["vcov"]: row for row in case["results"] if row["term"] == term}


def own_panel(dataset, unit, *, cohort, location=None, group=None):
    frame = pd.read_csv(OWN / "datasets" / f"{dataset}.csv", dtype={"city_code": "str"})
    frame["cohort"] = frame[cohort].replace(0, np.inf).astype(float)
    return yd.Panel.from_frame(frame, unit=unit, time="year", location=location, group=group)


def relative(value, reference):
    return abs(value - reference) / max(abs(reference), 1e-12)
