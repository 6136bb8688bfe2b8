"""The figure of branches: what another turn of a game would have changed, place by place."""

from __future__ import annotations

import altair as alt

from ..data.runs import Runs
from ..measures.branches import branches
from .base import NotEnough, data, differences, encodings, finish, shown

PANELS = {"surplus": ("change of the surplus", ",~r"), "price": ("change of the price", ",~r"),
          "deals": ("change of the deal rate", "%")}  # fmt: skip
"""Per outcome its axis and how its numbers are written."""


def futures_compared(runs: Runs, *, title: str = "") -> alt.TopLevelMixin:
    """A panel per outcome, a row per place and a colour per change. Raises NotEnough where nothing was branched."""
    found = branches(runs)
    if not len(found):
        raise NotEnough("no branches: bargain branch=DIR plays a game of a run on another way")
    when = found["turn"].replace("coaching", 0).astype(int)
    said = found["changed"].str.replace(r"engine@(\w+)\.engine=", r"\1=", regex=True)
    found = found.assign(when=when, changed=said).sort_values(["game", "arm", "round", "when"], kind="stable")
    place = "round " + found["round"].astype(str) + ", " + found["turn"].map(_moment)
    for name in ("arm", "game"):
        if found[name].nunique() > 1:
            place = f"{name} " + found[name].astype(str) + ", " + place
    changes = list(found["changed"].unique())
    names, code = shown(changes), encodings(changes)
    panels = []
    for measure, (name, form) in PANELS.items():
        frame = found.assign(place=place, series=found["changed"].map(names), value=found[measure], nothing=0.0)
        frame = frame.assign(low=frame[f"{measure}_low"], high=frame[f"{measure}_high"])
        if frame["value"].notna().sum() == 0:
            continue  # no limit is set: no surplus
        frame = frame[["place", "series", "value", "low", "high", "nothing"]]
        base = alt.Chart(data(frame)).encode(
            y=alt.Y("place:N", title=None, sort=list(dict.fromkeys(place))).axis(labelLimit=260),
            yOffset=alt.YOffset("series:N", sort=list(names.values())),
            color=code["color"],
        )
        x = alt.X("value:Q", title=name).scale(zero=True).axis(format=form, tickCount=5)
        panels.append(differences(base, x).properties(width=190, height=alt.Step(max(14, 26 // len(names)))))
    if not panels:
        raise NotEnough("no branch has futures with a deal both ways")
    return finish(alt.hconcat(*panels), runs, title=title)


def _moment(turn: object) -> str:
    return str(turn) if turn == "coaching" else f"turn {turn}"
