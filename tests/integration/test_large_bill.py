"""`ratecard reconcile` of large files: time and memory stay small, and all sums are exact."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from itertools import cycle, islice
from typing import TYPE_CHECKING, Any

import pytest

from ratecard import example_request, quote

if TYPE_CHECKING:
    from pathlib import Path

ROWS = 50_000
SLUG = "kling-plus/kling-o3-standard/image-to-video"

RUN = """
import atexit, pathlib, sys
from ratecard._cli import main
atexit.register(lambda: sys.stderr.write(pathlib.Path("/proc/self/status").read_text()))
main()
"""


def asked(duration: int, **given: str) -> dict[str, Any]:
    """Return a request whose `has_sound` is left out."""
    request = example_request(SLUG)
    return {**request, "input": {**request["input"], "duration": str(duration), **given}}


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
@pytest.mark.parametrize("kind", ["quote", "request"])
def test_many_rows(kind: str, tmp_path: Path) -> None:
    """Every tenth job is charged with sound, which was left out, and the second job is missing."""
    requests = [asked(seconds) for seconds in range(3, 16)]
    assert [quote(each).usd_micros for each in requests] == [84_000 * seconds for seconds in range(3, 16)]
    texts = [json.dumps(quote(each).to_dict() if kind == "quote" else each) for each in requests]
    extra = 0
    with (tmp_path / "ours.jsonl").open("w") as ours, (tmp_path / "bill.jsonl").open("w") as bill:
        for row, (text, seconds) in enumerate(islice(cycle(zip(texts, range(3, 16), strict=True)), ROWS)):
            ours.write(f'{{"job_id": "job_{row}", "{kind}": {text}}}\n')
            sound = 42_000 * seconds * (row % 10 == 0)
            extra += sound
            if row != 1:
                bill.write(f'{{"jobId": "job_{row}", "costMicroCents": {84_000 * seconds + sound}}}\n')
    command = [sys.executable, "-c", RUN, "reconcile", "ours.jsonl", "--bill", "bill.jsonl", "--json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 1
    document = json.loads(done.stdout)
    (cause,) = document["causes"]
    assert (cause["says"], cause["rows"]) == ("has_sound counted as true where left out", ROWS // 10)
    assert {name: part["rows"] for name, part in document["outcomes"].items()} == {
        "matched": ROWS - ROWS // 10 - 1,
        "amount_differs": ROWS // 10,
        "ours_only": 1,
    }
    assert document["outcomes"]["amount_differs"]["difference_micros"] == cause["difference_micros"] == extra
    assert document["difference_micros"] == extra - 84_000 * 4
    peak = re.search(r"VmHWM:\s+(\d+) kB", done.stderr)
    assert peak is not None
    assert int(peak[1]) < 120_000
