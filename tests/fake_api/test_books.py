"""The books: whatever is asked, goes wrong or is done by hand, the money adds up and jobs move forward alone."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING, Any

import pytest
from attrs import define
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from fake_api.asking import MICROS, MODEL, OTHER, ask, code_of, submit
from ratecard._api import TERMINAL
from ratecard.testing import FAULTS, FakeApi, error, job_failure, overcharge, redirect

if TYPE_CHECKING:
    from collections.abc import Iterator

START_MICROS = 2_000_000
PENDING_SECONDS, PROCESSING_SECONDS = 2, 5
PRICES = {MODEL: 250_000, OTHER: 225_000}  # by hand, from their pages: 50,000 x 5 and 45,000 x 5

# What each fault leaves behind, said a second time: the names of those that stop a request before it is processed.
STOPPED = {"refuse", "timeout before", "cut before", "reset before", "bad gateway before", "redirect", "USER_BANNED"}
ASKED_FOR = [
    *FAULTS.values(),
    redirect(),
    overcharge(1_234),
    overcharge(-10_000_000),
    job_failure(),
    error("USER_BANNED"),
    error("INTERNAL_ERROR", processed=True),
]


@define
class Expected:
    """What the test itself knows of a job: price, state, and the second at which the next step is due."""

    price: int
    status: str
    due: int
    doomed: bool = False


class Books(RuleBasedStateMachine):
    """A fake beside a model of it in plain integers."""

    def __init__(self) -> None:
        super().__init__()
        self.api = FakeApi(balance_usd="2", seconds_pending=PENDING_SECONDS, seconds_processing=PROCESSING_SECONDS)
        self.seconds = 0
        self.balance = START_MICROS
        self.jobs: list[Expected] = []

    def end(self, job: Expected, status: str) -> None:
        """End a job of the model."""
        job.status = status
        self.balance += 0 if status == "completed" else job.price

    def enter(self, charge: int, *, doomed: bool) -> None:
        """Enter a job into the model where the balance suffices."""
        if charge <= self.balance:
            self.balance -= charge
            self.jobs.append(Expected(charge, "pending", self.seconds + PENDING_SECONDS, doomed))

    @rule(model=st.sampled_from(sorted(PRICES)), fault=st.none() | st.sampled_from(ASKED_FOR))
    def submits(self, model: str, fault: Any) -> None:
        """Submit a good request; it is charged unless a fault stops it or the balance is too small."""
        if fault is not None:
            self.api.fail(fault, on="submit")
        answer = submit(self.api, {"model": model, "input": {"prompt": "a cat"}})
        if fault is None or fault.name not in STOPPED:
            charge = max(0, PRICES[model] + (fault.overcharge_micros if fault else 0))
            before = len(self.jobs)
            self.enter(charge, doomed=fault is not None and fault.job_error is not None)
            if fault is None and len(self.jobs) == before:
                assert code_of(answer) == "INSUFFICIENT_BALANCE"

    @rule()
    def submits_nonsense(self) -> None:
        """Submit what is refused."""
        assert code_of(submit(self.api, {"model": MODEL, "input": {}})) == "INVALID_INPUT"

    @rule(seconds=st.integers(0, 8))
    def waits(self, seconds: int) -> None:
        """Let time pass."""
        self.api.advance(seconds)
        self.seconds += seconds
        for job in self.jobs:
            if job.status == "pending" and job.due <= self.seconds:
                job.status, job.due = "processing", job.due + PROCESSING_SECONDS
            if job.status == "processing" and job.due <= self.seconds:
                self.end(job, "failed" if job.doomed else "completed")

    @precondition(lambda self: self.jobs)
    @rule(data=st.data(), fault=st.none() | st.sampled_from(ASKED_FOR))
    def cancels(self, data: st.DataObject, fault: Any) -> None:
        """Cancel any job: it works while the job is pending and nothing stops the request."""
        index = data.draw(st.integers(0, len(self.jobs) - 1))
        if fault is not None:
            self.api.fail(fault, on="cancel")
        ask(self.api, "POST", f"/v1/jobs/job_{index + 1:08d}/cancel")
        stopped = fault is not None and fault.name in STOPPED
        if self.jobs[index].status == "pending" and not stopped:
            self.end(self.jobs[index], "cancelled")

    @precondition(lambda self: self.jobs)
    @rule(data=st.data(), status=st.sampled_from(sorted(TERMINAL)))
    def finishes(self, data: st.DataObject, status: Any) -> None:
        """End any job by hand: once, and never twice."""
        index = data.draw(st.integers(0, len(self.jobs) - 1))
        job_id = f"job_{index + 1:08d}"
        if self.jobs[index].status in TERMINAL:
            with pytest.raises(ValueError, match="already"):
                self.api.finish(job_id, status)
        else:
            self.api.finish(job_id, status)
            self.end(self.jobs[index], status)

    @rule(fault=st.none() | st.sampled_from(ASKED_FOR))
    def lists(self, fault: Any) -> None:
        """Read the list: it changes nothing, whatever goes wrong, and shows every state."""
        if fault is not None:
            self.api.fail(fault, on="jobs")
        answer = ask(self.api, "GET", "/v1/jobs?limit=100")
        if fault is None:
            assert [job["status"] for job in answer.data["jobs"]] == [job.status for job in reversed(self.jobs)]

    @invariant()
    def the_books_agree(self) -> None:
        """Balance, charges, refunds and states are those of the model, and the law of the books holds."""
        api = self.api
        assert START_MICROS - api.charged_micros + api.refunded_micros == api.balance_micros == self.balance
        assert [(job.charged_micros, job.status) for job in api.jobs] == [(job.price, job.status) for job in self.jobs]
        assert all(
            job.refunded_micros == (job.charged_micros if job.status in ("failed", "cancelled") else 0)
            for job in api.jobs
        )
        assert all((job.completed_at is not None) == (job.status in TERMINAL) for job in api.jobs)
        assert api.balance_micros >= 0
        assert api.faults == ()


Books.TestCase.settings = settings(max_examples=max(20, settings().max_examples // 2), stateful_step_count=30)
TestBooks = Books.TestCase


@pytest.fixture
def eager_threads() -> Iterator[None]:
    """Let threads take turns as often as they can, so that what is not locked goes wrong."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


@pytest.mark.usefixtures("eager_threads")
def test_eight_threads() -> None:
    """Eight threads that submit at once create as many jobs as the balance pays for, each with an id of its own."""
    api = FakeApi(balance_usd="25.00")  # a hundred jobs of $0.25
    begin = Barrier(8, timeout=30)

    def submit_many(_: int) -> list[int]:
        begin.wait()
        return [submit(api).status for _ in range(20)]

    with ThreadPoolExecutor(8) as pool:
        statuses = [status for several in pool.map(submit_many, range(8)) for status in several]
    assert (statuses.count(200), statuses.count(402)) == (100, 60)
    assert len({job.job_id for job in api.jobs}) == len({job.request_id for job in api.jobs}) == 100
    assert (api.balance_micros, api.charged_micros) == (0, 100 * MICROS)


@pytest.mark.usefixtures("eager_threads")
def test_eight_threads_cancel_one_job() -> None:
    """Of eight threads that cancel the same job, one succeeds, and the money comes back once."""
    api = FakeApi()
    job_id = submit(api).data["jobId"]
    begin = Barrier(8, timeout=30)

    def cancel(_: int) -> int:
        begin.wait()
        return ask(api, "POST", f"/v1/jobs/{job_id}/cancel").status

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(cancel, range(8))) == [200] + [400] * 7
    assert (api.balance_micros, api.refunded_micros) == (100_000_000, MICROS)
