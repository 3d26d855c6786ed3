"""A transport that follows a script, and both clients run on it: one table of scenarios drives them alike."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import httpx
from attrs import field, frozen

from ratecard.submit import AsyncClient, Client

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

Answer: TypeAlias = Callable[[httpx.Request], httpx.Response]
Step: TypeAlias = Answer | BaseException


class FakeTime:
    """A clock that only moves when someone sleeps, and a chance that is always the same."""

    def __init__(self, chance: float = 0.5) -> None:
        self.elapsed = 0.0
        self.sleeps: list[float] = []
        self.chance = chance

    def now(self) -> datetime:
        """Return the instant."""
        return START + timedelta(seconds=self.elapsed)

    def monotonic(self) -> float:
        """Return the seconds since some start."""
        return 1_000.0 + self.elapsed

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.sleeps.append(seconds)
        self.elapsed += seconds

    async def asleep(self, seconds: float) -> None:
        """Let time pass, awaited."""
        self.sleep(seconds)

    def random(self) -> float:
        """Return the chance."""
        return self.chance


def answer(status: int = 200, body: Any = None, **headers: str) -> Answer:
    """Return an answer, new each time; `body` is JSON data, or bytes as they are."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return lambda _: httpx.Response(status, content=content, headers=named)


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
    jobs = [{"jobId": one, "status": "pending", "model": MODEL, "createdAt": "2026-11-20T12:00:01Z"} for one in ids]
    return answer(200, {"jobs": jobs, "nextCursor": cursor, "hasMore": cursor is not None, **changed})


@frozen
class Run:
    """What came of a call: its `result` or its `error`, what was `sent`, and the `sleeps` in between."""

    result: Any
    error: BaseException | None
    sent: tuple[httpx.Request, ...]
    sleeps: tuple[float, ...]
    time: FakeTime = field(eq=False)


def run(
    kind: Kind,
    script: Iterable[Step],
    method: str,
    *args: Any,
    settings: dict[str, Any] | None = None,
    time: FakeTime | None = None,
    **options: Any,
) -> Run:
    """Call a method of a client whose transport follows a script; a list is made of what is iterated over."""
    sent: list[httpx.Request] = []
    steps = iter(script)
    time = time or FakeTime()

    def follow(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        step = next(steps)
        if isinstance(step, BaseException):
            raise type(step)(*step.args)
        return step(request)

    given: dict[str, Any] = {
        "transport": httpx.MockTransport(follow),
        "now": time.now,
        "monotonic": time.monotonic,
        "random": time.random,
        **(settings or {}),
    }
    result: Any = None
    error: BaseException | None = None
    try:
        if kind == "sync":
            result = _call(Client(KEY, sleep=time.sleep, **given), method, *args, **options)
        else:
            result = asyncio.run(_acall(AsyncClient(KEY, sleep=time.asleep, **given), method, *args, **options))
    except BaseException as raised:  # noqa: BLE001  interruptions are part of the scenarios
        error = raised
    return Run(result, error, tuple(sent), tuple(time.sleeps), time)


def _call(client: Client, method: str, *args: Any, **options: Any) -> Any:
    with client:
        result = getattr(client, method)(*args, **options)
        return list(result) if method == "jobs" else result


async def _acall(client: AsyncClient, method: str, *args: Any, **options: Any) -> Any:
    async with client:
        result = getattr(client, method)(*args, **options)
        return [one async for one in result] if method == "jobs" else await result
