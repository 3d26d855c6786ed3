"""The fake API as a transport: no socket and no waiting; faults are raised as the exceptions of the HTTP library."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

try:
    import httpx2
except ModuleNotFoundError:
    raise ImportError('FakeApi.transport needs httpx2: pip install "ratecard[testing]"') from None

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from ratecard.testing._http import AnswerFunction, Delivery

_ERRORS: dict[Delivery, tuple[str, str]] = {
    "refused": ("ConnectError", "connection refused"),
    "silent": ("ReadTimeout", "the read operation timed out"),
    "reset": ("ReadError", "connection reset by peer"),
}


class FakeTransport(httpx2.BaseTransport, httpx2.AsyncBaseTransport):
    """A transport for `httpx2.Client` and `httpx2.AsyncClient` that a fake answers, whatever the host.

    It answers with the classes of the library that calls it, so clients of httpx can use it as well.
    """

    def __init__(self, answer: AnswerFunction) -> None:
        self._answer = answer

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Return the answer of the fake, or raise what its fault amounts to."""
        return self._respond(request, request.read(), _cut)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """As `handle_request`; it never waits."""
        return self._respond(request, await request.aread(), _cut_async)

    def _respond(
        self, request: httpx2.Request, body: bytes, cut: Callable[[bytes, Exception], object]
    ) -> httpx2.Response:
        library: Any = sys.modules[type(request).__module__.partition(".")[0]]
        answer = self._answer(request.method, request.url.raw_path.decode("ascii"), request.headers, body)
        if answer.delivery in _ERRORS:
            error, message = _ERRORS[answer.delivery]
            raise getattr(library, error)(message, request=request)
        content: Any = answer.body
        if answer.sent_bytes is not None:
            arriving = answer.sent_bytes - len(answer.head)
            if arriving < 0:
                raise library.RemoteProtocolError("server disconnected without sending a response", request=request)
            early_end = library.RemoteProtocolError("peer closed connection without sending complete message body")
            content = cut(answer.body[:arriving], early_end)
        headers = [*answer.headers, ("content-length", str(len(answer.body)))]
        response: httpx2.Response = library.Response(answer.status, headers=headers, content=content)
        return response


def _cut(sent: bytes, error: Exception) -> Iterator[bytes]:
    yield sent
    raise error


async def _cut_async(sent: bytes, error: Exception) -> AsyncIterator[bytes]:
    yield sent
    raise error
