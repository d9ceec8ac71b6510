"""The data that the references for few treated units share, and the random numbers that they describe."""

import numpy as np

import yrdecon as yd
from golden.cases import OWN, own_panel, results
from yrdecon.core.hypothesis import TIE

RECIPIENTS = "8 recipients"
DATA = ["sim_twinning|y", "sim_twinning|y2", "yrd_frozen|ln_rgdp"]


def simulated():
    return own_panel("sim_twinning", "city_code", cohort="g", location=("lon", "lat"), group="province")


def load(data):
    """Return panel and outcome of a reference; the real figures take their coordinates from the simulated ones."""
    dataset, outcome = data.split("|")
    panel = simulated()
    if dataset == "sim_twinning":
        return panel, outcome
    real = own_panel("yrd_frozen", "city_code", cohort="g_twin")
    seats = panel.frame.groupby("city_code")[["lon", "lat"]].first()
    frame = real.frame.join(seats, on="city_code")
    return yd.Panel.from_frame(frame, unit="city_code", time="year", location=("lon", "lat"), group="province"), outcome


def only(panel, cities):
    """Treat some recipients alone and leave the others out of the pool."""
    code, recipient = panel.frame["city_code"], np.isfinite(panel.frame["cohort"])
    chosen = recipient if cities == RECIPIENTS else code.isin(cities.split("+"))
    return panel.assign(pool=chosen | ~recipient, cohort=np.where(chosen, 2022.0, np.inf))


def linear_congruential(seed, n, count):
    """Positions below n from the generator that the reference describes."""
    state, found = seed, np.empty(count, dtype=np.int64)
    for i in range(count):
        state = (1664525 * state + 1013904223) % 2**32
        found[i] = int(state / 2**32 * n)
    return found


def rows_of(name, data, **labels):
    return [r for r in results(OWN, name)["results"] if r["data"] == data and labels.items() <= r.items()]


def share(draws, estimate):
    return np.mean(np.abs(draws) >= abs(estimate) * (1 - TIE))
