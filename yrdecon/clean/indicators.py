"""Which printed indicator is which variable, and in what unit."""

from __future__ import annotations

import re

PARENTHESES = re.compile(r"[(（][^)）]*[)）]|\s+")

TEN_THOUSAND_YUAN = 1e-4
AS_PRINTED = 1.0

YEARBOOK: dict[str, tuple[str, float]] = {
    "年末户籍人口": ("population_registered_10k", AS_PRINTED),
    "户籍人口": ("population_registered_10k", AS_PRINTED),
    "常住人口": ("population_resident_10k", AS_PRINTED),
    "城镇常住人口": ("population_urban_10k", AS_PRINTED),
    "常住人口城镇化率": ("urbanization_pct", AS_PRINTED),
    "行政区域土地面积": ("land_area_km2", AS_PRINTED),
    "地区生产总值": ("gdp_100m_yuan", AS_PRINTED),
    "人均地区生产总值": ("gdp_pc_published_yuan", AS_PRINTED),
    "地区生产总值增长率": ("real_growth_pct", AS_PRINTED),
    "第一产业占GDP的比重": ("share_primary_pct", AS_PRINTED),
    "第二产业占GDP的比重": ("share_secondary_pct", AS_PRINTED),
    "第三产业占GDP的比重": ("share_tertiary_pct", AS_PRINTED),
    "第一产业占地区生产总值的比重": ("share_primary_pct", AS_PRINTED),
    "第二产业占地区生产总值的比重": ("share_secondary_pct", AS_PRINTED),
    "第三产业占地区生产总值的比重": ("share_tertiary_pct", AS_PRINTED),
    "地方一般公共预算收入": ("fiscal_revenue_100m_yuan", TEN_THOUSAND_YUAN),
    "地方本级一般公共预算收入": ("fiscal_revenue_100m_yuan", TEN_THOUSAND_YUAN),
    "地方一般公共预算支出": ("fiscal_expenditure_100m_yuan", TEN_THOUSAND_YUAN),
    "科学技术支出": ("science_expenditure_100m_yuan", TEN_THOUSAND_YUAN),
    "教育支出": ("education_expenditure_100m_yuan", TEN_THOUSAND_YUAN),
    "社会消费品零售总额": ("retail_sales_100m_yuan", TEN_THOUSAND_YUAN),
    "年末金融机构人民币各项存款余额": ("deposits_100m_yuan", TEN_THOUSAND_YUAN),
    "年末金融机构人民币各项贷款余额": ("loans_100m_yuan", TEN_THOUSAND_YUAN),
    "货物出口额": ("exports_100m_yuan", TEN_THOUSAND_YUAN),
    "货物进口额": ("imports_100m_yuan", TEN_THOUSAND_YUAN),
    "当年实际使用外资金额": ("fdi_10k_usd", AS_PRINTED),
    "房地产开发投资完成额": ("real_estate_investment_100m_yuan", TEN_THOUSAND_YUAN),
    "专利授权数": ("patents_granted", AS_PRINTED),
    "发明": ("invention_patents_granted", AS_PRINTED),
    "R&D人员": ("rd_personnel", AS_PRINTED),
    "R&D内部经费支出": ("rd_expenditure_100m_yuan", TEN_THOUSAND_YUAN),
    "城镇单位从业人员期末人数": ("employment_urban_units", AS_PRINTED),
    "城镇非私营单位从业人员期末人数": ("employment_urban_units", AS_PRINTED),
    "职工平均工资": ("average_wage_yuan", AS_PRINTED),
    "在岗职工平均工资": ("average_wage_yuan", AS_PRINTED),
    "城镇非私营单位在岗职工平均工资": ("average_wage_yuan", AS_PRINTED),
    "境内公路总里程": ("road_km", AS_PRINTED),
    "高速公路里程": ("expressway_km", AS_PRINTED),
    "医院床位数": ("hospital_beds", AS_PRINTED),
    "执业医师数": ("doctors", AS_PRINTED),
    "普通本专科": ("college_students", AS_PRINTED),
    "普通、职业本专科": ("college_students", AS_PRINTED),
    "移动电话年末用户数": ("mobile_subscribers_10k", AS_PRINTED),
    "细颗粒物年平均浓度": ("pm25_ugm3", AS_PRINTED),
    "工业二氧化硫排放量": ("industrial_so2_tonnes", AS_PRINTED),
}

HISTORY: dict[str, tuple[str, float]] = {
    "地区生产总值": ("gdp_100m_yuan", TEN_THOUSAND_YUAN),
    "第二产业占GDP的比重": ("share_secondary_pct", AS_PRINTED),
    "第三产业占GDP的比重": ("share_tertiary_pct", AS_PRINTED),
    "地方一般公共预算收入": ("fiscal_revenue_100m_yuan", TEN_THOUSAND_YUAN),
    "地方一般公共预算支出": ("fiscal_expenditure_100m_yuan", TEN_THOUSAND_YUAN),
    "科学技术支出": ("science_expenditure_100m_yuan", TEN_THOUSAND_YUAN),
    "教育支出": ("education_expenditure_100m_yuan", TEN_THOUSAND_YUAN),
    "社会消费品零售总额": ("retail_sales_100m_yuan", TEN_THOUSAND_YUAN),
    "当年实际使用外资金额": ("fdi_10k_usd", AS_PRINTED),
    "固定资产投资": ("fixed_investment_100m_yuan", TEN_THOUSAND_YUAN),
    "房地产开发投资完成额": ("real_estate_investment_100m_yuan", TEN_THOUSAND_YUAN),
    "年末金融机构存款余额": ("deposits_100m_yuan", TEN_THOUSAND_YUAN),
    "年末金融机构各项贷款余额": ("loans_100m_yuan", TEN_THOUSAND_YUAN),
    "年末户籍人口": ("population_registered_10k", AS_PRINTED),
    "普通本专科在校学生数": ("college_students", AS_PRINTED),
    "移动电话年末用户数": ("mobile_subscribers_10k", AS_PRINTED),
    "工业二氧化硫排放量": ("industrial_so2_tonnes", AS_PRINTED),
}

GDP_IN_TEN_THOUSAND_YUAN = (2019,)
VOID = {2022: ("mobile_subscribers_10k",)}
VOID_REASON = "table 2-32 of this edition holds the gas table of the year before"


def indicator_name(printed: str) -> str:
    """Strip white space and everything in parentheses from a printed indicator."""
    return PARENTHESES.sub("", printed)


def unit_factor(edition: int, variable: str, factor: float) -> float:
    """Return the factor to the unit in the variable's name; the edition of 2019 prints GDP in 万元."""
    return TEN_THOUSAND_YUAN if variable == "gdp_100m_yuan" and edition in GDP_IN_TEN_THOUSAND_YUAN else factor
