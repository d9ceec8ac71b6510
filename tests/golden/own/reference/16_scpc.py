"""Spatial correlation principal components of sim_twinning by scpc-python (MIT), a port of the authors' Stata program.

    python 16_scpc.py        # needs scpc-python (github.com/spatial-spur/scpc-python, commit 60e6f4e), statsmodels, pandas
"""
import json, os
import pandas as pd
import statsmodels.formula.api as smf
from scpc import scpc

OWN = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
d = pd.read_csv(os.path.join(OWN, "datasets", "sim_twinning.csv"), dtype={"city_code": str})
rows = []
for base in ("all", "2021"):
    before = d.year < 2022 if base == "all" else d.year == 2021
    y = d[d.year >= 2022].groupby("city_code").y.mean() - d[before].groupby("city_code").y.mean()
    c = d.groupby("city_code")[["lon", "lat", "treat"]].first().assign(change=y).reset_index()
    fit = smf.ols("change ~ treat", c).fit()
    for avc in (.03, .1, .2, .5):
        both = {u: scpc(fit, c, lon="lon", lat="lat", avc=avc, uncond=u) for u in (False, True)}
        for u, r in both.items():
            v = [float(x) for x in r.scpcstats[1]]
            rows.append(dict(term="treat", base=base, avc=avc, version="unconditional" if u else "conditional", q=int(r.q), c0=float(r.c0), cv_unconditional=float(r.cv),
                             estimate=v[0], se=v[1], t=v[2], p=v[3], ci_low=v[4], ci_high=v[5]))
case = dict(case="scpc_twinning", dataset="sim_twinning", estimator="C-SCPC and SCPC t-test of the change on treatment (Mueller and Watson 2022, 2023)",
            prep="change = mean of y over 2022-2023 less mean over the base years, one row per city", call='scpc(smf.ols("change ~ treat", cities).fit(), cities, lon="lon", lat="lat", avc=avc, uncond=version == "unconditional")',
            package="scpc-python 60e6f4e", options=[], tolerance="estimate rel 1e-9; se, t, p rel 5e-6 (the decay is bisected to .001 of its unit); cv and interval rel 5e-4, from above (cv is bisected to .001)", results=rows)
with open(os.path.join(OWN, "cases", "scpc_twinning.json"), "w", encoding="utf-8") as f:
    json.dump(case, f, indent=1)
