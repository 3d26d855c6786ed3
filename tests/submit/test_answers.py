"""Reading what the API answers: exactly where it matters, tolerantly elsewhere, and never with a surprise."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import ROUND_UP, Context, Decimal, Inexact, localcontext
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ratecard.submit import (
    ApiError,
    Job,
    Receipt,
    SubmissionUncertain,
    UnreadableCharge,
)
from strategies import json_values
from submit.scripted import KINDS, REQUEST, answer, run

if TYPE_CHECKING:
    from submit.scripted import Kind

KEYS = ["jobId", "status", "requestId", "costMicroCents", "refundedMicroCents", "output", "outputs", "error", "jobs"]
KEYS += ["nextCursor", "hasMore", "createdAt", "completedAt", "progress", "url", "type", "code", "message", "imageUrl"]
keyed = st.recursive(
    json_values,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=9),
    max_leaves=12,
)
CALLS: dict[str, tuple[Any, ...]] = {"submit": (REQUEST,), "job": ("job_1",), "cancel": ("job_1",), "jobs": ()}


def read_job(**entries: Any) -> Job:
    """Return the job that an answer of these entries describes."""
    job = run("sync", [answer(200, {"jobId": "a", "status": "pending", **entries})], "job", "a").result
    assert isinstance(job, Job)
    return job


def charged(text: str, **entries: Any) -> Any:
    """Return what comes of a receipt whose charge is this text of JSON."""
    body = json.dumps({"jobId": "job_1", **entries}).encode()[:-1] + b', "costMicroCents": %s}' % text.encode()
    done = run("sync", [answer(200, body)], "submit", REQUEST)
    return done.error or done.result


@settings(max_examples=40)
@given(st.integers(200, 599), keyed.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=40))
@example(200, b"[" * 100_000)
@example(200, b'{"jobId": "\\ud800", "status": "pending"}')
@example(200, b'{"jobId": "a", "status": "pending", "x": 1e99999999999999999999}')
@example(200, b'{"jobId": "a", "status": "pending", "x": %s}' % (b"9" * 5000))
@example(200, b"\xef\xbb\xbf{}")
def test_any_answer(status: int, raw: bytes) -> None:
    """No answer raises anything but an ApiError, in one short line."""
    for method, arguments in CALLS.items():
        error = run("sync", [answer(status, raw)] * 4, method, *arguments).error
        assert isinstance(error, ApiError | None)
        assert str(error).isprintable()
        assert len(str(error)) < 1_000


class TestCharge:
    """A charge is exactly the whole number that the text of the answer says, or none."""

    @settings(max_examples=20)
    @given(st.integers(0, 10**18))
    @example(10**40 - 1)
    def test_whole_numbers(self, micros: int) -> None:
        """Each way to write a whole number gives that number, in any decimal context."""
        with localcontext(Context(prec=2, rounding=ROUND_UP, traps=[Inexact])):
            for text in (str(micros), f"{micros}.0", f"{micros}.000E+0"):
                assert charged(text).charged_micros == micros
        assert charged("-0.0").charged_micros == 0

    @settings(max_examples=20)
    @given(st.builds("{}.{:03d}".format, st.integers(0, 10**9), st.integers(1, 999)))
    @example("true")
    @example("null")
    @example('"630000"')
    @example("-1")
    @example("[]")
    @example("NaN")
    @example("1e-999999999")
    @example("1e999999999")
    @example("1e40")
    @example("1" * 41)
    def test_no_charge(self, text: str) -> None:
        """Anything else, such as a part of a millionth, is no charge; the job is named."""
        error = charged(text)
        assert isinstance(error, UnreadableCharge)
        assert (error.job_id, error.attempt.job_id, error.quoted.usd_micros) == ("job_1", "job_1", 250_000)
        assert "job job_1 was created" in str(error)


def test_receipt() -> None:
    """What may be missing is None, and never loses the job; the drift is exact."""
    receipt = charged("249999", status=5, requestId=7, estimatedCompletionTime="soon")
    assert (receipt.status, receipt.request_id, receipt.estimated_completion) == ("pending", None, None)
    assert receipt.drift_micros == -1
    assert receipt.drift_text == f"job job_1 ({REQUEST['model']}) was charged $0.249999, but the quote was $0.25"
    whole = charged("0", status="x", requestId="r", estimatedCompletionTime="2026-11-20T12:00:00.123Z")
    instant = datetime(2026, 11, 20, 12, 0, 0, 123_000, tzinfo=UTC)
    assert isinstance(whole, Receipt)
    assert (whole.status, whole.request_id, whole.estimated_completion) == ("x", "r", instant)


@pytest.mark.parametrize("job_id", [None, 5, "", " ", "a\nb", "\ud800", ".", "..", "x" * 201, True])
def test_not_an_id(job_id: Any) -> None:
    """What cannot be asked for again is not the ID of a job."""
    error = charged("1", jobId=job_id)
    assert isinstance(error, SubmissionUncertain)
    assert "without a jobId" in str(error)
    done = run("sync", [answer(200, {"jobId": job_id, "status": "pending"})], "job", "job_1")
    assert "a job with a jobId" in str(done.error)


class TestJob:
    """A job is read with all that is documented; unknown keys stay in `raw`."""

    def test_whole(self) -> None:
        """Every documented key has its attribute."""
        addresses = [f"https://example.com/{name}" for name in ("1.mp4", "t.jpg", "p.jpg")]
        output = dict(zip(("url", "thumbnail", "posterImage"), addresses, strict=True))
        job = read_job(
            status="completed",
            progress=100,
            output=addresses[0],
            outputs=[{**output, "type": "video"}],
            error=None,
            createdAt="2026-11-20T12:00:00+00:00",
            completedAt="2026-11-20T14:00:00+02:00",
            model="a/b",
            requestId="r",
            new=[1.5],
        )
        assert job == Job(
            job_id="a",
            status="completed",
            progress=100,
            outputs=(addresses[0],),
            created_at=datetime(2026, 11, 20, 12, tzinfo=UTC),
            completed_at=datetime(2026, 11, 20, 12, tzinfo=UTC),
            model="a/b",
            request_id="r",
            raw=job.raw,
        )
        assert job.raw["new"] == [Decimal("1.5")]
        assert (job.is_terminal, read_job().is_terminal) == (True, False)
        assert len({job, read_job(), read_job()}) == 2

    def test_wrong_optional_types(self) -> None:
        """What may be missing is None where it is of another type; an instant without its offset is none."""
        wrong = {"progress": "50", "output": 5, "outputs": [5, {"url": 5}, {"url": ""}], "error": 5, "completedAt": 5}
        job = read_job(**wrong, createdAt="2026-11-20T12:00:00", model=[], requestId={})
        assert job == Job(job_id="a", status="pending", raw=job.raw)
        assert read_job(progress=50.0).progress == 50

    @pytest.mark.parametrize(
        ("said", "code", "message"),
        [
            ({"code": "X", "message": "y"}, "X", "y"),
            ("y", None, "y"),
            ({"message": "y\x1b[2J"}, None, "y\\u001b[2J"),
            ({}, None, None),
        ],
    )
    def test_failures(self, said: Any, code: str | None, message: str | None) -> None:
        """A failure is a code and a message; one that is only text is the message."""
        job = read_job(status="failed", error=said)
        assert (job.error_code, job.error_message) == (code, message)


@pytest.mark.parametrize("kind", KINDS)
def test_torn(kind: Kind) -> None:
    """A receipt that is whole counts, however the connection ends; half an answer is uncertain, or asked for again."""
    done = run(kind, [lambda _: httpx2.Response(200, stream=Torn())], "submit", REQUEST)
    assert isinstance(done.error, SubmissionUncertain)
    assert done.error.attempt.cause == "the answer was cut off"
    done = run(kind, [lambda _: httpx2.Response(200, stream=Torn(whole=True))], "submit", REQUEST)
    assert done.result.job_id == "job_1"
    again = [lambda _: httpx2.Response(200, stream=Torn()), answer(200, {"jobId": "job_1", "status": "pending"})]
    assert run(kind, again, "job", "job_1").result.status == "pending"


class Torn(httpx2.SyncByteStream, httpx2.AsyncByteStream):
    """A body that breaks off; or, `whole`, a connection that fails to close."""

    def __init__(self, *, whole: bool = False) -> None:
        self._parts = [b'{"jobId": "job_1", ', b'"costMicroCents": 250000}'][: 1 + whole]
        self._whole = whole

    def __iter__(self) -> Any:
        yield from self._parts
        self._break(early=True)

    async def __aiter__(self) -> Any:
        for part in self:
            yield part

    def close(self) -> None:
        """Fail to close."""
        self._break(early=False)

    async def aclose(self) -> None:
        """Fail to close."""
        self._break(early=False)

    def _break(self, *, early: bool) -> None:
        if early != self._whole:
            raise httpx2.ReadError("torn")
