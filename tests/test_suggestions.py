"""What was probably meant: models, fields, values and addresses, and what is certain enough to be a fix."""

from __future__ import annotations

from copy import copy
from datetime import UTC, datetime
from difflib import SequenceMatcher
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import invented
from ratecard import NotPriced, Problem, Quote, UnknownModel, price_sheet, quote, try_quote, validate
from ratecard_rules import Catalog, literal, load_model, price_range
from ratecard_rules._similar import SIMILAR, _may_be_similar
from strategies import CATALOG, NO_URLS

O3 = "kling-plus/kling-o3-standard/image-to-video"
IMAGE = "https://example.com/cat.jpg"
models = st.sampled_from(CATALOG.models)


def unknown(slug: str, catalog: Catalog = CATALOG) -> Problem:
    """Return the problem of a model that does not exist."""
    (problem,) = validate({"model": slug, "input": {}}, catalog=catalog).errors
    assert (problem.code, problem.fix) == ("unknown_model", None)
    return problem


@given(st.text("abcde", min_size=1, max_size=9), st.permutations(range(9)), st.text("abcde", max_size=3))
def test_no_similar_name_is_left_out(name: str, order: list[int], more: str) -> None:
    """The quick comparison of letters only leaves out names that are not similar."""
    kept = "".join(name[place] for place in sorted(order[:6]) if place < len(name))
    for other in (kept, kept + more, more + name, name[::-1]):
        if SequenceMatcher(None, name, other).ratio() >= SIMILAR:
            assert _may_be_similar(name, other)


class TestModels:
    """An unknown model gets up to three suggestions with their prices, and is never replaced by one."""

    @pytest.mark.parametrize(
        "slug",
        [
            "kling-o3/image-to-video",
            "kling-o3-standard/image-to-video",
            "kling/kling-o3-standard/image-to-video",
            "Kling-Plus/Kling-O3-Standard/Image-To-Video",
            "kling_plus/kling_o3_standard/image_to_video",
            " kling-plus/kling-o3-standard/image-to-video/ ",
            "kling-plus/kling-o3-standard/image-to-vide",
            "https://docs.example.com/models/kling-o3-standard-image-to-video?lang=en",
        ],
    )
    def test_one_is_meant(self, slug: str) -> None:
        """The provider, case, separators and a letter may be wrong; the prices are the lowest and the highest."""
        problem = unknown(slug)
        assert (problem.suggestion, problem.allowed) == (O3, (O3,))
        # 84,000 micros x 3 s = $0.252; 84,000 x 15 s x 1.5 with sound = $1.89
        assert problem.message == f"no such model; did you mean {O3} ($0.252 to $1.89)?"

    def test_several_are_meant(self) -> None:
        """The capability that was asked for comes first, and the longer names with it are the only suggestions."""
        assert unknown("veo-3.1/text-to-video").message == (
            "no such model; did you mean google/veo-3.1-fast/text-to-video ($0.80 to $3.60) "
            "or google/veo-3.1-quality/text-to-video ($0.80 to $3.60)?"
        )
        names = unknown("kling-o3-pro/image-to-video").allowed or ()
        assert [str(name).endswith("/image-to-video") for name in names] == [True, True, False]
        assert names[-1] == "kling-plus/kling-o3-pro/video-edit"
        assert unknown("kling-plus/kling-o3-standrd/image-to-video").suggestion == O3

    @pytest.mark.parametrize("slug", ["", "x", "o3", "a/b/c", "///", "gpt-4o", "no/such/model", "https://", "x" * 200])
    def test_none_is_meant(self, slug: str) -> None:
        """A letter or two, and names of other things, get no suggestion."""
        problem = unknown(slug)
        assert (problem.allowed, problem.suggestion, problem.expected) == ((), None, None)
        assert problem.message == "no such model"

    @given(models, st.sampled_from(["other", "fal-ai", ""]))
    def test_whatever_the_provider(self, slug: str, provider: str) -> None:
        """Every model is found with another provider or none, and the first suggestion has its name and capability."""
        rest = slug.partition("/")[2]
        nearest = CATALOG.nearest(f"{provider}/{rest}".strip("/"))
        assert slug in nearest
        assert nearest[0].endswith(f"/{rest}")

    @given(models)
    def test_the_url_of_a_page(self, slug: str) -> None:
        """A page leads to its models, whatever the scheme, query, fragment and final slash."""
        for url in CATALOG[slug].latest.source:
            assert slug in CATALOG.documented_at(url)
            other = f"{url.replace('https:', 'HTTP:')}/?a=b://c#pricing"
            assert CATALOG.documented_at(other) == CATALOG.documented_at(url)
            assert tuple(CATALOG.nearest(other)) == CATALOG.documented_at(url)[:3]
        assert CATALOG.documented_at("https://example.com/") == CATALOG.documented_at("") == ()

    def test_the_price_of_a_suggestion(self) -> None:
        """A price that is not known, or no longer in force, is said in words; one price is no range."""
        table = invented.table_text()
        gone = load_model(f"retired = 2026-01-01T00:00:00Z\n{table.replace('loop-1', 'loop-2')}")
        later = load_model(
            table.replace("loop-1", "loop-3").replace("checked", "effective = 2030-01-01T00:00:00Z\nchecked")
        )
        open_price = load_model(
            invented.table_text('[revision.price]\nunknown = "not shown"').replace("loop-1", "loop-4")
        )
        flat = load_model(
            invented.table_text('[revision.price]\nbase_usd_micros = 50_000\nlabel = "request"').replace(
                "loop-1", "loop-5"
            )
        )
        catalog = Catalog([gone, later, open_price, flat]).at(datetime(2026, 11, 20, tzinfo=UTC))

        def message(number: int) -> str:
            return unknown(f"loop-{number}/text-to-video", catalog).message.partition("(")[2]

        assert [message(number) for number in (2, 3, 4, 5)] == [
            "retired)?",
            "not yet effective)?",
            "price not known)?",
            "$0.05)?",
        ]

    def test_lookup(self) -> None:
        """A failed lookup has the same suggestions, also when copied; without prices it names the slugs alone."""
        with pytest.raises(UnknownModel) as caught:
            CATALOG["kling-o3/image-to-video"]
        for error in (caught.value, copy(caught.value)):
            assert error.nearest == (O3,)
            assert str(error) == f"no such model: kling-o3/image-to-video; did you mean {O3} ($0.252 to $1.89)?"
        assert str(UnknownModel("a", ["b", "c"])) == "no such model: a; did you mean b, c?"

    def test_the_range_of_prices(self) -> None:
        """It is that of the price sheet, which has every combination."""
        for model in CATALOG:
            try:
                prices = [row.usd_micros for row in price_sheet(model.slug)]
            except NotPriced:
                assert CATALOG.unavailable(model) or price_range(model.latest) is None
            else:
                assert price_range(model.latest) == (min(prices), max(prices))


FIELDS = """
[revision.input.duration]
type = "string"
allowed = ["5", "10"]

[revision.input.has_sound]
type = "string"
allowed = ["false", "true"]

[revision.input.aspect_ratio]
type = "string"
allowed = ["16:9", "1:1"]

[revision.input.resolution]
type = "string"
allowed = ["720p", "1080p"]

[revision.input.image_url]
type = "string"
format = "url"
evidence = { format = "assumed" }

[revision.input.images]
type = "array"
items = "string"
item_format = "url"
evidence = { item_format = "assumed" }

[revision.input.fps]
type = "string"
allowed = ["5", "10"]

[revision.input.loop]
type = "boolean"

[revision.input.prompt]
type = "string"
"""
FLAT = '[revision.price]\nbase_usd_micros = 50_000\nlabel = "request"'
TABLES = invented.catalog(FLAT, FIELDS)


def request(**fields: Any) -> dict[str, Any]:
    """Return a request for the invented model."""
    return {"model": "acme/loop-1/text-to-video", "input": fields}


def only(**fields: Any) -> Problem:
    """Return the only problem of a request."""
    (problem,) = validate(request(**fields), catalog=TABLES)
    return problem


def fixed(**fields: Any) -> Any:
    """Return the input after all fixes, and whether it is valid then."""
    whole: Any = request(**fields)
    for _ in range(2):
        whole = validate(whole, catalog=TABLES).fixed(whole)
    return whole["input"], validate(whole, catalog=TABLES).ok


class TestFields:
    """Synonyms are suggested. One is a fix if it is the only one that can have the value."""

    @pytest.mark.parametrize(
        ("name", "value", "meant", "result"),
        [
            ("seconds", 10, "duration", "10"),
            ("length", "5 s", "duration", "5"),
            ("generate_audio", True, "has_sound", "true"),
            ("withAudio", "False", "has_sound", "false"),
            ("size", "1:1", "aspect_ratio", "1:1"),
            ("size", "1080P", "resolution", "1080p"),
            ("ratio", "16x9", "aspect_ratio", "16:9"),
            ("img", IMAGE, "image_url", IMAGE),
            ("img", "example.com/cat.jpg", "image_url", "example.com/cat.jpg"),  # a warning at most
            ("first_frame", f"{IMAGE}?{'x' * 500}", "image_url", f"{IMAGE}?{'x' * 500}"),
            ("Image-URL", IMAGE, "image_url", IMAGE),
            ("image_urls", IMAGE, "image_url", IMAGE),
        ],
    )
    def test_a_certain_synonym(self, name: str, value: Any, meant: str, result: str) -> None:
        """It is moved, and its value is fixed in the next pass."""
        assert only(**{name: value}).suggestion == meant
        assert fixed(**{name: value}) == ({meant: result}, True)

    @pytest.mark.parametrize(
        ("fields", "meant"),
        [
            ({"time": 5000}, ["duration"]),  # milliseconds?
            ({"sound": "https://example.com/a.mp3"}, ["has_sound"]),
            ({"audio": "yes"}, ["has_sound"]),
            ({"audio": [True]}, ["has_sound"]),
            ({"img": "./cat.png"}, ["image_url"]),
            ({"text": "a cat"}, ["prompt"]),  # any text is a prompt
            ({"secs": "5", "seconds": "10"}, ["duration", "duration"]),
            ({"seconds": "10", "duration": "10"}, ["duration"]),
            ({"size": "big"}, ["aspect_ratio"]),
        ],
    )
    def test_an_uncertain_synonym(self, fields: dict[str, Any], meant: list[str]) -> None:
        """It is only suggested, and the request stays as it is."""
        assert [problem.suggestion for problem in validate(request(**fields), catalog=TABLES)] == meant
        assert fixed(**fields) == (fields, False)

    def test_two_that_fit(self) -> None:
        """If two synonyms can have the value, the first is suggested, and neither is a fix."""
        array = '[revision.input.image_urls]\ntype = "array"\nitems = "string"\n'
        catalog = invented.catalog(FLAT, f"{FIELDS}{array}")
        (problem,) = validate(request(img=IMAGE), catalog=catalog)
        assert (problem.suggestion, problem.fix) == ("image_url", None)


class TestValues:
    """Units, ratios and words for true and false."""

    @pytest.mark.parametrize(
        ("name", "value", "meant"),
        [
            *(
                ("duration", value, "10")
                for value in ("10s", "10 s", "10sec", "10 Seconds", "10.0", "10.00s", 10.0, 10)
            ),
            *(("aspect_ratio", value, "16:9") for value in ("16x9", "16 X 9", "16\u00d79", "16/9", "16 : 9")),
            *(("resolution", value, "1080p") for value in ("1080P", " 1080p")),
            *(("has_sound", value, "true") for value in (True, "True", "TRUE ")),
        ],
    )
    def test_a_certain_value(self, name: str, value: Any, meant: str) -> None:
        """It is suggested and fixed."""
        assert only(**{name: value}).suggestion == literal(meant)
        assert fixed(**{name: value}) == ({name: meant}, True)

    @pytest.mark.parametrize(
        ("name", "value", "suggestion"),
        [
            ("has_sound", "yes", '"true"'),
            ("has_sound", " Off", '"false"'),
            ("loop", "on", "true"),
            ("loop", "no", "false"),
            ("duration", "20s", None),
            ("duration", "10.5s", None),
            ("duration", "10 m", None),
            ("duration", "yes", None),
            ("duration", "\uff15s", None),  # a full-width digit
            ("fps", "10s", None),  # not measured in seconds
            ("aspect_ratio", "9x16", None),
            ("has_sound", 1, None),
            ("loop", "maybe", None),
        ],
    )
    def test_an_uncertain_value(self, name: str, value: Any, suggestion: str | None) -> None:
        """It is not fixed, and a word for true or false is only suggested."""
        assert (only(**{name: value}).suggestion, only(**{name: value}).fix) == (suggestion, None)

    def test_long_suggestions_are_shortened(self) -> None:
        """A long URL for an array is fixed as a whole, and shown in part."""
        problem = only(images=f"{IMAGE}{'x' * 10_000}")
        assert problem.fix is not None
        assert problem.fix.value == (f"{IMAGE}{'x' * 10_000}",)
        assert len(problem.message) < 300


class TestAddresses:
    """What the API certainly cannot fetch is an error, also where the format is only assumed."""

    @pytest.mark.parametrize(
        "text",
        [
            *NO_URLS,
            *("../cat", r".\cat", "C:/cat", r"\\server\cat", "~/cat", "images/cat.jpeg", r"images\cat.MP4", "a b.png"),
            *("DATA:,x", "blob:https://example.com/1", " ./cat.png", "iVBORw0KGgoAAAA", "/9j/4AAQSkZJRg", "UklGRg"),
            "abcd/+==\r\n" * 20,
        ],
    )
    def test_an_error_with_a_hint(self, text: str) -> None:
        """The hint says what to send instead."""
        problem = only(image_url=text)
        hint = "upload the file and send its URL" if text.strip() else "send a URL, or leave it out"
        assert (problem.code, problem.severity, problem.suggestion) == ("bad_url", "error", hint)
        assert problem.message.startswith("expected an http or https URL, got the string ")
        assert problem.message.endswith(f"; {hint}")
        assert [
            (other.severity, other.pointer) for other in validate(request(images=[IMAGE, text]), catalog=TABLES)
        ] == [("error", "/input/images/1")]

    @pytest.mark.parametrize(
        "text",
        [
            *("example.com/cat.jpg", "//example.com/cat.jpg", "www.example.com", "ftp://example.com/cat.jpg"),
            *("s3://bucket/cat.jpg", "localhost:80/cat.jpg", "upload-123", "x" * 99, "https://", "cat.jpg?size=2"),
        ],
    )
    def test_a_doubtful_one(self, text: str) -> None:
        """Anything else that is no URL has the severity of the rule, and no hint."""
        problem = only(image_url=text)
        assert (problem.code, problem.severity, problem.suggestion) == ("bad_url", "warning", None)

    def test_a_required_field(self) -> None:
        """Leaving out what is required is no advice."""
        required = FIELDS.replace('format = "url"\n', 'format = "url"\nrequired = true\n', 1)
        (problem,) = validate(request(image_url=""), catalog=invented.catalog(FLAT, required))
        assert problem.suggestion == "send a URL"

    def test_the_order_of_items(self) -> None:
        """The problems of items are in their order, whatever their severity."""
        report = validate(request(images=["a-1", "./b", "", "a-2", "./c"]), catalog=TABLES)
        assert [(problem.pointer[-1], problem.severity) for problem in report] == [
            *(("0", "warning"), ("1", "error"), ("2", "error"), ("3", "warning"), ("4", "error")),
        ]

    def test_an_error_after_many_warnings(self) -> None:
        """No error is omitted in favour of a warning, or the request would pass."""
        report = validate(request(images=[*(f"a-{number}" for number in range(150)), "./b"]), catalog=TABLES)
        assert not report.ok
        assert [problem.pointer for problem in report.errors] == ["/input/images/150"]
        assert (len(report), report.omitted_errors, report.omitted_warnings) == (100, 0, 51)


class TestLists:
    """Long lists are shortened for people; problems keep all of it."""

    def test_options(self) -> None:
        """Up to eight options are listed, and of more the first two and the last."""
        for count, listed in ((8, '"0", "1", "2", "3", "4", "5", "6", "7"'), (9, '"0", "1" … "8"')):
            options = [str(number) for number in range(count)]
            fields = f'[revision.input.size]\ntype = "string"\nallowed = {literal(options)}\n'
            (problem,) = validate(request(size="x"), catalog=invented.catalog(FLAT, fields))
            assert problem.message == f'the string "x" is not allowed; use one of {listed}'
            assert problem.allowed == tuple(options)

    def test_names(self) -> None:
        """Names are listed up to 200 characters."""
        names = [f"{'long_' * 5}{letter}" for letter in "abcdefghij"]
        fields = "".join(f'[revision.input.{name}]\ntype = "string"\n' for name in names)
        (problem,) = validate(request(zebra=1), catalog=invented.catalog(FLAT, fields))
        assert problem.message == f"no such field; known fields: {', '.join(names[:7])}, …"  # 7 x 28 = 196 characters
        assert problem.allowed == tuple(names)


class TestWarnings:
    """What a quote takes from the warnings about its request is told from what it assumes itself."""

    def test_of_a_quote(self) -> None:
        """They are the assumptions about a pointer, and are explained first."""
        quoted = quote({"model": O3, "input": {"image_url": "www.example.com"}, "version": "2"})
        assert [warning.about for warning in quoted.warnings] == ["/version", "/input/image_url"]
        assert [other.about for other in quoted.assumptions] == [
            "duration",
            "has_sound",
            "/version",
            "/input/image_url",
        ]
        labels = [line.partition(":")[0] for line in quoted.explain().splitlines() if not line.startswith((" ", "$"))]
        assert labels == ["warning", "warning", "assumes", "assumes", "processing time", "source"]
        assert Quote.from_dict(quoted.to_dict()).warnings == quoted.warnings

    def test_of_a_request_without_any(self) -> None:
        """Defaults are no warnings."""
        quoted = try_quote({"model": O3, "input": {"image_url": IMAGE}})
        assert isinstance(quoted, Quote)
        assert (quoted.warnings, len(quoted.assumptions)) == ((), 2)
