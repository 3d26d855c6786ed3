"""What real clients of paid APIs got wrong, from the call to the books of the fake: one class for each trap.

The clients alone are held to them in `tests/submit/test_traps.py`; here it is what arrives and what is charged.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import invented
import strategies
from end_to_end.playing import KINDS, MICROS, MODEL, REQUEST, Caller, Kind, Outcome, fake
from ratecard import InvalidRequest, NotPriced, Quote, example_request, quote, try_quote
from ratecard._api import TERMINAL
from ratecard.submit import JobEnded, OverMaximum, QuoteChanged, SubmissionUncertain
from ratecard.testing import MEASURED, START, error

both = pytest.mark.parametrize("kind", KINDS)
BUSY = "CONCURRENT_JOBS_EXCEEDED"
SETS = {  # by hand, from the tables: of these fields one must be there
    "kling-plus/kling-o3-standard/reference-to-video": ("images", "video_url"),
}


@both
class TestTrap36:
    """Trap 36: a rule between fields is discovered after the request was sent, or paid for."""

    @pytest.mark.parametrize("model", SETS)
    def test_one_of_several(self, kind: Kind, model: str) -> None:
        """Without any of the fields nothing is sent, and the error points to where they belong and names them all."""
        with Caller(kind, api := fake()) as caller:
            told = caller.attempt("submit", {"model": model, "input": {"prompt": "a cat"}}).error
            assert isinstance(told, InvalidRequest)
            (problem,) = told.report.errors
            assert problem.pointer == "/input"
            assert all(name in problem.message for name in SETS[model])
            assert api.requests == ()
            good = {"model": model, "input": {"prompt": "a cat", "video_url": "https://example.com/c.mp4"}}
            assert caller.attempt("submit", good).error is None
            assert len(api.jobs) == 1

    @pytest.mark.parametrize(
        "model", ["kling-plus/kling-o1-standard/reference-to-video", "bytedance/seedance-2.0/omni-reference"]
    )
    def test_one_that_is_assumed(self, kind: Kind, model: str) -> None:
        """A rule that no page states is refused before anything is sent if that is asked for."""
        with Caller(kind, api := fake()) as caller:
            told = caller.attempt("submit", {"model": model, "input": {"prompt": "a cat"}}, strict=True).error
            assert isinstance(told, InvalidRequest)
            assert {problem.code for problem in told.report.errors} == {"missing_one_of"}
            assert api.requests == ()

    @settings(max_examples=25)
    @given(broken=strategies.broken())
    def test_anything_broken(self, kind: Kind, broken: strategies.Broken) -> None:
        """Nothing that is refused is sent, and nothing that is quoted is refused by an API with the same tables."""
        with Caller(kind, api := fake()) as caller:
            outcome = caller.attempt("submit", broken.request)
            if isinstance(try_quote(broken.request), Quote):
                assert outcome.error is None
            else:
                assert isinstance(outcome.error, InvalidRequest | NotPriced)
                assert api.requests == ()


@both
class TestTrap37:
    """Trap 37: a paid POST is sent again. How often it is sent with each fault is counted in `test_loopback`."""

    def test_which_it_may_be(self, kind: Kind) -> None:
        """Of all listed jobs, the one of that model and that time may be it; the search finds the same."""
        other = {"model": "kling/kling-text2video-v25/text-to-video", "input": {"prompt": "a cat"}}
        with Caller(kind, api := fake()) as caller:
            caller.attempt("submit", REQUEST)
            api.advance(301)  # beyond what clocks may be apart
            sent = [*[BUSY] * 2, "INTERNAL_ERROR"]
            for code in sent:
                api.fail(error(code, processed=code != BUSY), on="submit")
            told = caller.attempt("submit", REQUEST).error
            caller.attempt("submit", other)
            api.advance(301)
            caller.attempt("submit", REQUEST)
            assert isinstance(told, SubmissionUncertain)
            assert told.attempt.started == told.attempt.ended == START + timedelta(seconds=301)
            assert caller.heard_of(Outcome(error=told)) == {"job_00000002"}


@both
class TestTrap38:
    """Trap 38: what stands for a request is used for another one."""

    def test_another_body(self, kind: Kind) -> None:
        """The quote of one request does not admit another selection, even at the same price; the digest tells more."""
        twin = {"model": MODEL, "input": {"prompt": "a dog"}}
        longer = {"model": MODEL, "input": {"prompt": "a cat", "duration": "10"}}
        with Caller(kind, api := fake()) as caller:
            expected = quote(REQUEST)
            assert type(caller.attempt("submit", longer, expect=expected).error) is QuoteChanged
            assert api.requests == ()
            digests = {caller.client.plan(one).digest for one in (REQUEST, twin, longer)}
            assert len(digests) == 3
            spelled = {"input": {"duration": "5", "prompt": "a cat"}, "model": MODEL}
            assert caller.client.plan(spelled).digest in digests

    def test_the_same_price(self, kind: Kind) -> None:
        """Two options that multiply to one price are two selections."""
        one, other = invented.request(duration="8"), invented.request(duration="4", sound=True)
        same = invented.PRICE.replace("1.5", "2")
        tables = invented.catalog(same)
        expected = quote(one, catalog=tables)
        assert expected.usd_micros == quote(other, catalog=tables).usd_micros
        with Caller(kind, api := fake(catalog=tables), catalog=tables) as caller:
            assert type(caller.attempt("submit", other, expect=expected).error) is QuoteChanged
            assert api.requests == ()
            assert caller.attempt("submit", one, expect=expected).result.charged_micros == expected.usd_micros

    def test_what_was_lost(self, kind: Kind) -> None:
        """An uncertain submission has the digest of the bytes that arrived."""
        with Caller(kind, api := fake()) as caller:
            api.fail("INTERNAL_ERROR", on="submit")
            told = caller.attempt("submit", REQUEST).error
            assert isinstance(told, SubmissionUncertain)
            (request,) = api.requests
            assert (told.attempt.plan, told.attempt.plan.body) == (caller.client.plan(REQUEST), request.body)
            assert request.data["input"] == {"prompt": "a cat", "duration": "5"}


@both
class TestTrap39:
    """Trap 39: what is charged is not what was quoted."""

    @settings(max_examples=25)
    @given(data=st.data())
    def test_every_model(self, kind: Kind, data: st.DataObject) -> None:
        """Whatever the tables price is charged as quoted, and the default that was quoted is written out."""
        request = data.draw(strategies.requests())
        with Caller(kind, api := fake(balance_usd="100000")) as caller:
            quoted = try_quote(request)
            outcome = caller.attempt("submit", request)
            if isinstance(quoted, Quote):
                (job,) = api.jobs
                assert job.charged_micros == outcome.result.charged_micros == quoted.usd_micros
                defaults = {one.field: one.value for one in quoted.factors if one.origin == "default"}
                assert job.request["input"] == {**request["input"], **defaults}
            else:
                assert isinstance(outcome.error, NotPriced)
                assert api.requests == ()

    def test_what_is_measured(self, kind: Kind) -> None:
        """What is measured prices a request, and is not sent."""
        request = example_request("kling/kling-motion-create-v3/motion-transfer-to-video")
        with Caller(kind, api := fake()) as caller:
            receipt = caller.attempt("submit", request, measured=MEASURED).result
            assert receipt.charged_micros == api.charged_micros == receipt.quoted.usd_micros
            assert api.jobs[0].request["input"] == {**request["input"], "quality": "std"}

    def test_a_price_that_changed(self, kind: Kind) -> None:
        """The API has new prices: the receipt says both, and one that is above the maximum is at least not silent."""
        old, new = invented.catalog(), invented.catalog(invented.PRICE.replace("10_000", "20_000"))
        with Caller(kind, api := fake(catalog=new), catalog=old) as caller:
            receipt = caller.attempt("submit", invented.request(), max_usd="0.05").result
            assert (receipt.quoted.usd_micros, receipt.charged_micros, receipt.drift_micros) == (40_000, 80_000, 40_000)
            assert api.charged_micros == 80_000
        with Caller(kind, api := fake(catalog=new), catalog=new) as caller:
            expected = quote(invented.request(), catalog=old)
            assert type(caller.attempt("submit", invented.request(), expect=expected).error) is QuoteChanged
            assert type(caller.attempt("submit", invented.request(), max_usd="0.05").error) is OverMaximum
            assert api.requests == ()


@both
@pytest.mark.parametrize("end", sorted(TERMINAL))
@pytest.mark.parametrize("begun", [False, True])
def test_trap_40_a_terminal_state_is_missed(kind: Kind, end: Any, *, begun: bool) -> None:
    """Trap 40: every terminal state ends a wait at the next look, from wherever it is reached."""
    with Caller(kind, api := fake()) as caller:
        receipt = caller.attempt("submit", REQUEST).result
        if begun:
            api.advance(1)
        api.finish(receipt.job_id, end)
        outcome = caller.attempt("wait", receipt.job_id, timeout=100.0)
        assert type(outcome.error) is (type(None) if end == "completed" else JobEnded)
        assert len(api.requests) == 2
        assert api.balance_micros == 100_000_000 - (MICROS if end == "completed" else 0)
