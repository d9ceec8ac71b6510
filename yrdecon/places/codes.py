"""Cities and districts by their six-digit code."""

from __future__ import annotations

from functools import lru_cache

import pandas as pd

from yrdecon.core.resources import data_path

PROVINCES_EN = {
    "北京市": "Beijing",
    "天津市": "Tianjin",
    "河北省": "Hebei",
    "山西省": "Shanxi",
    "内蒙古自治区": "Inner Mongolia",
    "辽宁省": "Liaoning",
    "吉林省": "Jilin",
    "黑龙江省": "Heilongjiang",
    "上海市": "Shanghai",
    "江苏省": "Jiangsu",
    "浙江省": "Zhejiang",
    "安徽省": "Anhui",
    "福建省": "Fujian",
    "江西省": "Jiangxi",
    "山东省": "Shandong",
    "河南省": "Henan",
    "湖北省": "Hubei",
    "湖南省": "Hunan",
    "广东省": "Guangdong",
    "广西壮族自治区": "Guangxi",
    "海南省": "Hainan",
    "重庆市": "Chongqing",
    "四川省": "Sichuan",
    "贵州省": "Guizhou",
    "云南省": "Yunnan",
    "西藏自治区": "Tibet",
    "陕西省": "Shaanxi",
    "甘肃省": "Gansu",
    "青海省": "Qinghai",
    "宁夏回族自治区": "Ningxia",
    "新疆维吾尔自治区": "Xinjiang",
}


def city_table() -> pd.DataFrame:
    """Return the 337 prefecture-level units, one row each.

    Columns are city_code (six digits, text), city_zh, city_en (two cities of one romanized name carry their
    province), province, province_en, lon and lat of the seat in degrees (missing for 那曲市), in_yrd.

    Examples
    --------
    >>> cities = city_table().set_index("city_code")
    >>> cities.loc["341300", "city_en"], cities.loc["320500", "city_en"]
    ('Suzhou (Anhui)', 'Suzhou (Jiangsu)')
    """
    return _cities().copy()


def district_table() -> pd.DataFrame:
    """Return the districts and counties of the Yangtze River Delta: code, name_zh, city_code, lon, lat.

    Examples
    --------
    >>> district_table().set_index("district_code").loc["310112", "name_zh"]
    '闵行区'
    """
    raw = pd.read_csv(
        data_path("raw/places/yrd_districts.csv"), dtype={"code": "str", "cityCode": "str"}, encoding="utf-8-sig"
    )
    municipal = raw["cityCode"].str.slice(0, 4).replace({"3101": "3100"})
    return pd.DataFrame(
        {
            "district_code": raw["code"],
            "name_zh": raw["name"],
            "city_code": municipal + "00",
            "lon": raw["lon"],
            "lat": raw["lat"],
        }
    )


@lru_cache(maxsize=1)
def _cities() -> pd.DataFrame:
    raw = pd.read_csv(data_path("raw/places/cities.csv"), dtype={"city_code": "str"}, encoding="utf-8-sig")
    province_en = raw["province_zh"].map(PROVINCES_EN)
    name = raw["name_en_yearbook"].fillna(raw["pinyin_auto"]).str.strip()
    repeated = name.duplicated(keep=False)
    return pd.DataFrame(
        {
            "city_code": raw["city_code"],
            "city_zh": raw["city_zh"],
            "city_en": name.where(~repeated, name + " (" + province_en + ")"),
            "province": raw["province_zh"],
            "province_en": province_en,
            "lon": raw["lon_seat"],
            "lat": raw["lat_seat"],
            "in_yrd": raw["is_yrd41"].astype(bool),
        }
    )
