"""Tidy tables of synthetic controls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.design import Design
from yrdecon.core.sample import Sample
from yrdecon.core.wide import wide_outcome
from yrdecon.estimators.synthetic.control_fit import CohortFit, Matched
from yrdecon.estimators.synthetic.control_options import Options

FloatArray = NDArray[np.float64]


def synthetic_frames(
    sample: Sample, design: Design, fits: list[CohortFit], shares: FloatArray, options: Options
) -> Mapping[str, pd.DataFrame]:
    """Return the frames that `synthetic_control` describes.

    Parameters
    ----------
    shares
        Share of each cohort in the effect.
    options
        What is matched decides which frames there are.
    """
    y, excluded = wide_outcome(sample), np.isin(sample.periods, design.exclude_periods)
    paths = [_period_table(fit, sample, excluded) for fit in fits]
    frames = {
        "unit_weights": _joined(_unit_weights(sample, fits)),
        "path": _joined(_paths(y, fits, paths)),
        "counterfactual": _joined(_counterfactual(y, fits, paths)),
        "cohorts": _joined(_cohorts(fits, shares)),
        "fit": _joined(_quality(y, fits)),
    }
    if options.match == "demeaned":
        frames["time_weights"] = _joined(_time_weights(sample, fits))
    if fits[0].matched is not None:
        frames["predictor_weights"] = _joined(_predictor_weights(fits))
        frames["predictor_balance"] = _joined(_predictor_balance(fits))
    return MappingProxyType(frames)


def _joined(tables: Iterator[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat(list(tables), ignore_index=True)


def _unit_weights(sample: Sample, fits: list[CohortFit]) -> Iterator[pd.DataFrame]:
    for fit in fits:
        donors = fit.paths.donors
        for label, weights in zip(fit.paths.labels, fit.weights[:, donors], strict=True):
            yield pd.DataFrame(
                {"cohort": fit.paths.date, "treated_unit": label, "unit": sample.units[donors], "weight": weights}
            )


def _period_table(fit: CohortFit, sample: Sample, excluded: NDArray[np.bool_]) -> pd.DataFrame:
    date, periods = fit.paths.date, sample.periods
    return pd.DataFrame({"cohort": date, "time": periods, "event_time": periods - date, "excluded": excluded})


def _paths(y: FloatArray, fits: list[CohortFit], periods: list[pd.DataFrame]) -> Iterator[pd.DataFrame]:
    for fit, table in zip(fits, periods, strict=True):
        yield _with_outcomes(table, (fit.paths.treated @ y).mean(axis=0), fit.gaps.mean(axis=0))


def _counterfactual(y: FloatArray, fits: list[CohortFit], periods: list[pd.DataFrame]) -> Iterator[pd.DataFrame]:
    for fit, table in zip(fits, periods, strict=True):
        for label, observed, gap in zip(fit.paths.labels, fit.paths.treated @ y, fit.gaps, strict=True):
            yield _with_outcomes(table.assign(unit=label), observed, gap)


def _with_outcomes(table: pd.DataFrame, observed: FloatArray, gap: FloatArray) -> pd.DataFrame:
    return table.assign(observed=observed, counterfactual=observed - gap, effect=gap)


def _cohorts(fits: list[CohortFit], shares: FloatArray) -> Iterator[pd.DataFrame]:
    for fit, share in zip(fits, shares, strict=True):
        post = fit.paths.windows.post
        counts = {"n_treated": [len(fit.paths.own)], "n_periods": [int(post.sum())]}
        yield pd.DataFrame({"cohort": fit.paths.date, "effect": fit.gaps[:, post].mean(), "share": share, **counts})


def _quality(y: FloatArray, fits: list[CohortFit]) -> Iterator[pd.DataFrame]:
    for fit in fits:
        windows = fit.paths.windows
        before = np.sqrt((fit.gaps[:, windows.fit] ** 2).mean(axis=1))
        after = np.sqrt((fit.gaps[:, windows.post] ** 2).mean(axis=1))
        yield pd.DataFrame(
            {
                "cohort": fit.paths.date,
                "unit": fit.paths.labels,
                "rmspe_before": before,
                "rmspe_after": after,
                "ratio": np.divide(after, before, out=np.full(len(before), np.inf), where=before > 0),
                "effective_donors": 1 / (fit.weights**2).sum(axis=1),
                "sd_outcome": (fit.paths.treated @ y)[:, windows.fit].std(axis=1, ddof=1),
            }
        )


def _time_weights(sample: Sample, fits: list[CohortFit]) -> Iterator[pd.DataFrame]:
    for fit in fits:
        base = fit.paths.windows.base
        yield pd.DataFrame({"cohort": fit.paths.date, "time": sample.periods, "weight": base / base.sum()})


def _predictor_weights(fits: list[CohortFit]) -> Iterator[pd.DataFrame]:
    for fit, matched in _with_predictors(fits):
        for label, importance, scale in zip(fit.paths.labels, matched.importance, matched.scale, strict=True):
            names = {"cohort": fit.paths.date, "unit": label, "predictor": matched.table.labels}
            yield pd.DataFrame({**names, "weight": importance, "scale": scale})


def _predictor_balance(fits: list[CohortFit]) -> Iterator[pd.DataFrame]:
    for fit, matched in _with_predictors(fits):
        values = matched.table.values
        for label, followed, weights in zip(fit.paths.labels, fit.paths.treated, fit.weights, strict=True):
            names = {"cohort": fit.paths.date, "unit": label, "predictor": matched.table.labels}
            means = {"actual": followed @ values, "synthetic": weights @ values}
            yield pd.DataFrame({**names, **means, "donor_mean": values[fit.paths.donors].mean(axis=0)})


def _with_predictors(fits: list[CohortFit]) -> Iterator[tuple[CohortFit, Matched]]:
    for fit in fits:
        if fit.matched is not None:
            yield fit, fit.matched
