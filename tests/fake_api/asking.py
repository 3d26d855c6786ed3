"""Asking a fake without any transport: what the tests of this folder share."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ratecard.testing import FakeAnswer, FakeApi, FakeJob

KEY = {"Authorization": "Bearer pb_test"}
MODEL = "kling-plus/kling-o1-standard/text-to-video"
MICROS = 250_000  # five seconds of it, by its page: 50,000 x 5
OTHER = "kling/kling-text2video-v25/text-to-video"
REQUEST: dict[str, Any] = {"model": MODEL, "input": {"prompt": "a cat"}}
BODY = json.dumps(REQUEST).encode()


def ask(api: FakeApi, method: str, target: str, body: bytes = b"") -> FakeAnswer:
    """Return the answer to one request with the usual key."""
    return api.answer(method, target, KEY, body)


def submit(api: FakeApi, request: object = REQUEST) -> FakeAnswer:
    """Return the answer to a submission."""
    return ask(api, "POST", "/v1/jobs/submit", json.dumps(request).encode())


def submitted(api: FakeApi, request: object = REQUEST) -> FakeJob:
    """Submit, and return the job that came of it."""
    return api.job(submit(api, request).data["jobId"])


def code_of(answer: FakeAnswer) -> str:
    """Return the code of an error, whose body has the documented shape and nothing else."""
    data = answer.data
    assert data.keys() == {"success", "error", "requestId"}
    assert data["success"] is False
    assert {"code", "message"} <= data["error"].keys() <= {"code", "message", "details"}
    code: str = data["error"]["code"]
    return code
