"""What should be reached: every goal is a ratio or a difference of two contenders of one series."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from attrs import frozen

from benchmarks import cold, series
from benchmarks.timing import Rounds, Spread, ratios, spread
from benchmarks.workload import CLEAN, WARNED

if TYPE_CHECKING:
    from collections.abc import Mapping


@frozen
class Goal:
    """At most `limit`, for `ours` against `theirs` in a series: divided for a ratio, subtracted for ms and MiB."""

    work: str
    series: str
    ours: str
    theirs: str
    limit: float
    unit: Literal["ratio", "ms", "MiB"] = "ratio"

    @property
    def allowed(self) -> str:
        """The limit in words."""
        return f"{self.limit:g}" if self.unit == "ratio" else f"{self.limit:g} {self.unit} more"

    def measured(self, results: Mapping[str, Rounds]) -> Spread | None:
        """Return what was measured, or None where one of the two did not take part."""
        rounds = results.get(self.series, {})
        if not {self.ours, self.theirs} <= rounds.keys():
            return None
        ours, theirs = rounds[self.ours], rounds[self.theirs]
        if self.unit == "ratio":
            return spread(ratios(ours, theirs))
        scale = 1e6 if self.unit == "ms" else 1
        return spread([(above - below) / scale for above, below in zip(ours, theirs, strict=True)])

    def verdict(self, measured: Spread | None) -> str:
        """Return whether the goal is reached, and otherwise by how much it is missed."""
        if measured is None:
            return "not measured"
        _, median, _ = measured
        if median <= self.limit:
            return "reached"
        if self.unit != "ratio":
            return f"**missed** by {median - self.limit:.2f} {self.unit}"
        return f"**missed**: {median / self.limit:.2f} times the goal"


GOALS = (
    Goal("validate, a tenth invalid", series.MIXED, "ratecard", "jsonschema-rs", 0.70),
    Goal("validate, a tenth invalid", series.MIXED, "ratecard", "pydantic", 0.42),
    Goal("validate, a tenth invalid", series.MIXED, "ratecard", "cattrs", 0.24),
    Goal("validate, valid only", series.VALID, "ratecard", "jsonschema-rs", 0.80),
    Goal("validate, valid only", series.VALID, "ratecard", "msgspec.convert", 0.62),
    Goal("validate, valid only", series.VALID, "ratecard", "floor", 2.20),
    Goal("validate, invalid only", series.INVALID, "ratecard", "pydantic", 0.60),
    Goal("verdict, a tenth invalid", series.VERDICT, "ratecard", "jsonschema-rs", 1.35),
    Goal("quote", series.QUOTE, "ratecard quote", "ratecard validate", 1.15),
    Goal("quote", series.QUOTE, "ratecard quote", "genai-prices", 0.02),
    Goal("quote", series.QUOTE, "ratecard quote", "litellm", 1.00),
    Goal("JSON bytes to quote, json", series.BYTES, "json.loads + ratecard", "json.loads", 1.40),
    Goal("JSON bytes to quote, orjson", series.BYTES, "orjson + ratecard", "pydantic validate_json + look-up", 0.68),
    Goal("JSON bytes to quote, msgspec", series.BYTES, "msgspec + ratecard", "msgspec typed + look-up", 0.90),
    Goal("valid JSON bytes to quote", series.BYTES_VALID, series.TYPED, "msgspec typed + look-up", 1.10),
    Goal("JSON lines, all problems told", series.LINES, series.TYPED, "msgspec typed", 2.00),
    Goal("JSON lines, all problems told", series.LINES, series.STANDARD, "json.loads", 2.40),
    Goal("JSON lines, two processes", series.LINES, series.TWO, series.TYPED, 0.62),
    Goal("a quote with a warning", series.ANSWERS, WARNED, CLEAN, 1.50),
    Goal("cold process with one quote", cold.COLD, "ratecard", "import attrs", 1.15),
    Goal("cold process with one quote", cold.COLD, "ratecard", "genai-prices", 0.25),
    Goal("cold process, 500 models shipped", cold.COLD, "ratecard, 500 models", "ratecard, 5 models", 1.0, "ms"),
    Goal("memory after one quote", cold.MEMORY, "ratecard", "import attrs", 4.0, "MiB"),
    Goal("a request among all shipped models", series.CATALOGUES, series.ALL, series.FIVE, 1.10),
    Goal("a request among 1,000 models", series.CATALOGUES, series.THOUSAND, series.FIVE, 1.10),
    *(
        Goal(f"a hostile body: {name}", series.HOSTILE, f"json.loads + validate, {name}", f"json.loads, {name}", 6.00)
        for name in series.SHAPES
    ),
)
"""The goals, in the order in which they are shown."""

BESIDE = {
    "floor": "a checker written by hand for exactly these models",
    "ratecard validate": "`validate` alone",
    "json.loads": "`json.loads` alone",
    "import attrs": '`python -c "import attrs"`',
    "ratecard, 5 models": "5 models shipped",
    series.TYPED: "one process",
}
"""What a goal compares with, where the name of the contender does not say it."""

REASONS = {
    series.VALID: (
        "jsonschema-rs and msgspec are compiled; ratecard and the floor are Python. ratecard also checks more: the "
        "type of every key, the whole of an address, what UTF-8 can carry. The public function around the check finds "
        "the model and handles catalogues, instants and strictness."
    ),
    series.INVALID: (
        "Every problem is an object with pointer, severity and evidence, found by the same rules as in the resolver "
        "and in the order of the table. Messages, suggestions and fixes are made only on demand."
    ),
    series.VERDICT: (
        "jsonschema-rs is compiled and stops at the first error; ratecard is Python and lists all problems."
    ),
    series.QUOTE: (
        "A quote validates the whole request first, which takes most of its time; the pricers do not validate."
    ),
    series.BYTES_VALID: (
        "Both decode in compiled code; ratecard then checks whole addresses and counts strings to find duplicate keys, "
        "which msgspec accepts, in Python."
    ),
    series.BYTES: (
        "pydantic and msgspec validate while they parse, in compiled code, and never build the dictionary; msgspec "
        "reports only the first error. ratecard validates the dictionary that a parser built."
    ),
    cold.COLD: (
        "Beyond attrs a quote needs `fractions` (with `decimal`) and `datetime`, and the classes of a table and of a "
        "quote, which attrs builds anew in every process."
    ),
}
"""Why goals of a series are missed, where they are; for mixed requests the reasons of both parts count."""
