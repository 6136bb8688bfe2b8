"""What decides the games of a run: the config without what may change on resume and without texts that nobody uses.

    identity(config)                                      -> "f66cfcd2e7dbe3ae", the same for the same games
    changes({"n_games": 20, ...}, {"n_games": 30, ...})   -> ["n_games was 20, is 30"]

Configs are plain data here; nothing of Hydra is imported, so that `analysis` uses the same list.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

from bargain.text import shortened

FREE_TO_CHANGE = ("limits", "tracking", "resume", "mode", "retry_failed", "estimate", "analysis", "objective", "debug")
"""Top-level keys that may differ on resume: they do not decide what is played."""
PACE = ("max_concurrency", "start_concurrency", "requests_per_minute", "tokens_per_minute", "timeout_s")
"""Of an engine's settings those that say how fast it is asked: they may differ as well."""
TARGETS_SINCE = {
    "scenario": "bargain.games.scenarios.fixed.Fixed",
    "channel": "bargain.channels.free_text.FreeText",
}
"""Groups that came with later versions: the target that the runs before were played with."""
SINCE = (
    r"(.*\.)?engine\.reasoning",
    r"feedback\.engine",
    r"game\.arms\.[^.]+\.engine",
    r"(seller|buyer)\.worded_by",
)
"""Keys that came with later versions, as patterns: null is what the runs before were played with."""
_PATHS = ("scenario.path", "branch.of")
_BY_SEED = ("SimulatedEngine", "OpponentEngine")
"""Engines whose words are a pure function of the seed and the dialogue."""
WITHOUT_CRITIC = ("Human", "Constant", "TargetOnly", "Silence", "Fresh", "SelfCritique", "ExpertRules")
"""Our sources of feedback that use no critic's prompt. Of a class of one's own nothing is known: its texts count."""
_FOR_LEARNERS = ("feedback_", "target_", "acknowledgement_", "ask_acknowledgement")
"""Texts of a player's prompt that only a coached player hears or says, by how their names begin."""


def may_change(key: str) -> bool:
    """Whether a dotted key of the config may differ on resume: limits, tracking, seller.engine.requests_per_minute.

    Of a catalogue its hash decides, wherever it lies, and so it does of a game that a branch left.
    """
    parts = key.split(".")
    paced = parts[-2:-1] in (["engine"], ["worded_by"]) and parts[-1] in PACE
    return key in _PATHS or parts[0] in FREE_TO_CHANGE or paced


def decided_by_seed(target: object) -> bool:
    """Whether the engine with this _target_ plays by the seed: embedded negotiators and known opponents.

    Two runs of one seed then begin alike, game by game; any other engine gets no seed, or makes nothing of it.
    """
    return str(target).rpartition(".")[2] in _BY_SEED


def acts_decide(channel: object) -> bool:
    """Whether the channel with this _target_ is one of ours in which the acts decide: then no moderator is asked."""
    return str(channel).startswith("bargain.") and channel != TARGETS_SINCE["channel"]


def decides_alone(moderator: object, channel: object, protocol: object) -> str:
    """What decides in a run with these _target_s, None for an older run's, as far as they are ours: the acts, the
    protocol or the rules; "" where a moderator is asked."""
    if acts_decide(channel):
        return "the acts"
    if _is_ours(protocol, "SealedBid"):
        return "the protocol"
    return "the rules" if _is_ours(moderator, "Rules") else ""


def _is_ours(target: object, *names: str) -> bool:
    """Whether a _target_ is a class of bargain's with one of these names, in whatever module of whatever version."""
    room, _, name = str(target).rpartition(".")
    return room.startswith("bargain.") and name in names


def unused(config: dict[str, Any]) -> set[str]:
    """Dotted keys of the prompts and texts that no role of this config uses: prompt.critic in a game without coach."""
    game = _part(config, "game")
    learners = game.get("learners") or []
    keys = set()
    for group, target in TARGETS_SINCE.items():
        if _part(config, group).get("_target_", target) == target:
            keys.add(group)  # runs are those that they were
    if acts_decide(_part(config, "channel").get("_target_")):
        keys |= {"prompt.moderator", "moderator"}
    for group in ("adversary", "probe", "second_issue"):  # with a probe the games are the same, and the calls are not
        if _part(config, group).get("name", "none") == "none":
            keys.add(group)
    if _part(config, "branch").get("sha256") is None:
        keys.add("branch")
    if _is_ours(_part(config, "moderator").get("_target_"), "Rules"):
        keys.add("prompt.moderator")
    if not any(_part(config, role).get("worded_by") for role in ("seller", "buyer")):
        keys.add("prompt.words")
    sources = [_part(config, "feedback"), *_part(game, "arms").values()]
    if not learners or all(_is_ours(source.get("_target_"), *WITHOUT_CRITIC) for source in sources):
        keys.add("prompt.critic")
    for role in {"seller", "buyer"} - set(learners):
        texts = _part(_part(_part(config, "prompt"), role), "texts")
        keys |= {f"prompt.{role}.texts.{name}" for name in texts if name.startswith(_FOR_LEARNERS)}
    return keys


def _part(config: dict[str, Any], name: str) -> dict[str, Any]:
    part = config.get(name)
    return part if isinstance(part, dict) else {}


def identity(config: dict[str, Any]) -> str:
    """A short hash of what decides the games."""
    return hashlib.sha256(json.dumps(_deciding(config, unused(config)), sort_keys=True).encode()).hexdigest()[:16]


def _deciding(config: dict[str, Any], without: set[str], path: str = "") -> dict[str, Any]:
    return {
        name: _deciding(value, without, f"{path}{name}.") if isinstance(value, dict) else value
        for name, value in config.items()
        if not may_change(f"{path}{name}")
        and f"{path}{name}" not in without
        and not (value is None and any(re.fullmatch(each, f"{path}{name}") for each in SINCE))
    }


def key_of(override: str) -> str:
    """The dotted key that an override of the command line sets, adds or deletes."""
    return override.lstrip("+~").partition("=")[0]


def sweep_identity(overrides: Iterable[str]) -> str:
    """The identity of a sweep: its overrides, without those that may change on resume."""
    kept = sorted(each for each in overrides if not may_change(key_of(each)))
    return hashlib.sha256("\n".join(kept).encode()).hexdigest()[:16]


def changes(recorded: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """One "key was X, is Y" per value that differs, without what may change on resume; [] if the games are the same."""
    return [_told(*each) for each in _differing(recorded, now)]


GROWS = ("n_games", "game.n_rounds")
"""Numbers that may be larger when a run goes on: what was played is the beginning of what is played then."""


def extends(recorded: dict[str, Any], now: dict[str, Any]) -> bool:
    """Whether a config is a recorded one with more games or more rounds, and else the same."""
    return now != recorded and not other_changes(recorded, now)


def other_changes(recorded: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """`changes` without those of an extension: more games, more rounds."""
    return [
        _told(key, old, new)
        for key, old, new in _differing(recorded, now)
        if not (key in GROWS and _number(old) <= _number(new))
    ]


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0


def _differing(recorded: dict[str, Any], now: dict[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """Each dotted key whose value decides games and differs, with what it was and what it is."""
    without = unused(recorded) & unused(now)
    old, new = dict(_leaves(recorded, without)), dict(_leaves(now, without))
    for key in [*old, *(key for key in new if key not in old)]:
        if old.get(key) != new.get(key):
            yield key, old.get(key), new.get(key)


def _told(key: str, old: Any, new: Any) -> str:
    return f"{key} was {shortened(old, 40)}, is {shortened(new, 40)}"


def _leaves(value: Any, without: set[str], path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            where = f"{path}.{name}" if path else str(name)
            if not may_change(where) and where not in without:
                yield from _leaves(inner, without, where)
    else:
        yield path, value


def followed(seat: str, learners: Sequence[str], people: Collection[str] = ()) -> tuple[str, ...]:
    """The players whose engine a seat has that names none: a critic its learner's, the moderator the rival's.

    Two learners have a critic each, on their own engines; without a learner the moderator follows the buyer. `people`
    are the players that a person plays: one seat is enough for a person, so the other player's engine is followed.
    """
    if seat not in ("critic", "moderator"):
        return ()
    rival = ("seller",) if list(learners) == ["buyer"] else ("buyer",)
    players = tuple(learners) if seat == "critic" else rival
    if len(players) == 1 and players[0] in people and len(people) == 1:
        return ("seller",) if players[0] == "buyer" else ("buyer",)
    return players
