"""Jobs, receipts and cancellations, read from the API's answers.

Rule 1  What must be there (the job's name, its state, the charge) is read exactly or not at all. What may be there is
        None where it is missing or of another type; `raw` keeps everything.
Rule 2  An amount is a whole number of millionths of a dollar, taken from the text of the answer: no float takes part.
Rule 3  An instant without its offset from UTC is no instant.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from ratecard import Quote
from ratecard._api import OUTPUT_TYPES, TERMINAL
from ratecard._money import usd_shown
from ratecard.submit._errors import Refusal, UnreadableAnswer, UnreadableCharge, refusal_of
from ratecard.submit._wire import HttpAnswer, is_job_id, read_json
from ratecard_rules import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

WIDEST_EXPONENT = 60
"""`630000.0` and `6.3e5` are whole numbers; one with more places than this is not read."""


@frozen
class Output:
    """One result of a job: its `url`, its `type` (video, image, audio or text), a `thumbnail` and a `poster_image`."""

    url: str
    type: str | None = None
    thumbnail: str | None = None
    poster_image: str | None = None


@frozen
class JobFailure:
    """Why a job failed, in the words of the API."""

    code: str | None
    message: str | None


@frozen(kw_only=True)
class Job:
    """One job as the API describes it.

    `job_id` its name · `status` pending, processing, completed, failed or cancelled, or a word that is not documented ·
    `progress` in per cent · `output` the address of the first result, `outputs` all of them · `error` why it failed ·
    `created_at`, `completed_at` with their offsets · `model` the slug, where the answer names it · `request_id` ·
    `raw` the whole answer as JSON data, numbers with a point as Decimals, a repeated key as `Repeated.KEY`.
    """

    job_id: str
    status: str
    progress: int | None = None
    output: str | None = None
    outputs: tuple[Output, ...] = ()
    error: JobFailure | None = None
    created_at: datetime | None = None
    completed_at: datetime | None = None
    model: str | None = None
    request_id: str | None = None
    raw: dict[str, Any] = field(factory=dict, repr=False, hash=False)

    @property
    def is_terminal(self) -> bool:
        """Whether nothing follows: it is completed, failed or cancelled."""
        return self.status in TERMINAL


@frozen(kw_only=True)
class Receipt:
    """What the API says of a submission.

    `job_id`, `request_id`, `status` · `estimated_completion` with its offset, or None · `quoted` the quote that was
    made before · `charged_micros` what was charged, in millionths of a US dollar.
    """

    job_id: str
    request_id: str | None
    status: str
    estimated_completion: datetime | None
    quoted: Quote
    charged_micros: int

    @property
    def drift_micros(self) -> int:
        """What was charged above the quote; below it, a negative amount."""
        return self.charged_micros - self.quoted.usd_micros

    @property
    def drift_text(self) -> str:
        """What was charged, what was quoted, and for which job, in one line."""
        charged, quoted = usd_shown(self.charged_micros), usd_shown(self.quoted.usd_micros)
        return f"job {self.job_id} ({self.quoted.model}) was charged {charged}, not the {quoted} that were quoted"


@frozen(kw_only=True)
class Cancellation:
    """The answer to a cancellation: `refunded_micros` in millionths of a US dollar, None where it is not said."""

    job_id: str
    status: str
    refunded_micros: int | None = None
    raw: dict[str, Any] = field(factory=dict, repr=False, hash=False)


@frozen
class Page:
    """One page of the list: its `jobs`, and the `cursor` of the next page, or None."""

    jobs: tuple[Job, ...]
    cursor: str | None


def read_job(answer: HttpAnswer) -> Job:
    """Return the job that an answer or a webhook describes. Raises UnreadableAnswer.

    >>> read_job(HttpAnswer(200, body=b'{"jobId": "job_1", "status": "processing", "progress": 50}')).status
    'processing'
    """
    return _job(_read_object(answer), answer)


def _job(raw: object, answer: HttpAnswer) -> Job:
    if not isinstance(raw, dict) or not is_job_id(raw.get("jobId")) or _text(raw.get("status")) is None:
        raise _unreadable(answer, "a job without a jobId and a status")
    outputs = tuple(_outputs(raw.get("outputs"))) or tuple(_outputs_of_webhook(raw.get("output")))
    first = _text(raw.get("output"))
    return Job(
        job_id=raw["jobId"],
        status=one_line(raw["status"]),
        progress=_whole(raw.get("progress")),
        output=outputs[0].url if first is None and isinstance(raw.get("output"), dict) and outputs else first,
        outputs=outputs,
        error=_failure(raw.get("error")),
        created_at=_instant(raw.get("createdAt")),
        completed_at=_instant(raw.get("completedAt")),
        model=_text(raw.get("model")),
        request_id=_text(raw.get("requestId")),
        raw=raw,
    )


def read_receipt(answer: HttpAnswer, quoted: Quote) -> Receipt:
    """Return the receipt of a submission. Raises UnreadableAnswer, or UnreadableCharge where at least the job is named.

    The job counts for more than the rest: of what may be missing nothing can lose it.
    """
    raw = _read_object(answer)
    job_id = raw.get("jobId")
    if not is_job_id(job_id):
        raise _unreadable(answer, "a receipt without a jobId")
    charged = _whole(raw.get("costMicroCents"))
    if charged is None:
        said = "nothing" if "costMicroCents" not in raw else one_line(str(raw["costMicroCents"])[:80])
        message = f"job {job_id} was created, but costMicroCents is no whole number of millionths: {said}"
        raise UnreadableCharge(
            Refusal(message, answer.status, request_id=_text(raw.get("requestId"))), answer, job_id, quoted
        )
    return Receipt(
        job_id=job_id,
        request_id=_text(raw.get("requestId")),
        status=_text(raw.get("status")) or "pending",
        estimated_completion=_instant(raw.get("estimatedCompletionTime")),
        quoted=quoted,
        charged_micros=charged,
    )


def read_cancellation(answer: HttpAnswer) -> Cancellation:
    """Return the answer to a cancellation. Raises UnreadableAnswer."""
    job = read_job(answer)
    refunded = _whole(job.raw.get("refundedMicroCents"))
    return Cancellation(job_id=job.job_id, status=job.status, refunded_micros=refunded, raw=job.raw)


def read_page(answer: HttpAnswer) -> Page:
    """Return one page of the list. Raises UnreadableAnswer."""
    raw = _read_object(answer)
    listed = raw.get("jobs")
    if not isinstance(listed, list):
        raise _unreadable(answer, "a list without jobs")
    cursor = raw.get("nextCursor")
    if cursor is not None and not isinstance(cursor, str):
        raise _unreadable(answer, "a list whose nextCursor is no text")  # to end here could hide a job
    return Page(tuple(_job(one, answer) for one in listed), None if raw.get("hasMore") is False else cursor or None)


def _read_object(answer: HttpAnswer) -> dict[str, Any]:
    try:
        value = read_json(answer.body)
    except ValueError as error:
        raise _unreadable(answer, f"no JSON ({error})") from None
    if not isinstance(value, dict):
        raise _unreadable(answer, "JSON, but no object")
    return value


def _unreadable(answer: HttpAnswer, what: str) -> UnreadableAnswer:
    said = refusal_of(answer)
    return UnreadableAnswer(Refusal(f"the answer is {one_line(what)}: {said.message}", *_rest(said)), answer)


def _rest(said: Refusal) -> tuple[Any, ...]:
    return said.status, said.code, said.details, said.request_id


def _whole(value: object) -> int | None:
    """Return a whole number that is not negative, also one written as a float: `630000.0` is exactly 630000."""
    if type(value) is int:
        return value if value >= 0 else None
    if not isinstance(value, Decimal) or value < 0:
        return None
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or abs(exponent) > WIDEST_EXPONENT:  # the number could fill the memory
        return None
    number, divisor = value.as_integer_ratio()
    return number if divisor == 1 else None


def _text(value: object) -> str | None:
    return one_line(value) if isinstance(value, str) and value.strip() else None


def _instant(value: object) -> datetime | None:
    try:
        instant = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return None if instant is None or instant.utcoffset() is None else instant


def _failure(value: object) -> JobFailure | None:
    if isinstance(value, dict):
        return JobFailure(_text(value.get("code")), _text(value.get("message")))
    return None if _text(value) is None else JobFailure(None, _text(value))


def _outputs(value: object) -> Iterator[Output]:
    for one in value if isinstance(value, list) else ():
        if isinstance(one, dict) and (url := _text(one.get("url"))):
            yield Output(url, _text(one.get("type")), _text(one.get("thumbnail")), _text(one.get("posterImage")))


def _outputs_of_webhook(value: object) -> Iterator[Output]:
    """Yield the results of a webhook, whose `output` is an object such as `{"imageUrl": …, "metadata": …}`."""
    for kind in OUTPUT_TYPES:
        if isinstance(value, dict) and (url := _text(value.get(f"{kind}Url"))):
            yield Output(url, kind)
