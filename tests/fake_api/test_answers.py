"""What the fake answers: the documented shapes, and every documented error."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import assume, given

from fake_api.asking import BODY, MICROS, MODEL, REQUEST, ask, code_of, submit, submitted
from ratecard import Catalog, example_request, quote, try_quote, validate
from ratecard._api import STATUS_OF_CODE
from ratecard.testing import START, FakeApi, JobError, error
from ratecard_rules import Model, load_model
from strategies import PRICED, Broken, broken, priced

if TYPE_CHECKING:
    from collections.abc import Callable

    from ratecard.testing import FakeAnswer, FakeRequest

UNPRICED = example_request("google/nano-banana/edit-image")
MOTION = example_request("kling/kling-motion-create-v3/motion-transfer-to-video")


def sendable(request: object) -> bool:
    """Return whether a JSON writer takes a request; that of Python also takes NaN, which JSON does not have."""
    try:
        json.dumps(request)
    except TypeError:
        return False
    return True


def measured_for(model: Model) -> dict[str, object]:
    """Return the first option of everything that a model measures."""
    return {field.name: (field.allowed or ("",))[0] for field in model.latest.measured}


class TestSubmit:
    """A submission is validated, priced, charged and answered at once."""

    def test_shape(self) -> None:
        """The answer has the documented keys and no other, and says when the page expects the job to be done."""
        api = FakeApi()
        typical = quote(REQUEST).typical_seconds
        assert typical is not None
        assert submit(api).data == {
            "jobId": "job_00000001",
            "requestId": "req_00000001",
            "status": "pending",
            "estimatedCompletionTime": (START + timedelta(seconds=typical)).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            "costMicroCents": MICROS,
        }
        assert api.jobs[0].request == REQUEST
        assert api.balance_micros == 100_000_000 - MICROS

    @given(priced())
    def test_it_charges_what_quote_says(self, drawn: tuple[dict[str, Any], dict[str, Any]]) -> None:
        """Any valid request for a model with a price is charged its quote, to the millionth of a dollar."""
        request, measured = drawn
        api = FakeApi(balance_usd="1000000", measured=measured)
        answer = submit(api, request)
        assert answer.status == 200
        assert answer.data["costMicroCents"] == quote(request, measured=measured).usd_micros == api.charged_micros

    def test_every_model(self) -> None:
        """Every model with a price can be submitted, and is charged what `quote` says."""
        api = FakeApi(balance_usd="1000000")
        for model in PRICED:
            request = example_request(model.model)
            charged = submit(api, request).data["costMicroCents"]
            assert charged == quote(request, measured=measured_for(model)).usd_micros, model.model
            assert api.jobs[-1].output_type == ("image" if "image" in model.capability.split("-")[-1] else "video")
        assert len(api.jobs) == len(PRICED)

    @given(broken())
    def test_errors_are_refused_and_warnings_pass(self, drawn: Broken) -> None:
        """What `validate` refuses is answered by the right code and never charged; what it warns of is accepted."""
        assume(sendable(drawn.request))
        api = FakeApi(balance_usd="1000000")
        answer = submit(api, drawn.request)
        if drawn.severity == "warning":
            assert answer.status == 200 or code_of(answer) == "MODEL_ACCESS_DENIED"  # it has no price
            return
        special = {"unknown_model": "MODEL_NOT_FOUND"}
        wanted = special.get(drawn.code, "INVALID_INPUT")
        assert code_of(answer) == ("INVALID_WEBHOOK_URL" if drawn.pointer == "/webhookUrl" else wanted)
        assert api.jobs == ()
        assert api.balance_micros == 1_000_000_000_000

    def test_a_bad_webhook_url(self) -> None:
        """It has a code of its own."""
        assert code_of(submit(FakeApi(), {**REQUEST, "webhookUrl": "ftp://example.com"})) == "INVALID_WEBHOOK_URL"

    def test_details_list_every_problem(self) -> None:
        """The details name each error by pointer, code and message, as `validate` does."""
        wrong = {"model": MODEL, "input": {"duration": 10, "durtion": "5"}}
        details = submit(FakeApi(), wrong).data["error"]["details"]
        assert [(entry["pointer"], entry["code"], entry["message"]) for entry in details] == [
            (problem.pointer, problem.code, problem.message) for problem in validate(wrong).errors
        ]
        assert len(details) == 3

    @pytest.mark.parametrize(
        "body", [b"", b"{", b"\xff", b"[" * 100_000, b"9" * 5_000, b"[]", b"null", b'"model"', b'{"model": "\\ud800"}']
    )
    def test_any_body(self, body: bytes) -> None:
        """Whatever the body is, there is an answer in the documented shape, and no job."""
        api = FakeApi()
        assert code_of(ask(api, "POST", "/v1/jobs/submit", body)) in {"INVALID_INPUT", "MODEL_NOT_FOUND"}
        assert api.jobs == ()

    def test_the_last_micro_can_be_spent(self) -> None:
        """A balance of exactly the price suffices; a millionth less does not, and stays as it is."""
        assert submit(FakeApi(balance_usd="0.25")).status == 200
        for usd, micros in (("0.249999", 249_999), ("-0.05", -50_000)):
            short = FakeApi(balance_usd=usd)
            assert code_of(submit(short)) == "INSUFFICIENT_BALANCE"
            assert (short.balance_micros, short.jobs) == (micros, ())

    def test_a_model_without_a_price(self) -> None:
        """A model whose price is not known is refused."""
        assert code_of(submit(FakeApi(), UNPRICED)) == "MODEL_ACCESS_DENIED"

    def test_what_is_measured(self) -> None:
        """A price that depends on a measurement follows the parameter; without one there is none."""
        assert submit(FakeApi(), MOTION).data["costMicroCents"] == 350_000
        assert submit(FakeApi(measured={"duration": "10"}), MOTION).data["costMicroCents"] == 700_000
        assert code_of(submit(FakeApi(measured={}), MOTION)) == "MODEL_ACCESS_DENIED"

    def test_a_version_is_accepted(self) -> None:
        """A named version is a warning, so it passes, at the price of the latest one."""
        assert submit(FakeApi(), {**REQUEST, "version": "1.0"}).data["costMicroCents"] == MICROS


DATED = """
model = "acme/loop-1/text-to-image"
name = "Loop 1"
provider = "Acme"
capability = "text-to-image"
retired = 2027-02-01T00:00:00Z

[[revision]]
checked = 2026-11-20
source = ["https://example.com/loop-1"]
effective = 2026-12-01T00:00:00Z
[revision.input.prompt]
type = "string"
[revision.price]
base_usd_micros = 10

[[revision]]
checked = 2026-11-20
source = ["https://example.com/loop-1"]
effective = 2027-01-01T00:00:00Z
[revision.input.prompt]
type = "string"
[revision.price]
base_usd_micros = 30
"""


class TestTime:
    """Prices and jobs are those of the fake's own clock."""

    def test_prices_of_the_clock(self) -> None:
        """With `now`, a model begins, changes its price and is retired as its table says, while time passes."""
        tables = Catalog((load_model(DATED),))
        request = {"model": "acme/loop-1/text-to-image", "input": {}}
        api = FakeApi(catalog=tables, now=datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC))
        seen: list[object] = []
        for days in (0, 1, 31, 31):
            api.advance(days * 86_400)
            answer = submit(api, request)
            seen.append(answer.data.get("costMicroCents") or code_of(answer))
        assert seen == ["MODEL_NOT_FOUND", 10, 30, "MODEL_NOT_FOUND"]
        assert api.jobs[0].processing_seconds == 60  # its page does not say

    def test_the_price_of_now_without_an_instant(self, at_clock: Callable[[datetime], None]) -> None:
        """Without `now`, the fake prices as `quote` does without `at`."""
        at_clock(datetime(2027, 3, 1, tzinfo=UTC))
        request = {"model": "acme/loop-1/text-to-image", "input": {}}
        gone = Catalog((load_model(DATED),))
        assert try_quote(request, catalog=gone).code == "retired"  # type: ignore[union-attr]  # a Declined
        assert code_of(submit(FakeApi(catalog=gone), request)) == "MODEL_NOT_FOUND"
        kept = Catalog((load_model(DATED.replace("retired = 2027-02-01T00:00:00Z", "")),))
        assert quote(request, catalog=kept).usd_micros == 30
        assert submit(FakeApi(catalog=kept), request).data["costMicroCents"] == 30

    def test_a_life_by_time(self) -> None:
        """A job is pending, then processing, then completed, each from the very microsecond on."""
        api = FakeApi(seconds_pending=0.1, seconds_processing=0.2)
        job_id = submitted(api).job_id
        seen = []
        for seconds in (0, 0.09, 0.01, 0.19, 0.01, 1000):
            api.advance(seconds)
            data = ask(api, "GET", f"/v1/jobs/{job_id}").data
            seen.append((data["status"], data["progress"], data["completedAt"]))
        done = "2026-11-20T00:00:00.300Z"
        assert seen == [("pending", 0, None)] * 2 + [("processing", 50, None)] * 2 + [("completed", 100, done)] * 2

    def test_a_long_leap(self) -> None:
        """Both steps are taken in one leap, and the job ends at its own instant; the page's time is the default."""
        api = FakeApi()
        job = submitted(api)
        api.advance(10_000)
        done = api.job(job.job_id)
        assert done.completed_at == job.created_at + timedelta(seconds=1 + (quote(REQUEST).typical_seconds or 0))

    def test_by_hand_alone(self) -> None:
        """With infinite times, nothing moves until it is told to."""
        api = FakeApi(seconds_pending=math.inf, seconds_processing=math.inf)
        job_id = submitted(api).job_id
        api.advance(1e9)
        assert api.job(job_id).status == "pending"
        assert api.finish(job_id).status == "completed"

    def test_a_clock(self) -> None:
        """A given clock moves time by itself, from the moment at which the fake is made."""
        ticks = iter([1_000.0] + [1_007.0] * 50)
        api = FakeApi(clock=lambda: next(ticks), now=datetime(2026, 11, 20, 1, tzinfo=timezone(timedelta(hours=1))))
        assert api.now == START + timedelta(seconds=7)


class TestJob:
    """A job shows its state, its result and its error in the documented shape."""

    def test_completed(self) -> None:
        """A completed job has the address of its result twice: alone, and in the list with its type."""
        api = FakeApi()
        job = api.finish(submitted(api).job_id)
        data = ask(api, "GET", f"/v1/jobs/{job.job_id}").data
        url = f"https://example.com/results/{job.job_id}.mp4"
        assert data == {
            "jobId": job.job_id,
            "status": "completed",
            "progress": 100,
            "output": url,
            "outputs": [{"url": url, "type": "video", "thumbnail": None, "posterImage": None}],
            "error": None,
            "createdAt": "2026-11-20T00:00:00.000Z",
            "completedAt": "2026-11-20T00:00:00.000Z",
        }

    def test_failed(self) -> None:
        """A failed job has an error, no output, and its money back."""
        api = FakeApi()
        job = api.finish(submitted(api).job_id, "failed", error=JobError("BAD_LUCK", "try again"))
        data = ask(api, "GET", f"/v1/jobs/{job.job_id}").data
        assert (data["status"], data["output"], data["outputs"]) == ("failed", None, None)
        assert data["error"] == {"code": "BAD_LUCK", "message": "try again"}
        assert job.refunded_micros == job.charged_micros == api.refunded_micros == MICROS

    @pytest.mark.parametrize(("begun", "progress"), [(True, 50), (False, 0)])
    def test_progress_of_what_failed(self, *, begun: bool, progress: int) -> None:
        """A failed job keeps the progress that it had made."""
        api = FakeApi()
        job_id = submitted(api).job_id
        if begun:
            api.advance(1)
        assert api.finish(job_id, "failed").progress == progress

    def test_cancel(self) -> None:
        """A pending job is cancelled and refunded once; a second time is refused and gives nothing back."""
        api = FakeApi()
        job_id = submitted(api).job_id
        answer = ask(api, "POST", f"/v1/jobs/{job_id}/cancel")
        assert answer.data == {"jobId": job_id, "status": "cancelled", "refundedMicroCents": MICROS}
        assert code_of(ask(api, "POST", f"/v1/jobs/{job_id}/cancel")) == "JOB_CANNOT_BE_CANCELLED"
        assert (api.balance_micros, api.refunded_micros) == (100_000_000, MICROS)

    def test_only_pending_jobs_can_be_cancelled(self) -> None:
        """A job that has begun is neither cancelled nor refunded."""
        api = FakeApi(seconds_pending=1)
        job_id = submitted(api).job_id
        api.advance(1)
        assert code_of(ask(api, "POST", f"/v1/jobs/{job_id}/cancel")) == "JOB_CANNOT_BE_CANCELLED"
        assert api.refunded_micros == 0

    @pytest.mark.parametrize(("method", "end"), [("GET", ""), ("POST", "/cancel")])
    @pytest.mark.parametrize("job_id", ["job_00000002", "%E4", "a%2Fb", "."])
    def test_unknown(self, method: str, job_id: str, end: str) -> None:
        """An unknown job is not found."""
        api = FakeApi()
        submit(api)
        assert code_of(ask(api, method, f"/v1/jobs/{job_id}{end}")) == "JOB_NOT_FOUND"


class TestErrors:
    """Every documented error can be had, with its documented status and shape."""

    @pytest.mark.parametrize(
        ("method", "target"),
        [("POST", "/v1/jobs/submit"), ("GET", "/v1/jobs/x"), ("GET", "/v1/jobs"), ("POST", "/v1/jobs/x/cancel")],
    )
    def test_on_demand(self, method: str, target: str) -> None:
        """Every code can be had from every operation; it comes once, and nothing is created."""
        api = FakeApi()
        for code, status in STATUS_OF_CODE.items():
            api.fail(code)
            answer = ask(api, method, target, BODY)
            assert (answer.status, code_of(answer)) == (status, code)
        assert (api.faults, api.jobs) == ((), ())

    @pytest.mark.parametrize(
        ("headers", "code"),
        [
            ({}, "UNAUTHORIZED"),
            ({"Authorization": ""}, "UNAUTHORIZED"),
            ({"Authorization": "pb_test"}, "UNAUTHORIZED"),
            ({"Authorization": "Basic pb_test"}, "UNAUTHORIZED"),
            ({"Authorization": "Bearer "}, "UNAUTHORIZED"),
            ({"Authorization": "Bearer pb_other"}, "INVALID_API_KEY"),
            ({"Authorization": "Bearer pb_test "}, "INVALID_API_KEY"),
            ({"AUTHORIZATION": "bearer pb_test"}, None),
        ],
    )
    def test_keys(self, headers: dict[str, str], code: str | None) -> None:
        """A submission needs the key; nothing is created without it."""
        api = FakeApi()
        answer = api.answer("POST", "/v1/jobs/submit", headers, BODY)
        assert (answer.status == 200) if code is None else (code_of(answer) == code)
        assert len(api.jobs) == (code is None)

    def test_concurrent_jobs(self) -> None:
        """The limit counts open jobs: an ended one makes room."""
        api = FakeApi(concurrent_jobs=2)
        first = submitted(api)
        submit(api)
        assert (submit(api).status, code_of(submit(api))) == (429, "CONCURRENT_JOBS_EXCEEDED")
        api.finish(first.job_id)
        assert submit(api).status == 200
        assert len(api.jobs) == 3

    @pytest.mark.parametrize(
        ("method", "target"),
        [
            ("POST", "/v1/jobs"),
            ("DELETE", "/v1/jobs/x"),
            ("GET", "/v1/jobs/"),
            ("GET", "/v1/jobs/x/y"),
            ("GET", "/"),
            ("POST", "/v2/jobs/submit"),
        ],
    )
    def test_no_such_address(self, method: str, target: str) -> None:
        """Addresses and methods that the reference lacks are not found; no key is needed, and no fault is used up."""
        api = FakeApi()
        api.fail("INTERNAL_ERROR")
        answer = api.answer(method, target, {}, BODY)
        assert (answer.status, code_of(answer)) == (404, "NOT_FOUND")
        assert (len(api.faults), len(api.requests)) == (1, 1)

    def test_request_ids_are_never_repeated(self) -> None:
        """Every answer has a request id of its own, whatever it is."""
        api = FakeApi()
        answers = [submit(api), ask(api, "GET", "/v1/jobs/x"), ask(api, "GET", "/nothing"), submit(api)]
        assert len({answer.data["requestId"] for answer in answers}) == 4


class TestArguments:
    """What cannot be meant is refused at once."""

    @pytest.mark.parametrize("usd", ["", "+1", "1e3", "NaN", "0.0000001", "1,00"])
    def test_balances(self, usd: str) -> None:
        """A balance is a plain decimal of whole millionths."""
        with pytest.raises(ValueError, match=r"expected (dollars|at most six)"):
            FakeApi(balance_usd=usd)

    def test_instants(self) -> None:
        """An instant needs its offset."""
        with pytest.raises(ValueError, match="UTC offset"):
            FakeApi(now=datetime(2026, 11, 20))  # noqa: DTZ001  that is the point

    def test_faults(self) -> None:
        """A fault needs a known operation, a documented code or a status, and at least one time."""
        api = FakeApi()
        with pytest.raises(ValueError, match="expected one of submit, job, jobs, cancel, got 'list'"):
            api.fail("INTERNAL_ERROR", on="list")  # type: ignore[arg-type]  # that is the point
        with pytest.raises(ValueError, match="'OOPS' is not documented; pass a status"):
            api.fail("OOPS")
        with pytest.raises(ValueError, match="at least one time"):
            api.fail("INTERNAL_ERROR", times=0)
        api.fail(error("OOPS", status=418))
        assert submit(api).status == 418

    def test_jobs(self) -> None:
        """Only a job that is there and open can be moved, and only forward."""
        api = FakeApi()
        job_id = submitted(api).job_id
        for move in (api.job, api.finish):
            with pytest.raises(LookupError, match="no such job: job_9"):
                move("job_9")
        with pytest.raises(ValueError, match="'processing' is not a terminal status"):
            api.finish(job_id, "processing")
        api.finish(job_id)
        with pytest.raises(ValueError, match="already completed"):
            api.finish(job_id, "failed")
        with pytest.raises(ValueError, match="only moves forward"):
            api.advance(-1)
        assert api.refunded_micros == 0


class TestLog:
    """What arrived is kept, without the keys."""

    def test_requests(self) -> None:
        """Method, target, headers and body of every request are there, and the key nowhere."""
        api = FakeApi()
        submit(api)
        ask(api, "GET", "/v1/jobs?limit=1")
        api.answer("GET", "/v1/jobs", {"Authorization": "Bearer pb_wrong", "X-Trace": "7"})
        assert [(request.method, request.target) for request in api.requests] == [
            ("POST", "/v1/jobs/submit"),
            ("GET", "/v1/jobs?limit=1"),
            ("GET", "/v1/jobs"),
        ]
        assert api.requests[0].data == REQUEST
        assert api.requests[2].headers == (("authorization", "***"), ("x-trace", "7"))

    def test_on_request(self) -> None:
        """Each request that arrives is handed over with its answer, and without its key."""
        shown: list[tuple[FakeRequest, FakeAnswer]] = []
        api = FakeApi(on_request=lambda *both: shown.append(both))
        api.fail("refuse")
        answers = [submit(api), submit(api)]
        assert shown == [(*api.requests, answers[1])]
        assert "pb_test" not in repr(shown)

    def test_no_key_is_shown(self) -> None:
        """No repr, log entry or answer holds a key."""
        api = FakeApi()
        answers = [submit(api), api.answer("GET", "/v1/jobs", {"Authorization": "Bearer pb_secret"})]
        shown = repr((api, api.jobs, api.requests, answers))
        assert "pb_" not in shown + "".join(answer.body.decode() for answer in answers)
        assert "1 job, balance $99.75" in shown
