"""How many requests `ratecard serve` answers, beside a bare "hello" on the same server: `python -m benchmarks.service`.

Each server is a process of its own. The client keeps its connections open and waits for each answer before it sends
the next request on the same connection.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter
from typing import TypeAlias

from ratecard import example_request
from ratecard._http_server import Server
from ratecard.service import Response, answer

Row: TypeAlias = tuple[str, int, float, float]
"""What was asked for, the connections, requests per second, and the slowest of 99 in 100 in milliseconds."""

BODY = json.dumps(example_request("kling-plus/kling-o3-standard/image-to-video")).encode()
HELLO = Response(200, {"content-type": "text/plain", "content-length": "5"}, b"hello")
ANSWERS = {"hello": lambda *_: HELLO, "ratecard": answer}
TARGETS = (("hello", "/"), ("ratecard", "/healthz"), ("ratecard", "/v1/validate"), ("ratecard", "/v1/quote"))
CONNECTIONS = (1, 8)


def measure(requests: int = 4_000) -> list[Row]:
    """Return a row for each target and number of connections."""
    rows = []
    for name, path in TARGETS:
        command = [sys.executable, "-m", "benchmarks.service", "serve", name]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            port = int(process.stdout.readline())
            ask(port, path, max(requests // 10, 1))  # warm up
            rows += [row(name, port, path, requests, connections) for connections in CONNECTIONS]
            process.kill()
    return rows


def row(name: str, port: int, path: str, requests: int, connections: int) -> Row:
    """Ask on some connections at once, and return the row."""
    started = perf_counter()
    with ThreadPoolExecutor(connections) as pool:
        asked = [pool.submit(ask, port, path, requests // connections) for _ in range(connections)]
        seconds = sorted(second for each in asked for second in each.result())
    rate = len(seconds) / (perf_counter() - started)
    return f"{name} {path}", connections, rate, seconds[len(seconds) * 99 // 100] * 1_000


def ask(port: int, path: str, requests: int) -> list[float]:
    """Send requests on one connection, and return the seconds that each took."""
    head = f"Host: localhost\r\nContent-Length: {len(BODY)}\r\n\r\n".encode()
    get, post = (
        f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode(),
        f"POST {path} HTTP/1.1\r\n".encode() + head + BODY,
    )
    message = post if path.startswith("/v1/") else get
    seconds = []
    with socket.create_connection(("127.0.0.1", port)) as connection, connection.makefile("rb") as answers:
        for _ in range(requests):
            started = perf_counter()
            connection.sendall(message)
            assert answers.readline().endswith(b" 200 OK\r\n")
            length = 0
            while line := answers.readline().strip():
                if line.startswith(b"content-length:"):
                    length = int(line.partition(b":")[2])
            assert len(answers.read(length)) == length
            seconds.append(perf_counter() - started)
    return seconds


def main() -> None:
    """Print the table, or serve in the process of a server."""
    if sys.argv[1:2] == ["serve"]:
        with Server(0, ANSWERS[sys.argv[2]]) as server:
            print(server.server_address[1], flush=True)
            server.serve_forever()
    print("| asked | connections | requests/s | p99, ms |\n| --- | ---: | ---: | ---: |")
    for asked, connections, rate, p99 in measure():
        print(f"| {asked} | {connections} | {rate:,.0f} | {p99:.2f} |")


if __name__ == "__main__":
    main()
