"""Reading what the API answers: exactly where it matters, tolerantly elsewhere, and never with a surprise."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import ROUND_UP, Context, Decimal, Inexact, InvalidOperation, localcontext
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ratecard import quote
from ratecard.submit import HttpAnswer, Job, JobFailure, Output, UnreadableAnswer, UnreadableCharge
from ratecard.submit._errors import error_of, refusal_of
from ratecard.submit._jobs import read_cancellation, read_job, read_page, read_receipt
from ratecard.submit._wire import read_json
from strategies import json_values
from submit.scripted import REQUEST

QUOTED = quote(REQUEST)
READERS = (read_job, read_page, read_cancellation, lambda answer: read_receipt(answer, QUOTED))
KEYS = ["jobId", "status", "requestId", "costMicroCents", "refundedMicroCents", "output", "outputs", "error", "jobs"]
KEYS += ["nextCursor", "hasMore", "createdAt", "completedAt", "progress", "url", "type", "code", "message", "imageUrl"]
keyed = st.recursive(
    json_values,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=9),
    max_leaves=12,
)


def body(**entries: Any) -> HttpAnswer:
    """Return an answer of these entries."""
    return HttpAnswer(200, body=json.dumps(entries).encode())


def charge(text: str) -> HttpAnswer:
    """Return a receipt whose charge is this text of JSON."""
    return HttpAnswer(200, body=b'{"jobId": "job_1", "costMicroCents": %s}' % text.encode())


class TestNoSurprise:
    """No reader raises anything but its own errors, whatever the answer is."""

    @given(keyed)
    def test_any_json(self, value: Any) -> None:
        """Any JSON is read or refused, and what is refused is kept."""
        self._read(HttpAnswer(200, body=json.dumps(value).encode()))

    @given(st.binary(max_size=40))
    @example(b"[" * 100_000)
    @example(b"[" * 300 + b"]" * 300)
    @example(b'{"jobId": "\\ud800", "status": "pending"}')
    @example(b'{"jobId": "a", "status": "pending", "x": 1e99999999999999999999}')
    @example(b'{"jobId": "a", "status": "pending", "x": %s}' % (b"9" * 5000))
    @example(b'{"jobId": "a", "status": "pending", "x": NaN}')
    @example(b"\xef\xbb\xbf{}")
    def test_any_bytes(self, raw: bytes) -> None:
        """Any bytes are read or refused."""
        self._read(HttpAnswer(200, body=raw))

    def _read(self, answer: HttpAnswer) -> None:
        for read in READERS:
            refused = self._refusal(read, answer)
            assert refused is None or (refused.answer is answer and str(refused).isprintable())
        error_of(refusal_of(answer))

    @staticmethod
    def _refusal(read: Any, answer: HttpAnswer) -> UnreadableAnswer | None:
        try:
            read(answer)
        except UnreadableAnswer as error:
            return error
        return None


class TestCharge:
    """A charge is exactly the whole number that the text of the answer says, or none."""

    @given(st.integers(0, 10**18))
    def test_whole_numbers(self, micros: int) -> None:
        """Each way to write a whole number gives that number, in any decimal context."""
        with localcontext(Context(prec=2, rounding=ROUND_UP, traps=[Inexact])):
            for text in (str(micros), f"{micros}.0", f"{micros}.000E+0", f"{micros * 10}e-1", f"0.{micros:019d}e19"):
                assert read_receipt(charge(text), QUOTED).charged_micros == micros

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

    def test_twice_or_never(self) -> None:
        """A charge that is there twice, even the same one, or not at all, is none."""
        for raw in (b'{"jobId":"job_1","costMicroCents":1,"costMicroCents":1}', b'{"jobId":"job_1"}'):
            with pytest.raises(UnreadableCharge, match="job job_1 was created"):
                read_receipt(HttpAnswer(200, body=raw), QUOTED)

    @pytest.mark.parametrize("text", ["-0.0", "0", "0e5", "-0"])
    def test_nothing(self, text: str) -> None:
        """Nothing is a whole number."""
        assert read_receipt(charge(text), QUOTED).charged_micros == 0

    @staticmethod
    def _refused(text: str) -> None:
        with pytest.raises(UnreadableCharge) as caught:
            read_receipt(charge(text), QUOTED)
        assert (caught.value.job_id, caught.value.quoted) == ("job_1", QUOTED)
        assert text.encode() in caught.value.answer.body


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b'{"x": NaN}', "no JSON number"),
        (b'{"x": -Infinity}', "no JSON number"),
        (b"[" * 101 + b"]" * 101, "100 levels"),
    ],
)
def test_no_json(raw: bytes, words: str) -> None:
    """What JSON does not have, and what is nested too deeply, is not read."""
    with pytest.raises(ValueError, match=words):
        read_json(raw)
    assert read_json(b"[" * 99 + b"1" + b"]" * 99)


def test_numbers_do_not_hang_on_the_context() -> None:
    """A caller whose decimal context traps nothing reads the same; a number beyond all bounds is refused."""
    with localcontext(Context(traps=[])), pytest.raises(ValueError, match="beyond all bounds"):
        read_json(b"1e99999999999999999999")
    with localcontext(Context(traps=[InvalidOperation], Emax=1, Emin=-1, prec=1)):
        assert read_json(b"1234.5") == Decimal("1234.5")


def test_receipt() -> None:
    """What may be missing is None, and never loses the job; the drift is exact."""
    receipt = read_receipt(
        body(jobId="job_1", costMicroCents=249_999, status=5, requestId=7, estimatedCompletionTime="soon"), QUOTED
    )
    assert (receipt.status, receipt.request_id, receipt.estimated_completion, receipt.drift_micros) == (
        "pending",
        None,
        None,
        -1,
    )
    words = "was charged $0.249999, not the $0.25 that were quoted"
    assert receipt.drift_text == f"job job_1 ({QUOTED.model}) {words}"
    whole = read_receipt(
        body(
            jobId="j",
            costMicroCents=0,
            status="pending",
            requestId="r",
            estimatedCompletionTime="2026-11-20T12:00:00.123Z",
        ),
        QUOTED,
    )
    assert (whole.request_id, whole.estimated_completion) == (
        "r",
        datetime(2026, 11, 20, 12, 0, 0, 123_000, tzinfo=UTC),
    )


@pytest.mark.parametrize("job_id", [None, 5, "", " ", "a\nb", "\ud800", ".", "..", "x" * 201, True])
def test_no_name_of_a_job(job_id: Any) -> None:
    """What cannot be asked for again is no name of a job."""
    with pytest.raises(UnreadableAnswer, match="without a jobId"):
        read_job(body(jobId=job_id, status="pending"))
    with pytest.raises(UnreadableAnswer, match="without a jobId"):
        read_receipt(body(jobId=job_id, costMicroCents=1), QUOTED)


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
            body(
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
        assert not read_job(body(jobId="a", status="queued")).is_terminal

    def test_wrong_optional_types(self) -> None:
        """What may be missing is None where it is of another type; an instant without its offset is none."""
        job = read_job(
            body(
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
        )
        assert job == Job(job_id="a", status="pending", raw=job.raw)
        assert read_job(body(jobId="a", status="pending", progress=50.0)).progress == 50

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
        assert read_job(body(jobId="a", status="failed", error=said)).error == failure

    @pytest.mark.parametrize(
        "raw",
        [b"null", b"[]", b'"x"', b"{}", b'{"jobId":"a"}', b'{"jobId":"a","status":5}', b'{"jobId":"a","status":" "}'],
    )
    def test_no_job(self, raw: bytes) -> None:
        """Without a name and a state there is no job."""
        with pytest.raises(UnreadableAnswer, match="the answer is "):
            read_job(HttpAnswer(200, body=raw))

    def test_equality_and_hash(self) -> None:
        """Jobs can be kept in sets."""
        assert len({read_job(body(jobId="a", status="pending")), read_job(body(jobId="a", status="pending"))}) == 1


def test_headers() -> None:
    """Names of headers do not depend on case."""
    answer = HttpAnswer(429, (("retry-AFTER", "1"), ("Retry-After", "2")))
    assert (answer.header("Retry-After"), answer.header("X")) == ("1", None)
