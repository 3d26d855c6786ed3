"""Both clients against the fake, through one door: what the tests of this folder share.

The fake's clock is the client's, and every pause moves it: nothing here waits, unless a real connection stays silent.
Every outcome is scanned for the key on its way through.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Literal, Self, TypeAlias, get_args

import httpx2
from attrs import field, frozen

from end_to_end.scanning import KEY, leaks_of
from ratecard.submit import (
    AsyncClient,
    Client,
    Receipt,
    SubmissionUncertain,
    UnreadableCharge,
)
from ratecard.testing import FakeApi

if TYPE_CHECKING:
    from collections.abc import Callable

MODEL = "kling-plus/kling-o1-standard/text-to-video"
REQUEST = {"model": MODEL, "input": {"prompt": "a cat"}}
MICROS = 250_000  # 50,000 a second, and "5" is the default

Kind: TypeAlias = Literal["sync", "async"]
KINDS: tuple[Kind, ...] = get_args(Kind)


def fake(**settings: Any) -> FakeApi:
    """Return a fake that knows the key of the tests."""
    return FakeApi(**{"key": KEY, **settings})


@frozen
class Outcome:
    """What came of a call: its `result`, or its `error`."""

    result: Any = None
    error: BaseException | None = field(default=None, repr=False)


class Caller:
    """A client of either kind, on the clock of a fake: over a real connection if `base_url` is given."""

    def __init__(self, kind: Kind, api: FakeApi, *, debug: bool = False, **settings: Any) -> None:
        self.sleeps: list[float] = []
        self.on_sleep: Callable[[], object] = bool
        self._api = api
        transport = settings.pop("transport", None) or api.transport()
        made: Any = httpx2.Client if kind == "sync" else httpx2.AsyncClient
        given = {
            "http_client": None if "base_url" in settings else made(transport=transport),
            "now": lambda: api.now,
            "sleep": self._sleep if kind == "sync" else self._asleep,
            **settings,
        }
        self._runner = asyncio.Runner(debug=debug)
        self.client: Any = Client(KEY, **given) if kind == "sync" else AsyncClient(KEY, **given)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if isinstance(self.client, Client):
            self.client.close()
        else:
            self._runner.run(self.client.aclose())
        self._runner.close()

    def _sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self._api.advance(seconds)
        self.on_sleep()

    async def _asleep(self, seconds: float) -> None:
        self._sleep(seconds)

    def call(self, method: str, *args: Any, **options: Any) -> Any:
        """Return what a method of the client returns; a list of what is iterated over."""
        if isinstance(self.client, Client):
            result = getattr(self.client, method)(*args, **options)
            return list(result) if method in ("jobs", "find") else result
        return self._runner.run(self._awaited(method, args, options))

    async def _awaited(self, method: str, args: Any, options: Any) -> Any:
        result = getattr(self.client, method)(*args, **options)
        return [job async for job in result] if method in ("jobs", "find") else await result

    def attempt(self, method: str, *args: Any, **options: Any) -> Outcome:
        """Return what came of a call. The key must be in no part of it."""
        try:
            outcome = Outcome(self.call(method, *args, **options))
        except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001  judged by the tests
            outcome = Outcome(error=error)
        leaks = leaks_of(outcome.result, outcome.error, self.client)
        assert not leaks, leaks[0][:2_000]
        return outcome

    def heard_of(self, outcome: Outcome) -> set[str]:
        """Return the jobs that a caller knows of after a submission, and what the search finds after a lost one."""
        match outcome:
            case Outcome(Receipt() as receipt):
                return {receipt.job_id}
            case Outcome(error=SubmissionUncertain() as error):
                return {job.job_id for job in self.call("find", error.attempt)}
            case Outcome(error=UnreadableCharge() as error):
                return {error.job_id}
        return set()


def made_by(api: FakeApi) -> set[str]:
    """Return the jobs that a fake created."""
    return {job.job_id for job in api.jobs}


def sends(api: FakeApi) -> int:
    """Return how many submissions arrived at a fake."""
    return sum(request.target == "/v1/jobs/submit" for request in api.requests)
