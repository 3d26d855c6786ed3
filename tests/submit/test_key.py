"""The key is sent, and nowhere else to be seen; every scenario is scanned for it, too."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from end_to_end.scanning import leaks_of
from ratecard.submit import AsyncClient, BadKey, Client
from ratecard.submit._http import Key
from submit.scripted import KEY, KINDS, REQUEST, Kind, job, run
from submit.test_bounds import RawServer

WORD = "word"  # a part of every wrong key below
both = pytest.mark.parametrize("kind", KINDS)
clients = pytest.mark.parametrize("client", [Client, AsyncClient])


def _below(error: BaseException) -> BaseException:
    """Return an error without the first frame of its traceback, which is that of the test itself."""
    return error.with_traceback(error.__traceback__ and error.__traceback__.tb_next)


@both
@pytest.mark.parametrize("interruption", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_an_interruption_shows_no_frame_of_httpx(kind: Kind, interruption: type[BaseException]) -> None:
    """The frames of httpx hold the header; an interruption comes out without them."""

    def interrupt(request: httpx2.Request) -> httpx2.Response:
        held = [*request.headers.raw]
        raise interruption(len(held))

    done = run(kind, [interrupt], "submit", REQUEST)
    assert type(done.error) is interruption
    assert not leaks_of(done.error, secret=KEY)


def test_which_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """The key is the argument, else the variable of the environment, read when the client is made."""
    sent: list[str] = []

    def follow(request: httpx2.Request) -> httpx2.Response:
        sent.append(request.headers["Authorization"])
        return job()(request)

    http = httpx2.Client(transport=httpx2.MockTransport(follow))
    monkeypatch.setenv("PIXELBYTE_API_KEY", "pb_first_example")
    with Client(http_client=http) as client:
        monkeypatch.setenv("PIXELBYTE_API_KEY", "pb_second_example")
        client.job("job_1")
        with Client("pb_third_example", http_client=http) as other:
            other.job("job_1")
    assert sent == ["Bearer pb_first_example", "Bearer pb_third_example"]


@clients
@pytest.mark.parametrize("key", [None, "", "  ", "\n"])
def test_missing(client: Any, key: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a key there is no client; a blank one is none."""
    monkeypatch.delenv("PIXELBYTE_API_KEY", raising=False)
    with pytest.raises(BadKey, match=r"^no key: pass one, or set PIXELBYTE_API_KEY$"):
        client(key)


@clients
@pytest.mark.parametrize(
    "key", ["pb_sécret_word", "pb_secret word", "pb_secret_word\n", "pb_secret_word\x7f", "\ud800secret_word"]
)
def test_refused(client: Any, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that cannot stand in a header is refused, and not repeated anywhere."""
    with pytest.raises(BadKey, match="blanks or characters outside ASCII") as caught:
        client(key)
    assert not leaks_of(_below(caught.value), secret=WORD)
    if "\ud800" not in key:
        monkeypatch.setenv("PIXELBYTE_API_KEY", key)
        with pytest.raises(BadKey, match=r"^PIXELBYTE_API_KEY ") as caught:
            client()
        assert not leaks_of(_below(caught.value), secret=WORD)


@clients
@pytest.mark.parametrize(
    "wrong",
    [
        {"base_url": "http://example.com"},
        {"base_url": "https://exa mple.com"},
        {"attempts": 0},
        *({"timeout": wrong} for wrong in ("soon", 0, -1, None, True, float("nan"), float("inf"))),
        *({"http_client": wrong} for wrong in (5, httpx2.Client, httpx2.AsyncClient)),
    ],
)
def test_other_wrong_arguments(client: Any, wrong: dict[str, Any]) -> None:
    """A client that cannot be made for another reason shows no key either. Each takes HTTP clients of its kind."""
    if wrong.get("http_client") in (httpx2.Client, httpx2.AsyncClient):
        kind = httpx2.AsyncClient if client is Client else httpx2.Client
        wrong = {"http_client": kind()}
    with pytest.raises((ValueError, TypeError)) as caught:
        client(KEY, **wrong)
    assert not leaks_of(_below(caught.value), secret=KEY)


@given(st.text(min_size=4))
def test_a_key_shows_nothing(text: str) -> None:
    """Neither repr, str nor format show it; it has no attributes to list, and is neither pickled nor copied."""
    key = Key(text)
    assert {repr(key), str(key), f"{key}"} == {"***"}
    for carry in (vars, pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            carry(key)


@given(st.text("pb_\"/'[.", min_size=1), st.text().filter(lambda text: not text.endswith("\\")), st.text())
def test_scrubbing(text: str, before: str, after: str) -> None:
    """Text keeps all but the key, however JSON spells it."""
    escaped = "".join(f"\\u{ord(sign):04X}" for sign in text)
    for spelled in (text, escaped):
        assert Key(text).scrub(f"<{spelled}>") == "<***>"
    key = Key(KEY)
    assert key.scrub(f"{before}{KEY}{after}") == f"{before}***{after}"


@both
def test_over_loopback(kind: Kind, caplog: pytest.LogCaptureFixture) -> None:
    """Over real HTTP the key is sent once, in its header; no log of the HTTP library shows it, at any level."""
    caplog.set_level(1)
    body = f"Bearer {KEY}".encode()
    echo = b"HTTP/1.1 401 No\r\nLocation: http://localhost:1\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    with RawServer(echo) as server:
        settings = {"http_client": None, "base_url": server.address}
        done = run(kind, [], "job", "away/../job", settings=settings)
    (head,) = server.heads
    assert head.startswith(b"GET /v1/jobs/away%2F..%2Fjob HTTP/1.1\r\n")
    assert head.count(KEY.encode()) == 1
    assert {"httpx2", "httpcore2"} <= {record.name.partition(".")[0] for record in caplog.records}
    assert not any(KEY in f"{record.getMessage()} {vars(record)!r}" for record in caplog.records)
    assert done.error is not None
    assert not leaks_of(done.error, secret=KEY)


@both
def test_the_callers_client(kind: Kind) -> None:
    """The key goes into each request alone: neither into the client that is passed, nor over its own credentials."""
    sent: list[httpx2.Request] = []

    def follow(request: httpx2.Request) -> httpx2.Response:
        sent.append(request)
        return job()(request)

    made = httpx2.Client if kind == "sync" else httpx2.AsyncClient
    http = made(transport=httpx2.MockTransport(follow), auth=("user", "word"), follow_redirects=True)
    assert run(kind, [], "job", "job_1", settings={"http_client": http}).error is None
    assert [request.headers["Authorization"] for request in sent] == [f"Bearer {KEY}"]
    assert KEY not in repr(vars(http))
    assert not http.is_closed
