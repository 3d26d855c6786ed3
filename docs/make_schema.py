"""Write `quote.schema.json`, the JSON Schema of a stored quote.

Run by `python rules/regenerate.py`.
"""

from __future__ import annotations

import json
from pathlib import Path

from ratecard import stored_quote_schema

FILE = Path(__file__).with_name("quote.schema.json")


def text() -> str:
    """Return the schema as JSON text."""
    return json.dumps(stored_quote_schema(), indent=2) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8", newline="\n")
