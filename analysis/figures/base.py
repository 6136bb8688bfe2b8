"""What all figures share: the theme, names as they are shown, panels and series, and files.

How a figure is laid out stands here, never what it says. Colours and shapes come from colours.py, numbers from
`measures`.
"""

from __future__ import annotations

import copy
import math
import textwrap
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import altair as alt
import pandas as pd
import vl_convert

from bargain.text import one_line

from ..data.once import once
from ..data.run_facts import who_is_simulated
from ..data.runs import Runs, said
from ..measures.metrics import ITEM, joined, per_round
from .colours import Look, look
from .letters import fitted, width

FONT = "Liberation Sans, Arial, Helvetica, sans-serif"
"""vl-convert brings the first with it, so a figure comes out the same on every machine."""
INK, GRID = "#222222", "#E6E6E6"
LONGEST = 30
"""Characters of a name that a legend or panel shows."""
SIMULATED = "Simulated negotiators, not language models"
FORMATS = ("svg", "png", "pdf")
FULL = 16
"""More panels than this share their axes and have small titles, so that they fit a page."""
MOST_PANELS, MOST_PLAYERS = 48, 8
LEARNERS = {"seller": "seller learns", "buyer": "buyer learns", "both": "both learn", "": "nobody is coached"}
"""How a figure says who learns, in the order of its panels."""
ARM_NAMES = {"ai": "AI", "none": "no"}


class NotEnough(ValueError):
    """The runs do not have what a figure needs; the text says what, plainly."""


def theme() -> dict[str, Any]:
    """Vega-Lite's config: white ground, thin grid, text for a column of a paper (11 px, 8.25 pt in the PDF)."""
    text = {"labelColor": INK, "titleColor": INK, "labelFontSize": 11, "titleFontSize": 11}
    return {
        "background": "white",
        "font": FONT,
        "aria": False,
        "padding": 6,
        "view": {"stroke": "#BBBBBB", "strokeWidth": 0.8},
        "axis": {
            **text, "titleFontWeight": "normal", "gridColor": GRID, "gridWidth": 0.7, "domain": False,
            "tickColor": "#BBBBBB", "tickSize": 4, "labelOverlap": True, "labelFlush": False, "titlePadding": 6,
        },
        "legend": {**text, "labelLimit": 240, "symbolSize": 75, "titleFontWeight": "normal"},
        "header": {**text, "labelFontWeight": "bold", "labelLimit": 0, "labelPadding": 5},
        "title": {
            "anchor": "start", "color": INK, "fontSize": 13, "subtitleFontSize": 11, "subtitleColor": "#555555",
            "offset": 10, "subtitlePadding": 4,
        },
        "concat": {"spacing": 22},
        "facet": {"spacing": 16},
    }  # fmt: skip


def finish(chart: Any, runs: Runs, *, title: str = "") -> alt.TopLevelMixin:
    """The chart with theme and title; where embedded negotiators played, the subtitle says so."""
    who = who_is_simulated(runs.runs)
    note = f"{SIMULATED}{'' if who == 'everybody' else f': {who}'}" if who else ""
    made: Any = chart.configure(**theme())  # a copy, and Altair's copies are dear: one is enough
    if title:
        made.title = alt.TitleParams(text=title, subtitle=note)
    elif note:
        made.title = alt.TitleParams(text=note, fontSize=11, fontWeight="normal", color="#555555")
    finished: alt.TopLevelMixin = made
    return finished


def shown(names: Iterable[str], longest: int = LONGEST) -> dict[str, str]:
    """Each name as a figure shows it: on one line, printable, not longer than `longest`, never two the same."""
    found: dict[str, str] = {}
    for name in dict.fromkeys(str(each) for each in names):
        text = one_line(name, len(name)) or "(no name)"
        if len(text) > longest:
            text = f"{text[: longest - 9]}…{text[-8:]}"
        known, number = set(found.values()), 2
        unique = text
        while unique in known:
            unique, number = f"{text} ({number})", number + 1
        found[name] = unique
    return found


def encodings(names: Sequence[str], looks: Callable[[str], Look] = look, *, legend: bool = True) -> dict[str, Any]:
    """Colour, dash and shape by the field `series`, whose values are `shown(names)`, with one legend."""
    texts = shown(names)
    styles = [looks(name) for name in texts]
    domain = list(texts.values())
    columns = max(1, min(len(domain), 620 // (45 + 6 * max(map(len, domain), default=1))))
    key = (
        alt.Legend(orient="bottom", columns=columns, title=None, symbolOpacity=1, symbolStrokeWidth=0)
        if legend
        else None
    )
    return {
        "color": alt.Color("series:N", legend=key).scale(domain=domain, range=[each.colour for each in styles]),
        "shape": alt.Shape("series:N", legend=key).scale(domain=domain, range=[each.shape for each in styles]),
        "strokeDash": alt.StrokeDash("series:N", legend=None).scale(
            domain=domain, range=[list(each.dash) for each in styles]
        ),
    }


def few(players: Sequence[str]) -> None:
    """Raises NotEnough for more players than a figure with a line or a colour for each can hold."""
    if len(players) > MOST_PLAYERS:
        raise NotEnough(
            f"{len(players)} players, and the figure holds {MOST_PLAYERS}: choose runs, as with runs.where()"
        )


def differences(base: alt.Chart, x: alt.X) -> Any:
    """Points with their intervals, in the colours of `base`, beside a line where nothing differs.

    Of the fields value, low, high and nothing.
    """
    return alt.layer(
        base.mark_rule(color="#BBBBBB").encode(x="nothing:Q", color=alt.value("#BBBBBB")),
        base.transform_filter("isValid(datum.low)").mark_rule().encode(x="low:Q", x2="high:Q"),
        base.transform_filter("isValid(datum.value)").mark_point(filled=True, size=60, opacity=1).encode(x=x),
    )


def data(frame: pd.DataFrame) -> alt.InlineData:
    """A frame as inline data: NaN becomes null, numbers keep six digits so that equal runs give equal files."""
    rows = [
        {str(name): _plain(value) for name, value in row.items()} for row in frame.astype(object).to_dict("records")
    ]
    return alt.InlineData(values=rows)


def _plain(value: Any) -> Any:
    if isinstance(value, bool | str):
        return value
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return None
    if isinstance(value, int | float):
        return value if isinstance(value, int) else float(f"{value:.6g}")
    return _plain(value.item()) if hasattr(value, "item") else str(value)


def svg(chart: alt.TopLevelMixin) -> str:
    """The chart as SVG text, equal for equal charts; it has no ids and no scripts: many fit into one page. Its
    texts keep their width in any font."""
    return fitted(vl_convert.vegalite_to_svg(chart.to_dict(validate=False)))


def save(chart: alt.TopLevelMixin, stem: Path, formats: Sequence[str] = FORMATS) -> list[Path]:
    """Writes `stem` with each ending and gives the paths. PNG has 192 dots per inch, PDF is vectors with its fonts.

    Raises ValueError for a format that is not in FORMATS.
    """
    wrong = [each for each in formats if each not in FORMATS]
    if wrong:
        raise ValueError(f"save: no format {wrong[0]!r}; there are {', '.join(FORMATS)}")
    drawn = svg(chart)
    paths = []
    for each in formats:
        path = stem.with_name(f"{stem.name}.{each}")
        if each == "svg":
            path.write_text(drawn, encoding="utf-8")
        else:
            path.write_bytes(vl_convert.svg_to_png(drawn, scale=2) if each == "png" else vl_convert.svg_to_pdf(drawn))
        paths.append(path)
    return paths


@once
def prepared(runs: Runs) -> Runs:
    """The same runs with two columns more: `engine`, whose game it is, and `setting`, what else a run chose, in words.

    engine: the learner's, or the seller's where nobody is coached. setting: the rival if it varies for a learner, and
    every choice that varies among runs of equal learner and engines; numbers of games and seeds, and what another
    choice decides, are none. Prices of items of different size or currency are shares of the openings' span.
    """
    frame = runs.runs
    nobody = frame["learner"] == ""
    rivals = frame["rival_engine"].where(~nobody, frame["buyer_engine"])
    players = [frame[name] for name in ("learner", "seller_engine", "buyer_engine")]
    names = [name for name in runs.deciding() if name not in ("n_games", "seed", "game.arms")]
    following = runs.followers(names)
    names = [
        name
        for name in names
        if name not in following and bool((frame[name].groupby(players).nunique(dropna=False) > 1).any())
    ]
    several = rivals.groupby(frame["learner"]).transform("nunique") > 1
    texts = shown(rivals)
    settings = []
    for row, rival, more in zip(frame.to_dict("records"), rivals, several, strict=True):
        told = [said(name, row[name]) for name in names if not pd.isna(row[name])]
        settings.append(", ".join([f"against {texts[rival]}"] * bool(more) + told))
    texts = shown(settings, 90) | {"": ""}
    made = copy.copy(runs)
    engines = frame["learner_engine"].where(~nobody, frame["seller_engine"])
    made.runs = frame.assign(engine=engines, setting=[texts[each] for each in settings])
    if several_items(runs):
        made.rounds = runs.rounds.assign(price=per_round("price_share", joined(runs, ITEM)))
    return made


def several_items(runs: Runs) -> bool:
    """Whether the runs bargain over items of different openings or currencies: their prices share no axis."""
    return any(runs.runs[name].nunique() > 1 for name in ("item.seller_opening", "item.buyer_opening", "item.currency")
               if name in runs.runs)  # fmt: skip


def panel(learner: str, setting: str = "", arm: str = "") -> str:
    """A panel's title: who learns, and what else distinguishes it."""
    feedback = f"{ARM_NAMES.get(arm, arm)} feedback" if arm else ""
    return ", ".join(filter(None, (LEARNERS.get(learner, learner), feedback, setting)))


def currency(runs: Runs) -> str:
    """The unit of prices as an axis says it: " ($)", of several items " (share of span)", the openings', or nothing."""
    if several_items(runs):
        return " (share of span)"
    column = "item.currency"
    found = [str(each) for each in runs.runs[column].dropna().unique()] if column in runs.runs else []
    return f" ({found[0]})" if len(found) == 1 and len(found[0]) <= 4 else ""


def fitting(title: str, pixels: float) -> str | list[str]:
    """An axis title in as many lines as it needs to be no longer than the axis."""
    if (wide := width(title, 11)) is None or wide <= pixels * 1.15:
        return title
    return textwrap.wrap(title, max(12, int(pixels * 1.15 / 5.3)))


def cut(values: pd.DataFrame) -> pd.DataFrame:
    """With `low` and `high` cut where they would squeeze all values into a line: two deals can have an interval from
    1 to 27. They reach at most twice the range of the values (or a typical interval, if wider) beyond them."""
    least, most = values["value"].min(), values["value"].max()
    reach = 2 * max(most - least, (values["high"] - values["low"]).median())
    if not reach > 0:
        return values
    return values.assign(low=values["low"].clip(lower=least - reach), high=values["high"].clip(upper=most + reach))


class Grid(NamedTuple):
    """Panels of equal size in their order, and how many of them stand side by side."""

    panels: list[str]
    columns: int
    width: int
    height: int


def grid(values: pd.DataFrame, *, small: bool = False) -> tuple[pd.DataFrame, Grid]:
    """The frame with its `panel` texts broken into lines that fit, and its grid; small panels for many engines.

    Raises NotEnough where a page could not hold them.
    """
    panels = list(dict.fromkeys(values["panel"]))
    if len(panels) > MOST_PANELS:
        raise NotEnough(f"{len(panels)} panels, and a figure holds {MOST_PANELS}: choose runs, as with runs.where()")
    small = small or len(panels) > 6
    full = len(panels) > FULL
    columns, wide = (6, 88) if full else (4, 145) if small else (3, 185) if len(panels) > 4 else (2, 265)
    last = len({each.rpartition(", ")[2] for each in panels})  # levels of the last choice stand in columns
    if 1 < last <= columns and len(panels) % last == 0 and len(panels) > columns:
        columns = columns // last * last
    columns, wide = (1, 380) if len(panels) == 1 else (min(columns, len(panels)), wide)
    lines = {
        each: "\n".join("\n".join(textwrap.wrap(line, wide // (4 if full else 6))) for line in each.split("\n"))
        for each in panels
    }
    unique = lines if len(set(lines.values())) == len(lines) else {each: each for each in panels}
    made = Grid([unique[each] for each in panels], columns, wide, round(wide * (0.8 if small else 0.68)))
    return values.assign(panel=values["panel"].map(unique)), made


def faceted(layers: Any, values: pd.DataFrame, of: Grid) -> Any:
    """The layers, drawn from `values`, once for each panel: equal scales; axes on each, unless there are many."""
    full = len(of.panels) > FULL
    header = alt.Header(labelExpr="split(datum.label, '\\n')", labelFontSize=8 if full else 11)
    whole = layers.properties(width=of.width, height=of.height, data=data(values))
    facet = alt.Facet("panel:N", title=None, sort=of.panels, header=header)
    drawn = whole.facet(facet, columns=of.columns)
    return (
        drawn.properties(spacing={"row": 12, "column": 30})
        if full
        else drawn.resolve_axis(x="independent", y="independent")
    )
