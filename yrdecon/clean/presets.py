"""The headers by which the layouts of common sources are recognized."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from yrdecon.clean.grid import bare

PRESETS = Path(__file__).parent / "presets.toml"
AFTER_HEADER = re.compile(r"[(（\[【].*")


@dataclass(frozen=True)
class Preset:
    """Header names of one layout, as `presets.toml` lists them; the source where the headers prove it."""

    source: str
    marks: tuple[str, ...]
    unit: tuple[str, ...]
    time: tuple[str, ...]
    indicator: tuple[str, ...] = ()
    measure: tuple[str, ...] = ()
    value: tuple[str, ...] = ()


def preset_of(headers: Sequence[str]) -> Preset | None:
    """Return the layout a row of headers has; None if no column of units is among them.

    Examples
    --------
    >>> preset_of(["Ctnm", "Sgnyea", "Gdp01"]).source, preset_of(["地区", "指标", "单位", "2010"]).measure[0]
    ('CSMAR', '单位')
    >>> preset_of(["GDP", "2010"]) is None
    True
    """
    keys = {header_key(h) for h in headers} | {bare(h).lower() for h in headers}
    fitting = [preset for preset in _presets() if keys & set(preset.unit)]
    marked = [preset for preset in fitting if keys & set(preset.marks)]
    tidy = [preset for preset in fitting if keys & set(preset.indicator)]
    timed = [preset for preset in fitting if keys & set(preset.time)]
    return next(iter([*marked, *(replace(preset, source="") for preset in [*tidy, *timed, *fitting])]), None)


def time_headers(preset: Preset | None) -> tuple[str, ...]:
    """Return the headers of periods, those of a source first, then all others."""
    return tuple(dict.fromkeys([*(preset.time if preset else ()), *(h for other in _presets() for h in other.time)]))


def header_key(header: str) -> str:
    """Return a header without white space, case and what stands in parentheses after it.

    Examples
    --------
    >>> header_key("City Name (in Chinese)"), header_key("(市)")
    ('cityname', '(市)')
    """
    plain = bare(header).lower()
    return AFTER_HEADER.sub("", plain) or plain


@lru_cache(maxsize=1)
def _presets() -> tuple[Preset, ...]:
    with PRESETS.open("rb") as handle:
        entries = tomllib.load(handle)
    return tuple(
        Preset(entry.get("source", ""), *(tuple(entry.get(key, ())) for key in list(Preset.__dataclass_fields__)[1:]))
        for entry in entries.values()
    )
