"""What should be reached: a ratio or a difference of two contenders of one series, or an amount of one."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, Literal

from attrs import frozen

from benchmarks import bulk, cold, series
from benchmarks.workload import CLEAN, WARNED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.timing import Rounds


@frozen
class Goal:
    """At most `limit` for `ours` in a series: divided by `theirs` for a ratio, otherwise less `theirs` if there is one.

    Times are nanoseconds, so a limit in ms is a million of them.
    """

    work: str
    series: str
    ours: str
    theirs: str
    limit: float
    unit: Literal["", "ns", "ms", "MiB", "MB"] = ""

    @property
    def beside(self) -> str:
        """What `ours` is compared with, for a reader who does not know the series."""
        return _BESIDE.get(self.theirs, self.theirs)

    def shown(self, number: str) -> str:
        """Return a limit or a measured number with its unit."""
        more = "a row" if self.unit == "ns" else "more" if self.unit and self.theirs else ""
        return " ".join(filter(None, (number, self.unit, more)))

    def measured(self, results: Mapping[str, Rounds]) -> list[float]:
        """Return what was measured in each round; nothing where one of the two did not take part."""
        rounds = results.get(self.series, {})
        ours = rounds.get(self.ours, [])
        if not self.theirs:
            return ours
        scale = 1e6 if self.unit == "ms" else 1
        pairs = zip(ours, rounds.get(self.theirs, []), strict=False)
        return [(above - below) / scale if self.unit else above / below for above, below in pairs]

    def outcome(self, measured: Sequence[float]) -> str:
        """Return whether the goal is reached, and otherwise by how much it is missed."""
        if not measured:
            return "not measured"
        if (middle := median(measured)) <= self.limit:
            return "reached"
        return f"**missed**: {middle / self.limit:.2f} times the goal"


ORDERED = "prices of rows, 8 columns, order kept"
GOALS = (
    Goal("validate, a tenth invalid", series.MIXED, "ratecard", "jsonschema-rs", 0.70),
    Goal("validate, a tenth invalid", series.MIXED, "ratecard", "pydantic", 0.42),
    Goal("validate, a tenth invalid", series.MIXED, "ratecard", "cattrs", 0.24),
    Goal("verdict, a tenth invalid", series.MIXED, "ratecard, verdict alone", "jsonschema-rs, verdict alone", 1.35),
    Goal("validate, valid only", series.VALID, "ratecard", "jsonschema-rs", 0.80),
    Goal("validate, valid only", series.VALID, "ratecard", "msgspec.convert", 0.62),
    Goal("validate, valid only", series.VALID, "ratecard", "floor", 2.20),
    Goal("validate, invalid only", series.INVALID, "ratecard", "pydantic", 0.60),
    Goal("quote", series.QUOTE, "ratecard quote", "ratecard validate", 1.15),
    Goal("quote", series.QUOTE, "ratecard quote", "genai-prices", 0.02),
    Goal("quote", series.QUOTE, "ratecard quote", "litellm", 1.00),
    Goal("a quote with a warning", series.ANSWERS, WARNED, CLEAN, 1.50),
    Goal("JSON bytes to quote, json", series.BYTES, "json + ratecard", "json.loads", 1.40),
    Goal("JSON bytes to quote, orjson", series.BYTES, "orjson + ratecard", "pydantic validate_json + look-up", 0.68),
    Goal("JSON bytes to quote, msgspec", series.BYTES, series.TYPED, "msgspec typed + look-up", 0.90),
    Goal("valid JSON bytes to quote", series.BYTES_VALID, series.TYPED, "msgspec typed + look-up", 1.10),
    Goal("JSON lines, all problems told", series.LINES, series.TYPED, "msgspec typed", 2.00),
    Goal("JSON lines, standard library", series.LINES, series.STANDARD, "json.loads", 2.40),
    Goal("JSON lines, two processes", series.LINES, series.TWO, series.TYPED, 0.625),
    Goal("CPU time of " + ORDERED, bulk.by_cpu(bulk.WIDE), bulk.GROUPS, bulk.DUCKDB_JOIN, 0.85),
    Goal("prices of rows, 3 columns, order kept", bulk.NARROW, bulk.PYARROW, bulk.DUCKDB_ORDERED, 0.30),
    Goal("prices of rows, 3 columns, order kept", bulk.NARROW, bulk.PYARROW, "", 10, "ns"),
    Goal("CPU time from Parquet to Parquet", bulk.by_cpu(bulk.FILES), bulk.RATE_FILE, bulk.COPY, 1.00),
    Goal("CPU time from Parquet to Parquet", bulk.by_cpu(bulk.FILES), bulk.RATE_FILE, bulk.COPY_ORDERED, 1.00),
    Goal(ORDERED, bulk.WIDE, bulk.PYARROW, bulk.LOOP, 0.01),
    Goal("memory added by prices of rows", bulk.MEMORY, bulk.PYARROW, "", 400, "MB"),
    Goal("memory added from Parquet to Parquet", bulk.MEMORY, bulk.RATE_FILE, "", 400, "MB"),
    Goal("prices of rows in duckdb", bulk.WIDE, bulk.DUCKDB, bulk.DUCKDB_JOIN, 2.00),
    Goal("prices of rows in Spark", bulk.IN_SPARK, bulk.SPARK, bulk.SPARK_JOIN, 1.10),
    Goal("prices of rows in Spark", bulk.IN_SPARK, bulk.SPARK, bulk.SPARK_SCAN, 1.30),
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

_BESIDE = {
    "floor": "a checker written by hand for exactly these models",
    "ratecard validate": "`validate` alone",
    "json.loads": "`json.loads` alone",
    "import attrs": '`python -c "import attrs"`',
    "ratecard, 5 models": "5 models shipped",
    series.TYPED: "one process",
    bulk.DUCKDB_JOIN: "a join in duckdb, order lost",
    bulk.DUCKDB_ORDERED: "a join in duckdb, order kept",
    bulk.COPY: "COPY of a join in duckdb, order lost",
    bulk.COPY_ORDERED: "COPY of a join in duckdb, order kept",
    bulk.SPARK_JOIN: "a broadcast join written for Spark",
    bulk.SPARK_SCAN: "only reading the file in Spark",
}
"""What a goal compares with, where the name of the contender does not say it."""

REASONS = {
    series.MIXED: "Both parts count, below. For the verdict alone, jsonschema-rs stops at the first error.",
    series.VALID: (
        "jsonschema-rs and msgspec are compiled; ratecard and the floor are Python. ratecard also checks more: the "
        "type of every key, the whole of an address, what UTF-8 can carry."
    ),
    series.INVALID: "Every problem is an object with pointer, severity and evidence; the rules of the table find it.",
    series.QUOTE: "A quote validates the whole request, which takes most of its time; the pricers do not validate.",
    series.BYTES: "pydantic and msgspec validate in compiled code; ratecard finds the invalid tenth in Python.",
    series.BYTES_VALID: (
        "Both decode in compiled code; ratecard then checks whole addresses and counts strings to find duplicate keys, "
        "which msgspec accepts, in Python."
    ),
    series.LINES: "msgspec stops at the first error, and json.loads checks nothing; ratecard tells all, in Python.",
    bulk.by_cpu(bulk.WIDE): (
        "Reading the columns takes two thirds of the time. Then ratecard works in numpy, column by column, and also "
        "returns the reason for each row without a price; duckdb joins in compiled code and returns only prices."
    ),
    bulk.NARROW: (
        "ratecard also returns the reasons. Runs of other contenders lie between its own, so that the system provides "
        "the memory of its columns anew each time, which takes a third of the time."
    ),
    bulk.by_cpu(bulk.FILES): "Without the order, duckdb has less to do; `rate_file` also writes a column of reasons.",
    bulk.WIDE: "The loop of `try_quote` took 12 µs a row when its goal was set.",
    bulk.IN_SPARK: "Reading alone computes nothing; the join costs as much as one that is written for Spark.",
    cold.COLD: (
        "Beyond attrs a quote needs `fractions` (with `decimal`) and `datetime`, and the classes of a table and of a "
        "quote, which attrs builds anew in every process."
    ),
}
"""Why goals of a series are missed, where they are."""
