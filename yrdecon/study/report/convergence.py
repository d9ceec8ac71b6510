"""The part of the report that describes whether incomes draw together."""

from __future__ import annotations

import numpy as np

from yrdecon.present.blocks import Block, Heading, TableBlock
from yrdecon.present.numbers import DASH
from yrdecon.present.words import Lang, word
from yrdecon.study.material import income_column
from yrdecon.study.report.texts import number, outcome_name, percent, report_table
from yrdecon.study.run import Study


def convergence_section(study: Study, lang: Lang) -> tuple[Block, ...]:
    """Return dispersion by year, and the regression of growth on the first level; nothing without an income."""
    frames = study.found["convergence"].frames
    if not {"sigma", "beta"} <= set(frames):
        return ()
    sigma, beta = frames["sigma"], frames["beta"].iloc[0]
    columns = {
        "report_sd_all": [number(x) for x in sigma["sd_all"]],
        "report_sd_treated": [number(x) for x in sigma["sd_treated"]],
        "report_mean_gap": [number(x) for x in sigma["gap"]],
        "report_filled": [percent(x) for x in sigma["filled"]],
    }
    note = word("report_convergence_note", lang).format(
        outcome=outcome_name(income_column(study.material), lang),
        n=int(beta["n_units"]),
        first=int(beta["first"]),
        last=int(beta["last"]),
        slope=f"{beta['slope']:.4f}",
        r2=f"{beta['r_squared']:.2f}",
        speed=percent(beta["speed"]) if np.isfinite(beta["speed"]) else DASH,
    )
    table = report_table("report_convergence_table", sigma["time"].astype(str).tolist(), columns, lang, note)
    return (Heading(word("report_convergence", lang), anchor="convergence"), TableBlock(table))
