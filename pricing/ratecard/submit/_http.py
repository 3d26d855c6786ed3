"""One HTTP request and its answer: the key, and bounds on size and time.

Rule 1  What comes from outside is scrubbed of the key. An exception of the HTTP library is turned into words, because
        it holds the request, and the request the key.
Rule 2  An answer is bounded in size and in time, and no content coding is decoded.
"""

from __future__ import annotations

import re
import time
from contextlib import aclosing, closing
from threading import Thread
from typing import TYPE_CHECKING, Any, NoReturn

import anyio
from attrs import define, field

from ratecard._api import KEY_VARIABLE
from ratecard.submit._answers import CUT_OFF, MAX_EXCERPT, HttpAnswer
from ratecard.submit._errors import BadKey
from ratecard_rules import one_line

if TYPE_CHECKING:
    from collections.abc import Callable

BEFORE_THE_FIRST_BYTE = {"ConnectError", "ConnectTimeout", "PoolTimeout", "ProxyError", "UnsupportedProtocol"}
"""The names of the errors, of httpx2 and of httpx, after which no byte of the request can have left."""

MAX_ANSWER = 4 * 2**20
"""Maximum bytes of an answer."""


class Key:
    """The API key: shown as `***`, neither copied nor pickled, and put into a request by the HTTP library."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return "***"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a key cannot be copied or pickled")

    def __call__(self, request: Any) -> Any:
        """Authorize a request."""
        request.headers["Authorization"] = f"Bearer {self._text}"
        return request

    def check(self) -> None:
        """Raise BadKey for a key that is missing or cannot be sent."""
        if not self._text.strip():
            raise BadKey(f"no key: pass one, or set {KEY_VARIABLE}")
        if not re.fullmatch("[!-~]+", self._text):
            raise BadKey(f"{KEY_VARIABLE} (or the key that was passed) has blanks or characters outside ASCII")

    def scrub(self, text: str) -> str:
        """Return text from outside without the key, in whatever way JSON may spell it."""
        spellings = (rf"(?:\\?{re.escape(sign)}|\\u00(?i:{ord(sign):02x}))" for sign in self._text)
        return re.sub("".join(spellings), "***", text)


@define(eq=False, repr=False)
class Exchange:
    """One request, and what was read of its answer. A thread that was given up still writes to it.

    Attributes:
        send: Sends the request; for an asynchronous client, what it returns is awaited.
        until: When `time.monotonic()` shows this, the time is over.
        response: The head of the answer.
        body: The body of the answer, as far as it was read.
        error: Why the answer, or the rest of it, is missing; None once it is whole.
    """

    send: Callable[[], Any]
    until: float
    response: Any = None
    body: bytearray = field(factory=bytearray)
    error: BaseException | None = field(factory=lambda: TimeoutError("no whole answer in time"))

    def receive(self) -> None:
        """Send the request in a thread, and give it up when the time is over: a blocking read has no such bound."""
        thread = Thread(target=self._receive, name="ratecard.submit", daemon=True)
        thread.start()
        thread.join(self.until - time.monotonic())

    def _receive(self) -> None:
        try:
            with closing(self.send()) as self.response:
                for chunk in _undecoded(self.response).iter_bytes():
                    self._take(chunk)
                self.error = None
        except BaseException as error:  # noqa: BLE001  whatever is raised, the request may have left
            self.error = error

    async def areceive(self) -> None:
        """Send the request, and give it up when the time is over."""
        try:
            with anyio.move_on_after(self.until - time.monotonic()):
                async with aclosing(await self.send()) as self.response:
                    async for chunk in _undecoded(self.response).aiter_bytes():
                        self._take(chunk)
                    self.error = None
        except BaseException as error:  # noqa: BLE001  as above
            self.error = error

    def _take(self, chunk: bytes) -> None:
        self.body += chunk
        if len(self.body) > MAX_ANSWER or time.monotonic() > self.until:
            raise TimeoutError

    def answer(self, key: Key) -> HttpAnswer:
        """Return what was read of the answer. Raises an interruption as it was."""
        error, response = self.error, self.response
        if error is not None and not isinstance(error, Exception):
            error.__context__ = error.__cause__ = None
            raise error.with_traceback(None)  # without the frames of httpx2, in which the key is a local variable
        if response is None:
            fault = key.scrub(f"{type(error).__name__}: {error}".removesuffix(": "))
            has_left = not BEFORE_THE_FIRST_BYTE & {kind.__name__ for kind in type(error).__mro__}
            return HttpAnswer(None, fault=one_line(fault[:MAX_EXCERPT]), has_left=has_left)
        is_long, retry_after = len(self.body) > MAX_ANSWER, response.headers.get("retry-after", "")
        return HttpAnswer(
            response.status_code,
            b"" if is_long else key.scrub(self.body.decode("latin-1")).encode("latin-1"),
            fault=f"the answer is longer than {MAX_ANSWER:,} bytes" if is_long else CUT_OFF if error else None,
            retry_after=float(retry_after) if re.fullmatch("[0-9]{1,9}", retry_after) else None,
        )


def _undecoded(response: Any) -> Any:
    """Return a response whose body is read as it came, unless an event hook of the caller has read it already."""
    response.headers.pop("content-encoding", None)
    return response


class RetryLater(Exception):
    """An answer after which the request is sent again. stamina logs it, so it holds no text of the answer."""

    pause = 0.0
