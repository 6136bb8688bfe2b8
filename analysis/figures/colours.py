"""How engines, roles and arms look, the same in every figure, report and dashboard.

    look("gpt-4")           -> Look(colour="#3A5788", dash=(1, 0), shape="circle")
    look("my-own-engine")   a colour, dash and shape that follow from the name alone

An engine's look never depends on which others are shown. Engines of the paper and of conf/engine have theirs in GROUPS:
those of a group are shown together, so they differ in colour. Another engine that begins with a known name
(gpt-4-32k) has that colour with a dash and shape of its own; any other name decides by its SHA-256.

PALETTE was searched so that it can be told apart on white and on a dark ground, in grey and by colour-blind readers:
lightness L* between 36 and 78; the first six at least 7 apart in L* and 20 in CIE76 difference, all twelve 3 and 10,
both as seen normally and with deuteranopia or protanopia (Machado et al. 2009). A test measures it. Dash
and shape tell apart what colour cannot.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

PALETTE = (
    "#3A5788",
    "#DAB201",
    "#318D50",
    "#F27EA7",
    "#CD2203",
    "#069ACF",
    "#584ECB",
    "#C6AB49",
    "#C14B41",
    "#12AAA1",
    "#858585",
    "#A4C990",
)
DASHES = ((1, 0), (6, 3), (2, 2), (9, 3, 2, 3), (12, 3), (5, 2, 1, 2, 1, 2))
SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "triangle-right", "triangle-left")
SELLER, BUYER, DEAL, GREY = "#CD2203", "#069ACF", "#318D50", "#858585"
ROLES = {"seller": SELLER, "buyer": BUYER, "moderator": "#858585", "critic": "#584ECB", "deal": DEAL}
REFERENCE = "#222222"
"""The published numbers: hollow marks in near black, whoever's they are."""

GROUPS = (
    ("gpt-3.5-turbo", "claude-instant-v1.0", "claude-v1.3", "gpt-4", "claude-v1.0", "command-xlarge",
     "j2-jumbo-instruct", "claude-v1.3-100k", "text-davinci-003", "claude-instant-v1.1",
     "claude-instant-v1.0-100k", "claude-v1.2"),
    ("gpt-5.4-mini", "claude-haiku-5-5", "gemini-3.8-flash", "claude-sonnet-5-5", "gpt-6.1-terra", "deepseek-v4-flash",
     "claude-opus-5-5", "gpt-6.1-sol", "gpt-5.5", "gemini-4-argon", "deepseek-v4-pro", "gpt-6-luna"),
    ("mistral-large-4", "mistral-medium-3-5", "llama-3.3-70b", "mistral-small-2603", "command-a", "jamba-large",
     "gpt-4.1", "gpt-4.1-mini", "gpt-4o", "gpt-4o-mini", "claude-thinking", "openai-reasoning"),
    ("simulated", "simulated-eager", "simulated-firm", "simulated-weak", "scripted", "human"),
)  # fmt: skip
"""At most len(PALETTE) names each; the place of a name is its colour."""
SAME = {
    "claude-instant": "claude-instant-v1.0",
    "claude-instant-v1": "claude-instant-v1.0",
    "claude-instant-100k": "claude-instant-v1.0-100k",
    "claude-2023": "claude-v1.3",
}
"""Names of presets that are engines of GROUPS."""
ARMS = ("ai", "human", "constant", "none")
"""Feedback arms by the name of their source; other arms look by their names, as engines do."""


class Look(NamedTuple):
    """A colour, the dash of its lines (Vega's strokeDash) and the shape of its points."""

    colour: str
    dash: tuple[int, ...]
    shape: str


def look(engine: str) -> Look:
    """The engine's look, which follows from its name alone."""
    name = SAME.get(engine, engine)
    found = _PLACES.get(name)
    if found is not None:
        group, place = found
        return Look(PALETTE[place], DASHES[(place + group) % len(DASHES)], SHAPES[(place + 3 * group) % len(SHAPES)])
    number = int.from_bytes(hashlib.sha256(name.encode(errors="surrogatepass")).digest()[:12], "big")
    number, dash = divmod(number, len(DASHES))
    number, shape = divmod(number, len(SHAPES))
    known = () if "+" in name else _PLACES  # two learners' engines, joined by +, are no family
    family = max((each for each in known if name.startswith(each + "-")), key=len, default="")
    place = _PLACES[family][1] if family else number % len(PALETTE)
    return Look(PALETTE[place], DASHES[dash], SHAPES[shape])


def arm_look(arm: str) -> Look:
    """The look of a feedback arm."""
    if arm not in ARMS:
        return look(arm)
    place = ARMS.index(arm)
    return Look(PALETTE[(0, 4, 2, 10)[place]], DASHES[place], SHAPES[place])


def role_look(role: str) -> Look:
    """The look of a role, or of whoever learns."""
    place = ("seller", "buyer").index(role) if role in ("seller", "buyer") else 2
    return Look(ROLES.get(role, GREY), DASHES[place], SHAPES[place])


def lightness(colour: str) -> float:
    """CIE L* of a colour like "#3A5788": 0 is black, 100 white; what is left of it in a grey print."""
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return 116 * luminance ** (1 / 3) - 16 if luminance > 0.008856 else 903.3 * luminance


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)


_PLACES = {name: (number, place) for number, group in enumerate(GROUPS) for place, name in enumerate(group)}
