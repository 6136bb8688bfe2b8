"""Composes one config. The server that forks commands imports this, so that no command warms Hydra's parser again."""

from __future__ import annotations

from bargain.config.compose import compose

compose(["tracking=none"])
