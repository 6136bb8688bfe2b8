"""Where a game is left, and the runs of futures that begin there: `bargain branch=` before anything is played.

The game is played again from its journal; each place that is meant has untouched futures and those with the change.
Whatever is not there, or would alter what was said until then, is refused here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from bargain.config.compose import checked, compose, plain_of
from bargain.config.identity import key_of, may_change
from bargain.config.schema import BranchConfig
from bargain.engines.base import Scene
from bargain.errors import ConfigError, JournalError, RunStopped, first_of, in_words
from bargain.records import PLAYERS, Game, Message, Place, Player, Reply, Round
from bargain.rundir.record import read_record
from bargain.runs.branch import PAST, Key, Past, branched, call_of, moment, past_until, sha256, start_of
from bargain.runs.build import build_engines, build_game, build_seats, open_caller
from bargain.runs.loop import in_own_loop
from bargain.runs.resuming import recorded_run
from bargain.runs.runner import play_game

FOR_BOTH = ("seed", "allow_targets", "hydra.searchpath")
"""Keys that untouched futures have as well, beside those that decide no game."""


@dataclass(frozen=True, slots=True)
class Source:
    """A game as its journal has it, and every reply in it."""

    directory: Path
    cfg: DictConfig
    game: Game
    replies: dict[Key, Sequence[str]]
    simulated: bool


@dataclass(frozen=True, slots=True)
class BranchCell:
    """A run of futures that is still to be played."""

    name: str
    cfg: DictConfig
    past: str


def cells_of(own: dict[str, str], changes: Sequence[str]) -> list[BranchCell]:
    """Per place the untouched futures and those with the change."""
    directory = Path(own["branch"])
    n, number = (_whole(own, name, default) for name, default in (("n", "20"), ("game", None)))
    if n < 1:
        raise ConfigError(f"n={n}: at least one future has to be played")
    source = _played_again(directory, number, [each for each in changes if key_of(each) == "allow_targets"])
    both = [each for each in changes if may_change(_node(each)) or key_of(each) in FOR_BOTH]
    only = [each for each in changes if each not in both]
    if "estimate=true" in changes:
        both.append("mode=replay")  # asks for no key
    say = own.get("say")
    words = [*only, *([f"say={say}"] if say is not None else [])]
    changed_by = {_node(each).partition(".")[0] for each in only if say is None}
    places = _places(source, own, changed_by.pop() if len(changed_by) == 1 else "")
    both, only = ([each for each in said if not each.startswith("hydra.")] for said in (both, only))
    composed = compose([*both, *only]) if both or only else source.cfg
    arms: dict[str, tuple[DictConfig, str, str | None]] = {}
    arms["untouched"] = (_changed(source.cfg, composed, both, n), "", None)
    if words:
        arms["changed"] = (_changed(source.cfg, composed, [*both, *only], n), ", ".join(words), say)
    cells: list[BranchCell] = []
    for place in places:
        speaker = _speaker(source.game, place)
        for name, (base, changed, spoken) in arms.items():
            left = BranchConfig(of=str(directory.resolve()), say=spoken, changed=changed, **place)
            past = past_until(source.cfg, left, source.replies, speaker or "")
            left.sha256 = sha256(past)
            cfg = OmegaConf.merge(base, {"branch": left})
            assert isinstance(cfg, DictConfig)
            if len(cells) < len(arms):  # the other places differ in no more than the place
                arms[name] = (cfg := checked(cfg), changed, spoken)
            _check(cfg, past, source)
            label = "-".join(filter(None, (left.arm, f"r{left.round}-t{left.turn}", name)))
            cells.append(BranchCell(label, cfg, past))
    return cells


def _whole(own: dict[str, str], name: str, default: str | None) -> int:
    said = own.get(name, default)
    if said is None or not said.isdecimal():
        told = "is missing" if said is None else f"{said} is no whole number"
        raise ConfigError(f"{name}: {told}; bargain branch=DIR game=17 round=2 turn=5 n=20 say=... names a place")
    return int(said)


def _played_again(directory: Path, number: int, allowed: Sequence[str]) -> Source:
    """The game as the journal has it. Raises ConfigError where that is not a whole game without a failed call."""
    record = read_record(directory)
    if record is None:
        raise ConfigError(f"branch={directory}: no run lies there (no journal.sqlite); name a run's directory")
    cfg = recorded_run(directory, [*allowed, "mode=replay"])
    if number >= cfg.n_games:
        raise ConfigError(f"game={number}: {directory} has games 0 to {cfg.n_games - 1}")
    texts = record.texts
    game = branched(build_game(cfg), cfg, texts)
    replies = dict(Past.read(cfg, texts[PAST]).replies) if cfg.branch.sha256 else {}
    engines, seats, games = build_engines(cfg), build_seats(cfg), []
    try:
        with open_caller(cfg, plain_of(cfg), directory, engines, 1, {}) as caller:

            async def ask(place: Place, messages: Sequence[Message], scene: Scene) -> Reply:
                reply = await caller.ask(place, messages, scene)
                replies[call_of(place)] = (reply.text, reply.finish, reply.model)
                return reply

            async def again() -> None:
                games.append(await play_game(number, seats, game, ask, simulated=False))

            in_own_loop(again)
    except BaseException as error:
        first = first_of(error)
        if not isinstance(first, (RunStopped, JournalError)):
            raise
        told = in_words(first).removeprefix("mode=replay: ").partition(";")[0]
        raise ConfigError(f"branch={directory}: game {number} cannot be read as it was played: {told}") from None
    if games[0].error:
        raise ConfigError(f"game={number}: it failed ({games[0].error}), so nothing was agreed or refused in it")
    return Source(directory, cfg, games[0], replies, any(each.simulated for each in engines.values()))


def _places(source: Source, own: dict[str, str], role: str) -> list[dict[str, Any]]:
    """The places that are meant; of all turns those of this player, if it is one. Raises ConfigError for one that is
    not in the game."""
    rounds, arm, turn = source.game.rounds, own.get("arm", ""), own.get("turn", "0")
    arms = list(dict.fromkeys(each.arm for each in rounds if each.arm))
    if arm and arm not in arms:
        raise ConfigError(f"arm={arm}: game {source.game.game} has {', '.join(arms) or 'no arms'}")
    there = [each for each in rounds if each.arm in ("", arm)]
    numbers = [each.round for each in there]
    if turn == "all" and "round" not in own:
        wanted = there
    else:
        number = _whole(own, "round", "1" if len(numbers) == 1 else None)
        wanted = [each for each in there if each.round == number]
        if not wanted:
            more = f"; its further rounds belong to an arm: arm={arms[0]}" if arms and not arm else ""
            raise ConfigError(
                f"round={number}: game {source.game.game} played round{'s' * (len(numbers) > 1)} "
                f"{', '.join(map(str, numbers))}{more}"
            )
    found: list[dict[str, Any]] = []
    for played in wanted:
        free = [at for at, each in enumerate(played.turns, 1) if not each.fixed]
        by = [at for at in free if role not in PLAYERS or played.turns[at - 1].role == role]
        turns = by if turn == "all" else [_whole(own, "turn", "0")]
        for at in turns:
            if at not in free and (at or "say" in own):
                told = f"{free[0]} to {free[-1]}" if free else "none"
                raise ConfigError(
                    f"turn={at}: of round {played.round} of game {source.game.game}, with {len(played.turns)} turns, "
                    f"these can be played another way: {told}"
                )
            found.append({"game": source.game.game, "arm": played.arm, "round": played.round, "turn": at})
    return found


def _speaker(game: Game, place: dict[str, Any]) -> Player | None:
    """Who speaks at a place; nobody before the coaching of a round."""
    played = next(each for each in game.rounds if (each.arm, each.round) == (place["arm"], place["round"]))
    return played.turns[place["turn"] - 1].role if place["turn"] else None


def _node(override: str) -> str:
    """The dotted key of the config that an override sets: seller.engine of engine@seller.engine=gpt-4o."""
    group, _, package = key_of(override).partition("@")
    return package or group.replace("/", ".")


def _changed(cfg: DictConfig, composed: DictConfig, changes: Sequence[str], n: int) -> DictConfig:
    """The recorded config with what these overrides set in the composed one, and n games. Nothing follows: what is not
    named stays as it was."""
    made = OmegaConf.merge(cfg, {"mode": "live", "resume": "auto", "n_games": n})
    for each in changes:
        OmegaConf.update(made, _node(each), OmegaConf.select(composed, _node(each)), merge=False, force_add=True)
    assert isinstance(made, DictConfig)
    return made


class _Asked(RunStopped):
    """The first call of a future."""


def _check(cfg: DictConfig, past: str, source: Source) -> None:
    """Raises ConfigError where a future of this config would not begin with what was said. Nobody is asked."""
    left, engines = cfg.branch, build_engines(cfg)
    if source.simulated and not any(each.simulated for each in engines.values()):
        raise ConfigError("branch: the past is simulated and no engine that plays on is, so nothing would say so")
    rounds: list[Round] = []
    reached: list[tuple[Place, Scene]] = []

    async def ask(place: Place, messages: Sequence[Message], scene: Scene) -> Reply:
        reached.append((place, scene))
        raise _Asked

    async def begin() -> None:
        game = branched(build_game(cfg), cfg, {PAST: past})
        seats = replace(build_seats(cfg), prober=None)  # what is asked off the record begins no future
        await play_game(0, seats, game, ask, simulated=False, saw=rounds.append)

    try:
        in_own_loop(begin)
    except BaseException as error:
        if not isinstance(first_of(error), _Asked):
            raise
    was = {(each.arm, each.round): each for each in source.game.rounds}
    old = [was.get((each.arm, each.round)) for each in rounds]
    same = all(
        before is not None and (each.turns, each.outcome, each.price) == (before.turns, before.outcome, before.price)
        for each, before in zip(rounds, old, strict=True)
        if each.round < left.round
    )
    for place, scene in reached:
        if left.say is not None and (place.round, place.turn) == (left.round, left.turn) and place.again:
            raise ConfigError(f"say={left.say}: these words are no turn of channel={cfg.channel.name}")
        turns = was[left.arm, left.round].turns[: max(left.turn - 1, 0)]
        same = same and moment(call_of(place)) >= start_of(left)
        same = same and (scene.task != "speak" or place.round > left.round or scene.turns[: len(turns)] == turns)
    if not same or (not reached and not any(each.round == left.round for each in rounds)):
        raise ConfigError(
            f"branch: {left.changed or 'this version'} would alter what was said before round {left.round}"
            f"{f', turn {left.turn}' if left.turn else ''}; change what comes after it"
        )
