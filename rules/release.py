"""Freeze the prices of a release, or check that a version is ready to be released; see RELEASING.md.

python rules/release.py freeze          writes tests/data/released/<version>.json
python rules/release.py check 0.2.0     exits with a message if something is missing
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]


def version_here() -> str:
    """Return the version of the package."""
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return str(project["project"]["version"])


def frozen(version: str) -> Path:
    """Return the file with the prices of a release."""
    return ROOT / "tests" / "data" / "released" / f"{version}.json"


def prices() -> dict[str, Any]:
    """Return the prices of each revision of each shipped model, by their options."""
    from ratecard import Catalog, NotPriced, price_sheet
    from ratecard_rules import option_text

    def of(slug: str, catalog: Catalog) -> dict[str, int]:
        try:
            rows = price_sheet(slug, catalog=catalog)
        except NotPriced:
            return {}
        return {
            " ".join(f"{part.field}={option_text(part.value)}" for part in row.factors): row.usd_micros for row in rows
        }

    bundled = Catalog.bundled()
    return {
        slug: [
            {
                "effective": revision.effective and revision.effective.isoformat(),
                "usd_micros": of(slug, bundled.at(revision.effective or revision.checked)),
            }
            for revision in (bundled.history(slug) or bundled[slug]).revisions
        ]
        for slug in bundled.models
    }


def faults(version: str) -> list[str]:
    """Return what is missing before a version can be released."""
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    checks = {
        "pyproject.toml has invented addresses under [project.urls]": "https://example.com" not in project,
        f"pyproject.toml has version {version_here()}": version_here() == version,
        f"CHANGELOG.md lacks the heading: ## {version} (YYYY-MM-DD)": re.search(
            rf"^## {re.escape(version)} \(\d{{4}}-\d\d-\d\d\)$", changelog, re.MULTILINE
        ),
        f"{frozen(version).name} is missing: run python rules/release.py freeze": frozen(version).exists(),
    }
    return [fault for fault, holds in checks.items() if not holds]


def main(*args: str) -> None:
    """Run the command of the arguments."""
    match args:
        case ("freeze",):
            lines = (f" {json.dumps(slug)}: {json.dumps(revisions)}" for slug, revisions in prices().items())
            frozen(version_here()).write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8", newline="\n")
        case ("check", version):
            if found := faults(version):
                sys.exit("\n".join(found))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(*sys.argv[1:])
