"""Whether something may be sent again, and after how long: by tables, and for every sequence of replies."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ratecard.submit import ApiError, HttpAnswer, RetryPolicy, SubmissionUncertain
from ratecard.submit import _retry as retry_module
from ratecard.submit._http import BEFORE_THE_FIRST_BYTE
from ratecard.submit._retry import Outcome, may_repeat, outcome_of, pause_seconds, retry_after_of
from ratecard.submit._wire import TransportFailure
from submit.scripted import KINDS, REQUEST, START, answer, receipt, run

if TYPE_CHECKING:
    from submit.scripted import Step

ALL_FAILURES = sorted(
    {one for one in vars(httpx).values() if isinstance(one, type) and issubclass(one, httpx.TransportError)},
    key=lambda one: one.__name__,
)
replies = st.sampled_from(ALL_FAILURES).map(lambda kind: kind("words")) | st.integers(200, 599).map(
    lambda status: answer(status, b"words")
)


def may_have_arrived(step: Any) -> bool:
    """Return whether the API may have done what a submission asks for; written anew, apart from the code."""
    if isinstance(step, Exception):
        return type(step).__name__ not in {
            "ConnectError",
            "ConnectTimeout",
            "PoolTimeout",
            "ProxyError",
            "UnsupportedProtocol",
        }
    status = step(httpx.Request("POST", "https://example.com")).status_code
    return bool(status < 400 or status >= 500 or status == 408)


class TestNothingIsSentTwice:
    """A submission is never sent again once it may have arrived."""

    @given(st.lists(replies, max_size=6), st.sampled_from(KINDS), st.integers(1, 6))
    def test_for_every_sequence(self, steps: list[Step], kind: Any, attempts: int) -> None:
        """At most the last request of a call may have arrived, and then the call says so, or has a receipt."""
        script = [*steps, receipt()]
        done = run(kind, script, "submit", REQUEST, settings={"retry": RetryPolicy(attempts=attempts)})
        arrived = [may_have_arrived(step) for step in script[: len(done.sent)]]
        assert not any(arrived[:-1])
        assert len(done.sent) <= attempts
        assert len({request.content for request in done.sent}) == 1
        if arrived[-1]:
            assert done.error is None or isinstance(done.error, SubmissionUncertain)
        else:
            assert isinstance(done.error, ApiError)
            assert not isinstance(done.error, SubmissionUncertain)
        assert len(done.sleeps) == len(done.sent) - 1

    def test_the_list_of_failures(self) -> None:
        """Of all that httpx can raise, five failures come before the first byte."""
        assert len(ALL_FAILURES) >= 15
        assert {one for one in ALL_FAILURES if not may_have_arrived(one("x"))} == set(BEFORE_THE_FIRST_BYTE)

    def test_an_answer_that_is_cut_off_is_kept(self) -> None:
        """What came of an answer before it broke is kept: the name of the job may stand in it."""
        for kind in KINDS:
            done = run(kind, [lambda _: httpx.Response(200, stream=Torn())], "submit", REQUEST)
            assert isinstance(done.error, SubmissionUncertain)
            assert done.error.answer == HttpAnswer(200, body=b'{"jobId": "job_1", ', is_whole=False)
            assert done.error.cause == "ReadError: torn"

    def test_what_breaks_after_the_answer(self) -> None:
        """Once a receipt is whole, it does not matter how the connection ends."""
        for kind in KINDS:
            done = run(kind, [lambda _: httpx.Response(200, stream=Torn(whole=True))], "submit", REQUEST)
            assert done.result.job_id == "job_1"


class Torn(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that breaks off; or, `whole`, a connection that fails to close."""

    def __init__(self, *, whole: bool = False) -> None:
        self._parts = [b'{"jobId": "job_1", ', b'"costMicroCents": 250000}'][: 1 + whole]
        self._whole = whole

    def __iter__(self) -> Any:
        yield from self._parts
        self._break(early=True)

    async def __aiter__(self) -> Any:
        for part in self._parts:
            yield part
        self._break(early=True)

    def close(self) -> None:
        """Fail to close."""
        self._break(early=False)

    async def aclose(self) -> None:
        """Fail to close."""
        self._break(early=False)

    def _break(self, *, early: bool) -> None:
        if early != self._whole:
            raise httpx.ReadError("torn")


class Flood(httpx.SyncByteStream):
    """A body without an end."""

    def __iter__(self) -> Any:
        while True:
            yield b"x" * 2**20


def test_an_answer_without_an_end() -> None:
    """An answer that does not end is given up: by its size, and by the time that it takes."""
    done = run("sync", [lambda _: httpx.Response(200, stream=Flood())], "submit", REQUEST)
    assert isinstance(done.error, SubmissionUncertain)
    assert "more than 33,554,432 bytes" in done.error.cause
    minutes = iter(range(100))
    slow = {"monotonic": lambda: next(minutes) * 60.0}
    done = run("sync", [lambda _: httpx.Response(200, stream=Flood())], "submit", REQUEST, settings=slow)
    assert isinstance(done.error, SubmissionUncertain)
    assert "takes too long" in done.error.cause


def test_the_table() -> None:
    """The decisions are those that the module's first lines draw."""
    drawn = retry_module.__doc__ or ""
    of: dict[str, Any] = {
        "NEVER_LEFT": TransportFailure("x", has_left=False),
        "BUSY": HttpAnswer(429),
        "LOST": TransportFailure("x", has_left=True),
        "REFUSED": HttpAnswer(404),
        "ODD": HttpAnswer(301),
        "ANSWERED": HttpAnswer(201),
        "BROKEN": HttpAnswer(599),
    }
    assert set(of) == {one.name for one in Outcome}
    for line in drawn.splitlines():
        if match := re.match(r"([A-Z_]{3,}.*?)  +(again|never|done) +(again|never|done)", line):
            for name in re.findall(r"[A-Z_]{3,}", match[1]):
                reply = of.pop(name)
                assert outcome_of(reply).name == name
                assert [may_repeat(reply, harmless=harmless) for harmless in (True, False)] == [
                    word == "again" for word in match.groups()[1:]
                ]
    assert not of
    assert outcome_of(HttpAnswer(408)) is Outcome.BROKEN
    assert outcome_of(HttpAnswer(999)) is Outcome.ODD


class TestPauses:
    """Pauses grow to a cap, are drawn between zero and that, and are at least what the API asks for, capped too."""

    @given(st.integers(1, 10_000), st.floats(0, 1), st.none() | st.integers(0, 10**8))
    def test_bounds(self, attempt: int, chance: float, asked: int | None) -> None:
        """No pause leaves its bounds."""
        policy = RetryPolicy()
        headers = () if asked is None else (("retry-after", str(asked)),)
        pause = pause_seconds(HttpAnswer(429, headers), attempt, policy, START, chance)
        assert min(asked or 0, 60) <= pause <= max(8.0, min(asked or 0, 60))
        assert asked or pause == chance * min(8.0, 0.5 * 2 ** min(attempt - 1, 60))
        assert pause_seconds(TransportFailure("x", has_left=False), attempt, policy, START, chance) <= 8.0

    @given(st.text(max_size=12))
    @example("Fri, 20 Nov 2026 12:00:09 GMT")
    @example("Fri, 99 Nov 2026 12:00:09 GMT")
    @example("Fri, 20 Nov 99999 12:00:09 GMT")
    @example("Mon, 01 Jan 0001 00:00:00 +2359")
    @example("\uff11\uff12")
    def test_any_header(self, text: str) -> None:
        """Any text is seconds, a date, or nothing."""
        found = retry_after_of(HttpAnswer(429, (("Retry-After", text),)), START)
        assert found is None or found >= 0

    @pytest.mark.parametrize(
        ("text", "seconds"),
        [
            ("7", 7.0),
            (" 7 ", 7.0),
            ("0", 0.0),
            ("-1", None),
            ("1.5", None),
            ("1e3", None),
            ("9" * 10, None),
            ("", None),
            ("٣", None),
            ("Fri, 20 Nov 2026 12:01:00 GMT", 60.0),
            ("Fri, 20 Nov 2026 11:00:00 GMT", 0.0),
            ("Fri, 20 Nov 2026 13:01:00 +0100", 60.0),
            ("Fri, 20 Nov 2026 12:01:00 -0000", 60.0),
        ],
    )
    def test_retry_after(self, text: str, seconds: float | None) -> None:
        """Seconds are digits, a date is an instant; the past asks for nothing."""
        assert retry_after_of(HttpAnswer(429, (("Retry-After", text),)), START) == seconds

    def test_the_error_keeps_it(self) -> None:
        """Whoever catches the error knows what the API asked for, uncapped."""
        done = run("sync", [answer(429, b"", Retry_After="3600")] * 9, "job", "job_1")
        assert isinstance(done.error, ApiError)
        assert (done.error.retry_after, done.sleeps) == (3600.0, (60.0,))  # a second minute would be over the total

    @pytest.mark.parametrize(
        "wrong", [{"attempts": 0}, {"base_seconds": 0}, {"cap_seconds": -1}, {"total_seconds": -1}]
    )
    def test_policy(self, wrong: dict[str, Any]) -> None:
        """A policy without an attempt or with negative time is refused."""
        with pytest.raises(ValueError, match="must be"):
            RetryPolicy(**wrong)

    def test_total(self) -> None:
        """No attempt begins after the total time."""
        steps = [httpx.ConnectError("x")] * 50
        policy = RetryPolicy(attempts=50, total_seconds=10)
        done = run("sync", steps, "submit", REQUEST, settings={"retry": policy})
        assert sum(done.sleeps) < 10
        assert 3 < len(done.sent) < 10


def test_how_long_a_request_may_take() -> None:
    """A harmless request may not take longer than the rest of the time; a submission has the client's own time-out."""
    job_times = run("sync", [answer(500), *[answer(404)]], "job", "j", settings={"timeout": 90}).sent
    assert [request.extensions["timeout"] for request in job_times] == [
        {"connect": 10.0, "read": 90, "write": 90, "pool": 90},
        {"connect": 10.0, "read": 90, "write": 90, "pool": 90},
    ]
    policy = RetryPolicy(total_seconds=5)
    short = run(
        "sync", [answer(500), answer(404)], "job", "j", settings={"retry": policy, "timeout": httpx.Timeout(None)}
    ).sent
    assert [request.extensions["timeout"]["read"] for request in short] == [5.0, 4.75]
    patient = httpx.Timeout(7, read=None)
    sent = run("sync", [receipt()], "submit", REQUEST, settings={"timeout": patient, "retry": policy}).sent
    assert sent[0].extensions["timeout"] == {"connect": 7, "read": None, "write": 7, "pool": 7}


def test_the_clock_is_asked_each_time() -> None:
    """A date that the API names is counted from now, not from the start."""
    date = (START + timedelta(seconds=30)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    script = [answer(429, b"", Retry_After="20"), answer(429, b"", Retry_After=date), receipt()]
    assert run("sync", script, "submit", REQUEST).sleeps == (20.0, 10.0)
