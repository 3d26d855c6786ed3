"""The fake as a real server on the loopback interface, on the standard library alone.

One thread for each connection (`http.server`), not one loop for all (`asyncio`): the fake answers at once, connections
are few, and a test may then use it from code of either kind without a loop of its own. `http.server` also reads
HTTP, with its limits on lines and headers, which with asyncio would be ours to write.

Rule 1  It binds 127.0.0.1, and there is no way to ask for anything else.
Rule 2  It prints nothing of what arrives.
Rule 3  A request that did not arrive whole is not processed.
Rule 4  When it stops, no thread and no socket is left.
"""

from __future__ import annotations

import os
import socket
import struct
from contextlib import contextmanager, suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from io import BufferedReader
from socketserver import ThreadingTCPServer
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, TypeAlias

from ratecard.testing._wire import LIKE_NONE, MOST_BODY_BYTES, FakeAnswer, arrived, error_answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ratecard.testing._fake import FakeApi
    from ratecard.testing._wire import FakeRequest

    OnRequest: TypeAlias = Callable[[FakeRequest, FakeAnswer], object]

HOST = "127.0.0.1"
IDLE_SECONDS = 60
"""A connection on which nothing comes for so long is closed."""

SILENT_SECONDS = 300
"""So long an answer that never comes keeps its connection open, unless the server stops before."""

_POLL_SECONDS = 0.02
_LONGEST_LENGTH = 15
_RESET = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)  # linger for no time: close by a reset


class FakeServer:
    """A server that a `FakeApi` answers: `with` starts it, gives its address `http://127.0.0.1:PORT`, and stops it.

    Over a real connection `REFUSE` resets it before anything is processed, since it was accepted by then; `down`
    refuses connections as such.
    """

    def __init__(self, api: FakeApi, port: int = 0, on_request: OnRequest | None = None) -> None:
        self._api = api
        self._port = port
        self._on_request = on_request
        self._server: _Server | None = None

    def __enter__(self) -> str:
        self._start()
        return f"http://{HOST}:{self._port}"

    def __exit__(self, *_: object) -> None:
        self._stop()

    @contextmanager
    def down(self) -> Iterator[None]:
        """Pull the plug: every connection breaks and new ones are refused, until the block ends. The books are kept.

        Only inside the `with` of the server.
        """
        self._stop()
        try:
            with _held(self._port):
                yield
        finally:
            self._start()

    def _start(self) -> None:
        self._server = _Server(self._api, self._port, self._on_request)
        self._port = self._server.server_address[1]

    def _stop(self) -> None:
        if self._server is not None:
            self._server.stop()
            self._server = None


@contextmanager
def _held(port: int) -> Iterator[None]:
    """Keep a port without listening: connections are refused, and nobody else can take it, not even a client."""
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind((HOST, port))
        yield


class _Server(ThreadingTCPServer):
    """The listening socket, its thread, and the thread and the socket of every connection."""

    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, api: FakeApi, port: int, on_request: OnRequest | None) -> None:
        super().__init__((HOST, port), _Handler)
        self.api = api
        self.on_request = on_request
        self.stopping = Event()
        self._open: dict[Thread, socket.socket] = {}
        self._accepting = Thread(target=self.serve_forever, args=(_POLL_SECONDS,), daemon=True)
        self._accepting.start()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection in a thread that `stop` can end; the base class forgets those that are daemons."""
        thread = Thread(target=self.process_request_thread, args=(request, client_address), daemon=True)
        self._open = {one: connection for one, connection in self._open.items() if one.is_alive()}
        self._open[thread] = request
        thread.start()

    def stop(self) -> None:
        """Accept nothing more, break what is open, and wait until every thread is gone."""
        self.stopping.set()
        self.shutdown()
        self._accepting.join()
        self.server_close()
        for thread, connection in self._open.items():
            with suppress(OSError):  # closed already
                connection.shutdown(socket.SHUT_RDWR)
            thread.join()


class _Reader(BufferedReader):
    """What a client sends, with the last line in mind: http.server takes a head that is cut for one that ended."""

    last_line = b""

    def readline(self, size: int | None = -1, /) -> bytes:
        self.last_line = super().readline(size)
        return self.last_line


class _Handler(BaseHTTPRequestHandler):
    """One connection: reads requests, asks the fake, and lets arrive of the answer what shall arrive."""

    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECONDS
    server: _Server
    rfile: _Reader

    def setup(self) -> None:
        """Prepare to read from the connection."""
        super().setup()
        self.rfile = _Reader(self.rfile.detach())

    def handle(self) -> None:
        """Serve requests until the connection ends, from whichever side and however roughly."""
        with suppress(OSError):
            super().handle()

    def log_message(self, *_: object) -> None:
        """Print nothing: a log of requests is `FakeApi.requests`."""

    def _respond(self) -> None:
        body = self._body()
        if body is None:
            self.close_connection = True
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        answer = self.server.api.answer(self.command, self.path, headers, body)
        if self.server.on_request is not None:
            self.server.on_request(arrived(self.command, self.path, headers, body), answer)
        self._deliver(answer)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _respond  # noqa: N815  http.server looks for these

    def _body(self) -> bytes | None:
        """Return the body of a request, or None where there is none to process; then the connection must end."""
        if self.rfile.last_line not in (b"\r\n", b"\n"):
            return None
        length = self.headers.get("content-length", "0")
        if "transfer-encoding" in self.headers or not (length.isascii() and length.isdigit()):
            self._refuse("LENGTH_REQUIRED", "send the body in one piece, with its length")
            return None
        if len(length) > _LONGEST_LENGTH or int(length) > MOST_BODY_BYTES:
            self._refuse("REQUEST_TOO_LARGE", f"at most {MOST_BODY_BYTES} bytes")
            return None
        body = self.rfile.read(int(length))
        return body if len(body) == int(length) else None

    def _refuse(self, code: str, message: str) -> None:
        self._send(error_answer(LIKE_NONE[code], code, message, "req_none").with_headers((("connection", "close"),)))

    def _deliver(self, answer: FakeAnswer) -> None:
        self.close_connection = self.close_connection or answer.delivery != "whole"
        match answer.delivery:
            case "whole" | "part":
                self._send(answer)
            case "silent":
                self.server.stopping.wait(SILENT_SECONDS)
            case "reset" | "refused":
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                self.connection.close()

    def _send(self, answer: FakeAnswer) -> None:
        """Send head and body in one piece: in two, the second would wait for the client's acknowledgement."""
        phrase = {status.value: status.phrase for status in HTTPStatus}.get(answer.status, "")
        fields = [*answer.headers, ("content-length", str(len(answer.body)))]
        lines = [f"HTTP/1.1 {answer.status} {phrase}", *(f"{name}: {value}" for name, value in fields), "", ""]
        body = answer.body[: len(answer.body) // 2] if answer.delivery == "part" else answer.body
        self.wfile.write("\r\n".join(lines).encode() + body)
