r"""Tables for LaTeX papers: booktabs, every text escaped. Knows strings, alignments and nothing of what they mean.

    table(["engine", "price"], [["gpt-4", "$15.05"]], "lr", caption="Cells", label="cells")

needs \usepackage{booktabs} in the paper; a wide table can be put into \resizebox.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from analysis.text import one_line

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


def table(
    header: Sequence[str], rows: Iterable[Sequence[str]], align: str, *, caption: str, label: str, note: str = ""
) -> str:
    """A booktabs table; `align` has an l, c or r for each column. `note` stands small below it.

    It floats, unless it has more rows than a page: then it is a longtable.
    """
    body = [f"    {_row(row)}" for row in rows]
    named = rf"\caption{{{escaped(caption)}}} \label{{tab:{label}}}"
    head = [r"    \toprule", f"    {_row(header)}", r"    \midrule"]
    small = rf"  \par\smallskip{{\footnotesize {escaped(note)}\par}}" if note else ""
    if len(body) > MOST_ROWS:
        lines = [
            "% needs booktabs, longtable and textcomp; made by bargain-report",
            rf"\begin{{longtable}}{{{align}}}",
            rf"  {named} \\",
            *head,
            r"    \endhead",
            r"    \bottomrule",
            r"    \endfoot",
            *body,
            r"\end{longtable}",
            small.strip(),
        ]
    else:
        lines = [
            "% needs booktabs and textcomp; made by bargain-report",
            r"\begin{table}",
            r"  \centering",
            f"  {named}",
            rf"  \begin{{tabular}}{{{align}}}",
            *head,
            *body,
            r"    \bottomrule",
            r"  \end{tabular}",
            small,
            r"\end{table}",
        ]
    return "\n".join([*(line for line in lines if line), ""])


def _row(cells: Sequence[str]) -> str:
    return " & ".join(escaped(cell) for cell in cells) + r" \\"
