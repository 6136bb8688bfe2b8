"""Replies of a given JSON shape (`Scene.shape`), asked for in the provider's own way.

    options.structured: schema   the provider's structured output (default): response_format, output_config.format
                        tool     a call of one forced tool whose arguments are the reply
                        text     not at all: the prompt alone says it

A server that refuses the first two is asked in words from then on; the journal has the refusal and the request as it
was meant. Whatever comes back is checked by the channel, never trusted for its way.
"""

from __future__ import annotations

import logging
from typing import Any, ClassVar

from bargain.config.schema import EngineConfig
from bargain.engines.base import Failure, Raw, Request
from bargain.engines.failures import failure, has_no_structured_output
from bargain.engines.http import HttpEngine

log = logging.getLogger("bargain.engines")

WAYS = ("schema", "tool", "text")
NAME = "turn"
"""Of the schema and of the tool."""


class ShapedEngine(HttpEngine):
    """Base of the engines whose servers can be asked for a shape."""

    shape_fields: ClassVar[tuple[str, ...]]
    """The fields of the body that ask for one."""

    def __init__(self, config: EngineConfig, seat: str, seed: int) -> None:
        super().__init__(config, seat, seed)
        self.way = str(self.options.get("structured", WAYS[0]))
        if self.way not in WAYS:
            raise ValueError(f"{self.where}: options.structured must be {', '.join(WAYS)}, got {self.way!r}")
        self._may_refuse = self.way != "text" and not {"response_format", "tools"} & self.extra.keys()
        """Whether an error that names a shape is about ours, and not about what the config itself sends."""
        self._in_words = False

    def ask_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """The fields that ask for structured output of this schema."""
        raise NotImplementedError

    def ask_tool(self, schema: dict[str, Any]) -> dict[str, Any]:
        """The fields that force the call of one tool with such arguments."""
        raise NotImplementedError

    def shape(self, request: Request) -> dict[str, Any]:
        """The fields of the body that ask for the request's shape, {} where it has none."""
        schema = None if self.way == "text" else request.scene.shape
        return {} if schema is None else (self.ask_tool if self.way == "tool" else self.ask_schema)(schema)

    def in_words(self, body: dict[str, Any]) -> dict[str, Any]:
        """The same body without asking for a shape."""
        return {name: value for name, value in body.items() if name not in self.shape_fields}

    async def send(self, body: dict[str, Any], request: Request) -> Raw:
        """One attempt, in words alone once the server has refused to give a shape."""
        shaped = self._may_refuse and request.scene.shape is not None
        if shaped and self._in_words:
            body = self.in_words(body)
        raw = await super().send(body, request)
        if shaped and not self._in_words and has_no_structured_output(raw):
            self._in_words = True
            log.warning("%s: structured output is refused; it is asked for in words", self.where)
        return raw

    def parsed(self, raw: Raw) -> dict[str, Any]:
        """As HttpEngine's; a refused shape is asked for again, in words."""
        if self._may_refuse and has_no_structured_output(raw):
            raise Failure("rejected", str(failure(raw, self.where, self.key_env)), again=True)
        return super().parsed(raw)
