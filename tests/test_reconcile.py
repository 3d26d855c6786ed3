"""`reconcile`: every row has one outcome, the sums balance, and what differences have in common is found.

Prices of the invented model: $0.01 for each second of "4" or "8", times 1.5 with sound: 40,000 by default.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import invented
from cli_runner import data, run
from ratecard import Catalog, Quote, Reconciliation, StoredQuote, quote, reconcile
from ratecard._bill.causes import simplest
from ratecard._bill.overlay import overlay_tables
from ratecard._bill.reconcile import OUTCOMES
from ratecard._bill.rows import BadRow
from ratecard._cli import _input, _rows
from ratecard_rules import check_tables, load_model

if TYPE_CHECKING:
    from pathlib import Path

SLUG = "acme/loop-1/text-to-video"
IMAGES = '\n[revision.input.images]\ntype = "array"\nitems = "string"\n'
EXAMPLE = "\n[[revision.example]]\nusd_micros = 40_000\n"
LOOP = invented.catalog(invented.PRICE + EXAMPLE, invented.INPUT + IMAGES)
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def request(**given: Any) -> dict[str, Any]:
    """Return a request to the invented model."""
    return {"model": SLUG, "input": {"prompt": "a cat", **given}}


def job(job_id: str, **given: Any) -> dict[str, Any]:
    """Return one of our records."""
    return {"job_id": job_id, "request": request(**given)}


def charge(job_id: str, micros: Any, **more: Any) -> dict[str, Any]:
    """Return a row of a bill."""
    return {"job_id": job_id, "charged_micros": micros, **more}


def outcomes(result: Reconciliation) -> list[tuple[str | None, str, int | None, int | None]]:
    """Return the rows without their explanations."""
    return [(row.job_id, row.outcome, row.quoted_micros, row.billed_micros) for row in result.rows]


def test_every_outcome() -> None:
    """One row of each outcome or more, and the sums by hand."""
    ours = [job(name) for name in "abcdefghi"] + [
        job("a"),
        job("j", duration="5"),
        {**job("k"), "time": NOON},
        job("l"),
    ]
    bill = [
        charge("a", 40_000, time=NOON.isoformat()),
        charge("b", 40_003),
        charge("c", 40_004),
        charge("x", 7),
        charge("a", 40_000),
        charge("d", 40_000, status="FAILED"),
        charge("e", 40_000, status="processing"),
        charge("f", "forty"),
        charge("b", -40_003),
        charge("j", 50_000),
        charge("l", 40_000, time=NOON - timedelta(hours=2)),
    ]
    result = reconcile(ours, bill, tolerance_micros=3, delay=timedelta(hours=1), catalog=LOOP)
    assert outcomes(result) == [
        ("a", "duplicate_job", 40_000, None),
        ("a", "matched", 40_000, 40_000),
        ("b", "within_tolerance", 40_000, 40_003),
        ("c", "amount_differs", 40_000, 40_004),
        ("x", "billed_only", None, 7),
        ("a", "duplicate_job", None, 40_000),
        ("d", "refunded", 40_000, 40_000),
        ("e", "pending", 40_000, 40_000),
        ("f", "unreadable", 40_000, None),
        ("b", "refunded", None, -40_003),
        ("j", "unreadable", None, 50_000),
        ("l", "matched", 40_000, 40_000),
        ("g", "ours_only", 40_000, None),
        ("h", "ours_only", 40_000, None),
        ("i", "ours_only", 40_000, None),
        ("k", "pending", 40_000, None),
    ]
    assert (result.quoted_micros, result.billed_micros) == (
        12 * 40_000,
        40_003 + 40_004 + 7 + 40_000 * 5 - 40_003 + 50_000,
    )
    assert result.difference_micros == -189_989
    assert [*result.sums] == [name for name in OUTCOMES if name in result.sums] == [*OUTCOMES]
    assert result.sums["duplicate_job"].difference_micros == 0
    assert [row.job_id for row in result.of("pending")] == ["e", "k"]
    assert [row.flaw for row in result.of("unreadable")] == [
        "charged_micros is missing or not a whole number",
        'invalid_request: the request is invalid: /input/duration: the string "5" is not allowed; use one of "4", "8"',
    ]
    assert not result
    assert reconcile([job("a")], [charge("a", 40_000)], catalog=LOOP)


NO_NAME = "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"


def test_rows_that_cannot_be_read() -> None:
    """They say why, and what can be read of them counts."""
    ours: list[Any] = [5, BadRow("not JSON (at a:1)"), {"request": request()}, {"job_id": 5}, {"job_id": "a"}]
    ours += [{"job_id": "b", "quote": 5}, {"job_id": "c", "request": "{"}, {"job_id": "f", "quote": {"format": 1}}]
    bill = [
        None,
        BadRow("too long"),
        charge("", 5),
        {"job_id": "a"},
        charge("b", 4.5),
        charge("c", micros=True),
        {"jobId": "a"},
    ]
    result = reconcile(ours, bill, catalog=LOOP)
    assert {row.outcome for row in result.rows} == {"unreadable"}
    assert result.billed_micros == 5
    assert [row.says for row in result.rows] == [
        "expected an object with job_id, and a quote, a receipt or a request",
        "not JSON (at a:1)",
        "the job_id is missing or not text",
        "there is no quote, receipt or request",
        "expected an object with job_id and charged_micros",
        "too long",
        "the job_id is missing or not text",
        "charged_micros is missing or not a whole number; there is no quote, receipt or request",
        "charged_micros is missing or not a whole number; the quote is not an object",
        f"charged_micros is missing or not a whole number; the request is not JSON: {NO_NAME}",
        "the job_id is missing or not text; charged_micros is missing or not a whole number",
        "not a stored quote: a key is missing or added, or a value has another type or is out of range",
    ]


@pytest.mark.parametrize("micros", [40_000, "40000", "40000.0", 40_000.0, Decimal(40_000), Decimal("4E+4")])
def test_forms_of_charges(micros: object) -> None:
    """JSON, CSV and Parquet write whole numbers in many ways."""
    assert reconcile([job("a")], [charge("a", micros)], catalog=LOOP)


@pytest.mark.parametrize(
    "micros",
    ["4e4", "40000.5", "40,000", "", "40000.", "\u0664", 0.5, float("inf"), 1e200, 1 << 700, "9" * 300, [40_000]],
)
def test_other_charges(micros: object) -> None:
    """Anything else is not a whole number."""
    assert [*reconcile([], [charge("a", micros)]).sums] == ["unreadable"]


class Receipt:
    """Has what `reconcile` needs of a receipt."""

    job_id = "a"
    quoted = quote(request(sound=True), catalog=LOOP)


STORED = Receipt.quoted.to_dict()


@pytest.mark.parametrize(
    "ours",
    [
        {"job_id": "a", "quote": STORED},
        {"job_id": "a", "quote": Receipt.quoted},
        {"job_id": "a", "quote": json.dumps(STORED)},
        {"job_id": "a", "quote": StoredQuote(quote=Quote.from_dict(STORED), asked_at=None).to_dict()},
        {"receipt": Receipt()},
        {"receipt": {"job_id": "a", "quoted": STORED}},
        {"job_id": "a", "receipt": json.dumps({"quoted": STORED}), "quote": "", "request": None},
        {"job_id": "a", "request": request(sound=True)},
    ],
)
def test_forms_of_ours(ours: dict[str, Any]) -> None:
    """Quotes, receipts and requests, as objects and as text in a cell."""
    result = reconcile([ours], [charge("a", 60_000)], catalog=LOOP)
    assert outcomes(result) == [("a", "matched", 60_000, 60_000)]


def test_tampered_quotes() -> None:
    """A stored quote that was changed is unreadable, also after the original was read."""
    tampered = {**STORED, "usd_micros": 50_000, "usd": "0.05"}
    ours = [{"job_id": name, "quote": each} for name, each in (("a", STORED), ("b", tampered), ("c", STORED))]
    assert outcomes(reconcile(ours, [], catalog=LOOP)) == [
        ("a", "ours_only", 60_000, None),
        ("b", "unreadable", None, None),
        ("c", "ours_only", 60_000, None),
    ]


def test_a_model_that_the_catalogue_does_not_have() -> None:
    """Its charges are explained by the stored quote alone."""
    (row,) = reconcile([{"job_id": "a", "quote": STORED}], [charge("a", 6_000_000)]).rows
    assert row.says == "the quote times 100"


def test_time_of_requests() -> None:
    """A request costs what it cost at its time."""
    catalog = Catalog((load_model(invented.dated_text(y2030="20_000")),))
    ours = [{**job("a"), "time": "2029-12-31T23:59:59Z"}, {**job("b"), "time": "2030-01-01T00:00:00Z"}]
    ours += [{**job("c"), "time": "2029-01-01"}, {**job("d"), "time": "soon"}]
    bill = [charge("a", 40_000), charge("b", 80_000), charge("c", 80_000), charge("d", 80_000)]
    assert reconcile(ours, bill, catalog=catalog, at=datetime(2031, 1, 1, tzinfo=UTC))


HOSTILE = st.one_of(
    st.none(), st.text(max_size=3), st.integers(), st.floats(), st.lists(st.integers(), max_size=2), st.just("a")
)
OURS = st.one_of(
    HOSTILE,
    st.fixed_dictionaries(
        {},
        optional={"job_id": st.sampled_from("abcd") | HOSTILE, "request": HOSTILE, "quote": HOSTILE, "time": HOSTILE},
    ),
    st.builds(job, st.sampled_from("abcde"), sound=st.booleans(), duration=st.sampled_from(["4", "8", "9"])),
)
THEIRS = st.one_of(
    HOSTILE,
    st.builds(
        charge,
        st.sampled_from("abcdef") | HOSTILE,
        st.sampled_from([40_000, 60_000, 80_000]) | st.integers(-(10**9), 10**9) | HOSTILE,
        status=st.sampled_from(["completed", "failed", "pending"]) | HOSTILE,
        time=HOSTILE,
    ),
)


@given(st.lists(OURS, max_size=12), st.lists(THEIRS, max_size=12), st.integers(0, 50_000))
def test_sums_balance(ours: list[Any], bill: list[Any], tolerance: int) -> None:
    """Whatever the rows are, the sums by outcome add up to what can be read of both sides."""
    result = reconcile(ours, bill, tolerance_micros=tolerance, catalog=LOOP)
    amounts = [row["charged_micros"] for row in bill if isinstance(row, dict)]
    whole = [amount for amount in amounts if type(amount) is int]
    whole += [int(amount) for amount in amounts if type(amount) is float and re.fullmatch(r"-?[0-9]+\.0", repr(amount))]
    texts = [amount for amount in amounts if type(amount) is str and re.fullmatch(r"-?[0-9]+(\.0+)?", amount)]
    whole += [int(text.partition(".")[0]) for text in texts]
    assert result.billed_micros == sum(whole)
    prices = {"4": 40_000, "8": 80_000}
    asked = [row["request"]["input"] for row in ours if isinstance(row, dict) and isinstance(row.get("request"), dict)]
    readable = [given for given in asked if given["duration"] in prices]
    assert result.quoted_micros == sum(
        prices[given["duration"]] * (3 if given["sound"] else 2) // 2 for given in readable
    )
    assert sum(part.difference_micros for part in result.sums.values()) == result.billed_micros - result.quoted_micros
    assert sum(part.rows for part in result.sums.values()) == len(result.rows)
    assert len(result.rows) <= len(ours) + len(bill)
    assert all(row.explanation is not None for row in result.of("amount_differs"))
    json.dumps([result.to_dict(), *(row.to_dict() for row in result.rows)])


# causes


def test_the_common_cause() -> None:
    """One option explains most rows, and each of these rows has that explanation."""
    ours = [job(f"j{n}", duration="8" if n % 2 else "4") for n in range(33)]
    bill = [charge(f"j{n}", 120_000 if n % 2 else 60_000) for n in range(31)] + [charge("j31", 13), charge("j32", 17)]
    result = reconcile(ours, bill, catalog=LOOP)
    assert [str(cause) for cause in result.causes] == ["31 of 33: sound counted as true where left out"]
    assert result.causes[0].difference_micros == 16 * 20_000 + 15 * 40_000
    kinds = [row.explanation.kind for row in result.of("amount_differs") if row.explanation]
    assert kinds == ["default"] * 31 + ["impossible"] * 2
    assert str(result).split("\n") == [
        "33 rows, difference $0.80003",
        "  amount_differs  33  $1.96  $2.76003  $0.80003",
        "  total           33  $1.96  $2.76003  $0.80003",
        "31 of 33: sound counted as true where left out",
    ]
    assert repr(result).startswith("Reconciliation(sums={'amount_differs': Sum(rows=33, ")


def test_a_shared_factor() -> None:
    """A factor that different prices share is found exactly, though charges are rounded."""
    prices: dict[str, tuple[dict[str, Any], int]] = {
        "a": ({}, 40_000),
        "b": ({"sound": True}, 60_000),
        "c": ({"duration": "8"}, 80_000),
    }
    ours = [job(name, **given) for name, (given, _) in prices.items()]
    ratio = Fraction(9237, 10000)
    bill = [charge(name, int(micros * ratio)) for name, (_, micros) in prices.items()]
    (cause,) = reconcile(ours, bill, catalog=LOOP).causes
    assert (cause.explanation.ratio, cause.rows) == (ratio, 3)
    odd = invented.catalog(invented.PRICE.replace("10_000", "10_003"))  # 40,012 and 80,024, times 1.1 rounded down
    (rounded,) = reconcile(
        [job("a"), job("b", duration="8")], [charge("a", 44_013), charge("b", 88_026)], catalog=odd
    ).causes
    assert (rounded.explanation.says, rounded.explanation.ratio) == ("the quote times 1.1", Fraction(11, 10))
    alone = reconcile([job(n) for n in "abc"], [charge("a", 44_001), charge("b", 44_001), charge("c", 0)], catalog=LOOP)
    assert alone.causes == ()
    many = [(f"j{n}", 10**6 + 97 * n * n) for n in range(300)]  # of 302 rows, two may share a factor by chance
    chance = reconcile(
        [*ours[:2], *(job(name) for name, _ in many)],
        [charge("a", 44_000), charge("b", 66_000), *(charge(name, micros) for name, micros in many)],
        catalog=LOOP,
    )
    assert "the quote times 1.1" not in [cause.explanation.says for cause in chance.causes]


@given(st.fractions(0, 50, max_denominator=999), st.fractions(Fraction(1, 10**6), 5, max_denominator=10**6))
def test_simplest(low: Fraction, width: Fraction) -> None:
    """It is between both, and no fraction between both has a smaller divisor."""
    found = simplest(low, low + width)
    assert low < found < low + width
    for divisor in range(1, min(found.denominator, 60)):
        assert (low * divisor) // 1 + 1 >= (low + width) * divisor


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([({}, 60_000), ({"duration": "8"}, 120_000)], "sound counted as true where left out"),
        ([({"sound": True}, 40_000), ({"sound": True, "duration": "8"}, 80_000)], "sound counted as false, not true"),
        ([({"duration": "4"}, 80_000), ({"duration": "4", "sound": True}, 120_000)], "duration counted as 8, not 4"),
        ([({}, 400_000), ({"sound": True}, 600_000)], "the quote times 10"),
        ([({}, 44_000), ({"sound": True}, 66_000)], "the quote times 1.1"),
    ],
)
def test_overlay(rows: list[tuple[dict[str, Any], int]], says: str, tmp_path: Path) -> None:
    """The tables of a cause pass the check, and with them everything matches."""
    ours = [job(f"j{n}", **given) for n, (given, _) in enumerate(rows)]
    bill = [charge(f"j{n}", micros) for n, (_, micros) in enumerate(rows)]
    cause = reconcile(ours, bill, catalog=LOOP).causes[0]
    assert cause.explanation.says == says
    (text,) = overlay_tables(cause, LOOP).values()
    (tmp_path / "loop.toml").write_text(text)
    assert check_tables([tmp_path]).ok
    assert reconcile(ours, bill, catalog=LOOP | Catalog.load(tmp_path))


def test_overlay_of_two_models(tmp_path: Path) -> None:
    """A cause may concern models that write the same option in different types."""
    text = invented.INPUT.replace('type = "boolean"\nallowed = [false, true]\ndefault = false', TEXT_SOUND)
    other = load_model(invented.table_text(fields=text, slug="acme/loop-2/text-to-video"))
    catalog = LOOP | Catalog((other,))
    ours = [job("a"), {"job_id": "b", "request": {**request(), "model": other.slug}}]
    bill = [charge("a", 60_000), charge("b", 60_000)]
    cause = reconcile(ours, bill, catalog=catalog).causes[0]
    assert (cause.rows, cause.models) == (2, (SLUG, other.slug))
    for number, table in enumerate(overlay_tables(cause, catalog).values()):
        (tmp_path / f"{number}.toml").write_text(table)
    assert reconcile(ours, bill, catalog=catalog | Catalog.load(tmp_path))


TEXT_SOUND = 'type = "string"\nallowed = ["false", "true"]\ndefault = "false"'


def test_overlay_of_a_revision(tmp_path: Path) -> None:
    """If an old price is still charged, the newest revision gets it, and the old ones stay."""
    catalog = Catalog((load_model(invented.dated_text(y2030="20_000")),))
    at = datetime(2031, 1, 1, tzinfo=UTC)
    ours, bill = [job("a"), job("b", sound=True)], [charge("a", 40_000), charge("b", 60_000)]
    cause = reconcile(ours, bill, catalog=catalog, at=at).causes[0]
    (tmp_path / "loop.toml").write_text(overlay_tables(cause, catalog.at(at))[SLUG])
    replaced = catalog | Catalog.load(tmp_path)
    assert reconcile(ours, bill, catalog=replaced, at=at)
    assert replaced.history(SLUG).revisions[0] == catalog.history(SLUG).revisions[0]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([({"images": ["a"] * 11}, 440_000)] * 2, "the quote charged for each item of images"),
        ([({}, 41_000)] * 2, "the quote rounded"),
        ([({}, 44_541), ({"duration": "8"}, 89_082)], "the quote times 1.1"),
        ([({}, 4)] * 2, "the quote divided by 10,000"),
    ],
)
def test_causes_that_tables_cannot_express(rows: list[tuple[dict[str, Any], int]], reason: str) -> None:
    """They are refused with the reason."""
    odd = invented.catalog(invented.PRICE.replace("10_000", "10_123"), invented.INPUT + IMAGES)
    tenth = invented.catalog(invented.PRICE.replace("1.5", "1.1"))  # 4 micros times 1.1 is not whole
    catalog = LOOP if "images" in reason else tenth if "divided" in reason else odd
    ours = [job(f"j{n}", **given) for n, (given, _) in enumerate(rows)]
    bill = [charge(f"j{n}", micros) for n, (_, micros) in enumerate(rows)]
    cause = reconcile(ours, bill, catalog=catalog).causes[0]
    with pytest.raises(ValueError, match="tables cannot express this cause"):
        overlay_tables(cause, catalog)
    with pytest.raises(ValueError, match="does not have the models"):
        overlay_tables(cause, Catalog())


# the command line


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Return a folder with tables, our records and a bill of the API's own form."""
    (tmp_path / "loop.toml").write_text(invented.table_text(fields=invented.INPUT + IMAGES))
    ours = [job(f"j{n}", duration="8" if n else "4") for n in range(3)] + [job("late")]
    (tmp_path / "ours.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in ours))
    bill = [("j0", 60_000), ("j1", 120_000), ("j2", 80_000.0), ("x", 5)]
    rows = [
        {"jobId": name, "costMicroCents": micros, "status": "completed", "createdAt": "2026-11-20T00:00:00Z"}
        for name, micros in bill
    ]
    (tmp_path / "bill.jsonl").write_text("".join(f"{json.dumps(row)}\n\n" for row in rows))
    (tmp_path / "bill.json").write_text(json.dumps({"jobs": rows}))
    return tmp_path


def reconciled(folder: Path, bill: str, *options: str) -> Any:
    """Run the command on the files of a folder."""
    tables = ("--tables", str(folder / "loop.toml"))
    return run("reconcile", str(folder / "ours.jsonl"), "--bill", str(folder / bill), *tables, *options)


def test_reconcile_command(files: Path) -> None:
    """Sums, causes and the rows that need attention."""
    answer = reconciled(files, "bill.jsonl")
    assert (answer.exit_code, answer.stderr) == (1, "")
    assert answer.stdout.split("\n") == [
        "outcome\tcount\tquoted\tbilled\tdifference",
        "matched\t1\t$0.08\t$0.08\t$0.00",
        "amount_differs\t2\t$0.12\t$0.18\t$0.06",
        "billed_only\t1\t$0.00\t$0.000005\t$0.000005",
        "ours_only\t1\t$0.04\t$0.00\t-$0.04",
        "total\t5\t$0.24\t$0.260005\t$0.020005",
        "cause  2 of 2: sound counted as true where left out",
        "",
        "job\toutcome\tmodel\tquoted\tbilled\tdifference\tbecause",
        f"j0\tamount_differs\t{SLUG}\t$0.04\t$0.06\t$0.02\tsound counted as true where left out",
        f"j1\tamount_differs\t{SLUG}\t$0.08\t$0.12\t$0.04\tsound counted as true where left out",
        "x\tbilled_only\t\t-\t$0.000005\t$0.000005\t",
        f"late\tours_only\t{SLUG}\t$0.04\t-\t-$0.04\t",
        "",
    ]
    nearly = json.dumps({"jobId": "j0", "costMicroCents": 0}).replace("0}", "39999.99999999999999999999}")
    (files / "nearly.jsonl").write_text(nearly)  # a float would be 40000.0
    assert "not a whole number" in reconciled(files, "nearly.jsonl").stdout
    document = data(reconciled(files, "bill.json", "--json", "--all"))
    assert (document["ok"], document["billed_usd"], len(document["results"])) == (False, "0.260005", 5)
    assert document["causes"][0]["says"] == "sound counted as true where left out"
    csv = reconciled(files, "bill.jsonl", "--format", "csv").stdout.split("\n")
    assert (csv[0], csv[3]) == (
        "job,outcome,model,quoted,billed,difference,because",
        "x,billed_only,,,0.000005,0.000005,",
    )
    markdown = reconciled(files, "bill.jsonl", "--format", "markdown").stdout
    assert "| amount_differs | 2 | \\$0.12 | \\$0.18 | \\$0.06 |\n" in markdown
    assert "- 2 of 2: sound counted as true where left out\n" in markdown
    assert f"| j0 | amount_differs | {SLUG} |" in markdown


def test_reconcile_csv(files: Path) -> None:
    """Columns have any name, and a cell may hold a request as JSON."""
    (files / "bill.csv").write_text("id,cost,when\nj0,40000,2026-11-20T00:00:00Z\nj1,80000.0,x\nj2,80000\n,,\n")
    columns = ("--column", "job_id=id", "--column", "charged_micros=cost", "--column", "time=when", "--delay", "24h")
    answer = reconciled(files, "bill.csv", *columns, "--all", "--format", "csv")
    assert answer.exit_code == 1
    assert [line.split(",")[1] for line in answer.stdout.split("\n")[1:-1]] == [
        *("matched", "matched", "unreadable", "unreadable", "ours_only", "ours_only")
    ]
    assert f"expected 3 cells (at {files / 'bill.csv'}:4)" in answer.stdout
    asked = json.dumps(request(duration="8")).replace('"', '""')
    (files / "ours.csv").write_text(f'jobId,asked\nj0,"{asked}"\n')
    (files / "bill.csv").write_text("jobId,costMicroCents\nj0,80000\n")
    tables = ("--tables", str(files / "loop.toml"))
    ours = (str(files / "ours.csv"), "--ours-column", "request=asked")
    assert run("reconcile", *ours, "--bill", str(files / "bill.csv"), *tables).exit_code == 0


def test_reconcile_parquet(files: Path) -> None:
    """Parquet is read in batches."""
    pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    columns = {"jobId": ["j0", "j1", "j2", "late"], "costMicroCents": [40_000, 80_000, 80_000, 40_000]}
    parquet.write_table(pa.table(columns), files / "bill.parquet")
    assert reconciled(files, "bill.parquet").exit_code == 0
    (files / "bad.parquet").write_bytes(b"PAR1")
    assert reconciled(files, "bad.parquet").exit_code == 2
    assert reconciled(files, "none.parquet").exit_code == 2


def test_parquet_without_pyarrow(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without pyarrow, the message names the extra."""
    monkeypatch.setitem(__import__("sys").modules, "ratecard._bulk.parquet_rows", None)
    monkeypatch.setitem(__import__("sys").modules, "pyarrow.parquet", None)
    monkeypatch.delitem(__import__("sys").modules, "ratecard._bulk.parquet_rows")
    answer = reconciled(files, "bill.parquet")
    assert (answer.exit_code, answer.stderr) == (1, 'Parquet needs pyarrow: pip install "ratecard[bulk]"\n')


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("bad.jsonl", b'{"jobId": "j0" 1}\n', "Expecting ',' delimiter"),
        ("bad.json", b"[1", "Expecting ',' delimiter"),
        ("bad.csv", b'jobId\n"a\n', "unexpected end of data"),
        ("bad.csv", b"jobId\n\xff\n", "invalid start byte"),
    ],
)
def test_rows_in_files_that_cannot_be_read(files: Path, name: str, content: bytes, what: str) -> None:
    """A row that cannot be read says where and why, and the others count."""
    (files / name).write_bytes(content)
    answer = reconciled(files, name)
    assert answer.exit_code == 1
    assert what in answer.stdout
    (files / "ours.jsonl").write_text("")
    assert reconciled(files, name).exit_code == 3


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("bad.jsonl", b"\xff\xfe{\n", "the text is UTF-16; save it as UTF-8"),
        ("bad.json", b"\xff\xfe[", "the text is UTF-16; save it as UTF-8"),
        ("bad.csv", b"\xff\xfej", "the text is UTF-16; save it as UTF-8"),
        ("bad.csv", b"\xff\n1\n", "invalid start byte"),
        ("long.jsonl", b'{"jobId": "j0"}\n' + b"x" * 10_001, "line 2 of"),
    ],
)
def test_files_that_cannot_be_read(
    files: Path, name: str, content: bytes, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that cannot be read to its end ends the command: sums without the rest would be wrong."""
    monkeypatch.setattr(_input, "MAX_BYTES", 10_000)
    (files / name).write_bytes(content)
    answer = reconciled(files, name)
    assert (answer.exit_code, answer.stdout) == (2, "")
    assert what in answer.stderr


def test_rows_after_a_malformed_one(tmp_path: Path) -> None:
    """The rows of CSV after one that cannot be read are read."""
    (tmp_path / "bill.csv").write_bytes(b"jobId\n\xff\nj1\n")
    rows = [*_rows.read_rows(str(tmp_path / "bill.csv"), {})]
    assert [type(row) for row in rows] == [BadRow, dict]


def test_wrong_usage_of_reconcile(files: Path) -> None:
    """What is wrong, and what is allowed."""
    assert reconciled(files, "none.jsonl").stderr == f"cannot read {files / 'none.jsonl'}: No such file or directory\n"
    assert "expected a number and d, h, m or s" in reconciled(files, "bill.jsonl", "--delay", "1 day").stderr
    assert "exists already" in reconciled(files, "bill.jsonl", "--overlay", str(files)).stderr
    assert "cannot both be standard input" in run("reconcile", "-", "--bill", "-").stderr
    assert run("reconcile", str(files), "--bill", str(files)).stderr == f"cannot read {files}: Is a directory\n"


def test_overlay_command(files: Path) -> None:
    """The tables are in a new folder, pass the check, and settle what they explain."""
    folder = files / "new" / "review"
    answer = reconciled(files, "bill.jsonl", "--overlay", str(folder))
    assert answer.stderr == f"overlay  {folder}: review these tables, then `ratecard check {folder}`\n"
    assert run("check", str(folder)).exit_code == 0
    (table,) = folder.iterdir()
    assert table.name == f"{SLUG.replace('/', '.')}.toml"
    assert (
        "no cause explains two rows"
        in reconciled(files, "bill.jsonl", "--overlay", str(files / "none"), "--tolerance-micros", "90000").stderr
    )
    table = files / "loop.toml"
    table.write_text(table.read_text().replace("1.5", "1.1"))
    (files / "odd.json").write_text(json.dumps([{"jobId": name, "costMicroCents": 8} for name in ("j1", "j2")]))
    slip = reconciled(files, "odd.json", "--overlay", str(files / "odd"))
    assert slip.stderr.startswith("overlay  tables cannot express this cause: ")
    assert not (files / "odd").exists()
    (files / "file").write_text("")
    assert "cannot write" in reconciled(files, "bill.jsonl", "--overlay", str(files / "file" / "x")).stderr
