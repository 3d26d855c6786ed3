"""How the command line reads requests: strictly, with the place of every fault, and each for itself."""

from __future__ import annotations

import gzip
import io
import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli_runner import data, run
from ratecard._cli import _input
from ratecard._cli._input import EMPTY, Entry, Requests, is_file, pairs, read_files
from ratecard._cli._readers import BadInput, read_json

if TYPE_CHECKING:
    from pathlib import Path

T2V = "kling-plus/kling-o1-standard/text-to-video"
GOOD = {"model": T2V, "input": {"prompt": "a cat"}}  # 50,000 x 5 = 250,000 micros

finite = st.floats(allow_nan=False, allow_infinity=False)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**200), 2**200) | finite | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)

BAD_BYTES: list[tuple[bytes, int, str]] = [
    (b"{\n \xff", 2, "byte 0xff is not UTF-8 text"),
    ('{"é": "'.encode() + b'\xc3"}', 1, "byte 0xc3 is not UTF-8 text"),
    (b'{"a":\n\0}', 2, "a NUL byte: this is binary data or UTF-16, not UTF-8 text"),
    (b"\xff\n\0", 2, "a NUL byte: this is binary data or UTF-16, not UTF-8 text"),
]
NOT_PARSED: list[tuple[bytes, int, int, str]] = [
    (b"{", 1, 2, "Expecting property name enclosed in double quotes"),
    (b"nothing", 1, 1, "Expecting value"),
    (b'{"a": 1}\n{"a": 2', 2, 1, "Extra data"),
    ('{"é": "\n"}'.encode(), 1, 8, "Invalid control character at"),
]
NOT_STRICT: list[tuple[bytes, str]] = [
    (b'{"a": 1,\n "a": 2}', 'duplicate key "a"'),
    (b'{"b": "a", "\\u0061": 1, "a": 2}', 'duplicate key "a"'),
    (b'[{"x": {"a": 1}}, {"x": {"a": [],\n"a": {}}}]', 'duplicate key "a"'),
    (b'{"\\"": 1, "a": "\\": ", "\\"": 2}', 'duplicate key "\\""'),
    (b'{"\\u001b[31m": 1, "\\u001b[31m": 2}', 'duplicate key "\\u001b[31m"'),
    (b'{"a": "NaN",\n"b": NaN}', "NaN is not valid JSON"),
    (b"[Infinity]", "Infinity is not valid JSON"),
    (b"[1, -Infinity]", "-Infinity is not valid JSON"),
    (b"[-1.5, 1e3, 1e999]", "number out of range"),
    (b"[-1E999]", "number out of range"),
    (b'{"a": ' + b"1" * 310 + b"}", "number out of range"),
    (b'{"a": ' + b"1" * 100_000 + b"}", "number out of range"),
    (b"[" * 100_000, "nested too deep"),
    (b'{"a":' * 100_000, "nested too deep"),
    (b"[" * 201 + b"]" * 201, "nested more than 200 levels deep"),
    (b'{"a":' * 201 + b"1" + b"}" * 201, "nested more than 200 levels deep"),
]


@pytest.mark.parametrize(("raw", "line", "column", "what"), NOT_PARSED)
def test_what_is_not_json_is_named_with_line_and_column(raw: bytes, line: int, column: int, what: str) -> None:
    """Every text that is not JSON is refused at the very place of its fault."""
    with pytest.raises(BadInput) as refusal:
        read_json(raw.decode())
    assert refusal.value == BadInput(what, line, column, "bad_json")


@pytest.mark.parametrize(("raw", "what"), NOT_STRICT, ids=[str(at) for at in range(len(NOT_STRICT))])
def test_what_parsers_read_differently_is_refused(raw: bytes, what: str) -> None:
    """Duplicate keys, numbers out of range and deep nesting are no strict JSON; the message says which."""
    with pytest.raises(BadInput) as refusal:
        read_json(raw.decode())
    assert refusal.value == BadInput(what, code="bad_json")


def test_nesting_up_to_the_limit() -> None:
    """200 levels are read, and values beside them do not count."""
    text = "[" * 200 + "]" * 200
    assert json.dumps(read_json(text)) == text
    assert len(str(read_json(f"[{'[],' * 300}{{}}]"))) > 300


@pytest.mark.parametrize(("raw", "line", "what"), BAD_BYTES, ids=["late", "cut", "nul", "binary"])
def test_what_is_not_text_is_named_with_its_line(raw: bytes, line: int, what: str) -> None:
    """A byte that is not UTF-8 is named with its line, and binary data is called so."""
    (entry,) = read("f", raw).entries
    assert entry.request == BadInput(what, line)


@given(json_values)
def test_strict_json_is_read_as_json_reads_it(value: Any) -> None:
    """What `json` writes comes back equal, and of the same types."""
    text = json.dumps(value)
    assert json.dumps(read_json(text)) == text


@given(st.binary() | st.text().map(str.encode), st.sampled_from(["f", "f.jsonl", "f.yaml"]))
def test_no_bytes_make_it_raise(raw: bytes, name: str) -> None:
    """Whatever a file holds, it is read or refused with a place in it; it never raises."""
    for entry in read(name, raw).entries:
        bad = entry.request
        if isinstance(bad, BadInput) and bad.line is not None:
            assert 1 <= bad.line <= raw.count(b"\n") + 1
            assert bad.column is None or bad.column >= 1


@given(st.dictionaries(st.text(), json_values, min_size=1, max_size=5), st.data())
def test_duplicate_keys_are_always_refused(value: dict[str, Any], data: st.DataObject) -> None:
    """Trap 20: whichever key is repeated, at whatever depth, the object is refused and the key named."""
    key = data.draw(st.sampled_from(sorted(value)))
    text = json.dumps(value)[:-1] + f", {json.dumps(key)}: null}}"
    at = data.draw(st.sampled_from(["{}", "[{}]", '{{"outer": {}}}', '[1, {{"outer": [{}]}}]']))
    with pytest.raises(BadInput, match=r"^duplicate key "):
        read_json(at.format(text))


def test_numbers_keep_their_kind() -> None:
    """An integer stays an integer, a float a float: a request is judged as it is written."""
    value = read_json('[1, 1.0, 1e2, -0.5, 12345678901234567890123, "1"]')
    assert repr(value) == "[1, 1.0, 100.0, -0.5, 12345678901234567890123, '1']"


def test_a_long_key_is_named_by_its_beginning() -> None:
    """A message stays short, whatever is repeated in it."""
    with pytest.raises(BadInput, match=r'^duplicate key "k{25}… [(]1,016 characters[)]$'):
        read_json(json.dumps({"k" * 1_000: 1})[:-1] + f', "{"k" * 1_000}": 2}}')


def read(name: str, raw: bytes, *, lines: bool = False) -> Requests:
    """Return the requests in a file with these bytes."""
    return _input.read(name, _input.lines_of(io.BytesIO(raw)), lines=lines)


def test_forms_of_a_file() -> None:
    """A document is one request; an array, or lines of which the first two are objects, are many."""
    forms = {
        b'{"a": 1}': ["f"],
        b'"text"': ["f"],
        b'{\n "a": 1\n}\n': ["f"],
        b"[]": [],
        b'[{"a": 1}, 5]': ["f[0]", "f[1]"],
        b'[{"a": 1},\n': ["f"],
        b"{}\n{}\n": ["f:1", "f:2"],
        b'\xef\xbb\xbf{"a": 1}\r\n\r\n{"a": 2}\r\n{"a": \r\n': ["f:1", "f:3", "f:4"],
        b"{}\nnothing": ["f"],
        b'{"a":\n{}\n{}\n': ["f"],
        b'{"a": 1,\n"b": }': ["f"],
    }
    assert {raw: [str(entry) for entry in read("f", raw).entries] for raw in forms} == forms
    many = {raw for raw in forms if read("f", raw).many}
    assert many == {raw for raw, sources in forms.items() if sources != ["f"]} | {b'[{"a": 1},\n'}


@pytest.mark.parametrize("name", ["a.jsonl", "a.ndjson", "A.JSONL", "a.jsonl.gz"])
def test_the_name_of_a_file_says_json_lines(name: str) -> None:
    """A file of JSON Lines is a list even with one line, or with none."""
    one, none = read(name, b'{"a": 1}\n'), read(name, b"\n")
    assert one.many
    assert [(str(entry), entry.request) for entry in one.entries] == [(f"{name}:1", {"a": 1})]
    assert none.many
    assert [entry.request for entry in none.entries] == [EMPTY]


def test_lines_can_be_asked_for() -> None:
    """Standard input has no name: `lines` makes its form certain."""
    assert read("-", b"{}", lines=True).many
    assert not read("-", b"{}").many


@pytest.mark.parametrize("raw", [b"", b" \n\t\n", b"\xef\xbb\xbf"])
def test_empty_files(raw: bytes) -> None:
    """A file without content is one bad request."""
    for name in ("f", "f.json", "f.jsonl", "f.yaml"):
        assert [entry.request for entry in read(name, raw).entries] == [EMPTY], name


def test_a_bad_line_leaves_the_others() -> None:
    """Each line is read for itself: a fault, even a byte that is no text, is its own line's alone."""
    raw = b'{"a": 1}\n{"a": \xff}\n\n{"a": }\n{"a": "\xe2\x80\xa8"}\n{"a": 1, "a": 1}\n{"a":\n\xff\xfe'
    expected = [
        {"a": 1},
        BadInput("byte 0xff is not UTF-8 text", 2),
        BadInput("Expecting value", 4, 7, "bad_json"),
        {"a": "\u2028"},
        BadInput('duplicate key "a"', code="bad_json"),
        BadInput("Expecting value", 7, 6, "bad_json"),
        BadInput("byte 0xff is not UTF-8 text", 8),
    ]
    for name in ("f.jsonl", "f"):
        assert [entry.request for entry in read(name, raw).entries] == expected


def test_an_object_that_spans_lines_is_not_json_lines() -> None:
    """A first line that looks whole, and the brace that begins the second, do not mislead."""
    assert [entry.request for entry in read("f", b'{"a": {"b": 1}\n, "c": 2}').entries] == [{"a": {"b": 1}, "c": 2}]
    assert [entry.request for entry in read("f", b'\n\n{"a":\n\n{"b": 1}}').entries] == [{"a": {"b": 1}}]
    broken = read("f", b'{"a": 1, "a": 1}\n{"b": 1}\n')
    assert [entry.request for entry in broken.entries] == [BadInput('duplicate key "a"', code="bad_json"), {"b": 1}]


def test_blank_lines_count() -> None:
    """Positions are those in the file, whatever blank lines come before and between."""
    (entry,) = read("f", b'\n \n{"a": 1,\n\n\n"b": }').entries
    assert entry.request == BadInput("Expecting value", 6, 6, "bad_json")


class TestBounds:
    """No line and no document of more than `MAX_BYTES` is held, and only a line at a time of JSON Lines."""

    def test_a_long_line_ends_the_file(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The lines before it are read, and the message says that those after it are not."""
        monkeypatch.setattr(_input, "MAX_BYTES", 100)
        raw = b'{}\n{}\n{"a": "%b"}\n{}\n' % (b"x" * 1_000)
        for name in ("f.jsonl", "f"):
            assert [entry.request for entry in read(name, raw).entries] == [
                {},
                {},
                BadInput("longer than 100 bytes; nothing after it is read", 3),
            ]

    @pytest.mark.parametrize("name", ["f", "f.yaml"])
    def test_a_long_document(self, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """A document that is too long is refused, also if it consists of blank lines."""
        monkeypatch.setattr(_input, "MAX_BYTES", 100)
        expected = "the document is longer than 100 bytes; use JSON Lines"
        for raw in (b"{\n" + b'"a":\n' * 100, b"{" + b"\n" * 100 + b"}"):
            ((entry,), many) = (read(name, raw).entries, read(name, raw).many)
            assert isinstance(entry.request, BadInput)
            assert (entry.request.what, many) == (expected, False)

    @pytest.mark.parametrize(("name", "byte"), [("f.jsonl", b"x"), ("f", b"x"), ("f", b"\n"), ("f.yaml", b"\n")])
    def test_an_endless_stream(self, name: str, byte: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
        """It is refused after the longest document that is read."""
        assert _input.MAX_BYTES == 32 * 2**20
        monkeypatch.setattr(_input, "MAX_BYTES", 2**20)

        class Endless(io.RawIOBase):
            size = 0

            def readable(self) -> bool:
                return True

            def readinto(self, buffer: Any) -> int:
                buffer[:] = byte * len(buffer)
                self.size += len(buffer)
                return len(buffer)

        stream = Endless()
        (entry,) = _input.read(name, _input.lines_of(io.BufferedReader(stream, 2**20))).entries
        assert isinstance(entry.request, BadInput)
        assert "longer than 1,048,576 bytes" in entry.request.what
        assert stream.size < 3 * 2**20

    def test_100_000_requests_from_a_compressed_pipe(self) -> None:
        """Less than 100 MiB is needed, with Python, whatever the number of requests."""
        pytest.importorskip("resource", reason="this platform cannot limit memory")
        script = (
            "import resource, sys; resource.setrlimit(resource.RLIMIT_AS, (100 * 2**20,) * 2)\n"
            "from ratecard._cli._input import read_files\n"
            "print(sum(type(entry.request) is dict for entry in read_files(['-']).entries), [sys.stdin.read()])"
        )
        raw = gzip.compress(b"%b\n" % json.dumps(GOOD).encode() * 100_000, 1)
        done = subprocess.run([sys.executable, "-c", script], input=raw, capture_output=True, check=False)
        assert (done.stdout, done.stderr) == (b"100000 ['']\n", b"")


class TestGzip:
    """Compressed data is recognized by its first bytes, whatever the name."""

    @pytest.mark.parametrize("name", ["a.json.gz", "a.json", "a.jsonl.gz", "a.yaml.gz"])
    def test_names(self, name: str, tmp_path: Path) -> None:
        """The format is that of the name without .gz."""
        (tmp_path / name).write_bytes(gzip.compress(json.dumps(GOOD).encode()))
        requests = read_files([str(tmp_path / name)])
        assert requests.many == ("jsonl" in name)
        assert [entry.request for entry in requests.entries] == [GOOD]

    @given(st.integers(0, 40), st.data())
    def test_damage_leaves_what_came_before(self, count: int, data: st.DataObject) -> None:
        """Cut anywhere, the whole lines before are read, and the last entry says what happened."""
        whole = gzip.compress(b"{}\n" * count + b"c9f0f895fb98ab9159f51fd0297e236d")
        cut = data.draw(st.integers(1, len(whole) - 1))
        stream = gzip.GzipFile(fileobj=io.BytesIO(whole[:cut]))
        *before, last = [entry.request for entry in _input.read("f.jsonl", _input.lines_of(stream)).entries]
        assert before == [{}] * len(before)
        assert last == BadInput("the gzip data is damaged or incomplete", len(before) + 1)

    def test_a_slow_pipe(self) -> None:
        """Compressed data is recognized even if only its first byte has arrived."""

        class Slow(io.BytesIO):
            def readinto(self, buffer: Any) -> int:
                return super().readinto(memoryview(buffer)[:1])

        stream = io.BufferedReader(Slow(gzip.compress(json.dumps(GOOD).encode())))
        assert run("quote", stdin=stream).exit_code == 0

    def test_what_only_begins_like_gzip(self, tmp_path: Path) -> None:
        """The magic bytes alone are damaged data; a wrong checksum is, too."""
        file = tmp_path / "f.json"
        for raw in (b"\x1f\x8b", b"\x1f\x8bxx", gzip.compress(b"{}\n")[:-8] + bytes(8)):
            file.write_bytes(raw)
            *_, last = read_files([str(file)]).entries
            assert isinstance(last.request, BadInput)
            assert last.request.what == "the gzip data is damaged or incomplete"


def test_utf_16() -> None:
    """The byte order mark is recognized; nothing else in the file is reported."""
    for encoding in ("utf-16-le", "utf-16-be"):
        for name in ("f", "f.jsonl", "f.yaml"):
            (entry,) = read(name, "\ufeff{}\n{}\n".encode(encoding)).entries
            assert entry.request == BadInput("the text is UTF-16; save it as UTF-8")


class TestFiles:
    """Files, folders and what is neither."""

    def test_several_files_are_one_list(self, tmp_path: Path) -> None:
        """Two files of one request each are a list of two; one such file is a single request."""
        for name in ("a.json", "b.json"):
            (tmp_path / name).write_text("{}", encoding="utf-8")
        names = [str(tmp_path / "a.json"), str(tmp_path / "b.json")]
        assert [entry.file for entry in read_files(names).entries] == names
        assert read_files(names).many
        assert not read_files(names[:1]).many

    def test_folders(self, tmp_path: Path) -> None:
        """All request files in it and in its subfolders are read, sorted; no hidden ones, and no links to folders."""
        names = ["a.json", "b.jsonl", "c.YAML", "d/e.yml.gz", "d/f.ndjson"]
        for name in (*reversed(names), "no.txt", ".hidden.json", ".git/g.json"):
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text("{}", encoding="utf-8")
        (tmp_path / "d" / "loop").symlink_to("..")
        requests = read_files([str(tmp_path)])
        assert [entry.file for entry in requests.entries] == [str(tmp_path / name) for name in names]
        assert requests.many

    def test_what_cannot_be_opened_leaves_the_others(self, tmp_path: Path) -> None:
        """A missing file, a link to itself and an empty folder are bad requests among the others."""
        (tmp_path / "a.json").write_text("{}", encoding="utf-8")
        (tmp_path / "self.json").symlink_to("self.json")
        (tmp_path / "empty").mkdir()
        names = [str(tmp_path / name) for name in ("none.json", "a.json", "self.json", "empty", "a.json")]
        requests = [entry.request for entry in read_files(names).entries]
        missing, first, loop, empty, second = requests
        assert first == second == {}
        expected = [
            (missing, "No such file or directory"),
            (loop, "Too many levels of symbolic links"),
            (empty, "no request files in this folder (.json, .jsonl, .ndjson, .yaml, .yml)"),
        ]
        for bad, what in expected:
            assert bad == BadInput(what, code="unreadable")

    def test_a_folder_that_cannot_be_listed(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """It is reported, after the files that could be found."""
        (tmp_path / "a.json").write_text("{}", encoding="utf-8")
        (tmp_path / "locked").mkdir()
        scandir = os.scandir

        def refuse(path: str) -> Any:
            if path.endswith("locked"):
                raise PermissionError(13, "Permission denied", path)
            return scandir(path)

        monkeypatch.setattr(os, "scandir", refuse)
        first, second = read_files([str(tmp_path)]).entries
        assert first.request == {}
        assert second == Entry(BadInput("Permission denied", code="unreadable"), str(tmp_path / "locked"))

    def test_a_file_is_closed_when_it_is_read(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Lines come one by one, and the last one closes the file; an error in the middle is a bad request."""
        file = tmp_path / "a.jsonl"
        file.write_text("{}\n" * 3, encoding="utf-8")
        rows = _input.lines_of
        streams = []

        def seen(stream: Any) -> Any:
            streams.append(stream)
            return rows(stream)

        monkeypatch.setattr(_input, "lines_of", seen)
        entries = iter(read_files([str(file)]).entries)
        assert next(entries).line == 1
        assert not streams[0].closed
        assert len([*entries]) == 2
        assert streams[0].closed

    def test_an_error_of_the_disk(self) -> None:
        """What was read before stays, and the error takes the place of the rest."""

        class Broken(io.BytesIO):
            def readline(self, _: int | None = -1) -> bytes:
                line = super().readline()
                if not line:
                    raise OSError(5, "Input/output error")
                return line

        *before, last = _input.read("f", _input.lines_of(Broken(b"{}\n{}\n"))).entries
        assert [entry.request for entry in before] == [{}, {}]
        assert (last.request, str(last)) == (BadInput("Input/output error", 3, code="unreadable"), "f:3")
        (entry,) = _input.read("f", _input.lines_of(Broken(b'{"a":\n'))).entries
        assert entry == Entry(BadInput("Input/output error", 2, code="unreadable"), "f")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("-", True),
        ("missing.json", True),
        ("missing.JSONL", True),
        ("a/b/missing.ndjson.gz", True),
        ("missing.yaml", True),
        ("missing.yml", True),
        ("there", True),
        ("folder", True),
        ("missing.txt", False),
        ("missing", False),
        (T2V, False),
        ("duration=10", False),
        ("x" * 5_000, False),
        ("", False),
    ],
)
def test_what_is_a_file(name: str, expected: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: FBT001
    """An argument is a file if it exists, is "-", or has the suffix of request files; otherwise it is a model."""
    (tmp_path / "there").touch()
    (tmp_path / "folder").mkdir()
    monkeypatch.chdir(tmp_path)
    assert is_file(name) is expected


class TestWrapped:
    """`--at-path` finds requests inside of records."""

    @pytest.mark.parametrize(
        ("record", "at_path", "expected"),
        [
            ({"id": 1, "request": GOOD}, "/request", GOOD),
            ({"a": {"b/c": [0, {"d~e": GOOD}]}}, "/a/b~1c/1/d~0e", GOOD),
            ({"": GOOD}, "/", GOOD),
            ({"request": 5}, "/request", 5),
            (GOOD, "/input", GOOD["input"]),
        ],
    )
    def test_found(self, record: object, at_path: str, expected: object) -> None:
        """Keys and indexes are followed as RFC 6901 says."""
        assert _input.unwrap(Entry(record, "f"), at_path) == Entry(expected, "f")

    @pytest.mark.parametrize(
        ("record", "at_path", "what"),
        [
            ({"id": 1, "body": GOOD}, "/request", "nothing at /request; the request is in /body"),
            ({"id": 1}, "/request", "nothing at /request"),
            ([GOOD], "/1", "nothing at /1"),
            ([GOOD], "/-1", "nothing at /-1"),
            ([GOOD], "/\u0660", "nothing at /\u0660"),
            ([GOOD], f"/{'9' * 5_000}", f"nothing at /{'9' * 5_000}"),
            (5, "/a", "nothing at /a"),
            ({"id": 1, "request": GOOD}, None, "the request is in /request; pass --at-path /request"),
            ({"b/c": GOOD}, None, "the request is in /b~1c; pass --at-path /b~1c"),
        ],
    )
    def test_not_found(self, record: object, at_path: str | None, what: str) -> None:
        """The message names the place where the record plainly holds a request."""
        entry = _input.unwrap(Entry(record, "f", line=3), at_path)
        assert entry == Entry(BadInput(what), "f", line=3)

    @pytest.mark.parametrize(
        "record", [GOOD, {}, 5, [GOOD], {"input": {"x": GOOD}}, {"a": {"b": GOOD}}, {"a": {"model": "x"}}]
    )
    def test_everything_else_is_taken_as_it_is(self, record: object) -> None:
        """Only what plainly wraps a request is refused; the rest is for the judge."""
        assert _input.unwrap(Entry(record), None) == Entry(record)

    def test_bad_json_stays(self) -> None:
        """What could not be read is not looked into."""
        assert _input.unwrap(Entry(EMPTY), "/a") == _input.as_input(Entry(EMPTY), T2V, {}, {}) == Entry(EMPTY)


class TestCommands:
    """What a person types, and what comes of it."""

    @pytest.fixture(autouse=True)
    def folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Work in a folder with some files."""
        files = {
            "body.json": json.dumps(GOOD),
            "two.jsonl": f"{json.dumps(GOOD)}\n" * 2,
            "input.json": json.dumps(GOOD["input"]),
            "inputs.jsonl": f"{json.dumps(GOOD['input'])}\n5\n",
            "wrapped.json": json.dumps({"id": 1, "request": GOOD}),
            "all/one.json": json.dumps(GOOD),
        }
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(text, encoding="utf-8")
        monkeypatch.chdir(tmp_path)

    @pytest.mark.parametrize(
        ("args", "stdin", "usd"),
        [
            (["body.json"], "", "0.25"),
            (["-"], json.dumps(GOOD), "0.25"),
            ([], json.dumps(GOOD), "0.25"),
            (["--lines"], json.dumps(GOOD), "0.25"),
            ([T2V, "prompt=x"], json.dumps(GOOD), "0.25"),
            ([T2V, "-f", "input.json"], "", "0.25"),
            ([T2V, "-f", "input.json", "duration=10"], "", "0.50"),
            ([T2V, "-f", "-", "duration=10"], json.dumps({"prompt": "x", "duration": "5"}), "0.50"),
            ([T2V, "-f", "body.json", "--at-path", "/input"], "", "0.25"),
            (["body.json", "two.jsonl"], "", "0.75"),
            (["-f", "two.jsonl", "body.json", "all"], "", "1.00"),
            (["all"], "", "0.25"),
            (["wrapped.json", "--at-path", "/request"], "", "0.25"),
            ([], "[]", "0.00"),
        ],
    )
    def test_accepted(self, args: list[str], stdin: str, usd: str) -> None:
        """50,000 x 5 = 250,000 micros for each request, and twice that for ten seconds."""
        result = run("quote", *args, "--json", stdin=stdin)
        answer = data(result)
        assert (result.exit_code, result.stderr) == (0, "")
        assert (answer.get("total_usd") or answer["quote"]["usd"]) == usd

    @pytest.mark.parametrize(
        ("args", "message"),
        [
            ([], "give a MODEL with its fields, or FILEs, or pipe requests to the command"),
            (["duration=10"], '"duration=10" needs a MODEL before it'),
            (["-f", "body.json", "duration=10"], '"duration=10" needs a MODEL before it'),
            (["body.json", "duration=10"], '"duration=10" is not a file, but "body.json" is; fields need a MODEL'),
            ([T2V, "duration", "10"], 'got "duration"; write no spaces around ='),
            ([T2V, "body.json"], "to read a file, write -f body.json"),
            ([T2V, "--at-path", "/a"], "--lines and --at-path need a FILE"),
            (["body.json", "--at-path", "request"], 'expected a JSON Pointer such as /request, got "request"'),
            (["body.json", "--webhook-url", "https://example.com"], "--webhook-url and --model-version need a MODEL"),
        ],
    )
    def test_wrong_usage(self, args: list[str], message: str) -> None:
        """It exits with 2, and says what to write instead."""
        result = run("quote", *args)
        assert (result.exit_code, result.stdout) == (2, "")
        assert message in result.stderr

    def test_a_terminal_is_not_waited_for(self) -> None:
        """Without arguments, requests are read from a pipe, but nobody is expected to type them."""

        class Terminal(io.BytesIO):
            def isatty(self) -> bool:
                return True

        result = run("quote", stdin=io.BufferedReader(Terminal(json.dumps(GOOD).encode())))
        assert result.exit_code == 2
        assert run("quote", "-", stdin=io.BufferedReader(Terminal(json.dumps(GOOD).encode()))).exit_code == 0

    def test_a_model_with_the_inputs_of_a_file(self) -> None:
        """Each record is an input; a whole request is refused, and what is no object is for the judge."""
        result = run("quote", T2V, "-f", "inputs.jsonl", "--json")
        assert [row["ok"] for row in data(result)["results"]] == [True, False]
        assert data(result)["results"][1]["problems"][0]["code"] == "wrong_type"
        whole = run("quote", T2V, "-f", "body.json")
        assert (whole.exit_code, whole.stdout) == (3, "")
        assert "this is a whole request, not an input; leave out MODEL, or pass --at-path /input" in whole.stderr

    def test_the_envelope_goes_with_the_input_of_a_file(self) -> None:
        """`--webhook-url` is that of every request."""
        result = run("validate", T2V, "-f", "input.json", "--webhook-url", "cat.png", "--json")
        assert [problem["pointer"] for problem in data(result)["problems"]] == ["/webhookUrl"]

    def test_a_missing_file_among_others(self) -> None:
        """The others are answered, and the exit code is that of a wrong use."""
        result = run("quote", "body.json", "none.json", "--json")
        rows = data(result)["results"]
        assert (result.exit_code, [row["ok"] for row in rows]) == (2, [True, False])
        assert rows[1]["code"] == "unreadable"

    def test_every_reason_is_named_once(self) -> None:
        """Records that cannot be read for the same reason are counted, and others are named for themselves."""
        result = run("quote", "--lines", stdin='{"a": }\n{"a": }\n{"a": 1, "a": 1}\n')
        assert result.stderr.splitlines() == [
            "error    bad_json  Expecting value  (\u00d72, first at -:1:7)",
            'error    bad_json  duplicate key "a"  (at -:3)',
        ]

    def test_the_url_of_a_curl_command_is_checked(self) -> None:
        """Another address than that of the API is a warning on standard error, and the request is answered."""
        body = f"-d '{json.dumps(GOOD)}'"
        good = run("quote", "--json", stdin=f"curl https://api.muvi.video/v1/jobs/submit {body}")
        assert (good.exit_code, good.stderr, data(good)["quote"]["usd"]) == (0, "", "0.25")
        other = run("quote", "--json", stdin=f"curl https://example.com/?key=secret {body}")
        assert data(other)["quote"]["usd"] == "0.25"
        assert other.stderr.startswith(
            "warning  the URL of the curl command is not https://api.muvi.video/v1/jobs/submit"
        )
        assert "secret" not in other.stderr


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
        (["a"], 'expected key=value or key:=json, got "a"; write no spaces around ='),
        (["=1"], 'no key before the = in "=1"'),
        ([":=1"], 'no key before the = in ":=1"'),
        (["duration", "10"], 'got "duration"; write no spaces around ='),
        (["duration=", "10"], 'got "10"; write no spaces around ='),
        (["body.json"], 'got "body.json"; to read a file, write -f body.json'),
        (["a:=x"], '"a:=x": Expecting value (column 1 of the JSON); use = for text'),
        (["a:="], '"a:=": Expecting value (column 1 of the JSON); use = for text'),
        (["a:=[NaN]"], '"a:=[NaN]": NaN is not valid JSON; use = for text'),
        (["\x1b[31m"], 'expected key=value or key:=json, got "\\u001b[31m"; write no spaces around ='),
    ],
)
def test_arguments_that_say_nothing_are_refused(items: list[str], message: str) -> None:
    """An argument without `=`, without key, with bad JSON or with a key given before is refused by name."""
    with pytest.raises(ValueError, match=re.escape(message) + "$"):
        pairs(items)
