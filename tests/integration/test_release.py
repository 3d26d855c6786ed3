"""The release script freezes the prices of today, and says what a release lacks."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import pytest

from ratecard import Catalog, price_sheet

SCRIPT = Path(__file__).parents[2] / "rules" / "release.py"
release = runpy.run_path(str(SCRIPT))


def test_prices_are_those_of_every_sheet() -> None:
    """Every revision of every model stands with its start and one price for each row of its sheet."""
    frozen = json.loads(json.dumps(release["prices"]()))
    assert list(frozen) == list(Catalog.bundled().models)
    newest = frozen["kling-plus/kling-o1-standard/text-to-video"][-1]
    assert newest == {"effective": None, "usd_micros": {"duration=5": 250_000, "duration=10": 500_000}}
    assert all(
        len(frozen[slug][-1]["usd_micros"]) == len(price_sheet(slug))
        for slug in frozen
        if frozen[slug][-1]["usd_micros"]
    )


def test_what_is_missing() -> None:
    """A version that is not that of the package, not in the changelog and not frozen has these faults."""
    faults = release["faults"]("99.0")
    assert {"CHANGELOG.md", "pyproject.toml", "99.0.json"} == {fault.partition(" ")[0] for fault in faults}
    with pytest.raises(SystemExit, match="is missing: run python rules"):
        release["main"]("check", "99.0")
    with pytest.raises(SystemExit, match="Freeze the prices"):
        release["main"]()
