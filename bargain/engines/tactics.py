"""The formulas of known opponents: what a player would say next, from its own range and the prices so far.

They know no words, no config and no engine (`opponents.py`): a View of one turn and a tactic's options give a price.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

LIMITS = 41
"""How many limits of its rival the learner thinks possible, evenly spaced."""
BETAS = (0.2, 0.5, 1.0, 2.0, 5.0)
"""How it may concede."""


@dataclass(frozen=True, slots=True)
class View:
    """One turn as its player sees it: prices, t (its turns before this one), T, and who offered what so far.

    sign: +1 for a seller, -1 for a buyer; a price p is better for the player than q if sign * p > sign * q.
    """

    sign: int
    aspiration: float
    reservation: float
    t: float
    deadline: int
    own: tuple[float, ...]
    rival: tuple[float, ...]
    exchanges: int
    seed: str

    def between(self, share: float) -> float:
        """The price at this share of the way from the aspiration (0) to the reservation price (1)."""
        return self.aspiration + share * (self.reservation - self.aspiration)


def fixed(view: View, options: dict[str, Any]) -> float:
    """options.price; without one, the middle between aspiration and reservation price."""
    price = options["price"]
    return view.between(0.5) if price is None else float(price)


def concession(t: float, deadline: float, beta: float, k: float, form: str) -> float:
    """The share of its range that a player has given away at t (Faratin et al. 1998).

    polynomial: k + (1 - k) (t / T)^(1 / beta); exponential: exp((1 - t / T)^beta ln k). At T it is 1. beta below 1 is
    Boulware, above 1 a conceder.
    """
    passed = min(t / deadline, 1.0)
    if form == "polynomial":
        return float(k + (1 - k) * passed ** (1 / beta))
    return math.exp((1 - passed) ** beta * math.log(k))


def time(view: View, options: dict[str, Any]) -> float:
    """The time-dependent tactics: a share of the range that depends on the turn alone."""
    k = options["k"] if options["k"] is not None else 0.0 if options["form"] == "polynomial" else 0.1
    return view.between(concession(view.t, view.deadline, options["beta"], k, options["form"]))


def tit_for_tat(view: View, options: dict[str, Any]) -> float:
    """Its last price times the ratio of two offers of the rival in a row, `lag` moves ago (Faratin et al. 1998).

    Relative tit-for-tat, with x(t_n) the rival's newest offer: x(t_{n-2 lag}) / x(t_{n-2 lag+2}) * own x(t_{n-1}),
    clipped to its range. Until the rival has offered lag + 1 prices it does not move; two of a kind never do.
    """
    last = view.own[-1] if view.own else view.aspiration
    lag = int(options["lag"])
    if len(view.rival) <= lag or min(view.rival[-lag], view.rival[-lag - 1]) <= 0:  # a ratio says nothing there
        return last
    price = last * view.rival[-lag - 1] / view.rival[-lag]
    return view.sign * min(view.sign * price, view.sign * view.aspiration)  # its limit holds for every tactic


def random(view: View, options: dict[str, Any]) -> float:
    """Uniform between aspiration and reservation price, drawn from the seed anew at every turn."""
    return view.between(Random(view.seed).random())


def bayesian(view: View, options: dict[str, Any]) -> float:
    """Linear concession towards the price that its belief about the rival's limit makes best; never back.

    After Zeng & Sycara (1998), whose learner holds a probability for each limit that its rival may have and updates it
    at every offer. Here the rival is thought to be a time-dependent player with a limit between its first offer and
    one's own aspiration and a beta of BETAS, all alike at first: its n-th offer is first + (limit - first)
    (n / exchanges)^(1 / beta) with a normal error of `noise` times the range. Best is the price p with the greatest
    (p - own limit) P(the rival's limit allows p).
    """
    first = view.rival[0] if view.rival else view.reservation
    width = view.aspiration - first
    if view.sign * width <= 0:
        return view.aspiration
    steps = [step / (LIMITS - 1) for step in range(LIMITS)]
    given = [(offer - first) / width for offer in view.rival]
    logs = []  # by beta and limit
    for beta in BETAS:
        shares = [concession(n, view.exchanges, beta, 0.0, "polynomial") for n in range(len(given))]
        squares = sum(share * share for share in shares)
        products = sum(share * part for share, part in zip(shares, given, strict=True))
        constant = sum(part * part for part in given)
        logs.append(
            [-(constant - 2 * step * products + step**2 * squares) / 2 / options["noise"] ** 2 for step in steps]
        )
    likeliest = max(map(max, logs))
    weights = [sum(math.exp(log - likeliest) for log in of_limit) for of_limit in zip(*logs, strict=True)]
    sure = max(view.sign * price for price in (view.reservation, *view.rival[-1:]))  # the rival's offer can be had
    best, target = (sure - view.sign * view.reservation) * sum(weights), view.sign * sure
    for number, step in enumerate(steps):
        price = first + step * width
        gain = view.sign * (price - view.reservation) * sum(weights[number:])
        if gain > best:
            best, target = gain, price
    price = view.aspiration + min(view.t / view.deadline, 1.0) * (target - view.aspiration)
    return view.sign * min(view.sign * price, *(view.sign * offer for offer in view.own), view.sign * view.aspiration)


TACTICS: dict[str, tuple[Callable[[View, dict[str, Any]], float], dict[str, Any]]] = {
    "fixed": (fixed, {"price": None}),
    "time": (time, {"beta": 1.0, "k": None, "form": "polynomial"}),
    "tit_for_tat": (tit_for_tat, {"lag": 1}),
    "random": (random, {}),
    "bayesian": (bayesian, {"noise": 0.1}),
}
"""By options.tactic: its formula, and the options that it has beside those of all, with their defaults."""
