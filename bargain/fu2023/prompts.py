"""Reads the prompt files of GPT-Bargaining (Fu et al. 2023), so that a clone's very files can be played with.

    ==== SYSTEM ====
    ...
    ==== USER ====
    ... COST_PRICE, SELLER_INIT_PRICE, BUYER_INIT_PRICE stand for the item's numbers ...
    ==== ASSISTANT ====
    ...

What a file means depends on its role. A player's last ASSISTANT block is its opening; the USER block before it is what
it answers to. A moderator's and a critic's USER block is the instruction before the dialogue. A feedback file has the
feedback, the acknowledgement and the new opening. Nothing here knows engines or games.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from bargain.records import Item

_HEAD = re.compile(r"^====[ \t]*(\w+)[ \t]*====[ \t]*$", re.MULTILINE)
_NAME = re.compile(r"\b[A-Z]{2,}(?:_[A-Z]+)+\b")
_ROLES = ("SYSTEM", "USER", "ASSISTANT")
_FEEDBACK = ("SELLER_CRITIC_FEEDBACK", "BUYER_CRITIC_FEEDBACK", "CRITIC_FEEDBACK")

ASK_THE_MODERATOR = "question: have the two of them agreed on a price? Yes or No\nanswer:"
ASK_THE_CRITIC = "Now give three suggestions that make the {learner} negotiate better:"


@dataclass
class Texts:
    """What a prompt file says, as a prompt version holds it."""

    system: str = ""
    few_shot: list[dict[str, str]] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Block:
    role: str
    text: str
    line: int


def read_prompt(role: str, path: Path, item: Item, feedback_path: Path | None = None) -> Texts:
    """A role's prompt file, with the item's numbers filled in. Raises ValueError, one line, naming file and line."""
    blocks = _blocks(path, item)
    if blocks[0].role != "SYSTEM":
        raise ValueError(f"{path}:{blocks[0].line}: a prompt file begins with ==== SYSTEM ====, not {blocks[0].role}")
    found = Texts(system=blocks[0].text)
    if role in ("seller", "buyer"):
        _player(found, role, path, blocks)
        if feedback_path is not None:
            found.texts |= _feedback_texts(feedback_path, item)
    else:
        _watcher(found, role, path, blocks)
    return found


def _player(found: Texts, role: str, path: Path, blocks: list[_Block]) -> None:
    last = blocks[-1]
    if last.role != "ASSISTANT" or len(blocks) < 3 or blocks[-2].role != "USER":
        raise ValueError(f"{path}:{last.line}: a {role}'s file ends with a USER and an ASSISTANT block, its opening")
    found.texts = {"opening": last.text, "kickoff": blocks[-2].text}
    for block in blocks[1:-2]:
        found.few_shot.append({block.role.lower(): block.text})


def _watcher(found: Texts, role: str, path: Path, blocks: list[_Block]) -> None:
    if len(blocks) != 2 or blocks[1].role != "USER":
        raise ValueError(f"{path}:{blocks[-1].line}: a {role}'s file has one SYSTEM and one USER block")
    if role == "moderator":
        found.texts = {"preamble": blocks[1].text, "yes_no": ASK_THE_MODERATOR, "reason_first": ASK_THE_MODERATOR}
    else:
        found.texts = {"advise": f"{blocks[1].text}\n\n{{dialogue}}\n\n{ASK_THE_CRITIC}"}


def _feedback_texts(path: Path, item: Item) -> dict[str, str]:
    """The feedback and the acknowledgement after a deal. After no deal the version's own texts stay: 2023 had none."""
    blocks = _blocks(path, item, feedback=True)
    if [block.role for block in blocks[:2]] != ["USER", "ASSISTANT"]:
        raise ValueError(f"{path}:{blocks[0].line}: a feedback file begins with a USER and an ASSISTANT block")
    if "{feedback}" not in blocks[0].text:
        raise ValueError(f"{path}:{blocks[0].line}: the feedback's place is not marked; write {_FEEDBACK[0]} there")
    return {"feedback_deal": blocks[0].text, "acknowledgement_deal": blocks[1].text}


def _blocks(path: Path, item: Item, *, feedback: bool = False) -> list[_Block]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} cannot be read ({error})") from error
    heads = list(_HEAD.finditer(text))
    if not heads:
        raise ValueError(f"{path}:1: no ==== SYSTEM ==== or ==== USER ==== line; is this a 2023 prompt file?")
    if text[: heads[0].start()].strip():
        raise ValueError(f"{path}:1: there is text before the first ==== line")
    ends = [head.start() for head in heads[1:]] + [len(text)]
    blocks = []
    for head, end in zip(heads, ends, strict=True):
        line = text.count("\n", 0, head.start()) + 1
        if head[1] not in _ROLES:
            raise ValueError(f"{path}:{line}: a block is SYSTEM, USER or ASSISTANT, not {head[1]}")
        said = _filled(text[head.end() : end], item, path, line, feedback)
        if not said:
            raise ValueError(f"{path}:{line}: the {head[1]} block is empty")
        blocks.append(_Block(head[1], said, line))
    return blocks


def _filled(text: str, item: Item, path: Path, line: int, feedback: bool) -> str:
    """The block with the names of 2023 replaced by the item's numbers, {feedback} and {previous_price}."""
    numbers = {
        "COST_PRICE": item.cost,
        "SELLER_INIT_PRICE": item.seller_opening,
        "BUYER_INIT_PRICE": item.buyer_opening,
    }

    def value(match: re.Match[str]) -> str:
        name = match[0]
        if name in numbers:
            number = numbers[name]
            if number is None:
                raise ValueError(f"{path}:{at(match)}: {name} is asked for, but the item has none; choose another item")
            return f"{number:g}"
        if name == "ITEM_NAME":
            return item.name
        if feedback and name in _FEEDBACK:
            return "{feedback}"
        if feedback and name == "PREVIOUS_PRICE":
            return "{previous_price}"
        known = [*numbers, "ITEM_NAME", *((*_FEEDBACK, "PREVIOUS_PRICE") if feedback else ())]
        raise ValueError(f"{path}:{at(match)}: unknown placeholder {name}; known are {', '.join(known)}")

    def at(match: re.Match[str]) -> int:
        return line + text.count("\n", 0, match.start())

    filled = _NAME.sub(value, text).replace("%s", item.name)
    return filled.replace(f"{item.currency}{{previous_price}}", "{previous_price}").strip()
