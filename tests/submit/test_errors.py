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
    OverMaximum,
    PriceDriftWarning,
    QuoteChanged,
    WaitTimeout,
    plan,
    verify_signature,
)
from submit.scenarios import SCENARIOS, Scenario
from submit.scripted import REQUEST, answer, refused, run


def test_the_tree() -> None:
    """Every error can be caught as a RatecardError; those of the API as ApiError, the others as ValueError."""
    classes = {kind for kind in vars(submit_package).values() if isinstance(kind, type) and issubclass(kind, Exception)}
    others = {BadKey, BadSignature, OverMaximum, QuoteChanged}
    assert len(classes) == 11
    for kind in classes - {PriceDriftWarning}:
        assert issubclass(kind, RatecardError)
        assert issubclass(kind, ValueError if kind in others else ApiError)
    assert issubclass(WaitTimeout, TimeoutError)


@pytest.mark.parametrize("code", STATUS_OF_CODE)
def test_documented(code: str) -> None:
    """A documented error has all that the answer says."""
    error = run("sync", [refused(STATUS_OF_CODE[code], code)] * 4, "job", "job_1").error
    assert type(error) is ApiError
    assert (error.status, error.code, error.message) == (STATUS_OF_CODE[code], code, f"words of {code}")
    assert (error.details, error.request_id, error.retry_after) == ({"field": "prompt"}, "req_1", None)
    assert str(error) == f"{error.status} {code}: words of {code} (request req_1)"


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (401, b"", "401: the answer is empty"),
        (403, b"<html>\n\x1b[31mno", "403: <html>\\u000a\\u001b[31mno"),
        (404, {"error": "not here"}, "404: not here"),
        (404, {"message": "x"}, '404: {"message": "x"}'),
        (
            418,
            {"error": {"code": "TEA\nPOT", "message": "short\nand stout"}},
            "418 TEA\\u000aPOT: short\\u000aand stout",
        ),
        (429, [], "429: []"),
        (500, "x" * 900, f'500: "{"x" * 199}'),
        (599, {"error": {"code": 5, "message": []}}, '599: {"error": {"code": 5, "message": []}}'),
        (307, b"", "307: the answer is empty"),
        (400, b"\xff\xfe", "400: \ufffd\ufffd"),
    ],
)
def test_undocumented(status: int, body: Any, words: str) -> None:
    """An unknown code, or a body of any form, gives a useful error in one short line."""
    error = run("sync", [answer(status, body)] * 4, "job", "job_1").error
    assert type(error) is ApiError
    assert str(error) == words


def raised() -> list[BaseException]:
    """Return an error of every kind that the scenarios and the plans raise."""
    found: list[BaseException] = []
    with pytest.raises(ValueError, match="is missing") as refused_webhook:
        verify_signature({}, b"", "x", join=b"")
    found.append(refused_webhook.value)
    for scenario in SCENARIOS:
        found += filter(None, [outcome(scenario)])
    for options in (
        {"max_usd": 0},
        {"expect": quote({"model": REQUEST["model"], "input": {"prompt": "a", "duration": "10"}})},
    ):
        with pytest.raises((OverMaximum, QuoteChanged)) as caught:
            plan(REQUEST, **options)
        found.append(caught.value)
    return found


def outcome(scenario: Scenario) -> BaseException | None:
    """Return the error of a scenario."""
    options = {"settings": scenario.settings, **scenario.options}
    return run("sync", scenario.script, scenario.method, *scenario.args, **options).error


def test_they_can_be_carried() -> None:
    """Every error survives pickling and copying: its type, its words, its attributes and its notes."""
    found = raised()
    names = {type(error).__name__ for error in found}
    assert {
        "SubmissionUncertain",
        "UnreadableCharge",
        "PriceDrift",
        "WaitTimeout",
        "JobEnded",
        "BadSignature",
        "QuoteChanged",
    } <= names
    for error in found:
        error.add_note("a note")
        for carried in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):  # noqa: S301  its own
            assert type(carried) is type(error)
            assert str(carried) == str(error)
            assert {name: repr(value) for name, value in vars(carried).items()} == {
                name: repr(value) for name, value in vars(error).items()
            }
