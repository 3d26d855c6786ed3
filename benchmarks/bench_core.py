"""How long `validate` and `quote` take, as ratios to `json.loads` of the same request; and a cold process.

Run it with `python benchmarks/bench_core.py`. Every answer is asserted before anything is timed.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

from ratecard import Quote, quote, try_quote, validate

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 7
REPEATS = 2_000
REQUEST = {
    "model": "kling-plus/kling-o3-standard/image-to-video",
    "input": {"image_url": "https://example.com/cat.jpg", "duration": "10", "has_sound": "true"},
}
BROKEN = {**REQUEST, "input": {"image_url": "https://example.com/cat.jpg", "durtion": 10, "has_sound": True}}
COLD = f"from ratecard import quote; assert quote({REQUEST!r}).usd_micros == 1_260_000"


def nanoseconds(call: Callable[[], Any]) -> float:
    """Return the time of one call."""
    start = time.perf_counter_ns()
    for _ in range(REPEATS):
        call()
    return (time.perf_counter_ns() - start) / REPEATS


def cold_milliseconds(code: str) -> float:
    """Return the time of a fresh process that runs `code`."""
    start = time.perf_counter_ns()
    subprocess.run([sys.executable, "-c", code], check=True)  # noqa: S603  our own interpreter and code
    return (time.perf_counter_ns() - start) / 1e6


def main() -> None:
    """Assert the answers, then print the medians of interleaved rounds."""
    assert quote(REQUEST).usd_micros == 1_260_000
    assert len(validate(BROKEN).errors) == 2
    assert not isinstance(try_quote(BROKEN), Quote)
    text = json.dumps(REQUEST)
    calls: dict[str, Callable[[], Any]] = {
        "json.loads": lambda: json.loads(text),
        "validate, valid": lambda: validate(REQUEST),
        "validate, two errors": lambda: validate(BROKEN),
        "quote": lambda: quote(REQUEST),
    }
    rounds = [{name: nanoseconds(call) for name, call in calls.items()} for _ in range(ROUNDS)]
    for name in calls:
        median = statistics.median(one[name] for one in rounds)
        ratio = statistics.median(one[name] / one["json.loads"] for one in rounds)
        print(f"{name:<22} {median:>10,.0f} ns   {ratio:6.2f} x json.loads")
    bare, full = (statistics.median(cold_milliseconds(code) for _ in range(ROUNDS)) for code in ("import attrs", COLD))
    print(f"{'cold import and quote':<22} {full:>10.1f} ms   {full / bare:6.2f} x import attrs")


if __name__ == "__main__":
    main()
