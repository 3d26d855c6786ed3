"""What should be reached: every goal is a ratio or a difference of two contenders of one series."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from attrs import frozen

from benchmarks.cold import COLD, MEMORY
from benchmarks.series import (
    ALL,
    BYTES,
    CATALOGUES,
    FIVE,
    HOSTILE,
    HOSTILE_SHAPES,
    INVALID,
    MIXED,
    QUOTE,
    THOUSAND,
    VALID,
    VERDICT,
)
from benchmarks.timing import Rounds, Spread, ratios

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

    def measured(self, series: Mapping[str, Rounds]) -> Spread | None:
        """Return what was measured, or None where one of the two did not take part."""
        rounds = series.get(self.series, {})
        if not {self.ours, self.theirs} <= rounds.keys():
            return None
        ours, theirs = rounds[self.ours], rounds[self.theirs]
        if self.unit == "ratio":
            return Spread.of(ratios(ours, theirs))
        scale = 1e6 if self.unit == "ms" else 1
        return Spread.of([(above - below) / scale for above, below in zip(ours, theirs, strict=True)])

    def verdict(self, measured: Spread | None) -> str:
        """Return whether the goal is reached, and otherwise by how much it is missed."""
        if measured is None:
            return "not measured"
        if measured.median <= self.limit:
            return "reached"
        if self.unit != "ratio":
            return f"**missed** by {measured.median - self.limit:.2f} {self.unit}"
        return f"**missed**: {measured.median / self.limit:.2f} times the goal"


GOALS = (
    Goal("validate, a tenth invalid", MIXED, "ratecard", "jsonschema-rs", 0.70),
    Goal("validate, a tenth invalid", MIXED, "ratecard", "pydantic", 0.42),
    Goal("validate, a tenth invalid", MIXED, "ratecard", "cattrs", 0.24),
    Goal("validate, valid only", VALID, "ratecard", "jsonschema-rs", 0.80),
    Goal("validate, valid only", VALID, "ratecard", "msgspec.convert", 0.62),
    Goal("validate, valid only", VALID, "ratecard", "floor", 1.20),
    Goal("validate, invalid only", INVALID, "ratecard", "pydantic", 0.60),
    Goal("verdict, a tenth invalid", VERDICT, "ratecard", "jsonschema-rs", 1.35),
    Goal("quote", QUOTE, "ratecard quote", "ratecard validate", 1.15),
    Goal("quote", QUOTE, "ratecard quote", "genai-prices", 0.02),
    Goal("quote", QUOTE, "ratecard quote", "litellm", 1.00),
    Goal("JSON bytes to quote, json", BYTES, "json.loads + ratecard", "json.loads", 1.40),
    Goal("JSON bytes to quote, orjson", BYTES, "orjson + ratecard", "pydantic validate_json + look-up", 0.68),
    Goal("JSON bytes to quote, msgspec", BYTES, "msgspec + ratecard", "msgspec typed + look-up", 0.90),
    Goal("cold process with one quote", COLD, "ratecard", "import attrs", 1.15),
    Goal("cold process with one quote", COLD, "ratecard", "genai-prices", 0.25),
    Goal("cold process, 500 models shipped", COLD, "ratecard, 500 models", "ratecard, 5 models", 1.0, "ms"),
    Goal("memory after one quote", MEMORY, "ratecard", "import attrs", 4.0, "MiB"),
    Goal("a request among all shipped models", CATALOGUES, ALL, FIVE, 1.10),
    Goal("a request among 1,000 models", CATALOGUES, THOUSAND, FIVE, 1.10),
    *(
        Goal(f"a hostile body: {name}", HOSTILE, f"json.loads + validate, {name}", f"json.loads, {name}", 6.00)
        for name in HOSTILE_SHAPES
    ),
)
"""The goals, in the order in which they are shown."""

BESIDE = {
    "floor": "a checker written by hand for exactly these models",
    "ratecard validate": "`validate` alone",
    "json.loads": "`json.loads` alone",
    "import attrs": '`python -c "import attrs"`',
    "ratecard, 5 models": "5 models shipped",
}
"""What a goal compares with, where the name of the contender does not say it."""

REASONS = {
    VALID: (
        "jsonschema-rs and msgspec are compiled; ratecard and the floor are Python. ratecard also checks more: the "
        "type of every key, the whole of an address, what UTF-8 can carry. The public function around the check finds "
        "the model and handles catalogues, instants and strictness."
    ),
    INVALID: (
        "Every problem is an object with pointer, severity and evidence, found by the same rules as in the resolver "
        "and in the order of the table. Messages, suggestions and fixes are made only on demand."
    ),
    VERDICT: "jsonschema-rs is compiled and stops at the first error; ratecard is Python and lists all problems.",
    QUOTE: "A quote validates the whole request first, which takes most of its time; the pricers do not validate.",
    BYTES: (
        "pydantic and msgspec validate while they parse, in compiled code, and never build the dictionary; msgspec "
        "reports only the first error. ratecard validates the dictionary that a parser built."
    ),
    COLD: (
        "Beyond attrs a quote needs `fractions` (with `decimal`) and `datetime`, and the classes of a table and of a "
        "quote, which attrs builds anew in every process."
    ),
}
"""Why goals of a series are missed, where they are; for mixed requests the reasons of both parts count."""
