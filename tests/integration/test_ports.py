"""Ports of the tables: the look-up in JavaScript, and one that is the library itself."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ratecard._conform.run import conform
from ratecard._conform.vectors import write_kit

LIBRARY = """
import json, sys
from datetime import datetime
from make_vectors import answer
for line in sys.stdin:
    asked = json.loads(line)
    at = datetime.fromisoformat(asked["at"]) if "at" in asked else None
    print(json.dumps({"id": asked["id"], **answer(asked["request"], asked.get("measured", {}), at)}))
"""

PERIODS = [
    {
        "from": None,
        "to": "2027-01-01T00:00:00+00:00",
        "fields": [
            {"name": "duration", "options": ["5", "10"], "default": "5"},
            {"name": "sound", "options": [True, False]},
            {"name": "frames", "options": [24, 48], "measured": True},
        ],
        "usd_micros": [1, 2, 3, 4, 5, 6, 7, 8],
        "exact_micros": ["1", "2.5", "3", "4", "5", "6", "7", "8"],
        "usd": [f"0.00000{number}" for number in range(1, 9)],
    },
    {"from": "2027-01-01T00:00:00+00:00", "to": "2027-06-01T00:00:00+00:00", "fields": [], "unpriced": "no page"},
]
"""Two periods of a model. Duration, sound and frames have 2 options each, so that there are 8 prices."""

LOOK_UPS: list[tuple[list[Any], dict[str, Any]]] = [
    # [slug, input, measured, at] and the answer
    (
        ["acme", {"sound": True}, {"frames": 24}, "2026-12-01"],
        {"usd_micros": 1, "exact_micros": "1", "usd": "0.000001"},
    ),
    (
        ["acme", {"sound": True}, {"frames": 48}, "2026-12-01"],
        {"usd_micros": 2, "exact_micros": "2.5", "usd": "0.000002"},
    ),
    (
        ["acme", {"sound": False, "duration": "10", "other": 1}, {"frames": 48}, "2026-12-01"],
        {"usd_micros": 8, "exact_micros": "8", "usd": "0.000008"},
    ),
    (["acme", {}, {}, "2026-12-01"], {"code": "undetermined", "fields": ["sound", "frames"]}),
    (["acme", {"sound": True}, {}, "2026-12-01"], {"code": "needs_measurement", "fields": ["frames"]}),
    (["acme", {"sound": True, "frames": 24}, {}, "2026-12-01"], {"code": "needs_measurement", "fields": ["frames"]}),
    (["acme", {"sound": "true"}, {"frames": 24}, "2026-12-01"], {"code": "undetermined", "fields": ["sound"]}),
    (
        ["acme", {"sound": True, "duration": None}, {"frames": 24}, "2026-12-01"],
        {"code": "undetermined", "fields": ["duration"]},
    ),
    (["acme", {}, {}, "2027-01-01"], {"code": "price_unknown"}),
    (["acme", {}, {}, "2027-06-01"], {"code": "retired"}),
    (["late", {}, {}, "2026-12-31T23:59:59Z"], {"code": "not_yet_effective"}),
    (["late", {}, {}, "2027-01-01"], {"code": "price_unknown"}),
    (["constructor", {}, {}, "2027-01-01"], {"code": "unknown_model"}),
]


@pytest.fixture(scope="module")
def node() -> str:
    """Return the command of Node.js."""
    found = shutil.which("node")
    if found is None:
        pytest.skip("needs Node.js")
    return found


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder that `ratecard conform --write` writes."""
    folder = tmp_path_factory.mktemp("kit")
    write_kit(folder)
    return folder


def test_the_port_in_javascript(node: str, kit: Path) -> None:
    """Its prices are those of the library for every request that may be sent."""
    result = conform([node, str(kit / "port.mjs")], "price")
    assert (result.failure, result.differences) == (None, [])
    assert result.compared["price"] == result.agreed["price"] > 1_000


def test_look_ups(node: str, kit: Path) -> None:
    """A price is found by every option and the instant; what is missing has a code and names the fields."""
    sheets = {"models": {"acme": {"periods": PERIODS}, "late": {"periods": PERIODS[1:]}}}
    code = """
        import { lookUp } from "./lookup.mjs";
        const [sheets, calls] = JSON.parse(process.argv[1]);
        const ask = ([slug, input, measured, at]) => lookUp(sheets, slug, input, { measured, at: new Date(at) });
        console.log(JSON.stringify(calls.map(ask)));
    """
    asked = json.dumps([sheets, [call for call, _ in LOOK_UPS]])
    command = [node, "--input-type=module", "--eval", code, asked]
    done = subprocess.run(command, cwd=kit, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [answer for _, answer in LOOK_UPS]


def test_no_amount_is_computed(kit: Path) -> None:
    """The look-up only takes amounts from the sheet: the one product in it is that of indices."""
    lines = (kit / "lookup.mjs").read_text(encoding="utf-8").splitlines()
    code = [line.strip() for line in lines if not line.lstrip().startswith(("//", "*", "/*"))]
    assert [line for line in code if "*" in line] == ["row = row * field.options.length + index;"]
    assert not any("parseFloat" in line or "Number(" in line for line in code)


def test_the_library_conforms(monkeypatch: pytest.MonkeyPatch) -> None:
    """A port that asks the library itself passes every level."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
    result = conform([sys.executable, "-c", LIBRARY])
    assert (result.failure, result.differences) == (None, [])
    assert result.compared == result.agreed
