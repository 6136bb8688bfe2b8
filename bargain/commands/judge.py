"""The moderator's test bench.

    bargain-judge FILE.jsonl moderator=rules,yes_no,structured engine@moderator.engine=gpt-4o

reads labelled dialogues, asks each moderator about each, and prints accuracy, precision and recall per state with 95%
intervals, the confusion matrix and the misjudged dialogues; judge.csv has a row for each. A run directory in the file's
place scores its rounds again: what deal rate and price would another moderator have recorded? It knows the call policy,
the journal and the engines of `bargain`, so a second start goes on where the first one stopped and pays nothing twice.
"""

from __future__ import annotations

import functools
import hashlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import anyio
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from rich.box import SIMPLE_HEAD
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from bargain.calls.caller import Caller
from bargain.config.compose import compose, plain_of
from bargain.config.explain import explain
from bargain.config.identity import identity
from bargain.engines.base import Engine
from bargain.errors import BudgetReached, ConfigError, JournalError, NotRecorded, RunStopped, in_words
from bargain.results.progress import LiveLine, Pace, calls_text
from bargain.results.tables import PLAIN
from bargain.rundir.directory import Mark, choose, newest_first, read_state, write_json
from bargain.rundir.record import JOURNAL
from bargain.runs.build import build_engines, build_item, build_moderator, build_prompt, calling, open_journal
from bargain.runs.judging import (
    STATES,
    BadLine,
    Judged,
    Labelled,
    item_of,
    judge_one,
    read_labelled,
    read_rounds,
    rescored,
    scores,
    write_csv,
)
from bargain.runs.log import tell
from bargain.secrets import read_keys
from bargain.terminal import prepare
from bargain.text import on_screen, one_line

HELP = """bargain-judge: how well does a moderator judge? Asks moderators about labelled dialogues.

  bargain-judge FILE.jsonl                                   the config's moderator (yes_no), no key needed
  bargain-judge FILE.jsonl moderator=rules,yes_no,structured engine@moderator.engine=gpt-4o
  bargain-judge FILE.jsonl moderator=structured moderator.window=0 limits.max_cost_usd=2
  bargain-judge FILE.jsonl ... mode=replay                   the same tables again, no key, no network
  bargain-judge RUN_DIRECTORY moderator=rules,structured     a run's rounds scored again, beside what it recorded

A line of FILE.jsonl is one dialogue; more keys may follow (id, list_price, currency):
  {"turns": [["seller", "It is $20."], ["buyer", "$15?"], ["seller", "Deal!"]], "state": "deal", "price": 15}
state is deal, ongoing or no_deal; price is the agreed one, null without a deal.

Other arguments are those of bargain (engines, prompt/moderator, limits, mode, resume=never). Results go to
outputs/judge/DATE/TIME-judge/: judge.csv (a row per dialogue and moderator), judge.json (the tables), journal.sqlite.
Exit codes: 0 done, 1 failed, 2 refused before the first call, 3 paused by a budget, 130 interrupted."""

COMMAND = "bargain-judge"
DRAW_EVERY_S = 1.0
SHOWN = 12
"""Misjudged dialogues that are printed for each moderator; judge.csv has them all."""


def main() -> None:
    """Runs the command line and exits."""
    arguments = prepare("bargain-judge")
    read_keys()
    sys.exit(run(arguments))


def run(arguments: Sequence[str]) -> int:
    """Judges with these arguments; returns the exit code. Errors are one line on stderr."""
    if not arguments or {"-h", "--help"} & set(arguments):
        print(HELP)
        return 0 if arguments else 2
    try:
        return Bench(arguments).go()
    except (ConfigError, BadLine) as error:
        tell(str(error), COMMAND)
        return 2
    except (HydraException, OmegaConfBaseException) as error:
        tell(explain(error, list(arguments)), COMMAND)
        return 2


class Bench:
    """One start of the command."""

    def __init__(self, arguments: Sequence[str]) -> None:
        files = [each for each in arguments if "=" not in each]
        if len(files) != 1:
            raise ConfigError(
                f"name one file of labelled dialogues or one run directory, got {len(files)}; see bargain-judge --help"
            )
        self.file = Path(files[0])
        self.scores_again = self.file.is_dir()
        self.dialogues = read_rounds(self.file) if self.scores_again else read_labelled(self.file)
        names, others = _moderators([each for each in arguments if "=" in each])
        fixed = ["game=simple", "tracking=none", "n_games=1"]
        self.configs = {name: compose([*fixed, f"moderator={name}", *others]) for name in names}
        self.cfg: DictConfig = next(iter(self.configs.values()))
        self.directory = self._directory(Path("outputs/judge"))
        self.judged: dict[tuple[str, int], Judged] = {}

    def _directory(self, root: Path) -> Path:
        """The newest unfinished bench of exactly this; in a replay the newest one, finished or not."""
        wanted = self._identity
        if self.cfg.mode != "replay":
            return choose(
                root,
                "judge",
                self.cfg.resume,
                Mark(wanted, "judge.json"),
                lambda path: self._state(path) in ("running", "paused"),
            )
        for path in newest_first(root):
            if self._state(path):
                return path
        raise ConfigError(f"mode=replay: {root} holds no bench of this file and these moderators; judge live first")

    def _state(self, path: Path) -> str | None:
        """How a bench of exactly this stands; None for another."""
        state = read_state(path, "judge.json")
        return str(state.get("state")) if state.get("identity") == self._identity else None

    @functools.cached_property
    def _identity(self) -> str:
        """What decides the verdicts: the dialogues and each moderator's config."""
        plain: dict[str, Any] = {name: identity(plain_of(cfg)) for name, cfg in self.configs.items()}
        file = self.file / "games.jsonl" if self.scores_again else self.file
        plain["file"] = hashlib.sha256(file.read_bytes()).hexdigest()
        return identity(plain)

    def go(self) -> int:
        """Asks, counts, prints and writes."""
        engines: dict[str, Engine] = {}
        for cfg in self.configs.values():
            engines |= {seat: engine for seat, engine in build_engines(cfg).items() if seat == "moderator"}
        problem, code = "", 0
        if (self.directory / JOURNAL).exists():
            print(f"goes on with {self.directory}", flush=True)
        config = "\n---\n".join(OmegaConf.to_yaml(cfg) for cfg in self.configs.values())
        with (
            open_journal(self.directory, {"config": config}, self.cfg.mode) as journal,
            calling(journal, engines, self.cfg) as caller,
        ):
            try:
                anyio.run(self._ask_all, caller, engines)
            except* (RunStopped, NotRecorded, JournalError) as errors:
                problem, code = in_words(errors), 1
            except* BudgetReached as errors:
                problem, code = f"{in_words(errors)}; raise the cap and start the same command again", 3
            except* KeyboardInterrupt:
                problem, code = "interrupted; start the same command again to go on", 130
            stats = caller.stats()
        results = {name: [self.judged[key] for key in sorted(self.judged) if key[0] == name] for name in self.configs}
        done = len(self.judged) == len(self.configs) * len(self.dialogues)
        data = {
            "state": "finished" if done and not code else "paused",
            "identity": self._identity,
            "file": str(self.file),
            "dialogues": len(self.dialogues),
            "simulated": any(engine.simulated for engine in engines.values()),
            "engines": {name: cfg.moderator.engine.name for name, cfg in self.configs.items() if cfg.moderator.engine},
            "moderators": {name: scores(judged) for name, judged in results.items() if judged},
            "rounds": {name: rescored(judged) for name, judged in results.items() if judged and self.scores_again},
            "calls": {"live": stats.live, "from_journal": stats.from_journal, "failed": stats.failed},
            "tokens": {"input": stats.usage.input_tokens, "output": stats.usage.output_tokens},
            "cost_usd": stats.cost_usd,
        }
        write_json(self.directory / "judge.json", data)
        write_csv(self.directory / "judge.csv", [each for judged in results.values() for each in judged])
        _print(data, results, self.directory)
        if problem:
            tell(problem, COMMAND)
        return code

    async def _ask_all(self, caller: Caller, engines: dict[str, Any]) -> None:
        cells = iter([(name, number) for name in self.configs for number in range(len(self.dialogues))])

        async def work() -> None:
            for name, number in cells:
                dialogue = self.dialogues[number]
                judge = self._judge(name, dialogue)
                self.judged[name, number] = await judge_one(judge, name, caller.ask, number, dialogue)
                line.update(told)

        async def draw() -> None:
            while True:
                line.update(told)
                await anyio.sleep(DRAW_EVERY_S)

        pace = Pace(len(self.configs) * len(self.dialogues))
        line = LiveLine()

        def told(elapsed_s: float) -> str:
            stats, done = caller.stats(), len(self.judged)
            cost = "cost unknown" if stats.cost_usd is None else f"${stats.cost_usd:.2f}"
            left = pace.left(done, stats, elapsed_s)
            parts = (f"judged {done}/{pace.planned}", left, calls_text(stats, elapsed_s), cost)
            return "  ".join(part for part in parts if part)

        try:
            async with anyio.create_task_group() as watch:
                watch.start_soon(draw)
                async with anyio.create_task_group() as group:
                    for _ in range(min(self.cfg.limits.max_concurrent_games, len(self.dialogues))):
                        group.start_soon(work)
                watch.cancel_scope.cancel()
        finally:
            line.close()
            with anyio.CancelScope(shield=True):
                for engine in engines.values():
                    await engine.close()

    def _judge(self, name: str, dialogue: Labelled) -> Any:
        cfg = self.configs[name]
        item = item_of(build_item(cfg), dialogue)
        return build_moderator(cfg, build_prompt(cfg.prompt.moderator, "moderator"), item)


def _moderators(overrides: list[str]) -> tuple[list[str], list[str]]:
    """The moderators of moderator=a,b,c (the config's own if it is not given), and the other overrides."""
    chosen = [each.partition("=")[2] for each in overrides if each.startswith("moderator=")]
    names = [name.strip() for name in chosen[-1].split(",")] if chosen else ["yes_no"]
    if not all(names) or len(set(names)) != len(names):
        raise ConfigError(f"moderator={chosen[-1]}: name each moderator once, as in moderator=rules,yes_no")
    return names, [each for each in overrides if not each.startswith("moderator=")]


def _rate(rate: dict[str, Any]) -> str:
    if rate["rate"] is None:
        return "-"
    if rate["low"] is None:
        return f"{100 * rate['rate']:.1f} [too few]"
    return f"{100 * rate['rate']:.1f} [{100 * rate['low']:.1f}, {100 * rate['high']:.1f}]"


def _print(data: dict[str, Any], results: dict[str, list[Judged]], directory: Path) -> None:
    console = Console(width=None if sys.stdout.isatty() else 140, **PLAIN)
    if data["simulated"]:
        console.print(Text("a simulated moderator's verdicts", style="italic"))
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in ("moderator", "dialogues", "errors", "state, %", "state before the check, %", "price, %"):
        table.add_column(name)
    for name, score in data["moderators"].items():
        cells = [str(score["dialogues"]), str(score["errors"])]
        table.add_row(name, *cells, _rate(score["state"]), _rate(score["state_own"]), _rate(score["price"]))
    console.print(table)
    if data["rounds"]:
        console.print(
            "rounds scored again, beside what the run recorded; without a verdict a game counts on neither side"
        )
        console.print(_rounds_table(data["rounds"]))
    for name, score in data["moderators"].items():
        console.print(
            Text(f"{name}: rows are labels, columns what stands; disputed: a deal that the words do not bear out")
        )
        console.print(Group(_states_table(score), *_misjudged(results[name])))
    cost = data["cost_usd"]
    calls = data["calls"]
    console.print(
        f"{calls['live'] + calls['from_journal']:,} calls ({calls['from_journal']:,} from the journal), "
        f"{'cost unknown' if cost is None else f'${cost:,.4f}'}"
    )
    console.print(Text(f"results: {on_screen(str(directory))}"), soft_wrap=True)


def _rounds_table(by_moderator: dict[str, dict[str, dict[str, Any]]]) -> Table:
    """Per round and moderator, what the run recorded and what the moderator would have."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for column in ("moderator", "round", "games", "deals, %", "recorded", "mean price", "recorded"):
        table.add_column(column, justify="left" if column == "moderator" else "right")
    for name, rounds in by_moderator.items():
        for group, each in rounds.items():
            sides = (each["judged"], each["recorded"])
            shares = [f"{100 * side['deals'] / each['games']:.1f}" if each["games"] else "-" for side in sides]
            prices = ["-" if side["mean_price"] is None else f"{side['mean_price']:,.2f}" for side in sides]
            table.add_row(name, group, str(each["games"]), *shares, *prices)
    return table


def _states_table(score: dict[str, Any]) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("")
    for column in (*STATES, "error", "disputed", "precision, %", "recall, %"):
        table.add_column(column, justify="right")
    for state in STATES:
        row = score["confusion"][state]
        per = score["per_state"][state]
        counts = [str(row[got]) for got in (*STATES, "error")]
        counts.append(str(score["disputed"][state]))
        table.add_row(state, *counts, _rate(per["precision"]), _rate(per["recall"]))
    return table


def _misjudged(judged: list[Judged]) -> list[Text]:
    """The misjudged dialogues in a few lines each; what people said is shown as text, control characters escaped."""
    wrong = [each for each in judged if not each.right]
    lines = [Text(f"{len(wrong)} misjudged" + (f", the first {SHOWN}:" if len(wrong) > SHOWN else ""))]
    for each in wrong[:SHOWN]:
        wanted = each.dialogue
        got = each.error or f"{each.state} {'' if each.price is None else f'{each.price:g}'}"
        label = f"{wanted.state} {'' if wanted.price is None else f'{wanted.price:g}'}"
        lines.append(Text(one_line(f"  {wanted.id}: wanted {label.strip()}, got {got.strip()}"), style="bold"))
        for role, text in wanted.turns[-3:]:
            lines.append(Text(f"    {role}: {one_line(text)}", overflow="ellipsis", no_wrap=True))
    return lines


if __name__ == "__main__":
    main()
