"""Quotes for JSON text: the same answers as for the parsed request, and a clear refusal of what is not JSON."""

from __future__ import annotations

import json
import re
import sys
from datetime import date
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import invented
import mutations
from ratecard import Catalog, InvalidRequest, NotPriced, Quote, quote, quote_json, try_quote, try_quote_json
from ratecard._quote.document import parse
from ratecard._quote.price import PATHS, judged

if TYPE_CHECKING:
    from random import Random

NEEDS_MSGSPEC = pytest.mark.skipif(find_spec("msgspec") is None, reason="needs the extra msgspec")
CATALOG = Catalog.bundled()
MODELS = tuple(CATALOG)
SLUG = "kling-plus/kling-o3-standard/image-to-video"
REQUEST = {"model": SLUG, "input": {"image_url": "https://example.com/cat.jpg", "duration": "10", "has_sound": "true"}}
BODY = json.dumps(REQUEST).encode()

FIELDS = """
[revision.input.prompt]
type = "string"
max_length = 8

[revision.input.count]
type = "number"
allowed = [1, 2]
default = 1

[revision.input.seed]
type = "number"

[revision.input.loop]
type = "boolean"
allowed = [true]

[revision.input.loud]
type = "boolean"

[revision.input.urls]
type = "array"
items = "string"
item_format = "url"
max_items = 2

[revision.input.words]
type = "array"
items = "string"
min_items = 1

[revision.input.shots]
type = "array"
items = "object"
unknown = "no page lists them"

[revision.input.quality]
type = "string"
allowed = ["low", "high"]
"""
PRICE = '[revision.price]\nbase_usd_micros = 10\n[revision.price.factors]\ncount = "value"\n'
INVENTED = invented.catalog(PRICE, FIELDS)


def known(body: bytes, catalog: Catalog = CATALOG) -> Any:
    """Return the answer to a request in JSON if it needs neither a parser nor the judge, asked when it can be known."""
    try_quote_json(body, catalog=catalog)
    return PATHS.ask_json(body, catalog)


def told(answer: Any) -> tuple[object, str]:
    """Return an answer and its text: Python calls 1 and 1.0 equal, the text does not."""
    return answer, answer.explain() if isinstance(answer, Quote) else f"{answer.message}\n{answer.report}"


def compare(text: str, catalog: Catalog) -> bool:
    """Check that the answer to JSON text is that of the judge to the parsed request. Return whether it was known."""
    body = text.encode("utf-8", "surrogatepass")
    answer = PATHS.ask_json(body, catalog)
    try:
        request = parse(body)
    except ValueError as error:
        assert answer is None, text
        with pytest.raises(ValueError, match=f"^{re.escape(str(error))}$"):
            try_quote_json(body, catalog=catalog)
        return False
    expected = told(judged(request, catalog))
    assert answer is None or told(answer) == expected, text
    assert told(try_quote_json(body, catalog=catalog)) == expected, text
    return answer is not None


class TestAnswers:
    """JSON text gets the answer of the request that it is."""

    def test_the_answer_is_that_of_the_request(self) -> None:
        """From bytes and from text, also with the arguments of `quote`."""
        for body in (BODY, BODY.decode(), json.dumps(REQUEST, separators=(",", ":")).encode(), b"\n " + BODY):
            assert quote_json(body) == quote(REQUEST)
        view = CATALOG.at(date(2026, 11, 21))
        assert quote_json(BODY, catalog=view) == quote(REQUEST, catalog=view)
        assert quote_json(BODY, at=date(2026, 11, 1)) == quote(REQUEST, at=date(2026, 11, 1))
        warned = json.dumps({**REQUEST, "version": "1"}).encode()
        assert quote_json(warned).assumptions[-1].about == "/version"
        assert quote_json(BODY, strict=True) == quote(REQUEST)

    def test_errors_are_those_of_the_request(self) -> None:
        """Invalid requests and those without a price, in both ways."""
        with pytest.raises(InvalidRequest, match="duration"):
            quote_json(BODY.replace(b'"10"', b"10"))
        body = json.dumps({"model": "acme/loop-1/text-to-video", "input": {}})
        catalog = invented.catalog('[revision.price]\nunknown = "not on the page"', FIELDS)
        with pytest.raises(NotPriced, match="not on the page"):
            quote_json(body, catalog=catalog)
        for _ in range(2):
            assert told(try_quote_json(body.encode(), catalog=catalog)) == told(judged(json.loads(body), catalog))
        for other in (b"null", b"[]", b'"a"', b"5", b'{"model": 5}', b'{"model": "\xc3\xa9"}'):
            assert told(try_quote_json(other)) == told(try_quote(json.loads(other)))

    def test_a_measured_quantity(self) -> None:
        """`measured` is as for `quote`."""
        (model,) = {model.slug for model in MODELS if model.latest.measured}
        body = json.dumps(next(mutations.plausible(CATALOG[model], seed=1))).encode()
        (field,) = CATALOG[model].latest.measured
        assert field.allowed
        measured = {field.name: field.allowed[0]}
        assert told(try_quote_json(body, measured=measured)) == told(try_quote(json.loads(body), measured=measured))

    @given(
        st.fixed_dictionaries(
            {},
            optional={
                "prompt": st.text(max_size=9),
                "count": st.sampled_from([1, 2, 3, 1.0, 2.5, True, "1"]),
                "seed": st.integers() | st.floats(allow_nan=False) | st.sampled_from([2**53, 2**53 - 1, 10**400]),
                "loop": st.booleans(),
                "loud": st.booleans() | st.none(),
                "urls": st.lists(st.sampled_from(mutations.URLS), max_size=3),
                "words": st.lists(st.text(max_size=2) | st.integers(), max_size=3),
                "shots": st.lists(st.dictionaries(st.text(max_size=2), st.integers(), max_size=1), max_size=2),
                "quality": st.sampled_from(["low", "high", "Low", 1]),
            },
        ),
        st.sampled_from([None, 1]),
        st.integers(0, 2),
        st.randoms(use_true_random=False),
    )
    def test_on_every_kind_of_field(self, fields: dict[str, Any], indent: int | None, slips: int, dice: Random) -> None:
        """Values at every edge, written in two ways, with slips."""
        request = {"model": "acme/loop-1/text-to-video", "input": fields}
        text = json.dumps(request, ensure_ascii=indent is None, indent=indent)
        for _ in range(slips):
            text = mutations.slip(dice, text)
        for _ in range(2):
            compare(text, INVENTED)


@pytest.mark.fast_path
@NEEDS_MSGSPEC
class TestTypedDecoder:
    """What is accepted without a parser is certainly valid."""

    @pytest.mark.parametrize("seed", range(3))
    def test_over_all_models(self, seed: int) -> None:
        """Valid and broken requests in many spellings; a good share needs neither a parser nor the judge."""
        count = 400
        assert sum(compare(text, CATALOG) for text in mutations.texts(MODELS, seed, count)) > count // 40

    @pytest.mark.parametrize(
        ("fields", "is_sure"),
        [
            ("", True),
            ('"prompt": "caf\\u00e9", "quality": "low"', True),
            ('"prompt": "\\"a\\""', True),
            ('"prompt": "\\\\"', True),
            ('"prompt": "\\\\\\""', False),  # where strings end is uncertain
            ('"prompt": "12345"', False),  # more than half the limit
            ('"count": 2.0', True),
            ('"seed": -9007199254740991, "loop": true, "loud": false', True),
            ('"seed": 9007199254740992', False),  # floats are not exact beyond
            ('"urls": ["http://a.b", "https://a"], "words": ["a", ""]', True),
            ('"urls": ["http://user@a.b"]', False),
            ('"shots": [{"a": 1, "b": "c"}, {}, {"a": "\\"\\"", "d": -9007199254740991}], "seed": 1', True),
            ('"shots": [{"a": "é"}]', False),
            ('"shots": [{"a": 9007199254740992}]', False),
            ('"shots": [{"a": 1.5}, {"b": [1]}]', False),
        ],
    )
    def test_valid_requests(self, fields: str, is_sure: bool) -> None:  # noqa: FBT001  parametrised
        """Plain ones are accepted."""
        body = f'{{"model": "acme/loop-1/text-to-video", "input": {{{fields}}}}}'
        assert isinstance(known(body.encode(), INVENTED), Quote) is is_sure
        assert compare(body, INVENTED) is is_sure

    @pytest.mark.parametrize(
        "fields",
        [
            *('"prompt": "123456789"', '"prompt": null', '"prompt": "\\ud800"', '"prompt": "a', '"zebra": 1'),
            *('"prompt": "a", "prompt": "b"', '"prompt": "a", "pro\\u006dpt": "b"', '"prompt" : "a", "prompt": "b"'),
            *('"prompt": "\\"", "prompt": "b"', '"prompt": "\\\\", "prompt": "\\""', '"loud": true, "loud": true'),
            *('"count": 3', '"count": true', '"count": "1"', '"seed": 1e400', '"seed": NaN', '"seed": 01'),
            *('"loop": false', '"loud": 1', '"quality": "Low"', '"words": []', '"words": [1]', '"words": ["a"],'),
            *('"shots": [{"a": 1, "a": 1}]', '"shots": [{"a": "b", "\\u0061": "b"}]', '"shots": {}', '"shots": ["a"]'),
            *('"urls": ["a"]', '"urls": ["https://a", "https://a", "https://a"]'),
        ],
    )
    def test_leaves_to_the_judge(self, fields: str) -> None:
        """Everything that is wrong, or read differently by parsers."""
        model = '"model":"acme/loop-1/text-to-video"'
        for head in (f"{{{model}, ", f'{{"webhookUrl": "https://a", {model}, '):
            assert not compare(f'{head}"input": {{{fields}}}}}', INVENTED)

    @pytest.mark.parametrize(
        ("more", "is_sure"),
        [
            ('"webhookUrl": "https://example.com"', True), ('"webhookUrl": "http://example.com"', False),
            ('"webhookUrl": null', False), ('"version": "1"', False), ('"other": 1', False), ('"input": {}', False),
            ('"model": "acme/loop-1/text-to-video"', False), ('"model": "acme/loop-2/text-to-video"', False),
        ],
    )  # fmt: skip
    def test_around_the_input(self, more: str, is_sure: bool) -> None:  # noqa: FBT001  parametrised
        """A valid webhook is accepted; other keys and duplicates are not."""
        body = f'{{"model": "acme/loop-1/text-to-video", "input": {{}}, {more}}}'
        compare(body, INVENTED)
        assert compare(body, INVENTED) is is_sure

    def test_without_a_model(self) -> None:
        """A model elsewhere is not that of the request, however many strings there are."""
        shots = '{"shots": [{"model": "acme/loop-1/text-to-video"}]}'
        assert known(f'{{"model": "acme/loop-1/text-to-video", "input": {shots}}}'.encode(), INVENTED) is not None
        for body in (
            f'{{"input": {shots}}}',
            f'{{"input": {{}}, "input": {{}}, "input": {shots}}}',  # as many strings as with a model
            '{"model": "", "input": ""}',
        ):
            assert not compare(body, INVENTED)
            assert not compare(body, CATALOG)

    def test_a_table_whose_names_cannot_be_decoded(self) -> None:
        """A field with a quote in its name is left to the parser, and so is one with rules that are not implemented."""
        for field in (
            '[revision.input.\'a"b\']\ntype = "string"\n',
            '[revision.input.a]\ntype = "object"\nrequired = true\n',
        ):
            catalog = invented.catalog("[revision.price]\nbase_usd_micros = 10", field)
            body = b'{"model": "acme/loop-1/text-to-video", "input": {}}'
            assert known(body, catalog) is None
            compare(body.decode(), catalog)


@pytest.mark.fast_path
def test_without_msgspec(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the extra there is no decoder, and the answers are the same."""
    monkeypatch.setitem(sys.modules, "msgspec", None)
    monkeypatch.setattr(PATHS, "decode", PATHS.decode)  # to be restored
    catalog = Catalog(MODELS)
    assert quote_json(BODY, catalog=catalog).usd_micros == quote(REQUEST, catalog=catalog).usd_micros
    assert known(BODY, catalog) is None
    assert PATHS.decode is None


class TestStrictJson:
    """What parsers read differently is refused."""

    @pytest.mark.parametrize(
        ("body", "words"),
        [
            (b"", "Expecting value"),
            (b'{"model": "a"', "delimiter"),
            (b'{} {"model": "a"}', "Extra data: line 1 column 4"),
            (b'{"model": "a", "model": "b"}', 'duplicate key "model"'),
            (b'{"model": "a", "input": {"a": 1, "b": 2, "\\u0061": 3}}', 'duplicate key "a"'),
            (b'{"input": {"seed": NaN}}', "NaN is not valid JSON"),
            (b'{"input": {"seed": -Infinity}}', "-Infinity is not valid JSON"),
            (b'"\xff"', "utf-8"),
            (b"9" * 5_000, "4300 digits"),
            (b"[" * 100_000, "nested too deep"),
            ("\ufeff{}", "Expecting value"),
        ],
    )
    def test_is_refused(self, body: bytes | str, words: str) -> None:
        """With a ValueError that says what is wrong."""
        with pytest.raises(ValueError, match=words):
            try_quote_json(body)
