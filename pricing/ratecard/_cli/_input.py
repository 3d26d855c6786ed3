"""Requests as they are given: in files, folders and standard input, and as key=value on the command line.

Rule 1  What cannot be read becomes a `BadInput` in its place. It never stops the other requests.
Rule 2  Whether the answer is a list depends on the form of the input, not on the number of requests in it.
Rule 3  JSON Lines are read one line at a time, and no line or document of more than `MAX_BYTES` is held.
Rule 4  The name says what is YAML and what is JSON Lines. Everything else is recognized by its text.
"""

from __future__ import annotations

import gzip
import os
import re
import sys
import zlib
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterable
from contextlib import nullcontext, suppress
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen

from ratecard._cli._output import Note, say
from ratecard._cli._readers import BadInput, named, read_json, recognize
from ratecard_rules import pointer_to

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import BinaryIO

STDIN = "-"
"""The file name that means standard input."""

UNREADABLE = "unreadable"
"""The code of a file that cannot be opened, as opposed to text that cannot be understood."""

LINES_SUFFIXES = (".jsonl", ".ndjson")
YAML_SUFFIXES = (".yaml", ".yml")
SUFFIXES = (".json", *LINES_SUFFIXES, *YAML_SUFFIXES)
"""The suffixes of request files; .gz may follow."""

MAX_BYTES = 32 * 2**20
"""Maximum length of a line, or of a document that is not JSON Lines. Decompressed data count."""

_MAX_BLANK = 1_000
"""Maximum number of blank lines at the start of JSON Lines whose name does not say that they are."""

_GZIP = b"\x1f"
"""What gzip starts with, and no text. A pipe may have delivered only one byte so far."""

EMPTY = BadInput("the input is empty", 1, 1, "bad_json")


@frozen
class Entry:
    """A request and where it was read; `str()` is its place.

    Attributes:
        request: Any JSON value, or a `BadInput`.
        file: The name of the file, or "request" for the command line.
        line: The line in JSON Lines, or where the YAML document starts, from 1.
        index: The index in an array, from 0.
    """

    request: object
    file: str = "request"
    line: int | None = None
    index: int | None = None

    def source(self) -> dict[str, str | int]:
        """Return where it was read as plain JSON data, without what does not apply."""
        parts = {"file": self.file, "line": self.line, "index": self.index}
        return {name: part for name, part in parts.items() if part is not None}

    @property
    def place(self) -> str:
        """Where it was read for people; for a `BadInput`, with the line and column of what is wrong."""
        if isinstance(self.request, BadInput) and self.request.line is not None:
            column = "" if self.request.column is None else f":{self.request.column}"
            return f"{self.file}:{self.request.line}{column}"
        return str(self)

    def __str__(self) -> str:
        line = "" if self.line is None else f":{self.line}"
        index = "" if self.index is None else f"[{self.index}]"
        return f"{self.file}{line}{index}"


@frozen
class Requests:
    """All requests of a command.

    Attributes:
        entries: The requests, which are read once. Files are read as they are consumed.
        many: Whether the answer is a list, even with a single request.
    """

    entries: Iterable[Entry]
    many: bool = False

    def map(self, change: Callable[[Entry], Entry]) -> Requests:
        """Return these requests, each changed when it is read."""
        return evolve(self, entries=map(change, self.entries))


def is_file(name: str) -> bool:
    """Return whether an argument names a file or a folder: it exists, is "-", or has the suffix of request files."""
    if name == STDIN or suffix_of(name) in SUFFIXES:
        return True
    with suppress(OSError):  # such as a name that is too long
        return name != "" and Path(name).exists()
    return False


def suffix_of(name: str) -> str:
    """Return the suffix that says the format of a file, in lower case and before .gz."""
    return Path(name.lower().removesuffix(".gz")).suffix


# files


def read_files(files: Iterable[str], *, lines: bool = False) -> Requests:
    """Return the requests of files and folders in order. With `lines`, every file is JSON Lines."""
    files = list(files)
    if len(files) == 1 and not _is_folder(files[0]):
        return read(files[0], lines_in(files[0]), lines=lines)
    return Requests((entry for file in files for entry in _entries_of(file, lines=lines)), many=True)


def _is_folder(name: str) -> bool:
    return name not in {"", STDIN} and Path(name).is_dir()


def _entries_of(file: str, *, lines: bool) -> Iterator[Entry]:
    """Yield the requests of a file, or of all request files in a folder."""
    errors: list[OSError] = []
    names = [*_files_in(file, errors.append)] if _is_folder(file) else [file]
    for name in names:
        yield from read(name, lines_in(name), lines=lines).entries
    for error in errors:
        yield Entry(_unreadable(error), error.filename)
    if not names and not errors:
        what = f"no request files in this folder ({', '.join(SUFFIXES)})"
        yield Entry(BadInput(what, code=UNREADABLE), file)


def _files_in(folder: str, onerror: Callable[[OSError], None]) -> Iterator[str]:
    """Yield the request files of a folder and of its subfolders, sorted. Hidden and linked folders are left out."""
    for path, subfolders, names in os.walk(folder, onerror=onerror):
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        found = (name for name in sorted(names) if suffix_of(name) in SUFFIXES and not name.startswith("."))
        yield from (str(Path(path, name)) for name in found)


def lines_in(file: str) -> Iterator[bytes]:
    """Yield the lines of a file or of standard input, decompressed if it is gzip. Raises BadInput where that fails."""
    try:
        with nullcontext[Any](sys.stdin.buffer) if file == STDIN else Path(file).open("rb") as stream:
            is_gzip = stream.peek(1).startswith(_GZIP)
            yield from lines_of(gzip.GzipFile(fileobj=stream) if is_gzip else stream)
    except OSError as error:
        raise _unreadable(error) from None


def lines_of(stream: BinaryIO | gzip.GzipFile) -> Iterator[bytes]:
    """Yield the lines of a stream. Only line feeds separate them: JSON may contain the others."""
    number = 0
    try:
        while line := stream.readline(MAX_BYTES + 1):
            number += 1
            if len(line) > MAX_BYTES:
                raise BadInput(f"longer than {MAX_BYTES:,} bytes; nothing after it is read", number)
            if number == 1 and line.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
                raise BadInput("the text is UTF-16; save it as UTF-8")
            yield line.removeprefix(BOM_UTF8) if number == 1 else line
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise BadInput("the gzip data is damaged or incomplete", number + 1) from None
    except OSError as error:
        raise evolve(_unreadable(error), line=number + 1) from None


def _unreadable(error: OSError) -> BadInput:
    return BadInput(error.strerror or str(error), code=UNREADABLE)


def read(file: str, content: Iterator[bytes], *, lines: bool = False) -> Requests:
    """Return the requests in the lines of a file. Its name says its format and goes with every request.

    >>> [str(entry) for entry in read("batch.json", iter([b"[{}, {}]"])).entries]
    ['batch.json[0]', 'batch.json[1]']
    """
    if lines or suffix_of(file) in LINES_SUFFIXES:
        return Requests(_json_lines(file, content), many=True)
    try:
        if suffix_of(file) in YAML_SUFFIXES:
            return _yaml_documents(file, _text(_joined(content)))
        head: list[bytes] = []
        for line in islice(content, _MAX_BLANK):
            head.append(line)
            if line.strip() and any(map(bytes.strip, head[:-1])):
                break
        rest = chain(head, content)
        return Requests(_json_lines(file, rest), many=True) if _are_json_lines(head) else _document(file, _joined(rest))
    except BadInput as error:
        return Requests([Entry(error, file)])


def _joined(lines: Iterable[bytes]) -> bytes:
    text = bytearray()
    for line in lines:
        text += line
        if len(text) > MAX_BYTES:
            raise BadInput(f"the document is longer than {MAX_BYTES:,} bytes; use JSON Lines")
    return bytes(text)


def _are_json_lines(head: Iterable[bytes]) -> bool:
    """Return whether the first two lines that are not blank can only be JSON Lines.

    In a JSON document, a value that ends in a brace is never followed by another one that starts with a brace.
    """
    first, second, *_ = [*filter(None, map(bytes.strip, head)), b"", b""]
    return first.startswith(b"{") and first.endswith(b"}") and second.startswith(b"{")


def _json_lines(file: str, lines: Iterable[bytes]) -> Iterator[Entry]:
    """Yield the request in each line."""
    is_empty = True
    try:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                is_empty = False
                yield Entry(_attempt(_json, line.removesuffix(b"\n"), number), file, number)
    except BadInput as error:  # the rest cannot be read
        yield Entry(error, file, error.line)
    else:
        if is_empty:
            yield Entry(EMPTY, file)


def _document(file: str, raw: bytes) -> Requests:
    """Return the requests of a document that is not YAML."""
    if not raw.strip():
        return Requests([Entry(EMPTY, file)])
    try:
        value, warning = recognize(_text(raw))
    except BadInput as error:
        return Requests([Entry(error, file)], many=raw.lstrip().startswith(b"["))
    if warning is not None:
        say([Note("warning  ", f"{warning}  (at {file})", "yellow")], err=True)
    return _spread(Entry(value, file))


def _yaml_documents(file: str, text: str) -> Requests:
    """Return the requests of a YAML file."""
    try:
        from ratecard._cli import _yaml
    except ModuleNotFoundError:
        raise BadInput('YAML needs PyYAML: pip install "ratecard[yaml]"', code=UNREADABLE) from None
    documents = _yaml.split_documents(text)
    if not documents:
        return Requests([Entry(EMPTY, file)])
    entries = (Entry(_attempt(_yaml.read_yaml, document, line), file, line) for line, document in documents)
    if len(documents) == 1:
        return _spread(evolve(next(entries), line=None))
    return Requests((item for entry in entries for item in _spread(entry).entries), many=True)


def _spread(entry: Entry) -> Requests:
    """Return the items of an array as requests, or one request."""
    if not isinstance(entry.request, list):
        return Requests([entry])
    return Requests((evolve(entry, request=item, index=at) for at, item in enumerate(entry.request)), many=True)


def _attempt(reader: Callable[[Any], object], source: str | bytes, start: int) -> object:
    """Return what a reader returns for text that starts at a line, or why it cannot be read."""
    try:
        return reader(source)
    except BadInput as error:
        return error if error.line is None else evolve(error, line=start + error.line - 1)


def _json(raw: bytes) -> object:
    return read_json(_text(raw))


def _text(raw: bytes) -> str:
    """Decode UTF-8. Raises BadInput for anything else."""
    if b"\0" in raw:
        what = "a NUL byte: this is binary data or UTF-16, not UTF-8 text"
        raise BadInput(what, raw.count(b"\n", 0, raw.index(b"\0")) + 1)
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        what = f"byte 0x{raw[error.start]:02x} is not UTF-8 text"
        raise BadInput(what, raw.count(b"\n", 0, error.start) + 1) from None


# records, and fields on the command line


def pointer(text: str) -> str:
    """Return a JSON Pointer. Raises ValueError if it is none."""
    if not text.startswith("/"):
        raise ValueError(f"expected a JSON Pointer such as /request, got {named(text)}")
    return text


def unwrap(entry: Entry, at_path: str | None) -> Entry:
    """Return the request at a JSON Pointer in a record. Without it, refuse records that only contain a request."""
    if isinstance(entry.request, BadInput):
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
    return next((pointer_to("", name) for name, value in record.items() if _is_request(value)), None)


def _is_request(value: object) -> bool:
    return isinstance(value, dict) and isinstance(value.get("model"), str) and isinstance(value.get("input"), dict)


def _value_at(value: Any, at_path: str) -> object:
    """Return the value at a JSON Pointer. Raises LookupError if there is none."""
    for token in at_path.split("/")[1:]:
        name = token.replace("~1", "/").replace("~0", "~")
        if isinstance(value, list) and re.fullmatch("[0-9]{1,9}", name):
            value = value[int(name)]
        elif isinstance(value, dict):
            value = value[name]
        else:
            raise LookupError(name)
    return value


def as_input(entry: Entry, model: str, envelope: Mapping[str, str], fields: Mapping[str, object]) -> Entry:
    """Return a request for a model whose input is what was read; `fields` come on top."""
    value = entry.request
    if isinstance(value, BadInput):
        return entry
    if _is_request(value):
        return _refused(entry, "this is a whole request, not an input; leave out MODEL, or pass --at-path /input")
    if isinstance(value, dict):
        value = {**value, **fields}
    return evolve(entry, request={"model": model, **envelope, "input": value})


def _refused(entry: Entry, what: str) -> Entry:
    return evolve(entry, request=BadInput(what))


def pairs(items: Iterable[str]) -> dict[str, object]:
    """Return the fields given as `key=value` (text) or `key:=json`. Raises ValueError for anything else.

    >>> pairs(["duration=5", "seed:=7", "image_url=https://example.com/?a=b"])
    {'duration': '5', 'seed': 7, 'image_url': 'https://example.com/?a=b'}
    """
    fields: dict[str, object] = {}
    for item in items:
        key, equals, text = item.partition("=")
        name = key.removesuffix(":")
        if not equals:
            raise ValueError(f"expected key=value or key:=json, got {named(item)}{_pair_hint(item)}")
        if not name:
            raise ValueError(f"no key before the = in {named(item)}")
        if name in fields:
            raise ValueError(f"{named(name)} was given twice")
        try:
            fields[name] = text if name == key else read_json(text)
        except BadInput as error:
            place = "" if error.column is None else f" (column {error.column} of the JSON)"
            raise ValueError(f"{named(item)}: {error.what}{place}; use = for text") from None
    return fields


def _pair_hint(item: str) -> str:
    """Return what to write instead of an argument without `=`."""
    return f"; to read a file, write -f {item}" if is_file(item) else "; write no spaces around ="
