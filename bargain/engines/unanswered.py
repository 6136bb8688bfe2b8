"""What a network error means: the request never went out, it may have been billed, or no second try can mend it.

It knows the errors of aiohttp, httpx2 and TLS, and nothing of engines.

    unanswered(error, "engine gpt-4 (seller)", "https://api.openai.com/v1", "api.openai.com")   -> Failure not_sent
"""

from __future__ import annotations

import os
import ssl

import aiohttp
import httpx2

from bargain.engines.base import Failure
from bargain.engines.clients import Stale, proxy_name
from bargain.text import one_line

_NOTHING_SENT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.ClientHttpProxyError)


def unanswered(error: BaseException, where: str, url: str, host: str) -> BaseException:
    """The Failure: not_sent if it broke off before the request went out, fatal for an address, a proxy or a certificate
    that is wrong, else maybe_billed; the error itself if it is none of the network.

    where: opens its message. url, host: of the server, as it is named.
    """
    chain: list[BaseException] = [error]
    while (cause := chain[-1].__cause__ or chain[-1].__context__) is not None and len(chain) < 10:
        chain.append(cause)
    large = next((each for each in chain if isinstance(each, Failure)), None)
    if large is not None:
        return Failure(large.kind, f"{where}: {large}")
    if any(isinstance(each, httpx2.DecodingError) for each in chain):
        return Failure(
            "maybe_billed",
            f"{where}: the answer of {host} cannot be unpacked, it is not what its Content-Encoding says",
        )
    inner = next((each for each in chain if isinstance(each, aiohttp.ClientError | OSError)), None)
    if inner is None and not any(isinstance(each, httpx2.HTTPError) for each in chain):
        return error
    broken = getattr(inner, "os_error", inner)
    number = getattr(broken, "errno", None) or 0  # asyncio's own strerror only repeats the address
    reason = os.strerror(number) if number > 0 else getattr(broken, "strerror", None) or type(inner).__name__
    if any(isinstance(each, aiohttp.InvalidURL) for each in chain):
        return Failure("fatal", f"{where}: base_url {url!r} is not a valid address")
    if isinstance(inner, aiohttp.ClientSSLError):
        return _no_tls(inner, where, host)
    if isinstance(inner, aiohttp.ClientProxyConnectionError | aiohttp.ClientHttpProxyError):
        status = getattr(inner, "status", 0)
        reason = f"{status}, it refuses" if status else reason
        text = f"cannot connect through the proxy {proxy_name(url)} of the environment ({one_line(str(reason))})"
        return Failure("fatal" if 400 <= status < 500 else "not_sent", f"{where}: {text}")
    if any(isinstance(each, _NOTHING_SENT) for each in chain):
        text = f"cannot connect to {host} ({one_line(str(reason))}); is the server up and base_url right?"
        return Failure("not_sent", f"{where}: {text}")
    text = f"the connection to {host} broke before the answer was complete ({one_line(str(reason))})"
    return Failure("maybe_billed", f"{where}: {text}", again=any(isinstance(each, Stale) for each in chain))


def _no_tls(error: aiohttp.ClientSSLError, where: str, host: str) -> Failure:
    """Why no safe connection came about. What no second try can mend stops the run."""
    cause = getattr(error, "certificate_error", None) or error.os_error
    reason = getattr(cause, "verify_message", "") or str(getattr(cause, "reason", "") or cause).replace("_", " ")
    if isinstance(cause, ssl.CertificateError):
        told = "its certificate was refused"
        advice = "if it is a server of your own, or behind a company's proxy, name who signs for it in SSL_CERT_FILE"
    else:
        told = "no TLS connection came about"
        advice = "is base_url right, with https:// only where the server speaks it?"
    passing = isinstance(cause, ssl.SSLEOFError | ssl.SSLZeroReturnError)
    text = f"{where}: {host}: {told} ({one_line(reason)}); {advice}"
    return Failure("not_sent" if passing else "fatal", text)
