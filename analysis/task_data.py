"""Raw figures to the harmonized panel."""

from pathlib import Path
from typing import Annotated

from pipeline_paths import PROCESSED, RAW, ROOT, SOURCES
from pytask import Product

from yrdecon import build_panel

FILES = ("panel_yrd.csv", "panel_national.csv", "variables.csv", "audit.csv", "province_gdp.csv", "manifest.csv")
PRODUCTS = [PROCESSED / name for name in FILES]


def task_panel(
    raw: list[Path] = RAW, sources: list[Path] = SOURCES, produces: Annotated[list[Path], Product] = PRODUCTS
) -> None:
    build_panel(ROOT / "data" / "raw", produces[0].parent)
