"""What both clients share of httpx: the key's last step, the reading of an answer, and what a failure means.

Rule 1  The key is put into the request by `Bearer`, and nowhere else. What comes from outside is scrubbed of it, and no
        frame of httpx, where it is a local variable, stays in a traceback.
Rule 2  Every failure is taken for one after which the request may have arrived, unless it is known to come before the
        first byte.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import httpx

from ratecard import __version__
from ratecard.submit._wire import HttpAnswer, HttpRequest, Reply, Send, TransportFailure, excerpt

if TYPE_CHECKING:
    from collections.abc import Generator

    from ratecard.submit._clock import Clock
    from ratecard.submit._key import Secret

E = TypeVar("E", bound=BaseException)

BEFORE_THE_FIRST_BYTE = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,  # a proxy that refuses to make the tunnel
    httpx.UnsupportedProtocol,
)
"""After these nothing of the request can have left."""

LARGEST_ANSWER = 32 * 2**20
"""So many bytes of an answer are read."""

LONGEST_ANSWER_SECONDS = 300.0
"""So long may an answer take that comes in drops, each of them in time."""

CONNECT_SECONDS = 10.0


class Bearer(httpx.Auth):
    """Adds the key to a request that is about to leave."""

    def __init__(self, key: Secret) -> None:
        self._key = key

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Add the header."""
        request.headers["Authorization"] = self._key.bearer()
        yield request


class AnswerTooLarge(Exception):
    """An answer has more bytes, or takes more time, than any answer of this API."""


def options_of(timeout: float | httpx.Timeout) -> dict[str, Any]:
    """Return the settings of the httpx client.

    No proxy and no certificate is taken from the environment: where the key goes stands in the call. A proxy is passed
    as `transport=httpx.HTTPTransport(proxy=…)`. Connections are not kept: one that the API closed while it was idle
    would make the next submission an uncertain one.
    """
    waits = (
        timeout if isinstance(timeout, httpx.Timeout) else httpx.Timeout(timeout, connect=min(timeout, CONNECT_SECONDS))
    )
    return {
        "timeout": waits,
        "trust_env": False,
        "follow_redirects": False,
        "limits": httpx.Limits(max_keepalive_connections=0),
        "headers": {"User-Agent": f"ratecard/{__version__}"},
    }


def timeout_within(timeout: httpx.Timeout, within: float | None) -> httpx.Timeout:
    """Return the time-outs of one request, none of them longer than `within`."""
    if within is None:
        return timeout
    parts = (timeout.connect, timeout.read, timeout.write, timeout.pool)
    connect, read, write, pool = (within if part is None else min(part, within) for part in parts)
    return httpx.Timeout(connect=connect, read=read, write=write, pool=pool)


class Reading:
    """Collects one answer, within bounds."""

    def __init__(self, key: Secret, clock: Clock, effect: Send) -> None:
        self._key = key
        self._clock = clock
        self._until = clock.monotonic() + (LONGEST_ANSWER_SECONDS if effect.within is None else effect.within)
        self._status: int | None = None
        self._headers: tuple[tuple[str, str], ...] = ()
        self._body = bytearray()

    def begin(self, response: httpx.Response) -> None:
        """Take the status and the headers."""
        self._status = response.status_code
        scrubbed = self._scrubbed
        self._headers = tuple((scrubbed(name), scrubbed(value)) for name, value in response.headers.multi_items())

    def add(self, chunk: bytes) -> None:
        """Take a part of the body. Raises AnswerTooLarge."""
        self._body += chunk
        if len(self._body) > LARGEST_ANSWER:
            raise AnswerTooLarge(f"the answer has more than {LARGEST_ANSWER:,} bytes")
        if self._clock.monotonic() > self._until:
            raise AnswerTooLarge("the answer takes too long")

    def _answer(self, *, is_whole: bool) -> HttpAnswer | None:
        if self._status is None:
            return None
        return HttpAnswer(self._status, self._headers, self._key.scrub(bytes(self._body)), is_whole=is_whole)

    def reply(self, error: Exception | None = None) -> Reply:
        """Return the answer, or what kept it away, in words alone: an exception holds the request, and that the key."""
        answer = self._answer(is_whole=error is None)
        if error is None and answer is not None:
            return answer
        words = self._scrubbed(str(error))
        cause = excerpt(f"{type(error).__name__}: {words}" if words else type(error).__name__)
        return TransportFailure(cause, not isinstance(error, BEFORE_THE_FIRST_BYTE), answer)

    def _scrubbed(self, text: str) -> str:
        return self._key.scrub(text.encode(errors="backslashreplace")).decode()


def without_frames(error: E) -> E:
    """Return an interruption without the frames that it went through, in which the key is a local variable."""
    error.__context__ = error.__cause__ = None
    return error.with_traceback(None)


def request_of(http: httpx.Client | httpx.AsyncClient, effect: Send) -> httpx.Request:
    """Return the httpx request for an effect, still without the key."""
    asked: HttpRequest = effect.request
    timeout = timeout_within(http.timeout, effect.within)
    return http.build_request(asked.method, asked.url, content=asked.body, headers=asked.headers, timeout=timeout)
