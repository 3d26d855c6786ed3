"""What may be sent again, and after which pause."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx2
import pytest
import stamina
from hypothesis import given
from hypothesis import strategies as st

from ratecard._api import STATUS_OF_CODE
from ratecard.submit import ApiError, SubmissionUncertain
from submit.scripted import KINDS, REQUEST, answer, job, receipt, refused, run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from submit.scripted import Kind, Step

NEVER_LEFT = {"ConnectError", "ConnectTimeout", "PoolTimeout", "ProxyError", "UnsupportedProtocol"}
ALL_FAILURES = sorted(
    {kind for kind in vars(httpx2).values() if isinstance(kind, type) and issubclass(kind, httpx2.TransportError)},
    key=lambda kind: kind.__name__,
)
replies = (
    st.sampled_from(ALL_FAILURES).map(lambda kind: kind("words"))
    | st.integers(200, 599).map(lambda status: answer(status, b"words"))
    | st.sampled_from(sorted(STATUS_OF_CODE.items())).map(lambda item: refused(item[1], item[0]))
)


def may_have_arrived(step: Any) -> bool:
    """Return whether the API may have done what a submission asks for; written anew, apart from the code."""
    if isinstance(step, Exception):
        return type(step).__name__ not in NEVER_LEFT
    response = step(httpx2.Request("POST", "https://example.com"))
    documented = response.content != b"words"
    return not (400 <= response.status_code < 500 and documented)


@given(st.lists(replies, max_size=6), st.sampled_from(KINDS), st.integers(1, 4))
def test_nothing_is_sent_twice(steps: list[Step], kind: Any, attempts: int) -> None:
    """At most the last request of a submission may have arrived, and then it says so, or has a receipt."""
    script = [*steps, receipt()]
    done = run(kind, script, "submit", REQUEST, settings={"attempts": attempts})
    arrived = [may_have_arrived(step) for step in script[: len(done.sent)]]
    assert not any(arrived[:-1])
    assert len(done.sent) <= attempts
    assert len({request.content for request in done.sent}) == 1
    if arrived[-1]:
        assert done.error is None or isinstance(done.error, SubmissionUncertain)
    else:
        assert isinstance(done.error, ApiError)
        assert not isinstance(done.error, SubmissionUncertain)
        assert not hasattr(done.error, "attempt")


def test_the_list_of_failures() -> None:
    """Of all that httpx2 can raise, five failures come before the first byte."""
    assert len(ALL_FAILURES) >= 15
    assert {kind.__name__ for kind in ALL_FAILURES} > NEVER_LEFT


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """Let stamina pause, and return how long it would have."""
    made: list[float] = []
    monkeypatch.setattr("time.sleep", made.append)
    monkeypatch.setattr("random.uniform", lambda _, high: high)
    stamina.set_testing(False)
    yield made
    stamina.set_testing(True, attempts=4, cap=True)


class TestPauses:
    """Pauses grow; the API may ask for longer ones, up to a minute."""

    def test_they_grow(self, pauses: list[float]) -> None:
        """Twice as long each time, at most eight seconds, and as often as the client is told."""
        run("sync", [answer(503, b"")] * 9, "job", "job_1", settings={"attempts": 7})
        assert pauses == [0.5, 1.0, 2.0, 4.0, 8.0, 8.0]

    @pytest.mark.parametrize(
        ("text", "expected"),
        [("7", [7.5]), ("61", []), ("86400", []), ("soon", [0.5])],
    )
    def test_retry_after(self, pauses: list[float], text: str, expected: list[float]) -> None:
        """It is honoured; a request is not repeated where it asks for more than a minute."""
        done = run("sync", [answer(503, b"", Retry_After=text), job()], "job", "job_1")
        assert pauses == expected
        assert (done.error is None) == bool(expected)
        busy = [refused(429, "CONCURRENT_JOBS_EXCEEDED", Retry_After=text), receipt()]
        assert (run("sync", busy, "submit", REQUEST).error is None) == bool(expected)

    def test_the_error_keeps_it(self, pauses: list[float]) -> None:
        """The error says after how long the API asks to try again."""
        error = run("sync", [answer(503, b"", Retry_After="3600")], "job", "job_1").error
        assert isinstance(error, ApiError)
        assert (error.status, error.retry_after, pauses) == (503, 3600.0, [])

    def test_within(self, pauses: list[float]) -> None:
        """No pause goes beyond the end of a submission."""
        busy = refused(429, "CONCURRENT_JOBS_EXCEEDED", Retry_After="7")
        done = run("sync", [busy, receipt()], "submit", REQUEST, within=5.0)
        assert (done.code, pauses) == ("CONCURRENT_JOBS_EXCEEDED", [])


@pytest.mark.parametrize("kind", KINDS)
def test_logs(kind: Kind, caplog: pytest.LogCaptureFixture) -> None:
    """There is one line for each attempt, retry, outcome and drift; and no word of the prompt or of the API."""
    caplog.set_level("INFO", "ratecard.submit")
    run(kind, [httpx2.ConnectError("a cat"), receipt(300_000)], "submit", REQUEST)
    run(kind, [answer(500, {"error": {"code": "a cat", "message": "a cat"}})], "submit", REQUEST)
    lines = [record.getMessage() for record in caplog.records if record.name == "ratecard.submit"]
    assert [line.split(" ")[0] for line in lines] == [
        "submitting", "POST", "submitting", "created", "job", "submitting", "uncertain:"
    ]  # fmt: skip
    assert lines[1].startswith("POST /v1/jobs/submit: no answer; trying again in ")
    assert not any("a cat" in record.getMessage() for record in caplog.records)
