"""A W&B workspace for sweeps, as code: prices and deal rates by round per cell, dialogues with feedback, a comparer.

    python -m bargain.analysis.wandb_workspace ENTITY/PROJECT [--rounds 5] [--name "bargain: by round"]

saves it as a view of the project (W&B keys as usual) and prints its address. Needs the extra `workspace`. It names only
what `bargain` logs (bargain/tracking/shown.py): `by_round/*` over `round`, summary.json flat in the run's summary, the
table `dialogues`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from bargain.text import one_line

NAME = "bargain: by round"
CELLS = ("game.name", "seller.engine.name", "buyer.engine.name", "critic.engine.name")
"""The choices that tell cells apart, as W&B sees a run's config; runs are grouped by them."""
LEGEND = "${config:seller.engine.name} sells to ${config:buyer.engine.name}, ${config:game.name}"
BY_ROUND = {
    "mean_price": "Mean price of the deals",
    "deal_rate": "Deal rate",
    "mean_change": "Change of price since the round before, paired by game",
    "objections": "Verdicts that the dialogue contradicts",
}
SUMMARY = ("state", "simulated", "games/finished", "games/error", "cost_usd", "tokens/input", "tokens/output", "wall_s")
"""Columns of the runs table, beside those of the last round."""


def workspace(entity: str, project: str, *, rounds: int = 5, name: str = NAME) -> Any:
    """The Workspace, not saved yet. rounds: how many a game has; bars and trade-off show the last one."""
    panels, ws = _libraries()
    last = f"round_{rounds}"
    first = _section(
        "By round",
        [
            panels.LinePlot(title=title, x="round", y=[f"by_round/{metric}"], title_x="round", legend_template=LEGEND)
            for metric, title in BY_ROUND.items()
        ],
    )
    final = _section(
        f"Round {rounds}",
        [
            panels.BarPlot(title="Mean price", metrics=[f"{last}/mean_price"]),
            panels.BarPlot(title="Deal rate", metrics=[f"{last}/deal_rate"]),
            panels.ScatterPlot(
                title="Price against deal rate",
                x=panels.SummaryMetric(f"{last}/mean_price"),
                y=panels.SummaryMetric(f"{last}/deal_rate"),
            ),
            panels.ScatterPlot(
                title="Cost against price",
                x=panels.SummaryMetric("cost_usd"),
                y=panels.SummaryMetric(f"{last}/mean_price"),
            ),
        ],
    )
    read = _section("Dialogues and feedback", [panels.WeavePanelSummaryTable(table_name="dialogues")], columns=1)
    differ = _section("What differs", [panels.RunComparer(diff_only="split")], columns=1)
    live = _section(
        "While it plays",
        [
            panels.LinePlot(title="Cost, USD", x="games_done", y=["progress/cost_usd"], title_x="games done"),
            panels.LinePlot(title="Calls a second", x="games_done", y=["progress/calls_per_s"], title_x="games done"),
        ],
        is_open=False,
    )
    columns = [f"config:{choice}" for choice in CELLS] + [
        f"summary:{each}" for each in (f"{last}/mean_price", f"{last}/deal_rate", *SUMMARY)
    ]
    return ws.Workspace(
        entity=entity,
        project=project,
        name=name,
        sections=[first, final, read, differ, live],
        settings=ws.WorkspaceSettings(x_axis="round", max_runs=50, tooltip_number_of_runs="all_runs"),
        runset_settings=ws.RunsetSettings(groupby=[ws.Config(choice) for choice in CELLS], pinned_columns=columns),
    )


def _libraries() -> tuple[Any, Any]:
    """The panels and the workspaces of wandb-workspaces, whose modules tell a type checker nothing."""
    return import_module("wandb_workspaces.reports.v2"), import_module("wandb_workspaces.workspaces")


def _section(name: str, panels: list[Any], *, columns: int = 2, is_open: bool = True) -> Any:
    _, ws = _libraries()
    layout = ws.SectionLayoutSettings(columns=columns, rows=(len(panels) + columns - 1) // columns)
    return ws.Section(name=name, panels=panels, is_open=is_open, layout_settings=layout)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command. Exit codes: 0 saved, 2 bad arguments or nothing installed, 1 W&B refused."""
    parser = argparse.ArgumentParser(
        "python -m bargain.analysis.wandb_workspace", description="Saves bargain's W&B workspace in a project."
    )
    parser.add_argument("where", metavar="ENTITY/PROJECT")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of a game; the last is compared (5)")
    parser.add_argument("--name", default=NAME, help=f"the view's name ({NAME})")
    given = parser.parse_args(arguments)
    entity, slash, project = given.where.partition("/")
    if not (entity and slash and project) or "/" in project:
        parser.error(f"{given.where!r} is not ENTITY/PROJECT")
    if given.rounds < 1:
        parser.error("--rounds must be at least 1")
    try:
        made = workspace(entity, project, rounds=given.rounds, name=given.name)
    except ModuleNotFoundError as error:
        parser.error(f"{error.name} is not installed: pip install 'bargain-experiments[workspace]'")
    try:
        made.save()
        print(made.url)
    except Exception as error:  # whatever its client meets: the network, a key, a project that is not there
        print(f"wandb_workspace: {type(error).__name__}: {one_line(str(error))}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
