"""The key is sent, and nowhere else to be seen."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from end_to_end.scanning import leaks_of
from ratecard.submit import AsyncClient, BadKey, Client, verify_signature
from ratecard.submit._key import Secret
from submit.scenarios import ECHO, SCENARIOS
from submit.scripted import KEY, KINDS, REQUEST, Kind, job, run
from submit.test_bounds import RawServer

WORD = "word"  # a part of every wrong key below


def _below(error: BaseException) -> BaseException:
    """Return an error without the first frame of its traceback, which is that of the test itself."""
    return error.with_traceback(error.__traceback__ and error.__traceback__.tb_next)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("interruption", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_an_interruption_shows_no_frame_of_httpx(kind: Kind, interruption: type[BaseException]) -> None:
    """The frames of httpx hold the header; an interruption comes out without them."""

    def interrupt(request: httpx2.Request) -> httpx2.Response:
        held = [*request.headers.raw]
        raise interruption(len(held))

    done = run(kind, [interrupt], "submit", REQUEST)
    assert type(done.error) is interruption
    assert not leaks_of(done.error, secret=KEY)


class TestWhichKey:
    """The key is the argument, else the variable of the environment, read when the client is made."""

    def test_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A later change of the environment changes no client."""
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

    @pytest.mark.parametrize("kind", [Client, AsyncClient])
    def test_missing(self, kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        """Without a key there is no client; a blank variable is none."""
        monkeypatch.delenv("PIXELBYTE_API_KEY", raising=False)
        for value in (None, "", "  "):
            if value is not None:
                monkeypatch.setenv("PIXELBYTE_API_KEY", value)
            with pytest.raises(BadKey, match=r"^no key: pass one, or set PIXELBYTE_API_KEY$"):
                kind()

    @pytest.mark.parametrize(
        "key",
        [
            "",
            " ",
            "\n",
            "pb_sécret_word",
            "pb_secret word",
            "pb_secret_word\n",
            "pb_secret_word\x7f",
            "\ud800secret_word",
            "pb_secret_wörd",
        ],
    )
    @pytest.mark.parametrize("kind", [Client, AsyncClient])
    def test_refused(self, kind: Any, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """A key that is blank or cannot stand in a header is refused, and not repeated anywhere."""
        with pytest.raises(BadKey) as caught:
            kind(key)
        assert not leaks_of(_below(caught.value), secret=WORD)
        if key.strip() and "\ud800" not in key:
            monkeypatch.setenv("PIXELBYTE_API_KEY", key)
            with pytest.raises(BadKey, match="PIXELBYTE_API_KEY has blanks") as caught:
                kind()
            assert not leaks_of(_below(caught.value), secret=WORD)

    @pytest.mark.parametrize("kind", [Client, AsyncClient])
    @pytest.mark.parametrize(
        "wrong",
        [
            {"base_url": "http://example.com"},
            {"on_drift": "shout"},
            {"timeout": "soon"},
            {"http_client": 5},
            {"attempts": 0},
        ],
    )
    def test_other_wrong_arguments(self, kind: Any, wrong: dict[str, Any]) -> None:
        """A client that cannot be made for another reason shows no key either."""
        with pytest.raises((ValueError, TypeError)) as caught:
            kind(KEY, **wrong)
        assert not leaks_of(_below(caught.value), secret=KEY)


class TestSecret:
    """A secret shows itself to nobody, and is not carried away."""

    @given(st.text(min_size=4) | st.binary(min_size=4))
    def test_shows_nothing(self, text: str | bytes) -> None:
        """Neither repr, str nor format show it; it has no attributes to list."""
        secret = Secret(text)
        assert {repr(secret), str(secret), f"{secret}"} == {"***"}
        with pytest.raises(TypeError):
            vars(secret)

    @pytest.mark.parametrize("carry", [pickle.dumps, copy.copy, copy.deepcopy])
    def test_stays(self, carry: Any) -> None:
        """It is neither pickled nor copied."""
        with pytest.raises(TypeError, match="cannot be copied"):
            carry(Secret(KEY))

    def test_short_keys_cut_nothing(self) -> None:
        """A key so short that it could be part of any word is not cut out of answers."""
        assert Secret("id").scrub(b'{"jobId": 1}') == b'{"jobId": 1}'
        assert Secret(KEY).scrub(f"a {KEY} b".encode()) == b"a *** b"

    def test_of_a_webhook(self) -> None:
        """The secret of a webhook is in no frame of an error."""
        with pytest.raises(ValueError, match="is missing") as caught:
            verify_signature({}, b"", "whsec_example_word", join=b".")
        assert not leaks_of(_below(caught.value), secret=WORD)


def test_reprs() -> None:
    """A client shows its address alone."""
    with Client(KEY, base_url="https://example.com/x/") as client:
        assert repr(client) == "<Client of https://example.com/x>"
        assert KEY not in repr(vars(client))
    assert repr(AsyncClient(KEY)) == "<AsyncClient of https://api.muvi.video>"


@pytest.mark.parametrize("kind", KINDS)
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
    assert KEY not in caplog.text
    assert not any(KEY in repr(vars(record)) for record in caplog.records)
    assert done.error is not None
    assert not leaks_of(done.error, secret=KEY)


@pytest.mark.parametrize("kind", KINDS)
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


def test_scenarios_that_echo() -> None:
    """The scan has something to find: answers that hold the key are among the scenarios."""
    assert ECHO in [step for scenario in SCENARIOS for step in scenario.script]
