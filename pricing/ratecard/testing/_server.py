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
from contextlib import contextmanager
from functools import partial
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeAlias

try:
    import h11
except ModuleNotFoundError:
    raise ImportError('FakeApi.serve needs h11: pip install "ratecard[testing]"') from None

from attrs import define, field

from ratecard.testing._http import FakeAnswer, FakeRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ratecard.testing._http import AnswerFunction

    OnRequest: TypeAlias = Callable[[FakeRequest, FakeAnswer], object]

_HOST = "127.0.0.1"
_STOP_SECONDS = 10
_RESET = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)  # do not linger: closing resets the connection


@contextmanager
def serving(answer: AnswerFunction, port: int, on_request: OnRequest | None) -> Iterator[str]:
    """Serve in a thread with an event loop, and give the address; at the end, break the connections and wait for it.

    Raises OSError if the port is taken, and RuntimeError if the thread does not end in time.
    """
    listening = socket.create_server((_HOST, port))
    address = f"http://{_HOST}:{listening.getsockname()[1]}"
    stopping = asyncio.Event()
    runner = asyncio.Runner(loop_factory=asyncio.SelectorEventLoop)
    loop = runner.get_loop()
    connections: set[Any] = set()
    connect = partial(_Connection, answer, on_request, connections)

    def run() -> None:
        with runner:
            runner.run(_serve_until(stopping, listening, connect, connections))

    thread = Thread(target=run, daemon=True, name="ratecard-fake-api")
    thread.start()
    try:
        yield address
    finally:
        loop.call_soon_threadsafe(stopping.set)
        thread.join(_STOP_SECONDS)
        if thread.is_alive():
            raise RuntimeError(f"the fake API did not stop within {_STOP_SECONDS} seconds")


async def _serve_until(
    stopping: asyncio.Event, listening: socket.socket, connect: Callable[[], _Connection], connections: set[Any]
) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(connect, sock=listening)
    await stopping.wait()
    loop.remove_reader(listening)  # a closed server loses the connections that it is just accepting
    for _ in range(2):
        await asyncio.sleep(0)  # until they have their transports
    server.close()
    for connection in [*connections]:
        connection.abort()


@define(eq=False, slots=False)
class _Connection(asyncio.Protocol):
    """One connection: reads requests, and sends what is to arrive of their answers."""

    _answer: AnswerFunction
    _on_request: OnRequest | None
    _connections: set[Any]
    _http: h11.Connection = field(factory=partial(h11.Connection, h11.SERVER))

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
        """Take an event, and return whether there may be another."""
        match event:
            case h11.Request():
                self._head, self._body = event, b""
            case h11.Data():
                self._body += event.data
            case h11.EndOfMessage():
                headers = {name.decode("ascii"): value.decode("latin-1") for name, value in self._head.headers}
                method, target = self._head.method.decode("ascii"), self._head.target.decode("ascii")
                answer = self._answer(method, target, headers, self._body)
                if self._on_request is not None:
                    self._on_request(FakeRequest.of(method, target, headers, self._body), answer)
                self._deliver(answer)
            case _:  # data is missing, or the server keeps silent
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
