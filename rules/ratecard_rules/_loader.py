"""The strict reader of table files.

Rule 1  Nothing is coerced: "5" is no number, 1 is no boolean, 1.0 is no integer. Money never passes through a float.
Rule 2  Unknown keys, duplicate keys, missing keys and wrong types are refused, with file, model and key.
Rule 3  Every fault of every file is reported at once, and nothing is loaded where there is one.
"""

from __future__ import annotations

import tomllib
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from cattrs.errors import ClassValidationError

from ratecard_rules._errors import TableError
from ratecard_rules._selfcheck import Fault, catalogue_faults, model_faults
from ratecard_rules._strict import OddNumber, located, read_model

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.resources.abc import Traversable
    from pathlib import Path

    from ratecard_rules._tables import Model


def load_models(root: Path | Traversable) -> tuple[Model, ...]:
    """Read one table file, or every `.toml` file below a folder. Raises TableError with all faults."""
    models: dict[str, Model] = {}
    faults: list[Fault] = []
    loaded: list[tuple[str, Model]] = []
    for name, file in _files(root, root.name):
        try:
            loaded.append((name, load_model(file.read_bytes(), file=name)))
        except TableError as error:
            faults += error.faults
    faults += catalogue_faults(loaded)
    if not loaded and not faults:
        faults.append(Fault(file=str(root), message="there is no table here: no file ends in .toml"))
    if faults:
        raise TableError(faults)
    models = {model.model: model for _, model in loaded}
    return tuple(models.values())


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
    data = _parse(text, file)
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
    return model


def _files(root: Path | Traversable, name: str) -> Iterator[tuple[str, Path | Traversable]]:
    if not root.is_dir():
        yield name, root
        return
    for entry in sorted(root.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir() or entry.name.endswith(".toml"):
            yield from _files(entry, f"{name}/{entry.name}")


def _parse(text: str | bytes, file: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text if isinstance(text, str) else text.decode(), parse_float=_exact)
    except (ValueError, RecursionError) as error:  # TOML's own errors and broken UTF-8 are ValueErrors
        raise TableError([Fault(file=file, message=f"not a TOML file: {error}")]) from None


def _exact(text: str) -> Decimal | OddNumber:
    return Decimal(text) if set(text) <= set("+-0123456789._") else OddNumber(text)
