import numpy as np
import pytest
from conftest import make_toy

import yrdecon as yd
from yrdecon.inference.reduction import cluster_codes, fit_by_cluster
from yrdecon.kernels.clustered import adjusted_scores, heteroskedastic_covariance, leverage

DESIGNS = {
    "plain": {},
    "covariates and weights": {"covariates": ("x",), "weights": "w"},
    "trends by group": {"effects": ("group[time]",), "weights": "w"},
    "trends by unit": {"effects": ("unit[time]",)},
    "group by year": {"effects": ("group^time",), "covariates": ("x",)},
}


def dense_regression(panel, design):
    """The whole regression with explicit dummies, rows times root weights: regressor first."""
    frame = panel.frame
    columns = [(frame["time"] >= frame["cohort"]).to_numpy(float)]
    for name in ("unit", "time"):
        columns += list((frame[name].to_numpy()[:, None] == np.unique(frame[name])).astype(float).T)
    for effect in design.effects:
        levels = frame["group"].to_numpy()[:, None] == ["even", "odd"]
        if effect == "unit[time]":
            levels = frame["unit"].to_numpy()[:, None] == np.unique(frame["unit"])
        if effect == "group^time":
            levels = np.einsum("ng,nt->ngt", levels, frame["time"].to_numpy()[:, None] == np.unique(frame["time"]))
            columns += list(levels.reshape(len(frame), -1).astype(float).T)
        else:
            columns += list((levels * frame["time"].to_numpy()[:, None]).astype(float).T)
    columns += [frame[name].to_numpy() for name in design.covariates]
    root = np.sqrt(frame[design.weights]) if design.weights else np.ones(len(frame))
    return np.asarray(root)[:, None] * np.column_stack(columns), np.asarray(root * frame["y"])


def inverse_power(matrix, power):
    values, vectors = np.linalg.eigh(matrix)
    kept = values > 1e-9
    return (vectors[:, kept] * values[kept] ** -power) @ vectors[:, kept].T


@pytest.mark.parametrize("name", DESIGNS)
@pytest.mark.parametrize("by", ["unit", "group", "time"])
@pytest.mark.parametrize("exponent", [0.0, 0.5, 1.0])
def test_scores_and_degrees_of_freedom_equal_those_of_explicit_dummies(name, by, exponent):
    panel = make_toy(n_treated=6, seed=4)
    design = yd.Design("y", **DESIGNS[name])
    x, y = dense_regression(panel, design)
    estimate = yd.twfe(panel, design)
    codes = cluster_codes(estimate, by)
    found = adjusted_scores(fit_by_cluster(estimate, codes), exponent)
    bread = np.linalg.pinv(x.T @ x)
    annihilator = np.eye(len(y)) - x @ bread @ x.T
    residuals = annihilator @ y
    scores, shadows = [], []
    for g in range(codes.max() + 1):
        rows = np.flatnonzero(codes == g)
        adjusted = inverse_power(annihilator[np.ix_(rows, rows)], exponent) if exponent else np.eye(len(rows))
        weight = adjusted @ (x[rows] @ bread[0])
        scores.append(weight @ residuals[rows])
        shadows.append(annihilator[:, rows] @ weight)
    gram = np.array(shadows) @ np.array(shadows).T
    assert found.scores[:, 0] == pytest.approx(scores, rel=1e-8, abs=1e-11)
    if found.identified[0]:
        assert found.dof[0] == pytest.approx(np.trace(gram) ** 2 / (gram**2).sum(), rel=1e-7)


@pytest.mark.parametrize("name", DESIGNS)
def test_row_wise_leverage_and_covariance_equal_those_of_explicit_dummies(name):
    panel = make_toy(n_treated=6, seed=4)
    design = yd.Design("y", **DESIGNS[name])
    x, y = dense_regression(panel, design)
    estimate = yd.twfe(panel, design)
    fit = fit_by_cluster(estimate, np.arange(len(y)))
    bread = np.linalg.pinv(x.T @ x)
    hat = np.diag(x @ bread @ x.T)
    assert leverage(fit) == pytest.approx(hat, abs=1e-10)
    residuals = y - x @ bread @ x.T @ y
    hc3 = ((x @ bread[0]) ** 2 * residuals**2 / (1 - hat) ** 2).sum()
    assert heteroskedastic_covariance(fit, 2.0)[0, 0] == pytest.approx(hc3, rel=1e-8)


def test_the_jackknife_equals_refitting_without_each_cluster():
    panel = make_toy(n_treated=6, seed=2)
    design = yd.Design("y", covariates=("x",), weights="w")
    estimate = yd.twfe(panel, design)
    codes = cluster_codes(estimate, "unit")
    found = adjusted_scores(fit_by_cluster(estimate, codes), 1.0)
    for g, unit in enumerate(panel.units):
        rest = yd.Panel.from_frame(panel.frame[panel.frame["unit"] != unit], unit="unit", time="time")
        assert estimate.coef[0] - found.scores[g, 0] == pytest.approx(yd.twfe(rest, design).coef[0], abs=1e-11)
