"""What would be sent: judged, priced and written down before anything leaves."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any

import httpx2
import pytest
from attrs import evolve
from hypothesis import example, given, settings
from hypothesis import strategies as st

import invented
from ratecard import Catalog, InvalidRequest, quote
from ratecard.submit import Client, OverMaximum, Plan, QuoteChanged, checked_base_url, plan
from ratecard_rules import load_model
from strategies import json_values, priced
from submit.scripted import BODY, KEY, KINDS, MODEL, REQUEST, Kind, receipt, run


def sent(planned: Plan) -> Any:
    """Return the request that would be sent."""
    return json.loads(planned.body)


class TestWhatIsSentIsWhatWasPriced:
    """The body is the request that was judged, with the defaults that were priced written out."""

    @given(priced())
    def test_for_every_model(self, drawn: tuple[dict[str, Any], dict[str, Any]]) -> None:
        """The body costs what the plan says, without any default, and differs from the request by those alone."""
        request, measured = drawn
        before = json.dumps(request)
        planned = plan(request, measured=measured)
        again = quote(sent(planned), measured=measured)
        assert (again.usd_micros, again.exact) == (planned.quote.usd_micros, planned.quote.exact)
        assert all(one.origin != "default" for one in again.factors)
        assert json.dumps(request) == before
        added = {one.field: one.value for one in planned.quote.factors if one.origin == "default"}
        assert sent(planned) == {**request, "input": {**request["input"], **added}}
        assert not measured.keys() & sent(planned)["input"].keys()

    @settings(max_examples=15)
    @given(st.recursive(json_values | st.binary(max_size=3) | st.floats() | st.tuples(st.text()), st.lists))
    def test_any_object(self, anything: Any) -> None:
        """Any object is refused with a report, alone and as a field that is not known; or it is written as JSON."""
        with pytest.raises(InvalidRequest):
            plan(anything)
        catalog = invented.catalog(complete=False)
        try:
            planned = plan(invented.request(other=anything), catalog=catalog)
        except InvalidRequest:
            return
        assert sent(planned)["input"].keys() == {"prompt", "other", "duration", "sound"}

    def test_golden(self) -> None:
        """The bytes are sorted, without blanks, in UTF-8; the text for people masks the key and keeps to its lines."""
        assert plan(REQUEST).body == BODY
        planned = plan({"model": MODEL, "input": {"prompt": "né \x9b"}})
        assert b"n\xc3\xa9 \xc2\x9b" in planned.body
        assert "né \\u009b" in str(planned)
        assert "Authorization: Bearer ***" in str(planned)

    def test_strictly(self) -> None:
        """`strict` refuses what rests on uncertain knowledge."""
        request = invented.request(other=1)
        catalog = invented.catalog(complete=False)
        assert sent(plan(request, catalog=catalog))["input"]["other"] == 1
        with pytest.raises(InvalidRequest):
            plan(request, catalog=catalog, strict=True)


class Sly(dict[Any, Any]):
    """A dict whose methods deny what it holds."""

    def get(self, *_: object) -> None:
        """Find nothing."""

    def items(self) -> Any:
        """List nothing."""
        return []

    def __contains__(self, _: object) -> bool:
        return False

    def __getitem__(self, key: object) -> object:
        return {"prompt": "a cat", "duration": "10"} if key == "input" else super().__getitem__(key)

    def __iter__(self) -> Any:
        return iter(["model"])


class Text(str):
    """A string whose methods say something else."""

    __slots__ = ()

    def __str__(self) -> str:
        return "a dog"

    def encode(self, *_: object) -> bytes:
        """Return something else."""
        return b"a dog"


class TestTheCopy:
    """Neither a method of the caller's objects nor another thread decides what is sent."""

    def test_subclasses_are_their_base(self) -> None:
        """Strings and dicts of other classes are sent as their base, whatever their methods say."""
        key = StrEnum("Words", {"INPUT": "input"}).INPUT  # type: ignore[attr-defined]  # made at run time
        assert plan(Sly({"model": Text(MODEL), key: Sly({Text("prompt"): Text("a cat")})})).body == BODY

    def test_changes_while_it_is_judged(self) -> None:
        """Whoever changes a request while it is looked at, from any thread, is too late, or is judged."""
        fields: dict[str, Any] = {"prompt": "a cat"}

        class Slow(str):
            """Changes the request whenever anyone looks at it."""

            __slots__ = ()

            def __eq__(self, other: object) -> bool:
                fields["duration"] = "10"
                return str.__eq__(self, other)

            def __hash__(self) -> int:
                fields["duration"] = "10"
                return str.__hash__(self)

        planned = plan({"model": Slow(MODEL), "input": fields})
        assert quote(sent(planned)).usd_micros == planned.quote.usd_micros
        body = planned.body
        fields["prompt"] = "a dog"
        assert planned.body == body

    def test_what_has_no_plain_copy(self) -> None:
        """A loop, a bottomless value, and a key that is not text are refused."""
        loop: list[Any] = []
        loop.append(loop)
        deep: list[Any] = []
        for _ in range(100_000):
            deep = [deep]
        for value in (loop, deep):
            with pytest.raises(InvalidRequest, match="levels deep"):
                plan(invented.request(other=value), catalog=invented.catalog(complete=False))
        with pytest.raises(InvalidRequest, match="not a string"):
            plan(dict([*REQUEST.items(), (5, 1)]))

    @given(st.permutations(["model", "input", "webhookUrl"]))
    def test_equal_requests_have_equal_digests(self, order: list[str]) -> None:
        """Neither the order of keys nor a default that is left out changes the digest; a letter does."""
        whole: dict[str, Any] = {**REQUEST, "webhookUrl": "https://example.com/hook"}
        digest = plan({key: whole[key] for key in order}).digest
        assert digest == plan({**whole, "input": {"duration": "5", "prompt": "a cat"}}).digest
        assert digest != plan({**whole, "input": {"prompt": "a cat!"}}).digest


@pytest.mark.parametrize("kind", KINDS)
class TestSubmittingAPlan:
    """A plan is sent as it is, and judged no second time."""

    def test_as_it_is(self, kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
        """Its bytes are sent, at its price."""
        planned = plan(REQUEST, max_usd=1)
        monkeypatch.setattr("ratecard.submit._plan.quote", None)
        done = run(kind, [receipt()], "submit", planned)
        assert done.result.quoted is planned.quote
        assert [request.content for request in done.sent] == [BODY]

    def test_nothing_else(self, kind: Kind) -> None:
        """Options come too late, and another address is another API."""
        assert type(run(kind, [], "submit", plan(REQUEST), max_usd=1).error) is TypeError
        elsewhere = plan(REQUEST, base_url="https://api.muvi.video.example.com")
        assert type(run(kind, [], "submit", elsewhere).error) is ValueError
        assert type(run(kind, [], "submit", REQUEST, maxusd=1).error) is TypeError


def test_the_address_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """RATECARD_BASE_URL is the address where none is passed; a blank one counts as unset, a wrong one is refused."""
    monkeypatch.setenv("RATECARD_BASE_URL", "http://127.0.0.1:8000/")
    assert plan(REQUEST).url == "http://127.0.0.1:8000/v1/jobs/submit"
    assert Client(KEY).plan(REQUEST).url == "http://127.0.0.1:8000/v1/jobs/submit"
    assert plan(REQUEST, base_url="https://example.com").url == "https://example.com/v1/jobs/submit"
    monkeypatch.setenv("RATECARD_BASE_URL", "")
    assert plan(REQUEST).url == "https://api.muvi.video/v1/jobs/submit"
    monkeypatch.setenv("RATECARD_BASE_URL", "http://example.com")
    with pytest.raises(ValueError, match="must use https"):
        Client(KEY)


class TestMaximum:
    """`max_usd` is an exact amount; a quote that is equal is allowed, one millionth above is not."""

    @given(st.integers(0, 10**6))
    @example(249_999)
    @example(250_000)
    def test_exactly(self, micros: int) -> None:
        """The maximum decides to the millionth, as a Decimal or as text."""
        dollars = Decimal(micros).scaleb(-6)
        for most in (dollars, format(dollars, "f")):
            if micros >= 250_000:
                assert plan(REQUEST, max_usd=most).quote.usd_micros == 250_000
            else:
                with pytest.raises(OverMaximum) as caught:
                    plan(REQUEST, max_usd=most)
                assert (caught.value.quote.usd_micros, int(caught.value.max_usd_micros)) == (250_000, micros)

    def test_whole_dollars(self) -> None:
        """An int is whole dollars; the words name both amounts."""
        assert plan(REQUEST, max_usd=1).quote.usd_micros == 250_000
        with pytest.raises(OverMaximum, match=r"costs \$0\.25, above the maximum of \$0\.00"):
            plan(REQUEST, max_usd=0)

    @pytest.mark.parametrize("wrong", [0.25, True, b"1", "", "1e3", "-1", "$1", " 1", "٣", -1, Decimal("NaN")])
    def test_wrong(self, wrong: Any) -> None:
        """A float is no amount of money, a boolean no number; what is no plain amount is refused."""
        with pytest.raises((TypeError, ValueError), match=r"text, an int or a Decimal|plain decimal"):
            plan(None, max_usd=wrong)


class TestExpected:
    """The quote must be the one that was expected: the model, the amount, the options."""

    def test_the_same(self) -> None:
        """The quote of the same request is expected, also where a default is written out."""
        written = {"model": MODEL, "input": {"prompt": "a dog", "duration": "5"}}
        assert plan(written, expect=quote(REQUEST)).quote == quote(written)

    def test_what_changed(self) -> None:
        """Both quotes are named: their models, options and prices."""
        other = {"model": "kling/kling-text2video-v25/text-to-video", "input": {"prompt": "a cat", "duration": "10"}}
        with pytest.raises(QuoteChanged) as caught:
            plan(other, expect=quote(REQUEST))
        assert (caught.value.expected, caught.value.quoted) == (quote(REQUEST), quote(other))
        assert str(caught.value) == (
            "the quote has changed: it is kling/kling-text2video-v25/text-to-video "
            '(quality="std", duration="10") for $0.45, not '
            'kling-plus/kling-o1-standard/text-to-video (duration="5") for $0.25'
        )

    def test_fractions_of_a_millionth(self) -> None:
        """A price that differs only before it is rounded is another price."""
        expected = quote(REQUEST)
        with pytest.raises(QuoteChanged, match="the quote has changed"):
            plan(REQUEST, expect=evolve(expected, exact=expected.exact + Fraction(1, 3)))


def test_the_price_of_today() -> None:
    """A later revision that is announced does not price what is sent today; on its day it does."""
    head = invented.REVISION.format(complete="true").replace("checked", "effective = 2026-12-01T00:00:00Z\nchecked")
    later = invented.table_text() + head + invented.INPUT + invented.PRICE.replace("10_000", "20_000")
    catalog = Catalog((load_model(later),))
    start = datetime(2026, 12, 1, tzinfo=UTC)
    before = plan(invented.request(), catalog=catalog, at=start - timedelta(microseconds=1))
    after = plan(invented.request(), catalog=catalog, at=start)
    assert (before.quote.usd_micros, after.quote.usd_micros) == (40_000, 80_000)
    with pytest.raises(ValueError, match="with a UTC offset"):
        plan(REQUEST, at=datetime(2026, 11, 20))  # noqa: DTZ001  the point


@pytest.mark.parametrize(
    "address",
    [
        "https://api.example.com",
        "https://api-2.example.com:8443/v/x-1.2/",
        "https://gateway1",
        "http://localhost:80",
        "http://127.8.9.1",
        "http://[::1]:8000/",
        "HTTPS://EXAMPLE.COM",
        "https://[2001:db8::1]",
    ],
)
def test_addresses(address: str) -> None:
    """Over https it goes anywhere, http to this machine alone."""
    assert plan(REQUEST, base_url=address).url == address.rstrip("/") + "/v1/jobs/submit"


@pytest.mark.parametrize(
    "address",
    [
        "http://api.example.com",
        "http://127.0.0.1.example.com",
        "http://localhost.example.com",
        "http://0x7f.1",
        "http://[2001:db8::1]",
        "https://user:word@example.com",
        "https://example.com\\@x",
        "https://example.com?a",
        "https://example.com/#a",
        "https://example.com/..",
        "https://example.com/a/../b",
        "ftp://localhost",
        "//localhost",
        "",
        "https://",
        "https://exa mple.com",
        "https://example.com:65536",
        "https://a..example.com",
        "https://example.com.",
        f"https://{'a' * 64}.example.com",
        "https://[::::]",
        "https://[127.0.0.1]:80:80",
        "https://example.com\n",
        "https://exämple.com",
        "http://[::1%25x]",
    ],
)
def test_insecure_addresses(address: str) -> None:
    """What could carry the key in the clear, or be read in two ways, is refused, and not repeated."""
    with pytest.raises(ValueError, match="base URL") as caught:
        plan(REQUEST, base_url=address)
    assert "word" not in str(caught.value)


@given(st.from_regex(r"https?://[^/]{1,12}(:[0-9]{0,6})?(/.{0,5})?", fullmatch=True) | st.text(max_size=20))
def test_no_address_is_read_in_two_ways(address: str) -> None:
    """Whatever is accepted, httpx2 reads the same host, port and path, or refuses it."""
    try:
        read = httpx2.URL(checked := checked_base_url(address))
    except (ValueError, httpx2.InvalidURL):
        return
    assert read.scheme == "https" or read.host in ("localhost", "::1") or read.host.startswith("127.")
    assert (read.userinfo, read.query, read.fragment) == (b"", b"", "")
    host = f"[{read.host}]" if ":" in read.host else read.host
    authority = checked.lower().partition("://")[2].partition("/")[0]
    assert authority.startswith(host)
    port = authority.removeprefix(host).removeprefix(":")
    assert int(port or 0) in (0, 80, 443, read.port)
