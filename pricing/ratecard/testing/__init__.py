"""For tests of code that talks to the API: a fake that behaves as documented, and fails on demand.

`FakeApi` answers without a socket, as a transport of httpx2, or as a real server on the loopback interface; the last
two need the extra `testing`. Nothing here ever reaches the real API, and nothing costs money.

>>> from ratecard.testing import TIMEOUT_AFTER, FakeApi, example_request
>>> import json
>>> api = FakeApi()
>>> api.fail(TIMEOUT_AFTER, on="submit")
>>> body = json.dumps(example_request("kling-plus/kling-o1-standard/text-to-video")).encode()
>>> answer = api.answer("POST", "/v1/jobs/submit", {"Authorization": "Bearer pb_test"}, body)
>>> answer.delivery, len(api.jobs), api.charged_micros
('silent', 1, 250000)
"""

from __future__ import annotations

from ratecard.testing._books import FakeJob
from ratecard.testing._examples import example_request
from ratecard.testing._fake import MEASURED, START, TYPICAL_SECONDS, FakeApi
from ratecard.testing._faults import (
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
    FakeFault,
    JobError,
    cut,
    error,
    job_failure,
    overcharge,
    redirect,
)
from ratecard.testing._http import MAX_BODY_BYTES, FakeAnswer, FakeRequest
from ratecard.testing._keys import FakeKey

__all__ = [
    "BAD_GATEWAY_AFTER",
    "BAD_GATEWAY_BEFORE",
    "CHARGE_AS_FLOAT",
    "CHARGE_AS_FRACTION",
    "CHARGE_AS_NULL",
    "CHARGE_AS_TEXT",
    "CHARGE_MISSING",
    "CUT_AFTER",
    "CUT_BEFORE",
    "CUT_WITHIN",
    "EMPTY",
    "FAULTS",
    "GARBAGE",
    "MAX_BODY_BYTES",
    "MEASURED",
    "REFUSE",
    "RESET_AFTER",
    "RESET_BEFORE",
    "START",
    "TIMEOUT_AFTER",
    "TIMEOUT_BEFORE",
    "TRUNCATED",
    "TYPICAL_SECONDS",
    "FakeAnswer",
    "FakeApi",
    "FakeFault",
    "FakeJob",
    "FakeKey",
    "FakeRequest",
    "JobError",
    "cut",
    "error",
    "example_request",
    "job_failure",
    "overcharge",
    "redirect",
]
