"""Reading requests from files, folders and standard input.

Rule 1  JSON Lines are read one line at a time, and no line or document of more than `MAX_BYTES` is held.
Rule 2  The name says what is YAML and what is JSON Lines. Everything else is recognized by its text.
"""

from __future__ import annotations

import gzip
import io
import os
import sys
import zlib
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from contextlib import ExitStack, contextmanager, suppress
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from attrs import evolve

from ratecard._api import BASE_URL, SUBMIT_PATH
from ratecard._cli._input import (
    BAD_INPUT,
    EMPTY,
    LINES_SUFFIXES,
    STDIN,
    SUFFIXES,
    UNREADABLE,
    YAML_SUFFIXES,
    BadInput,
    Entry,
    Requests,
    suffix_of,
)
from ratecard._cli._readers import Malformed, malformed_at, read_json, recognize

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

MAX_BYTES = 32 * 2**20
"""Maximum length of a line, or of a document that is not JSON Lines. Decompressed data count."""

_CHUNK = 2**16
_GZIP = b"\x1f\x8b"
_ENDPOINT = BASE_URL + SUBMIT_PATH

_Source = TypeVar("_Source")
_Value = TypeVar("_Value")
_Row: TypeAlias = tuple[int, "bytes | BadInput"]
"""A line and its number; or in its place, why the file cannot be read any further."""


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
        yield Entry(_cannot_open(error), error.filename)
    if not names and not errors:
        yield Entry(_unreadable(f"no request files in this folder ({', '.join(SUFFIXES)})"), file)


def _files_in(folder: str, onerror: Callable[[OSError], None]) -> Iterator[str]:
    """Yield the request files of a folder and of its subfolders, sorted. Hidden and linked folders are left out."""
    for path, subfolders, names in os.walk(folder, onerror=onerror):
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        found = (name for name in sorted(names) if suffix_of(name) in SUFFIXES and not name.startswith("."))
        yield from (str(Path(path, name)) for name in found)


def _read_file(file: str, *, lines: bool) -> Requests:
    """Return the requests of a file, which is closed once they have been read."""
    stack = ExitStack()
    try:
        stream = stack.enter_context(_opened(file))
    except OSError as error:
        return _single(Entry(_cannot_open(error), file))
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


def numbered_lines(file: str) -> Iterator[_Row]:
    """Yield the lines of a file or of standard input, numbered from 1, each as bytes or why it cannot be read."""
    try:
        with _opened(file) as stream:
            yield from _rows(stream)
    except OSError as error:
        yield 1, _cannot_open(error)


def _detach(stream: io.BufferedReader) -> None:
    """Leave standard input open, which a discarded reader would close."""
    with suppress(ValueError):  # closed already
        stream.detach()


def _then_close(entries: Iterator[Entry], stack: ExitStack) -> Iterator[Entry]:
    with stack:
        yield from entries


def _unreadable(what: str) -> BadInput:
    return BadInput(None, None, what, UNREADABLE)


def _cannot_open(error: OSError) -> BadInput:
    return _unreadable(error.strerror or str(error))


def _single(entry: Entry, *, many: bool = False) -> Requests:
    return Requests(iter([entry]), many)


def read(file: str, stream: io.BufferedIOBase, *, lines: bool = False) -> Requests:
    """Return the requests in a stream. `file` is the name that says its format and goes with every request.

    >>> [str(entry) for entry in read("batch.json", io.BytesIO(b"[{}, {}]")).entries]
    ['batch.json[0]', 'batch.json[1]']
    """
    rows = _rows(stream)
    if lines or suffix_of(file) in LINES_SUFFIXES:
        return Requests(_json_lines(file, rows), many=True)
    if suffix_of(file) in YAML_SUFFIXES:
        return _yaml_documents(file, _joined(rows))
    content = (row for row in rows if isinstance(row[1], BadInput) or row[1].strip())
    head = [*islice(content, 2)]
    if not head:
        return _single(Entry(EMPTY, file))
    if _are_lines(*(line for _, line in head)):
        return Requests(_json_lines(file, chain(head, rows)), many=len(head) > 1)
    return _document(file, _joined(chain(head, rows)), head[0][0])


def _rows(stream: io.BufferedIOBase) -> Iterator[_Row]:
    """Yield the lines of a stream, numbered from 1. Only line feeds separate them: JSON may contain the others."""
    number = 0
    try:
        while line := stream.readline(MAX_BYTES + 1):
            number += 1
            if len(line) > MAX_BYTES:
                while (part := stream.readline(_CHUNK)) and not part.endswith(b"\n"):
                    pass
                yield number, BadInput(number, 1, f"longer than {MAX_BYTES:,} bytes", BAD_INPUT)
            elif number == 1 and line.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
                yield number, BadInput(None, None, "the text is UTF-16; save it as UTF-8", BAD_INPUT)
                return
            else:
                yield number, line.removeprefix(BOM_UTF8) if number == 1 else line
    except (EOFError, zlib.error, gzip.BadGzipFile):
        yield number + 1, BadInput(number + 1, 1, "the gzip data is damaged or incomplete", BAD_INPUT)
    except OSError as error:
        yield number + 1, _cannot_open(error)


def _joined(rows: Iterable[_Row]) -> bytes | BadInput:
    """Return the text of some lines from the first of them on, or why it cannot be read."""
    text = bytearray()
    previous = None
    for number, line in rows:
        if isinstance(line, BadInput):
            return line
        blank = 0 if previous is None else number - previous - 1
        previous = number
        if len(text) + blank + len(line) > MAX_BYTES:
            return BadInput(number, 1, f"the document is longer than {MAX_BYTES:,} bytes; use JSON Lines", BAD_INPUT)
        text += b"\n" * blank + line
    return bytes(text)


def _are_lines(first: bytes | BadInput, second: bytes | BadInput = b"") -> bool:
    """Return whether the first two lines that are not blank can only be JSON Lines.

    In a JSON document, a value that ends in a brace is never followed by another one that starts with a brace.
    """
    if isinstance(first, BadInput):
        return True
    first = first.strip()
    if not second or not first.startswith(b"{"):
        return False
    if isinstance(_attempt(_json, first), dict):
        return True
    return first.endswith(b"}") and isinstance(second, bytes) and second.lstrip().startswith(b"{")


def _json_lines(file: str, rows: Iterable[_Row]) -> Iterator[Entry]:
    """Yield the request in each line."""
    empty = True
    for number, line in rows:
        if isinstance(line, BadInput):
            yield Entry(line, file, line.line)
        elif line.strip():
            yield Entry(_attempt(_json, line.removesuffix(b"\n"), number), file, number)
        else:
            continue
        empty = False
    if empty:
        yield Entry(EMPTY, file)


def _document(file: str, raw: bytes | BadInput, start: int) -> Requests:
    """Return the requests of a document that starts at a line and is not YAML."""
    if isinstance(raw, BadInput):
        return _single(Entry(raw, file))
    found = _attempt(lambda raw: recognize(_text(raw)), raw, start)
    if isinstance(found, BadInput):
        if _look_like_lines(raw):
            return Requests(_json_lines(file, enumerate(raw.split(b"\n"), start)), many=True)
        return _single(Entry(found, file), many=raw.lstrip().startswith(b"["))
    value, url = found
    warning = None
    if url not in {None, _ENDPOINT}:
        warning = f"the URL of the curl command is not {_ENDPOINT}"
    return _spread(Entry(value, file, warning=warning))


def _look_like_lines(raw: bytes) -> bool:
    """Guess whether an invalid document is JSON Lines with an invalid beginning: at least half of it are objects."""
    lines = [line for line in map(bytes.strip, raw.split(b"\n")) if line]
    objects = sum(line.startswith(b"{") and line.endswith(b"}") for line in lines)
    return len(lines) > 1 and 2 * objects >= len(lines) and not lines[0].startswith(b"[")


def _yaml_documents(file: str, raw: bytes | BadInput) -> Requests:
    """Return the requests of a YAML file."""
    try:
        from ratecard._cli import _yaml
    except ModuleNotFoundError:
        return _single(Entry(_unreadable('YAML needs PyYAML: pip install "ratecard[yaml]"'), file))
    text = raw if isinstance(raw, BadInput) else _attempt(_text, raw)
    if isinstance(text, BadInput):
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


def _attempt(reader: Callable[[_Source], _Value], source: _Source, line: int = 1) -> _Value | BadInput:
    """Return what a reader returns for text that starts at a line, or why it cannot be read."""
    try:
        return reader(source)
    except Malformed as error:
        return BadInput(line + error.line - 1, error.column, error.what, error.code)


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
