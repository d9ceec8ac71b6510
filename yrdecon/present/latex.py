r"""Tables in LaTeX: booktabs rules, columns of numbers aligned by siunitx, notes of threeparttable."""

from __future__ import annotations

import re

from yrdecon.present.table_content import TableContent, unnumbered
from yrdecon.present.widths import column_widths, font_size, letters

SPECIAL = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": "$<$",
    ">": "$>$",
    "—": "---",
    "–": "--",
    "∞": r"$\infty$",
    "−": "$-$",
    "×": r"$\times$",
    "²": r"\textsuperscript{2}",
}
NEEDS = "% needs booktabs, threeparttable, siunitx, makecell and adjustbox; Chinese needs xelatex with ctex"
NUMBER = re.compile(r"(\(?)([-−]?[\d,]*\d\.\d+)(\)?)(\**)")
TEXT_CM = 16.0
SIZES = {10.0: r"\normalsize", 9.0: r"\small", 8.0: r"\footnotesize", 7.0: r"\scriptsize"}


def latex_text(table: TableContent) -> str:
    """Return a table with three rules; with a caption it floats, and LaTeX numbers it, not the caption."""
    size = font_size(table, TEXT_CM, tuple(SIZES))
    widths = column_widths(table, TEXT_CM, size)
    room = [int(width / (0.0172 * size)) for width in widths]
    kinds = [_kind(column) for column in zip(*table.rows, strict=True)]
    tabular = [
        rf"\begin{{tabular}}{{@{{}}{_preamble(table, kinds, widths, room)}@{{}}}}",
        r"\toprule",
        *_header(table, kinds, room),
        r"\midrule",
        *_body(table, kinds, room),
        r"\bottomrule",
        r"\end{tabular}",
    ]
    notes = [r"\item " + _escape(paragraph) for paragraph in table.paragraphs]
    inside = [
        r"\begin{adjustbox}{max width=\linewidth}",
        r"\begin{threeparttable}",
        SIZES[size] + r"\setlength{\tabcolsep}{4pt}",
        *tabular,
        *([r"\begin{tablenotes}[flushleft]\footnotesize", *notes, r"\end{tablenotes}"] if notes else []),
        r"\end{threeparttable}",
        r"\end{adjustbox}",
    ]
    if table.caption:
        caption = rf"\caption{{{_escape(unnumbered(table.caption))}}}"
        inside = [r"\begin{table}[htbp]", r"\centering", caption, *inside, r"\end{table}"]
    return "\n".join([NEEDS, *inside]) + "\n"


def _kind(column: tuple[str, ...]) -> str:
    """Return the siunitx format of a column that holds a decimal number, empty for one of text."""
    found = [match for match in map(NUMBER.fullmatch, column) if match]
    if not found:
        return ""
    whole, decimals = zip(*(match[2].lstrip("-−").split(".") for match in found), strict=True)
    minus = "-" if any(match[2][0] in "-−" for match in found) else ""
    digits = max(len(part.replace(",", "")) for part in whole)
    options = [f"table-format={minus}{digits}.{max(map(len, decimals))}"]
    options += ["table-space-text-pre={(}", "table-align-text-pre=false"] if any(match[1] for match in found) else []
    after = max((match[3] + match[4] for match in found), key=len)
    options += [f"table-space-text-post={{{after}}}", "table-align-text-post=false"] if after else []
    if any("," in part for part in whole):
        options += ["input-ignore={,}", "input-decimal-markers={.}", "group-digits=integer", "group-separator={,}"]
        options += ["group-minimum-digits=4"]
    return f"S[{', '.join(options)}]"


def _preamble(table: TableContent, kinds: list[str], widths: list[float], room: list[int]) -> str:
    """Return the column types: numbers aligned, long text in lines, short text centered."""
    types = []
    for position, column in enumerate(zip(*table.rows, strict=True)):
        cells = [text for row, text in enumerate(column) if row not in table.titles]
        is_long = max(map(letters, cells), default=0) > room[position]
        paragraph = rf">{{\raggedright\arraybackslash}}p{{{widths[position]:.2f}cm}}"
        if position == 0:
            types.append(paragraph if is_long else "l")
        else:
            types.append(kinds[position] or (paragraph if is_long and _is_prose(cells) else "c"))
    return "".join(types)


def _is_prose(cells: list[str]) -> bool:
    return max(map(letters, cells)) > 40


def _header(table: TableContent, kinds: list[str], room: list[int]) -> list[str]:
    lines = []
    for line in table.header[:-1]:
        cells, rules, column = [""], [], 2
        for span in line:
            text = _broken(span.text, sum(room[column - 1 : column - 1 + span.width]))
            cells.append(rf"\multicolumn{{{span.width}}}{{c}}{{{text}}}" if span.text or span.width > 1 else "{}")
            rules += [rf"\cmidrule(lr){{{column}-{column + span.width - 1}}}"] if span.text else []
            column += span.width
        lines += [" & ".join(cells) + r" \\", *([" ".join(rules)] if rules else [])]
    names = [
        f"{{{_broken(span.text, room[j])}}}" if kinds[j] else _broken(span.text, room[j])
        for j, span in enumerate(table.header[-1], start=1)
    ]
    return [*lines, " & ".join(["", *names]) + r" \\"]


def _body(table: TableContent, kinds: list[str], room: list[int]) -> list[str]:
    lines = []
    for position, (label, *cells) in enumerate(table.rows):
        if position in table.titles:
            lines += [r"\addlinespace"] if position else []
            lines.append(rf"\multicolumn{{{len(kinds)}}}{{@{{}}l}}{{\textbf{{{_escape(label)}}}}} \\")
        else:
            shown = [_cell(text, kinds[j], room[j]) for j, text in enumerate(cells, start=1)]
            lines.append(" & ".join([_escape(label), *shown]) + r" \\")
    return lines


def _cell(text: str, kind: str, room: int) -> str:
    """Write a number for siunitx, with what surrounds it in braces, and any other text in one pair of braces."""
    if not kind:
        return _broken(text, room) if letters(text) <= 40 else _escape(text)
    match = NUMBER.fullmatch(text)
    if match is None:
        return f"{{{_broken(text, room)}}}" if text else ""
    before, number, closing, stars = match.groups()
    after = closing + stars
    return (f"{{{before}}}" if before else "") + number.replace("−", "-") + (f"{{{after}}}" if after else "")


def _broken(text: str, room: int) -> str:
    """Break a text into lines that fit a column."""
    parts = re.findall(r"[^\s⺀-￿]+\s*|[⺀-￿][，。、：；）]*", text)
    lines = [""]
    for part in parts:
        if lines[-1] and letters(lines[-1] + part.rstrip()) > room:
            lines.append("")
        lines[-1] += part
    escaped = [_escape(line.strip()) for line in lines]
    joined = r"\\".join(escaped)
    return joined if len(escaped) == 1 else rf"\makecell{{{joined}}}"


def _escape(text: object) -> str:
    """Escape what LaTeX reads as a command, minus signs and a bracket that would follow a line break."""
    special = "|".join(re.escape(sign) for sign in SPECIAL)
    escaped = re.sub(special, lambda m: SPECIAL[m.group()], str(text))
    signed = re.sub(r"(?<![\w.)\-])-(?=[\d.])", "$-$", escaped)
    return "{" + signed[0] + "}" + signed[1:] if signed[:1] in ("[", "*") else signed
