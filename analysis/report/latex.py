r"""Tables for LaTeX papers: booktabs, every text escaped. Knows strings, alignments and nothing of what they mean.

    table(["engine", "price"], [["gpt-4", "$15.05"]], "lr", caption="Cells", label="cells")

needs \usepackage{booktabs, graphicx, textcomp} in the paper, and longtable for many rows. A table is never wider than
its column: it is stacked in blocks, each with the first columns again, and what is too wide still is made smaller.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

from ..text import one_line

_SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "_": r"\_", "%": r"\%",
    "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}", '"': r"\textquotedbl{}", "`": r"\textasciigrave{}",
    "[": "{[}", "]": "{]}", "*": "{*}", "−": "$-$", "±": r"$\pm$", "×": r"$\times$", "–": "--", "—": "---",
    "…": r"\dots{}", "→": r"$\rightarrow$", "≤": r"$\leq$", "≥": r"$\geq$", "∞": r"$\infty$", "€": r"\texteuro{}",
    "£": r"\pounds{}", "¥": r"\textyen{}", "‹": r"\guilsinglleft{}", "›": r"\guilsinglright{}",
}  # fmt: skip
_TABLE = str.maketrans(_SPECIAL)
MOST_ROWS = 40
"""So many rows fit on a page."""


def escaped(text: object) -> str:
    """The text as LaTeX prints it, on one line. Letters beyond Latin need lualatex or xelatex."""
    return one_line(text).translate(_TABLE)


ACROSS = 88
"""So many letters of \\scriptsize stand side by side in the text of an A4 page (article, 10 pt, 345 pt)."""
LONG = 30
"""A text of more letters is set in lines of this length."""


def table(
    header: Sequence[str],
    rows: Iterable[Sequence[str]],
    align: str,
    *,
    caption: str,
    label: str,
    note: str = "",
    keys: Sequence[int] = (),
) -> str:
    """A booktabs table; `align` has an l, c or r for each column. `note` stands small below it.

    It floats, unless it has more rows than a page: then it is a longtable. keys: the columns that stand in each of the
    blocks in which a wide table is stacked.
    """
    body = [list(row) for row in rows]
    wide = [max(len(text) for text in (*_words(name), *(line for row in body for line in _lines(row[at], align[at]))))
            for at, name in enumerate(header)]  # fmt: skip
    blocks = _blocks(wide, keys)
    named = rf"\caption{{{escaped(caption)}}} \label{{tab:{label}}}"
    small = rf"  \par\smallskip{{\footnotesize {escaped(note)}\par}}" if note else ""
    long = (len(body) + 2) * len(blocks) > MOST_ROWS + 5
    lines = [f"% needs booktabs, graphicx, textcomp{' and longtable' if long else ''}; made by bargain-report"]
    if not long:
        lines += [r"\begin{table}", r"  \centering\footnotesize", f"  {named}"]
    for number, block in enumerate(blocks):
        letters = sum(wide[at] for at in block)
        columns = f"@{{}}{''.join(_column(align[at], wide[at], letters) for at in block)}@{{}}"
        titles = " & ".join(_title(header[at], align[at], wide[at]) for at in block)
        head = [r"    \toprule", rf"    {titles} \\", r"    \midrule"]
        cells = [f"    {_row([row[at] for at in block])}" for row in body]
        if long:
            title = f"  {named} \\\\" if number == 0 else ""
            lines += [r"{\scriptsize\setlength{\tabcolsep}{3pt}", rf"\begin{{longtable}}{{{columns}}}", title, *head]
            lines += [r"    \endhead", r"    \bottomrule", r"    \endfoot", *cells, r"\end{longtable}}"]
        else:
            lines += [r"  \par\smallskip" if number else "", r"  \setlength{\tabcolsep}{3pt}\sbox0{%"]
            lines += [rf"  \begin{{tabular}}{{{columns}}}", *head, *cells, r"    \bottomrule", r"  \end{tabular}}%"]
            lines += [r"  \ifdim\wd0>\columnwidth\resizebox{\columnwidth}{!}{\usebox0}\else\usebox0\fi"]
    lines += [small] if not long else [small.strip()]
    lines += [r"\end{table}"] if not long else []
    return "\n".join([*(line for line in lines if line), ""])


def _blocks(wide: Sequence[int], keys: Sequence[int]) -> list[list[int]]:
    """The columns of each block: as many as stand side by side, in every further block behind the keys."""
    first = [at for at in keys if at < len(wide)]
    blocks: list[list[int]] = [[]]
    for at in range(len(wide)):
        if at in blocks[-1]:
            continue
        if sum(wide[each] + 2 for each in (*blocks[-1], at)) > ACROSS and len(blocks[-1]) > len(first):
            blocks.append(list(first))
        blocks[-1].append(at)
    return blocks


def _words(name: str) -> list[str]:
    return name.split() or [""]


def _lines(text: str, align: str) -> list[str]:
    """The text as it is set: a long one in lines of LONG letters."""
    return textwrap.wrap(text, LONG) if align == "l" and len(text) > LONG else [text]


def _title(name: str, align: str, letters: int) -> str:
    """A column's title in lines no longer than its column."""
    lines = [escaped(line) for line in textwrap.wrap(name, max(letters, 4))]
    return rf"\shortstack[{align}]{{{_BREAK.join(lines)}}}" if len(lines) > 1 else escaped(name)


_BREAK = r" \\ "


def _column(align: str, letters: int, all_letters: int) -> str:
    """A column of the tabular: its own width, or for long texts the share of the page that is theirs."""
    if align != "l" or letters < LONG - 6:
        return align
    return rf"p{{{min(0.6, max(0.2, letters / max(all_letters, ACROSS))):.2f}\columnwidth}}"


def _row(cells: Sequence[str]) -> str:
    return " & ".join(_breakable(cell) for cell in cells) + r" \\"


def _breakable(text: str) -> str:
    """The text, in which words that are longer than a line may be broken."""
    return " ".join(r"\hspace{0pt}".join(escaped(part) for part in textwrap.wrap(word, 12)) if len(word) > 18
                    else escaped(word) for word in one_line(text).split(" "))  # fmt: skip
