"""Overrides that people write for others: what stands on the command line, and what was surely meant.

seller.engine=gpt-4o        engine@seller.engine=gpt-4o
prompt=v2                   prompt/seller=v2, prompt/buyer=v2 ...
engines=simulated           every seat's engine: the one short form that is understood
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence

from bargain.errors import ConfigError

SEATS = ("seller", "buyer", "moderator", "critic")
_PLACES = [*(f"{seat}.engine" for seat in SEATS), "seller.worded_by", "buyer.worded_by"]
_IN_ARM = r"game\.arms\.[^.=]+\.engine"


def with_every_seat(overrides: Sequence[str]) -> list[str]:
    """The overrides, with engines=NAME as the players' engines; moderator and critic follow them, whoever they were.

    Raises ConfigError where it names several.
    """
    words: list[str] = []
    for each in overrides:
        key, said, name = each.partition("=")
        if key != "engines" or not said:
            words.append(each)
        elif "," in name or not name:
            raise ConfigError(
                f"{each}: name one engine, for every seat; a sweep names them by seat: engine@seller.engine=a,b"
            )
        else:
            words += [f"engine@seller.engine={name}", f"engine@buyer.engine={name}"]
            words += [f"engine@{seat}.engine=follows" for seat in SEATS[2:]]
    return words


def slip(key: str, value: str) -> str:
    """What was surely meant by an override that cannot work, in one line; "" for any other."""
    name, plain = key.lstrip("+~"), not value.startswith(("{", "[", "$")) and value not in ("", "null")
    if name == "engine":
        return f"{key}={value}: whose engine? engine@seller.engine={value}; for every seat engines={value}"
    if (name in _PLACES or re.fullmatch(_IN_ARM, name)) and plain:
        return (
            f"{key}={value}: an engine is chosen with engine@{name}={value}; {name}.model=... names another model of it"
        )
    place = name.removeprefix("engine@")
    if place != name and place not in _PLACES and not re.fullmatch(_IN_ARM, place):
        near = difflib.get_close_matches(name.removeprefix("engine@"), _PLACES, 1, 0.4) or _PLACES
        return f"{key}: no seat has its engine there; did you mean engine@{near[0]}={value}?"
    if name == "prompt" and (plain or value in ("", "null")):
        version = value if plain else "v1"
        return f"{key}={value}: whose prompt? {', '.join(f'prompt/{seat}={version}' for seat in SEATS)}"
    if key == "+experiment":
        return f"{key}={value}: without the plus: experiment={value}"
    return ""
