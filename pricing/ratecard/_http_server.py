"""The server of `ratecard serve`: HTTP/1.1 on the loopback interface, with the standard library.

Rule 1  It binds 127.0.0.1 and nothing else, and answers only requests that name this machine as the host, so that no
        web page can ask it under a name of its own.
Rule 2  A request that does not arrive within `SECONDS` is given up, however steadily it arrives, and a body that is too
        long is not kept.
Rule 3  A connection is used again only after a request that was read completely and is not ambiguous.
"""

from __future__ import annotations

import io
import re
import socket
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from math import inf
from socketserver import ThreadingTCPServer
from time import monotonic
from typing import TYPE_CHECKING, Any

from ratecard._serve.verbs import Refused
from ratecard.service import MAX_BODY, Response, problem

if TYPE_CHECKING:
    from collections.abc import Callable

SECONDS = 10.0
"""How long a request may take to arrive, and a connection may be idle."""

_MAX_DISCARDED = 64 * MAX_BODY
_PIECE = 2**16
_HOST = re.compile(r"(127\.0\.0\.1|localhost)(:[0-9]+)?", re.ASCII | re.IGNORECASE)
_LENGTH = re.compile(r"[0-9]{1,12}", re.ASCII)
_SIZE = re.compile(rb"([0-9a-fA-F]{1,8})[ \t]*(;.*)?\r?\n")


class Incoming(io.RawIOBase):
    """The bytes of a connection. Reading them raises TimeoutError when the time of a request is over."""

    def __init__(self, connection: socket.socket) -> None:
        super().__init__()
        self.until = inf
        self._connection = connection

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read some bytes, and return how many; 0 at the end."""
        left = self.until - monotonic()
        if left <= 0:
            raise TimeoutError
        self._connection.settimeout(left)
        return self._connection.recv_into(buffer)


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # a response leaves in one piece
    server: Server

    def setup(self) -> None:
        """Prepare the streams."""
        super().setup()
        self.command = ""
        self.incoming = Incoming(self.connection)
        self.rfile = io.BufferedReader(self.incoming)

    def handle_one_request(self) -> None:
        """Read a request and answer it. One that is not read completely ends the connection."""
        self.incoming.until = monotonic() + SECONDS
        self.is_unread = False
        with suppress(ConnectionError):
            super().handle_one_request()
            if not self.is_unread:
                return
            # Closing now would reset the connection, and the client would not see the response.
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_WR)
            left = _MAX_DISCARDED
            with suppress(TimeoutError):
                while left > 0 and (piece := self.rfile.read1(_PIECE)):
                    left -= len(piece)
        self.close_connection = True

    def respond(self) -> None:
        """Answer the request whose head was read."""
        try:
            body = self._body()
        except Refused as error:
            self._refuse(error.code, error.message)
        except TimeoutError:
            self._refuse("timeout", "the body did not arrive in time")
        else:
            if _HOST.fullmatch(self.headers.get("host", "")):
                self._send(self.server.answer(self.command, self.path, body))
            else:
                hosts = "the Host header must be 127.0.0.1 or localhost, with or without a port"
                self._send(problem("wrong_host", hosts))

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_TRACE = respond  # noqa: N815

    def send_error(self, code: int, message: str | None = None, _: str | None = None) -> None:
        """Refuse a request whose head is not valid HTTP."""
        self._refuse("bad_http", message or HTTPStatus(code).phrase, code)

    def version_string(self) -> str:
        """Return what the Server header says."""
        return "ratecard"

    def log_message(self, *_: object) -> None:
        """Write nothing."""

    def _refuse(self, code: str, message: str, status: int | None = None) -> None:
        self.close_connection = self.is_unread = True
        self._send(problem(code, message, status))

    def _send(self, response: Response) -> None:
        self.send_response(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)

    def _body(self) -> bytes:
        """Return the body of the request. Raises Refused or TimeoutError."""
        lengths, codings = self.headers.get_all("content-length", []), self.headers.get_all("transfer-encoding", [])
        if codings:
            if lengths or self.request_version != "HTTP/1.1" or [*map(str.lower, codings)] != ["chunked"]:
                coding = "the only transfer coding is chunked, in HTTP/1.1 and without a content length"
                raise Refused("bad_http", coding)
            return self._chunks()
        if len(set(lengths)) > 1 or not all(map(_LENGTH.fullmatch, lengths)):
            raise Refused("bad_http", "the content length is not one whole number")
        return self._read(int(lengths[0]) if lengths else 0)

    def _chunks(self) -> bytes:
        body = b""
        while size := self._chunk_size():
            body += self._read(size, len(body))
            if self.rfile.readline(_PIECE).strip():
                raise Refused("bad_http", "a chunk is longer than its size")
        while self.rfile.readline(_PIECE).strip():  # trailers
            pass
        return body

    def _chunk_size(self) -> int:
        size = _SIZE.fullmatch(self.rfile.readline(_PIECE))
        if size is None:
            raise Refused("bad_http", "a chunk does not begin with its size")
        return int(size[1], 16)

    def _read(self, size: int, before: int = 0) -> bytes:
        """Return a part of a body, before which there were other bytes."""
        if before + size > MAX_BODY:
            raise Refused("too_large", f"the body is longer than {MAX_BODY:,} bytes")
        part = self.rfile.read(size)
        if len(part) < size:
            raise ConnectionError("the client has closed the connection")
        return part


class Server(ThreadingTCPServer):
    """Listens at a port of the loopback interface; 0 is a free one. Raises OSError if the port is taken."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, port: int, answer: Callable[[str, str, bytes], Response]) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.answer = answer

    @property
    def address(self) -> str:
        """The URL of the server."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, *_: object) -> None:
        """Write nothing about a connection that broke."""
