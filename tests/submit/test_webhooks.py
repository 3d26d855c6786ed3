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

from ratecard._api import SIGNATURE_HEADER, TIMESTAMP_HEADER
from ratecard.submit import ApiError, BadSignature, JobFailure, Output, parse_webhook, verify_signature
from strategies import json_values

SECRET = "whsec_example"  # noqa: S105  invented
STAMP = 1_795_000_000
NOW = datetime.fromtimestamp(STAMP, UTC)
BODY = b'{"jobId":"job_1","requestId":"req_1","status":"completed","completedAt":"2026-11-20T12:00:00Z"}'


def signed(body: bytes = BODY, between: bytes = b".", stamp: str = str(STAMP)) -> dict[str, str]:
    """Return the headers of a webhook that was signed with this between the timestamp and the body."""
    digest = hmac.new(SECRET.encode(), stamp.encode() + between + body, "sha256").hexdigest()
    return {TIMESTAMP_HEADER: stamp, SIGNATURE_HEADER: f"sha256={digest}"}


def verify(headers: Any, body: bytes = BODY, **changed: Any) -> None:
    """Verify at the instant of signing, with a full stop between, unless changed."""
    verify_signature(headers, body, **{"secret": SECRET, "join": b".", "now": lambda: NOW, **changed})


class TestBody:
    """A webhook is a job, whichever of the documented shapes its output has."""

    @pytest.mark.parametrize(
        ("output", "address", "outputs"),
        [
            ("https://example.com/1.mp4", "https://example.com/1.mp4", ()),
            (
                {"imageUrl": "https://example.com/1.png", "metadata": {"url": "x"}},
                "https://example.com/1.png",
                (Output("https://example.com/1.png", "image"),),
            ),
            (
                {"audioUrl": "https://example.com/1.mp3", "videoUrl": "https://example.com/1.mp4"},
                "https://example.com/1.mp4",
                (Output("https://example.com/1.mp4", "video"), Output("https://example.com/1.mp3", "audio")),
            ),
            ({"metadata": {}}, None, ()),
            ({"imageUrl": 5}, None, ()),
            (None, None, ()),
        ],
    )
    def test_outputs(self, output: Any, address: str | None, outputs: tuple[Output, ...]) -> None:
        """The address of the first result, all of them, and the whole as it came."""
        job = parse_webhook({}, json.dumps({**json.loads(BODY), "output": output}).encode())
        assert (job.output, job.outputs, job.raw["output"]) == (address, outputs, output)
        assert (job.job_id, job.request_id, job.status, job.is_terminal) == ("job_1", "req_1", "completed", True)

    def test_failure(self) -> None:
        """A failure has its code and message."""
        body = b'{"jobId":"job_1","status":"failed","error":{"code":"NSFW","message":"no"}}'
        assert parse_webhook([], body).error == JobFailure("NSFW", "no")

    @given(st.binary() | json_values.map(lambda value: json.dumps(value).encode()))
    def test_any_body(self, body: bytes) -> None:
        """Anything else is refused."""
        with pytest.raises(ApiError) as caught:
            parse_webhook({}, body)
        assert caught.value.code == "unreadable_answer"

    def test_compressed(self) -> None:
        """A body that is still compressed is refused with words that say so."""
        assert parse_webhook({"content-encoding": "Identity"}, BODY).job_id == "job_1"
        with pytest.raises(ApiError, match="still compressed: gzip"):
            parse_webhook([(b"Content-Encoding", b"gzip")], BODY)


class TestSignature:
    """A signature is believed when it is that of this body, by the caller's rule, and from now."""

    @given(st.binary(), st.binary(max_size=3), st.integers(-300, 300))
    def test_right(self, body: bytes, between: bytes, late: int) -> None:
        """The right one passes, with a separator or a function that joins, in either form of the headers."""
        headers = signed(body, between)
        now = lambda: NOW + timedelta(seconds=late)  # noqa: E731  a clock
        verify(headers, body, join=between, now=now)
        verify(
            {name.upper(): value for name, value in headers.items()}, body, join=lambda t, b: t + between + b, now=now
        )
        pairs = ((name.lower().encode(), value.encode()) for name, value in headers.items())
        verify(pairs, body, join=between, now=now, secret=SECRET.encode())

    @given(st.binary(min_size=1), st.binary(max_size=2), st.data())
    def test_one_bit_off(self, body: bytes, between: bytes, data: st.DataObject) -> None:
        """One changed bit of the body is a mismatch."""
        place = data.draw(st.integers(0, len(body) * 8 - 1))
        changed = bytearray(body)
        changed[place // 8] ^= 1 << place % 8
        self._refused("mismatch", signed(body, between), bytes(changed), join=between)

    def test_joined_in_another_way(self) -> None:
        """Nothing is guessed: another rule of joining, or another secret, is a mismatch."""
        self._refused("mismatch", signed(between=b":"))
        self._refused("mismatch", signed(), join=b"")
        self._refused("mismatch", signed(), join=lambda stamp, body: body + b"." + stamp)
        self._refused("mismatch", signed(), secret="whsec_other")  # noqa: S106  invented

    @pytest.mark.parametrize(
        ("seconds", "reason"), [(300.5, "too_old"), (10**9, "too_old"), (-300.5, "too_new"), (-(10**8), "too_new")]
    )
    def test_age(self, seconds: float, reason: str) -> None:
        """Both ways: an old one may be sent again by someone else, and one of the future is not from this clock."""
        self._refused(reason, signed(), now=lambda: NOW + timedelta(seconds=seconds))
        verify(signed(), now=lambda: NOW + timedelta(seconds=seconds), max_age=timedelta(days=100_000))

    @pytest.mark.parametrize(
        ("changed", "reason"),
        [
            ({TIMESTAMP_HEADER: None}, "bad_header"),
            ({SIGNATURE_HEADER: None}, "bad_header"),
            *[({TIMESTAMP_HEADER: wrong}, "bad_header") for wrong in ("", " 1", "1.5", "-1", "1e9", "٣", "9" * 13)],
            *[
                ({SIGNATURE_HEADER: wrong}, "bad_header")
                for wrong in (
                    "",
                    "sha256=",
                    "sha256=" + "0" * 63,
                    "sha256=" + "g" * 64,
                    "0" * 64,
                    "sha1=" + "0" * 64,
                    "sha256=" + "٣" * 64,
                )
            ],
            ({SIGNATURE_HEADER: "sha256=" + "0" * 64}, "mismatch"),
        ],
    )
    def test_broken_headers(self, changed: dict[str, str | None], reason: str) -> None:
        """Each way in which headers can be broken has its reason."""
        headers = {name: value for name, value in {**signed(), **changed}.items() if value is not None}
        self._refused(reason, headers)

    @pytest.mark.parametrize("name", [TIMESTAMP_HEADER, SIGNATURE_HEADER])
    def test_repeated(self, name: str) -> None:
        """A header that is there twice, in whatever case, could be read in two ways."""
        headers = [*signed().items(), (name.upper(), signed()[name])]
        self._refused("bad_header", headers)
        self._refused("bad_header", dict(headers))

    def test_capitals(self) -> None:
        """Hexadecimal digits may be capitals."""
        digest = signed()[SIGNATURE_HEADER].removeprefix("sha256=")
        verify({**signed(), SIGNATURE_HEADER: f"sha256={digest.upper()}"})

    def test_no_secret(self) -> None:
        """An empty secret would sign for everyone."""
        for secret in ("", b""):
            with pytest.raises(ValueError, match="secret of the webhook is empty"):
                verify(signed(), secret=secret)

    def test_no_rule_of_joining(self) -> None:
        """There is no default for what is not documented."""
        with pytest.raises(TypeError, match="join"):
            verify_signature(signed(), BODY, SECRET)  # type: ignore[call-arg]  # the point

    @staticmethod
    def _refused(reason: str, headers: Any, body: bytes = BODY, **changed: Any) -> None:
        with pytest.raises(BadSignature) as caught:
            verify(headers, body, **changed)
        assert caught.value.reason == reason


class Pairs(list[tuple[str, str]]):
    """The headers of Werkzeug and Flask: iterating yields pairs."""

    def items(self) -> Any:
        """Return the pairs."""
        return iter(self)


def header_objects(headers: dict[str, str]) -> list[Any]:
    """Return headers as web frameworks hand them out."""
    message = Message()
    for name, value in headers.items():
        message[name] = value
    return [
        headers,
        MappingProxyType(headers),  # Django, Bottle, Falcon
        [*headers.items()],  # http.server
        [(name.lower().encode(), value.encode()) for name, value in headers.items()],  # ASGI
        Pairs(headers.items()),
        message,  # http.client, urllib
        httpx2.Headers(headers),  # Starlette and aiohttp are alike
        {name: [value] for name, value in headers.items()},  # AWS Lambda
    ]


@pytest.mark.parametrize("kind", range(len(header_objects({}))))
def test_header_objects(kind: int) -> None:
    """The header objects of the common frameworks can be passed as they are; a body may be text."""
    headers = header_objects(signed())[kind]
    verify(headers)
    verify(headers, BODY.decode())  # type: ignore[arg-type]  # what the parameter of this test is called
    verify(headers, bytearray(BODY))  # type: ignore[arg-type]  # as above
    assert parse_webhook(headers, BODY.decode()).job_id == "job_1"
    with pytest.raises(ApiError, match="still compressed"):
        parse_webhook(header_objects({"content-encoding": "gzip"})[kind], BODY)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"headers": None}, "headers must be a mapping or pairs of names and values, in text or bytes: NoneType"),
        ({"headers": "a: b"}, "headers must be a mapping or pairs of names and values, in text or bytes: str"),
        ({"headers": 5}, "headers must be a mapping"),
        ({"headers": [("a",)]}, "headers must be a mapping"),
        ({"headers": {TIMESTAMP_HEADER: 5}}, "in text or bytes: dict"),
        ({"body": {"jobId": "job_1"}}, "the body must be bytes or text as it came, not dict"),
        ({"body": None}, "the body must be bytes or text as it came, not NoneType"),
        ({"secret": None}, "the secret must be bytes or text as it came, not NoneType"),
        ({"join": "."}, "join must be bytes or a function, not str"),
    ],
)
def test_wrong_arguments(changed: dict[str, Any], words: str) -> None:
    """A wrong argument is named, and is not taken for a wrong signature."""
    with pytest.raises(TypeError, match=words):
        verify(**{"headers": signed(), **changed})
    if changed.keys() & {"headers", "body"} and TIMESTAMP_HEADER not in str(changed):
        with pytest.raises(TypeError, match=words):
            parse_webhook(**{"headers": {}, "body": BODY, **changed})
