"""Makes the pictures of README and docs again, from sweeps of simulated negotiators: some minutes.

    python docs/pictures/make.py

No key and no network; the same pictures come out every time. They show what figures look like, nothing of language
models, and say so in title and subtitle.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from bargain.analysis import load
from bargain.analysis.figures import save
from bargain.analysis.figures.beliefs import beliefs_drawn
from bargain.analysis.figures.branches import futures_compared
from bargain.analysis.figures.compare import arms, tradeoff
from bargain.analysis.figures.ledger import statements
from bargain.analysis.figures.pairs import surplus_of_pairs
from bargain.analysis.figures.rounds import price_by_round
from bargain.analysis.figures.scenarios import price_in_zone
from bargain.analysis.figures.two_issues import deals_and_front

HERE = Path(__file__).parent
ENGINES = "simulated,simulated-firm,simulated-weak,simulated-eager"
KNOWN = ",".join(
    f"opponent-{each}" for each in ("fixed", "boulware", "linear", "conceder", "tit_for_tat", "random", "bayesian")
)
GAMES = 100


def play(directory: Path, *choices: str, games: int = GAMES) -> None:
    """One sweep of simulated negotiators into a directory."""
    simulated = [f"engine@{seat}.engine=simulated" for seat in ("seller", "buyer", "moderator")]
    named = {choice.partition("=")[0] for choice in choices}
    base = [each for each in simulated if each.partition("=")[0] not in named]
    command = [sys.executable, "-m", "bargain", "-m", *base, *choices, f"n_games={games}"]
    subprocess.run(  # noqa: S603
        [*command, f"hydra.sweep.dir={directory}"], cwd=directory.parent, check=True, stdout=subprocess.DEVNULL
    )


def branch(directory: Path, *words: str) -> None:
    """Game 17 of a run of simulated negotiators, left in its second round and played on 100 times, and so untouched."""
    run, source = [sys.executable, "-m", "bargain"], directory.parent / "source"
    place = [f"branch={source}", "game=17", "round=2", "n=100", "tracking=none", f"hydra.run.dir={directory}"]
    for command in (["game.n_rounds=3", "tracking=none", f"hydra.run.dir={source}"], [*place, *words]):
        subprocess.run([*run, *command], cwd=directory.parent, check=True, stdout=subprocess.DEVNULL)  # noqa: S603


def main() -> None:
    """Plays the runs and writes every picture of the docs."""
    with tempfile.TemporaryDirectory() as scratch:
        top = Path(scratch)
        for role in ("seller", "buyer"):
            play(top / role, f"game=criticize_{role}", f"engine@{role}.engine={ENGINES}", "game.n_rounds=5")
        play(top / "arms", "game=seller_compare_feedback,buyer_compare_feedback")
        play(
            top / "limits",
            *("game=simple", "scenario=drawn", "item=bicycle", "moderator=rules"),
            "engine@seller.engine=opponent-boulware,opponent-conceder",
            "engine@buyer.engine=opponent-conceder,simulated",
        )
        play(top / "beliefs", "experiment=why/beliefs")
        play(
            top / "two",
            "experiment=why/two_issues",
            *(f"engine@{role}.engine=opponent-price_only,simulated" for role in ("seller", "buyer")),
        )
        known = [f"engine@{role}.engine={KNOWN}" for role in ("seller", "buyer")]
        play(top / "opponents", "experiment=why/opponents", "engine@moderator.engine=follows", *known, games=20)
        branch(top / "branch", "turn=all", "engine@seller.engine=simulated-firm")
        branch(top / "lies", "turn=3", "say=I paid $15 for it, and I cannot go below $18. How about $19?")
        rounds, feedback = load([top / "seller", top / "buyer"]), load(top / "arms")
        pictures = {
            "price_by_round": price_by_round(rounds, title="Price by round, simulated"),
            "tradeoff": tradeoff(rounds, title="What a better price costs in deals, simulated"),
            "price_in_zone": price_in_zone(load(top / "limits"), title="Price against the zone of agreement"),
            "beliefs": beliefs_drawn(load(top / "beliefs"), title="What players believe of their rival's limit"),
            "two_issues": deals_and_front(load(top / "two"), title="Deals on price and delivery"),
            "opponents": surplus_of_pairs(load(top / "opponents"), title="Surplus of every pair of known opponents"),
            "branches": futures_compared(load(top / "branch"), title="What if the seller had been firmer, simulated"),
            "honesty": statements(load(top / "lies"), title="Two lies put into a seller's mouth, simulated"),
            "arms": arms(feedback, title="Feedback arms that share their first round, simulated"),
        }
        for name, chart in pictures.items():
            for path in save(chart, HERE / name, ("svg",)):
                print(f"{path} ({path.stat().st_size / 1000:.0f} kB)")


if __name__ == "__main__":
    main()
