"""The fast path and the judge give one verdict: the same problems, in the same order, for every request."""

from __future__ import annotations

import gc
import json
from collections import OrderedDict
from datetime import UTC, date, datetime
from itertools import product
from typing import TYPE_CHECKING, Any
from weakref import ref

import pytest
from hypothesis import given
from hypothesis import strategies as st

import invented
from ratecard import Catalog, InvalidRequest, NotPriced, Quote, quote, quote_json, try_quote, try_quote_json, validate
from ratecard._quote.price import judged, quote_selection
from ratecard_rules import FastPaths, Field, Report, _clock, load_model, resolve
from ratecard_rules._fast import path as path_module
from ratecard_rules._fast.compile import compile_check, field_check
from ratecard_rules._fast.path import FastPath
from strategies import CATALOG, Broken, broken, json_values, priced, requests

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.fast_path

ODD = """
[revision.input.prompt]
type = "string"

[revision.input.note]
type = "string"
max_length = 4
evidence = { name = "sibling", max_length = "sibling" }
sibling = "acme/loop-2/text-to-video"

[revision.input.count]
type = "number"
allowed = [1, 2]
default = 1

[revision.input.strength]
type = "number"
min = 0.5
max = 2

[revision.input.sound]
type = "boolean"
allowed = [false, true]

[revision.input.loud]
type = "boolean"

[revision.input.hook]
type = "string"
format = "https"

[revision.input.urls]
type = "array"
items = "string"
min_items = 1
max_items = 2

[revision.input.shots]
type = "array"
items = "object"

[revision.input.any]
type = "array"

[revision.input.seed]
type = "number"

[revision.input.settings]
type = "object"

[revision.input.style]
type = "string"
unknown = "nobody lists the styles"

[[revision.at_least_one]]
of = ["prompt", "urls"]
evidence = "implied"

[[revision.at_least_one]]
of = ["prompt", "note", "loud"]
evidence = "assumed"
"""
PRICE = """
[revision.price]
base_usd_micros = 10
[revision.price.factors]
sound = { false = 1, true = 3 }
count = "value"
"""
SLUG = "acme/loop-1/text-to-video"
BEFORE, AFTER = datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)


class Text(str):
    """Text that is no plain string."""

    __slots__ = ()


COMPLETE = invented.catalog(PRICE, ODD)
INCOMPLETE = invented.catalog(PRICE, ODD, complete=False)

VALUES: list[Any] = [
    *("a", "é", "ab" * 3, "é" * 5, "\N{CAT FACE}" * 3, "\ud800", "x" * 300, "é" * 300, "", " ", "1", "true"),
    *("https://a.b", "https://a@b", "http://a", "HTTPS://A", "https://ä.b", "https://"),
    *(0, 1, 2, 3, 10**30, 10**400, -1, 0.5, 0.1, 1.0, 2.5, -0.0, float("nan"), float("inf"), True, False, None),
    *([], ["a"], ["a", "b"], ["a", "b", "c"], ["é"], ["\ud800"], [1], [[]], [{}], [{"a": float("nan")}]),
    *({}, {"a": 1}, {"a": b""}, {5: 1}, {"\ud800": 1}, b"", object, (), ("a",)),
]
NAMES = [field.name for field in COMPLETE[SLUG].latest.input]


def slow(request: object, catalog: Catalog) -> Report:
    """Return the report of the resolver itself."""
    return resolve(request, catalog).report


def _suspects(_: object, names: tuple[str, ...]) -> tuple[str, ...]:
    """Return which fields a compiled check doubts."""
    return names


def told(report: Report) -> tuple[Report, str]:
    """Return a report and its text: Python calls 1 and 1.0 equal, the text does not."""
    return report, str(report)


class TestOneJudge:
    """The fast path says what the judge says."""

    @given(requests() | broken().map(lambda case: case.request) | json_values)
    def test_on_requests_for_the_catalogue(self, request_: object) -> None:
        """On valid, broken and any other requests, asked twice, since the second answer may be remembered."""
        expected = slow(request_, CATALOG)
        assert validate(request_) == expected
        assert validate(request_) == expected

    @given(
        st.dictionaries(
            st.sampled_from([*NAMES, "promt", "zebra", "cnt", "é", "\ud800", "k" * 300]),
            st.sampled_from(VALUES),
            max_size=8,
        ),
        st.sampled_from([COMPLETE, INCOMPLETE]),
    )
    def test_on_every_kind_of_field(self, fields: dict[str, Any], catalog: Catalog) -> None:
        """On every type, limit and doubt, with values at every edge, by the complete and the incomplete table."""
        request = {"model": SLUG, "input": fields}
        expected = slow(request, catalog)
        assert told(validate(request, catalog=catalog)) == told(expected)
        assert told(validate(request, catalog=catalog)) == told(expected)

    @pytest.mark.parametrize("name", [*NAMES, "zebra", "é", "\ud800"])
    def test_on_every_value_in_every_field(self, name: str) -> None:
        """One by one, nothing left to chance: each value in each field, asked twice."""
        for value in VALUES * 2:
            for fields in ({name: value}, {"prompt": "a", name: value}):
                request = {"model": SLUG, "input": fields}
                assert told(validate(request, catalog=COMPLETE)) == told(slow(request, COMPLETE)), value

    def test_on_what_is_left_out(self) -> None:
        """An empty input misses the same fields of every model; a model that is not there has the same name in both."""
        for slug in CATALOG.models:
            assert validate({"model": slug, "input": {}}) == slow({"model": slug, "input": {}}, CATALOG)
        for fields in ({}, {"a": float("nan")}, {"a": [b""]}):
            request = {"model": "acme/nothing", "input": fields, "webhookUrl": "http://a"}
            for _ in range(2):
                assert told(validate(request)) == told(slow(request, CATALOG))

    @pytest.mark.parametrize("slug", ["acme/nothing", Text("acme/nothing"), Text(SLUG), SLUG, b"", 5, None, ["x"]])
    def test_on_what_names_no_model(self, slug: object) -> None:
        """On unknown models and odd ones, beside odd inputs and other keys."""
        inputs: list[Any] = [{}, (), OrderedDict(), OrderedDict(sound="no"), object(), "a", [b""], {"prompt": b""}]
        others: list[dict[str, Any]] = [{}, {"version": "1"}, {"version": 5}, {"other": 1}, {"\ud800": 1}]
        for given_, more in product(inputs, others):
            request = {"model": slug, "input": given_, **more}
            assert told(validate(request, catalog=COMPLETE)) == told(slow(request, COMPLETE)), request

    def test_what_is_remembered_is_of_the_same_request(self) -> None:
        """The same slip beside other fields, or with another value, is another problem."""
        for fields in (
            {"prmpt": "a"}, {"prmpt": "b"}, {"prmpt": 1}, {"prmpt": True}, {"prompt": "a", "prmpt": "a"},
            {"prmpt": "a", "promp": 1},
            {"prompt": "a", "hook": "x" * 300}, {"prompt": "a", "hook": "y" * 300}, {"prompt": "a", "note": "y" * 300},
        ):  # fmt: skip
            request = {"model": SLUG, "input": fields}
            assert validate(request, catalog=COMPLETE) == slow(request, COMPLETE)

    @pytest.mark.parametrize("key", ["webhookUrl", "version", "model", "input", "other", "\ud800", "é", 5])
    def test_on_the_envelope(self, key: Any) -> None:
        """On every value in every place of the envelope."""
        for value in VALUES:
            request = {"model": SLUG, "input": {"prompt": "a"}, key: value}
            assert told(validate(request, catalog=COMPLETE)) == told(slow(request, COMPLETE)), value

    @given(broken(), st.booleans())
    def test_strict_is_the_same_for_both(self, case: Broken, strict: bool) -> None:  # noqa: FBT001  drawn
        """`strict` changes both answers alike."""
        assert validate(case.request, strict=strict) == resolve(case.request, CATALOG, strict=strict).report

    def test_the_fast_path_is_taken(self) -> None:
        """The comparison is not of the judge with itself: plain requests take the path, odd ones do not."""
        plain = {"model": SLUG, "input": {"prompt": "a", "sound": True}, "webhookUrl": "https://example.com"}
        paths: FastPaths[None] = FastPaths(lambda *_: None, lambda _: None, lambda *_: None)
        path = paths.find(plain, COMPLETE)
        assert path is not None
        assert path.check(plain, tuple, _suspects) == (True, None, False, False, False)
        # the name of the note is a sibling's, styles cannot be checked, and one of prompt, note and loud may be needed
        for given_, key in (
            ({"prompt": "a", "note": "a", "style": "b", "count": 2}, (None, 2, True, True, False)),
            ({"urls": ["a"], "sound": False}, (False, None, False, False, True)),
        ):
            assert path.check({**plain, "input": given_}, tuple, _suspects) == key
        assert paths.find(plain, COMPLETE) is path
        for name, value in (("zebra", 1), ("note", None), ("settings", {})):
            assert path.check({**plain, "input": {"prompt": "a", name: value}}, tuple, _suspects) == ()
        assert path.check({**plain, "webhookUrl": 5}, tuple, _suspects) == ()
        assert path.check({**plain, "input": {"sound": 1}}, tuple, _suspects) == ("sound",)
        for odd_input, answer in ((5, ()), ((), ()), ({5: 5}, None), ({"prompt": "a", 5: 5}, None)):
            assert path.check({**plain, "input": odd_input}, tuple, _suspects) == answer
        odds: list[dict[Any, Any]] = [{"model": "acme/loop"}, {"model": 5}, {5: 5}]
        for odd in odds:
            assert paths.find({**plain, **odd}, COMPLETE) is None

    def test_a_model_of_which_nothing_is_ever_sure(self) -> None:
        """Where every request needs a field whose rules are not implemented, every request is the judge's."""
        fields = '[revision.input.any]\ntype = "object"\nrequired = true\n'
        catalog = invented.catalog("[revision.price]\nbase_usd_micros = 10", fields)
        path: FastPath[None] = FastPath(catalog[SLUG], catalog)
        inputs: list[dict[str, Any]] = [{}, {"any": {}}, {"any": 5}, {"any": None}, {"other": 1}]
        for given_ in inputs:
            request = {"model": SLUG, "input": given_}
            assert path.check(request, tuple, _suspects) is None
            assert told(validate(request, catalog=catalog)) == told(slow(request, catalog))


class TestSharedQuotes:
    """Requests without warnings that select the same share one quote, and it is the one they would get alone."""

    @given(priced())
    def test_the_shared_quote_is_right(self, drawn: tuple[dict[str, Any], dict[str, Any]]) -> None:
        """The first and every later quote equal the one of the resolver's own selection."""
        request, measured = drawn
        resolution = resolve(request, CATALOG, measured=measured)
        assert resolution.model is not None
        expected = quote_selection(resolution.model, resolution.selection, CATALOG, resolution.report)
        assert quote(request, measured=measured) == expected
        assert quote(request, measured=measured) == expected

    def test_one_and_true_are_not_mixed_up(self) -> None:
        """1 and true, "1" and 1 are different options, also where Python calls them equal."""
        request = {"model": SLUG, "input": {"prompt": "a", "sound": True, "count": 1}}
        assert quote(request, catalog=COMPLETE).usd_micros == 30
        assert quote(request, catalog=COMPLETE) is quote(request, catalog=COMPLETE)
        with pytest.raises(InvalidRequest):
            quote({"model": SLUG, "input": {"prompt": "a", "sound": 1, "count": 1}}, catalog=COMPLETE)
        with pytest.raises(InvalidRequest):
            quote({"model": SLUG, "input": {"prompt": "a", "sound": True, "count": True}}, catalog=COMPLETE)

    def test_instants_are_not_mixed_up(self, at_clock: Callable[[datetime], None]) -> None:
        """Views of one catalogue at different instants keep their prices apart, and so does the clock."""
        later = invented.REVISION.replace("checked", "effective = 2027-01-01T00:00:00Z\nchecked").format(
            complete="true"
        )
        dated = invented.table_text() + later + invented.INPUT + invented.PRICE.replace("10_000", "20_000")
        catalog = Catalog((load_model(dated),))
        assert catalog.at(date(2026, 12, 31)).whole is catalog
        for _ in range(2):
            at_clock(datetime(2027, 1, 1, tzinfo=UTC))
            assert quote(invented.request(), catalog=catalog).usd_micros == 80_000
            at_clock(datetime(2026, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC))
            assert quote(invented.request(), catalog=catalog).usd_micros == 40_000
            assert quote(invented.request(), catalog=catalog, at=date(2026, 12, 31)).usd_micros == 40_000
            assert quote(invented.request(), catalog=catalog, at=date(2027, 1, 1)).usd_micros == 80_000

    def test_a_change_while_the_answer_is_made(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A price that comes into force between two looks at the clock is never kept for the time before it."""
        later = invented.REVISION.replace("checked", "effective = 2027-01-01T00:00:00Z\nchecked")
        text = invented.table_text() + later.format(complete="true") + invented.INPUT
        text += invented.PRICE.replace("10_000", "20_000")
        for looks in range(10):
            catalog = Catalog((load_model(text),))
            clock = iter([BEFORE] * looks + [AFTER] * 50)
            monkeypatch.setattr(_clock, "now", lambda clock=clock: next(clock))
            assert quote(invented.request(), catalog=catalog).usd_micros in {40_000, 80_000}
            for now, usd_micros in ((BEFORE, 40_000), (AFTER, 80_000)):
                monkeypatch.setattr(_clock, "now", lambda now=now: now)
                quoted = quote(invented.request(), catalog=catalog)
                assert quoted.usd_micros == usd_micros
                assert [entry.about for entry in quoted.assumptions].count("at") == (now == BEFORE)

    def test_catalogues_are_not_mixed_up(self) -> None:
        """A table that replaces a shipped one has its own answers, whichever is asked first."""
        slug = "kling-plus/kling-o1-standard/text-to-video"
        text = invented.table_text().replace(SLUG, slug).replace("name =", 'overlay = "replace"\nname =', 1)
        other = CATALOG | Catalog((load_model(text),))
        request = {"model": slug, "input": {"prompt": "a"}}
        body = json.dumps(request).encode()
        for _ in range(2):
            for catalog in (other, None, CATALOG):
                usd_micros = 40_000 if catalog is other else 250_000
                assert quote(request, catalog=catalog).usd_micros == usd_micros
                assert quote_json(body, catalog=catalog).usd_micros == usd_micros
                assert validate(request, catalog=catalog).ok

    def test_kept_answers_hold_no_catalogue(self) -> None:
        """A catalogue that nobody uses is collected, whatever was asked of it."""
        catalog = invented.catalog(PRICE, ODD)
        for given_ in ({"prompt": "a"}, {"prompt": "a", "note": "b"}, {"prompt": "a", "sound": True}, {"zebra": 1}):
            request = {"model": SLUG, "input": given_}
            validate(request, catalog=catalog)
            try_quote(request, catalog=catalog)
            try_quote_json(json.dumps(request).encode(), catalog=catalog)
        collected = ref(catalog)
        del catalog
        gc.collect()
        assert collected() is None

    def test_the_number_of_kept_answers_is_bounded(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Wrong options are never kept, and of the right ones only so many."""
        monkeypatch.setattr(path_module, "MAX_ANSWERS", 2)
        paths: FastPaths[Report] = FastPaths(
            lambda catalog, _, request, *__: slow(request, catalog), lambda report: report, lambda *_: None
        )
        for count in (1, 2, 3, "1"):
            request = {"model": SLUG, "input": {"prompt": "a", "sound": False, "count": count}}
            assert paths.ask(request, COMPLETE) == slow(request, COMPLETE)
        path = paths.find(request, COMPLETE)
        assert path is not None
        assert list(path.answers) == [(False, 1, False, False, False), (False, 2, False, False, False)]
        request["input"] = {"prompt": "a"}
        assert paths.ask(request, COMPLETE) == Report()
        assert len(path.answers) == 2

    @given(requests())
    def test_every_answer_is_shared_rightly(self, request_: dict[str, Any]) -> None:
        """Quotes and refusals of any request are those of the judge, the first time and when they may be known."""
        expected = judged(request_, CATALOG)
        for _ in range(2):
            answer = try_quote(request_)
            assert answer == expected
            assert str(answer) == str(expected)

    def test_what_has_no_price_is_never_kept(self) -> None:
        """A request that leaves a priced field out without default is refused every time."""
        for _ in range(2):
            with pytest.raises(NotPriced):
                quote({"model": SLUG, "input": {"prompt": "a"}}, catalog=COMPLETE)
        assert isinstance(quote({"model": SLUG, "input": {"prompt": "a", "sound": False}}, catalog=COMPLETE), Quote)


def check_of(names: list[str], options: set[str]) -> Callable[[dict[str, Any]], object]:
    """Return the compiled check of fields with these names, the first of them required, all with these options.

    The options of the first are checked by the key; those of the others are conditions.
    """
    fields = [
        Field(name=name, type="string", required=not place, allowed=tuple(options)) for place, name in enumerate(names)
    ]
    checks = [field_check(field, priced=field is fields[0]) for field in fields]
    check = compile_check([check for check in checks if check is not None], [(names[:1], True)], names)

    def known(key: tuple[object, ...]) -> tuple[object, ...] | None:
        return key if key[0] in options else None

    return lambda request: check(request, known, _suspects)


class TestNothingOfATableIsCode:
    """The compiled check is made of numbers and of lines of its own: what a table says is only ever a value."""

    @given(
        st.lists(st.text(min_size=1), min_size=2, max_size=4, unique=True),
        st.sets(st.text(), min_size=1, max_size=3),
    )
    def test_any_name_and_option_is_a_value(self, names: list[str], options: set[str]) -> None:
        """Names and options of any text, quotes, line ends and braces among them, are only compared."""
        check = check_of(names, options)
        option, wrong = min(options), "".join(options) + "!"
        assert check({"model": "m", "input": dict.fromkeys(names, option)}) == (option,) * len(names)
        assert check({"model": "m", "input": {names[0]: option, names[1]: wrong}}) == (names[1],)
        assert check({"model": "m", "input": {names[0]: 5}}) == (names[0],)

    @pytest.mark.parametrize("name", ["__import__('os')._exit(1)", '"""', "a\nraise SystemExit", "{0}", "n0", "\\"])
    def test_names_that_look_like_code(self, name: str) -> None:
        """Whoever writes a table cannot make the function do anything."""
        check = check_of([name], {name})
        assert check({"model": "m", "input": {name: name}}) == (name,)
        assert check({"model": "m", "input": {name: "x" * 99}}) == (name,)
        assert check({"model": "m", "input": {name: 5}}) == (name,)
