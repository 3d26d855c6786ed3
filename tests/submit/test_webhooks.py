"""Webhooks: both documented shapes are read, and a signature is believed only with the caller's rule of joining."""

from __future__ import annotations

import hmac
import json
from datetime import UTC, datetime, timedelta
from email.message import Message
from types import MappingProxyType
from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from end_to_end.scanning import leaks_of
from ratecard._api import SIGNATURE_HEADER, TIMESTAMP_HEADER
from ratecard.submit import ApiError, BadSignature, parse_webhook, verify_signature
from strategies import json_values

SECRET = "whsec_example_of_a_secret"  # noqa: S105  invented
STAMP = 1_795_000_000
NOW = datetime.fromtimestamp(STAMP, UTC)
BODY = b'{"jobId":"job_1","requestId":"req_1","status":"completed","completedAt":"2026-11-20T12:00:00Z"}'


def signed(body: bytes = BODY, between: bytes = b".") -> dict[str, str]:
    """Return the headers of a webhook that was signed with this between the timestamp and the body."""
    digest = hmac.new(SECRET.encode(), b"%d%b%b" % (STAMP, between, body), "sha256").hexdigest()
    return {TIMESTAMP_HEADER: str(STAMP), SIGNATURE_HEADER: f"sha256={digest}"}


def verify(headers: Any, body: bytes | str = BODY, **changed: Any) -> None:
    """Verify at the instant of signing, with a full stop between, unless changed."""
    verify_signature(headers, body, **{"secret": SECRET, "join": b".", "now": lambda: NOW, **changed})


def reason_of(headers: Any, body: bytes = BODY, **changed: Any) -> str:
    """Return the reason for which a webhook is refused."""
    with pytest.raises(BadSignature) as caught:
        verify(headers, body, **changed)
    shown = caught.value.with_traceback(caught.value.__traceback__ and caught.value.__traceback__.tb_next)
    assert not leaks_of(shown.with_traceback(shown.__traceback__ and shown.__traceback__.tb_next), secret=SECRET)
    return caught.value.reason


@pytest.mark.parametrize(
    ("output", "outputs"),
    [
        ("https://example.com/1.mp4", ("https://example.com/1.mp4",)),
        (
            {"audioUrl": "https://example.com/1.mp3", "videoUrl": "https://example.com/1.mp4", "metadata": {"url": 1}},
            ("https://example.com/1.mp4", "https://example.com/1.mp3"),
        ),
        ({"metadata": {}, "imageUrl": 5}, ()),
        (None, ()),
    ],
)
def test_outputs(output: Any, outputs: tuple[str, ...]) -> None:
    """The addresses of all results, the first one, and the whole as it came."""
    job = parse_webhook(json.dumps({**json.loads(BODY), "output": output}))
    assert (job.outputs, job.output, job.raw["output"]) == (outputs, outputs[0] if outputs else None, output)
    assert (job.job_id, job.request_id, job.status, job.is_terminal) == ("job_1", "req_1", "completed", True)


def test_failure() -> None:
    """A failure has its code and message."""
    body = b'{"jobId":"job_1","status":"failed","error":{"code":"NSFW","message":"no"}}'
    assert (parse_webhook(body).error_code, parse_webhook(body).error_message) == ("NSFW", "no")


@given(st.binary() | json_values.map(lambda value: json.dumps(value).encode()))
def test_any_body(body: bytes) -> None:
    """Anything else is refused."""
    with pytest.raises(ApiError) as caught:
        parse_webhook(body)
    assert caught.value.code == "unreadable_answer"


class TestSignature:
    """A signature is believed when it is that of this body, by the caller's rule, and from now."""

    @given(st.binary(min_size=1), st.binary(max_size=3), st.integers(-300, 300), st.data())
    def test_right_and_wrong(self, body: bytes, between: bytes, late: int, data: st.DataObject) -> None:
        """The right one passes, with a separator or a function that joins; one changed bit is a mismatch."""
        now = lambda: NOW + timedelta(seconds=late)  # noqa: E731  a clock
        verify(signed(body, between), body, join=between, now=now)
        verify(signed(body, between), body, join=lambda stamp, rest: stamp + between + rest, secret=SECRET.encode())
        place = data.draw(st.integers(0, len(body) * 8 - 1))
        changed = bytearray(body)
        changed[place // 8] ^= 1 << place % 8
        assert reason_of(signed(body, between), bytes(changed), join=between) == "mismatch"

    @pytest.mark.parametrize("changed", [{"join": b""}, {"join": lambda a, b: b + b"." + a}, {"secret": "another"}])
    def test_nothing_is_guessed(self, changed: dict[str, Any]) -> None:
        """Another rule of joining, or another secret, is a mismatch."""
        assert reason_of(signed(), **changed) == "mismatch"

    @pytest.mark.parametrize(("seconds", "reason"), [(300.5, "too_old"), (-300.5, "too_new")])
    def test_age(self, seconds: float, reason: str) -> None:
        """Both ways: an old one may be sent again by someone else, and one of the future is not from this clock."""
        now = lambda: NOW + timedelta(seconds=seconds)  # noqa: E731  a clock
        assert reason_of(signed(), now=now) == reason
        verify(signed(), now=now, max_age=timedelta(seconds=301))

    @pytest.mark.parametrize(
        ("name", "wrong"),
        [
            *[(TIMESTAMP_HEADER, wrong) for wrong in (None, "", " 1", "1.5", "-1", "1e9", "٣", "9" * 13)],
            *[
                (SIGNATURE_HEADER, wrong)
                for wrong in (None, "", "sha256=", "sha256=" + "g" * 64, "0" * 64, "sha1=" + "0" * 64)
            ],
        ],
    )
    def test_broken_headers(self, name: str, wrong: str | None) -> None:
        """A header that is missing or malformed, or there twice, so that it could be read in two ways."""
        headers = {**signed(), name: wrong}
        assert reason_of({key: value for key, value in headers.items() if value is not None}) == "bad_header"
        assert reason_of([*signed().items(), (name.upper(), signed()[name])]) == "bad_header"

    def test_capitals(self) -> None:
        """Hexadecimal digits may be capitals."""
        headers = signed()
        verify({**headers, SIGNATURE_HEADER: "sha256=" + headers[SIGNATURE_HEADER][7:].upper()})


class Pairs(list[tuple[str, str]]):
    """The headers of Werkzeug and Flask: iterating yields pairs."""

    def items(self) -> Any:
        """Return the pairs."""
        return iter(self)


def header_objects() -> list[Any]:
    """Return headers as web frameworks hand them out."""
    headers = signed()
    message = Message()
    for name, value in headers.items():
        message[name] = value
    return [
        MappingProxyType(headers),  # Django, Bottle, Falcon
        ((name.lower().encode(), value.encode()) for name, value in headers.items()),  # ASGI
        Pairs(headers.items()),
        message,  # http.client, urllib
        httpx2.Headers(headers),  # Starlette and aiohttp are alike
    ]


@pytest.mark.parametrize("headers", header_objects(), ids=lambda headers: type(headers).__name__)
def test_header_objects(headers: Any) -> None:
    """The header objects of the common frameworks can be passed as they are; a body may be text."""
    verify(headers, BODY.decode())


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"headers": None}, TypeError),
        ({"headers": {TIMESTAMP_HEADER: 5}}, TypeError),
        ({"body": {"jobId": "job_1"}}, TypeError),
        ({"body": 5}, TypeError),
        ({"secret": 5}, TypeError),
        ({"secret": ""}, ValueError),
        ({"join": "."}, TypeError),
    ],
)
def test_wrong_arguments(changed: dict[str, Any], error: type[Exception]) -> None:
    """A wrong argument is not taken for a wrong signature, and an empty secret would sign for everyone."""
    with pytest.raises(error) as caught:
        verify(**{"headers": signed(), **changed})
    assert not isinstance(caught.value, BadSignature)
    with pytest.raises(TypeError, match="join"):
        verify_signature(signed(), BODY, SECRET)  # type: ignore[call-arg]  # there is no default
