r"""Tables in LaTeX: booktabs rules, columns of numbers aligned by siunitx, notes of threeparttable."""

from __future__ import annotations

import re
from dataclasses import dataclass

from yrdecon.present.table_content import TableContent, unnumbered
from yrdecon.present.widths import CM_PER_LETTER_AND_POINT, column_widths, font_size, letters, prose_columns

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
TEXT_CM, LINE_END = 16.0, r"\\"
SIZES = {10.0: r"\normalsize", 9.0: r"\small", 8.0: r"\footnotesize", 7.0: r"\scriptsize"}


@dataclass(frozen=True)
class _Column:
    """The LaTeX type of a column, the letters that a line of it holds, and what it does with text."""

    type: str
    room: int
    aligns: bool = False
    wraps: bool = False


def latex_text(table: TableContent) -> str:
    """Return a table with three rules; with a caption it floats, and LaTeX numbers it, not the caption."""
    size = font_size(table, TEXT_CM, tuple(SIZES))
    columns = _columns(table, size)
    tabular = [
        rf"\begin{{tabular}}{{@{{}}{''.join(column.type for column in columns)}@{{}}}}",
        r"\toprule",
        *_header(table, columns),
        r"\midrule",
        *_body(table, columns),
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


def _columns(table: TableContent, size: float) -> list[_Column]:
    """Align the columns with a decimal number, break the lines of sentences, and center the rest."""
    rows = [row for position, row in enumerate(table.rows) if position not in table.titles]
    cells = list(zip(*rows, strict=True)) or [()] * (table.body.shape[1] + 1)
    widths = column_widths(table, TEXT_CM, size)
    rooms = [int(width / (CM_PER_LETTER_AND_POINT * size)) for width in widths]
    wraps = [max(map(letters, cells[0]), default=0) > rooms[0], *prose_columns(table)[1:]]
    columns = []
    for position, (texts, width, room, is_prose) in enumerate(zip(cells, widths, rooms, wraps, strict=True)):
        numbers = _number_type(texts) if position else ""
        wrapped = rf">{{\raggedright\arraybackslash}}p{{{width:.2f}cm}}"
        plain = "c" if position else "l"
        columns.append(_Column(wrapped if is_prose else numbers or plain, room, bool(numbers), is_prose))
    return columns


def _number_type(column: tuple[str, ...]) -> str:
    """Return the siunitx type of a column that holds a decimal number, empty for one of text."""
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


def _header(table: TableContent, columns: list[_Column]) -> list[str]:
    lines = []
    for line in table.header[:-1]:
        cells, rules, first = [""], [], 1
        for span in line:
            last = first + span.width - 1
            text = _broken(span.text, sum(column.room for column in columns[first : last + 1]))
            cells.append(rf"\multicolumn{{{span.width}}}{{c}}{{{text}}}")
            rules += [rf"\cmidrule(lr){{{first + 1}-{last + 1}}}"] if span.text else []
            first = last + 1
        lines += [" & ".join(cells) + r" \\", *([" ".join(rules)] if rules else [])]
    names = [_text(span.text, column) for span, column in zip(table.header[-1], columns[1:], strict=True)]
    return [*lines, " & ".join([_label(table.stub, columns[0]), *names]) + r" \\"]


def _body(table: TableContent, columns: list[_Column]) -> list[str]:
    lines = []
    for position, (label, *cells) in enumerate(table.rows):
        if position in table.titles:
            lines += [r"\addlinespace"] if position else []
            lines.append(rf"\multicolumn{{{len(columns)}}}{{@{{}}l}}{{\textbf{{{_escape(label)}}}}} \\")
        else:
            shown = [_cell(text, column) for text, column in zip(cells, columns[1:], strict=True)]
            lines.append(" & ".join([_label(label, columns[0]), *shown]) + r" \\")
    return lines


def _label(text: str, column: _Column) -> str:
    lines = [_escape(line) for line in text.split("\n")]
    if len(lines) == 1:
        return lines[0]
    return r"\newline ".join(lines) if column.wraps else rf"\makecell[l]{{{LINE_END.join(lines)}}}"


def _cell(text: str, column: _Column) -> str:
    """Write a number for siunitx, with what surrounds it in braces."""
    match = NUMBER.fullmatch(text) if column.aligns and not column.wraps else None
    if match is None:
        return _text(text, column) if text else ""
    before, number, closing, stars = match.groups()
    after = closing + stars
    return (f"{{{before}}}" if before else "") + number.replace("−", "-") + (f"{{{after}}}" if after else "")


def _text(text: str, column: _Column) -> str:
    """Write a text, in braces where the column expects numbers."""
    if column.wraps:
        return _label(text, column)
    broken = _broken(text, column.room)
    return f"{{{broken}}}" if column.aligns else broken


def _broken(text: str, room: int) -> str:
    """Break a text into lines that fit a column."""
    parts = re.findall(r"\n|[^\s⺀-￿]+ *|[⺀-￿][，。、：；）]* *", text)
    lines = [""]
    for part in parts:
        if part == "\n":
            lines.append("")
            continue
        if lines[-1] and letters(lines[-1] + part.rstrip()) > room:
            lines.append("")
        lines[-1] += part
    escaped = [_escape(line.strip()) for line in lines]
    joined = LINE_END.join(escaped)
    return joined if len(escaped) == 1 else rf"\makecell{{{joined}}}"


def _escape(text: object) -> str:
    """Escape what LaTeX reads as a command, minus signs and a bracket that would follow a line break."""
    special = "|".join(re.escape(sign) for sign in SPECIAL)
    escaped = re.sub(special, lambda m: SPECIAL[m.group()], str(text))
    signed = re.sub(r"(?<![\w.)\-])-(?=[\d.])", "$-$", escaped)
    return "{" + signed[0] + "}" + signed[1:] if signed[:1] in ("[", "*") else signed
