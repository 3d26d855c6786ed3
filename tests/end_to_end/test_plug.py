"""The plug is pulled at any point: all along a request and its answer, and while submissions are under way."""

from __future__ import annotations

import socket
from contextlib import contextmanager, suppress
from threading import Event, Thread
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import urlsplit

import pytest

from end_to_end.playing import KINDS, MODEL, REQUEST, Caller, Kind, fake, made_by
from fake_api.serving import Server
from ratecard.submit import SubmissionUncertain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ratecard.testing import FakeApi

MOST_BYTES = 2_000

both = pytest.mark.parametrize("kind", KINDS)


class Wire:
    """A wire to a server that carries so many bytes there and back, and is then cut: through a door of its own."""

    def __init__(self, address: str) -> None:
        self._target = urlsplit(address).port
        self.there: int | None = None
        self.back: int | None = None
        self._door = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._door.getsockname()[1]}"
        self._thread = Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Let nobody in any more."""
        self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()
        self._thread.join(10)
        assert not self._thread.is_alive()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._door.accept()
                client.settimeout(5)
                with client, suppress(OSError):
                    self._carry(client)

    def _carry(self, client: socket.socket) -> None:
        with socket.create_connection(("127.0.0.1", self._target)) as server:
            server.settimeout(5)
            asked = _whole(client)
            server.sendall(asked[: self.there])
            server.shutdown(socket.SHUT_WR)
            answered = b"".join(iter(lambda: server.recv(65_536), b""))
            client.sendall(answered[: self.back])


def _whole(client: socket.socket) -> bytes:
    """Return one request: its head, and a body as long as the head says."""
    taken = b""
    while b"\r\n\r\n" not in taken:
        taken += client.recv(65_536) or _gone()
    head, _, body = taken.partition(b"\r\n\r\n")
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    length = int(lengths[0].partition(b":")[2]) if lengths else 0
    while len(body) < length:
        body += client.recv(65_536) or _gone()
    return head + b"\r\n\r\n" + body


def _gone() -> NoReturn:
    raise ConnectionError("the client went away")


@contextmanager
def wired(kind: Kind) -> Iterator[tuple[FakeApi, Wire, Caller]]:
    """Give a fake, a wire to it, and a client at the other end of the wire."""
    api = fake(balance_usd="1000000")
    with api.serve() as address:
        wire = Wire(address)
        with Caller(kind, api, base_url=wire.address, timeout=5.0) as caller:
            yield api, wire, caller
        wire.close()


@both
@pytest.mark.parametrize("way", ["there", "back"])
def test_many_bytes(kind: Kind, way: str) -> None:
    """Wherever a request or its answer is cut, one job was made or none, and the caller knows that there may be one."""
    with wired(kind) as (api, wire, caller):
        for count in range(4 * KINDS.index(kind), MOST_BYTES, 8):  # the kinds take turns at every fourth byte
            api.advance(3_600)  # so that no search finds the job of another turn
            before = made_by(api)
            setattr(wire, way, count)
            outcome = caller.attempt("submit", REQUEST)
            setattr(wire, way, None)
            new = made_by(api) - before
            assert caller.heard_of(outcome) == new
            assert len(new) == (1 if way == "back" or outcome.error is None else 0)
            assert isinstance(outcome.error, SubmissionUncertain | None)
            if outcome.error is None:
                break
        assert 200 < count < MOST_BYTES - 8


@both
def test_any_moment(kind: Kind) -> None:
    """While the plug is pulled again and again, each submission makes one job or none, and none is unheard of."""
    api, enough = fake(balance_usd="1000000"), Event()
    server = Server(api)

    def pull() -> None:
        while not enough.wait(0.01):
            with server.down():
                enough.wait(0.005)

    with server as address, Caller(kind, api, base_url=address, timeout=5.0) as caller:
        hand = Thread(target=pull)
        hand.start()
        outcomes = [caller.attempt("submit", {"model": MODEL, "input": {"prompt": str(one)}}) for one in range(40)]
        enough.set()
        hand.join(10)
        assert not hand.is_alive()
        for number, outcome in enumerate(outcomes):
            # By its prompt: a server may still create the job of a connection that broke a moment ago.
            made = {job.job_id for job in api.jobs if job.request["input"]["prompt"] == str(number)}
            assert len(made) <= 1
            if isinstance(outcome.error, SubmissionUncertain):
                assert made <= caller.heard_of(outcome)
            else:
                assert getattr(outcome.error, "code", "no_answer") == "no_answer"
                assert caller.heard_of(outcome) == made
