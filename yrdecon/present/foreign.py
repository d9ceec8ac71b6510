"""Models of statsmodels, linearmodels and pyfixest, read through maketables."""

from __future__ import annotations

from typing import Any

import numpy as np

from yrdecon.core.extras import require
from yrdecon.errors import DesignError
from yrdecon.present.fit import Fit, Term

UNIT_NAMES = ("unit", "entity", "city_code", "city", "id")
TIME_NAMES = ("time", "year", "period")
CONSTANTS = ("Intercept", "const", "_cons")


def foreign_fit(model: Any) -> Fit:
    """Read a fitted model of another library.

    Dummies of categories are shown as fixed effects. pyfixest's error clustered by one of two or more absorbed
    effects varies between runs and is withheld.

    Raises
    ------
    DesignError
        If maketables cannot read the model.
    """
    extractors = require("maketables.extractors", "tables")
    try:
        extractor = extractors.get_extractor(model)
    except TypeError as error:
        raise DesignError(f"{type(model).__name__} is no fitted model that a table can show") from error
    table = extractor.coef_table(model)
    library = next(c.__module__ for c in type(model).__mro__).split(".")[0]
    dummies = [str(name) for name in table.index if str(name).startswith("C(")]
    effects = (*_absorbed(extractor.fixef_string(model)), *_dummied(dummies))
    cluster = _cluster(model, library)
    names = tuple(dict.fromkeys(_plain_name(e) for e in effects))
    shown = table.drop(index=dummies)
    if library == "pyfixest" and len(names) > 1 and cluster is not None and _plain_name(cluster) in names:
        shown = shown.assign(se=np.nan, t=np.nan, p=np.nan, ci95l=np.nan, ci95u=np.nan)
    return Fit(
        terms=tuple(_term(str(name), row) for name, row in shown.iterrows()),
        outcome=_outcome(model, extractor),
        method=type(getattr(model, "model", model)).__name__,
        effects=names,
        cluster=cluster,
        errors=str(extractor.vcov_info(model).get("vcov_type") or "unnamed"),
        library=library,
        n_obs=int(extractor.stat(model, "N")),
        n_covariates=0,
        r_squared=_r_squared(model, extractor, library),
        within_r_squared=_within_r_squared(model, extractor, library) if names else None,
    )


def _term(name: str, row: Any) -> Term:
    key = "effect" if name in ("treated", "att") else "constant" if name in CONSTANTS else f"variable:{name}"
    statistic = row["t"] if "t" in row else row["b"] / row["se"]
    ends = (float(row.get("ci95l", np.nan)), float(row.get("ci95u", np.nan)))
    return Term(key, float(row["b"]), float(row["se"]), float(statistic), float(row["p"]), *ends)


def _r_squared(model: Any, extractor: Any, library: str) -> float | None:
    """Return R2 with the fixed effects; linearmodels calls it inclusive."""
    inclusive = getattr(model, "rsquared_inclusive", None) if library == "linearmodels" else None
    return _known(extractor.stat(model, "r2") if inclusive is None else inclusive)


def _within_r_squared(model: Any, extractor: Any, library: str) -> float | None:
    """Return R2 of what all fixed effects leave; the one that linearmodels calls within leaves period effects out."""
    if library == "linearmodels" and hasattr(model, "rsquared_inclusive"):
        return _known(model.rsquared)
    return _known(extractor.stat(model, "r2_within")) if library == "pyfixest" else None


def _known(value: Any) -> float | None:
    return None if value is None or not np.isfinite(value) else float(value)


def _absorbed(words: str | None) -> list[str]:
    return [part.strip() for part in words.split("+")] if words else []


def _dummied(terms: list[str]) -> list[str]:
    """Return ``city`` for ``C(city)[T.b]``; an interaction of dummies is one effect, ``a^b``."""
    return ["^".join(part[2 : part.index(")")] for part in term.split(":") if part.startswith("C(")) for term in terms]


def _plain_name(effect: str) -> str:
    name = effect.removesuffix("Effects").lower() if effect.endswith("Effects") else effect
    if name in UNIT_NAMES:
        return "unit"
    return "time" if name in TIME_NAMES else name


def _cluster(model: Any, library: str) -> str | None:
    named = getattr(model, "_clustervar", None) if library == "pyfixest" else None
    return str(named[0]) if named else None


def _outcome(model: Any, extractor: Any) -> str:
    return str(extractor.depvar(model) or getattr(getattr(model, "model", None), "endog_names", "") or "y")
