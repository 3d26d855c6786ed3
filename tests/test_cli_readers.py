"""YAML, Python literals and curl commands: what is read, what is refused, and that nothing is executed."""

from __future__ import annotations

import gzip
import io
import json
import os
import pprint
import shlex
import sys
import unicodedata
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from cli_runner import run
from ratecard._cli._input import Entry, lines_of, read, unwrap
from ratecard._cli._readers import MAX_CODE, BadInput, read_curl, read_python, recognize
from ratecard._cli._yaml import read_yaml, split_documents

if TYPE_CHECKING:
    from collections.abc import Callable

URL = "https://api.muvi.video/v1/jobs/submit"
ONLY_LITERALS = "only dicts, lists, strings, numbers, True, False and None are read; nothing is executed"
AMBIGUOUS = "is ambiguous in YAML; put it in quotes if it is text, or write it as in JSON"
BODY = "the body of the curl command"
QUOTING = "; $'...' is not supported, use '...' or save the body to a file"
REFERENCES = "anchors, aliases and tags are not supported"

texts = st.text(st.characters(codec="utf-8"))
numbers = st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
requests = st.fixed_dictionaries({"model": texts, "input": st.dictionaries(texts, values, max_size=4)})


def json_text(value: object, *, ascii_only: bool = True) -> str:
    """Return a value as JSON, on one line."""
    return json.dumps(value, ensure_ascii=ascii_only, sort_keys=True)


FORMS: dict[str, tuple[str, Callable[[Any], str]]] = {
    # A file name, and how a request is written into such a file.
    "JSON": ("f.json", lambda request: json.dumps(request, indent=2)),
    "JSON without a name": ("-", json_text),
    "JSON Lines": ("f.jsonl", lambda request: f"{json_text(request)}\n"),
    "YAML": ("f.yaml", yaml.safe_dump),
    "YAML in flow style": ("f.yml", lambda request: str(yaml.safe_dump(request, default_flow_style=True))),
    "curl with -d": ("-", lambda request: f"curl {URL} -H 'X: y' -d {shlex.quote(json_text(request))}"),
    "curl over lines": ("f", lambda request: f"$ curl \\\n {URL} \\\n --json {shlex.quote(json_text(request))} | jq ."),
    "Python": ("f", repr),
    "Python over lines": ("f.py", lambda request: f"# pasted\n{pprint.pformat(request, width=1)}  # end\n"),
    "wrapped": ("f", lambda request: json_text({"id": 1, "request": request})),
}


@pytest.mark.parametrize("form", FORMS)
@given(request_=requests, compressed=st.booleans())
def test_a_request_is_read_as_it_was_written(form: str, request_: dict[str, Any], *, compressed: bool) -> None:
    """In every format, compressed or not, the same request comes back, with the same types."""
    name, write = FORMS[form]
    raw = write(request_).encode()
    stream: Any = gzip.GzipFile(fileobj=io.BytesIO(gzip.compress(raw, 1))) if compressed else io.BytesIO(raw)
    (entry,) = (
        unwrap(entry, "/request" if form == "wrapped" else None) for entry in read(name, lines_of(stream)).entries
    )
    if "YAML" in form and AMBIGUOUS in str(entry.request):
        return  # PyYAML writes text such as 1e3 without quotes
    assert json_text(entry.request, ascii_only=False) == json_text(request_, ascii_only=False)


_heard: list[str] | None = None


def _hear(event: str, _: object) -> None:
    if _heard is not None and event.startswith(("exec", "open", "os.", "subprocess.", "socket.", "ctypes.", "shutil.")):
        _heard.append(event)


sys.addaudithook(_hear)  # for the rest of the process: it cannot be removed


def events_of(action: Callable[[str], object], text: str) -> list[str]:
    """Return what the interpreter does for an action on text, which may raise `BadInput`."""
    global _heard  # noqa: PLW0603  the hook is global, too
    events: list[str] = []
    _heard = events
    try:
        with suppress(BadInput):
            action(text)
    finally:
        _heard = None
    return events


E_ACUTE = unicodedata.lookup("LATIN SMALL LETTER E WITH ACUTE")  # Python loads the module for names that are not ASCII
fragments = st.sampled_from(
    [
        *("curl ", "curl -d ", "--json ", "-F x=y ", "@/etc/passwd ", "$(id) ", "`id` ", "; id ", "| sh ", "&& id "),
        *("'", '"', "{", "}", "[", "]", "(", ")", ":", ",", "\\\n", "\n", "#", "$'", "\0", "\ud800", E_ACUTE, "1", "-"),
        *("'a': ", "__import__('os').system('id')", "open('/etc/passwd')", "exec('1')", "eval('1')", "f'{1}'"),
        *("lambda: ", "http://x ", ".a"),
    ]
)
codes = st.lists(fragments | st.text(max_size=3), max_size=12).map("".join)


class TestNothingIsExecuted:
    """Text is only text, whoever wrote it."""

    @given(text=codes, start=st.sampled_from(["", "curl ", "{", "{'a': ", f"curl {URL} -d "]))
    def test_whatever_the_text(self, text: str, start: str) -> None:
        """Nothing is run and no file is opened, and a reader returns a value or raises `BadInput`."""
        for reader in (recognize, read_python, read_curl, read_yaml):
            assert events_of(reader, start + text) == []

    @pytest.mark.parametrize(
        ("reader", "text"),
        [
            (recognize, "{'a': __import__('os').system('id')}"),
            (recognize, "{'a': open('/etc/passwd').read()}"),
            (recognize, "curl https://example.com -d @/etc/passwd"),
            (read_yaml, "!!python/object/apply:os.getcwd []"),
        ],
    )
    def test_code(self, reader: Callable[[str], object], text: str) -> None:
        """What would do something if it were executed is refused."""
        assert events_of(reader, text) == []
        with pytest.raises(BadInput):
            reader(text)

    def test_the_hook_hears(self) -> None:
        """It would notice code and files."""
        assert events_of(exec, "1") == ["exec"]
        assert "open" in events_of(lambda name: Path(name).read_bytes(), os.devnull)


def refusal_of(reader: Callable[[str], object], text: str) -> BadInput:
    """Return where and why a reader refuses text."""
    with pytest.raises(BadInput) as refusal:
        reader(text)
    return refusal.value


class TestPython:
    """Python literals: what `json.dumps` would take, and nothing else."""

    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("{'a': True, 'b': None, 'c': [1, -2.5],}", {"a": True, "b": None, "c": [1, -2.5]}),
            ("\n\n   {'a': 'b'\n 'c'}  # comment\n", {"a": "bc"}),
            ("('a')", "a"),
            (r"{'a': '\d'}", {"a": r"\d"}),
            ("{'a': '''b\r\nc'''}", {"a": "b\nc"}),
        ],
    )
    def test_read(self, text: str, value: object) -> None:
        """Trailing commas, comments, indentation and joined strings are Python's."""
        assert read_python(text) == value

    @pytest.mark.parametrize(
        ("text", "line", "what"),
        [
            ("{'a': f(1)}", 1, ONLY_LITERALS),
            ("{'é': 'ü',\n 'ö': x}", 2, ONLY_LITERALS),
            ("\n   {'é': x}", 2, ONLY_LITERALS),
            ("\n   {\n 'é': x}", 3, ONLY_LITERALS),
            ("[(1, 2)]", 1, ONLY_LITERALS),
            ("[{1}]", 1, ONLY_LITERALS),
            ("[b'a']", 1, ONLY_LITERALS),
            ("[...]", 1, ONLY_LITERALS),
            ("[1j]", 1, ONLY_LITERALS),
            ("[-True]", 1, ONLY_LITERALS),
            ("[--1]", 1, ONLY_LITERALS),
            ("[1 + 1]", 1, ONLY_LITERALS),
            ("[nan]", 1, ONLY_LITERALS),
            ("{'a': 1,\n 'a': 2}", 1, 'duplicate key "a"'),
            ("{1: 2}", 1, "keys must be strings"),
            ("{**a}", 1, "keys must be strings"),
            ("[1e999]", 1, "invalid Python literal: Out of range float values are not JSON compliant"),
            (f"[{'9' * 400}]", 1, "number out of range"),
            ("[" * 201 + "]" * 201, 1, "invalid Python literal: too many nested parentheses"),
            ("  {'a': 1", 1, "invalid Python literal: '{' was never closed"),
            ("{'a' 1}", 1, "invalid Python literal"),
            ("not " * 100_000 + "1", 1, "invalid Python literal"),
            ("\ud800", 1, "invalid Python literal"),
            ("a\0", 1, "invalid Python literal"),
            ("1" + "+1" * 100_000, 1, "invalid Python literal"),
            ("", 1, "invalid Python literal"),
            (" " * (MAX_CODE + 1), 1, "a Python literal longer than 1,048,576 characters"),
        ],
    )
    def test_refused(self, text: str, line: int, what: str) -> None:
        """It is refused with its line, if there are several, and says what would be read."""
        refusal = refusal_of(read_python, text)
        assert (refusal.line or 1, refusal.column) == (line, None)
        assert refusal.what.startswith(what)

    @pytest.mark.parametrize(
        ("text", "line", "column", "what"),
        [
            ("{'a': x}", 1, None, ONLY_LITERALS),
            ('{"a": True, "b": x}', 1, None, ONLY_LITERALS),
            ('{"a": x}', 1, 7, "Expecting value"),
            ('{"a": 1, "a": 1}', None, None, 'duplicate key "a"'),
            ("[NaN]", None, None, "NaN is not valid JSON"),
            ("model: x", 1, 1, "expected JSON, a Python dict or a curl command; YAML needs a file named .yaml or .yml"),
            ("'text'", 1, 1, "expected JSON, a Python dict or a curl command; YAML needs a file named .yaml or .yml"),
        ],
    )
    def test_what_it_was_meant_to_be(self, text: str, line: int | None, column: int | None, what: str) -> None:
        """The error is Python's where JSON stumbles over something that only Python has; otherwise it is JSON's."""
        refusal = refusal_of(recognize, text)
        assert (refusal.line, refusal.column, refusal.what) == (line, column, what)


class TestCurl:
    """Pasted curl commands."""

    @pytest.mark.parametrize(
        "command",
        [
            f"curl {URL} -d {{}}",
            f"curl -sSXPOST {URL} -H 'Authorization: Bearer pb_x' --data-raw '{{}}'",
            f"curl --request POST --url {URL} --header 'A: b' --data '{{}}'",
            f"  $ curl.exe -X POST '{URL}' \\\r\n  --json '{{}}' --compressed",
            f"curl -d'{{}}' {URL} | jq .cost",
            f"curl {URL} --data-binary '{{}}' > answer.json",
        ],
    )
    def test_read(self, command: str) -> None:
        """The body is found among the usual options, and the URL is that of the API."""
        assert recognize(command) == ({}, None)

    @pytest.mark.parametrize("url", ["https://example.com/submit", ""])
    def test_another_url(self, url: str) -> None:
        """It is a warning."""
        assert recognize(f"curl {url} -d {{}}") == ({}, f"the URL of the curl command is not {URL}")

    @pytest.mark.parametrize(
        ("command", "what"),
        [
            (f"curl {URL}", "expected one body in the curl command, as in -d '{...}', got 0"),
            (f"curl {URL} -F a=b", "expected one body in the curl command, as in -d '{...}', got 0"),
            (f"curl {URL} -d '{{}}' -d '{{}}'", "expected one body in the curl command, as in -d '{...}', got 2"),
            (
                f"curl {URL} -d @body.json",
                '-d "@body.json" names a file, which is not opened for a pasted command; run ratecard on that file',
            ),
            (
                f"curl {URL} --json=@-",
                '--json "@-" names a file, which is not opened for a pasted command; run ratecard on that file',
            ),
            (f"curl {URL} -d", f"{BODY}: line 1, column 1: Expecting value"),
            (f"curl {URL} -d '{{", "cannot read the curl command: no closing quotation"),
            (f"curl {URL} -d $'{{\"a\": \\'b\\'}}'", f"cannot read the curl command: no closing quotation{QUOTING}"),
            (f"curl {URL} -d $'{{}}'", f"{BODY}: line 1, column 1: Expecting value{QUOTING}"),
            (f'curl {URL} -d \'{{"a": 1, "a": 2}}\'', f'{BODY}: duplicate key "a"'),
            (f"curl {URL} --data-raw @f", f"{BODY}: line 1, column 1: Expecting value"),
            (f"curl {' ' * MAX_CODE}", "a curl command longer than 1,048,576 characters"),
        ],
    )
    def test_refused(self, command: str, what: str) -> None:
        """The message says what is missing or what is not read, and why."""
        assert refusal_of(recognize, command) == BadInput(what)

    def test_the_key_is_never_repeated(self) -> None:
        """Whatever is wrong with the command, no message has what is in its headers."""
        key = "pb_example_do_not_show"
        header = f'-H "Authorization: Bearer {key}"'
        for rest in ("", "-d '{", "-d '{'", "-d @f", "--what", "-F a=b", "x y", "-d"):
            result = run("quote", stdin=f"curl {URL} {header} {rest}")
            assert result.exit_code == 3
            assert key not in result.stdout + result.stderr


class TestYaml:
    """YAML without surprises."""

    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("a: 1\nb: -2.5\nc: 1.5e+3\nd: 0", {"a": 1, "b": -2.5, "c": 1500.0, "d": 0}),
            ("[true, True, FALSE, null, ~, '', ]", [True, True, False, None, None, ""]),
            ("a:\nb: ''", {"a": None, "b": ""}),
            (
                "- 16:9\n- 2026-12-01\n- 10s\n- 1.2.3\n- y\n- 1080p",
                ["16:9", "2026-12-01", "10s", "1.2.3", "y", "1080p"],
            ),
            ("'yes': \"no\"", {"yes": "no"}),
            ("a: |\n  b\n  c\nd: >\n e\n f", {"a": "b\nc\n", "d": "e f"}),
            (r'"\ud83d\ude00 \ud800"', "\U0001f600 \ud800"),
            ("", None),
            ("# comment", None),
            ("---", None),
        ],
    )
    def test_read(self, text: str, value: object) -> None:
        """Only JSON's constants and numbers are not text, and what PyYAML takes for a time stays text."""
        assert read_yaml(text) == value
        assert repr(read_yaml(text)) == repr(value)

    @pytest.mark.parametrize(
        "scalar",
        [
            "yes",
            "No",
            "ON",
            "off",
            "010",
            "0x1F",
            "0o17",
            "0b1",
            "1_000",
            "+5",
            ".5",
            "5.",
            "1e3",
            "-.inf",
            ".NaN",
            "=",
        ],
    )
    def test_ambiguous(self, scalar: str) -> None:
        """What YAML 1.1 and 1.2 read differently is refused, and is text in quotes."""
        assert refusal_of(read_yaml, f"a: {scalar}") == BadInput(f'"{scalar}" {AMBIGUOUS}', 1, 4)
        assert read_yaml(f"a: '{scalar}'") == {"a": scalar}

    @given(st.sampled_from(["", "+", "-"]), st.from_regex(r"[0-9_.:eEbxo+-]{1,6}", fullmatch=True))
    def test_numbers_agree_with_yaml_1_1(self, sign: str, rest: str) -> None:
        """A plain scalar that is read as a number is the same number to PyYAML, which reads YAML 1.1."""
        text = f"a: {sign}{rest}"
        with suppress(BadInput):
            fields = read_yaml(text)
            assert isinstance(fields, dict)
            assert fields["a"] is None or isinstance(fields["a"], str) or fields == yaml.safe_load(text)

    @pytest.mark.parametrize(
        ("text", "line", "column", "what"),
        [
            ("a: 1\na: 2", 2, 1, 'duplicate key "a"'),
            ("a:\n  'b': 1\n  b: 2", 3, 3, 'duplicate key "b"'),
            ("a: &x 1", 1, 4, REFERENCES),
            ("a: *x", 1, 4, REFERENCES),
            ("a: !!int '1'", 1, 4, REFERENCES),
            ("a: !!python/object:os.system x", 1, 4, REFERENCES),
            ("<<: {}", 1, 1, f'"<<" {AMBIGUOUS}'),
            ("1: 2", 1, 1, "keys must be text; put the key in quotes"),
            ("? [a]\n: b", 1, 3, "keys must be text; put the key in quotes"),
            (f"a: {'9' * 400}", 1, 4, "number out of range"),
            ("[" * 300, 1, 201, "nested more than 200 levels deep"),
            ("- " * 100_000, 1, 401, "nested more than 200 levels deep"),
            ("a:\n\tb: 1", 2, 1, "found character '\\t' that cannot start any token"),
            ("a: 'b", 1, 6, "found unexpected end of stream"),
            ("a: \x01", 1, None, "a character that YAML does not allow"),
            (r'"\U00110000"', None, None, r"an escape such as \U00110000 that is not a character"),
            ("a: 1\n---\nb: 2", 2, 1, "every document must start with ---"),
        ],
    )
    def test_refused(self, text: str, line: int | None, column: int | None, what: str) -> None:
        """It is refused at its place: what is given twice, what is shared or typed, and what is no YAML."""
        assert refusal_of(read_yaml, text) == BadInput(what, line, column)

    def test_a_bad_document_leaves_the_others(self) -> None:
        """Documents are read each for itself, and their lines are those of the file."""
        raw = b"# two\n---\na: 1\n---\na: yes\n--- {b: 2}\n--- [3, 4]\n...\n---\n# nothing\n"
        found = read("f.yaml", lines_of(io.BytesIO(raw)))
        entries = [*found.entries]
        assert found.many
        assert [str(entry) for entry in entries] == [
            "f.yaml:2",
            "f.yaml:4",
            "f.yaml:6",
            "f.yaml:7[0]",
            "f.yaml:7[1]",
            "f.yaml:9",
        ]
        assert [entry.request for entry in entries if entry.line != 4] == [{"a": 1}, {"b": 2}, 3, 4, None]
        assert entries[1].request.message == f'line 5, column 4: "yes" {AMBIGUOUS}'  # type: ignore[attr-defined]

    def test_documents(self) -> None:
        """Only --- at the beginning of a line and on its own starts a document; comments and directives are none."""
        assert split_documents("%YAML 1.2\n# comment\n---\na: 1\n----\n ---\n--- b") == [
            (3, "---\na: 1\n----\n ---\n"),
            (7, "--- b"),
        ]

    def test_one_document(self) -> None:
        """It is one request, a list of requests if it is a sequence, or bad."""
        for raw, requests, many in [
            (b"---\na: 1", [{"a": 1}], False),
            (b"- 1\n- 2", [1, 2], True),
            (b"- a: 1", [{"a": 1}], True),
        ]:
            found = read("f.yml", lines_of(io.BytesIO(raw)))
            assert ([entry.request for entry in found.entries], found.many) == (requests, many)
        (entry,) = read("f.yml", lines_of(io.BytesIO(b"a: 1\nb: \xff"))).entries
        assert entry.place == "f.yml:2"
        assert isinstance(entry.request, BadInput)
        assert entry.request.what == "byte 0xff is not UTF-8 text"

    def test_without_the_extra(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """One line names the extra, and the other files are read."""
        monkeypatch.delitem(sys.modules, "ratecard._cli._yaml")
        monkeypatch.setitem(sys.modules, "yaml", None)
        monkeypatch.delattr("ratecard._cli._yaml")
        (entry,) = read("f.yaml", lines_of(io.BytesIO(b"a: 1"))).entries
        expected = BadInput('YAML needs PyYAML: pip install "ratecard[yaml]"', code="unreadable")
        assert entry == Entry(expected, "f.yaml")
