"""Facts from the public reference of the API: its addresses, job states and error codes.

Nothing here sends or receives. The rules and prices of requests are in the tables.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Literal, TypeAlias, get_args

BASE_URL = "https://api.muvi.video"
"""The address of the API, from the reference. A marketing page shows another host and other field names."""

KEY_VARIABLE = "PIXELBYTE_API_KEY"
"""The documented environment variable for the key; it is sent as `Authorization: Bearer <key>`."""

SUBMIT_PATH = "/v1/jobs/submit"
"""`POST`: creates a job and charges the balance at once. No idempotency key is documented."""

JOBS_PATH = "/v1/jobs"
"""`GET`: one page of jobs. Below it `/{jobId}` (`GET`) and `/{jobId}/cancel` (`POST`)."""

PAGE_JOBS = 20
"""The number of jobs on a page of the list if `limit` is left out."""

MOST_PAGE_JOBS = 100
"""The maximum `limit`."""

JobStatus: TypeAlias = Literal["pending", "processing", "completed", "failed", "cancelled"]
"""The states of a job. It is charged when it becomes pending, and refunded when it fails or is cancelled."""

JOB_STATUSES: tuple[JobStatus, ...] = get_args(JobStatus)
"""The states in the order in which a job goes through them."""

TERMINAL: frozenset[JobStatus] = frozenset({"completed", "failed", "cancelled"})
"""The final states."""

PROGRESS = MappingProxyType({"pending": 0, "processing": 50, "completed": 100})
"""The `progress` of a job by its state, if the reference states it."""

STATUS_OF_CODE = MappingProxyType(
    {
        "UNAUTHORIZED": 401,
        "INVALID_API_KEY": 401,
        "API_KEY_INACTIVE": 401,
        "API_KEY_EXPIRED": 401,
        "IP_NOT_WHITELISTED": 403,
        "OPERATION_NOT_ALLOWED": 403,
        "MODEL_NOT_FOUND": 404,
        "MODEL_VERSION_NOT_FOUND": 404,
        "MODEL_VERSION_NOT_ACTIVE": 400,
        "INVALID_MODEL_SLUG": 400,
        "MODEL_ACCESS_DENIED": 403,
        "INSUFFICIENT_BALANCE": 402,
        "INVALID_INPUT": 400,
        "JOB_NOT_FOUND": 404,
        "JOB_CANNOT_BE_CANCELLED": 400,
        "CONCURRENT_JOBS_EXCEEDED": 429,
        "INVALID_WEBHOOK_URL": 400,
        "USER_NOT_FOUND": 404,
        "USER_BANNED": 403,
        "USER_INACTIVE": 403,
        "UNAUTHORIZED_ACCESS": 403,
        "PUBSUB_PUBLISH_FAILED": 503,
        "INTERNAL_ERROR": 500,
    }
)
"""The HTTP status of every documented error code."""

OUTPUT_TYPES = ("video", "image", "audio", "text")
"""The types of the `outputs` of a job."""

TIMESTAMP_HEADER = "X-PixelByte-Timestamp"
"""The header with the time at which a webhook was signed, in Unix seconds."""

SIGNATURE_HEADER = "X-PixelByte-Signature"
"""The header with `sha256=` and the HMAC-SHA256 of timestamp and raw body; how they are joined is not documented."""
