"""The report as one HTML page: everything inline, nothing fetched, no script, every value escaped.

It knows the template and what a browser may do with it, and nothing of what is said. A value that holds characters
nobody can see is shown with them written out.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple
from xml.etree import ElementTree

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ..text import visible
from .tables import CellText, ReportColumn, ReportTable

_LONG = 60
"""A text of more characters gets a column that is wide enough to be read."""
_SHORT = 16
"""A text of no more characters is not broken into lines."""
_DRAWN = (
    *("svg", "g", "defs", "clipPath", "path", "rect", "line", "circle", "text", "tspan", "title", "desc"),
    *("linearGradient", "radialGradient", "stop", "symbol", "use"),
)
_SPACE = "{http://www.w3.org/2000/svg}"


class Shown(NamedTuple):
    """A table as the template takes it."""

    name: str
    title: str
    note: str
    columns: tuple[ReportColumn, ...]
    body: list[list[dict[str, str]]]


def page(content: Mapping[str, Any]) -> str:
    """The whole page. Its policy lets a browser load nothing, run nothing and send nothing."""
    css = Markup(_environment().get_template("report.css").render())  # noqa: S704 - a file of ours
    digest = base64.b64encode(hashlib.sha256(str(css).encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return _environment().get_template("report.html.j2").render(page=content, css=css, policy=policy).lstrip() + "\n"


def table(made: ReportTable) -> Shown:
    """A table's cells with the classes that place them."""
    rows = list(made.rows())
    long = [
        any(len(row[at].text) > _LONG for row in rows) and not column.numeric for at, column in enumerate(made.columns)
    ]
    body = []
    for number, row in enumerate(rows):
        below = rows[number + 1] if number + 1 < len(rows) else [None] * len(row)
        cells = zip(row, below, long, made.columns, strict=True)
        body.append([_cell(*each) for each in cells])
    return Shown(made.name, made.title, made.note, made.columns, body)


def _cell(cell: CellText, below: CellText | None, long: bool, column: ReportColumn) -> dict[str, str]:
    joined = below is not None and column.kind == "key" and not below.text
    short = not column.numeric and len(cell.text) <= _SHORT
    flags = {"number": column.numeric, "long": long, "short": short, "joined": joined}
    classes = [name for name, there in flags.items() if there]
    return {"text": cell.text, "interval": cell.interval, "n": cell.n, "classes": " ".join(classes)}


def drawing(svg: str) -> Markup:
    """An SVG that may stand in the page: only shapes and texts, nothing that runs, links or loads.

    Raises ValueError for anything else.
    """
    for element in ElementTree.fromstring(svg).iter():  # noqa: S314 - made here, by vl-convert
        name = str(element.tag).removeprefix(_SPACE)
        if name not in _DRAWN:
            raise ValueError(f"a figure holds <{name}>")
        for attribute, value in element.attrib.items():
            plain = attribute.rpartition("}")[2].lower()
            if plain.startswith("on") or plain == "style" or (plain in ("href", "src") and not value.startswith("#")):
                raise ValueError(f"a figure's <{name}> has {plain}")
            if "url(" in value and not value.startswith("url(#"):
                raise ValueError(f"a figure's <{name}> loads {plain}")
    return Markup(svg)  # noqa: S704 - looked through above


def _finalized(value: Any) -> Any:
    """What every {{ value }} passes: texts are made visible; autoescape follows."""
    return value if isinstance(value, Markup) else visible(value)


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("bargain.analysis"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalized,
        trim_blocks=True,
        lstrip_blocks=True,
    )
