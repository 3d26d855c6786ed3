"""A transport that follows a script, and both clients on it: one table of scenarios drives them alike."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import httpx2
from attrs import field, frozen

from ratecard.submit import AsyncClient, Client, Job

if TYPE_CHECKING:
    from collections.abc import Iterable

KEY = "pb_example_do_not_show"
START = datetime(2026, 11, 20, 12, tzinfo=UTC)
MODEL = "kling-plus/kling-o1-standard/text-to-video"
REQUEST = {"model": MODEL, "input": {"prompt": "a cat"}}
MICROS = 250_000  # 50,000 a second, and "5" is the default
BODY = b'{"input":{"duration":"5","prompt":"a cat"},"model":"kling-plus/kling-o1-standard/text-to-video"}'

Kind: TypeAlias = Literal["sync", "async"]
KINDS: tuple[Kind, ...] = ("sync", "async")

Answer: TypeAlias = Callable[[httpx2.Request], httpx2.Response]
Step: TypeAlias = Answer | BaseException


class FakeTime:
    """A clock that moves only when a wait sleeps."""

    def __init__(self) -> None:
        self.elapsed = 0.0
        self.sleeps: list[float] = []

    def now(self) -> datetime:
        """Return the instant."""
        return START + timedelta(seconds=self.elapsed)

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.sleeps.append(seconds)
        self.elapsed += seconds

    async def asleep(self, seconds: float) -> None:
        """Let time pass, awaited."""
        self.sleep(seconds)


def answer(status: int = 200, body: Any = None, **headers: str) -> Answer:
    """Return an answer, new each time; `body` is JSON data, or bytes as they are."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return lambda _: httpx2.Response(status, content=content, headers=named)


def refused(status: int, code: str, **headers: str) -> Answer:
    """Return a documented error."""
    error = {"code": code, "message": f"words of {code}", "details": {"field": "prompt"}}
    return answer(status, {"success": False, "error": error, "requestId": "req_1"}, **headers)


def receipt(cost: Any = MICROS, **changed: Any) -> Answer:
    """Return the documented answer to a submission."""
    body = {
        "jobId": "job_1",
        "requestId": "req_1",
        "status": "pending",
        "estimatedCompletionTime": "2026-11-20T12:04:00Z",
        "costMicroCents": cost,
    }
    return answer(200, {**body, **changed})


def job(status: str = "completed", **changed: Any) -> Answer:
    """Return the documented answer for a job."""
    done = status == "completed"
    body = {
        "jobId": "job_1",
        "status": status,
        "progress": {"pending": 0, "processing": 50}.get(status, 100),
        "output": "https://example.com/1.mp4" if done else None,
        "outputs": [{"url": "https://example.com/1.mp4", "type": "video"}] if done else None,
        "error": {"code": "GENERATION_FAILED", "message": "no cat"} if status == "failed" else None,
        "createdAt": "2026-11-20T12:00:01Z",
        "completedAt": "2026-11-20T12:04:00Z" if done else None,
    }
    return answer(200, {**body, **changed})


def page(*ids: str, cursor: str | None = None, **changed: Any) -> Answer:
    """Return one page of the list, with jobs of these names."""
    jobs = [{"jobId": name, "status": "pending", "model": MODEL, "createdAt": "2026-11-20T12:00:01Z"} for name in ids]
    return answer(200, {"jobs": jobs, "nextCursor": cursor, "hasMore": cursor is not None, **changed})


@frozen
class Run:
    """What came of a call: `result`, `error`, jobs `listed`, what was `sent`, `sleeps` of a wait, and the client."""

    result: Any
    error: BaseException | None
    listed: list[Job]
    sent: tuple[httpx2.Request, ...]
    sleeps: tuple[float, ...]
    client: Client | AsyncClient = field(eq=False, repr=False)

    @property
    def code(self) -> str | None:
        """The code of the error."""
        return getattr(self.error, "code", None)


def run(
    kind: Kind,
    script: Iterable[Step],
    method: str,
    *args: Any,
    settings: dict[str, Any] | None = None,
    time: FakeTime | None = None,
    **options: Any,
) -> Run:
    """Call a method of a client whose transport follows a script; lists are read to their end."""
    sent: list[httpx2.Request] = []
    steps = iter(script)
    time = time or FakeTime()

    def follow(request: httpx2.Request) -> httpx2.Response:
        sent.append(request)
        step = next(steps)
        if isinstance(step, BaseException):
            raise type(step)(*step.args)
        return step(request)

    transport = httpx2.MockTransport(follow)
    given: dict[str, Any] = {"now": time.now, **(settings or {})}
    client: Client | AsyncClient
    if kind == "sync":
        client = Client(KEY, **{"http_client": httpx2.Client(transport=transport), "sleep": time.sleep, **given})
    else:
        http = httpx2.AsyncClient(transport=transport)
        client = AsyncClient(KEY, **{"http_client": http, "sleep": time.asleep, **given})
    result: Any = None
    listed: list[Job] = []
    error: BaseException | None = None
    try:
        if isinstance(client, Client):
            result = _call(client, method, listed, *args, **options)
        else:
            result = asyncio.run(_acall(client, method, listed, *args, **options))
    except BaseException as raised:  # noqa: BLE001  interruptions are part of the scenarios
        error = raised.with_traceback(raised.__traceback__ and raised.__traceback__.tb_next)  # the script is in ours
    return Run(result, error, listed, tuple(sent), tuple(time.sleeps), client)


def _call(client: Client, method: str, listed: list[Job], *args: Any, **options: Any) -> Any:
    with client:
        result = getattr(client, method)(*args, **options)
        if method not in ("jobs", "find"):
            return result
        for job in result:
            listed.append(job)  # noqa: PERF402  an error must not lose the jobs before it
        return None


async def _acall(client: AsyncClient, method: str, listed: list[Job], *args: Any, **options: Any) -> Any:
    async with client:
        result = getattr(client, method)(*args, **options)
        if method not in ("jobs", "find"):
            return await result
        async for job in result:
            listed.append(job)  # noqa: PERF401  as above
        return None
