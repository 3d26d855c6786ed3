"""The strict reader of table files.

Rule 1  Nothing is coerced: "5" is no number, 1 is no boolean, 1.0 is no integer. Money never passes through a float.
Rule 2  Unknown keys, duplicate keys, missing keys and wrong types are refused, with file, model and key.
Rule 3  Every fault of every file is reported at once, and nothing is loaded where there is one; `check_tables` alone
        says what it found all the same.
"""

from __future__ import annotations

import re
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen
from cattrs.errors import ClassValidationError

from ratecard_rules._errors import Fault, TableError
from ratecard_rules._reader.checks import catalogue_faults, model_faults
from ratecard_rules._reader.convert import OddNumber, located, read_model
from ratecard_rules._reader.outliers import newest_rates, outliers
from ratecard_rules._reader.positions import key_lines, line_of
from ratecard_rules._table.model import Model

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from importlib.resources.abc import Traversable
    from os import PathLike


SHIPPED = Path(__file__).parent.with_name("tables")
"""The folder of the tables that ship with the package."""

_AT_LINE = re.compile(r"\(at line (\d+), column \d+\)")
_SLUG = re.compile(r"""^model\s*=\s*["']([^"'\n]*)["']""", re.MULTILINE)


@frozen
class Check:
    """What the check of table files found.

    `models` the tables without a fault of their own · `faults` why they cannot be used, or some of them ·
    `warnings` prices that are far from those of their kin, which may be a slip. Both in the order of the files, and
    within a file in the order of its lines.
    """

    models: tuple[Model, ...]
    faults: tuple[Fault, ...]
    warnings: tuple[Fault, ...]

    @property
    def ok(self) -> bool:
        """Whether the tables can be used: there is no fault."""
        return not self.faults


@frozen
class _Read:
    """What reading files gave: the `texts` by name (None: a folder without any), the `models` by name, the `faults`."""

    texts: dict[str, bytes | None]
    models: list[tuple[str, Model]]
    faults: list[Fault]

    def placed(self, faults: Iterable[Fault]) -> tuple[Fault, ...]:
        """Return the faults with their lines, in the order of the files and lines."""
        faults = list(faults)
        lines = {name: self._lines(name) for name in {one.file for one in faults}}
        found = (evolve(one, line=one.line or line_of(one.key or "", lines[one.file])) for one in faults)
        order = {name: place for place, name in enumerate(self.texts)}
        return tuple(sorted(found, key=lambda one: (order[one.file], one.line or 0)))

    def _lines(self, name: str) -> dict[str, int]:
        return key_lines((self.texts[name] or b"").decode(errors="replace"))


def check_tables(paths: Iterable[str | PathLike[str]] = ()) -> Check:
    """Check table files and folders, all together, or the shipped tables where no path is given.

    Prices are compared with those of the shipped tables as well. Raises OSError where a path cannot be read.

    >>> check = check_tables()
    >>> check.ok, check.warnings
    (True, ())
    """
    given = [Path(path) for path in paths]
    read = _read(given or [SHIPPED])
    models = [model for _, model in read.models]
    own = {model.model for model in models}
    shipped = [model for _, model in _read([SHIPPED]).models if model.model not in own] if given else []
    rates = newest_rates([*models, *shipped])
    warnings = [
        Fault(file=name, model=model.model, key=one.key, message=one.message)
        for name, model in read.models
        for one in outliers(model, rates)
    ]
    return Check(models=tuple(models), faults=read.placed(read.faults), warnings=read.placed(warnings))


def load_models(root: Path | Traversable) -> tuple[Model, ...]:
    """Read one table file, or every `.toml` file below a folder. Raises TableError with all faults."""
    read = _read([root])
    if read.faults:
        raise TableError(read.placed(read.faults))
    return tuple(model for _, model in read.models)


def load_model(text: str | bytes, *, file: str = "<text>") -> Model:
    """Read the text of one table file. `file` is named in faults. Raises TableError with all faults.

    >>> model = load_model('''
    ... model = "acme/loop-1/text-to-video"
    ... name = "Loop 1"
    ... provider = "Acme"
    ... capability = "text-to-video"
    ... [[revision]]
    ... checked = 2026-11-20
    ... source = ["https://example.com/loop-1"]
    ... input = {}
    ... price = { base_usd_micros = 50_000, label = "request" }
    ... ''')
    >>> model.latest.price.base_usd_micros
    50000
    """
    data = read_toml(text, file)
    slug = data.get("model")
    name = slug if isinstance(slug, str) else None
    try:
        model = read_model(data)
    except ClassValidationError as error:
        wrong = sorted(located(error, ""))
        raise TableError([Fault(file=file, model=name, key=key, message=text) for key, text in wrong]) from None
    faults = list(model_faults(model, file))
    if faults:
        raise TableError(faults)
    return evolve(model, file=file)


def _read(roots: Iterable[Path | Traversable]) -> _Read:
    """Read every file below the roots. A file that is reached twice by one name is one file."""
    texts = {name: text for root in roots for name, text in _texts(root)}
    models: list[tuple[str, Model]] = []
    faults: list[Fault] = []
    for name, text in texts.items():
        try:
            models.append((name, _load(text, name)))
        except TableError as error:
            faults += error.faults
    return _Read(texts, models, [*faults, *catalogue_faults(models)])


def _texts(root: Path | Traversable) -> Iterator[tuple[str, bytes | None]]:
    files = list(_files(root))
    yield from ((str(file), file.read_bytes()) for file in files)
    if not files:
        yield str(root), None


def _load(text: bytes | None, name: str) -> Model:
    if text is None:
        raise TableError([Fault(file=name, message="there is no table here: no file ends in .toml")])
    return load_model(text, file=name)


def _files(root: Path | Traversable) -> Iterator[Path | Traversable]:
    if not root.is_dir():
        yield root
        return
    for entry in sorted(root.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir() or entry.name.endswith(".toml"):
            yield from _files(entry)


def read_toml(text: str | bytes, file: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text if isinstance(text, str) else text.decode(), parse_float=_exact)
    except (ValueError, RecursionError) as error:  # TOML's own errors and broken UTF-8 are ValueErrors
        readable = text if isinstance(text, str) else text.decode(errors="replace")
        raise TableError([_no_toml(error, readable, file)]) from None


def _no_toml(error: Exception, text: str, file: str) -> Fault:
    """Return the fault of a text that is not TOML, with whatever of its place can be known."""
    line = _line_of_error(error, text)
    slug = _SLUG.search(text)
    key = next((key for key, at in key_lines(text).items() if at == line), None)
    twice = str(error).startswith(("Cannot ", "Duplicate "))
    hint = ": it stands twice, keep one of the two" if twice else ""
    return Fault(file=file, line=line, model=slug and slug[1], key=key, message=f"not a TOML file: {error}{hint}")


def _line_of_error(error: Exception, text: str) -> int | None:
    if isinstance(error, UnicodeDecodeError):
        return bytes(error.object).count(b"\n", 0, error.start) + 1
    if "(at end of document)" in str(error):
        return text.count("\n") + 1
    found = _AT_LINE.search(str(error))
    line: int | None = getattr(error, "lineno", None)  # Python 3.14 says it in a number as well
    return line or (int(found[1]) if found else None)


def _exact(text: str) -> Decimal | OddNumber:
    return Decimal(text) if set(text) <= set("+-0123456789._") else OddNumber(text)
