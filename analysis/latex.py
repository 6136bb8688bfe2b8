r"""Tables for LaTeX papers: booktabs, every text escaped. Knows strings, alignments and nothing of what they mean.

    table(["engine", "price"], [["gpt-4", "$15.05"]], "lr", caption="Cells", label="cells")

needs \usepackage{booktabs} in the paper; a wide table can be put into \resizebox.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from analysis.plain import one_line

_SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "_": r"\_", "%": r"\%",
    "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}", '"': r"\textquotedbl{}", "'": r"\textquotesingle{}", "`": r"\textasciigrave{}",
    "[": "{[}", "]": "{]}", "−": "$-$", "±": r"$\pm$", "×": r"$\times$", "–": "--", "—": "---",
    "…": r"\dots{}", "→": r"$\rightarrow$", "≤": r"$\leq$", "≥": r"$\geq$", "∞": r"$\infty$", "€": r"\texteuro{}",
    "£": r"\pounds{}", "¥": r"\textyen{}", "‹": r"\guilsinglleft{}", "›": r"\guilsinglright{}",
}  # fmt: skip
_TABLE = str.maketrans(_SPECIAL)


def escaped(text: object) -> str:
    """The text as LaTeX prints it, on one line. Letters beyond Latin need lualatex or xelatex."""
    return one_line(text).translate(_TABLE)


def table(
    header: Sequence[str], rows: Iterable[Sequence[str]], align: str, *, caption: str, label: str, note: str = ""
) -> str:
    """A floating booktabs table; `align` has an l, c or r for each column. `note` stands small below it."""
    lines = [
        "% needs booktabs and textcomp; made by bargain-report",
        r"\begin{table}",
        r"  \centering",
        rf"  \caption{{{escaped(caption)}}}",
        rf"  \label{{tab:{label}}}",
        rf"  \begin{{tabular}}{{{align}}}",
        r"    \toprule",
        f"    {_row(header)}",
        r"    \midrule",
        *(f"    {_row(row)}" for row in rows),
        r"    \bottomrule",
        r"  \end{tabular}",
    ]
    if note:
        lines.append(rf"  \par\smallskip{{\footnotesize {escaped(note)}\par}}")
    return "\n".join([*lines, r"\end{table}", ""])


def _row(cells: Sequence[str]) -> str:
    return " & ".join(escaped(cell) for cell in cells) + r" \\"
