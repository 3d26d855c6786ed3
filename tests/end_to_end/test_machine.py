"""Submit, wait, look, cancel, list, faults and time in any order: the money always adds up, and no job is unknown.

The model knows only what a caller hears: receipts, errors, and the states that the list shows. What it was told was
charged, less what came back for failed and cancelled jobs, is what the fake's books say.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, ClassVar

from attrs import define
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from end_to_end.playing import Caller, Kind, Outcome, fake, made_by, sends
from end_to_end.scanning import Ear
from ratecard import InvalidRequest, NotPriced, quote
from ratecard.submit import (
    ApiError,
    Job,
    JobEnded,
    OverMaximum,
    QuoteChanged,
    Receipt,
    SubmissionUncertain,
    UnreadableCharge,
    WaitTimeout,
)
from ratecard.testing import FAULTS, error, job_failure, overcharge, redirect

if TYPE_CHECKING:
    from ratecard.testing import FakeFault

BALANCE = 3_000_000
FIRST = "kling-plus/kling-o1-standard/text-to-video"
SECOND = "kling/kling-text2video-v25/text-to-video"
PRICES = {FIRST: 50_000, SECOND: 45_000}  # a second, by hand, from their pages
UNPRICED = {
    "model": "kling/kling-motion-create-v3/motion-transfer-to-video",
    "input": {"image_url": "https://example.com/c.jpg", "motion_video_url": "https://example.com/d.mp4"},
}
BUSY = "CONCURRENT_JOBS_EXCEEDED"
UNREADABLE = {"garbage", "truncated"}
WRONG: tuple[FakeFault, ...] = (
    *FAULTS.values(),
    redirect(),
    overcharge(1_234),
    overcharge(-10_000_000),
    job_failure(),
    error(BUSY, retry_after="5"),
    error("USER_BANNED"),
    error("INTERNAL_ERROR"),
    error("INTERNAL_ERROR", processed=True),
)
faults = st.lists(st.sampled_from(WRONG), max_size=3)
seconds = st.sampled_from(["5", "10"])


@define
class Known:
    """What a caller knows of a job: its price when it was quoted, and what it was charged."""

    quoted: int
    charged: int


class Machine(RuleBasedStateMachine):
    """A client of either kind, the fake, and a caller who keeps books of what it hears."""

    kind: ClassVar[Kind]

    def __init__(self) -> None:
        super().__init__()
        self.ear = Ear()
        self.ear.__enter__()
        self.api = fake(balance_usd="3", concurrent_jobs=9, seconds_pending=20, seconds_processing=90)
        self.known: dict[str, Known] = {}
        self.caller = Caller(self.kind, self.api)

    def teardown(self) -> None:
        """Close it; nothing that was logged held the key."""
        self.ear.__exit__()
        assert self.ear.leaks == []
        self.caller.__exit__()

    def spoiled(self, faults: list[FakeFault], operation: Any, method: str, *args: Any, **options: Any) -> Outcome:
        """Call a method while things go wrong, and let the rest of them be forgotten."""
        for fault in faults:
            self.api.fail(fault, on=operation)
        outcome = self.caller.attempt(method, *args, **options)
        self.used = faults[: len(faults) - len(self.api.faults)]
        self.api.clear_faults()
        return outcome

    def a_job(self, data: st.DataObject) -> str:
        """Draw one of the known jobs."""
        return data.draw(st.sampled_from(sorted(self.known)))

    @rule(model=st.sampled_from(sorted(PRICES)), seconds=seconds, faults=faults)
    def submits(self, model: str, seconds: str, faults: list[FakeFault]) -> None:
        """Submit: it makes at most one job, and the caller hears of it, with its charge or the reason why not."""
        request = {"model": model, "input": {"prompt": "a cat", "duration": seconds}}
        price = PRICES[model] * int(seconds)
        before, given = made_by(self.api), copy.deepcopy(request)
        outcome = self.spoiled(faults, "submit", "submit", request, max_usd="0.50", expect=quote(request))
        heard = self.caller.heard_of(outcome)
        new = made_by(self.api) - before
        assert request == given
        assert len(new) <= 1
        assert heard - self.known.keys() == new
        assert heard == new or isinstance(outcome.error, SubmissionUncertain)
        self.judged(outcome, price, new)
        for job_id in new:
            self.known[job_id] = Known(price, charge_of(outcome, price, self.used[-1:]))

    def judged(self, outcome: Outcome, price: int, new: set[str]) -> None:
        """Hold an outcome against the last fault that was met."""
        last = self.used[-1].name if self.used else "none"
        told = outcome.error
        assert (told is None) == isinstance(outcome.result, Receipt)
        if getattr(told, "code", None) == "no_answer" and not isinstance(told, SubmissionUncertain):
            assert last == "refuse"
        elif isinstance(told, UnreadableCharge):
            assert last == "charge as text"
        elif isinstance(told, SubmissionUncertain):
            assert last not in {"none", "refuse", "overcharge", "USER_BANNED", BUSY, "charge as float"}
        elif told is not None:
            codes = {402: "INSUFFICIENT_BALANCE", 403: "USER_BANNED", 429: BUSY}
            assert isinstance(told, ApiError)
            assert codes[told.status or 0] == told.code or last in UNREADABLE
            assert new == set()
        else:
            assert outcome.result.quoted.usd_micros == price
            assert {outcome.result.job_id} == new

    @precondition(lambda self: self.known)
    @rule(
        wrong=st.sampled_from(
            [
                ({"model": FIRST, "input": {}}, {}, InvalidRequest),
                ({"model": FIRST, "input": {"prompt": "a cat", "durtion": "5"}}, {}, InvalidRequest),
                ({"model": "a/b", "input": {}}, {}, InvalidRequest),
                (UNPRICED, {}, NotPriced),
                ({"model": FIRST, "input": {"prompt": "a cat"}}, {"max_usd": "0.249999"}, OverMaximum),
                (
                    {"model": FIRST, "input": {"prompt": "a cat"}},
                    {"expect": quote({"model": FIRST, "input": {"prompt": "a cat", "duration": "10"}})},
                    QuoteChanged,
                ),
            ]
        )
    )
    def submits_what_is_refused(self, wrong: Any) -> None:
        """Submit what is invalid, unpriced, too dear or another than quoted: it is refused, and nothing arrives."""
        request, options, expected = wrong
        arrived = sends(self.api)
        assert type(self.caller.attempt("submit", request, **options).error) is expected
        assert sends(self.api) == arrived

    @precondition(lambda self: self.known)
    @rule(data=st.data(), timeout=st.sampled_from([1.0, 40.0, 600.0]), faults=faults)
    def waits(self, data: st.DataObject, timeout: float, faults: list[FakeFault]) -> None:
        """Wait: it ends with the state of the books, never before a terminal one, and never after its time-out."""
        job_id, started = self.a_job(data), self.api.now
        outcome = self.spoiled(faults, "job", "wait", job_id, timeout=timeout)
        status = self.api.job(job_id).status
        passed = (self.api.now - started).total_seconds()
        assert passed <= timeout
        match outcome:
            case Outcome(Job() as job):
                assert job.status == status == "completed"
            case Outcome(error=JobEnded() as told):
                assert told.job.status == status in ("failed", "cancelled")
            case Outcome(error=WaitTimeout() as told):
                assert passed >= timeout * 0.9 - 5
                assert told.job is None or told.job.status in ("pending", "processing")
            case Outcome(error=told):
                assert {fault.name for fault in faults} & (UNREADABLE | {"redirect", "USER_BANNED"}), told

    @precondition(lambda self: self.known)
    @rule(data=st.data(), faults=faults, looks=faults)
    def cancels(self, data: st.DataObject, faults: list[FakeFault], looks: list[FakeFault]) -> None:
        """Cancel: what is confirmed is done, and what is refused changes nothing."""
        job_id = self.a_job(data)
        before = self.api.job(job_id)
        for look in looks:
            self.api.fail(look, on="job")
        outcome = self.spoiled(faults, "cancel", "cancel", job_id)
        after = self.api.job(job_id)
        if isinstance(outcome.result, Job):
            assert after.status == outcome.result.status == "cancelled"
            assert outcome.result.refunded_micros in (None, after.charged_micros)
        elif getattr(outcome.error, "code", None) == "JOB_CANNOT_BE_CANCELLED":
            assert "pending" not in (before.status, after.status) or before.status != after.status
            assert after.status != "cancelled" or before.status == "cancelled"
        else:
            assert isinstance(outcome.error, ApiError)
            assert faults

    @precondition(lambda self: self.known)
    @rule(data=st.data(), faults=faults)
    def looks(self, data: st.DataObject, faults: list[FakeFault]) -> None:
        """Look at a job: it is shown as in the books, or there is an error."""
        job_id = self.a_job(data)
        outcome = self.spoiled(faults, "job", "job", job_id)
        job = self.api.job(job_id)
        if outcome.error is None:
            shown = outcome.result
            assert (shown.job_id, shown.status, shown.output) == (job_id, job.status, job.output)
            assert (shown.completed_at is None) == (job.completed_at is None)
        else:
            assert faults

    @rule(status=st.sampled_from([None, "pending", "completed", "failed", "cancelled"]), faults=faults)
    def lists(self, status: Any, faults: list[FakeFault]) -> None:
        """List: every job of a state, newest first, or an error; the list is never shorter."""
        outcome = self.spoiled(faults, "jobs", "jobs", status=status)
        expected = [job.job_id for job in reversed(self.api.jobs) if status in (None, job.status)]
        if outcome.error is None:
            assert [job.job_id for job in outcome.result] == expected
        else:
            assert faults

    @rule(seconds=st.sampled_from([1, 30, 400]))
    def lets_time_pass(self, seconds: int) -> None:
        """Time passes."""
        self.api.advance(seconds)

    @precondition(lambda self: any(job.completed_at is None for job in self.api.jobs))
    @rule(data=st.data(), end=st.sampled_from(["completed", "failed", "cancelled"]))
    def ends(self, data: st.DataObject, end: Any) -> None:
        """Let the API end a job."""
        self.api.finish(data.draw(st.sampled_from([job.job_id for job in self.api.jobs if not job.completed_at])), end)

    @invariant()
    def the_money_adds_up(self) -> None:
        """Every job is known, and start - what was heard of charges + what came back = the balance of the books."""
        states = {job.job_id: job.status for job in self.caller.call("jobs")}
        charged = {job_id: job.charged for job_id, job in self.known.items()}
        refunded = sum(charged[job_id] for job_id, state in states.items() if state in ("failed", "cancelled"))
        assert states.keys() == self.known.keys() == made_by(self.api)
        assert charged == {job.job_id: job.charged_micros for job in self.api.jobs}
        assert sum(charged.values()) == self.api.charged_micros
        assert BALANCE - self.api.charged_micros + refunded == self.api.balance_micros


def charge_of(outcome: Outcome, price: int, last: list[FakeFault]) -> int:
    """Return what a caller hears of the charge of a new job; where nothing is said, it is the quote."""
    if outcome.error is not None:
        return price
    more = sum(fault.overcharge_micros for fault in last)
    assert outcome.result.drift_micros == max(-price, more)
    charged: int = outcome.result.charged_micros
    return charged


class SyncMachine(Machine):
    """The client that blocks."""

    kind = "sync"


class AsyncMachine(Machine):
    """The client for asyncio."""

    kind = "async"


TestSync, TestAsync = SyncMachine.TestCase, AsyncMachine.TestCase
TestSync.settings = TestAsync.settings = settings(max_examples=settings().max_examples // 4, stateful_step_count=20)
