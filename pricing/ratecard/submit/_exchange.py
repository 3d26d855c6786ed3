"""One exchange with the API: the settings of our own HTTP clients, and the reading of one answer within bounds.

Rule 1  What comes from outside is scrubbed of the key. An exception of the HTTP library is turned into words, because
        it holds the request, and the request the key.
Rule 2  After every failure the request may have arrived, unless it is known to come before the first byte.
Rule 3  An answer is bounded in size and in time, and no content coding is decoded.
"""

from __future__ import annotations

import os
from functools import lru_cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, Any, TypeVar

import httpx2

from ratecard import __version__
from ratecard.submit._http import CUT_OFF, HttpAnswer, excerpt

if TYPE_CHECKING:
    import ssl

    from ratecard.submit._http import HttpRequest
    from ratecard.submit._key import Secret

E = TypeVar("E", bound=BaseException)

BEFORE_THE_FIRST_BYTE = {"ConnectError", "ConnectTimeout", "PoolTimeout", "ProxyError", "UnsupportedProtocol"}
"""The names of the errors, of httpx2 and of httpx, after which no byte of the request can have left."""

MAX_ANSWER = 4 * 2**20
"""Maximum bytes of an answer."""

CONNECT_SECONDS = 10.0


class UnusableAnswer(Exception):
    """An answer whose body is not read to its end; it never leaves this package."""


def client_options(*, trust_env: bool) -> dict[str, Any]:
    """Return the settings of an HTTP client of our own. It keeps no cookies."""
    certificates = (os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")) if trust_env else ()
    cookies = CookieJar(DefaultCookiePolicy(allowed_domains=()))
    agent = {"User-Agent": f"ratecard/{__version__}"}
    return {
        "trust_env": trust_env,
        "verify": _ssl_context(trust_env, certificates),
        "cookies": cookies,
        "headers": agent,
    }


@lru_cache(maxsize=8)
def _ssl_context(trust_env: bool, _: tuple[str | None, ...]) -> ssl.SSLContext:  # noqa: FBT001  the key of a cache
    """Return a context, made once for each set of certificates: reading them takes longer than a request."""
    return httpx2.create_ssl_context(trust_env=trust_env)


class Exchange:
    """One request, and what was read of its answer. Whoever waits for it may give it up at any time."""

    def __init__(self, http: Any, request: HttpRequest, key: Secret, seconds: float) -> None:
        timeout = {"connect": min(CONNECT_SECONDS, 0.8 * seconds), "read": seconds, "write": seconds, "pool": seconds}
        self.http = http
        self.request = http.build_request(request.method, request.url, content=request.body, headers=request.headers)
        self.request.extensions = {**self.request.extensions, "timeout": timeout}
        self.seconds = seconds
        self.is_given_up = False
        self._key = key
        self._status: int | None = None
        self._headers: tuple[tuple[str, str], ...] = ()
        self._body = bytearray()

    def send(self) -> Any:
        """Send the request; for an asynchronous client, return what is to be awaited. The key is added here alone."""

        def authorize(request: Any) -> Any:
            request.headers["Authorization"] = f"Bearer {self._key.reveal().decode()}"
            return request

        return self.http.send(self.request, stream=True, auth=authorize, follow_redirects=False)

    def begin(self, response: Any) -> None:
        """Take the status and the headers. Raises UnusableAnswer for a content coding."""
        scrub = self._key.scrub_text
        self._headers = tuple((scrub(name), scrub(value)) for name, value in response.headers.multi_items())
        self._status = response.status_code
        coding = response.headers.get("content-encoding", "identity")
        if coding.strip().lower() != "identity":
            raise UnusableAnswer(f"the answer is encoded as {excerpt(scrub(coding))}, which was not asked for")

    def add(self, chunk: bytes) -> None:
        """Take a part of the body. Raises UnusableAnswer for too many bytes, and where nobody waits any more."""
        self._body += chunk
        if len(self._body) > MAX_ANSWER or self.is_given_up:
            raise UnusableAnswer(f"the answer is longer than {MAX_ANSWER:,} bytes")

    def answer(self, error: BaseException | None = None) -> HttpAnswer:
        """Return the answer, as far as it was read, and what kept the rest away."""
        words = self._key.scrub_text(str(error))
        fault = None if error is None else words if isinstance(error, UnusableAnswer) else CUT_OFF
        if self._status is not None:
            return HttpAnswer(self._status, self._headers, self._key.scrub(bytes(self._body)), fault)
        names = {kind.__name__ for kind in type(error).__mro__}
        cause = excerpt(f"{type(error).__name__}: {words}" if words else type(error).__name__)
        return HttpAnswer(None, fault=cause, has_left=not names & BEFORE_THE_FIRST_BYTE)

    def late_answer(self) -> HttpAnswer:
        """Return the answer as far as it was read when the time is over."""
        return self.answer(TimeoutError(f"no whole answer within {self.seconds:g} s"))


def without_frames(error: E) -> E:
    """Return an interruption without the frames it went through, in which the key is a local variable."""
    error.__context__ = error.__cause__ = None
    return error.with_traceback(None)
