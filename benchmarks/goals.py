"""What is to be reached: every goal as a ratio or a difference of two contenders of one series."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from attrs import frozen

from benchmarks.timing import Spread, ratios

if TYPE_CHECKING:
    from collections.abc import Mapping

    from benchmarks.timing import Rounds

Unit = Literal["ratio", "ms", "MiB"]

COLD, PEAKS, CATALOGUE = "cold process", "peak memory", "size of the catalogue"
PROMISES = "what each promise costs"
MIX, VALID, INVALID = "validate, mix", "validate, valid", "validate, invalid"
PRICE, BYTES = "price", "bytes, mix"


@frozen
class Goal:
    """At most `limit`, for `ours` against `theirs` in a series: divided for a ratio, subtracted for the other units."""

    work: str
    series: str
    ours: str
    theirs: str
    limit: float
    unit: Unit = "ratio"

    @property
    def allowed(self) -> str:
        """The limit in words.

        >>> Goal("quote", PRICE, "ratecard quote", "genai-prices", 1 / 50).allowed
        '1/50'
        """
        if self.unit != "ratio":
            return f"{self.limit:g} {self.unit} more"
        small = round(1 / self.limit)
        return f"1/{small}" if self.limit < 0.3 and abs(small * self.limit - 1) < 1e-9 else f"{self.limit:.2f}"

    def outcome(self, series: Mapping[str, Rounds]) -> Outcome:
        """Return what was measured, or nothing where one of the two did not take part."""
        rounds = series.get(self.series, {})
        if self.ours not in rounds or self.theirs not in rounds:
            return Outcome(self, None)
        ours, theirs = rounds[self.ours], rounds[self.theirs]
        if self.unit == "ratio":
            return Outcome(self, Spread.of(ratios(ours, theirs)))
        return Outcome(self, Spread.of([one - other for one, other in zip(ours, theirs, strict=True)]))


@frozen
class Outcome:
    """What was measured for a goal; None where it could not be."""

    goal: Goal
    spread: Spread | None

    @property
    def share(self) -> float | None:
        """The median as a share of what is allowed: up to 1 the goal is reached."""
        return None if self.spread is None else self.spread.median / self.goal.limit

    @property
    def verdict(self) -> str:
        """Whether the goal is reached, and otherwise by how much it is missed."""
        if self.spread is None or self.share is None:
            return f"not measured: {self.goal.theirs} is not installed"
        if self.share <= 1:
            return "reached"
        if self.goal.unit != "ratio":
            return f"**missed** by {self.spread.median - self.goal.limit:.2f} {self.goal.unit}"
        return f"**missed**: {self.share:.2f} times the goal"


GOALS: tuple[Goal, ...] = (
    Goal("validate, a tenth invalid", MIX, "ratecard", "jsonschema-rs", 0.70),
    Goal("validate, a tenth invalid", MIX, "ratecard", "pydantic", 0.42),
    Goal("validate, a tenth invalid", MIX, "ratecard", "cattrs", 0.24),
    Goal("validate, valid only", VALID, "ratecard", "jsonschema-rs", 0.80),
    Goal("validate, valid only", VALID, "ratecard", "msgspec.convert", 0.62),
    Goal("validate, valid only", VALID, "ratecard", "floor", 1.20),
    Goal("validate, invalid only", INVALID, "ratecard", "pydantic", 0.60),
    Goal("quote, whole", PRICE, "ratecard quote", "ratecard validate", 1.15),
    Goal("quote, whole", PRICE, "ratecard quote", "genai-prices", 1 / 50),
    Goal("quote, whole", PRICE, "ratecard quote", "litellm", 1.00),
    Goal("JSON bytes to quote, stdlib", BYTES, "json.loads + ratecard", "json.loads", 1.40),
    Goal("JSON bytes to quote, orjson", BYTES, "orjson + ratecard", "pydantic validate_json + look-up", 0.68),
    Goal("JSON bytes to quote, msgspec", BYTES, "msgspec + ratecard", "msgspec typed + look-up", 0.90),
    Goal("cold process with one quote", COLD, "ratecard", "import attrs", 1.15),
    Goal("cold process with one quote", COLD, "ratecard", "genai-prices", 1 / 4),
    Goal("cold process, 500 models shipped", COLD, "ratecard, 500 models", "ratecard, 5 models", 1.0, "ms"),
    Goal("memory after one quote", PEAKS, "ratecard", "import attrs", 4.0, "MiB"),
    Goal("a request among 76 models", CATALOGUE, "76", "5", 1.10),
    Goal("a request among 1,000 models", CATALOGUE, "1000", "5", 1.10),
)
"""The goals, in the order in which they are told."""


def outcomes(series: Mapping[str, Rounds]) -> list[Outcome]:
    """Return what was measured for every goal."""
    return [goal.outcome(series) for goal in GOALS]
