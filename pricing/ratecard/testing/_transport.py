"""The fake as a transport of httpx: no socket, no waiting; what goes wrong is raised as httpx would."""

from __future__ import annotations

from typing import TYPE_CHECKING

try:
    import httpx
except ModuleNotFoundError:
    raise ImportError('the transport needs httpx: pip install "ratecard[submit]"') from None

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from ratecard.testing._fake import FakeApi
    from ratecard.testing._wire import Delivery, FakeAnswer

_ERRORS: dict[Delivery, tuple[type[httpx.TransportError], str]] = {
    "refused": (httpx.ConnectError, "connection refused"),
    "silent": (httpx.ReadTimeout, "the read operation timed out"),
    "closed": (httpx.RemoteProtocolError, "server disconnected without sending a response"),
    "reset": (httpx.ReadError, "connection reset by peer"),
}


class _Half(httpx.SyncByteStream, httpx.AsyncByteStream):
    """Half of a body, and then the end of the connection."""

    def __init__(self, body: bytes) -> None:
        self._half = body[: len(body) // 2]

    def __iter__(self) -> Iterator[bytes]:
        yield self._half
        raise httpx.RemoteProtocolError("peer closed connection without sending complete message body")

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self:
            yield chunk


class FakeTransport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """A transport for `httpx.Client` and `httpx.AsyncClient` that a `FakeApi` answers, whatever the host is."""

    def __init__(self, api: FakeApi) -> None:
        self._api = api

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Return the answer of the fake, or raise what its fault comes to in httpx."""
        return self._answer(request, request.read())

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """As `handle_request`, without waiting for anything."""
        return self._answer(request, await request.aread())

    def _answer(self, request: httpx.Request, body: bytes) -> httpx.Response:
        target = request.url.raw_path.decode("ascii")
        answer = self._api.answer(request.method, target, request.headers, body)
        if answer.delivery in _ERRORS:
            error, message = _ERRORS[answer.delivery]
            raise error(message, request=request)
        return _response(answer)


def _response(answer: FakeAnswer) -> httpx.Response:
    headers = [*answer.headers, ("content-length", str(len(answer.body)))]
    if answer.delivery == "part":
        return httpx.Response(answer.status, headers=headers, stream=_Half(answer.body))
    return httpx.Response(answer.status, headers=headers, content=answer.body)
