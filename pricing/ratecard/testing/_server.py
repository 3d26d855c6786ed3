"""The fake API as a real server on the loopback interface.

h11 reads requests; answers are written by hand, so that they can end after any byte.

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
from contextlib import ExitStack, contextmanager, suppress
from threading import Thread
from typing import TYPE_CHECKING, TypeAlias

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
_CHUNK_BYTES = 65_536
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
    """Serve the connections of a socket in a thread with an event loop; at the end, break them and wait for the thread.

    Raises RuntimeError if the thread does not end in time.
    """
    loop = asyncio.SelectorEventLoop()
    stopping = asyncio.Event()

    def run() -> None:
        with listening, asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(_accept_until(stopping, listening, answer))  # then the runner cancels what is left

    thread = Thread(target=run, daemon=True, name="ratecard-fake-api")
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(stopping.set)
        thread.join(_STOP_SECONDS)
        if thread.is_alive():
            raise RuntimeError(f"the fake API did not stop within {_STOP_SECONDS} seconds")


async def _accept_until(stopping: asyncio.Event, listening: socket.socket, answer: AnswerFunction) -> None:
    loop = asyncio.get_running_loop()
    connections: dict[asyncio.Task[None], socket.socket] = {}

    def accept() -> None:
        with suppress(OSError):  # the client has gone already
            connection, _ = listening.accept()
            connection.settimeout(0)
            task = loop.create_task(_connected(connection, answer))
            connections[task] = connection
            task.add_done_callback(lambda task: connections.pop(task).close())  # even if it never began

    listening.settimeout(0)
    loop.add_reader(listening, accept)
    await stopping.wait()
    loop.remove_reader(listening)  # or a task could begin that nobody cancels


async def _connected(connection: socket.socket, answer: AnswerFunction) -> None:
    with suppress(h11.RemoteProtocolError, OSError):  # not HTTP, cut off or gone: nobody to answer
        http = _Connection(connection)
        while (request := await http.request()) and await http.deliver(answer(*request)):
            pass


class _Connection:
    """One connection: reads requests, and sends what is to arrive of their answers."""

    def __init__(self, connection: socket.socket) -> None:
        self._loop = asyncio.get_running_loop()
        self._socket = connection
        self._http = h11.Connection(h11.SERVER)

    async def request(self) -> tuple[str, str, dict[str, str], bytes] | None:
        """Return method, target, headers and body of the next request; None at the end of the connection."""
        pipelined, _ = self._http.trailing_data
        self._http = h11.Connection(h11.SERVER)
        if pipelined:
            self._http.receive_data(pipelined)
        head = await self._event()
        if not isinstance(head, h11.Request):
            return None
        body = b""
        while isinstance(event := await self._event(), h11.Data):
            body += event.data
        headers = {name.decode("ascii"): value.decode("latin-1") for name, value in head.headers}
        return head.method.decode("ascii"), head.target.decode("ascii"), headers, body

    async def _event(self) -> h11.Event | type[h11.NEED_DATA | h11.PAUSED]:
        while (event := self._http.next_event()) is h11.NEED_DATA:
            self._http.receive_data(await self._loop.sock_recv(self._socket, _CHUNK_BYTES))
        return event

    async def deliver(self, answer: FakeAnswer) -> bool:
        """Send what is to arrive of an answer, and return whether the connection can be used again."""
        match answer.delivery:
            case "whole" | "part":
                await self._loop.sock_sendall(self._socket, answer.sent)
            case "silent":
                while await self._loop.sock_recv(self._socket, _CHUNK_BYTES):
                    pass
            case _:  # "reset" or "refused"
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        return answer.delivery == "whole" and self._http.their_state is h11.DONE
