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
from contextlib import contextmanager, suppress
from threading import Thread
from typing import TYPE_CHECKING, TypeAlias

try:
    import h11
except ModuleNotFoundError:
    raise ImportError('FakeApi.serve needs h11: pip install "ratecard[testing]"') from None

from ratecard.testing._http import MAX_BODY_BYTES, FakeAnswer, FakeRequest, Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ratecard.testing._http import AnswerFunction

    OnRequest: TypeAlias = Callable[[FakeRequest, FakeAnswer], object]

_HOST = "127.0.0.1"
_BACKLOG = 128
_CHUNK_BYTES = 65_536
_IDLE_SECONDS = 60  # a connection without a byte for so long is closed
_SILENT_SECONDS = 300  # how long an answer that never comes keeps its connection open
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
        self._running: _Running | None = None

    def __enter__(self) -> str:
        self._start()
        return f"http://{_HOST}:{self._port}"

    def __exit__(self, *_: object) -> None:
        self._stop()

    @contextmanager
    def down(self) -> Iterator[None]:
        """Refuse connections and break those that are open until the block ends. The books are kept.

        Only inside the `with` of the server.
        """
        self._stop()
        try:
            with socket.socket() as holder:  # bound but not listening: nobody else can take the port
                holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                holder.bind((_HOST, self._port))
                yield
        finally:
            self._start()

    def _start(self) -> None:
        listening = socket.create_server((_HOST, self._port), backlog=_BACKLOG)
        self._port = listening.getsockname()[1]
        self._running = _Running(listening, self._answered)

    def _stop(self) -> None:
        if self._running is not None:
            running, self._running = self._running, None
            running.stop()

    def _answered(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> FakeAnswer:
        answer = self._answer(method, target, headers, body)
        if self._on_request is not None:
            self._on_request(FakeRequest.of(method, target, headers, body), answer)
        return answer


class _Running:
    """A listening socket, and the thread whose event loop serves all of its connections."""

    def __init__(self, listening: socket.socket, answer: AnswerFunction) -> None:
        self._listening = listening
        self._answer = answer
        self._loop = asyncio.SelectorEventLoop()
        self._stopping = asyncio.Event()
        self._connections: dict[asyncio.Task[None], socket.socket] = {}
        self._thread = Thread(target=self._run, daemon=True, name="ratecard-fake-api")
        self._thread.start()

    def stop(self) -> None:
        """Break all connections, and wait for the thread. Raises RuntimeError if it does not end in time."""
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(_STOP_SECONDS)
        if self._thread.is_alive():
            raise RuntimeError(f"the fake API did not stop within {_STOP_SECONDS} seconds")

    def _run(self) -> None:
        with self._listening, asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())  # then the runner cancels what is left, and waits for it

    async def _serve(self) -> None:
        self._listening.settimeout(0)
        self._loop.add_reader(self._listening, self._accept)
        await self._stopping.wait()
        self._loop.remove_reader(self._listening)  # or a task could begin that nobody cancels

    def _accept(self) -> None:
        with suppress(OSError):  # the client has gone already
            connection, _ = self._listening.accept()
            connection.settimeout(0)
            task = self._loop.create_task(self._connected(connection))
            self._connections[task] = connection
            task.add_done_callback(self._close)

    def _close(self, task: asyncio.Task[None]) -> None:
        """Close a connection, even if its task was cancelled before it began."""
        self._connections.pop(task).close()

    async def _connected(self, connection: socket.socket) -> None:
        with suppress(h11.RemoteProtocolError, OSError):  # not HTTP, cut off or gone: nobody to answer
            http = _Connection(connection)
            try:
                while (request := await http.request()) and await http.deliver(self._answer(*request)):
                    pass
            except Refused as refused:
                await http.deliver(refused.answer("req_none"))
                connection.shutdown(socket.SHUT_WR)
                await http.drain()  # closing with unread bytes would reset the connection, and lose the answer


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
            if len(body) > MAX_BODY_BYTES:
                raise Refused("REQUEST_TOO_LARGE", f"at most {MAX_BODY_BYTES} bytes")
        headers = {name.decode("ascii"): value.decode("latin-1") for name, value in head.headers}
        return head.method.decode("ascii"), head.target.decode("ascii"), headers, body

    async def _event(self) -> h11.Event | type[h11.NEED_DATA | h11.PAUSED]:
        while (event := self._http.next_event()) is h11.NEED_DATA:
            async with asyncio.timeout(_IDLE_SECONDS):
                self._http.receive_data(await self._loop.sock_recv(self._socket, _CHUNK_BYTES))
        return event

    async def deliver(self, answer: FakeAnswer) -> bool:
        """Send what is to arrive of an answer, and return whether the connection can be used again."""
        match answer.delivery:
            case "whole" | "part":
                await self._loop.sock_sendall(self._socket, answer.sent)
            case "silent":
                await self.drain()
            case _:  # "reset" or "refused"
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        return answer.delivery == "whole" and self._http.their_state is h11.DONE

    async def drain(self) -> None:
        """Discard what arrives until the client closes its end."""
        async with asyncio.timeout(_SILENT_SECONDS):
            while await self._loop.sock_recv(self._socket, _CHUNK_BYTES):
                pass
