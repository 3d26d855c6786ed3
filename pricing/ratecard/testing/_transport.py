"""The fake API as a transport: no socket and no waiting; faults are raised as the exceptions of the HTTP library."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

try:
    import httpx2
except ModuleNotFoundError:
    raise ImportError('the transport needs httpx2: pip install "ratecard[testing]"') from None

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from ratecard.testing._fake import FakeApi
    from ratecard.testing._wire import Delivery

_ERRORS: dict[Delivery, tuple[str, str]] = {
    "refused": ("ConnectError", "connection refused"),
    "silent": ("ReadTimeout", "the read operation timed out"),
    "closed": ("RemoteProtocolError", "server disconnected without sending a response"),
    "reset": ("ReadError", "connection reset by peer"),
}


class FakeTransport(httpx2.BaseTransport, httpx2.AsyncBaseTransport):
    """A transport for `httpx2.Client` and `httpx2.AsyncClient` that a `FakeApi` answers, whatever the host.

    It answers with the classes of the library that asks, so clients of httpx can use it as well.
    """

    def __init__(self, api: FakeApi) -> None:
        self._api = api

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Return the answer of the fake, or raise what its fault comes to."""
        response, cut = self._answer(request, request.read())
        return response if cut is None else _partial(response, cut)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """As `handle_request`; it never waits."""
        response, cut = self._answer(request, await request.aread())
        return response if cut is None else _partial(response, _asynchronous(cut))

    def _answer(self, request: httpx2.Request, body: bytes) -> tuple[httpx2.Response, Iterator[bytes] | None]:
        library: Any = sys.modules[type(request).__module__.partition(".")[0]]
        target = request.url.raw_path.decode("ascii")
        answer = self._api.answer(request.method, target, request.headers, body)
        if answer.delivery in _ERRORS:
            error, message = _ERRORS[answer.delivery]
            raise getattr(library, error)(message, request=request)
        headers = [*answer.headers, ("content-length", str(len(answer.body)))]
        response = library.Response(answer.status, headers=headers, content=answer.body)
        return response, _half(library, answer.body) if answer.delivery == "part" else None


def _partial(response: httpx2.Response, content: Iterator[bytes] | AsyncIterator[bytes]) -> httpx2.Response:
    return type(response)(response.status_code, headers=response.headers, content=content)


def _half(library: Any, body: bytes) -> Iterator[bytes]:
    yield body[: len(body) // 2]
    raise library.RemoteProtocolError("peer closed connection without sending complete message body")


async def _asynchronous(chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk
