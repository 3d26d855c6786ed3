"""The strict reader of table files.

Rule 1  Nothing is coerced: "5" is not a number, 1 is not a boolean, 1.0 is not an integer. Money is never a float.
Rule 2  Unknown keys, duplicate keys, missing keys and wrong types are refused, with file, model and key.
Rule 3  All faults of all files are reported at once. If there is any, nothing is loaded, except that `check_tables`
        returns the tables that it could read.
"""

from __future__ import annotations

import re
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen
from cattrs.errors import ClassValidationError

from ratecard_rules._errors import TableError
from ratecard_rules._reader.catalogue import clashes, faults_beside, stale_tables, warnings_beside
from ratecard_rules._reader.checks import model_faults
from ratecard_rules._reader.convert import MAX_DIGITS, OddNumber, located, read_model
from ratecard_rules._reader.inherit import expiry_faults, inherited, take_expiries, with_expiries
from ratecard_rules._reader.outliers import newest_rates, outliers
from ratecard_rules._reader.positions import key_lines, line_of
from ratecard_rules._table.fault import Fault
from ratecard_rules._table.model import Model

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date, timedelta
    from os import PathLike


SHIPPED = Path(__file__).parent.with_name("tables")
"""The folder of the tables that ship with the package."""

_BOM = "\ufeff"
_AT_LINE = re.compile(r"\(at line (\d+), column \d+\)")
_SLUG = re.compile(r"""^\ufeff?model\s*=\s*["']([^"'\n]*)["']""", re.MULTILINE)


@frozen
class Check:
    """The result of checking table files. Faults and warnings are in the order of the files and of their lines.

    Attributes:
        models: The tables that have no fault of their own.
        faults: Why the tables, or some of them, cannot be used.
        warnings: Possible mistakes, such as a price far from those of the model's family.
    """

    models: tuple[Model, ...]
    faults: tuple[Fault, ...]
    warnings: tuple[Fault, ...]

    @property
    def ok(self) -> bool:
        """Whether the tables can be used, that is, there is no fault."""
        return not self.faults


def check_tables(
    paths: Iterable[str | PathLike[str]] = (), *, max_age: timedelta | None = None, on: date | None = None
) -> Check:
    """Check table files and folders together, or the shipped tables if no path is given.

    The tables are also compared with the shipped ones: their prices, the models that they name, and whether those that
    replace or extend a shipped table say so. With `max_age`, a page that was read longer before the day `on` is a fault
    too. Raises OSError if a path cannot be read, and ValueError for `max_age` without `on`.

    >>> check = check_tables()
    >>> check.ok, check.warnings
    (True, ())
    """
    given = [Path(path) for path in paths]
    texts, models, faults = _read(given or [SHIPPED])
    shipped = {model.slug: model for model in (_read([SHIPPED])[1] if given else models)}
    named = {fault.model for fault in faults if fault.model}
    own = {model.slug: model for model in models}
    faults += faults_beside(models, shipped, {*named, *own, *shipped})
    if max_age is not None:
        faults += stale_tables(models, max_age, on)
    rates = newest_rates({**shipped, **own}.values())
    warnings = [*warnings_beside(models, shipped), *(warning for model in models for warning in outliers(model, rates))]
    return Check(models=tuple(models), faults=_placed(faults, texts), warnings=_placed(warnings, texts))


def load_models(root: Path) -> tuple[Model, ...]:
    """Read one table file, or every `.toml` file below a folder. Raises TableError with all faults."""
    texts, models, faults = _read([root])
    if faults:
        raise TableError(_placed(faults, texts))
    return tuple(models)


def load_model(text: str | bytes, *, file: str = "<text>") -> Model:
    """Read the text of one table file. `file` is its name in faults. Raises TableError with all faults.

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
    if not data:
        raise TableError([Fault(file=file, message="the file is empty")])
    slug = data.get("model")
    name = slug if isinstance(slug, str) else None
    try:
        data, ends = take_expiries(inherited(data, _shipped_data))
    except ValueError as error:
        raise TableError([Fault(file=file, model=name, key="overlay", message=str(error))]) from None
    try:
        model = evolve(read_model(data), file=file)
    except ClassValidationError as error:
        wrong = sorted(located(error, ""))
        raise TableError([Fault(file=file, model=name, key=key, message=message) for key, message in wrong]) from None
    if faults := [*model_faults(model), *expiry_faults(model, ends)]:
        raise TableError(faults)
    return with_expiries(model, ends) if any(ends) else model


def _shipped_data(slug: str) -> dict[str, Any] | None:
    """Return the data of a shipped table, or None."""
    file = SHIPPED / f"{slug}.toml"
    if file not in SHIPPED.rglob("*.toml"):  # a slug with dots could lead elsewhere
        return None
    return read_toml(file.read_bytes(), str(file))


def read_toml(text: str | bytes, file: str) -> dict[str, Any]:
    """Read a TOML text with exact numbers. `file` is its name in faults. Raises TableError if it is not TOML."""
    try:
        decoded = text if isinstance(text, str) else text.decode()
        return tomllib.loads(decoded.removeprefix(_BOM), parse_float=_exact)
    except (ValueError, RecursionError) as error:  # TOML's own errors and broken UTF-8 are ValueErrors
        readable = text if isinstance(text, str) else text.decode(errors="replace")
        raise TableError([_not_toml(error, readable, file)]) from None


def _read(roots: Iterable[Path]) -> tuple[dict[str, bytes], list[Model], list[Fault]]:
    """Read every file below the roots. A file that is given twice under the same name is read once."""
    texts: dict[str, bytes] = {}
    models: list[Model] = []
    faults: list[Fault] = []
    for root in roots:
        files = list(_files(root))
        texts |= {str(file): file.read_bytes() for file in files}
        if not files:
            faults.append(Fault(file=str(root), message="no tables found: no file name ends in .toml"))
    for name, text in texts.items():
        try:
            models.append(load_model(text, file=name))
        except TableError as error:
            faults += error.faults
    return texts, models, [*faults, *clashes(models)]


def _files(root: Path) -> Iterator[Path]:
    if not root.is_dir():
        yield root
        return
    for entry in sorted(root.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir() or entry.name.endswith(".toml"):
            yield from _files(entry)


def _placed(faults: Sequence[Fault], texts: Mapping[str, bytes]) -> tuple[Fault, ...]:
    """Return the faults with their lines, in the order of the files and of their lines."""
    files = {fault.file for fault in faults}
    lines = {file: key_lines(texts.get(file, b"").decode(errors="replace")) for file in files}
    placed = [evolve(fault, line=fault.line or line_of(fault.key or "", lines[fault.file])) for fault in faults]
    order = {file: place for place, file in enumerate(texts, start=1)}  # a folder without tables comes first
    return tuple(sorted(placed, key=lambda fault: (order.get(fault.file, 0), fault.line or 0)))


def _not_toml(error: Exception, text: str, file: str) -> Fault:
    """Return the fault of a text that is not TOML, with its line and key if they are known."""
    line = getattr(error, "lineno", None) or _line_of_error(error, text)  # `lineno` since Python 3.14
    slug = _SLUG.search(text)
    keys = {at: key for key, at in key_lines(text).items()}
    is_duplicate = str(error).startswith(("Cannot ", "Duplicate "))
    says = f"invalid TOML: {error}{': this key is defined twice; keep one of the two' if is_duplicate else ''}"
    return Fault(file=file, line=line, model=slug and slug[1], key=keys.get(line or 0), message=says)


def _line_of_error(error: Exception, text: str) -> int | None:
    if isinstance(error, UnicodeDecodeError):
        return bytes(error.object).count(b"\n", 0, error.start) + 1
    if "(at end of document)" in str(error):
        return text.count("\n") + 1
    found = _AT_LINE.search(str(error))
    return int(found[1]) if found else None


def _exact(text: str) -> Decimal | OddNumber:
    return Decimal(text) if len(text) <= MAX_DIGITS and set(text) <= set("+-0123456789._") else OddNumber(text)
