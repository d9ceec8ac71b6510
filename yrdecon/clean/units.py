"""Units of measure as yearbooks print them."""

from __future__ import annotations

import re

MULTIPLES = {"": 1.0, "十": 10.0, "百": 100.0, "千": 1e3, "万": 1e4, "十万": 1e5, "百万": 1e6, "千万": 1e7, "亿": 1e8}
MONEY = ("元", "美元", "日元", "欧元", "港元")
PEOPLE = ("人", "人次", "户", "口")
OTHERS = (
    "吨",
    "吨标准煤",
    "公斤",
    "千克",
    "千瓦",
    "千瓦时",
    "度",
    "米",
    "公里",
    "平方米",
    "平方公里",
    "公顷",
    "亩",
    "立方米",
    "升",
    "个",
    "件",
    "项",
    "张",
    "所",
    "辆",
    "艘",
    "台",
    "部",
    "套",
    "册",
    "份",
    "家",
    "座",
    "条",
    "次",
    "天",
    "小时",
    "微克",
    "毫克",
    "吨公里",
    "人公里",
    "标准箱",
)
SHARES = ("%", "％", "‰", "上年=100", "上年＝100")

_ONE = rf"(?:十万|百万|千万|[十百千万亿])?(?:{'|'.join(sorted(MONEY + PEOPLE + OTHERS, key=len, reverse=True))})"
_UNIT = rf"(?:{_ONE}(?:/{_ONE})*|{'|'.join(SHARES)})"
UNIT = re.compile(_UNIT)
IN_PARENTHESES = re.compile(r"[(（\[【]\s*(?:单位\s*[:：]?)?\s*([^()（）\[\]【】]+?)\s*[)）\]】]")
AFTER_STROKE = re.compile(rf"[\u4e00-\u9fffA-Za-z)）]\s*[/／_]\s*({_UNIT})\s*$")
ALONE = re.compile(rf"\s*(?:[(（]\s*{_UNIT}\s*[)）]|单位\s*[:：]\s*{_UNIT}|{_UNIT})\s*")
STATED = re.compile(rf"单位\s*[:：]\s*({_UNIT})(?=$|[\s)）\]】])")
ENGLISH_MONEY = re.compile(
    r"[(（]\s*(?:rmb|usd)?\s*([\d\sO]+)\s*(?:yuan|usd|us dollars?|dollars?)\s*[)）]", re.IGNORECASE
)


def unit_in(header: str) -> str:
    """Return the unit in the last parentheses of a header that hold one, else after a final stroke; empty if none.

    Examples
    --------
    >>> unit_in("本外币贷款余额/亿元"), unit_in("碳排放量_吨")
    ('亿元', '吨')
    >>> unit_in("地区生产总值(当年价格) (万元)"), unit_in("执业(助理)医师数 (人)"), unit_in("第一产业（农林牧渔业）")
    ('万元', '人', '')
    """
    found = [text for text in IN_PARENTHESES.findall(header) if UNIT.fullmatch(text)]
    return found[-1] if found else "".join(AFTER_STROKE.findall(header))


def stated_unit(text: str) -> str:
    """Return the unit that a line above a table states for all of it; empty if none or several are stated.

    Examples
    --------
    >>> stated_unit("表1 生产总值 单位：万元"), stated_unit("单位：万元、人")
    ('万元', '')
    """
    found = STATED.findall(text)
    return found[0] if len(found) == 1 else ""


def without_stated_unit(text: str) -> str:
    """Remove the unit that a line above a table states.

    Examples
    --------
    >>> without_stated_unit("表1 生产总值（单位：万元）")
    '表1 生产总值'
    """
    return IN_PARENTHESES.sub("", STATED.sub("", IN_PARENTHESES.sub("", text))).strip()


def is_unit_alone(text: str) -> bool:
    """Tell whether a text is nothing but a unit.

    Examples
    --------
    >>> is_unit_alone("（微克/立方米）"), is_unit_alone("单位：万元"), is_unit_alone("发明（件）")
    (True, True, False)
    """
    return ALONE.fullmatch(text) is not None


def multiple_of(unit: str) -> float:
    """Return how many of the plain unit a printed unit is.

    Examples
    --------
    >>> multiple_of("亿元"), multiple_of("人"), multiple_of("%")
    (100000000.0, 1.0, 1.0)
    """
    return MULTIPLES[unit.removesuffix(_plain(unit))]


def conversion(printed: str, wanted: str) -> float | None:
    """Return the factor from one printed unit to another; None if the two measure different things.

    Examples
    --------
    >>> conversion("万元", "亿元"), conversion("人", "万人"), conversion("吨", "元")
    (0.0001, 0.0001, None)
    """
    if printed == wanted:
        return 1.0
    if not (UNIT.fullmatch(printed) and UNIT.fullmatch(wanted)) or _plain(printed) != _plain(wanted):
        return None
    return multiple_of(printed) / multiple_of(wanted)


def english_multiple(header: str) -> float | None:
    """Return how many yuan or dollars an English header states, the letter O read as the digit zero.

    Examples
    --------
    >>> english_multiple("Import Volume of Goods (10 OOOyuan)"), english_multiple("Total Profits")
    (10000.0, None)
    """
    found = ENGLISH_MONEY.search(header)
    digits = re.sub(r"\D", "", found[1].replace("O", "0")) if found else ""
    return float(digits) if digits else None


def _plain(unit: str) -> str:
    for prefix in sorted(MULTIPLES, key=len, reverse=True):
        if unit.startswith(prefix) and UNIT.fullmatch(unit.removeprefix(prefix)):
            return unit.removeprefix(prefix)
    return unit
