"""Tables and figures of the twinning study, in English and Chinese."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

from pipeline_paths import PROCESSED, REPORTS, SEED, SOURCES
from pytask import Product

import yrdecon as yd

LANGUAGES = ("en", "zh")
PANEL = PROCESSED / "panel_yrd.csv"
TABLES = [
    REPORTS / "tables" / f"{name}_{lang}.{kind}"
    for name in ("main", "pairs", "summary")
    for lang in LANGUAGES
    for kind in ("docx", "tex", "html", "md")
]
FIGURES = [
    REPORTS / "figures" / f"{name}_{lang}.{kind}"
    for name in ("event_study", "placebo", "trends")
    for lang in LANGUAGES
    for kind in ("svg", "png", "csv", "txt")
]
CAPTIONS = {
    "main": {"en": "Table 1. Twinning and real GDP", "zh": "表1　结对帮扶与实际GDP"},
    "pairs": {"en": "Table 2. The eight pairs", "zh": "表2　八对结对城市"},
    "summary": {"en": "Table 3. Summary statistics, 2010-2023", "zh": "表3　描述性统计（2010—2023年）"},
}
SUMMARIZED = ["ln_real_gdp", "real_growth_pct", "gdp_100m_yuan", "gdp_pc_yuan", "population_resident_10k"]


def task_tables(
    panel: Path = PANEL, sources: list[Path] = SOURCES, produces: Annotated[list[Path], Product] = TABLES
) -> None:
    twinned = yd.load_twinning()
    variants = yd.twinning_variants()
    columns = {
        "DiD, clean": (yd.twfe, "headline: base 2020, clean pool"),
        "SDID, clean": (yd.synthetic_did, "headline: base 2020, clean pool"),
        "SDID, all 41": (yd.synthetic_did, "pool: all 41 cities"),
        "DiD, Anhui": (yd.twfe, "pool: Anhui alone"),
    }
    models = {name: estimator(twinned, variants[variant]) for name, (estimator, variant) in columns.items()}
    tests = {
        name: yd.permutation_test(estimator, twinned, variants[variant], seed=SEED)
        for name, (estimator, variant) in columns.items()
    }
    for lang in LANGUAGES:
        tables = {
            "main": yd.regression_table(models, tests=tests, lang=lang, journal="管理世界"),
            "pairs": yd.pairs_table(yd.load_registry(), lang=lang),
            "summary": yd.summary_table(twinned, SUMMARIZED, lang=lang),
        }
        for name, table in tables.items():
            stem = produces[0].parent / f"{name}_{lang}"
            titled = replace(table, caption=CAPTIONS[name][lang])
            titled.to_word(stem.with_suffix(".docx"))
            titled.to_latex(stem.with_suffix(".tex"))
            titled.to_html(stem.with_suffix(".html"))
            titled.to_markdown(stem.with_suffix(".md"))


def task_figures(
    panel: Path = PANEL, sources: list[Path] = SOURCES, produces: Annotated[list[Path], Product] = FIGURES
) -> None:
    twinned, design = yd.load_twinning(), yd.twinning_design()
    test = yd.permutation_test(yd.synthetic_did, twinned, design, seed=SEED)
    dynamic = yd.event_study(twinned, design)
    for lang in LANGUAGES:
        folder = produces[0].parent
        yd.save_figure(yd.plot_event_study(dynamic, lang=lang), folder / f"event_study_{lang}")
        yd.save_figure(yd.plot_placebo(test, lang=lang), folder / f"placebo_{lang}")
        yd.save_figure(yd.plot_trends(twinned, design, lang=lang), folder / f"trends_{lang}")
