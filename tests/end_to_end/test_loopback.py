"""Over real connections on the loopback interface: whatever goes wrong, a submission makes one job or none.

And none of which the caller does not hear: by a receipt, by an error that names the job, or by SubmissionUncertain,
whose search finds exactly it.
"""

from __future__ import annotations

import json
import ssl
from contextlib import ExitStack
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Self

import httpx
import pytest
from attrs import field, frozen

import invented
from end_to_end.playing import KINDS, MICROS, MODEL, REQUEST, Caller, Kind, Outcome, fake, made_by, sends
from end_to_end.scanning import KEY, Ear
from ratecard._api import STATUS_OF_CODE
from ratecard.submit import (
    ApiError,
    ConcurrentJobsExceeded,
    ConnectionFailed,
    InsufficientBalance,
    InvalidInput,
    JobCancelled,
    JobCannotBeCancelled,
    JobFailed,
    JobNotFound,
    ModelAccessDenied,
    ModelNotFound,
    ModelVersionNotUsable,
    NotAllowed,
    PriceDrift,
    PriceDriftWarning,
    ServerError,
    SubmissionUncertain,
    Unauthorized,
    UnreadableAnswer,
    UnreadableCharge,
    UserBlocked,
    WaitTimeout,
)
from ratecard.testing import (
    BAD_GATEWAY_AFTER,
    BAD_GATEWAY_BEFORE,
    CHARGE_AS_FLOAT,
    CHARGE_AS_FRACTION,
    CHARGE_AS_NULL,
    CHARGE_AS_TEXT,
    CHARGE_MISSING,
    CUT_AFTER,
    CUT_BEFORE,
    CUT_WITHIN,
    EMPTY,
    FAULTS,
    GARBAGE,
    REFUSE,
    RESET_AFTER,
    RESET_BEFORE,
    TIMEOUT_AFTER,
    TIMEOUT_BEFORE,
    TRUNCATED,
    FakeKey,
    Fault,
    error,
    overcharge,
    redirect,
)

if TYPE_CHECKING:
    from ratecard.testing import FakeApi

both = pytest.mark.parametrize("kind", KINDS)
OPERATIONS = ("submit", "job", "jobs", "cancel", "wait")
SHORT = {"timeout": 0.25}  # seconds of real waiting, where nothing comes

ERRORS: dict[str, type[ApiError]] = {  # by hand, beside the reference: what each code is to a caller
    "UNAUTHORIZED": Unauthorized,
    "INVALID_API_KEY": Unauthorized,
    "API_KEY_INACTIVE": Unauthorized,
    "API_KEY_EXPIRED": Unauthorized,
    "IP_NOT_WHITELISTED": NotAllowed,
    "OPERATION_NOT_ALLOWED": NotAllowed,
    "UNAUTHORIZED_ACCESS": NotAllowed,
    "MODEL_NOT_FOUND": ModelNotFound,
    "INVALID_MODEL_SLUG": ModelNotFound,
    "MODEL_VERSION_NOT_FOUND": ModelVersionNotUsable,
    "MODEL_VERSION_NOT_ACTIVE": ModelVersionNotUsable,
    "MODEL_ACCESS_DENIED": ModelAccessDenied,
    "INSUFFICIENT_BALANCE": InsufficientBalance,
    "INVALID_INPUT": InvalidInput,
    "INVALID_WEBHOOK_URL": InvalidInput,
    "JOB_NOT_FOUND": JobNotFound,
    "JOB_CANNOT_BE_CANCELLED": JobCannotBeCancelled,
    "CONCURRENT_JOBS_EXCEEDED": ConcurrentJobsExceeded,
    "USER_NOT_FOUND": UserBlocked,
    "USER_BANNED": UserBlocked,
    "USER_INACTIVE": UserBlocked,
    "PUBSUB_PUBLISH_FAILED": ServerError,
    "INTERNAL_ERROR": ServerError,
}


CERTIFICATES = ssl.create_default_context()  # read once, not for each client; nothing here is https


def transport_for(kind: Kind) -> Any:
    """Return the transport that a client would make for itself."""
    made = httpx.HTTPTransport if kind == "sync" else httpx.AsyncHTTPTransport
    return made(verify=CERTIFICATES, trust_env=False, limits=httpx.Limits(max_keepalive_connections=0))


class World:
    """A fake, its server, and a client that reaches it over HTTP; in all that is logged meanwhile there is no key."""

    def __init__(self, kind: Kind, client: dict[str, Any] | None = None, **settings: Any) -> None:
        client = {"transport": transport_for(kind), **(client or {})}
        self._stack = ExitStack()
        self._ear = self._stack.enter_context(Ear())
        self.api = fake(**settings)
        self.server = self.api.serve()
        self.caller = self._stack.enter_context(
            Caller(kind, self.api, base_url=self._stack.enter_context(self.server), **client)
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()
        assert self._ear.leaks == []
        assert "httpcore" in self._ear.names


def args_of(operation: str, api: FakeApi) -> tuple[Any, ...]:
    """Return the arguments of a call; one about a job is about a new one, made behind the client's back."""
    if operation in ("submit", "jobs"):
        return (REQUEST,) if operation == "submit" else ()
    headers, body = {"Authorization": f"Bearer {KEY}"}, json.dumps(REQUEST).encode()
    return (api.answer("POST", "/v1/jobs/submit", headers, body).data["jobId"],)


def operation_of(method: str) -> Any:
    """Return the operation of the API that a method asks for."""
    return "job" if method == "wait" else method


def test_every_code_is_here() -> None:
    """The table above has every documented code."""
    assert ERRORS.keys() == STATUS_OF_CODE.keys()


@both
@pytest.mark.parametrize("method", OPERATIONS)
def test_every_documented_error(kind: Kind, method: str) -> None:
    """Each code raises its own error, with all that the answer says; a submission then made nothing, or is uncertain.

    A wait goes on while the API is out of order or asks for patience, until its time is over.
    """
    with World(kind) as world:
        for code, status in STATUS_OF_CODE.items():
            args = args_of(method, world.api)
            before = made_by(world.api)
            world.api.fail(_detailed(code, status), on=operation_of(method), times=200)
            outcome = world.caller.attempt(method, *args, **({"timeout": 60.0} if method == "wait" else {}))
            world.api.heal()
            lost = SubmissionUncertain if method == "submit" else WaitTimeout if method == "wait" else None
            expected = lost if lost and (status >= 500 or (status == 429 and method == "wait")) else ERRORS[code]
            assert type(outcome.error) is expected, code
            assert made_by(world.api) == before
            if expected is not WaitTimeout:
                told = outcome.error
                assert isinstance(told, ApiError)
                assert (told.status, told.code, told.request_id) == (status, code, "req_of_this")
                assert (told.details, "words of it" in told.message) == ({"field": ["prompt", 1]}, True)
                assert all(part in str(told) for part in (str(status), code, "words of it"))
            else:
                assert "words of it" in str(outcome.error)


def _detailed(code: str, status: int) -> Fault:
    said = {"code": code, "message": "words of it", "details": {"field": ["prompt", 1]}}
    body = json.dumps({"success": False, "error": said, "requestId": "req_of_this"}).encode()
    return Fault(name=code, processed=False, status=status, body=body)


@both
@pytest.mark.parametrize("method", OPERATIONS)
@pytest.mark.parametrize("code", ["TEAPOT", None])
def test_other_refusals(kind: Kind, method: str, code: str | None) -> None:
    """A code that is not documented, and an answer that is no JSON, are errors that say what came."""
    body = b"<html>no</html>" if code is None else json.dumps({"error": {"code": code, "message": "short"}}).encode()
    with World(kind) as world:
        args = args_of(method, world.api)
        before = made_by(world.api)
        world.api.fail(Fault(name="odd", processed=False, status=418, body=body), on=operation_of(method))
        told = world.caller.attempt(method, *args).error
        assert type(told) is ApiError
        assert (told.status, told.code, told.message) == (418, code, "<html>no</html>" if code is None else "short")
        assert made_by(world.api) == before


@both
class TestEarned:
    """Errors that the fake finds itself, without being told to."""

    @pytest.mark.parametrize(
        ("key", "expected"),
        [
            ("pb_another", Unauthorized),
            (FakeKey(KEY, refused="API_KEY_EXPIRED"), Unauthorized),
            (FakeKey(KEY, refused="IP_NOT_WHITELISTED"), NotAllowed),
        ],
    )
    def test_a_refused_key(self, kind: Kind, key: Any, expected: type[ApiError]) -> None:
        """A key that is unknown, expired or used from elsewhere is refused on every call, and is not repeated."""
        with World(kind, keys=(key,)) as world:
            for method in OPERATIONS:
                args = () if method == "jobs" else (REQUEST,) if method == "submit" else ("job_00000001",)
                assert type(world.caller.attempt(method, *args).error) is expected
            assert made_by(world.api) == set()

    def test_a_key_with_scopes(self, kind: Kind) -> None:
        """A key that may only look neither submits nor cancels."""
        with World(kind, keys=(FakeKey(KEY, scopes=("check_status",)),)) as world:
            assert type(world.caller.attempt("submit", REQUEST).error) is NotAllowed
            assert type(world.caller.attempt("cancel", "job_1").error) is NotAllowed
            assert type(world.caller.attempt("job", "job_1").error) is JobNotFound
            assert world.caller.attempt("jobs").result == []

    def test_a_balance_that_ends(self, kind: Kind) -> None:
        """The job that the balance does not cover is refused, and the balance is untouched by it."""
        with World(kind, balance_usd="0.30") as world:
            assert world.caller.attempt("submit", REQUEST).result.charged_micros == MICROS
            assert type(world.caller.attempt("submit", REQUEST).error) is InsufficientBalance
            assert (len(world.api.jobs), world.api.balance_micros) == (1, 50_000)

    def test_too_many_at_once(self, kind: Kind) -> None:
        """The client asks again while too many jobs are open, and gets its one job as soon as there is room."""
        with World(kind, concurrent_jobs=1, seconds_pending=0.6, seconds_processing=0.6) as world:
            first = world.caller.attempt("submit", REQUEST).result
            second = world.caller.attempt("submit", REQUEST).result
            assert {first.job_id, second.job_id} == made_by(world.api)
            assert (len(world.api.jobs), sends(world.api)) == (2, 5)
            assert world.caller.sleeps == [0.25, 0.5, 1.0]

    def test_other_tables(self, kind: Kind) -> None:
        """Where the tables of the client are not those of the API, the API has the last word, with its details."""
        other = invented.catalog()
        request = invented.request()
        with World(kind, {"catalog": other}) as world:
            assert type(world.caller.attempt("submit", request).error) is ModelNotFound
        narrow = invented.catalog(fields=invented.INPUT.replace("max_length = 10", "max_length = 1"))
        with World(kind, {"catalog": other}, catalog=narrow) as world:
            told = world.caller.attempt("submit", request).error
            assert type(told) is InvalidInput
            assert told.details[0]["pointer"] == "/input/prompt"
            assert made_by(world.api) == set()

    def test_a_cancellation_too_late(self, kind: Kind) -> None:
        """A job is cancelled once, and refunded; a second time, or when it runs, it is not."""
        with World(kind) as world:
            job_id = world.caller.attempt("submit", REQUEST).result.job_id
            done = world.caller.attempt("cancel", job_id).result
            assert (done.status, done.refunded_micros) == ("cancelled", MICROS)
            assert type(world.caller.attempt("cancel", job_id).error) is JobCannotBeCancelled
            assert world.api.refunded_micros == MICROS


@frozen
class Trouble:
    """What goes wrong with a submission, and what must come of it: the type of the error, or the charge; the sends."""

    faults: tuple[Fault | str, ...]
    expected: type[BaseException] | int
    made: int
    sends: int = 1
    settings: dict[str, Any] = field(factory=dict)
    sleeps: tuple[float, ...] = ()

    def __str__(self) -> str:
        names = [one if isinstance(one, str) else one.name for one in self.faults]
        return ", ".join([*names, *map(str, self.settings.values())])


BUSY = "CONCURRENT_JOBS_EXCEEDED"
BLANKS = (rb"(?s)\A(.*)\Z", rb"\1" + b" " * 400)
CUT_BEHIND = Fault(name="cut behind the receipt", swap=BLANKS, delivery="part")
TROUBLES = (
    Trouble((), MICROS, 1),
    Trouble((REFUSE,), SubmissionUncertain, 0, 0),
    Trouble((CUT_BEFORE,), SubmissionUncertain, 0),
    Trouble((CUT_AFTER,), SubmissionUncertain, 1),
    Trouble((CUT_WITHIN,), SubmissionUncertain, 1),
    Trouble((CUT_BEHIND,), MICROS, 1),
    Trouble((RESET_BEFORE,), SubmissionUncertain, 0),
    Trouble((RESET_AFTER,), SubmissionUncertain, 1),
    Trouble((TIMEOUT_BEFORE,), SubmissionUncertain, 0, settings=SHORT),
    Trouble((TIMEOUT_AFTER,), SubmissionUncertain, 1, settings=SHORT),
    Trouble((GARBAGE,), SubmissionUncertain, 1),
    Trouble((TRUNCATED,), SubmissionUncertain, 1),
    Trouble((EMPTY,), SubmissionUncertain, 1),
    Trouble((BAD_GATEWAY_BEFORE,), SubmissionUncertain, 0),
    Trouble((BAD_GATEWAY_AFTER,), SubmissionUncertain, 1),
    Trouble((error("INTERNAL_ERROR", processed=True, retry_after="1"),), SubmissionUncertain, 1),
    Trouble((error("PUBSUB_PUBLISH_FAILED", processed=True),), SubmissionUncertain, 1),
    Trouble((error("GATEWAY", status=504, processed=True),), SubmissionUncertain, 1),
    Trouble((error("SLOW", status=408, processed=True),), SubmissionUncertain, 1),
    Trouble((error("ODD", status=301, processed=True),), SubmissionUncertain, 1),
    Trouble((CHARGE_AS_FLOAT,), MICROS, 1),
    Trouble((CHARGE_AS_FRACTION,), UnreadableCharge, 1),
    Trouble((CHARGE_AS_TEXT,), UnreadableCharge, 1),
    Trouble((CHARGE_AS_NULL,), UnreadableCharge, 1),
    Trouble((CHARGE_MISSING,), UnreadableCharge, 1),
    Trouble((overcharge(1),), PriceDriftWarning, 1),
    Trouble((overcharge(-1),), PriceDrift, 1, settings={"on_drift": "raise"}),
    Trouble((overcharge(-MICROS),), 0, 1, settings={"on_drift": "ignore"}),
    Trouble((BUSY, BUSY), MICROS, 1, 3, sleeps=(0.25, 0.5)),
    Trouble((error(BUSY, retry_after="7"), BUSY), MICROS, 1, 3, sleeps=(7.0, 0.5)),
    Trouble((error(BUSY, retry_after="86400"),), MICROS, 1, 2, sleeps=(60.0,)),
    Trouble((error(BUSY, retry_after="soon"),), MICROS, 1, 2, sleeps=(0.25,)),
    Trouble((error(BUSY, retry_after="Fri, 20 Nov 2026 00:00:09 GMT"),), MICROS, 1, 2, sleeps=(9.0,)),
    Trouble((BUSY,) * 4, ConcurrentJobsExceeded, 0, 4, sleeps=(0.25, 0.5, 1.0)),
    Trouble((BUSY, TIMEOUT_AFTER), SubmissionUncertain, 1, 2, SHORT, (0.25,)),
    Trouble((BUSY, CUT_AFTER), SubmissionUncertain, 1, 2, sleeps=(0.25,)),
    Trouble((BUSY, BAD_GATEWAY_BEFORE), SubmissionUncertain, 0, 2, sleeps=(0.25,)),
    Trouble((BUSY, "INVALID_INPUT"), InvalidInput, 0, 2, sleeps=(0.25,)),
)


@both
@pytest.mark.parametrize("trouble", TROUBLES, ids=str)
def test_a_submission(kind: Kind, trouble: Trouble) -> None:
    """It ends as the table says, after so many sends and pauses, with so many jobs, and the caller hears of each."""
    with World(kind, trouble.settings) as world:
        for fault in trouble.faults:
            world.api.fail(fault, on="submit")
        outcome = world.caller.attempt("submit", REQUEST)
        sleeps = tuple(world.caller.sleeps)
        assert len(world.api.jobs) == trouble.made
        assert world.caller.heard_of(outcome) == made_by(world.api)
        assert world.api.charged_micros == sum(job.charged_micros for job in world.api.jobs)
        assert (sends(world.api), sleeps) == (trouble.sends, trouble.sleeps)
        assert world.api.faults == ()
        if isinstance(trouble.expected, type):
            assert type(outcome.error) is trouble.expected
        else:
            assert outcome.result.charged_micros == world.api.charged_micros == trouble.expected


@both
@pytest.mark.parametrize("status", [300, 301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", OPERATIONS)
def test_redirects(kind: Kind, status: int, method: str) -> None:
    """No redirect is followed, whatever is asked: nothing at all arrives at the other host."""
    with World(kind) as world, (elsewhere := fake()).serve() as address:
        args = args_of(method, world.api)
        before = made_by(world.api)
        world.api.fail(redirect(f"{address}/v1/jobs/submit", status=status), on=operation_of(method))
        told = world.caller.attempt(method, *args).error
        assert type(told) is (SubmissionUncertain if method == "submit" else ApiError)
        assert told.status == status
        assert elsewhere.requests == ()
        assert made_by(world.api) == before
        assert made_by(elsewhere) == set()
        assert world.caller.heard_of(Outcome(error=told)) == set()


def test_a_followed_redirect_would_be_seen() -> None:
    """A client that follows redirects does arrive there, so the test above can fail."""
    with (api := fake()).serve() as address, (elsewhere := fake()).serve() as other:
        api.fail(redirect(f"{other}/v1/jobs"))
        with httpx.Client(follow_redirects=True, trust_env=False) as client:
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
            assert type(told) is (WaitTimeout if method == "wait" else ConnectionFailed)
            assert isinstance(told, ConnectionError | TimeoutError)
            assert "ConnectError" in str(told)
            assert method == "wait" or world.caller.sleeps == [0.25, 0.5, 1.0]
            assert made_by(world.api) == before
            assert world.api.requests == arrived

    def test_back_in_time(self, kind: Kind) -> None:
        """Where the server comes back between two attempts, one job is made of them."""
        with World(kind) as world, ExitStack() as plug:
            plug.enter_context(world.server.down())
            world.caller.on_sleep = lambda: plug.close() if len(world.caller.sleeps) > 1 else None
            outcome = world.caller.attempt("submit", REQUEST)
            assert world.caller.sleeps == [0.25, 0.5]
            assert {outcome.result.job_id} == made_by(world.api)
            assert sends(world.api) == 1

    def test_a_search_while_it_is_down(self, kind: Kind) -> None:
        """A search that cannot be made is an error, never an empty list; afterwards it finds the job."""
        with World(kind) as world:
            world.api.fail(CUT_AFTER, on="submit")
            lost = world.caller.attempt("submit", REQUEST)
            with world.server.down():
                assert type(world.caller.attempt("find", lost.error).error) is ConnectionFailed
            for fault in (GARBAGE, TRUNCATED, EMPTY):
                world.api.fail(fault, on="jobs")
                assert type(world.caller.attempt("find", lost.error).error) is UnreadableAnswer
            assert world.caller.heard_of(lost) == made_by(world.api)
            assert len(world.api.jobs) == 1


@both
@pytest.mark.parametrize("fault", [one for one in FAULTS if "charge" not in one.name], ids=repr)
def test_looking_again(kind: Kind, fault: Fault) -> None:
    """A look, a list and a cancellation survive every fault that passes; an unreadable answer is an error."""
    with World(kind, {"timeout": 0.1} if fault.delivery == "silent" else {}) as world:
        (job_id,) = args_of("job", world.api)
        for method, args in (("job", (job_id,)), ("jobs", ()), ("cancel", (job_id,))):
            world.api.fail(fault, on=operation_of(method))
            outcome = world.caller.attempt(method, *args)
            if fault in (GARBAGE, TRUNCATED, EMPTY):
                assert type(outcome.error) is UnreadableAnswer
            else:
                assert outcome.error is None, fault
        done = fault not in (GARBAGE, TRUNCATED, EMPTY) or fault.processed
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
            assert type(outcome.error) is {"failed": JobFailed, "cancelled": JobCancelled}[end]
        assert world.caller.attempt("job", receipt.job_id).result.status == end
        assert world.api.balance_micros == 100_000_000 - (MICROS if end == "completed" else 0)
        listed = world.caller.attempt("jobs", status=end, model=MODEL).result
        assert [job.job_id for job in listed] == [receipt.job_id]


@both
def test_every_page(kind: Kind) -> None:
    """A lost job is found beyond the first page of the list."""
    with World(kind) as world:
        world.api.fail(TRUNCATED, on="submit")
        lost = world.caller.attempt("submit", REQUEST)
        for _ in range(150):
            args_of("job", world.api)
        assert world.caller.heard_of(lost) == made_by(world.api)
        assert len(world.caller.attempt("jobs").result) == 151
