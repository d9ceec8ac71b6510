"""Tables with the same columns, one below the other as panels."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from yrdecon.errors import DesignError
from yrdecon.present.table import Table
from yrdecon.present.table_content import TableLang
from yrdecon.present.words import LANGUAGES, word


def stack_tables(panels: Mapping[str, Table]) -> Table:
    """Stack tables under their titles; the header stands once.

    A spanning label that differs between the tables, as the outcome does, moves from the header into the title of its
    panel. Sentences that hold for every panel are said once, others after the title of theirs.

    Raises
    ------
    DesignError
        If there is no table, the columns differ, or the languages do.

    Examples
    --------
    >>> one = Table(pd.DataFrame({"(1)": ["0.1"]}, index=["Effect"]), (), "", "en")
    >>> [row[0] for row in stack_tables({"Panel A. Near": one, "Panel B. Far": one}).rows]
    ['Panel A. Near', 'Effect', 'Panel B. Far', 'Effect']
    """
    tables = list(panels.values())
    if not tables:
        raise DesignError('there is no table to stack; pass a mapping such as {"Panel A. Growth": table}')
    _fail_if_tables_do_not_match(panels)
    depth = tables[0].body.columns.nlevels
    differing = [
        level
        for level in range(depth - 1)
        if any(_level(table, level) != _level(tables[0], level) for table in tables[1:])
    ]
    rows: list[list[str]] = []
    titles = []
    for title, table in panels.items():
        titles += [len(rows), *(len(rows) + 1 + row for row in table.titles)]
        rows += [[_title(title, table, differing), *[""] * table.body.shape[1]], *table.rows]
    body = pd.DataFrame([row[1:] for row in rows], index=[row[0] for row in rows], dtype="str")
    body.columns = tables[0].body.columns.droplevel(differing) if differing else tables[0].body.columns
    return Table(body, _notes(panels, tables[0].lang), tables[0].caption, tables[0].lang, tuple(titles))


def _level(table: Table, level: int) -> list[str]:
    return [str(label) for label in table.body.columns.get_level_values(level)]


def _title(title: str, table: Table, differing: list[int]) -> str:
    """Return the title with the one label that the columns of this panel share."""
    shared = [set(_level(table, level)) for level in differing]
    labels = [label.replace("\n", " ") for names in shared if len(names) == 1 for label in names if label]
    added = [label for label in labels if label not in title]
    return (": " if table.lang == "en" else "：").join([title, *added])


def _notes(panels: Mapping[str, Table], lang: TableLang) -> tuple[str, ...]:
    starts = [word("note", one) for one in LANGUAGES[lang]]
    return tuple(sentence for start in starts for sentence in _in_one_language(panels, start))


def _in_one_language(panels: Mapping[str, Table], start: str) -> list[str]:
    """Return the sentences that all panels share, then the others, each after the first words of its title."""
    said = {
        title: [
            sentence.removeprefix(start)
            for group in table.notes_by_language
            if table.lang != "both" or group[0].startswith(start)
            for sentence in group
        ]
        for title, table in panels.items()
    }
    shared = [s for s in next(iter(said.values())) if all(s in others for others in said.values())]
    colon = "：" if start.endswith("：") else ": "
    own = [
        title.split(". ")[0] + colon + sentence
        for title, sentences in said.items()
        for sentence in sentences
        if sentence not in shared
    ]
    sentences = [*shared, *own]
    return [start + sentences[0], *sentences[1:]] if sentences else []


def _fail_if_tables_do_not_match(panels: Mapping[str, Table]) -> None:
    first, *others = panels.values()
    for title, table in list(panels.items())[1:]:
        if _level(table, -1) != _level(first, -1) or table.body.columns.nlevels != first.body.columns.nlevels:
            raise DesignError(
                f"the columns of {title!r} are {_level(table, -1)} and those of the first panel {_level(first, -1)}; "
                "stack tables with the same columns"
            )
    if len({table.lang for table in (first, *others)}) > 1:
        raise DesignError("the panels are in different languages; build them with the same lang")
