"""Whatever interrupts a submission, and whenever: either nothing was sent, or the attempt is not lost."""

from __future__ import annotations

import asyncio
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import httpx2
import pytest
import stamina

import ratecard.submit
from ratecard.submit import AsyncClient, Attempt, Client, SubmissionUncertain, plan
from submit.scripted import BODY, KEY, KINDS, MODEL, REQUEST, START, Kind, answer, receipt, refused, run

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from types import FrameType

FOLDER = str(Path(ratecard.submit.__file__).parent)


class World:
    """A client whose submissions create a job and are then answered late, or never."""

    def __init__(self, seconds: float = 60.0) -> None:
        self.created = 0
        self._seconds = seconds
        http = httpx2.AsyncClient(transport=httpx2.MockTransport(self._answer))
        self.client = AsyncClient(KEY, http_client=http)

    async def _answer(self, request: httpx2.Request) -> httpx2.Response:
        self.created += 1
        await asyncio.sleep(self._seconds)
        return receipt()(request)

    def check(self, error: BaseException | None) -> None:
        """Demand that the one submission is known in every documented place."""
        (attempt,) = self.client.unsettled
        assert (attempt.plan.quote.model, attempt.plan.digest, attempt.may_have_arrived) == (
            MODEL,
            plan(REQUEST).digest,
            True,
        )
        assert attempt.ended is not None
        chain = []
        while error is not None:
            chain.append(error)
            error = error.__cause__ or error.__context__
        assert not chain or attempt in [getattr(one, "attempt", None) for one in chain]


async def _timeout(submit: Callable[[], Awaitable[object]]) -> None:
    async with asyncio.timeout(0.05):
        await submit()


async def _wait_for(submit: Callable[[], Any]) -> None:
    await asyncio.wait_for(submit(), 0.05)


async def _fail_after(submit: Callable[[], Awaitable[object]]) -> None:
    with anyio.fail_after(0.05):
        await submit()


async def _move_on_after(submit: Callable[[], Awaitable[object]]) -> None:
    with anyio.move_on_after(0.05):
        await submit()


async def _sibling(submit: Callable[[], Any]) -> None:
    async def fail() -> None:
        await asyncio.sleep(0.05)
        raise LookupError

    async with asyncio.TaskGroup() as group:
        group.create_task(submit())
        group.create_task(fail())


async def _cancel(submit: Callable[[], Any]) -> None:
    task = asyncio.ensure_future(submit())
    await asyncio.sleep(0.05)
    task.cancel()
    await task


@pytest.mark.parametrize("how", [_timeout, _wait_for, _fail_after, _move_on_after, _sibling, _cancel])
def test_a_deadline_of_the_caller(how: Any, caplog: pytest.LogCaptureFixture) -> None:
    """However a task is cancelled, the attempt is in `unsettled`, logged, and on the CancelledError."""

    async def main() -> tuple[World, BaseException | None]:
        world = World()
        try:
            await how(lambda: world.client.submit(REQUEST))
        except BaseException as error:  # noqa: BLE001  any kind
            return world, error
        return world, None

    world, error = asyncio.run(main())
    assert world.created == 1
    world.check(None if isinstance(error, ExceptionGroup) else error)
    (record,) = [record for record in caplog.records if record.levelno == logging.WARNING]
    digest = plan(REQUEST).digest[:12]
    assert record.name == "ratecard.submit"
    assert record.getMessage() == f"uncertain: a job of {MODEL} may exist (request {digest})"


def test_a_task_cancelled_at_any_step() -> None:
    """After any number of steps of the event loop: a receipt, the attempt, or nothing was sent."""

    async def cancelled_after(steps: int) -> str:
        world = World(0)
        task = asyncio.create_task(world.client.submit(REQUEST))
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        try:
            assert (await task).job_id == "job_1"
        except asyncio.CancelledError as error:
            has_attempt = hasattr(error, "attempt")
            assert has_attempt or not world.created
            assert len(world.client.unsettled) == has_attempt
            return "attempt" if has_attempt else "nothing was sent"
        assert world.client.unsettled == []
        return "receipt"

    assert {asyncio.run(cancelled_after(steps)) for steps in range(25)} == {"attempt", "nothing was sent", "receipt"}


def test_ctrl_c_at_any_line() -> None:
    """Ctrl-C before any line of the submitter: a receipt, the attempt, or nothing was sent."""
    line, outcomes = 0, set()
    while "receipt" not in outcomes:
        line += 1
        outcomes.add(_interrupted_at(line))
    assert outcomes == {"nothing was sent", "attempt", "receipt"}
    assert line > 100


def _interrupted_at(line: int) -> str:
    sent: list[httpx2.Request] = []
    left = line

    def follow(request: httpx2.Request) -> httpx2.Response:
        sent.append(request)
        return receipt(300_000)(request)  # another charge than the quote has the most lines

    def trace(frame: FrameType, event: str, _: object) -> Any:
        nonlocal left
        if not frame.f_code.co_filename.startswith(FOLDER):
            return None
        left -= event == "line"
        if left == 0:
            left = -1
            raise KeyboardInterrupt
        return trace

    client = Client(KEY, http_client=httpx2.Client(transport=httpx2.MockTransport(follow)))
    before = sys.gettrace()
    sys.settrace(trace)
    try:
        client.submit(REQUEST)
    except KeyboardInterrupt as error:
        sys.settrace(before)
        attempt = getattr(error, "attempt", None)
        assert attempt in [*client.unsettled, None]
        if client.unsettled:
            return "attempt"
        assert sent == []
        return "nothing was sent"
    finally:
        sys.settrace(before)
    return "receipt"


def test_what_is_known() -> None:
    """The attempt says what was sent, when, at which price, what came back; so does the note on the interruption."""
    error = run("sync", [KeyboardInterrupt()], "submit", REQUEST).error
    assert isinstance(error, KeyboardInterrupt)
    attempt: Attempt = error.attempt  # type: ignore[attr-defined]
    assert (attempt.started, attempt.ended, attempt.cause) == (START, START, "KeyboardInterrupt")
    assert (attempt.plan.body, attempt.plan.quote.usd_micros) == (BODY, 250_000)
    (note,) = error.__notes__
    instant = "2026-11-20T12:00:00+00:00"
    assert note == (
        f"ratecard: a job of {MODEL} may have been created and charged ($0.25) since {instant}: KeyboardInterrupt"
    )
    lost = run("async", [refused(500, "INTERNAL_ERROR")], "submit", REQUEST).error
    assert isinstance(lost, SubmissionUncertain)
    assert (lost.status, lost.code, lost.request_id) == (500, "INTERNAL_ERROR", "req_1")
    assert "500 INTERNAL_ERROR: words of INTERNAL_ERROR" in str(lost)
    assert "do not just send it again" in str(lost)
    named = run("sync", [answer(500, {"jobId": "job_9"})], "submit", REQUEST).error
    assert isinstance(named, SubmissionUncertain)
    assert named.attempt.job_id == "job_9"
    assert str(named).startswith(f"job job_9 of {MODEL} may have been created")


@pytest.mark.parametrize("kind", KINDS)
def test_no_time_at_all(kind: Kind) -> None:
    """A submission whose time is over before it is sent is not sent."""
    done = run(kind, [receipt()], "submit", REQUEST, within=1e-9)
    assert (done.code, done.sent, hasattr(done.error, "attempt")) == ("no_answer", (), False)


def test_between_attempts() -> None:
    """While a refused submission waits to be sent again, an interruption is not uncertain."""

    def interrupt(_: object) -> None:
        raise KeyboardInterrupt

    hooks = stamina.instrumentation.get_on_retry_hooks()
    stamina.instrumentation.set_on_retry_hooks([interrupt])  # type: ignore[list-item]  # never returns
    try:
        done = run("sync", [httpx2.ConnectError("x"), receipt()], "submit", REQUEST)
    finally:
        stamina.instrumentation.set_on_retry_hooks(hooks)
    assert type(done.error) is KeyboardInterrupt
    assert not hasattr(done.error, "attempt")
    assert done.client.unsettled == []
