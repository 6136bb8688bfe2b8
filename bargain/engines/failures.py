"""What an error answer of a provider means: retry freely, retry capped, give the game up, or stop the run.

It knows the statuses, error codes and rate-limit headers of the OpenAI and Anthropic protocols as their servers (and
the compatible ones) use them, and nothing of engines or networks.

    failure(Raw(429, b"", {"retry-after": "7"}), "engine gpt-4 (seller)")   -> Failure not_sent, retry_after_s=7.0
"""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from bargain.engines.base import Failure, FailureKind, Raw
from bargain.text import one_line

_NO_QUOTA = {"insufficient_quota", "billing_hard_limit_reached", "billing_not_active", "billing_error"}
_NO_MODEL = {"model_not_found", "invalid_model", "deploymentnotfound", "model_not_available"}
_WRONG_OPTION = {"unsupported_parameter", "unsupported_value", "unknown_parameter"}
# Texts where a provider has no code of its own: Anthropic's empty account; Gemini's key; Anthropic, Mistral and vLLM
# (pydantic) on a field they do not have. All of them would refuse every other call of the run as well.
_HOPELESS = re.compile(r"credit balance is too low|api.key.not.valid|extra inputs are not permitted", re.IGNORECASE)
_TOO_LONG = re.compile(
    r"context.length|context.(window|size)|context limit|prompt is too long|input is too long"
    r"|too many (input )?tokens|maximum number of (input )?tokens|exceeds? the max\w* .*tokens",
    re.IGNORECASE,
)
_NO_SYSTEM = re.compile(
    r"(system|developer) (role|message|prompt|instruction)s?\b.{0,40}(not|n't|un)[- ]?(supported|enabled|allowed)"
    r"|support (the )?'?system|roles must alternate|only user and assistant roles",
    re.IGNORECASE,
)
"""How servers say that their model's template has no system role, or wants user and assistant in turn: "System role not
supported" (Gemma), "Conversation roles must alternate user/assistant/user/assistant/..." (Mistral), "'messages[0].role'
does not support 'system' with this model" (o1-mini); not "the model does not support temperature"."""
_NO_SHAPE = re.compile(
    r"response_?format|json_?schema|output_(config(?!\.effort)|format)|structured.output|tool_choice|\btools?\b",
    re.IGNORECASE,
)
"""What a refusal of JSON of a schema is about: "'response_format' of type 'json_schema' is not supported with
this model", "output_config: not permitted"; not "the model does not support temperature"."""
_SAMPLING = re.compile(r"\b(temperature|top_p|max_completion_tokens|max_tokens|reasoning_effort|thinking)\b")
_UNWANTED = re.compile(r"support|unknown|unrecogni|permitted", re.IGNORECASE)
_WRONG = re.compile(rf"{_UNWANTED.pattern}|cannot|can't|only|invalid|must|deprecat|allowed", re.IGNORECASE)
"""What is said of an option that no call may send so. "max_tokens must be at least 1" is about one long prompt."""
_FLAGGED = re.compile(r"flagged|moderation|content.policy|content.filter", re.IGNORECASE)


def failure(raw: Raw, where: str, key_env: str | None = None) -> Failure:
    """The Failure that an error status means. `where` opens its message; `key_env` names the key's variable."""
    code, text = _details(raw.body)
    kind, message = _meaning(raw.status, code, text, key_env)
    said = f" ({text})" if text and raw.status != 401 else ""  # a 401 tends to quote the key
    wait_s = retry_after_s(raw.headers) if kind in ("not_sent", "maybe_billed") else None
    return Failure(kind, f"{where}: {message}{said}", wait_s)


def has_no_system_role(raw: Raw) -> bool:
    """Whether an error answer says that the model takes no system message, or not in such a row of roles."""
    return raw.status >= 400 and _NO_SYSTEM.search(_details(raw.body)[1]) is not None


def has_no_structured_output(raw: Raw) -> bool:
    """Whether an error answer says that the model gives no JSON of a schema, or calls no tool."""
    text = _details(raw.body)[1] if 400 <= raw.status < 500 else ""
    return _NO_SHAPE.search(text) is not None and _WRONG.search(text) is not None


def failure_in_reply(error: object, raw: Raw, where: str, key_env: str | None = None) -> Failure | None:
    """The Failure of a 200 with this error in its JSON (OpenRouter sends the true status as its code).

    None where it says nothing: some servers put `"error": {}` or `""` beside every good reply.
    """
    if not _says_something(error):
        return None
    body = json.dumps({"error": error}).encode()
    code = error.get("code") if isinstance(error, Mapping) else None
    if isinstance(code, int) and 400 <= code < 600:
        return failure(Raw(code, body, raw.headers), where, key_env)
    return Failure("maybe_billed", f"{where}: the answer is an error ({_details(body)[1] or 'without a message'})")


def _says_something(error: object) -> bool:
    if isinstance(error, Mapping):
        return any(_says_something(value) or (isinstance(value, int) and value > 0) for value in error.values())
    return isinstance(error, str) and error.strip().lower() not in ("", "null", "none")


def _meaning(status: int, code: str, text: str, key_env: str | None) -> tuple[FailureKind, str]:
    if status in (400, 413, 422) and (code in ("context_length_exceeded", "exceed_context_size_error") or _long(text)):
        return "rejected", (
            f"{status}, the prompt does not fit the model's context window; "
            "use memory=last_k, fewer rounds or an engine with a longer context"
        )
    if code in _NO_QUOTA or status == 402:
        return "fatal", f"{status}, the account has no quota or credit left; top it up, then resume"
    if status == 401 or (status == 403 and not _FLAGGED.search(f"{code} {text}")):
        key = f"the key in {key_env} was refused" if key_env else "a key is needed; name its variable in api_key_env"
        return "fatal", f"{status}, {key}"
    if code in _NO_MODEL or status in (404, 405):
        return "fatal", f"{status}, there is no such model or path; check model and base_url"
    if status < 400:
        return "fatal", f"{status}, the server sends callers elsewhere; correct base_url"
    option = _SAMPLING.search(text) if status in (400, 422) else None
    if option and (code in _WRONG_OPTION or (_UNWANTED if option[1].startswith("max") else _WRONG).search(text)):
        return "fatal", f"{status}, the server refuses {option[1]} as it is; {_mend(option[1], text)}"
    if status in (400, 422) and (code in _WRONG_OPTION or _HOPELESS.search(text)):
        return "fatal", f"{status}, the server refuses what this engine sends; correct its options"
    if status == 429:
        return "not_sent", "429, rate limit reached"
    if status in (503, 529):
        return "not_sent", f"{status}, the server is overloaded or down"
    if status in (408, 409, 425) or status >= 500:
        return "maybe_billed", f"{status}, the server failed"
    return "rejected", f"{status}, the server refuses this request"


def _mend(option: str, text: str) -> str:
    """What to set where a server refuses an option that the engine sends."""
    if option in ("temperature", "top_p"):
        both = " (or top_p)" if option == "temperature" and "top_p" in text else ""
        return f"set the engine's {option}=null{both}, which sends none"
    if option in ("reasoning_effort", "thinking"):
        return "set the engine's reasoning=null, and take it out of body"
    other = "max_completion_tokens" if option == "max_tokens" else "max_tokens"
    return f"set the engine's max_tokens_field={other}, or another max_tokens"


def _long(text: str) -> bool:
    return _TOO_LONG.search(text) is not None


def _details(body: bytes) -> tuple[str, str]:
    """The error's code (or type), lower-case, and its message, as one printable line of at most 300 characters."""
    try:
        data = json.loads(body[:100_000])
    except (ValueError, RecursionError):
        shown = body[:2000].decode("utf-8", "replace")
        return "", one_line(re.sub(r"(?s)<[^>]*>?", " ", shown))
    if isinstance(data, list) and data:  # Gemini's compatible endpoint
        data = data[0]
    if not isinstance(data, dict):
        return "", one_line(str(data))
    error = data.get("error", data)
    if not isinstance(error, dict):
        return "", one_line(str(error))
    code = next((value for value in (error.get("code"), error.get("type")) if isinstance(value, str)), "")
    text = error.get("message") or error.get("detail") or error.get("reason") or code
    return code.lower(), one_line(text if isinstance(text, str) else json.dumps(text))


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """How many seconds the provider asks to wait, None if it does not say. `headers` have lower-case names.

    retry-after-ms, then Retry-After (seconds or an HTTP date, RFC 9110 10.2.3), then the reset of the exhausted bucket
    among x-ratelimit-reset-*, anthropic-ratelimit-*-reset and x-ratelimit-reset. Dates count from the server's clock.
    """
    now = _http_date(headers.get("date", "")) or time.time()
    wait_ms = _seconds(headers.get("retry-after-ms", ""), now)
    if wait_ms is not None:
        return wait_ms / 1000
    wait_s = _seconds(headers.get("retry-after", ""), now)
    if wait_s is not None:
        return wait_s
    exhausted: list[float] = []
    others: list[float] = []
    for name, value in headers.items():
        if "ratelimit" not in name or "reset" not in name:
            continue
        reset_s = _seconds(value, now)
        if reset_s is not None:
            remaining = headers.get(name.replace("reset", "remaining"), "")
            (exhausted if remaining.strip() in ("0", "0.0") else others).append(reset_s)
    return max(exhausted) if exhausted else min(others, default=None)


_SPAN = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_UNIT_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def _seconds(value: str, now: float) -> float | None:
    """Seconds from "7", "1.5", "6m0s", "20ms", an HTTP or ISO date, or a Unix time in s or ms. None if unreadable."""
    value = value.strip()
    try:
        number = float(value)
    except ValueError:
        if re.fullmatch(rf"({_SPAN.pattern})+", value):
            return sum(float(amount) * _UNIT_S[unit] for amount, unit in _SPAN.findall(value))
        moment = _http_date(value) or _iso_date(value)
        return None if moment is None else max(0.0, moment - now)
    if not math.isfinite(number):
        return None
    if number > 1e9:  # a point in time: Unix seconds, or OpenRouter's milliseconds
        number = (number / 1000 if number > 1e11 else number) - now
    return max(0.0, number)


def _http_date(value: str) -> float | None:
    try:
        return parsedate_to_datetime(value).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None


def _iso_date(value: str) -> float | None:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
