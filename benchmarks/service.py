"""How many requests `ratecard serve` answers; `/healthz` shows what the server itself takes.

The server is a process of its own. Each client keeps its connection open, and waits for each answer before it sends the
next request.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from benchmarks.models import IMAGE
from benchmarks.peers import is_installed
from benchmarks.timing import Contender, Series, interleaved
from ratecard import example_request

if TYPE_CHECKING:
    from collections.abc import Iterator

HEALTH = "/healthz"
PATHS = (HEALTH, "/v1/validate", "/v1/quote")
CONNECTIONS = 8


def measure(requests: int, rounds: int) -> Iterator[Series]:
    """Ask for each path on one connection, and on several at once; without the extra `cli` there is no server."""
    if not all(map(is_installed, ("click", "rich"))):
        return
    each = -(-requests // CONNECTIONS)
    command = [sys.executable, "-m", "ratecard", "serve", "--port", "0"]
    with (
        ThreadPoolExecutor(CONNECTIONS) as pool,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server,
    ):
        assert server.stdout is not None
        port = urlsplit(server.stdout.readline().strip()).port or 0

        def ask(path: str) -> None:
            _ask(port, path, each * CONNECTIONS)

        def ask_at_once(path: str) -> None:
            list(pool.map(_ask, [port] * CONNECTIONS, [path] * CONNECTIONS, [each] * CONNECTIONS))

        contenders = [
            Contender(path + suffix, call, lambda *_, path=path: [path], size=each * CONNECTIONS)
            for call, suffix in ((ask, ""), (ask_at_once, f", {CONNECTIONS} connections"))
            for path in PATHS
        ]
        times, _ = interleaved(contenders, rounds)
        server.terminate()
    yield Series("requests over HTTP", HEALTH, times, "`ratecard serve`, in a process of its own.", "requests/s")


def _ask(port: int, path: str, requests: int) -> None:
    """Send requests on one connection, and check that each is answered."""
    body = json.dumps(example_request(IMAGE)).encode() if path.startswith("/v1/") else b""
    head = f"{'POST' if body else 'GET'} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port)) as connection, connection.makefile("rb") as answers:
        for _ in range(requests):
            connection.sendall(head.encode() + body)
            assert answers.readline().endswith(b" 200 OK\r\n")
            length = 0
            while line := answers.readline().strip():
                if line.startswith(b"content-length:"):
                    length = int(line.partition(b":")[2])
            assert len(answers.read(length)) == length
