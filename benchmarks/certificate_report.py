"""The report of the certificate, written from its CSV files alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from benchmarks.bands import BANDS, Finding, check_bands
from benchmarks.certificate_figures import cells_figure, power_figure, size_figure
from benchmarks.certificate_tables import (
    bands_table,
    cells_table,
    coverage_table,
    default_by_theta,
    grades_table,
    methods_by_theta,
    null,
    percent,
    power_table,
    runs_table,
)
from benchmarks.grades import CALIBRATION_DRAWS
from benchmarks.methods import BLOCKS, DEFAULT
from benchmarks.processes import CONTRAST_SD
from yrdecon.core.atomic import write_atomically
from yrdecon.present.figure import save_figure
from yrdecon.present.words import Lang

REPORTS = Path(__file__).resolve().parent.parent / "reports"
PARTS = ("sizes", "hard", "synthetic", "spatial", "coverage", "grades", "runs")
FIGURES = {"size": size_figure, "cells": cells_figure, "power": power_figure}
LANGUAGES: tuple[Lang, ...] = ("en", "zh")
MOST_LISTED = 12
INTRODUCTION = """# The certificate

How often does each test reject when nothing happened, and when something did? Outcomes are simulated on the real
coordinates of the 41 cities of the Yangtze River Delta (or of all cities), 14 years, treated from 2022, base 2020 and
2021 left out unless said otherwise, and every test is the one the library offers: the vectorized form used here gives
the library's own p-values, which `tests/certificate` asserts test by test. Random assignments, signs and samples number
999 here, new ones for every 200 panels, also where the library would enumerate more than 2,000 choices of units.

Rates are percentages of panels with p at most .05, and .10 after the slash. The Monte Carlo error of a rate of 5% is
{error} percentage points with {draws:,} draws. All processes have the scale of the real panel: the changes from 2020 to
2022-23 vary by {sd} log points over cities, as the same contrast did at eight earlier dates. "levels" are first-order
autoregressions of the level, "growth" of its yearly growth, which the real panel prefers by a wide margin; shocks of
two cities correlate by exp(-distance / range). "province" is the standard deviation of shocks shared in a province,
"gradient" the variance of a linear trend along a random direction of the map, both relative to a city's own shocks.

Run it again with `make certificate`, or one part with `python -m benchmarks.certificate PART`; `python -m
benchmarks.certificate report` writes this page from the tables `reports/certificate_*.csv`. It takes too long to be a
part of `yrdecon reproduce`.
"""
READING = """Read this way:

- **{default}** is `permutation_test(twfe, ...)` with nothing else said: `Assignment("auto")`, which takes half-shrunk
  nearest-neighbor blocks for the actual eight cities. It is placebo-in-space whose size is shown by simulation, here.
- A threshold above 5% is not calibrated: at the 10% level the same test rejects up to {ten}% for the actual eight.
- In the country, where the treated lie in one province and ten disjoint blocks have room, the default takes blocks
  inside provinces: blocks that straddle provinces average shocks of several, so that the treated set varies more than
  they do. In the tables "blocks, half-shrunk" straddle; compare the two under province shocks. The same size holds on
  average over places of the country, not at each one: a block at the edge of the map varies more than one inside.
- Neighbors that adopt at several dates are compared with blocks that carry the dates with them. In the delta at most
  three such blocks of twelve are disjoint, so that a rank is read and no p-value, whatever the size.
- Methods for independent clusters are honest about cities that are independent, and about nothing else.
- A rate at the edge of its band may lie outside by chance. A band "does not hold" if a cell lies outside by more than
  two Monte Carlo errors. The cells in which the default comes closest to 6% were run again with new random numbers and
  {hard:,} draws; both runs are listed.
"""
CONSEQUENCES = {
    "default, actual eight, 30 clean cities: nearest-neighbor blocks, half-shrunk": "under a steep gradient p at most "
    ".05 means about 6%; read the rank of the actual block, and no grade above inconclusive without `calibrate`",
    "default, actual eight, 239 cities: nearest-neighbor blocks, half-shrunk": "read the p-value as if it were this "
    "much larger, and run `calibrate`",
    "default, another block of eight in the country": "the same for blocks elsewhere in the national pool",
    "default, several groups relocated": "read the p-value of relocated groups as if it were this much larger",
    "default, scattered or random: RI-t within strata, shared shocks": "scattered cities are protected by their "
    "provinces only in part: with shocks or trends that cross provinces p-values below .05 come too often; a set that "
    "is neither compact nor scattered is the hard case",
    "default, scattered or random: RI-t within strata, independent cities": "few treated cities of uneven variance "
    "cost this much",
    "default, one treated, equal variances": "the p-value of a single city is approximate by this much",
    "default, one treated, variance by size": "the rank of a single small city among larger ones means little; "
    "`ferman_pinto` rejects less often, and still too often",
    "default, staggered, scattered, independent cities": "shuffled cohorts are approximate by this much",
    "default, staggered, scattered, shared shocks": "cohorts are shuffled over all cities, so that scattered ones are "
    "not protected from shocks that cities share",
    "default, staggered, neighbors: blocks that carry the dates, half-shrunk": "read the p-value as if it were this "
    "much larger",
    "default, staggered, groups of neighbors: relocated with their dates": "read the p-value as if it were this much "
    "larger",
    "Ferman-Pinto, one treated of any size, independent": "variances estimated from eight earlier dates are too rough "
    "to hold 3 to 7% for a single unit of unusual size",
    "SDID, half-shrunk blocks": "as for the default",
    "spatial model, largest p over likely ranges": "it never outranks a permutation test: a trend along a gradient, "
    "which its model lacks, makes it reject this often",
    "conformal at the 10% level": "thirteen shifts of correlated gaps are a rough reference; a diagnostic for single "
    "pairs only",
}
RULE = """The rule is that of the study plan, as far as it can be computed here. **Strong**: p at most .05 for synthetic
difference-in-differences with half-shrunk blocks among the 30 clean cities, a positive sign there and in the national
pool with synthetic difference-in-differences, in all four estimators (difference in differences, synthetic
difference-in-differences, matrix completion, demeaned synthetic control), and in the difference in differences without
any one city. **Suggestive**: p at most {threshold}, the largest one that rejects at most 10% under a gradient
(growth .6, 225 km), and a positive sign in three of four pools (clean, Anhui, Huaihe belt, nation). **Contrary**: as
strong, with the opposite sign. Left out, and each can only lower a grade: the breakdown value of the honest bounds, the
check by `calibrate`, and the limit on fewer than ten disjoint sets, which alone makes every grade here inconclusive
without it. "No effect" needs an interval within .01, which these data cannot give. {draws} simulated countries per
process; the Monte Carlo error of a share of 50% is {error} percentage points. The threshold rests on {calibration}
draws under one gradient and estimator: the plain difference in differences rejects up to {ten}% at the 10% level
among the clean cities under a gradient."""
COVERAGE = """The library's own 95% intervals around an effect of .04, the actual eight among the 41 cities. An interval
of the default is infinite where too few placebo sets are left behind by any effect, because they share cities with the
treated set: it covers as it should, and says little in these panels."""
NOT_COVERED = """Not certified here: tests of parallel trends, dyadic tests, the bias of two-way fixed effects under
staggered adoption and effects that vary, matched national pools, borders instead of coordinates, unbalanced panels,
covariates."""


@dataclass(frozen=True, eq=False)
class Tables:
    """The CSV files of the certificate."""

    sizes: pd.DataFrame
    hard: pd.DataFrame
    synthetic: pd.DataFrame
    spatial: pd.DataFrame
    coverage: pd.DataFrame
    grades: pd.DataFrame
    runs: pd.DataFrame

    @property
    def rates(self) -> pd.DataFrame:
        """All rejection rates."""
        return pd.concat([self.sizes, self.hard, self.synthetic, self.spatial], ignore_index=True)


def write_report(folder: Path = REPORTS) -> None:
    """Write ``certificate.md`` and its figures."""
    tables = read_tables(folder)
    write_atomically(folder / "certificate.md", report_text(tables))
    for lang in LANGUAGES:
        for name, draw in FIGURES.items():
            save_figure(draw(tables.sizes, lang), folder / "figures" / f"certificate_{name}_{lang}")


def read_tables(folder: Path = REPORTS) -> Tables:
    """Read what the certificate wrote."""
    return Tables(*(pd.read_csv(folder / f"certificate_{part}.csv", dtype={"base": "str"}) for part in PARTS))


def report_text(tables: Tables) -> str:
    """Return the report."""
    findings = check_bands(tables.rates)
    parts = [_introduction(tables), _verdicts(findings), *_size_sections(tables), *_other_sections(tables)]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _figure_line(name: str, tables: Tables) -> str:
    """Return a figure with what its description says, for those who cannot see it."""
    return f"![{FIGURES[name](tables.sizes, 'en').alt}](figures/certificate_{name}_en.svg)"


def _introduction(tables: Tables) -> str:
    draws = int(tables.sizes["draws"].max())
    error = f"{100 * (0.05 * 0.95 / draws) ** 0.5:.2f}"
    rows = null(tables.rates).query("method == @DEFAULT and treated == 'actual eight'")
    hard = int(tables.hard["draws"].max())
    first = INTRODUCTION.format(error=error, draws=draws, sd=f"{CONTRAST_SD:.3f}".lstrip("0"))
    return first + "\n" + READING.format(default=DEFAULT, ten=percent(float(rows["rate_10"].max())), hard=hard)


def _verdicts(findings: Sequence[Finding]) -> str:
    missing = len(BANDS) - len(findings)
    unheld = [found for found in findings if found.verdict != "holds"]
    lines = [
        "## What must hold, and what must fail",
        bands_table(findings),
        "## What does not hold, and what follows",
    ]
    lines += [_exception(found) for found in unheld] or ["Every band holds in every cell."]
    lines += [f"{missing} bands were not run."] if missing else []
    return "\n\n".join(lines)


def _exception(found: Finding) -> str:
    band = found.band
    lines = [
        f"**{band.name}** ({found.verdict}): {percent(found.lowest)} to {percent(found.highest)}% over "
        f"{found.n_cells} cells, the band is {percent(band.low)} to {percent(band.high)}%. Consequence: "
        f"{CONSEQUENCES.get(band.name, 'none is drawn yet')}."
    ]
    shown = found.outside[:MOST_LISTED]
    lines += [f"- {o.cell}: {100 * o.rate:.1f}% (Monte Carlo error {100 * o.error:.1f})" for o in shown]
    hidden = len(found.outside) - len(shown)
    return "\n".join([lines[0], "", *lines[1:], *([f"- and {hidden} more, closer to the band"] if hidden else [])])


def _size_sections(tables: Tables) -> list[str]:
    sizes = tables.sizes
    compared = (
        DEFAULT,
        BLOCKS,
        "blocks, raw",
        "CRV1",
        "CR2+BM",
        "WCR",
        "RI-beta",
        "RI-t",
        "Ferman-Pinto",
    )
    single = (DEFAULT, "CRV1", "CR2+BM", "CV3", "WCR", "WCU", "RI-beta", "Conley-Taber", "Ferman-Pinto", "Hagemann")
    actual = "growth with coefficient .6, the process that the real panel prefers"
    return [
        "## The actual eight cities",
        f"### {actual}, 41 cities",
        _figure_line("size", tables),
        methods_by_theta(sizes, "growth 0.6", "in_yrd"),
        "### Levels with coefficient .8, 41 cities",
        methods_by_theta(sizes, "levels 0.8", "in_yrd"),
        f"### {actual}, the 30 clean cities of the headline",
        methods_by_theta(sizes, "growth 0.6", "in_yrd_clean"),
        "### The default by persistence and base",
        "Base 2020, 41 cities:",
        default_by_theta(sizes, "2020", "in_yrd"),
        "Base 2020, the 30 clean cities:",
        default_by_theta(sizes, "2020", "in_yrd_clean"),
        "Base 2018-20, 41 cities:",
        default_by_theta(sizes, "2018-20", "in_yrd"),
        "Base: the mean of 2010-20, 41 cities:",
        default_by_theta(sizes, "mean", "in_yrd"),
        "### Shared shocks, trends, tails, uneven variances",
        cells_table(sizes, "section == 'shared'", compared),
        _figure_line("cells", tables),
        "### The hardest cells again",
        cells_table(tables.hard, "section == 'hard'", (DEFAULT,)),
        '## Other treated cities: every branch of `Assignment("auto")`',
        "Where the treated are scattered, blocks are shown for comparison only; they are not what the library takes.",
        cells_table(sizes, "section == 'others'", compared),
        "### One, two, four treated",
        cells_table(sizes, "section == 'few'", single),
        "### Staggered adoption",
        cells_table(sizes, "section == 'staggered'", (DEFAULT,)),
        "### The national pool",
        cells_table(sizes, "section == 'national'", compared),
    ]


def _other_sections(tables: Tables) -> list[str]:
    tested = "section in ('range', 'bases') and theta_km in (0, 225, 650)"
    threshold = f"{float(tables.grades['suggestive_threshold'].iloc[0]):.3g}"
    draws = int(tables.grades["draws"].iloc[0])
    gradient = tables.hard[(tables.hard["pool"] == "in_yrd_clean") & tables.hard["process"].str.contains("gradient")]
    rule = RULE.format(
        threshold=threshold,
        draws=draws,
        error=f"{50 / draws**0.5:.1f}",
        calibration=CALIBRATION_DRAWS,
        ten=percent(float(gradient["rate_10"].max())),
    )
    return [
        "## Synthetic difference-in-differences and the spatial model",
        cells_table(tables.rates, "section == 'slow'", ("SDID, blocks", "spatial model")),
        "## Power",
        "The default for the actual eight cities; a test that rejects a true null far too often has no power to speak "
        "of and is not shown.",
        _figure_line("power", tables),
        power_table(tables.sizes, tested, (DEFAULT,)),
        "Synthetic difference-in-differences with half-shrunk blocks:",
        power_table(tables.synthetic, "section == 'slow'", ("SDID, blocks",)),
        "## Coverage of intervals by inversion",
        COVERAGE,
        coverage_table(tables.coverage),
        "## The evidence grade",
        rule,
        grades_table(tables.grades),
        "## What is not covered",
        NOT_COVERED,
        "## How it was run",
        "On two cores shared with other work; seconds by the clock on the wall.",
        runs_table(tables.runs),
    ]
