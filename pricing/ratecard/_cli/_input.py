"""Where requests come from: key=value on the command line, files, folders and standard input.

Rule 1  What cannot be read becomes a `BadJson` in its place. It never stops the other requests.
Rule 2  Whether the answer is a list depends on the form of the input, not on the number of requests in it.
Rule 3  JSON Lines are read one line at a time, and no line or document of more than `MAX_BYTES` is held.
Rule 4  The name says what is YAML and what is JSON Lines. Everything else is recognized by its text.
"""

from __future__ import annotations

import gzip
import io
import os
import sys
import zlib
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from attrs import evolve, frozen

from ratecard._api import BASE_URL, SUBMIT_PATH
from ratecard._cli._readers import Malformed, malformed_at, named, read_json, recognize
from ratecard_rules import pointer_to

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

_Source = TypeVar("_Source")
_Value = TypeVar("_Value")

STDIN = "-"
"""The file name that means standard input."""

MAX_BYTES = 32 * 2**20
"""Maximum length of a line, or of a document that is not JSON Lines. Decompressed data count."""

UNREADABLE = "unreadable"
"""The code of a file that cannot be opened, as opposed to text that cannot be understood."""

BAD_INPUT = "bad_input"
"""The code of what cannot be understood, and is not JSON."""

_LINES = (".jsonl", ".ndjson")
_YAML = (".yaml", ".yml")
_SUFFIXES = (".json", *_LINES, *_YAML)
_GZIP = b"\x1f\x8b"
_CHUNK = 2**16
_MAX_WRAPPING = 3
_MAX_DIGITS = 9
_ENDPOINT = BASE_URL + SUBMIT_PATH


@frozen
class BadJson:
    """A request that cannot be read.

    Attributes:
        line: The line, from 1; None if all of a record or file is wrong.
        column: The column, from 1; None likewise.
        what: What is wrong. If it cannot be opened, it names the file.
        code: The code of this refusal.
    """

    line: int | None
    column: int | None
    what: str
    code: str = "bad_json"

    @property
    def message(self) -> str:
        """What is wrong and where, on one line."""
        return self.what if self.line is None else f"line {self.line}, column {self.column}: {self.what}"

    def line_in(self, entry: Entry) -> str:
        """Return it for people; line and column are those of the document that the request is in."""
        if self.code == UNREADABLE:
            return self.what
        place = str(entry) if self.line is None else f"{entry.file}:{self.line}:{self.column}"
        return f"{place}: error    {self.code}  {self.what}"


EMPTY = BadJson(1, 1, "the input is empty")


@frozen
class Entry:
    """A request and where it was read; `str()` is its place.

    Attributes:
        request: Any JSON value, or a `BadJson`.
        file: The name of the file, or "request" for the command line.
        line: The line in JSON Lines, or where the YAML document starts, from 1.
        index: The index in an array, from 0.
        warning: What is doubtful about how it was read.
    """

    request: object
    file: str = "request"
    line: int | None = None
    index: int | None = None
    warning: str | None = None

    def source(self) -> dict[str, str | int]:
        """Return where it was read as plain JSON data, without what does not apply."""
        parts = {"file": self.file, "line": self.line, "index": self.index}
        return {name: part for name, part in parts.items() if part is not None}

    def __str__(self) -> str:
        line = "" if self.line is None else f":{self.line}"
        index = "" if self.index is None else f"[{self.index}]"
        return f"{self.file}{line}{index}"


@frozen
class Requests:
    """All requests of a command.

    Attributes:
        entries: The requests, which can be read once. Files are read as they are consumed.
        many: Whether the answer is a list, even with a single request.
    """

    entries: Iterator[Entry]
    many: bool = False

    def map(self, change: Callable[[Entry], Entry]) -> Requests:
        """Return these requests, each changed when it is read."""
        return evolve(self, entries=map(change, self.entries))


_Row: TypeAlias = tuple[int, "bytes | BadJson"]
"""A line and its number; or in its place, why the file cannot be read any further."""


def is_file(name: str) -> bool:
    """Return whether an argument names a file or a folder: it exists, is "-", or has the suffix of request files."""
    if name == STDIN or _suffix(name) in _SUFFIXES:
        return True
    with suppress(OSError):  # such as a name that is too long
        return name != "" and Path(name).exists()
    return False


def _suffix(name: str) -> str:
    return Path(name.lower().removesuffix(".gz")).suffix


def read_files(files: Iterable[str], *, lines: bool = False) -> Requests:
    """Return the requests of files and folders in order. With `lines`, every file is JSON Lines."""
    files = list(files)
    if len(files) == 1 and not _is_folder(files[0]):
        return _read_file(files[0], lines=lines)
    return Requests((entry for file in files for entry in _entries_of(file, lines=lines)), many=True)


def _is_folder(name: str) -> bool:
    return name not in {"", STDIN} and Path(name).is_dir()


def _entries_of(file: str, *, lines: bool) -> Iterator[Entry]:
    """Yield the requests of a file, or of all request files in a folder."""
    if not _is_folder(file):
        yield from _read_file(file, lines=lines).entries
        return
    errors: list[OSError] = []
    names = [*_files_in(file, errors.append)]
    for name in names:
        yield from _read_file(name, lines=lines).entries
    for error in errors:
        yield Entry(_cannot_read(error.filename, error), error.filename)
    if not names and not errors:
        yield Entry(_unreadable(file, f"no request files ({', '.join(_SUFFIXES)}) in this folder"), file)


def _files_in(folder: str, onerror: Callable[[OSError], None]) -> Iterator[str]:
    """Yield the request files of a folder and of its subfolders, sorted. Hidden and linked folders are left out."""
    for path, subfolders, names in os.walk(folder, onerror=onerror):
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        yield from (str(Path(path, name)) for name in sorted(names) if _is_request_file(name))


def _is_request_file(name: str) -> bool:
    return _suffix(name) in _SUFFIXES and not name.startswith(".")


def _read_file(file: str, *, lines: bool) -> Requests:
    """Return the requests of a file, which is closed once they have been read."""
    stack = ExitStack()
    try:
        stream = stack.enter_context(_opened(file))
    except OSError as error:
        return _single(Entry(_cannot_read(file, error), file))
    requests = read(file, stream, lines=lines)
    return evolve(requests, entries=_then_close(requests.entries, stack))


@contextmanager
def _opened(file: str) -> Iterator[io.BufferedIOBase]:
    """Open a file or standard input, decompressed if it is gzip."""
    with ExitStack() as stack:
        if file == STDIN:
            raw: Any = getattr(sys.stdin.buffer, "raw", sys.stdin.buffer)
            stream = io.BufferedReader(raw)
            stack.callback(_detach, stream)
        else:
            stream = stack.enter_context(Path(file).open("rb"))
        # A pipe may have delivered only one byte so far. No text starts with the first byte of gzip.
        is_gzip = stream.peek(1).startswith(_GZIP)
        yield stack.enter_context(gzip.GzipFile(fileobj=stream)) if is_gzip else stream


def _detach(stream: io.BufferedReader) -> None:
    """Leave standard input open, which a discarded reader would close."""
    with suppress(ValueError):  # closed already
        stream.detach()


def _then_close(entries: Iterator[Entry], stack: ExitStack) -> Iterator[Entry]:
    with stack:
        yield from entries


def _cannot_read(file: str, error: OSError) -> BadJson:
    return _unreadable(file, error.strerror or str(error))


def _unreadable(file: str, what: str) -> BadJson:
    return BadJson(None, None, f"cannot read {'standard input' if file == STDIN else file}: {what}", UNREADABLE)


def _single(entry: Entry, *, many: bool = False) -> Requests:
    return Requests(iter([entry]), many)


def read(file: str, stream: io.BufferedIOBase, *, lines: bool = False) -> Requests:
    """Return the requests in a stream. `file` is the name that says its format and goes with every request.

    >>> [str(entry) for entry in read("batch.json", io.BytesIO(b"[{}, {}]")).entries]
    ['batch.json[0]', 'batch.json[1]']
    """
    rows = _rows(file, stream)
    if lines or _suffix(file) in _LINES:
        return Requests(_json_lines(file, rows), many=True)
    if _suffix(file) in _YAML:
        return _yaml_documents(file, _joined(rows))
    content = (row for row in rows if not _is_blank(row))
    head = [*islice(content, 2)]
    if not head:
        return _single(Entry(EMPTY, file))
    if _are_lines(*(line for _, line in head)):
        return Requests(_json_lines(file, chain(head, rows)), many=len(head) > 1)
    return _document(file, _joined(chain(head, rows)), head[0][0])


def _rows(file: str, stream: io.BufferedIOBase) -> Iterator[_Row]:
    """Yield the lines of a stream, numbered from 1. Only line feeds separate them: JSON may contain the others."""
    number = 0
    try:
        while line := stream.readline(MAX_BYTES + 1):
            number += 1
            if len(line) > MAX_BYTES:
                _skip_line(stream)
                yield number, BadJson(number, 1, f"longer than {MAX_BYTES:,} bytes", BAD_INPUT)
            elif number == 1 and line.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
                yield number, BadJson(None, None, "the text is UTF-16; save it as UTF-8", BAD_INPUT)
                return
            else:
                yield number, line.removeprefix(BOM_UTF8) if number == 1 else line
    except (EOFError, zlib.error, gzip.BadGzipFile):
        yield number + 1, BadJson(number + 1, 1, "the gzip data is damaged or incomplete", BAD_INPUT)
    except OSError as error:
        yield number + 1, _cannot_read(file, error)


def _skip_line(stream: io.BufferedIOBase) -> None:
    while (part := stream.readline(_CHUNK)) and not part.endswith(b"\n"):
        pass


def _is_blank(row: _Row) -> bool:
    return isinstance(row[1], bytes) and not row[1].strip()


def _joined(rows: Iterable[_Row]) -> bytes | BadJson:
    """Return the text of some lines from the first of them on, or why it cannot be read."""
    text = bytearray()
    previous = None
    for number, line in rows:
        if isinstance(line, BadJson):
            return line
        blank = 0 if previous is None else number - previous - 1
        previous = number
        if len(text) + blank + len(line) > MAX_BYTES:
            return BadJson(number, 1, f"the document is longer than {MAX_BYTES:,} bytes; use JSON Lines", BAD_INPUT)
        text += b"\n" * blank + line
    return bytes(text)


def _are_lines(first: bytes | BadJson, second: bytes | BadJson = b"") -> bool:
    """Return whether the first two lines that are not blank can only be JSON Lines.

    In a JSON document, a value that ends in a brace is never followed by another one that starts with a brace.
    """
    if isinstance(first, BadJson) or isinstance(second, BadJson):
        return True
    first, second = first.strip(), second.strip()
    if not second or first[:1] != b"{":
        return False
    return isinstance(_attempt(_json, first), dict) or (first[-1:], second[:1]) == (b"}", b"{")


def _json_lines(file: str, rows: Iterable[_Row]) -> Iterator[Entry]:
    """Yield the request in each line."""
    empty = True
    for number, line in rows:
        if isinstance(line, BadJson):
            yield Entry(line, file, line.line)
        elif line.strip():
            yield Entry(_attempt(_json, line.removesuffix(b"\n"), number), file, number)
        else:
            continue
        empty = False
    if empty:
        yield Entry(EMPTY, file)


def _document(file: str, raw: bytes | BadJson, start: int) -> Requests:
    """Return the requests of a document that starts at a line and is not YAML."""
    if isinstance(raw, BadJson):
        return _single(Entry(raw, file))
    found = _attempt(lambda raw: recognize(_text(raw)), raw, start)
    if isinstance(found, BadJson):
        if _look_like_lines(raw):
            return Requests(_json_lines(file, enumerate(raw.split(b"\n"), start)), many=True)
        return _single(Entry(found, file), many=raw.lstrip().startswith(b"["))
    value, url = found
    warning = None
    if url is not None and url.rstrip("/") != _ENDPOINT:
        warning = f"the URL of the curl command is not {_ENDPOINT}"
    return _spread(Entry(value, file, warning=warning))


def _look_like_lines(raw: bytes) -> bool:
    """Guess whether an invalid document is JSON Lines with an invalid beginning: at least half of it are objects."""
    lines = [line for line in map(bytes.strip, raw.split(b"\n")) if line]
    objects = sum(line.startswith(b"{") and line.endswith(b"}") for line in lines)
    return len(lines) > 1 and 2 * objects >= len(lines) and not lines[0].startswith(b"[")


def _yaml_documents(file: str, raw: bytes | BadJson) -> Requests:
    """Return the requests of a YAML file."""
    try:
        from ratecard._cli import _yaml
    except ModuleNotFoundError as error:
        return _single(Entry(_unreadable(file, f'YAML needs {error.name}: pip install "ratecard[yaml]"'), file))
    text = raw if isinstance(raw, BadJson) else _attempt(_text, raw)
    if isinstance(text, BadJson):
        return _single(Entry(text, file))
    documents = _yaml.split_documents(text)
    if not documents:
        return _single(Entry(EMPTY, file))
    if len(documents) == 1:
        ((line, document),) = documents
        return _spread(Entry(_attempt(_yaml.read_yaml, document, line), file))
    entries = (Entry(_attempt(_yaml.read_yaml, document, line), file, line) for line, document in documents)
    return Requests((item for entry in entries for item in _spread(entry).entries), many=True)


def _spread(entry: Entry) -> Requests:
    """Return the items of an array as requests, or one request."""
    if not isinstance(entry.request, list):
        return _single(entry)
    return Requests((evolve(entry, request=item, index=at) for at, item in enumerate(entry.request)), many=True)


def _attempt(reader: Callable[[_Source], _Value], source: _Source, line: int = 1) -> _Value | BadJson:
    """Return what a reader returns for text that starts at a line, or why it cannot be read."""
    try:
        return reader(source)
    except Malformed as error:
        return BadJson(line + error.line - 1, error.column, error.what, error.code)


def _json(raw: bytes) -> object:
    return read_json(_text(raw))


def _text(raw: bytes) -> str:
    """Decode UTF-8. Raises Malformed for anything else."""
    if b"\0" in raw:
        before = raw[: raw.index(b"\0")].decode(errors="replace")
        raise malformed_at(before, len(before), "a NUL byte: this is binary data or UTF-16, not UTF-8 text")
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode()
        raise malformed_at(before, len(before), f"byte 0x{raw[error.start]:02x} is not UTF-8 text") from None


def pointer(text: str) -> str:
    """Return a JSON Pointer. Raises ValueError if it is none."""
    if not text.startswith("/"):
        raise ValueError(f"expected a JSON Pointer such as /request, got {named(text)}")
    return text


def unwrap(entry: Entry, at_path: str | None) -> Entry:
    """Return the request at a JSON Pointer in a record. Without it, refuse records that only contain a request."""
    if isinstance(entry.request, BadJson):
        return entry
    wrapped = _wrapped_at(entry.request)
    if at_path is None:
        return entry if wrapped is None else _refused(entry, f"the request is in {wrapped}; pass --at-path {wrapped}")
    try:
        return evolve(entry, request=_value_at(entry.request, at_path))
    except LookupError:
        hint = "" if wrapped is None else f"; the request is in {wrapped}"
        return _refused(entry, f"nothing at {at_path}{hint}")


def _wrapped_at(record: object) -> str | None:
    """Return the JSON Pointer of a request within a record that is none, or None."""
    if not isinstance(record, dict) or "model" in record or "input" in record:
        return None
    objects = [("", record)]
    for place, parent in objects:  # grows, level by level
        if _is_request(parent):
            return place
        if place.count("/") < _MAX_WRAPPING:
            objects += [(pointer_to(place, key), value) for key, value in parent.items() if isinstance(value, dict)]
    return None


def _is_request(value: object) -> bool:
    return isinstance(value, dict) and isinstance(value.get("model"), str) and isinstance(value.get("input"), dict)


def _value_at(value: Any, at_path: str) -> object:
    """Return the value at a JSON Pointer. Raises LookupError if there is none."""
    for token in at_path.split("/")[1:]:
        name = token.replace("~1", "/").replace("~0", "~")
        if isinstance(value, list) and name.isascii() and name.isdecimal() and len(name) <= _MAX_DIGITS:
            value = value[int(name)]
        elif isinstance(value, dict):
            value = value[name]
        else:
            raise LookupError(name)
    return value


def as_input(entry: Entry, model: str, envelope: Mapping[str, str], fields: Mapping[str, object]) -> Entry:
    """Return a request for a model whose input is what was read; `fields` come on top."""
    value = entry.request
    if isinstance(value, BadJson):
        return entry
    if _is_request(value):
        return _refused(entry, "this is a whole request, not an input; leave out MODEL, or pass --at-path /input")
    if isinstance(value, dict):
        value = {**value, **fields}
    return evolve(entry, request={"model": model, **envelope, "input": value})


def _refused(entry: Entry, what: str) -> Entry:
    return evolve(entry, request=BadJson(None, None, what, BAD_INPUT))


def pairs(items: Iterable[str]) -> dict[str, object]:
    """Return the fields given as `key=value` (text) or `key:=json`. Raises ValueError for anything else.

    >>> pairs(["duration=5", "seed:=7", "image_url=https://example.com/?a=b"])
    {'duration': '5', 'seed': 7, 'image_url': 'https://example.com/?a=b'}
    """
    fields: dict[str, object] = {}
    items = list(items)
    for at, item in enumerate(items):
        key, equals, text = item.partition("=")
        name = key.removesuffix(":")
        if not equals:
            raise ValueError(f"expected key=value or key:=json, got {named(item)}{_pair_hint(items, at)}")
        if not name:
            raise ValueError(f"no key before the = in {named(item)}")
        if name in fields:
            raise ValueError(f"{named(name)} was given twice")
        try:
            fields[name] = text if name == key else read_json(text)
        except Malformed as error:
            place = f"column {error.column} of the JSON"
            raise ValueError(f"{named(item)}: {error.what} ({place}); use = for text") from None
    return fields


def _pair_hint(items: Sequence[str], at: int) -> str:
    """Return what an argument without `=` was probably meant to be."""
    item, following = items[at], [item for item in items[at + 1 :] if item != "="]
    if is_file(item):
        return f"; to read a file, write -f {item}"
    if at and items[at - 1].endswith("="):
        return "; write no spaces around ="
    return f"; did you mean {named(f'{item}={following[0]}')}?" if following and "=" not in following[0] else ""
