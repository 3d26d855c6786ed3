"""Waiting: it ends in every terminal state, never lasts longer than asked, and is gentle."""

from __future__ import annotations

from itertools import chain, repeat
from types import SimpleNamespace
from typing import Any
from unittest import mock

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ratecard.submit import Job, JobEnded, WaitTimeout
from submit.scripted import KINDS, MODEL, Kind, answer, job, run

words = st.sampled_from(["pending", "processing", "queued", "completed", "failed", "cancelled", "COMPLETED"])
steps = words.map(job) | st.sampled_from([httpx2.ReadTimeout("x"), answer(500, b""), answer(429, b"", Retry_After="9")])
both = pytest.mark.parametrize("kind", KINDS)


def at_most(low: float, high: float) -> float:
    """Stand for chance: always the longest pause."""
    assert low <= high
    return high


@pytest.fixture
def longest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every pause the longest possible one."""
    monkeypatch.setattr("random.uniform", at_most)


class TestItEnds:
    """A wait ends with the first terminal state, or when the time is over, and never later."""

    @settings(max_examples=40)
    @given(
        st.lists(steps, max_size=12),
        st.floats(0.1, 3_000),
        st.floats(0, 1),
        st.sampled_from(KINDS),
    )
    def test_for_every_sequence(self, script: list[Any], timeout: float, chance: float, kind: Kind) -> None:
        """Whatever the API says."""
        seen: list[Job] = []
        options: dict[str, Any] = {"timeout": timeout, "on_poll": seen.append}
        with mock.patch("random.uniform", lambda low, high: low + chance * (high - low)):
            done = run(kind, chain(script, repeat(job("processing"))), "wait", "job_1", **options)
        assert sum(done.sleeps) <= timeout * (1 + 1e-9)
        assert all(pause >= 0 for pause in done.sleeps)
        states = [one.status for one in seen]
        assert not {"completed", "failed", "cancelled"} & set(states[:-1])
        last = states[-1] if states else None
        if last == "completed":
            assert done.result == seen[-1]
        else:
            assert type(done.error) is (JobEnded if last in ("failed", "cancelled") else WaitTimeout)
            assert isinstance(done.error, JobEnded | WaitTimeout)
            assert done.error.job == (seen[-1] if seen else None)
        if isinstance(done.error, WaitTimeout):
            assert sum(done.sleeps) >= timeout * 0.9 - 5 - 1e-6  # the last look is shortly before the end

    @both
    @pytest.mark.parametrize("wrong", [0, -1, float("nan"), float("inf"), "5"])
    def test_no_time(self, kind: Kind, wrong: Any) -> None:
        """A time that is not finite, or no time at all, is refused before anything is sent."""
        done = run(kind, [], "wait", "job_1", timeout=wrong)
        assert (type(done.error), done.sent) == (ValueError, ())


@both
@pytest.mark.usefixtures("longest")
class TestGently:
    """The first look comes soon, the others after growing, capped pauses."""

    def test_pauses_grow_to_a_cap(self, kind: Kind) -> None:
        """From two seconds to half a minute; they stay the same while the API is out of reach."""
        expected = pytest.approx((1.0, 2.0, 3.0, 4.5, 6.75, 10.125, 15.1875, 22.78125, 30.0, 30.0))
        for step in (job("pending"), httpx2.ReadTimeout("x"), answer(503, b""), answer(429, b"")):
            done = run(kind, [step] * 99, "wait", "job_1", timeout=300.0)
            assert done.sleeps[:10] == expected
            assert len(done.sent) == len(done.sleeps)

    @pytest.mark.parametrize("status", [200, 429, 503])
    def test_retry_after(self, kind: Kind, status: int) -> None:
        """What the API asks for is honoured, as far as there is time; the last look is shortly before the end."""
        body = {"jobId": "job_1", "status": "pending"}
        for text, pauses in {"40": (1.0, 40.0), "soon": (1.0, 2.0), "-5": (1.0, 2.0), "": (1.0, 2.0)}.items():
            done = run(kind, [answer(status, body, Retry_After=text), job()], "wait", "job_1")
            assert done.sleeps == pytest.approx(pauses, abs=0.01)
        done = run(kind, [answer(status, body, Retry_After="3600")] * 2, "wait", "job_1", timeout=100.0)
        assert type(done.error) is WaitTimeout
        assert done.sleeps == pytest.approx((1.0, 94.0), abs=0.05)  # less what the answers took


def test_jitter() -> None:
    """Pauses differ from wait to wait, from the first look on."""
    waits = [run("sync", [job("pending"), job()], "wait", "job_1").sleeps for _ in range(20)]
    for pauses in zip(*waits, strict=True):
        assert len(set(pauses)) == 20
    assert all(0 <= first <= 1 and 1 <= second <= 2 for first, second in waits)


def test_words() -> None:
    """The error says what was last seen, when, and what stood in the way."""
    late = run("sync", [job("queued")] * 9, "wait", "job_1", timeout=4.0).error
    assert str(late) == "job job_1 is queued after 4 s"
    assert isinstance(late, TimeoutError)
    assert (late.errno, late.strerror) == (None, None)
    never = run("sync", [httpx2.ReadTimeout("")] * 9, "wait", "job_1", timeout=0.2).error
    assert str(never) == "job job_1 could not be seen after 0.2 s (no answer: ReadTimeout)"
    failed = run("sync", [job("failed", requestId="req_1")], "wait", "job_1").error
    assert isinstance(failed, JobEnded)
    assert str(failed) == "GENERATION_FAILED: job job_1 failed: no cat (request req_1)"
    silent = run("sync", [job("cancelled")], "wait", "job_1").error
    assert str(silent) == "job job_1 cancelled: the API does not say why"
    assert str(run("sync", [job("failed", error={"code": "X"})], "wait", "job_1").error) == "X: job job_1 failed: X"


@both
def test_a_callback_that_raises(kind: Kind) -> None:
    """What `on_poll` raises comes out as it is."""

    def stop(_: Job) -> None:
        raise LookupError("enough")

    assert type(run(kind, [job("pending", model=MODEL)], "wait", "job_1", on_poll=stop).error) is LookupError


def test_a_stall(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the machine stalls beyond the end of a wait, nothing more is asked, and the time is over."""
    instants = chain([0.0] * 3, repeat(100.0))  # the start, the first check, after the first pause; then the stall
    monkeypatch.setattr("ratecard.submit._client.time", SimpleNamespace(monotonic=lambda: next(instants)))
    done = run("sync", [], "wait", "job_1", timeout=10.0)
    assert (type(done.error), done.sent) == (WaitTimeout, ())
    assert str(done.error).endswith("(no answer: no time was left to send the request)")
