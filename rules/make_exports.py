"""Write what other tools read: JSON Schemas of ratecard's files, the types of requests, and the catalogue as data.

Run by `python rules/regenerate.py`.
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from ratecard import Catalog, export_catalog
from ratecard._export import catalog_text
from ratecard.schema import FILES, file_schema, python

ROOT = Path(__file__).parents[1]


def texts(catalog: Catalog) -> dict[str, str]:
    """Return the text of every file by its path. The types are those of the day of the newest page."""
    written = {f"docs/{file}.schema.json": json.dumps(file_schema(file), indent=2) + "\n" for file in FILES}
    written["pricing/ratecard/types.py"] = python(catalog=catalog, at=date.fromisoformat(catalog.version))
    written["pricing/ratecard/catalogue-v1.json"] = catalog_text(export_catalog(catalog))
    return written


if __name__ == "__main__":
    for path, text in texts(Catalog.bundled()).items():
        (ROOT / path).write_text(text, encoding="utf-8", newline="\n")
