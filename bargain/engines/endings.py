"""How a reply ended, in our three words, from the many that servers have for it.

    ending("end_turn") -> "stop"        ending("content_filter") -> "refusal"        ending("error") -> None

The good endings are a list: what is not on it is half a reply (an upstream that died, a worker that was killed, a call
of a tool that nobody offered), which is asked for again and never spoken. No reason at all is a good ending: servers
that know none send their texts whole.
"""

from __future__ import annotations

from typing import Literal

Finish = Literal["stop", "length", "refusal"]

_ENDINGS: dict[Finish, str] = {
    "stop": "stop stopped stop_sequence end_turn end endoftext eos eos_token eosfound complete completed done finish"
    " finished normal finish_reason_stop",
    "length": "length max_tokens model_length max_length max_output_tokens token_limit limit error_limit context_length"
    " model_context_window_exceeded",
    "refusal": "refusal safety content_filter content_filtered guardrail_intervened sensitive error_toxic"
    " prohibited_content blocklist spii",
}
_BY_REASON: dict[str, Finish] = {"": "stop"}
_BY_REASON |= {reason: finish for finish, reasons in _ENDINGS.items() for reason in reasons.split()}


def ending(reason: object) -> Finish | None:
    """A finish_reason or stop_reason in our words, None for one that is no good ending."""
    return _BY_REASON.get(str("" if reason is None else reason).strip().lower().partition(":")[0])
