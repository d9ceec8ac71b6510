import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from toy_study import write_toy_study

import yrdecon as yd

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared():
    folder = Path(os.environ.get("YRDECON_SHARED", ROOT.parent / "shared"))
    if not (folder / "golden").is_dir():
        pytest.skip("the public reference data are not on this machine (set YRDECON_SHARED)")
    return folder


@pytest.fixture(scope="session")
def twinned():
    return yd.load_twinning()


@pytest.fixture(scope="session")
def registry():
    return yd.load_registry()


def make_toy(n_units=12, n_periods=8, n_treated=3, first=6, effect=1.0, seed=0):
    """Synthetic panel with unit and time effects, an AR(1) error and a constant effect."""
    generator = np.random.default_rng(seed)
    error = np.zeros((n_units, n_periods))
    shocks = generator.normal(size=(n_units, n_periods))
    for t in range(n_periods):
        error[:, t] = 0.5 * error[:, t - 1] * (t > 0) + shocks[:, t]
    y = generator.normal(size=(n_units, 1)) + generator.normal(size=(1, n_periods)) + error
    treated = np.arange(n_units) < n_treated
    y += effect * treated[:, None] * (np.arange(n_periods) + 1 >= first)
    unit, time = np.meshgrid(np.arange(n_units), np.arange(n_periods), indexing="ij")
    frame = pd.DataFrame(
        {
            "unit": [f"u{i:02d}" for i in unit.ravel()],
            "time": time.ravel() + 1,
            "y": y.ravel(),
            "cohort": np.where(treated[unit.ravel()], float(first), np.inf),
            "lon": 110 + unit.ravel() * 0.7,
            "lat": 30 + (unit.ravel() % 3) * 0.5,
            "group": np.where(unit.ravel() % 2, "odd", "even"),
            "x": generator.normal(size=n_units * n_periods),
            "w": np.repeat(generator.uniform(1, 2, n_units), n_periods),
        }
    )
    return yd.Panel.from_frame(frame, unit="unit", time="time", location=("lon", "lat"), group="group")


@pytest.fixture
def toy():
    return make_toy()


@pytest.fixture
def study_folder(tmp_path):
    """A folder with the plan, panel and pairs of a small synthetic study."""
    return write_toy_study(tmp_path)
