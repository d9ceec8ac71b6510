"""Labels of the growth regressions, and their tables as Word files in both languages."""

from collections.abc import Mapping, Sequence

from pipeline_paths import REPORTS

import yrdecon as yd

LABELS = {
    "en": {
        "ln_fdi": "Log foreign investment",
        "fiscal_share_pct": "Budget expenditure in GDP (%)",
        "loans_share_pct": "Loans in GDP (%)",
        "students_share_pct": "Students among residents (%)",
    },
    "zh": {
        "ln_fdi": "实际使用外资（对数）",
        "fiscal_share_pct": "财政支出占GDP比重（%）",
        "loans_share_pct": "贷款余额占GDP比重（%）",
        "students_share_pct": "在校大学生占常住人口比重（%）",
    },
}
Headings = Mapping[str, Mapping[str, Sequence[str]]]


def fixed(panel: yd.Panel, regressors: Sequence[str], effects: str = "city_code + year", vcov: str = "cluster"):
    """Regress log real GDP with fixed effects."""
    return yd.panel_regression(panel, f"ln_real_gdp ~ {' + '.join(regressors)} | {effects}", vcov=vcov)


def write(panel: yd.Panel, models: Mapping[str, yd.Estimate], chinese: Sequence[str], name: str, headings: Headings):
    """Write a table in both languages, and return the English one."""
    tables = {}
    for lang, titles in (("zh", chinese), ("en", list(models))):
        layout = yd.Layout(panel=panel, groups=headings.get(lang, {}), stars="none")
        titled = dict(zip(titles, models.values(), strict=True))
        tables[lang] = yd.regression_table(titled, lang=lang, journal="管理世界", labels=LABELS[lang], layout=layout)
        tables[lang].to_word(REPORTS / "tables" / f"growth_{name}_{lang}.docx")
    return tables["en"]
