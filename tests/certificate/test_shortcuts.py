"""The vectorized tests of the certificate give the library's own p-values."""

import numpy as np
import pytest

import yrdecon as yd
from benchmarks.collapsed import collapse, with_effect
from benchmarks.methods import BLOCKS, DEFAULT, DRAWS, applicable_tests
from benchmarks.processes import CONTRAST_SD, Process, simulate
from benchmarks.settings import make_setting, make_staggered, pool_cities, with_outcome
from yrdecon.kernels.changes import placebo_changes

SEED = 7
EIGHT = tuple(pool_cities("in_yrd").query("actual").index)
GROUPS = ("340800", "341000", "341700", "341200", "341300", "341600")
SETTINGS = {
    "actual eight, base 2020": make_setting(EIGHT),
    "actual eight, base 2018-20": make_setting(EIGHT, "2018-20", "in_yrd_clean"),
    "actual eight, mean base": make_setting(EIGHT, "mean"),
    "two groups": make_setting(GROUPS),
    "two scattered": make_setting(("330300", "340500")),
    "one": make_setting(("340300",)),
}


def library(name, panel, design):
    """Return the p-value that the public function gives for the test of this name."""
    permuted = {
        DEFAULT: (None, "auto"),
        BLOCKS: ("contiguous", "half"),
        "blocks, raw": ("contiguous", "none"),
        "RI-beta": ("free", "none"),
        "RI-t": ("free", "cluster"),
    }
    if name in permuted:
        kind, studentize = permuted[name]
        assignment = None if kind is None else yd.Assignment(kind)
        return yd.permutation_test(
            yd.twfe, panel, design, assignment, draws=DRAWS, seed=SEED, studentize=studentize
        ).p_value
    if name in ("WCR", "WCU"):
        return yd.wild_cluster_bootstrap(
            yd.twfe(panel, design), null_imposed=name == "WCR", draws=DRAWS, seed=SEED
        ).p_value
    if name in ("CRV1", "CR2+BM", "CV3"):
        kind = {"CRV1": "CR1", "CR2+BM": "CR2", "CV3": "CV3"}[name]
        return yd.cluster_robust(yd.twfe(panel, design), "unit", kind=kind).tidy()["p_value"].iloc[0]
    if name == "conformal":
        return yd.conformal(panel, yd.Design("y", exclude_periods=(2021,)), seed=SEED).p_value
    return {
        "Conley-Taber": lambda: yd.conley_taber(panel, design, seed=SEED),
        "Ferman-Pinto": lambda: yd.ferman_pinto(panel, design, seed=SEED, draws=DRAWS),
        "sign change": lambda: yd.sign_change(panel, design, seed=SEED),
    }[name]().p_value


def simulated(setting, draws=3, effect=0.02):
    y = simulate(Process("growth", 0.6, 225, province=0.5), setting, draws, np.random.default_rng(SEED))
    return with_effect(collapse(setting, y), effect)


@pytest.mark.parametrize("label", SETTINGS)
def test_every_shortcut_gives_the_p_value_of_the_library(label):
    setting = SETTINGS[label]
    panels = simulated(setting)
    for name, test in applicable_tests(panels).items():
        if name == "Hagemann":  # the shortcut only says at which level it rejects; compared below
            continue
        expected = library(name, with_outcome(setting, panels.y[1]), setting.design)
        assert test(panels, SEED)[1] == pytest.approx(expected, rel=1e-9), name


def test_the_decision_of_the_rearrangement_test_is_that_of_the_library():
    setting = SETTINGS["one"]
    panels = simulated(setting, draws=12, effect=0.09)
    found = applicable_tests(panels)["Hagemann"](panels, SEED)
    assert len(set(found)) > 1
    for p_value, y in zip(found, panels.y, strict=True):
        for level in (0.05, 0.10):
            sides = yd.hagemann(with_outcome(setting, y), setting.design, level=1 - level).frames["sides"]
            assert bool(sides["rejects"].any()) == (p_value <= level)


def test_the_staggered_shortcut_gives_the_p_value_of_the_library():
    setting = make_staggered(tuple((city, 2016 if i < 4 else 2020) for i, city in enumerate(EIGHT)))
    panels = simulated(setting, effect=0.05)
    test = yd.permutation_test(yd.twfe, with_outcome(setting, panels.y[1]), setting.design, draws=DRAWS, seed=SEED)
    assert applicable_tests(panels)[DEFAULT](panels, SEED)[1] == pytest.approx(test.p_value, rel=1e-9)
    assert "several adoption dates" in test.notes[0]


@pytest.mark.parametrize(
    "process",
    [
        Process("levels", 0.95, 375),
        Process("growth", 0.6, 150, province=1.0),
        Process("levels", 0.6, 0, uneven=True),
        Process("levels", 0.6, 0, factor=1.0),
        Process("levels", 0.8, 0, gradient=1.0),
    ],
    ids=str,
)
def test_every_process_has_the_scale_of_the_real_panel_before_treatment(process):
    setting = SETTINGS["actual eight, base 2020"]
    y = simulate(process, setting, 4_000, np.random.default_rng(3))
    variance = collapse(setting, y).change.var(axis=1, ddof=1)
    assert variance.mean() == pytest.approx(CONTRAST_SD**2, abs=4 * variance.std() / 4_000**0.5)


def test_the_scale_is_that_of_the_real_panel_before_treatment():
    frame = yd.load_twinning().frame
    y = frame.pivot(index="city_code", columns="year", values="ln_real_gdp").to_numpy()
    years = np.arange(2010, 2024)
    earlier = placebo_changes(y, years <= 2020, years >= 2022, years == 2020)
    assert np.sqrt(earlier.var(axis=0, ddof=1).mean()) == pytest.approx(CONTRAST_SD, abs=5e-4)
