"""Waiting: it ends in every terminal state, never lasts longer than asked, and is gentle."""

from __future__ import annotations

from itertools import chain, repeat
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecard.submit import ApiError, Job, JobCancelled, JobEnded, JobFailed, WaitTimeout
from submit.scripted import KINDS, REQUEST, FakeTime, answer, job, receipt, run

words = st.sampled_from(["pending", "processing", "queued", "completed", "failed", "cancelled", "COMPLETED"])
steps = words.map(job) | st.sampled_from([httpx.ReadTimeout("x"), answer(500, b""), answer(429, b"", Retry_After="9")])


class TestItEnds:
    """A wait ends with the first terminal state, or when the time is over, and never later."""

    @given(
        st.lists(steps, max_size=12),
        st.floats(0.1, 3_000),
        st.none() | st.floats(0, 1e6),
        st.floats(0, 1),
        st.sampled_from(KINDS),
    )
    def test_for_every_sequence(
        self, script: list[Any], timeout: float, typical: float | None, chance: float, kind: Any
    ) -> None:
        """Whatever the API says, and however long a job takes."""
        time = FakeTime(chance)
        told: list[Job] = []
        options: dict[str, Any] = {"timeout": timeout, "typical_seconds": typical, "on_poll": told.append}
        done = run(kind, chain(script, repeat(job("processing"))), "wait", "job_1", time=time, **options)
        assert time.elapsed <= timeout * (1 + 1e-9)
        assert all(pause >= 0 for pause in done.sleeps)
        states = [one.status for one in told]
        assert not {"completed", "failed", "cancelled"} & set(states[:-1])
        last = states[-1] if states else None
        endings: dict[Any, type[ApiError]] = {"failed": JobFailed, "cancelled": JobCancelled}
        if last == "completed":
            assert done.result == told[-1]
        else:
            assert type(done.error) is endings.get(last, WaitTimeout)
            assert isinstance(done.error, JobEnded | WaitTimeout)
            assert done.error.job == (told[-1] if told else None)
        if isinstance(done.error, WaitTimeout):
            assert time.elapsed >= timeout * 0.9 - 5 or timeout > 100  # the last look is shortly before the end

    def test_a_clock_that_stands_still(self) -> None:
        """Pauses count as time, also where neither the clock nor the sleep moves anything."""
        settings = {"monotonic": lambda: 0.0}
        done = run("sync", [job("pending")] * 999, "wait", "job_1", settings=settings, timeout=600.0)
        assert isinstance(done.error, WaitTimeout)
        assert sum(done.sleeps) <= 600

    @pytest.mark.parametrize(
        "wrong",
        [
            {"timeout": 0},
            {"timeout": -1},
            {"timeout": float("nan")},
            {"timeout": float("inf")},
            {"typical_seconds": -1},
            {"typical_seconds": float("nan")},
        ],
    )
    def test_no_time(self, wrong: dict[str, Any]) -> None:
        """A time that is not finite, or no time at all, is refused before anything is sent."""
        for kind in KINDS:
            done = run(kind, [], "wait", "job_1", **wrong)
            assert type(done.error) is ValueError
            assert done.sent == ()


class TestGently:
    """The first look comes after half the typical time, the others after growing, capped, irregular pauses."""

    def test_from_a_receipt(self) -> None:
        """A receipt knows the typical time of its model."""
        request = {"model": "kling/kling-text2video-v25/text-to-video", "input": {"prompt": "a cat"}}
        ordered = run("sync", [receipt(225_000)], "submit", request).result
        assert ordered.quoted.typical_seconds == 180
        for kind in KINDS:
            done = run(kind, [job("processing"), job()], "wait", ordered)
            assert done.sleeps == (90.0, 13.5)
            assert run(kind, [job()], "wait", ordered, typical_seconds=0).sleeps == ()
            assert [one.url.path for one in done.sent] == ["/v1/jobs/job_1"] * 2

    def test_pauses_grow_to_a_cap(self) -> None:
        """From two seconds to half a minute, times a half to one."""
        longest = run("sync", [job("pending")] * 99, "wait", "job_1", timeout=300.0, time=FakeTime(1.0)).sleeps
        assert longest[:9] == pytest.approx((2.0, 3.0, 4.5, 6.75, 10.125, 15.1875, 22.78125, 30.0, 30.0))
        shortest = run("sync", [job("pending")] * 99, "wait", "job_1", timeout=300.0, time=FakeTime(0.0)).sleeps
        assert shortest[:3] == (1.0, 1.5, 2.25)

    def test_words(self) -> None:
        """The error says what was last seen, when, and what stood in the way."""
        late = run("sync", [job("queued")] * 9, "wait", "job_1", timeout=4.0).error
        assert str(late) == "job job_1 is queued after 4 s"
        assert isinstance(late, TimeoutError)
        assert (late.errno, late.strerror) == (None, None)
        never = run("sync", [httpx.ReadTimeout("")] * 9, "wait", "job_1", timeout=0.2).error
        assert str(never) == "job job_1 could not be seen after 0.2 s (no answer: ReadTimeout)"
        failed = run("sync", [job("failed", requestId="req_1")], "wait", "job_1").error
        assert isinstance(failed, JobFailed)
        assert str(failed) == "GENERATION_FAILED: job job_1 failed: no cat (request req_1)"
        assert failed.job.error is not None
        assert str(run("sync", [job("cancelled")], "wait", "job_1").error) == "job job_1 cancelled"
        assert str(run("sync", [job("failed", error={"code": "X"})], "wait", "j").error) == "X: job job_1 failed: X"

    def test_a_callback_that_raises(self) -> None:
        """What `on_poll` raises comes out as it is."""

        def stop(_: Job) -> None:
            raise LookupError("enough")

        for kind in KINDS:
            assert type(run(kind, [job("pending")], "wait", "job_1", on_poll=stop).error) is LookupError

    def test_tables_of_ones_own(self) -> None:
        """A receipt of a model whose page gives no typical time is looked at at once."""
        ordered = run("sync", [receipt()], "submit", REQUEST).result
        assert ordered.quoted.typical_seconds is None or run("sync", [job()], "wait", ordered).sleeps
