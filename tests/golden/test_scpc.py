"""Spatial correlation principal components, against a port of the authors' program."""

import numpy as np
import pytest

import yrdecon as yd
from golden.cases import OWN, own_panel, relative, results
from yrdecon.places.coordinates import EARTH_RADIUS_KM

# the program bisects the decay to .001 of its unit, which moves errors and p-values in the seventh digit; it bisects
# critical values to .001, ending above, and intervals with them
DECAY, CRITICAL = 5e-6, 5e-4
CASE = results(OWN, "scpc_twinning")["results"]


@pytest.mark.parametrize("base", ["all", "2021"])
@pytest.mark.parametrize("correlation", [0.03, 0.1, 0.2, 0.5])
def test_components_error_p_value_and_interval_equal_the_port_of_the_authors_program(base, correlation):
    rows = {r["version"]: r for r in CASE if r["base"] == base and r["avc"] == correlation}
    panel = own_panel("sim_twinning", "city_code", cohort="g", location=("lon", "lat"))
    design = yd.Design("y", base_periods=None if base == "all" else (2021,))
    test = yd.scpc(panel, design, average_correlation=correlation)
    line = test.frames["by_correlation"].set_index("average_correlation").loc[correlation]
    models = test.frames["models"].set_index("model")
    # the model of the shocks themselves, which the program does not have, is never the worst here
    for version, model, p_value in (
        ("conditional", "signed", test.p_value),
        ("unconditional", "scores", models.loc["scores", "p_value"]),
    ):
        row = rows[version]
        assert line["components"] == row["q"]
        assert relative(test.estimate, row["estimate"]) < 1e-9
        assert relative(line["std_error"], row["se"]) < DECAY
        assert relative(test.statistic, row["t"]) < DECAY
        assert relative(p_value, row["p"]) < DECAY
        half = models.loc[model, "critical_value"] * line["std_error"]
        assert 0 < (row["ci_high"] - row["ci_low"]) / 2 - half < CRITICAL * half
        assert 0 < row["cv_unconditional"] - models.loc["scores", "critical_value"] < CRITICAL * row["cv_unconditional"]
    # the interval reported is that of the conditional version
    assert test.conf_high - test.estimate == pytest.approx(models.loc["signed", "critical_value"] * line["std_error"])
    # the program measures distances in circumferences of the earth
    assert relative(line["range_km"] * rows["conditional"]["c0"], 2 * np.pi * EARTH_RADIUS_KM) < DECAY
