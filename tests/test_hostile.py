"""Requests made to break the judge: objects that fight back, and bodies that cost far more than they should."""

from __future__ import annotations

import gc
import json
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

import invented
from ratecard import ANY, Declined, quote_range, try_quote, validate
from ratecard_rules import MAX_PROBLEMS, Fix, describe, plain_object, resolve
from ratecard_rules._json import json_type, plain
from ratecard_rules._judge.patch import apply_fixes
from ratecard_rules._judge.values import MAX_DEPTH, unserializable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MODEL = "acme/loop-1/text-to-video"
LISTS = """
[revision.input.urls]
type = "array"
items = "string"
item_format = "url"
max_items = 3
[revision.input.tags]
type = "array"
items = "string"
[revision.input.settings]
type = "object"
"""
CATALOG = invented.catalog(fields=invented.INPUT + LISTS)


class _Refusing(type):
    def __eq__(cls, other: object) -> bool:
        raise RuntimeError("compared")

    def __hash__(cls) -> int:
        raise RuntimeError("hashed")


class Refusing(metaclass=_Refusing):
    """An object whose class can be neither compared nor hashed."""


class RefusingText(str, metaclass=_Refusing):
    """Text whose class can be neither compared nor hashed; it is still text."""

    __slots__ = ()


class HostileKey:
    """A key that can be hashed once and raises ever after."""

    def __init__(self) -> None:
        self.armed = False

    def __hash__(self) -> int:
        if self.armed:
            raise RuntimeError("hashed")
        return hash("prompt")

    def __eq__(self, other: object) -> bool:
        if self.armed:
            raise RuntimeError("compared")
        return self is other


class Answering(dict[Any, Any]):
    """A dict that answers for itself."""

    def _raise(self, *_: object, **__: object) -> Any:
        raise RuntimeError("called")

    __iter__ = __len__ = __contains__ = __getitem__ = keys = items = values = get = copy = _raise


def armed() -> HostileKey:
    """Return a key that is in a dict and from now on raises."""
    return HostileKey()


def hostile_dict(kind: type[dict[Any, Any]], **entries: object) -> dict[Any, Any]:
    """Return a dict with a hostile key beside these entries."""
    key = armed()
    made: dict[Any, Any] = kind({key: 1})
    dict.update(made, entries)
    key.armed = True
    return made


ODD: list[Any] = [
    Refusing(),
    Refusing,
    [Refusing()],
    {"a": Refusing()},
    RefusingText("a cat"),
    [RefusingText("https://example.com/a")],
    hostile_dict(dict),
    hostile_dict(Answering),
    Answering({"a": [Answering({"b": 1})]}),
    {("tuple",): 1},
    {("tuple",): {"a": 1}, "prompt": "a"},
    [{(1, 2): 3}],
]


@pytest.mark.parametrize("odd", ODD, ids=range(len(ODD)))
def test_nothing_of_the_caller_is_called(odd: Any) -> None:
    """No place of a request makes a verb raise, and each gets a report that can be shown and applied."""
    for request in (
        odd,
        {"model": MODEL, "input": odd},
        {"model": odd, "input": {"prompt": "a cat"}},
        {"model": MODEL, "input": {"prompt": odd, "duration": odd}},
        {"model": MODEL, "input": {"prompt": "a cat", "settings": odd, "urls": odd, "zebra": odd}},
        {"model": MODEL, "input": {"prompt": "a cat"}, "other": odd, "webhookUrl": odd, "version": odd},
    ):
        report = validate(request, catalog=CATALOG)
        assert report == resolve(request, CATALOG).report
        assert json.dumps(report.to_dict())
        report.fixed(request)
        answer = try_quote(request, catalog=CATALOG)
        assert isinstance(answer, Declined) == (not report.ok)
        try:
            quote_range(request, catalog=CATALOG)
        except (ValueError, LookupError):
            assert not report.ok


def test_text_of_an_odd_class_is_text() -> None:
    """What would be sent counts, whatever its class does."""
    assert validate({"model": MODEL, "input": {"prompt": RefusingText("a cat")}}, catalog=CATALOG).ok
    assert plain(RefusingText("a")) == "a"
    assert json_type(Refusing()) is None
    assert validate(Answering(model=MODEL, input=Answering(prompt="a cat")), catalog=CATALOG).ok


def test_fixes_below_keys_that_are_not_strings_are_left_out() -> None:
    """`fixed` mends what it can reach and leaves an object that JSON cannot represent as it is."""
    request: dict[Any, Any] = {"model": MODEL, "input": {("a",): 1, "duration": 4}, "webhookUrl": None}
    report = validate(request, catalog=CATALOG)
    assert report.fixed(request) == {"model": MODEL, "input": {("a",): 1, "duration": 4}}
    assert plain_object({("a",): 1}) is None
    assert plain_object(5) is None
    with pytest.raises(ValueError, match="the request is invalid"):
        quote_range({"model": MODEL, "input": {("a",): 1, "duration": ANY}}, catalog=CATALOG)


def test_fixes_of_another_request_are_left_out() -> None:
    """A fix whose path is not there changes nothing, and loses nothing."""
    report = validate(invented.request(durtion="4", seed="7"), catalog=CATALOG)
    assert [problem.fix.op for problem in report if problem.fix] == ["replace", "move"]
    for other in ({"model": MODEL}, {"model": MODEL, "input": ["a cat"]}):
        assert report.fixed(other) == other
    assert report.fixed({"input": {}}) == {"input": {"seed": 7}}
    move = Fix(op="move", source="/a", path="/b/c")
    assert apply_fixes({"a": 1}, [move]) == {"a": 1}
    assert apply_fixes({"a": 1, "b": {}}, [move]) == {"b": {"c": 1}}


@contextmanager
def changing(change: Callable[[], None]) -> Iterator[None]:
    """Call a function again and again in another thread, which gets its turn in the middle of judgements."""
    stop = threading.Event()

    def run() -> None:
        while not stop.is_set():
            change()

    thread = threading.Thread(target=run)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-4)  # usually 5 ms
    gc.disable()  # finalizers would let the other thread run while a dict is copied
    thread.start()
    try:
        yield
    finally:
        gc.enable()
        sys.setswitchinterval(interval)
        stop.set()
        thread.join()


def test_a_request_that_another_thread_changes() -> None:
    """Every answer is one that some moment of the request deserves; nothing raises."""
    given: dict[str, Any] = {"prompt": "a cat", "settings": {"a": {}}}
    request: dict[str, Any] = {"model": MODEL, "input": given}

    def change() -> None:
        for number in range(50):
            given[f"x{number}"] = request[f"y{number}"] = given["settings"][f"z{number}"] = number
        for number in range(50):
            del given[f"x{number}"], request[f"y{number}"], given["settings"][f"z{number}"]

    with changing(change):
        for _ in range(800):
            report = validate(request, catalog=CATALOG)
            assert {problem.code for problem in report} <= {"unknown_field", "not_json"}
            try_quote(request, catalog=CATALOG)
    assert validate(request, catalog=CATALOG).ok


def test_a_large_request_that_another_thread_changes() -> None:
    """Reading so many keys takes many turns of the other thread; that is no crash, in any catalogue."""
    request: dict[str, Any] = {"model": MODEL, "input": {}} | dict.fromkeys(map(str, range(50_000)))

    def change() -> None:
        for number in range(50):
            request[f"y{number}"] = number
        for number in range(50):
            del request[f"y{number}"]

    with changing(change):
        for catalog in (None, CATALOG) * 8:
            assert not validate(request, catalog=catalog).ok
            assert isinstance(try_quote(request, catalog=catalog), Declined)


def test_a_value_that_shrinks_while_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """What another thread takes away in the middle is no crash, and no pointer leads to another place."""
    value: dict[str, Any] = {"a": {"b": [[b""]]}}

    def take_away(flawed: object) -> str:
        value["a"].clear()
        return describe(flawed)

    monkeypatch.setattr("ratecard_rules._judge.values.describe", take_away)
    flaw = unserializable(value)
    assert flaw is not None
    assert (flaw.pointer, flaw.what) == ("", "a Python bytes object")


def test_a_long_version_is_shortened() -> None:
    """The message describes a version that is too long to repeat."""
    (problem,) = validate({**invented.request(), "version": "x" * 121}, catalog=CATALOG)
    assert problem.message.startswith(f'the request pins version the string "{"x" * 40}… (121 characters)"; ')


def test_an_array_that_is_too_long_is_one_problem() -> None:
    """What is beyond the most items that the table allows is not judged one by one."""
    report = validate(invented.request(urls=[5] * 100_000), catalog=CATALOG)
    assert [(problem.code, problem.pointer) for problem in report] == [
        *(("wrong_type", f"/input/urls/{place}") for place in range(3)),
        ("too_many_items", "/input/urls"),
    ]


def test_many_wrong_items_are_counted() -> None:
    """A hundred are listed; the rest are counted, and the verdict is that of all of them."""
    report = validate(invented.request(tags=[5] * 100_000, seed=-1), catalog=CATALOG)
    assert (len(report), report.omitted_errors, report.omitted_warnings) == (MAX_PROBLEMS, 99_901, 0)
    assert not report


def test_errors_are_listed_before_warnings() -> None:
    """Where there are too many problems, a report that is not ok still has an error to show."""
    uncertain = LISTS.replace('items = "string"\n[', 'items = "string"\nevidence = { items = "assumed" }\n[')
    doubtful = invented.catalog(fields=uncertain + invented.INPUT)
    report = validate(invented.request(tags=[5] * 1_000, seed=-1), catalog=doubtful)
    assert [problem.code for problem in report.errors] == ["too_small"]
    assert (len(report), report.omitted_warnings) == (MAX_PROBLEMS, 901)
    strict = validate(invented.request(tags=[5] * 1_000, seed=-1), catalog=doubtful, strict=True)
    assert (len(strict.errors), strict.omitted_errors) == (MAX_PROBLEMS, 901)


def test_item_formats() -> None:
    """The address of each item of an array is judged, by the fast path and by the judge."""
    report = validate(invented.request(urls=["cat.jpg", "https://example.com/a"]), catalog=CATALOG)
    assert [(problem.code, problem.pointer) for problem in report] == [("bad_url", "/input/urls/0")]
    assert validate(invented.request(urls=["http://example.com/a"]), catalog=CATALOG).ok


def nested(depth: int, value: object) -> Any:
    """Return a value below so many arrays."""
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "pointer", "what"),
    [
        (nested(MAX_DEPTH, 1), None, None),
        (nested(MAX_DEPTH + 1, 1), "/0" * MAX_DEPTH, "a value nested more than 100 levels deep"),
        (nested(MAX_DEPTH, []), "/0" * MAX_DEPTH, "a value nested more than 100 levels deep"),
        ([{"a": float("nan")}] * 3, "/0/a", "nan"),
        ({"a": {"k" * 201: b""}}, "/a/", "a Python bytes object"),
        (({"a": ({5: 1},)},), "/0/a/0", "a key that is not a string (the number 5)"),
        ({"a": 1, "\ud800": 1}, "", "a string with a lone surrogate"),
        ([1, [2, ("x", "\ud800")]], "/1/1/1", "a string with a lone surrogate"),
        ([10**400], "/0", "a number of 1,329 bits"),
    ],
)
def test_what_json_cannot_carry(value: object, pointer: str | None, what: str | None) -> None:
    """The first place is named, however deep it is."""
    found = unserializable(value)
    assert (pointer, what) == (None, None) if found is None else (found.pointer, found.what) == (pointer, what)


def test_a_value_that_contains_itself() -> None:
    """A loop is named where it closes; a value that is shared many times is not one, and is looked at once."""
    loop: list[Any] = []
    loop.append({"a": loop})
    found = unserializable({"x": loop})
    assert found is not None
    assert (found.pointer, found.what) == ("/x/0/a", "a value that contains itself")
    shared: Any = [1]
    for _ in range(60):
        shared = [shared, shared]
    assert unserializable(shared) is None
