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
from typing import TYPE_CHECKING, Any

from attrs import evolve

from ratecard._cli._input import (
    EMPTY,
    LINES_SUFFIXES,
    STDIN,
    SUFFIXES,
    UNREADABLE,
    YAML_SUFFIXES,
    Entry,
    Requests,
    suffix_of,
)
from ratecard._cli._readers import BadInput, read_json, recognize

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

MAX_BYTES = 32 * 2**20
"""Maximum length of a line, or of a document that is not JSON Lines. Decompressed data count."""

_MAX_BLANK = 1_000
"""Maximum number of blank lines at the start of JSON Lines whose name does not say that they are."""

_GZIP = b"\x1f\x8b"


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
        what = f"no request files in this folder ({', '.join(SUFFIXES)})"
        yield Entry(BadInput(what, code=UNREADABLE), file)


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


def lines_in(file: str) -> Iterator[bytes]:
    """Yield the lines of a file or of standard input. Raises BadInput where they cannot be read."""
    try:
        with _opened(file) as stream:
            yield from _lines_of(stream)
    except OSError as error:
        raise _cannot_open(error) from None


def _detach(stream: io.BufferedReader) -> None:
    """Leave standard input open, which a discarded reader would close."""
    with suppress(ValueError):  # closed already
        stream.detach()


def _then_close(entries: Iterator[Entry], stack: ExitStack) -> Iterator[Entry]:
    with stack:
        yield from entries


def _cannot_open(error: OSError) -> BadInput:
    return BadInput(error.strerror or str(error), code=UNREADABLE)


def _single(entry: Entry) -> Requests:
    return Requests(iter([entry]))


def read(file: str, stream: io.BufferedIOBase, *, lines: bool = False) -> Requests:
    """Return the requests in a stream. `file` is the name that says its format and goes with every request.

    >>> [str(entry) for entry in read("batch.json", io.BytesIO(b"[{}, {}]")).entries]
    ['batch.json[0]', 'batch.json[1]']
    """
    lines_of_file = _lines_of(stream)
    if lines or suffix_of(file) in LINES_SUFFIXES:
        return Requests(_json_lines(file, lines_of_file), many=True)
    try:
        if suffix_of(file) in YAML_SUFFIXES:
            return _yaml_documents(file, _text(_joined(lines_of_file)))
        head: list[bytes] = []
        for line in islice(lines_of_file, _MAX_BLANK):
            head.append(line)
            if line.strip() and any(map(bytes.strip, head[:-1])):
                break
        rest = chain(head, lines_of_file)
        return Requests(_json_lines(file, rest), many=True) if _are_json_lines(head) else _document(file, _joined(rest))
    except BadInput as error:
        return _single(Entry(error, file))


def _lines_of(stream: io.BufferedIOBase) -> Iterator[bytes]:
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
        raise _cannot_open(error) from None


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
    number = 0
    is_empty = True
    try:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                is_empty = False
                yield Entry(_attempt(_json, line.removesuffix(b"\n"), number), file, number)
    except BadInput as error:  # the rest cannot be read
        yield Entry(error, file, number + 1)
        return
    if is_empty:
        yield Entry(EMPTY, file)


def _document(file: str, raw: bytes) -> Requests:
    """Return the requests of a document that is not YAML."""
    if not raw.strip():
        return _single(Entry(EMPTY, file))
    try:
        value, warning = recognize(_text(raw))
    except BadInput as error:
        return Requests(iter([Entry(error, file)]), many=raw.lstrip().startswith(b"["))
    return _spread(Entry(value, file, warning=warning))


def _yaml_documents(file: str, text: str) -> Requests:
    """Return the requests of a YAML file."""
    try:
        from ratecard._cli import _yaml
    except ModuleNotFoundError:
        raise BadInput('YAML needs PyYAML: pip install "ratecard[yaml]"', code=UNREADABLE) from None
    documents = _yaml.split_documents(text)
    if not documents:
        return _single(Entry(EMPTY, file))
    entries = (Entry(_attempt(_yaml.read_yaml, document, line), file, line) for line, document in documents)
    if len(documents) == 1:
        return _spread(evolve(next(entries), line=None))
    return Requests((item for entry in entries for item in _spread(entry).entries), many=True)


def _spread(entry: Entry) -> Requests:
    """Return the items of an array as requests, or one request."""
    if not isinstance(entry.request, list):
        return _single(entry)
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
