"""What several columns of a played round have in common, worked out once: who offered what, who said how much.

    played = PlayedRound(game["rounds"][0], beliefs={})
    played.seller.concession, played.buyer.words, played.tokens["critic"], played.json["outcome"]

`columns.py` makes the columns of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from itertools import pairwise
from math import fsum, sqrt
from typing import Any, NamedTuple

from bargain.records import PLAYERS, Terms, limit_of

from .beliefs import Judged

SEATS = (*PLAYERS, "moderator", "critic")
OUTCOMES = ("deal", "no_deal", "walk_away", "error")
NAN = float("nan")
Json = dict[str, Any]


class PlayerFacts(NamedTuple):
    """What one player did in a round. Prices are NaN where there is none; docs/metrics.md, "Concessions"."""

    turns: int
    chars: int
    words: int
    offers: int = 0
    first_offer: float = NAN
    first_own_offer: float = NAN
    last_offer: float = NAN
    concession: float = NAN
    first_concession: float = NAN
    first_concession_turn: float = NAN
    rigidity: float = NAN
    burstiness: float = NAN


class Tokens(NamedTuple):
    """Tokens of prompts and replies."""

    input: int = 0
    output: int = 0


class PlayedRound:
    """One round as it stands in games.jsonl (`json`, a bargain.records.Round), and what is worked out from it.

    tokens: by seat; the two critics of a game share one. beliefs: what each player said beside it. Raises ValueError,
    KeyError, TypeError or AttributeError for data that are no round.
    """

    __slots__ = ("beliefs", "buyer", "cached_tokens", "calls", "chars", "input_tokens", "json", "kinds",
                 "output_tokens", "reasoning_tokens", "seller", "terms", "tokens", "words")  # fmt: skip

    def __init__(self, played: Json, beliefs: Mapping[str, Judged]) -> None:
        if type(played["round"]) is not int or played["outcome"] not in OUTCOMES:
            raise ValueError(f"round {played['round']!r} with outcome {played['outcome']!r}")
        self.json = played
        self.beliefs = beliefs
        self.terms: Json = dict(played.get("terms") or {})
        """The round's own terms with both limits, empty where it has those of the config."""
        if self.terms:
            terms = Terms(**self.terms)
            self.terms |= {f"{role}_limit": limit_of(terms, role) for role in PLAYERS}
        turns = played["turns"]
        sizes = [(len(turn["text"]), len(turn["text"].split())) for turn in turns]
        self.chars = sum(chars for chars, _ in sizes)
        self.words = sum(words for _, words in sizes)
        self.seller = _player("seller", turns, sizes)
        self.buyer = _player("buyer", turns, sizes)
        self.kinds: dict[str, int] = {}
        """How often each player broke each rule: {"seller:moves_back": 2}."""
        for violation in played["violations"]:
            kind = f"{violation['role']}:{violation['kind']}"
            self.kinds[kind] = self.kinds.get(kind, 0) + 1
        self._count_tokens(played["usage"])

    @property
    def content(self) -> int:
        """A number for the players' own words, the advice before them and the end; 0 for a round without such words."""
        said = [(turn["role"], turn["text"]) for turn in self.json["turns"] if not turn["fixed"]]
        if not said:
            return 0
        advice = [(each["source"], each["text"]) for each in self.json["feedback"]]
        whole = repr((said, advice, self.json["outcome"], self.json["price"])).encode(errors="replace")
        return int.from_bytes(hashlib.blake2b(whole, digest_size=8).digest()) >> 25  # below 1e12

    def _count_tokens(self, usage: dict[str, dict[str, int]]) -> None:
        self.calls = self.input_tokens = self.output_tokens = self.cached_tokens = self.reasoning_tokens = 0
        self.tokens = dict.fromkeys(SEATS, Tokens())
        for role, used in usage.items():
            given, said = used["input_tokens"], used["output_tokens"]
            self.calls += used["calls"]
            self.input_tokens += given
            self.output_tokens += said
            self.cached_tokens += used["cached_tokens"]
            self.reasoning_tokens += used.get("reasoning_tokens", 0)
            seat = "critic" if role.endswith("critic") else role.removesuffix("_words")
            if seat in self.tokens:
                before = self.tokens[seat]
                self.tokens[seat] = Tokens(before.input + given, before.output + said)

    def violations_of(self, role: str) -> int:
        """How many inconsistencies the round has of this player."""
        return sum(violation["role"] == role for violation in self.json["violations"])


def _player(role: str, turns: list[Json], sizes: list[tuple[int, int]]) -> PlayerFacts:
    """sizes: the characters and the words of each turn."""
    written = chars = words = 0
    offers: list[float] = []
    first_own = conceded = conceded_at = NAN
    for number, turn in enumerate(turns, start=1):
        if turn["role"] != role:
            continue
        if not turn["fixed"]:
            written += 1
            chars += sizes[number - 1][0]
            words += sizes[number - 1][1]
        offer = turn["offer"]
        if offer is None or turn["act"] == "accept":
            continue
        if first_own != first_own and not turn["fixed"]:
            first_own = offer
        if offers and conceded != conceded:
            step = offers[-1] - offer if role == "seller" else offer - offers[-1]
            if step > 0:
                conceded, conceded_at = step, number
        offers.append(offer)
    if not offers:
        return PlayerFacts(written, chars, words)
    first, last = offers[0], offers[-1]
    total = first - last if role == "seller" else last - first
    sign = 1 if role == "seller" else -1
    steps = [max(0.0, sign * (before - after)) for before, after in pairwise(offers)]
    rhythm = (sum(step == 0 for step in steps) / len(steps) if steps else NAN, burstiness(steps))
    return PlayerFacts(
        written, chars, words, len(offers), first, first_own, last, total, conceded, conceded_at, *rhythm
    )


def burstiness(steps: list[float]) -> float:
    """(sd - mean) / (sd + mean) of the steps (Goh & Barabási 2008): -1 if all are equal, nearer to 1 the more comes in
    one; NaN for fewer than two steps, or none that gives anything."""
    mean = fsum(steps) / len(steps) if steps else 0.0
    if len(steps) < 2 or not mean:
        return NAN
    sd = sqrt(fsum((step - mean) ** 2 for step in steps) / len(steps))
    return (sd - mean) / (sd + mean)
