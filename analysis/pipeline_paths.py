"""Where the tasks read and write."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OUTPUT = Path(os.environ.get("YRDECON_OUTPUT", ROOT))
REPORTS = OUTPUT / "reports"
PROCESSED = OUTPUT / "data" / "processed"
SOURCES = sorted([*ROOT.glob("yrdecon/**/*.py"), *ROOT.glob("yrdecon/**/*.toml")])
RAW = sorted(p for p in (ROOT / "data" / "raw").rglob("*.csv"))
SEED = 20211208
