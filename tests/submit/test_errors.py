"""The errors: one tree, a code for everything documented, useful words for everything else."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

import ratecard.submit as submit_package
from ratecard import RatecardError, quote
from ratecard._api import STATUS_OF_CODE
from ratecard.submit import (
    ApiError,
    BadKey,
    BadSignature,
    Client,
    OverMaximum,
    QuoteChanged,
    WaitTimeout,
    plan,
    verify_signature,
)
from submit.scenarios import SCENARIOS
from submit.scripted import REQUEST, answer, refused, run

CLASSES = {kind for kind in vars(submit_package).values() if isinstance(kind, type) and issubclass(kind, Exception)}


def test_the_tree() -> None:
    """Every error can be caught as a RatecardError; those of the API as ApiError, the others as ValueError."""
    others = {BadKey, BadSignature, OverMaximum, QuoteChanged}
    assert len(CLASSES) == 9
    for kind in CLASSES:
        assert issubclass(kind, RatecardError)
        assert issubclass(kind, ValueError if kind in others else ApiError)
    assert issubclass(WaitTimeout, TimeoutError)


def test_documented() -> None:
    """A documented error has all that the answer says."""
    for code, status in STATUS_OF_CODE.items():
        error = run("sync", [refused(status, code)] * 4, "job", "job_1").error
        assert type(error) is ApiError
        assert (error.status, error.code, error.message) == (status, code, f"words of {code}")
        assert (error.details, error.request_id, error.retry_after) == ({"field": "prompt"}, "req_1", None)
        assert str(error) == f"{status} {code}: words of {code} (request req_1)"


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (401, b"", "401: the answer is empty"),
        (403, b"<html>\n\x1b[31mno", "403: <html>\\u000a\\u001b[31mno"),
        (404, {"error": "not here"}, "404: not here"),
        (404, {"message": "x"}, '404: {"message": "x"}'),
        (418, {"error": {"code": "TEA\nPOT", "message": "x\ny"}}, "418 TEA\\u000aPOT: x\\u000ay"),
        (429, [], "429: []"),
        (500, "x" * 900, f'500: "{"x" * 199}'),
        (500, {"error": {"message": "x" * 900}}, f"500: {'x' * 200}"),
        (599, {"error": {"code": 5, "message": []}}, '599: {"error": {"code": 5, "message": []}}'),
        (400, b"\xff\xfe", "400: \ufffd\ufffd"),
    ],
)
def test_undocumented(status: int, body: Any, words: str) -> None:
    """An unknown code, or a body of any form, gives a useful error in one short line."""
    error = run("sync", [answer(status, body)] * 4, "job", "job_1").error
    assert (type(error), str(error)) == (ApiError, words)


def raised() -> list[BaseException]:
    """Return an error of every kind."""
    longer = quote({**REQUEST, "input": {"prompt": "a", "duration": "10"}})
    found: list[BaseException | None] = []
    for one in SCENARIOS:
        found += [run("sync", one.script, one.method, *one.args, **one.options).error]
    for call in (
        lambda: verify_signature({}, b"", "x", join=b""),
        lambda: plan(REQUEST, max_usd=0),
        lambda: plan(REQUEST, expect=longer),
        lambda: Client(""),
    ):
        with pytest.raises(RatecardError) as caught:
            call()
        found.append(caught.value)
    return [error for error in found if error is not None and type(error) in CLASSES]


def test_they_can_be_carried() -> None:
    """Every error survives pickling and copying: its type, its words, its attributes and its notes."""
    found = raised()
    assert {type(error) for error in found} == CLASSES
    for error in found:
        error.add_note("a note")
        for carried in (pickle.loads(pickle.dumps(error)), copy.copy(error)):  # noqa: S301  its own
            assert (type(carried), str(carried)) == (type(error), str(error))
            values = {name: repr(value) for name, value in vars(error).items()}
            assert {name: repr(value) for name, value in vars(carried).items()} == values
