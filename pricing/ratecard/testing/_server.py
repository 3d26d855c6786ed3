"""The fake API as a real server on the loopback interface.

h11 reads requests; answers are sent as bytes, so that they can end after any of them.

Rule 1  It binds 127.0.0.1 and nothing else.
Rule 2  It prints nothing of what arrives.
Rule 3  A request that did not arrive completely is not processed.
Rule 4  When it stops, no thread and no socket is left, and stopping takes a bounded time.
"""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from contextlib import ExitStack, contextmanager
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeAlias

try:
    import h11
except ModuleNotFoundError:
    raise ImportError('FakeApi.serve needs h11: pip install "ratecard[testing]"') from None

from ratecard.testing._http import FakeAnswer, FakeRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ratecard.testing._http import AnswerFunction

    OnRequest: TypeAlias = Callable[[FakeRequest, FakeAnswer], object]

_HOST = "127.0.0.1"
_STOP_SECONDS = 10
_RESET = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)  # do not linger: closing resets the connection


class FakeServer:
    """A server: `with` starts it, gives its address `http://127.0.0.1:PORT`, and stops it.

    A connection is accepted before a fault is known, so `REFUSE` resets it; `down` refuses connections.
    """

    def __init__(self, answer: AnswerFunction, port: int = 0, on_request: OnRequest | None = None) -> None:
        self._answer = answer
        self._port = port
        self._on_request = on_request
        self._running = ExitStack()

    def __enter__(self) -> str:
        listening = socket.create_server((_HOST, self._port))
        self._port = listening.getsockname()[1]
        self._running.enter_context(_serving(listening, self._answered))
        return f"http://{_HOST}:{self._port}"

    def __exit__(self, *_: object) -> None:
        self._running.close()

    @contextmanager
    def down(self) -> Iterator[None]:
        """Refuse connections and break those that are open until the block ends. The books are kept.

        Only inside the `with` of the server.
        """
        self._running.close()
        try:
            with socket.socket() as holder:  # bound but not listening: nobody else can take the port
                holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                holder.bind((_HOST, self._port))
                yield
        finally:
            self.__enter__()

    def _answered(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> FakeAnswer:
        answer = self._answer(method, target, headers, body)
        if self._on_request is not None:
            self._on_request(FakeRequest.of(method, target, headers, body), answer)
        return answer


@contextmanager
def _serving(listening: socket.socket, answer: AnswerFunction) -> Iterator[None]:
    """Serve a socket in a thread with an event loop; at the end, break the connections and wait for the thread.

    Raises RuntimeError if the thread does not end in time.
    """
    stopping = asyncio.Event()
    runner = asyncio.Runner(loop_factory=asyncio.SelectorEventLoop)
    loop = runner.get_loop()

    def run() -> None:
        with runner:
            runner.run(_serve_until(stopping, listening, answer))

    thread = Thread(target=run, daemon=True, name="ratecard-fake-api")
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(stopping.set)
        thread.join(_STOP_SECONDS)
        if thread.is_alive():
            raise RuntimeError(f"the fake API did not stop within {_STOP_SECONDS} seconds")


async def _serve_until(stopping: asyncio.Event, listening: socket.socket, answer: AnswerFunction) -> None:
    connections: set[Any] = set()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(answer, connections), sock=listening)
    await stopping.wait()
    loop.remove_reader(listening)  # a closed server loses the connections that it is just accepting
    for _ in range(2):
        await asyncio.sleep(0)  # until they have their transports
    server.close()
    for connection in [*connections]:
        connection.abort()


class _Connection(asyncio.Protocol):
    """One connection: reads requests, and sends what is to arrive of their answers."""

    def __init__(self, answer: AnswerFunction, connections: set[Any]) -> None:
        self._answer = answer
        self._connections = connections
        self._http = h11.Connection(h11.SERVER)

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._connections.add(transport)

    def connection_lost(self, _: Exception | None) -> None:
        self._connections.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        self._http.receive_data(data)
        try:
            while not self._transport.is_closing() and self._handled(self._http.next_event()):
                pass
        except h11.RemoteProtocolError:  # this is not HTTP
            self._transport.close()

    def _handled(self, event: h11.Event | type[h11.NEED_DATA | h11.PAUSED]) -> bool:
        """Take an event, and return whether there may be another: not if data is missing, or the server keeps silent."""
        match event:
            case h11.Request():
                self._head, self._body = event, b""
            case h11.Data():
                self._body += event.data
            case h11.EndOfMessage():
                headers = {name.decode("ascii"): value.decode("latin-1") for name, value in self._head.headers}
                method, target = self._head.method.decode("ascii"), self._head.target.decode("ascii")
                self._deliver(self._answer(method, target, headers, self._body))
            case _:
                return False
        return True

    def _deliver(self, answer: FakeAnswer) -> None:
        """Send what is to arrive of an answer, then prepare for the next request or close the connection."""
        if answer.delivery in ("reset", "refused"):
            self._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            self._transport.abort()
        elif answer.delivery != "silent":
            self._transport.write(answer.sent)
            if answer.delivery == "part" or self._http.their_state is not h11.DONE:
                self._transport.close()
            pipelined, _ = self._http.trailing_data
            self._http = h11.Connection(h11.SERVER)
            if pipelined:
                self._http.receive_data(pipelined)
