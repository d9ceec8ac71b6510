"""Every reference case is either run or excused in words."""

import re
from pathlib import Path

from golden.cases import OWN

HERE = Path(__file__).parent
NOT_YET = {
    r"^(drdid|dcdh|staggered)_": "these estimators are not built yet",
    r"^cs_(rcs|staggered_unbalanced)$": "repeated cross-sections and unbalanced panels are not built yet",
    r"^(fect|synth|scqp|augsynth|dose|ddd|es_ddd)(_|$)": (
        "other counterfactual estimators, dose and triple differences are not built yet"
    ),
    r"^(wcb|cr2|conley|ferman|hagemann|cwz|mackinnon|alvarez|few_treated)_": (
        "few-treated inference beyond permutation is not built yet"
    ),
    r"^(honestdid|pretrends|qap|dyadic|spatial_tests)": "sensitivity, dyadic and spatial inference are not built yet",
    r"^(plm|pgmm|splm|spatial_ml|ppml|gravity)": "panel, dynamic, spatial and count regressions are not built yet",
    r"^twfe_nonabsorbing$": "a treatment that switches off has no cohort; it is a panel regression, not built yet",
}


def test_every_shipped_case_is_run_or_excused():
    run = "".join(p.read_text(encoding="utf-8") for p in HERE.glob("test_*.py") if p.name != "test_coverage.py")
    names = sorted(p.stem for p in (OWN / "cases").glob("*.json"))
    assert len(names) > 80
    open_cases = [n for n in names if f'"{n}"' not in run and not any(re.match(p, n) for p in NOT_YET)]
    assert open_cases == []


def test_no_excuse_covers_a_case_that_is_run():
    run = "".join(p.read_text(encoding="utf-8") for p in HERE.glob("test_*.py") if p.name != "test_coverage.py")
    names = [p.stem for p in (OWN / "cases").glob("*.json")]
    assert [n for n in names if f'"{n}"' in run and any(re.match(p, n) for p in NOT_YET)] == []
