"""What is a secret: found before it is written down, and blotted out of what is told.

A config is written down in full (.hydra/, journal, W&B, `--cfg job --resolve`), so it must not hold a key, a password
or a token; it names the environment variable that does. This room knows how secrets look and nothing of Hydra.

    found({"seller": {"engine": {"base_url": "https://me:hunter2@host/v1"}}})  -> "seller.engine.base_url"
    blotted("401: sk-abcdef0123456789 is wrong")                               -> "401: [secret] is wrong"
"""

from __future__ import annotations

import base64
import io
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from dotenv import dotenv_values

from bargain.text import without_controls

SHORTEST = 8
"""Characters of the shortest value of a variable that is taken for a secret: `TOKEN=yes` is none."""
LARGEST_ENV = 1_000_000
"""Bytes of a .env that is read."""

_NAME = re.compile(
    r"(?i)(^|[_.])(x_)?(api_?key|apikey|access_?key|auth|authorization|cookie|password|passwd|secret|token|credentials?)$"
)
_VARIABLE = re.compile(r"(?i)(key|token|secret|passw(or)?d|pass|credentials?|auth|cookie|dsn)(_id)?$")
_NAMES_VARIABLE = re.compile(r"_env(\.[^.]*)?$")
_PARAMETER = re.compile(r"(?i)key|token|sig|secret|passw|auth")
_USERINFO = re.compile(r"://[^/?#\s'\"]+@")
_URL = re.compile(r"[a-z]+://[^\s'\"]+", re.IGNORECASE)
_SHAPES = re.compile(
    r"\b(sk-|rk-|xai-|pplx-|glpat-|gsk_|hf_|gh[pousr]_|github_pat_)(?=[\w-]*\d)[\w-]{14,}"
    r"|\bAIza[\w-]{30,}|\bAKIA[0-9A-Z]{16}\b|\beyJ[\w-]{8,}\.[\w-]{8,}\."
    r"|\b(Bearer|Basic) +(?=\S*\d)[\w+/=.~-]{12,}"
)


MAY_ESCAPE = re.compile(r"%[0-9a-fA-F]{2}|\\u00|\\/")
"""Without any of these in it a text holds no secret in escapes."""


def found(value: Any, path: str = "") -> str | None:
    """Where in this plain data a literal secret stands (a.b.0), None if nowhere. Never the secret itself."""
    return next(_found(value, path, os_secrets()), None)


def _found(value: Any, path: str, known: list[str]) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, each in value.items():
            where = f"{path}.{key}" if path else str(key)
            if _NAMES_VARIABLE.search(where):
                if isinstance(each, str) and not _is_variable(each):
                    yield where
            elif _NAME.search(str(key).replace("-", "_")) and isinstance(each, str | int) and str(each):
                yield where
            yield from _found(each, where, known)
            if path.endswith("query") and _PARAMETER.search(str(key)) and isinstance(each, str) and each:
                yield where
    elif isinstance(value, list | tuple):
        for index, each in enumerate(value):
            yield from _found(each, f"{path}.{index}", known)
    elif isinstance(value, str) and looks_secret(value, known):
        yield path


def _is_variable(text: str) -> bool:
    """Whether this is a variable's name, and not the key itself in its place."""
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", text):
        return False
    return text in os.environ or len(text) < 16 or not (re.search("[a-z]", text) and re.search("[0-9]", text))


def looks_secret(text: str, known: list[str] | None = None) -> bool:
    """Whether the text has a URL with a password or a key in it, something shaped like a key, or a known secret."""
    if _USERINFO.search(text) or _SHAPES.search(text):
        return True
    if any(_PARAMETER.search(name) and value for url in _URL.findall(text) for name, value in _parameters(url)):
        return True
    return any(each in text for each in (os_secrets() if known is None else known))


def _parameters(url: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(urlsplit(url).query)
    except ValueError:
        return []


def read_keys(file: Path = Path(".env")) -> None:
    """Puts the keys of the working directory's .env into the environment, unless they are set there.

    Only keys: any other variable (a proxy, a base URL, a certificate) may send a key to somebody else, and the
    directory may be a stranger's.
    """
    try:
        text = file.read_text(encoding="utf-8") if file.is_file() and file.stat().st_size <= LARGEST_ENV else ""
    except (OSError, UnicodeDecodeError):
        return
    for name, value in dotenv_values(stream=io.StringIO(text), interpolate=False).items():
        if value and re.search(r"_(KEY|TOKEN)$", name):
            os.environ.setdefault(name, value)


def os_secrets() -> list[str]:
    """The secrets in the environment: variables named like one, and the passwords in URLs (proxies). Longest first."""
    values = set()
    for name, value in os.environ.items():
        if _VARIABLE.search(name):
            values.add(value.strip())
        for userinfo in re.findall(r"://([^/?#\s]+)@", value):
            values |= {userinfo, unquote(userinfo), unquote(userinfo).rpartition(":")[2]}
    return sorted(filter(_is_secret, values), key=len, reverse=True)


def _is_secret(value: str) -> bool:
    """Whether a value can be one: long enough, no word, no path (SSH_AUTH_SOCK)."""
    return len(value) >= SHORTEST and not value.isalpha() and not value.startswith("/")


def forms(secret: str) -> list[str]:
    """The ways in which a secret may stand in a text: as it is, in JSON, URL-encoded, in base64. Longest first.

    In base64 also as a part of a longer text ("Bearer KEY"), which begins at any of three places of its alphabet.
    """
    plain = secret.encode()
    encoded = base64.b64encode(plain).decode()
    written = {secret, secret.replace("/", "\\/"), quote(secret), quote(secret, safe=""), encoded, encoded.rstrip("=")}
    for before in range(3):
        inside = base64.b64encode(b"-" * before + plain).decode()[-(-8 * before // 6) : 8 * (before + len(plain)) // 6]
        if len(inside) >= SHORTEST:
            written |= {inside, inside.translate(_URLSAFE)}
    return sorted(written, key=len, reverse=True)


_URLSAFE = str.maketrans("+/", "-_")


def escaped(secret: str) -> str:
    """A pattern of the secret with any of its characters in URL or JSON escapes: %2f, \\u002F, \\/."""
    return "".join(
        rf"(?:\\*{re.escape(each)}|(?i:{''.join(f'%{byte:02x}' for byte in each.encode())}|\\+u{ord(each):04x}))"
        for each in secret
    )


def blotted(text: str) -> str:
    """The text without the environment's secrets and without userinfo in URLs: for errors, tracebacks and logs."""
    for secret in os_secrets():
        for each in forms(secret):
            text = text.replace(each, "[secret]")
        if MAY_ESCAPE.search(text):
            text = re.sub(escaped(secret), "[secret]", text)
    return _SHAPES.sub("[secret]", _USERINFO.sub("://[secret]@", text))


class Blot:
    """Blots these secrets, and the environment's as they are now, out of what a server sends, whatever its encoding."""

    def __init__(self, secrets: Sequence[str]) -> None:
        known = [*secrets, *os_secrets()]
        written = {form.encode() for secret in known for form in forms(secret) if len(form) > 3}
        self._written = sorted(written, key=len, reverse=True)
        self._escaped = re.compile("|".join(escaped(each) for each in known if len(each) > 3) or r"(?!)")

    def __call__(self, content: bytes) -> bytes:
        """The bytes without any of them."""
        for secret in self._written:
            if secret in content:
                content = content.replace(secret, b"[secret]")
        if b"%" in content or b"\\u00" in content or b"\\/" in content:
            # as Latin-1 each byte is a character, and comes back as it was
            content = self._escaped.sub("[secret]", content.decode("latin-1")).encode("latin-1")
        return content


def hidden(value: Any) -> Any:
    """The config without userinfo in URLs and without the values of keys that are named like secrets."""
    if isinstance(value, Mapping):
        return {
            str(key): "hidden" if inner and _NAME.search(str(key).replace("-", "_")) else hidden(inner)
            for key, inner in value.items()
        }
    if isinstance(value, list | tuple):
        return [hidden(inner) for inner in value]
    return _USERINFO.sub("://", without_controls(value)) if isinstance(value, str) else value
