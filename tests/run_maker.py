"""Makes run directories as `bargain` leaves them, from prices: what the tests of `analysis` read.

make_run(tmp_path / "a", [[15.0, 16.0], [14.0, None]])      two games of two rounds, the last one without a deal
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import yaml

from bargain.config.schema import Config, EngineConfig
from bargain.records import Feedback, Game, Round, Turn, Usage, Verdict
from bargain.rundir.games import GamesFile

_DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)  # five times as fast where libyaml is there
Prices = Sequence[Sequence[float | None]]
USAGE = (
    ("buyer", Usage(300, 30, 0, 0, 3)),
    ("seller", Usage(300, 30, 100, 0, 3)),
    ("seller_critic", Usage(50, 5, 0, 0, 1)),
)


def dialogue(seller: Sequence[float], buyer: Sequence[float], accepts: bool = True) -> tuple[Turn, ...]:
    """Seller and buyer in turns, each with a hard-coded opening first; the last turn accepts the other's price."""
    turns = []
    for number in range(max(len(seller), len(buyer))):
        for role, offers in (("seller", seller), ("buyer", buyer)):
            if number < len(offers):
                text = f"I say ${offers[number]:.2f}."
                turns.append(Turn(role, text, offers[number], "offer", fixed=number == 0))  # type: ignore[arg-type]
    if accepts:
        last = turns[-1]
        turns.append(Turn("buyer" if last.role == "seller" else "seller", "Deal!", last.offer, "accept"))
    return tuple(turns)


def a_round(number: int, price: float | None, arm: str = "", source: str = "ai", learner: str = "seller") -> Round:
    """A plain round: two offers each and, with a price, a deal at it; coached by `source` from round 2 on."""
    turns = dialogue((20, price or 18), (10, 12), accepts=False)
    if price is not None:
        turns = (*turns[:3], Turn("buyer", "It is a deal then.", price, "accept"))
    heard = (Feedback(learner, source, "Ask for more.", "I will."),) if number > 1 and source else ()  # type: ignore[arg-type]
    verdict = Verdict(
        len(turns), "deal" if price is not None else "ongoing", price, stands="deal" if price else "ongoing"
    )
    legacy = price if price is not None and 10 < price < 20 else None
    outcome = "no_deal" if price is None else "deal"
    return Round(number, arm, outcome, price, turns, (verdict,), (), heard, "", legacy, USAGE)  # type: ignore[arg-type]


def a_game(number: int, prices: Sequence[float | None], source: str = "ai", learner: str = "seller") -> Game:
    """A game with these prices, round by round."""
    rounds = tuple(a_round(at, price, "", source, learner) for at, price in enumerate(prices, start=1))
    return Game(number, rounds[-1].outcome, rounds, simulated=True)


def an_arms_game(number: int, first: float | None, later: Mapping[str, Sequence[float | None]]) -> Game:
    """A compare game: the shared first price, then each arm's; an arm's name is its feedback source."""
    rounds = [a_round(1, first)]
    for arm, prices in later.items():
        rounds += [a_round(at, price, arm, arm) for at, price in enumerate(prices, start=2)]
    return Game(number, rounds[-1].outcome, tuple(rounds), simulated=True)


def config(**choices: Any) -> dict[str, Any]:
    """A whole config as played; choices are dotted names with `__` for the dot: game__n_rounds=5."""
    whole = Config(n_games=2)
    whole.item.cost, whole.item.seller_opening, whole.item.buyer_opening = 8, 20, 10
    whole.seller.engine = whole.buyer.engine = EngineConfig(name="simulated", model="simulated")
    whole.game = replace(whole.game, name="criticize_seller", learners=["seller"], n_rounds=2)
    plain = asdict(whole)
    for name, value in choices.items():
        *above, last = name.split("__")
        place = plain
        for part in above:
            if place.get(part) is None:
                place[part] = {}
            place = place[part]
        place[last] = value
    return plain


def make_run(
    directory: Path, games: Prices | Sequence[Game], *, state: str | None = "finished", **choices: Any
) -> Path:
    """Writes the directory; state None leaves no summary. n_games and n_rounds follow the games unless chosen."""
    learner = (choices.get("game__learners") or ["seller"])[0]
    made = [each if isinstance(each, Game) else a_game(at, each, learner=learner) for at, each in enumerate(games)]
    longest = max((played.round for game in made for played in game.rounds), default=2)
    chosen = {"n_games": max(len(made), 1), "game__n_rounds": longest, **choices}
    (directory / ".hydra").mkdir(parents=True)
    text = yaml.dump(config(**chosen), sort_keys=False, Dumper=_DUMPER)
    (directory / ".hydra" / "config.yaml").write_text(text, encoding="utf-8")
    file = GamesFile(directory / "games.jsonl")
    for game in made:
        file.add(game)
    file.close()
    if state is not None:
        write_summary(directory, state=state, finished=len(made), planned=chosen["n_games"])
    return directory


def write_summary(directory: Path, *, state: str, finished: int, planned: int, **more: Any) -> None:
    """The summary.json of a run."""
    data = {
        "state": state,
        "problem": "",
        "simulated": True,
        "n_games": planned,
        "games": {"planned": planned, "finished": finished, "error": 0},
        "cost_usd": 0.5,
        "cost_usd_by_seat": {"seller": 0.2, "buyer": 0.2, "seller_critic": 0.05, "buyer_critic": 0.05},
        "wall_s": 2.5,
        **more,
    }
    (directory / "summary.json").write_text(json.dumps(data), encoding="utf-8")
