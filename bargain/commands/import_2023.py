"""Imports the logs of GPT-Bargaining (Fu et al. 2023) into run directories that all analysis reads.

    bargain-import GPT-Bargaining/outputs/*.txt

Each log becomes a run directory under outputs/imported/ with games.jsonl, summary.json and .hydra/config.yaml. The
dialogues are read by our rules and by those of 2023 (scoring), and the price that the old program logged is kept beside
both in imported.json. What a log does not tell (tokens, costs) stays empty.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from bargain.agents.verdicts import checked as checked_verdict
from bargain.agents.witness import reading_of
from bargain.calls.stats import Stats
from bargain.config.compose import compose, plain_of
from bargain.config.files import config_dir
from bargain.config.identity import identity
from bargain.fu2023.legacy import legacy_round_price
from bargain.fu2023.logs import Log, LoggedGame, LoggedRound, read_log
from bargain.reading.reader import Act, Reader, offers, same
from bargain.reading.violations import find_violations
from bargain.records import Feedback, Game, Item, Outcome, Round, Turn, Verdict
from bargain.results.summary import summary_data
from bargain.results.tally import Tally
from bargain.rundir.directory import write_json
from bargain.rundir.games import game_to_json
from bargain.terminal import prepare
from bargain.text import on_screen
from bargain.version import __version__

CUT = "the log is cut off here"


def main() -> None:
    """Runs the command line and exits."""
    sys.exit(run(prepare("bargain-import")))


def run(arguments: Sequence[str]) -> int:
    """Imports the named logs; returns 0, 1 if something had to be left out, 2 if a log could not be read."""
    options = _arguments(arguments)
    files = [log for name in options.logs for log in _files(Path(name))]
    if not files:
        print(f"bargain-import: no *.txt under {', '.join(options.logs)}", file=sys.stderr)
        return 2
    code = 0
    for file in files:
        try:
            log = read_log(file)
            directory = _free(Path(options.out) / re.sub(r"[^\w.-]+", "_", file.stem))
            told = import_log(log, directory, options)
        except ValueError as error:
            print(on_screen(f"bargain-import: {error}"), file=sys.stderr)
            code = 2
            continue
        except OSError as error:
            problem = f"cannot write {error.filename or options.out} ({error.strerror}); name another place with --out"
            print(on_screen(f"bargain-import: {problem}"), file=sys.stderr)
            return 2
        print(on_screen(f"{file}: {told}\n  -> {directory}"))
        for problem in log.problems:
            print(on_screen(f"bargain-import: {problem}"), file=sys.stderr)
        code = max(code, 1 if log.problems else 0)
    return code


def _arguments(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="bargain-import", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("logs", nargs="+", help="log files, or directories of *.txt")
    parser.add_argument("--out", default="outputs/imported", help="where the run directories go")
    parser.add_argument("--game", help="criticize_seller, ... ; else as the log or its file name tells")
    parser.add_argument("--seller", help="the seller's engine, where the log does not name it")
    parser.add_argument("--buyer", help="the buyer's engine, where the log does not name it")
    parser.add_argument("--cost", type=float, default=8.0, help="the seller's cost (2023: 8)")
    return parser.parse_args(list(arguments))


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        return [each for each in sorted(path.glob("*.txt")) if not each.stem.endswith("_final_prices")]
    return [path]


def _free(path: Path) -> Path:
    for number in range(1, 1000):
        free = path if number == 1 else path.with_name(f"{path.name}-{number}")
        if not free.exists():
            return free
    raise ValueError(f"{path} and its like exist; name another --out")


def import_log(log: Log, directory: Path, options: argparse.Namespace) -> str:
    """Writes the run directory of a log and returns what it holds, in one line. Raises ValueError for an empty one."""
    if not log.games:
        raise ValueError(f"{log.path} holds no whole round")
    item = item_of(log, options.cost)
    games = [game_of(number, logged, item, _learner(log, options)) for number, logged in enumerate(log.games)]
    cfg = _config(log, games, item, options)
    (directory / ".hydra").mkdir(parents=True)
    (directory / ".hydra" / "config.yaml").write_text(OmegaConf.to_yaml(cfg), encoding="utf-8")
    lines = "".join(game_to_json(game) + "\n" for game in games)
    (directory / "games.jsonl").write_text(lines, encoding="utf-8")
    tally = Tally(item)
    for game in games:
        tally.add(game)
    write_json(directory / "summary.json", _summary(log, tally, plain_of(cfg), cfg))
    prices = _prices(log, games)
    write_json(directory / "imported.json", {"log": str(log.path), "engines": log.engines, "rounds": prices})
    agreeing = sum(_agree(each["logged"], each["legacy"], item) for each in prices if each["logged"] is not None)
    counted = sum(each["logged"] is not None for each in prices)
    of = f" of {log.planned}" if log.planned > len(games) else ""
    return (
        f"{len(games)}{of} games, {len(prices)} rounds; the 2023 rules give the logged price in {agreeing} of {counted}"
    )


def item_of(log: Log, cost: float) -> Item:
    """The item: its name and openings as the first words of the first game tell them."""
    turns = next((each.turns[:2] for game in log.games for each in game.rounds if len(each.turns) > 1), [])
    if not turns:
        raise ValueError(f"{log.path} holds no whole round")
    asked = offers([(turn.role, turn.text) for turn in turns])
    opening = dict(zip((turn.role for turn in turns), asked, strict=True))
    named = re.search(r"good (\w+) and its price", turns[0].text)
    name = {"baloon": "balloon"}.get(named[1], named[1]) if named else "item"
    return Item(name, "", opening.get("seller"), opening.get("buyer"), cost)


def game_of(number: int, logged: LoggedGame, item: Item, learner: str) -> Game:
    """The game record of one case."""
    rounds = tuple(_round(each, item, learner) for each in logged.rounds)
    cut = logged.rounds[-1].cut
    return Game(number, rounds[-1].outcome, rounds, f"the log is cut off in round {rounds[-1].round}" if cut else "")


def _round(logged: LoggedRound, item: Item, learner: str) -> Round:
    reader = Reader(item.seller_opening, item.currency)
    turns: list[Turn] = []
    acts: list[Act] = []
    verdicts: list[Verdict] = []
    for index, each in enumerate(logged.turns):
        act = reader.add(each.role, each.text)
        acts.append(act)
        turns.append(Turn(each.role, each.text, act.offer, act.kind, fixed=index < 2))
        if each.verdict is not None:
            said = Verdict(index + 1, "deal" if "yes" in each.verdict.lower() else "ongoing", text=each.verdict)
            verdicts.append(checked_verdict(said, turns, reading_of(reader.outcome(), acts), item.currency))
    outcome, price, reason = ("error", None, CUT) if logged.cut else _ending(reader, verdicts)
    read = reader.outcome()
    accepted_by = read.accepted_by_turn if read.state == "deal" else len(turns) - 1 if price is not None else None
    told: tuple[Feedback, ...] = ()
    if logged.feedback is not None:
        source = logged.arm or "ai"
        told = (Feedback("buyer" if learner == "buyer" else "seller", source, logged.feedback, logged.acknowledgement),)
    played = Round(
        logged.number,
        logged.arm,
        outcome,
        price,
        tuple(turns),
        tuple(verdicts),
        tuple(find_violations(tuple(turns), item, accepted_by, price)),
        told,
        reason,
    )
    return replace(played, legacy_price=legacy_round_price(played, item))


def _ending(reader: Reader, verdicts: Sequence[Verdict]) -> tuple[Outcome, float | None, str]:
    """How the round ended by our rules: the logged verdict where it survives the check, a farewell, else no deal."""
    read = reader.outcome()
    if verdicts and verdicts[-1].stands == "deal":
        return "deal", verdicts[-1].price, ""
    if read.state == "no_deal":
        return "walk_away", None, f"the {read.walked_away} walked away"
    if verdicts and verdicts[-1].state == "deal":
        return "no_deal", None, f"the logged deal does not stand: {'; '.join(verdicts[-1].objections)}"
    return "no_deal", None, "the log ends without a deal"


def _learner(log: Log, options: argparse.Namespace) -> str:
    return "buyer" if "buyer" in _game_name(log, options) and "critic" in _game_name(log, options) else "seller"


def _game_name(log: Log, options: argparse.Namespace) -> str:
    if options.game:
        return str(options.game)
    arms = {played.arm for game in log.games for played in game.rounds}
    if arms - {""}:
        return "seller_compare_feedback"
    if all(len(game.rounds) == 1 for game in log.games) and not log.path.stem.startswith("criticize"):
        return "simple"
    by_file = "criticize_buyer" if re.search(r"buyer_critic|criticize_buyer", log.path.stem) else "criticize_seller"
    critic = {"buyer_critic": "criticize_buyer", "seller_critic": "criticize_seller"}
    return next((game for role, game in critic.items() if role in log.engines), by_file)


def _config(log: Log, games: Sequence[Game], item: Item, options: argparse.Namespace) -> DictConfig:
    """The config that comes nearest to what was played, engines of 2023 included."""
    name = _game_name(log, options)
    rounds = max(played.round for game in games for played in game.rounds)
    overrides = [
        f"game={name}",
        f"n_games={max(log.planned, len(games))}",
        "scoring=legacy",
        "tracking=none",
        "moderator=yes_no",
    ]
    cfg = compose([*overrides, *([f"game.n_rounds={max(2, rounds)}"] if name != "simple" else [])])
    cfg.game.after_no_deal = "stop"
    for key in ("name", "seller_opening", "buyer_opening", "cost"):
        cfg.item[key] = getattr(item, key)
    named = {
        "seller": log.engines.get("seller") or options.seller,
        "buyer": log.engines.get("buyer") or options.buyer,
        "moderator": log.engines.get("moderator"),
        "critic": log.engines.get("seller_critic") or log.engines.get("buyer_critic"),
    }
    for seat, model in named.items():
        if cfg[seat].engine is not None:
            cfg[seat].engine = _engine(model or "unknown", cfg[seat].engine)
    return cfg


def _engine(model: str, engine: Any) -> Any:
    """The engine's config: a preset of that model if there is one, else only its name."""
    known = next((path.stem for path in sorted((config_dir() / "engine").glob("*.yaml")) if path.stem == model), None)
    fresh = OmegaConf.merge(engine, {"_target_": "bargain.engines.openai.OpenAIEngine", "name": known or model})
    return OmegaConf.merge(fresh, {"model": model, "options": {}, "api_key_env": None})


def _summary(log: Log, tally: Tally, plain: dict[str, Any], cfg: DictConfig) -> dict[str, Any]:
    """What stands in summary.json: a run of which nobody knows the calls, finished if every planned game is whole."""
    facts = {
        "problem": "",
        "identity": identity(plain),
        "version": __version__,
        "imported_from": str(log.path),
        "simulated": False,
        "scoring": cfg.scoring.value,
        "currency": cfg.item.currency,
        "n_games": cfg.n_games,
    }
    whole = len(log.games) >= log.planned and not any(each.cut for game in log.games for each in game.rounds)
    return summary_data("finished" if whole else "interrupted", facts, tally, Stats(cost_usd=None), 0.0)


def _prices(log: Log, games: Sequence[Game]) -> list[dict[str, Any]]:
    """Per round: the price that the old program logged (-1: none), and ours by both rules."""
    return [
        {
            "case": logged.number,
            "round": played.round,
            "arm": played.arm,
            "logged": line.price,
            "strict": played.price,
            "legacy": played.legacy_price,
        }
        for logged, game in zip(log.games, games, strict=True)
        for line, played in zip(logged.rounds, game.rounds, strict=True)
    ]


def _agree(logged: float, legacy: float | None, item: Item) -> bool:
    """Whether the logged price is the one the 2023 rules give; one that is not between the openings counts as none."""
    low, high = item.buyer_opening, item.seller_opening
    counts = (low is None or logged > low) and (high is None or logged < high)
    return (legacy is None) == (not counts) and (legacy is None or same(logged, legacy))


if __name__ == "__main__":
    main()
