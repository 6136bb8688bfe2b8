"""debug=true: two tiny games, one after the other, with every call and every verdict printed as it comes."""

from __future__ import annotations

from collections.abc import Sequence

from bargain.config.identity import key_of
from bargain.engines.base import Ask, Scene
from bargain.records import Game, Message, Place, Reply
from bargain.runs.log import safe_lines

TINY = ("n_games=2", "game.n_rounds=2", "game.max_exchanges=4", "limits.max_concurrent_games=1", "tracking=none")
"""What debug=true stands for, beside the printing, where the command line does not say otherwise."""


def with_debug(arguments: Sequence[str]) -> list[str]:
    """The arguments, with what a debug=true among them stands for."""
    said = {key_of(each) for each in arguments}
    if "debug=true" not in [each.lstrip("+") for each in arguments] or "resume" in said:
        return list(arguments)
    tiny = (*TINY, "resume=never")
    return [*arguments, *(each for each in tiny if key_of(each) not in said)]


def telling(ask: Ask) -> Ask:
    """The same way to get a reply, with everything that is asked and answered on the terminal."""

    async def told(place: Place, messages: Sequence[Message], scene: Scene) -> Reply:
        where = f"game {place.game}, {f'arm {place.arm}, ' if place.arm else ''}round {place.round}, turn {place.turn}"
        _print(f"\n──── {where}: {place.role} is asked", *(f"[{each.role}] {each.text}" for each in messages))
        reply = await ask(place, messages, scene)
        _print(f"──── {place.role} says", reply.text)
        return reply

    return told


def tell_game(game: Game) -> None:
    """Prints what became of a game's rounds."""
    for played in game.rounds:
        price = "" if played.price is None else f" at {played.price:g}"
        reason = f" ({played.reason})" if played.reason else ""
        _print(f"\n════ game {game.game}, round {played.round}: {played.outcome}{price}{reason}")


def _print(*lines: str) -> None:
    print(safe_lines("\n".join(lines)), flush=True)
