"""The declared study with its graded report."""

from pathlib import Path
from typing import Annotated

from pipeline_paths import PROCESSED, REPORTS, ROOT, SOURCES
from pytask import Product

import yrdecon as yd

PLAN = ROOT / "analysis" / "plan.toml"
PANELS = [PROCESSED / "panel_yrd.csv", PROCESSED / "panel_national.csv"]
FOLDER = REPORTS / "study"
WRITTEN = [FOLDER / f"report_{lang}.{kind}" for lang in ("en", "zh") for kind in ("html", "docx", "pdf", "md")]


def task_study(
    plan: Path = PLAN,
    panels: list[Path] = PANELS,
    sources: list[Path] = SOURCES,
    produces: Annotated[list[Path], Product] = WRITTEN,
) -> None:
    yd.write_report(yd.run_study(plan, output=produces[0].parent))
