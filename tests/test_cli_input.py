"""How the command line reads requests: strictly, with the place of every fault, and each for itself."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecard._cli import _input
from ratecard._cli._input import BadJson, Entry, load, pairs, read, read_files

if TYPE_CHECKING:
    from pathlib import Path

finite = st.floats(allow_nan=False, allow_infinity=False)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**200), 2**200) | finite | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)

NOT_READ: list[tuple[bytes, int, int, str]] = [
    (b"", 1, 1, "the input is empty"),
    (b" \n\t", 1, 1, "the input is empty"),
    (b"{", 1, 2, "Expecting property name enclosed in double quotes"),
    (b"nothing", 1, 1, "Expecting value"),
    (b'{"a": 1}\n{"a": 2', 2, 1, "Extra data"),
    (b'{"a": 1,\n "a": 2}', 2, 2, 'duplicate key "a"'),
    (b'{"b": "a", "\\u0061": 1, "a": 2}', 1, 25, 'duplicate key "a"'),
    (b'[{"x": {"a": 1}}, {"x": {"a": [],\n"a": {}}}]', 2, 1, 'duplicate key "a"'),
    (b'{"\\"": 1, "a": "\\": ", "\\"": 2}', 1, 24, 'duplicate key "\\""'),
    (b'{"\\u001b[31m": 1, "\\u001b[31m": 2}', 1, 19, 'duplicate key "\\u001b[31m"'),
    (b'{"a": "NaN",\n"b": NaN}', 2, 6, "NaN is not valid JSON"),
    (b"[Infinity]", 1, 2, "Infinity is not valid JSON"),
    (b"[1, -Infinity]", 1, 5, "-Infinity is not valid JSON"),
    (b"[-1.5, 1e3, 1e999]", 1, 13, "number out of range"),
    (b"[-1E999]", 1, 2, "number out of range"),
    (b'{"a": ' + b"1" * 310 + b"}", 1, 7, "number out of range"),
    (b'{"a": ' + b"1" * 100_000 + b"}", 1, 7, "number out of range"),
    (b"[" * 100_000, 1, 201, "nested more than 200 levels deep"),
    (b'{"a":' * 100_000, 1, 1_001, "nested more than 200 levels deep"),
    (b"[" * 300 + b"]" * 300, 1, 201, "nested more than 200 levels deep"),
    (b"{}\n \xff", 2, 2, "byte 0xff at offset 4 is not UTF-8 text"),
    ("{}".encode("utf-16"), 1, 1, "byte 0xff at offset 0 is not UTF-8 text"),
    ('{"é": "\n"}'.encode(), 1, 8, "Invalid control character at"),
]


@pytest.mark.parametrize(("raw", "line", "column", "what"), NOT_READ, ids=[str(at) for at in range(len(NOT_READ))])
def test_what_is_not_strict_json_is_named_with_line_and_column(raw: bytes, line: int, column: int, what: str) -> None:
    """Every text that is no strict JSON becomes a BadJson at the very place of its fault."""
    assert load(raw) == BadJson(line, column, what)


@given(json_values)
def test_strict_json_is_read_as_json_reads_it(value: Any) -> None:
    """What `json` writes comes back equal, and of the same types."""
    text = json.dumps(value)
    again = load(text.encode())
    assert json.dumps(again) == text
    assert not isinstance(again, BadJson)


@given(st.binary() | st.text().map(str.encode))
def test_no_bytes_make_it_raise(raw: bytes) -> None:
    """Whatever a file holds, it is read or refused with a place in it; it never raises."""
    value = load(raw)
    if isinstance(value, BadJson):
        assert 1 <= value.line <= raw.count(b"\n") + 1
        assert value.column >= 1


@given(st.dictionaries(st.text(), json_values, min_size=1, max_size=5), st.data())
def test_duplicate_keys_are_always_refused(value: dict[str, Any], data: st.DataObject) -> None:
    """Trap 20: whichever key is repeated, at whatever depth, the object is refused and the key named."""
    key = data.draw(st.sampled_from(sorted(value)))
    text = json.dumps(value)[:-1] + f", {json.dumps(key)}: null}}"
    at = data.draw(st.sampled_from(["{}", "[{}]", '{{"outer": {}}}', '[1, {{"outer": [{}]}}]']))
    answer = load(at.format(text).encode())
    assert isinstance(answer, BadJson)
    assert answer.what.startswith("duplicate key ")


def test_numbers_keep_their_kind() -> None:
    """An integer stays an integer, a float a float: a request is judged as it is written."""
    value = load(b'[1, 1.0, 1e2, -0.5, 12345678901234567890123, "1"]')
    assert repr(value) == "[1, 1.0, 100.0, -0.5, 12345678901234567890123, '1']"


def test_text_without_a_fault_has_no_refusal() -> None:
    """The search for the place of a refusal passes over all that is allowed."""
    assert list(_input._refused('{"a": [1, {"a": "a: NaN"}], "b": -1.5}')) == []  # noqa: SLF001  its end is never reached otherwise


def test_a_long_key_is_named_by_its_beginning() -> None:
    """A message stays short, whatever is repeated in it."""
    answer = load(json.dumps({"k" * 1_000: 1})[:-1].encode() + f', "{"k" * 1_000}": 2}}'.encode())
    assert isinstance(answer, BadJson)
    assert answer.what == f'duplicate key "{"k" * 80}"...'


def test_forms_of_a_file() -> None:
    """A document is one request; an array, or lines that are most of them objects, are many."""
    forms = {
        b'{"a": 1}': ["f"],
        b'"text"': ["f"],
        b'{\n "a": 1\n}\n': ["f"],
        b"[]": [],
        b'[{"a": 1}, 5]': ["f[0]", "f[1]"],
        b'[{"a": 1},\n': ["f"],
        b"{}\n{}\n": ["f:1", "f:2"],
        b'\xef\xbb\xbf{"a": 1}\r\n\r\n{"a": 2}\r\n{"a": \r\n': ["f:1", "f:3", "f:4"],
        b"{}\nnothing": ["f:1", "f:2"],
        b'{"a": 1,\n"b": }': ["f"],
    }
    assert {raw: [str(entry) for entry in read("f", raw).entries] for raw in forms} == forms
    many = {raw for raw in forms if read("f", raw).many}
    assert many == {raw for raw, sources in forms.items() if sources != ["f"]} | {b'[{"a": 1},\n'}


@pytest.mark.parametrize("name", ["a.jsonl", "a.ndjson", "A.JSONL"])
def test_the_name_of_a_file_says_json_lines(name: str) -> None:
    """A file of JSON Lines is a list even with one line, or with none."""
    one, none = read(name, b'{"a": 1}\n'), read(name, b"\n")
    assert one.many
    assert [(str(entry), entry.request) for entry in one.entries] == [(f"{name}:1", {"a": 1})]
    assert none.many
    assert [entry.request for entry in none.entries] == [BadJson(1, 1, "the input is empty")]


def test_lines_can_be_asked_for() -> None:
    """Standard input has no name: `lines` makes its form certain."""
    assert read("-", b"{}", lines=True).many
    assert not read("-", b"{}").many


def test_a_bad_line_leaves_the_others() -> None:
    """Each line is read for itself: a fault, even a byte that is no text, is its own line's alone."""
    raw = b'{"a": 1}\n{"a": \xff}\n\n{"a": }\n{"a": "\xe2\x80\xa8"}\n{"a": 1, "a": 1}'
    found = [entry.request for entry in read("f.jsonl", raw).entries]
    assert found == [
        {"a": 1},
        BadJson(2, 7, "byte 0xff at offset 6 is not UTF-8 text"),
        BadJson(4, 7, "Expecting value"),
        {"a": "\u2028"},
        BadJson(6, 10, 'duplicate key "a"'),
    ]


def test_several_files_are_one_list(tmp_path: Path) -> None:
    """Two files of one request each are a list of two; one such file is a single request."""
    for name in ("a.json", "b.json"):
        (tmp_path / name).write_text("{}", encoding="utf-8")
    names = [str(tmp_path / "a.json"), str(tmp_path / "b.json")]
    assert [entry.file for entry in read_files(names).entries] == names
    assert read_files(names).many
    assert not read_files(names[:1]).many


def test_a_source_says_what_applies() -> None:
    """A place has a file, and a line or an index where there is one; as data it leaves out the others."""
    entries = [Entry({}, "f"), Entry({}, "f", line=3), Entry({}, "f", index=0)]
    assert [str(entry) for entry in entries] == ["f", "f:3", "f[0]"]
    assert [entry.source() for entry in entries] == [{"file": "f"}, {"file": "f", "line": 3}, {"file": "f", "index": 0}]


def test_arguments_are_text_unless_they_say_json() -> None:
    """`key=text` is text as on the wire, `key:=json` any value; only the first `=` counts."""
    items = ["a=5", "b:=5", "c=x=y", "d:=[1.5, null]", "e=", "f:g=:=1", 'h:={"a=b": true}', "i=:="]
    assert pairs(items) == {
        "a": "5", "b": 5, "c": "x=y", "d": [1.5, None], "e": "", "f:g": ":=1", "h": {"a=b": True}, "i": ":=",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("items", "message"),
    [
        (["a=1", "a:=2"], '"a" was given twice'),
        (["a"], 'expected key=value or key:=json, got "a"'),
        (["=1"], 'expected key=value or key:=json, got "=1"'),
        ([":=1"], 'expected key=value or key:=json, got ":=1"'),
        (["a:=x"], '"a:=x": Expecting value (column 1 of the JSON); use = for text'),
        (["a:="], '"a:=": Expecting value (column 1 of the JSON); use = for text'),
        (["a:=[NaN]"], '"a:=[NaN]": NaN is not valid JSON (column 2 of the JSON); use = for text'),
        (["\x1b[31m"], 'expected key=value or key:=json, got "\\u001b[31m"'),
    ],
)
def test_arguments_that_say_nothing_are_refused(items: list[str], message: str) -> None:
    """An argument without `=`, without key, with bad JSON or with a key given before is refused by name."""
    with pytest.raises(ValueError, match=re.escape(message) + "$"):
        pairs(items)
