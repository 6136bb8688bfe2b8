"""Plays one run and composes what most tests play. The server that forks commands imports this: none does it again."""

from __future__ import annotations

import contextlib
import io
import tempfile

from bargain.config.compose import compose
from bargain.main import run
from bargain.terminal import calm_interrupts

MODELS = ("engine@seller.engine=gpt-4o-mini", "engine@buyer.engine=gpt-4o-mini")

with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder), contextlib.redirect_stdout(io.StringIO()):
    run(["n_games=1", "game.n_rounds=2", "tracking=none"])
for words in ((), ("game=simple",), MODELS, ("game=simple", *MODELS)):
    compose(["moderator=rules", "tracking=none", *words])
    compose(["moderator=rules", "tracking=none", *words])  # the second time it is kept
calm_interrupts()  # as before the run
