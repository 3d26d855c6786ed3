"""The catalogue as data: everything that the tables state and every price, in one JSON document."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ratecard._money import usd_text
from ratecard_rules import bundled, combinations, exact_usd_micros, json_value, multiplier_of, rounded_usd_micros

if TYPE_CHECKING:
    from ratecard_rules import Catalog, Revision, Scalar

FORMAT = "ratecard-catalogue"
VERSION = 1
"""The version of the document. Keys may be added to it; anything else gets a new version."""

UNIT = "usd_micros and base_usd_micros are millionths of a US dollar: 1000000 are $1.00"


def export_catalog(catalog: Catalog | None = None) -> dict[str, Any]:
    """Return a catalogue as plain JSON data: its tables, and the price of every combination of priced options.

    The catalogue is the bundled one by default. Without an instant (see `Catalog.at`) it has past and announced
    revisions, too. Each model has the keys of its table file and `sheets`, one for each revision; a sheet is None if
    the price is not known. `ratecard.schema.file_schema("catalogue")` describes the document. The export of the bundled
    catalogue is also a file of the package, `catalogue-v1.json`.

    >>> sheets = {model["model"]: model["sheets"] for model in export_catalog()["models"]}
    >>> sheets["kling-plus/kling-o1-standard/text-to-video"][0]["prices"][0]
    {'options': {'duration': '5'}, 'usd_micros': 250000, 'usd': '0.25'}
    """
    tables = bundled() if catalog is None else catalog
    data = tables.to_dict()
    for table in data["models"]:
        model = tables.history(table["model"]) if tables.instant is None else tables[table["model"]]
        table["sheets"] = [_sheet(revision) for revision in model.revisions] if model else []
    models = data.pop("models")
    return {"format": FORMAT, "version": VERSION, "unit": UNIT, "catalog": data, "models": models}


def catalog_text(document: dict[str, Any]) -> str:
    """Return an exported catalogue as JSON text, with one line for each model."""
    *parts, (_, models) = document.items()
    head = ",\n  ".join(f"{json.dumps(key)}: {json.dumps(part)}" for key, part in parts)
    lines = ",\n    ".join(json.dumps(model, separators=(",", ":")) for model in models)
    return f'{{\n  {head},\n  "models": [\n    {lines}\n  ]\n}}\n'


def _sheet(revision: Revision) -> dict[str, Any] | None:
    if revision.price.base_usd_micros is None:
        return None
    return {"digest": revision.digest, "prices": [_price(revision, options) for options in combinations(revision)]}


def _price(revision: Revision, options: tuple[Scalar, ...]) -> dict[str, Any]:
    price = revision.price
    micros = rounded_usd_micros(price, exact_usd_micros(price, map(multiplier_of, price.factors, options)))
    named = dict(zip(revision.priced, map(json_value, options), strict=True))
    return {"options": named, "usd_micros": micros, "usd": usd_text(micros)}
