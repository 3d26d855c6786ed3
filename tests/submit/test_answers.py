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

from ratecard import quote
from ratecard.submit import (
    ApiError,
    Job,
    JobFailure,
    Output,
    PriceDriftWarning,
    SubmissionUncertain,
    UnreadableCharge,
)
from strategies import json_values
from submit.scripted import KINDS, REQUEST, answer, run

if TYPE_CHECKING:
    from submit.scripted import Kind

QUOTED = quote(REQUEST)
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
    done = run("sync", [answer(200, entries)], "job", str(entries["jobId"]))
    if done.error is not None:
        raise done.error
    assert isinstance(done.result, Job)
    return done.result


def read_receipt(**entries: Any) -> Any:
    """Return the receipt that an answer of these entries describes."""
    done = run("sync", [answer(200, entries)], "submit", REQUEST, settings={"on_drift": "ignore"})
    if done.error is not None:
        raise done.error
    return done.result


def charged(text: str) -> Any:
    """Return what comes of a receipt whose charge is this text of JSON."""
    body = b'{"jobId": "job_1", "costMicroCents": %s}' % text.encode()
    return run("sync", [answer(200, body)], "submit", REQUEST, settings={"on_drift": "ignore"})


class TestNoSurprise:
    """No answer raises anything but an ApiError, whatever it is."""

    @settings(max_examples=30)
    @given(st.integers(200, 599), keyed)
    def test_any_json(self, status: int, value: Any) -> None:
        """Any JSON is read or refused."""
        self._read(status, json.dumps(value).encode())

    @settings(max_examples=30)
    @given(st.binary(max_size=40))
    @example(b"[" * 100_000)
    @example(b'{"jobId": "\\ud800", "status": "pending"}')
    @example(b'{"jobId": "a", "status": "pending", "x": 1e99999999999999999999}')
    @example(b'{"jobId": "a", "status": "pending", "x": %s}' % (b"9" * 5000))
    @example(b"\xef\xbb\xbf{}")
    def test_any_bytes(self, raw: bytes) -> None:
        """Any bytes are read or refused."""
        self._read(200, raw)

    @staticmethod
    def _read(status: int, raw: bytes) -> None:
        for method, arguments in CALLS.items():
            error = run("sync", [answer(status, raw)] * 4, method, *arguments).error
            assert isinstance(error, ApiError | PriceDriftWarning | None)
            assert str(error).isprintable()
            assert len(str(error)) < 1_000


class TestCharge:
    """A charge is exactly the whole number that the text of the answer says, or none."""

    @settings(max_examples=20)
    @given(st.integers(0, 10**18))
    @example(10**39)
    def test_whole_numbers(self, micros: int) -> None:
        """Each way to write a whole number gives that number, in any decimal context."""
        with localcontext(Context(prec=2, rounding=ROUND_UP, traps=[Inexact])):
            for text in (str(micros), f"{micros}.0", f"{micros}.000E+0"):
                assert charged(text).result.charged_micros == micros

    @settings(max_examples=20)
    @given(st.integers(0, 10**9), st.integers(1, 999))
    def test_fractions(self, whole: int, thousandths: int) -> None:
        """A part of a millionth is no charge, however small."""
        self._refused(f"{whole}.{thousandths:03d}")

    @pytest.mark.parametrize(
        "text",
        [
            "true",
            "false",
            "null",
            '"630000"',
            "-1",
            "-1.0",
            "0.5",
            "1e-9",
            "[]",
            "{}",
            "1e99",
            "1e-999999999",
            "1e999999999",
            "12345678901234567890.5",
        ],
    )
    def test_no_charge(self, text: str) -> None:
        """A boolean, text, a negative or broken number is no charge; the job and the answer are kept."""
        self._refused(text)

    def test_missing(self) -> None:
        """A charge that is missing is none; the error names the job."""
        error = run("sync", [answer(200, b'{"jobId":"job_1"}')], "submit", REQUEST).error
        assert isinstance(error, UnreadableCharge)
        assert "job job_1 was created" in str(error)

    @pytest.mark.parametrize("text", ["-0.0", "0", "0e5", "-0"])
    def test_nothing(self, text: str) -> None:
        """Nothing is a whole number."""
        assert charged(text).result.charged_micros == 0

    @staticmethod
    def _refused(text: str) -> None:
        error = charged(text).error
        assert isinstance(error, UnreadableCharge)
        assert (error.job_id, error.quoted.usd_micros) == ("job_1", QUOTED.usd_micros)
        assert error.attempt.answer is not None
        assert text.encode() in error.attempt.answer.body


def test_receipt() -> None:
    """What may be missing is None, and never loses the job; the drift is exact."""
    receipt = read_receipt(jobId="job_1", costMicroCents=249_999, status=5, requestId=7, estimatedCompletionTime="soon")
    assert (receipt.status, receipt.request_id, receipt.estimated_completion) == ("pending", None, None)
    assert receipt.drift_micros == -1
    assert receipt.drift_text == f"job job_1 ({QUOTED.model}) was charged $0.249999, but the quote was $0.25"
    whole = read_receipt(
        jobId="j", costMicroCents=0, status="x", requestId="r", estimatedCompletionTime="2026-11-20T12:00:00.123Z"
    )
    assert (whole.status, whole.request_id) == ("x", "r")
    assert whole.estimated_completion == datetime(2026, 11, 20, 12, 0, 0, 123_000, tzinfo=UTC)


@pytest.mark.parametrize("job_id", [None, 5, "", " ", "a\nb", "\ud800", ".", "..", "x" * 201, True])
def test_not_an_id(job_id: Any) -> None:
    """What cannot be asked for again is not the ID of a job."""
    with pytest.raises(ApiError, match="without a jobId"):
        read_receipt(jobId=job_id, costMicroCents=1)
    done = run("sync", [answer(200, {"jobId": job_id, "status": "pending"})], "job", "job_1")
    assert "a job with a jobId" in str(done.error)


class TestJob:
    """A job is read with all that is documented; unknown keys stay in `raw`."""

    def test_whole(self) -> None:
        """Every documented key has its attribute."""
        outputs = [
            {
                "url": "https://example.com/1.mp4",
                "type": "video",
                "thumbnail": "https://example.com/t.jpg",
                "posterImage": "https://example.com/p.jpg",
            }
        ]
        job = read_job(
            jobId="job_1",
            status="completed",
            progress=100,
            output="https://example.com/1.mp4",
            outputs=outputs,
            error=None,
            createdAt="2026-11-20T12:00:00+00:00",
            completedAt="2026-11-20T14:00:00+02:00",
            model="a/b",
            requestId="r",
            new=[1.5],
        )
        assert job == Job(
            job_id="job_1",
            status="completed",
            progress=100,
            output="https://example.com/1.mp4",
            outputs=(
                Output("https://example.com/1.mp4", "video", "https://example.com/t.jpg", "https://example.com/p.jpg"),
            ),
            created_at=datetime(2026, 11, 20, 12, tzinfo=UTC),
            completed_at=datetime(2026, 11, 20, 12, tzinfo=UTC),
            model="a/b",
            request_id="r",
            raw=job.raw,
        )
        assert job.raw["new"] == [Decimal("1.5")]
        assert job.is_terminal
        assert not read_job(jobId="a", status="queued").is_terminal

    def test_wrong_optional_types(self) -> None:
        """What may be missing is None where it is of another type; an instant without its offset is none."""
        job = read_job(
            jobId="a",
            status="pending",
            progress="50",
            output=5,
            outputs=[5, {"url": 5}, {"url": ""}],
            error=5,
            createdAt="2026-11-20T12:00:00",
            completedAt=5,
            model=[],
            requestId={},
        )
        assert job == Job(job_id="a", status="pending", raw=job.raw)
        assert read_job(jobId="a", status="pending", progress=50.0).progress == 50

    @pytest.mark.parametrize(
        ("said", "failure"),
        [
            ({"code": "X", "message": "y"}, JobFailure("X", "y")),
            ("y", JobFailure(None, "y")),
            ({"message": "y\x1b[2J"}, JobFailure(None, "y\\u001b[2J")),
            ({}, JobFailure(None, None)),
            (None, None),
        ],
    )
    def test_failures(self, said: Any, failure: JobFailure | None) -> None:
        """A failure is a code and a message; one that is only text is the message."""
        assert read_job(jobId="a", status="failed", error=said).error == failure

    @pytest.mark.parametrize(
        "raw",
        [b"null", b"[]", b'"x"', b"{}", b'{"jobId":"a"}', b'{"jobId":"a","status":5}', b'{"jobId":"a","status":" "}'],
    )
    def test_no_job(self, raw: bytes) -> None:
        """Without an ID and a status there is no job."""
        error = run("sync", [answer(200, raw)], "job", "a").error
        assert isinstance(error, ApiError)
        assert (error.code, error.status) == ("unreadable_answer", 200)
        assert "the answer is " in str(error)

    def test_equality_and_hash(self) -> None:
        """Jobs can be kept in sets."""
        assert len({read_job(jobId="a", status="pending"), read_job(jobId="a", status="pending")}) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_torn(kind: Kind) -> None:
    """What came of an answer before it broke is kept; a receipt that is whole counts, however the connection ends."""
    done = run(kind, [lambda _: httpx2.Response(200, stream=Torn())], "submit", REQUEST)
    assert isinstance(done.error, SubmissionUncertain)
    assert done.error.attempt.answer is not None
    assert done.error.attempt.answer.body == b'{"jobId": "job_1", '
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
            raise httpx2.ReadError("torn")
