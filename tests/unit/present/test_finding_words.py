"""What a yearbook's findings say, in Chinese."""

import re

import pandas as pd
import pytest

import yrdecon as yd
from yrdecon.clean.yearbook import FIGURE_COLUMNS
from yrdecon.present.sentences import phrase

LATIN = re.compile("[A-Za-z]{4,}")
PEOPLE = ("户籍人口", "", "", "全市", [100 + i for i in range(40)])
GAS = [1000 + 37 * i for i in range(40)]


def edition(*columns):
    names = ["荷泽市", "莱芜市", "某某市", *yd.city_table()["city_zh"]]
    rows = [
        ("2-1", "表", header, english, unit, scope, name, str(value), "Sheet1", f"{letter}{row}")
        for letter, (header, english, unit, scope, values) in zip("CDEFGHIJ", columns, strict=False)
        for row, (name, value) in enumerate(zip(names, values, strict=False), 7)
    ]
    return pd.DataFrame(rows, columns=list(FIGURE_COLUMNS), dtype="str")


@pytest.fixture
def found():
    """An edition with every defect that has a name."""
    before = edition(PEOPLE, ("供气总量", "", "吨", "市辖区", GAS), ("支出", "", "万元", "全市", GAS))
    imports = ("货物进口额", "Imports (100 000 yuan)", "万元", "全市", [*range(500, 538), "8 1", "mi"])
    exports = ("货物出口额", "", "万元", "市辖区", range(900, 940))
    phones = ("移动电话年末用户数", "", "万户", "全市", GAS)
    spending = ("支出", "", "万元", "全市", [v * 1000 for v in GAS])
    shares = ("第三产业比重", "", "%", "全市", [4139, *[20] * 39])
    now = edition(PEOPLE, imports, exports, phones, spending, shares, shares)
    now.loc[5, "city_as_printed"] = now.loc[4, "city_as_printed"]
    lost = edition(PEOPLE, ("支出", "", "万元", "全市", [GAS[0] * 10, *(v + 1 for v in GAS[1:])]))
    return pd.concat([yd.yearbook_findings(now, previous=before), yd.yearbook_findings(lost, previous=before)])


def test_every_kind_of_finding_and_its_cause_is_told_in_chinese(found):
    assert found["finding"].nunique() == 14
    for text in [*found["finding"], *found["cause"]]:
        assert phrase(text, "zh") != text
        assert not LATIN.search(phrase(text, "zh")), text
