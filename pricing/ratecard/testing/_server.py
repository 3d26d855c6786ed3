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
from contextlib import contextmanager, suppress
from threading import Thread
from typing import TYPE_CHECKING

try:
    import h11
except ModuleNotFoundError:
    raise ImportError('FakeApi.serve needs h11: pip install "ratecard[testing]"') from None

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ratecard.testing._http import AnswerFunction

_HOST = "127.0.0.1"
_STOP_SECONDS = 10
_PIECE = 2**16
_RESET = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)  # do not linger: closing resets the connection


@contextmanager
def serving(answer: AnswerFunction, port: int) -> Iterator[str]:
    """Serve in a thread with an event loop, and give the address; at the end, break the connections and wait for it.

    Raises OSError if the port is taken, and RuntimeError if the thread does not end in time.
    """
    listening = socket.create_server((_HOST, port))
    address = f"http://{_HOST}:{listening.getsockname()[1]}"
    stopping = asyncio.Event()
    runner = asyncio.Runner(loop_factory=asyncio.SelectorEventLoop)
    loop = runner.get_loop()

    def run() -> None:
        with runner:
            runner.run(_serve_until(stopping, listening, answer))

    thread = Thread(target=run, daemon=True, name="ratecard-fake-api")
    thread.start()
    try:
        yield address
    finally:
        loop.call_soon_threadsafe(stopping.set)
        thread.join(_STOP_SECONDS)
        if thread.is_alive():
            raise RuntimeError(f"the fake API did not stop within {_STOP_SECONDS} seconds")


async def _serve_until(stopping: asyncio.Event, listening: socket.socket, answer: AnswerFunction) -> None:
    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # It is not HTTP, the client has gone, or the server stops; Python 3.11 logs connections that end as cancelled.
        with suppress(h11.RemoteProtocolError, ConnectionError, asyncio.CancelledError):
            await _converse(answer, reader, writer)
        if stopping.is_set():
            writer.transport.abort()
        else:
            writer.close()

    server = await asyncio.start_server(connected, sock=listening)
    await stopping.wait()
    asyncio.get_running_loop().remove_reader(listening)
    for _ in range(3):
        await asyncio.sleep(0)  # until every connection has begun: only then does it end as the runner closes
    server.close()


async def _converse(answer: AnswerFunction, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer the requests of a connection in turn, until it is to be closed."""
    http = h11.Connection(h11.SERVER)
    while request := await _next_request(http, reader):
        head, body = request
        headers = {name.decode("ascii"): value.decode("latin-1") for name, value in head.headers}
        answered = answer(head.method.decode("ascii"), head.target.decode("ascii"), headers, body)
        if answered.delivery == "silent":
            while await reader.read(_PIECE):  # until the client gives up
                pass
            return
        if answered.delivery != "sent":
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            writer.transport.abort()
            return
        writer.write(answered.sent)
        if answered.sent_bytes is not None or http.their_state is not h11.DONE:
            return
        pipelined, _ = http.trailing_data
        http = h11.Connection(h11.SERVER)
        if pipelined:
            http.receive_data(pipelined)


async def _next_request(http: h11.Connection, reader: asyncio.StreamReader) -> tuple[h11.Request, bytes] | None:
    """Return the head and the body of a request; None at the end of the connection."""
    body = b""
    while True:
        match http.next_event():
            case h11.Request() as head:
                pass
            case h11.Data(data=data):
                body += data
            case h11.EndOfMessage():
                return head, body
            case h11.ConnectionClosed():
                return None
            case _:
                http.receive_data(await reader.read(_PIECE))
