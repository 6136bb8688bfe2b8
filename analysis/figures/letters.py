"""How wide a figure's texts are, so that they are as wide in any font: no machine needs the one that a figure names.

The widths are those of Arial, which Liberation Sans and Helvetica share. `fitted` writes each text's width beside it
(SVG's textLength); what draws the figure squeezes or spreads another font's letters to it, so that nothing is clipped
or collides. A text with letters beyond these is left as it is.
"""

from __future__ import annotations

import re
from html import unescape

_REGULAR = {
    191: "'", 222: "ijl", 260: "|", 278: " !,./:;I[\\]ft", 333: "()-`r", 334: "{}", 355: '"', 389: "*", 469: "^",
    500: "Jcksvxyz", 556: "#$0123456789?L_abdeghnopqu–€", 584: "+<=>~−×", 611: "FTZ", 667: "&ABEKPSVXY",
    722: "CDHNRUw", 778: "GOQ", 833: "Mm", 889: "%", 944: "W", 1000: "…", 1015: "@",
}  # fmt: skip
_BOLD = {
    238: "'", 278: " ,./I\\ijl", 280: "|", 333: "!()-:;[]`ft", 389: "*r{}", 474: '"', 500: "z",
    556: "#$0123456789J_aceksvxy–€", 584: "+<=>^~−×", 611: "?FLTZbdghnopqu", 667: "EPSVXY", 722: "&ABCDHKNRU",
    778: "GOQw", 833: "M", 889: "%m", 944: "W", 975: "@", 1000: "…",
}  # fmt: skip
_WIDTHS = {
    bold: {letter: width for width, letters in table.items() for letter in letters}
    for bold, table in ((False, _REGULAR), (True, _BOLD))
}
_TEXT = re.compile(r"<text (?P<attributes>[^>]*)>(?P<inside>.*?)</text>", re.DOTALL)
_LINE = re.compile(r"<tspan(?P<attributes>[^>]*)>(?P<text>[^<]*)</tspan>")
_SIZE = re.compile(r'font-size="([\d.]+)px"')


def width(text: str, size: float, *, bold: bool = False) -> float | None:
    """The width of a line in pixels; None where a letter of it is not known."""
    widths = _WIDTHS[bold]
    if any(letter not in widths for letter in text):
        return None
    return size * sum(widths[letter] for letter in text) / 1000


def fitted(svg: str) -> str:
    """A figure of vl-convert with the width of each line of text, for whatever font draws it."""
    return _TEXT.sub(_fitted, svg)


def _fitted(found: re.Match[str]) -> str:
    attributes, inside = found["attributes"], found["inside"]
    size = _SIZE.search(attributes)
    bold = 'font-weight="bold"' in attributes
    pixels = float(size[1]) if size else 11.0
    if "<" not in inside:
        return f"<text {attributes}{_length(inside, pixels, bold)}>{inside}</text>"
    lines = _LINE.sub(
        lambda line: f"<tspan{line['attributes']}{_length(line['text'], pixels, bold)}>{line['text']}</tspan>", inside
    )
    return f"<text {attributes}>{lines}</text>"


def _length(text: str, size: float, bold: bool) -> str:
    known = width(unescape(text), size, bold=bold)
    return f' textLength="{known:.2f}" lengthAdjust="spacingAndGlyphs"' if known else ""
