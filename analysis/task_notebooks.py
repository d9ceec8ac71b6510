"""Notebooks executed into self-contained pages, and the readme of the reports."""

from pathlib import Path
from typing import Annotated

from pipeline_paths import PROCESSED, REPORTS, ROOT, SOURCES
from pytask import Product, task

from yrdecon.study.notebooks import execute_notebook

PANEL = PROCESSED / "panel_yrd.csv"
PAIRS = ROOT / "analysis" / "jiangsu_pairs.csv"
GROWTH = [
    REPORTS / "tables" / f"growth_{name}_{lang}.docx"
    for name in ("stepwise", "groups", "dynamic", "spatial")
    for lang in ("en", "zh")
]
README = ROOT / "analysis" / "reports_readme.md"

for name in ("01_data", "02_twinning", "03_estimators", "04_inference", "05_your_own_pairs"):

    @task(id=name)
    def task_notebook(
        notebook: Path = ROOT / "analysis" / f"{name}.ipynb",
        panel: Path = PANEL,
        pairs: Path = PAIRS,
        sources: list[Path] = SOURCES,
        produces: Annotated[Path, Product] = REPORTS / f"{name}.html",
    ) -> None:
        execute_notebook(notebook, produces)


@task(id="07_panel_regressions")
def task_panel_regressions(
    notebook: Path = ROOT / "analysis" / "07_panel_regressions.ipynb",
    panel: Path = PANEL,
    sources: list[Path] = SOURCES,
    tables: Annotated[list[Path], Product] = GROWTH,
    produces: Annotated[Path, Product] = REPORTS / "07_panel_regressions.html",
) -> None:
    execute_notebook(notebook, produces)


def task_readme(source: Path = README, produces: Annotated[Path, Product] = REPORTS / "README.md") -> None:
    produces.write_text(source.read_text(encoding="utf-8"), encoding="utf-8")
