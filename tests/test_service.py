"""The HTTP service: its answers without a network, as an ASGI application, and over a real socket."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import re
import signal
import socket
from contextlib import contextmanager
from itertools import count
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import ratecard
from cli_runner import run, started
from ratecard import Catalog, _http_server, example_request, quote
from ratecard._http_server import Server
from ratecard.service import MAX_BODY, Service, answer, app

if TYPE_CHECKING:
    from collections.abc import Iterator

T2V = "kling-plus/kling-o1-standard/text-to-video"
CAT = {"model": T2V, "input": {"prompt": "a cat"}}  # 50,000 x 5 = 250,000
TYPO = {"model": T2V, "input": {"prompt": "a cat", "durtion": 10}}
BODY = json.dumps(CAT).encode()
MEASURED = next(model for model in Catalog.bundled() if model.latest.measured)


def get(target: str) -> tuple[int, Any]:
    """Return the status and the data of a response."""
    response = answer("GET", target)
    return response.status, json.loads(response.body)


def post(target: str, body: Any) -> tuple[int, Any]:
    """Return the status and the data of the response to JSON data, or to bytes as they are."""
    response = answer("POST", target, body if isinstance(body, bytes) else json.dumps(body).encode())
    assert response.headers["content-length"] == str(len(response.body))
    data = json.loads(response.body)
    if response.status != 200:
        assert response.headers["content-type"] == "application/problem+json"
        assert (data["type"], data["status"], bool(data["title"])) == ("about:blank", response.status, True)
    return response.status, data


class TestAnswers:
    """What each path answers."""

    def test_quote(self) -> None:
        """The whole quote, with the amount as text and in micros."""
        status, data = post("/v1/quote", CAT)
        assert (status, data) == (200, {"ok": True, "quote": quote(CAT).to_dict(), "warnings": []})
        assert (data["quote"]["usd"], data["quote"]["usd_micros"]) == ("0.25", 250_000)

    def test_warnings(self) -> None:
        """A request that is only doubtful has a price, and the warnings."""
        status, data = post("/v1/quote", {**CAT, "version": "v1"})
        assert (status, [warning["code"] for warning in data["warnings"]]) == (200, ["version_pinned"])

    def test_invalid_request(self) -> None:
        """A problem with everything that is wrong and the fixed request."""
        status, data = post("/v1/quote", TYPO)
        assert (status, data["code"]) == (422, "invalid_request")
        assert data["problems"][0]["allowed"] == ["prompt", "aspect_ratio", "duration"]
        assert data["request"] == {"model": T2V, "input": {"prompt": "a cat", "duration": "10"}}
        assert post("/v1/quote", [])[1]["code"] == "invalid_request"

    def test_measured(self) -> None:
        """Measured quantities are parameters."""
        request, (field,) = example_request(MEASURED.slug), MEASURED.latest.measured
        assert post("/v1/quote", request)[1]["code"] == "needs_measurement"
        option = (field.allowed or ("",))[0]
        for target in (f"/v1/quote?measured[{field.name}]={option}", f"/v1/quote?measured%5B{field.name}%5D={option}"):
            assert post(target, request)[0] == 200
        assert post(f"/v1/batch?measured[{field.name}]={option}", [request])[1]["quoted"] == 1

    def test_validate(self) -> None:
        """The verdict on any value is an answer, not a problem of HTTP."""
        assert post("/v1/validate", CAT) == (200, {"ok": True, "problems": [], "omitted": 0})
        status, data = post("/v1/validate", TYPO)
        assert (status, data["ok"], len(data["problems"]), len(data["fixes"])) == (200, False, 1, 2)
        assert post("/v1/validate", 5)[1]["problems"][0]["code"] == "wrong_type"

    def test_batch(self) -> None:
        """Every answer in its place, and exact totals of those that have a price."""
        status, data = post("/v1/batch", [CAT, TYPO, CAT])
        assert (status, data["ok"]) == (200, False)
        assert [result["ok"] for result in data["results"]] == [True, False, True]
        assert data["results"][1]["request"]["input"]["duration"] == "10"
        totals = {key: value for key, value in data.items() if key not in ("ok", "results")}
        assert totals == {
            "requests": 3,
            "quoted": 2,
            "declined": 1,
            "total_usd_micros": 500_000,
            "total_usd": "0.50",
            "codes": {"invalid_request": 1},
        }
        assert post("/v1/batch", CAT)[0] == 422

    def test_models(self) -> None:
        """All models or the chosen ones, as `ratecard models` has them; one of them as `ratecard show` has it."""
        assert len(get("/v1/models")[1]["models"]) == len(Catalog.bundled())
        status, data = get("/v1/models?text=o1-standard&capability=text-to-video&provider=kling-plus")
        assert (status, data["models"]) == (
            200,
            json.loads(run("models", "o1-standard/text", "--json").stdout)["models"],
        )
        for path in (T2V, T2V.replace("/", "%2F")):
            assert get(f"/v1/models/{path}") == (200, json.loads(run("show", T2V, "--json").stdout))
        status, data = get("/v1/models/kling-o1-standart")
        assert (status, data["code"]) == (404, "unknown_model")
        assert T2V in data["allowed"]

    def test_health_and_description(self) -> None:
        """The service says which tables it has, and describes every path."""
        status, data = get("/healthz")
        assert (status, data["version"], data["catalog"]["digest"]) == (
            200,
            ratecard.__version__,
            Catalog.bundled().digest,
        )
        status, data = get("/openapi.json")
        assert (status, data["openapi"], len(data["paths"])) == (200, "3.1.0", 7)

    @pytest.mark.parametrize(
        ("target", "message"),
        [
            ("/v1/models?capability=x", 'unknown capability "x"; known: '),
            ("/v1/models?cap=x", "unknown parameter cap; parameters: text, capability, provider"),
            ("/v1/models?text=a&text=b", "the parameter text is given twice"),
            ("/v1/models?text[a]=b", "unknown parameter text[a]; parameters: "),
            ("/healthz?x", "unknown parameter x; parameters: none"),
        ],
    )
    def test_bad_parameters(self, target: str, message: str) -> None:
        """Parameters that do not exist are refused instead of ignored."""
        status, data = get(target)
        assert (status, data["code"], data["detail"][: len(message)]) == (422, "bad_argument", message)
        assert (
            post("/v1/quote?measured=5", CAT)[1]["detail"] == "unknown parameter measured; parameters: measured[FIELD]"
        )

    @pytest.mark.parametrize("body", [b"", b"{", b"\xff", b'{"a":1,"a":1}', b"[1e999]", b"[" * 100_000, b"NaN"])
    def test_not_json(self, body: bytes) -> None:
        """A body that is not strict JSON is refused."""
        for path in ("/v1/quote", "/v1/validate", "/v1/batch"):
            status, data = post(path, body)
            assert (status, data["code"]) == (400, "bad_json")

    @pytest.mark.parametrize("number", ["1e309", "-1e309", "9" * 310, "-" + "9" * 310, "9" * 100_000])
    def test_huge_numbers(self, number: str) -> None:
        """A number that a float cannot hold is refused as such, whether it has a point, an exponent or only digits."""
        for path in ("/v1/quote", "/v1/validate", "/v1/batch"):
            status, data = post(path, f'[{{"input": {{"seed": {number}}}}}]'.encode())
            assert (status, data["detail"]) == (400, "not valid JSON: number out of range")

    def test_too_large(self) -> None:
        """A body of exactly the limit is read, and one byte more is refused."""
        assert post("/v1/quote", BODY.ljust(MAX_BODY))[0] == 200
        assert post("/v1/quote", BODY.ljust(MAX_BODY + 1))[0] == 413

    @pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "BREW"])
    def test_methods(self, method: str) -> None:
        """Another method is refused with those that are allowed."""
        assert answer(method, "/v1/quote", BODY).headers["allow"] == "POST"
        response = answer("POST", "/v1/models", b"")
        assert (response.status, response.headers["allow"]) == (405, "GET, HEAD")
        assert get("/nothing")[0] == get("/v1/models/")[0] == get("")[0] == 404

    def test_head(self) -> None:
        """HEAD has the headers of GET and no body."""
        full, head = answer("GET", "/v1/models"), answer("HEAD", "/v1/models")
        assert (head.status, head.headers, head.body) == (200, full.headers, b"")

    @given(
        st.sampled_from(["GET", "POST", "HEAD"]),
        st.sampled_from(["/v1/quote", "/v1/batch", "/v1/models", "/v1/models/x", "/"]),
        st.text(max_size=20),
        st.binary(max_size=20),
    )
    def test_whatever_arrives(self, method: str, path: str, query: str, body: bytes) -> None:
        """No request is answered with an error of the server."""
        assert answer(method, f"{path}?{query}", body).status < 500


class TestAsgi:
    """The application under a server that is only pretended."""

    def ask(self, *events: dict[str, Any], path: str = "/v1/quote", **scope: Any) -> list[dict[str, Any]]:
        """Return what the application sends."""
        sent: list[dict[str, Any]] = []
        arriving = iter(events)

        async def receive() -> dict[str, Any]:
            return next(arriving)

        async def send(event: dict[str, Any]) -> None:
            sent.append(event)

        asked = {"type": "http", "method": "POST", "path": path, "query_string": b"", **scope}
        asyncio.run(app(asked, receive, send))
        return sent

    def test_pieces(self) -> None:
        """A body may come in pieces, and the application may be mounted below a path."""
        parts: list[dict[str, Any]] = [
            {"type": "http.request", "body": BODY[:9], "more_body": True},
            {"type": "http.request", "body": BODY[9:]},
        ]
        for sent in (self.ask(*parts), self.ask(*parts, path="/prices/v1/quote", root_path="/prices")):
            assert (sent[0]["type"], sent[0]["status"]) == ("http.response.start", 200)
            assert (b"content-type", b"application/json") in sent[0]["headers"]
            assert json.loads(sent[1]["body"])["quote"]["usd"] == "0.25"

    def test_bounds(self) -> None:
        """No more than the limit is awaited; a client that has left gets nothing, and other protocols neither."""
        piece = {"type": "http.request", "body": b" " * MAX_BODY, "more_body": True}
        assert self.ask(piece, piece)[0]["status"] == 413
        assert self.ask(piece, {"type": "http.disconnect"}) == []
        assert self.ask(type="lifespan") == []


@contextmanager
def serving() -> Iterator[Server]:
    """Serve the bundled tables at a free port."""
    with Server(0, answer) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """Return a server for all tests of this module."""
    with serving() as server:
        yield server


def talk(server: Server, *parts: bytes, end: bool = False) -> bytes:
    """Send bytes on one connection, and return all that comes back until the server closes it."""
    with socket.create_connection(server.server_address[:2], timeout=10) as connection:  # type: ignore[arg-type]
        for part in parts:
            connection.sendall(part)
        if end:
            connection.shutdown(socket.SHUT_WR)
        received = b""
        while part := connection.recv(65_536):
            received += part
    return received


def head(method: str = "POST", path: str = "/v1/quote", *headers: str, version: str = "1.1") -> bytes:
    """Return the head of a request."""
    return "\r\n".join([f"{method} {path} HTTP/{version}", "Host: localhost", *headers, "", ""]).encode()


CLOSE, LENGTH, CHUNKED = "Connection: close", f"Content-Length: {len(BODY)}", "Transfer-Encoding: chunked"


class TestServer:
    """The server of `ratecard serve`."""

    def test_keep_alive(self, server: Server) -> None:
        """Several requests share a connection, also where they come at once; HEAD and errors do not disturb it."""
        received = talk(
            server,
            head("POST", "/v1/quote", LENGTH) + BODY + head("HEAD", "/healthz") + head("GET", "/nothing"),
            head("PUT", "/v1/quote", "Content-Length: 3") + b"abc",
            head("GET", "/healthz", CLOSE),
        )
        assert re.findall(rb"HTTP/1\.1 ([0-9]+) ", received) == [b"200", b"200", b"404", b"405", b"200"]
        assert b"\r\nserver: ratecard\r\n" in received.lower()

    def test_old_clients(self, server: Server) -> None:
        """A client of HTTP/1.0 gets its answer, and the end of the connection."""
        assert talk(server, head("GET", "/healthz", version="1.0")).startswith(b"HTTP/1.1 200 OK\r\n")

    @pytest.mark.parametrize("size", [1, 7, 1_000])
    def test_chunks(self, server: Server, size: int) -> None:
        """A body in chunks is put together, whatever their size, with extensions and trailers."""
        pieces = [BODY[at : at + size] for at in range(0, len(BODY), size)]
        body = b"".join(b"%X ;x=y\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
        received = talk(server, head("POST", "/v1/quote", CHUNKED, CLOSE), body + b"0\r\nX-Y: z\r\n\r\n")
        assert b'"usd": "0.25"' in received

    @pytest.mark.parametrize(
        ("headers", "body"),
        [
            ([CHUNKED], b"x\r\n"),
            ([CHUNKED], b"-1\r\n"),
            ([CHUNKED], b"2\r\nabcd\r\n"),
            ([CHUNKED, LENGTH], b"0\r\n\r\n"),
            (["Transfer-Encoding: gzip, chunked"], b""),
            (["Content-Length: -1"], b""),
            (["Content-Length: +5"], b"abcde"),
            (["Content-Length: 5", "Content-Length: 6"], b"abcdef"),
            (["Content-Length: " + "0" * 5_000], b""),
        ],
    )
    def test_ambiguous_bodies(self, server: Server, headers: list[str], body: bytes) -> None:
        """What two servers could read differently is refused, and the connection is not used again."""
        received = talk(server, head("POST", "/v1/quote", *headers) + body + head("GET", "/healthz"))
        assert received.startswith(b"HTTP/1.1 400 ")
        assert received.count(b"\r\nDate: ") == 1
        assert b'"code": "bad_http"' in received

    @pytest.mark.parametrize("headers", [[f"Content-Length: {3 * MAX_BODY}"], [f"Content-Length: {10**11}"], [CHUNKED]])
    def test_long_bodies(self, server: Server, headers: list[str]) -> None:
        """A client that sends everything before it reads still gets the answer."""
        chunk = b"%X\r\n%s\r\n" % (MAX_BODY, b" " * MAX_BODY) if headers == [CHUNKED] else b" " * MAX_BODY
        received = talk(server, head("POST", "/v1/quote", *headers), chunk, chunk, chunk, end=True)
        assert received.startswith(b"HTTP/1.1 413 ")
        assert b"\r\nconnection: close\r\n" in received

    @pytest.mark.parametrize(
        ("sent", "status"),
        [
            (b"GARBAGE\r\n\r\n", b'"status": 400'),
            (b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n", b"HTTP/1.1 414 "),
            (head("BREW", "/healthz"), b"HTTP/1.1 501 "),
            (b"GET /healthz HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\n\r\n", b"HTTP/1.1 421 "),
            (b"GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n", b"HTTP/1.1 421 "),
        ],
    )
    def test_bad_heads(self, server: Server, sent: bytes, status: bytes) -> None:
        """What is not HTTP, or not for this machine, is answered with a problem, too."""
        received = talk(server, sent)
        assert status in received
        assert b'"type": "about:blank"' in received

    def test_slow_clients(self, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
        """A head that does not come completely, or no further request, ends the connection without a word."""
        monkeypatch.setattr(_http_server, "SECONDS", 0.1)
        assert talk(server, b"GET / HT") == b""
        monkeypatch.setattr(_http_server, "SECONDS", 0.5)
        assert talk(server, head("GET", "/healthz")).count(b"HTTP/1.1") == 1

    def test_steady_but_slow(self, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
        """A body that is not there in time is answered with 408, although bytes keep coming."""
        clock = count(0, 6)  # its 10 seconds are over before the second read
        monkeypatch.setattr(_http_server, "monotonic", lambda: next(clock))
        received = talk(server, head("POST", "/v1/quote", LENGTH), BODY[:1])
        assert received.startswith(b"HTTP/1.1 408 ")
        assert b'"code": "timeout"' in received

    def test_clients_that_leave(self, server: Server, capfd: pytest.CaptureFixture[str]) -> None:
        """A body that ends too early gets no answer; nothing is written about broken connections."""
        assert talk(server, head("POST", "/v1/quote", LENGTH) + BODY[:5], end=True) == b""
        assert talk(server, end=True) == b""
        with socket.create_connection(server.server_address[:2]) as connection:  # type: ignore[arg-type]
            connection.sendall(head("GET", "/v1/models") * 50)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        assert talk(server, head("GET", "/healthz", CLOSE)).startswith(b"HTTP/1.1 200 ")
        assert capfd.readouterr() == ("", "")


class TestCommand:
    """`ratecard serve` as a process."""

    def test_life(self) -> None:
        """The first line is the address; Ctrl-C ends it without a word."""
        with started("serve", "--port", "0") as process:
            assert process.stdout is not None
            address = process.stdout.readline().strip()
            port = int(address.removeprefix("http://127.0.0.1:"))
            taken = run("serve", "--port", str(port))
            assert (taken.exit_code, taken.stderr) == (
                2,
                f"cannot listen on port {port}: {os.strerror(errno.EADDRINUSE)}\n",
            )
            with socket.create_connection(("127.0.0.1", port)) as connection:
                connection.sendall(head("GET", "/healthz", CLOSE))
                assert connection.makefile("rb").readline() == b"HTTP/1.1 200 OK\r\n"
            process.send_signal(signal.SIGINT)
            written, complained = process.communicate()
        assert (process.returncode, written) == (0, "")
        assert complained == f"Ctrl-C stops it; the API is described at {address}/openapi.json\n"


def test_other_tables() -> None:
    """A service answers from its own catalogue."""
    assert Service(Catalog([])).answer("POST", "/v1/quote", BODY).status == 422
    assert json.loads(Service(Catalog([])).answer("GET", "/v1/models").body)["models"] == []
