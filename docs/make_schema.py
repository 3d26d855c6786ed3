"""Write the JSON Schemas of a quote in its stored form, alone and as a `StoredQuote`.

Run by `python rules/regenerate.py`.
"""

from __future__ import annotations

import json
from pathlib import Path

from ratecard import StoredQuote, stored_quote_schema

SCHEMAS = {"quote.schema.json": stored_quote_schema, "stored-quote.schema.json": StoredQuote.json_schema}

if __name__ == "__main__":
    for name, schema in SCHEMAS.items():
        file = Path(__file__).with_name(name)
        file.write_text(json.dumps(schema(), indent=2) + "\n", encoding="utf-8", newline="\n")
