"""Over real connections on the loopback interface: whatever goes wrong, a submission makes one job or none.

And none of which the caller does not hear: by a receipt, by an error that names the job, or by SubmissionUncertain,
whose search finds exactly it.
"""

from __future__ import annotations

import json
from contextlib import ExitStack
from datetime import timedelta
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Self

import httpx2
import pytest
from attrs import evolve, field, frozen

import invented
from end_to_end.playing import KINDS, MICROS, MODEL, REQUEST, Caller, Kind, Outcome, fake, made_by, sends
from end_to_end.scanning import KEY, Ear
from fake_api.serving import Server
from ratecard.submit import (
    ApiError,
    JobEnded,
    SubmissionUncertain,
    UnreadableCharge,
    WaitTimeout,
)
from ratecard.testing import (
    FAULTS,
    FakeFault,
    error,
    overcharge,
    redirect,
)

if TYPE_CHECKING:
    from ratecard.testing import FakeApi

both = pytest.mark.parametrize("kind", KINDS)
OPERATIONS = ("submit", "job", "jobs", "cancel", "wait")
UNREADABLE = ("garbage", "truncated")
SHORT = {"timeout": 0.25}  # seconds of real waiting, where nothing comes


class World:
    """A fake, its server, and a client that reaches it over HTTP; in all that is logged meanwhile there is no key."""

    def __init__(self, kind: Kind, client: dict[str, Any] | None = None, **settings: Any) -> None:
        self._stack = ExitStack()
        self._ear = self._stack.enter_context(Ear())
        self.api = fake(**settings)
        self.server = Server(self.api)
        self.caller = self._stack.enter_context(
            Caller(kind, self.api, base_url=self._stack.enter_context(self.server), **(client or {}))
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()
        assert self._ear.leaks == []
        assert "httpcore2" in self._ear.names


def _code(error: BaseException | None) -> str | None:
    assert isinstance(error, ApiError)
    return error.code


def args_of(operation: str, api: FakeApi) -> tuple[Any, ...]:
    """Return the arguments of a call; one about a job is about a new one, made behind the client's back."""
    if operation in ("submit", "jobs"):
        return (REQUEST,) if operation == "submit" else ()
    headers, body = {"Authorization": f"Bearer {KEY}"}, json.dumps(REQUEST).encode()
    return (api.answer("POST", "/v1/jobs/submit", headers, body).data["jobId"],)


def operation_of(method: str) -> Any:
    """Return the operation of the API that a method asks for."""
    return "job" if method == "wait" else method


@both
class TestEarned:
    """Errors that the fake finds itself, without being told to."""

    def test_a_refused_key(self, kind: Kind) -> None:
        """An unknown key is refused on every call, and is not repeated."""
        with World(kind, key="pb_another") as world:
            for method in OPERATIONS:
                args = () if method == "jobs" else (REQUEST,) if method == "submit" else ("job_00000001",)
                assert _code(world.caller.attempt(method, *args).error) == "INVALID_API_KEY"
            assert made_by(world.api) == set()

    def test_a_balance_that_ends(self, kind: Kind) -> None:
        """The job that the balance does not cover is refused, and the balance is untouched by it."""
        with World(kind, balance_usd="0.30") as world:
            assert world.caller.attempt("submit", REQUEST).result.charged_micros == MICROS
            assert _code(world.caller.attempt("submit", REQUEST).error) == "INSUFFICIENT_BALANCE"
            assert (len(world.api.jobs), world.api.balance_micros) == (1, 50_000)

    def test_other_tables(self, kind: Kind) -> None:
        """Where the tables of the client are not those of the API, the API has the last word, with its details."""
        other = invented.catalog()
        request = invented.request()
        with World(kind, {"catalog": other}) as world:
            assert _code(world.caller.attempt("submit", request).error) == "MODEL_NOT_FOUND"
        narrow = invented.catalog(fields=invented.INPUT.replace("max_length = 10", "max_length = 1"))
        with World(kind, {"catalog": other}, catalog=narrow) as world:
            told = world.caller.attempt("submit", request).error
            assert isinstance(told, ApiError)
            assert told.code == "INVALID_INPUT"
            assert told.details[0]["pointer"] == "/input/prompt"
            assert made_by(world.api) == set()


@frozen
class Trouble:
    """What goes wrong with a submission, and what must come of it: the error or its code, or the charge; the sends."""

    faults: tuple[FakeFault | str, ...]
    expected: type[BaseException] | str | int
    made: int
    sends: int = 1
    settings: dict[str, Any] = field(factory=dict)

    def __str__(self) -> str:
        names = [one if isinstance(one, str) else one.name for one in self.faults]
        return ", ".join([*names, *map(str, self.settings.values())])


BUSY = "CONCURRENT_JOBS_EXCEEDED"
CUT_BEHIND = FakeFault(
    name="cut behind the receipt",
    change=lambda answer, _: evolve(answer, body=answer.body + b" " * 400, sent_bytes=len(answer.sent) + 100),
)
TROUBLES = (
    Trouble((), MICROS, 1),
    Trouble(("refuse",), SubmissionUncertain, 0, 0),
    Trouble(("cut before",), SubmissionUncertain, 0),
    Trouble(("cut after",), SubmissionUncertain, 1),
    Trouble(("cut within",), SubmissionUncertain, 1),
    Trouble((CUT_BEHIND,), MICROS, 1),
    Trouble(("reset before",), SubmissionUncertain, 0),
    Trouble(("reset after",), SubmissionUncertain, 1),
    Trouble(("timeout before",), SubmissionUncertain, 0, settings=SHORT),
    Trouble(("timeout after",), SubmissionUncertain, 1, settings=SHORT),
    Trouble(("garbage",), SubmissionUncertain, 1),
    Trouble(("truncated",), SubmissionUncertain, 1),
    Trouble(("bad gateway before",), SubmissionUncertain, 0),
    Trouble(("bad gateway after",), SubmissionUncertain, 1),
    Trouble((error("INTERNAL_ERROR", processed=True, retry_after="1"),), SubmissionUncertain, 1),
    Trouble((error("PUBSUB_PUBLISH_FAILED", processed=True),), SubmissionUncertain, 1),
    Trouble((error("GATEWAY", status=504, processed=True),), SubmissionUncertain, 1),
    Trouble((error("SLOW", status=408, processed=True),), SubmissionUncertain, 1),
    Trouble((error("ODD", status=301, processed=True),), SubmissionUncertain, 1),
    Trouble(("charge as float",), MICROS, 1),
    Trouble(("charge as text",), UnreadableCharge, 1),
    Trouble((overcharge(1),), MICROS + 1, 1),
    Trouble((overcharge(-MICROS),), 0, 1),
    Trouble((BUSY, BUSY), MICROS, 1, 3),
    Trouble((error(BUSY, retry_after="7"), BUSY), MICROS, 1, 3),
    Trouble((error(BUSY, retry_after="86400"),), BUSY, 0),
    Trouble((BUSY,) * 4, BUSY, 0, 4),
    Trouble((BUSY, "timeout after"), SubmissionUncertain, 1, 2, SHORT),
    Trouble((BUSY, "cut after"), SubmissionUncertain, 1, 2),
    Trouble((BUSY, "bad gateway before"), SubmissionUncertain, 0, 2),
    Trouble((BUSY, "INVALID_INPUT"), "INVALID_INPUT", 0, 2),
    Trouble((error("TEAPOT", status=418),), SubmissionUncertain, 0),
    Trouble((error("INVALID_INPUT", status=422, processed=True),), SubmissionUncertain, 1),
)


@both
@pytest.mark.parametrize("trouble", TROUBLES, ids=str)
def test_a_submission(kind: Kind, trouble: Trouble) -> None:
    """It ends as the table says, after so many sends, with so many jobs, and the caller hears of each."""
    with World(kind, trouble.settings) as world:
        for fault in trouble.faults:
            world.api.fail(fault, on="submit")
        outcome = world.caller.attempt("submit", REQUEST)
        assert len(world.api.jobs) == trouble.made
        assert world.caller.heard_of(outcome) == made_by(world.api)
        assert world.api.charged_micros == sum(job.charged_micros for job in world.api.jobs)
        assert sends(world.api) == trouble.sends
        assert world.api.faults == ()
        if isinstance(trouble.expected, type):
            assert type(outcome.error) is trouble.expected
        elif isinstance(trouble.expected, str):
            assert (type(outcome.error), _code(outcome.error)) == (ApiError, trouble.expected)
        else:
            assert outcome.result.charged_micros == world.api.charged_micros == trouble.expected


@both
@pytest.mark.parametrize("method", OPERATIONS)
def test_redirects(kind: Kind, method: str) -> None:
    """No redirect is followed, whatever is asked: nothing at all arrives at the other host."""
    with World(kind) as world, (elsewhere := fake()).serve() as address:
        args = args_of(method, world.api)
        before = made_by(world.api)
        world.api.fail(redirect(f"{address}/v1/jobs/submit"), on=operation_of(method))
        told = world.caller.attempt(method, *args).error
        assert type(told) is (SubmissionUncertain if method == "submit" else ApiError)
        assert told.status == 307
        assert elsewhere.requests == ()
        assert made_by(world.api) == before
        assert made_by(elsewhere) == set()
        assert world.caller.heard_of(Outcome(error=told)) == set()


def test_a_followed_redirect_would_be_seen() -> None:
    """A client that follows redirects does arrive there, so the test above can fail."""
    with (api := fake()).serve() as address, (elsewhere := fake()).serve() as other:
        api.fail(redirect(f"{other}/v1/jobs"))
        with httpx2.Client(follow_redirects=True, trust_env=False) as client:
            client.get(f"{address}/v1/jobs")
        assert [request.target for request in elsewhere.requests] == ["/v1/jobs"]


@both
class TestUnplugged:
    """A server that is not there."""

    @pytest.mark.parametrize("method", OPERATIONS)
    def test_refused_connections(self, kind: Kind, method: str) -> None:
        """After four refused connections the error says that nothing was created; a wait lasts its time."""
        with World(kind) as world:
            args = args_of(method, world.api)
            before, arrived = made_by(world.api), world.api.requests
            with world.server.down():
                told = world.caller.attempt(method, *args).error
            assert (type(told), _code(told)) == ((WaitTimeout, None) if method == "wait" else (ApiError, "no_answer"))
            assert "ConnectError" in str(told)
            assert made_by(world.api) == before
            assert world.api.requests == arrived

    def test_a_search_while_it_is_down(self, kind: Kind) -> None:
        """A search that cannot be made says so; afterwards it finds the job."""
        with World(kind) as world:
            world.api.fail("cut after", on="submit")
            lost = world.caller.attempt("submit", REQUEST)
            with world.server.down():
                assert self._problem(world, lost) == "no_answer"
            for fault in UNREADABLE:
                world.api.fail(fault, on="jobs")
                assert self._problem(world, lost) == "unreadable_answer"
            assert world.caller.heard_of(lost) == made_by(world.api)
            assert len(world.api.jobs) == 1

    @staticmethod
    def _problem(world: World, lost: Outcome) -> str | None:
        assert isinstance(lost.error, SubmissionUncertain)
        return _code(world.caller.attempt("find", lost.error.attempt).error)


@both
@pytest.mark.parametrize("fault", [one for one in FAULTS.values() if "charge" not in one.name], ids=attrgetter("name"))
def test_looking_again(kind: Kind, fault: FakeFault) -> None:
    """A look, a list and a cancellation survive every fault that passes; an unreadable answer is an error."""
    with World(kind, {"timeout": 0.1} if "timeout" in fault.name else {}) as world:
        (job_id,) = args_of("job", world.api)
        for method, args in (("job", (job_id,)), ("jobs", ()), ("cancel", (job_id,))):
            world.api.fail(fault, on=operation_of(method))
            outcome = world.caller.attempt(method, *args)
            if fault.name in UNREADABLE:
                assert _code(outcome.error) == "unreadable_answer"
            else:
                assert outcome.error is None, fault
        done = fault.name not in UNREADABLE or fault.processed
        assert (world.api.job(job_id).status == "cancelled") is done
        assert world.api.balance_micros == 100_000_000
        assert sends(world.api) == 1


@both
@pytest.mark.parametrize("end", ["completed", "failed", "cancelled"])
def test_a_life(kind: Kind, end: Any) -> None:
    """Submit, wait, look: the end of a job is that of the books, and so is the money."""
    with World(kind) as world:
        receipt = world.caller.attempt("submit", REQUEST, max_usd="0.25").result
        job = world.api.job(receipt.job_id)
        assert (receipt.request_id, receipt.status, receipt.drift_micros) == (job.request_id, "pending", 0)
        assert receipt.estimated_completion == job.created_at + timedelta(seconds=job.typical_seconds)
        world.caller.on_sleep = lambda: len(world.caller.sleeps) == 2 and world.api.finish(receipt.job_id, end)
        outcome = world.caller.attempt("wait", receipt)
        if end == "completed":
            assert outcome.result.output == f"https://example.com/results/{receipt.job_id}.mp4"
        else:
            assert type(outcome.error) is JobEnded
        assert world.caller.attempt("job", receipt.job_id).result.status == end
        assert world.api.balance_micros == 100_000_000 - (MICROS if end == "completed" else 0)
        listed = world.caller.attempt("jobs", status=end, model=MODEL).result
        assert [job.job_id for job in listed] == [receipt.job_id]


@both
def test_every_page(kind: Kind) -> None:
    """A lost job is found beyond the first page of the list."""
    with World(kind) as world:
        world.api.fail("truncated", on="submit")
        lost = world.caller.attempt("submit", REQUEST)
        for _ in range(150):
            args_of("job", world.api)
        assert world.caller.heard_of(lost) == made_by(world.api)
        assert len(world.caller.attempt("jobs").result) == 151
