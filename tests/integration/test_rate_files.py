"""`ratecard rate` on Parquet, on many rows, killed, and on a full disk."""

from __future__ import annotations

import io
import json
import resource
import signal
import subprocess
import sys
import time
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest

from cli_runner import ENVIRONMENT, run
from frame_rows import BUNDLED, EDGES, FIELDS, answer, million, outcome, some_rows, three_revisions
from invented import catalog
from ratecard import Multiply, Summary, example_request, rate_file, try_quote

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

pa = pytest.importorskip("pyarrow", reason="needs the dependency group integration")
parquet = pytest.importorskip("pyarrow.parquet", reason="needs the dependency group integration")

from ratecard._bulk import arrow  # noqa: E402  needs pyarrow
from ratecard._bulk import parquet as bulk_parquet  # noqa: E402

SLUG = "acme/loop-1/text-to-video"
KLING = "kling-plus/kling-o1-standard/text-to-video"


def rate(folder: Path, table: Any, **options: Any) -> tuple[Any, Summary]:
    """Price the rows of a table as a Parquet file; return the priced table and the totals."""
    source, target = folder / "in.parquet", folder / "out.parquet"
    parquet.write_table(table, source)
    totals = rate_file(source, target, **options)
    assert not [path.name for path in folder.iterdir() if path.name.startswith("out.parquet.")]
    return parquet.read_table(target), totals


def outcomes(table: Any) -> list[tuple[int | None, str | None]]:
    """Return the columns that were added."""
    return [*zip(table["usd_micros"].to_pylist(), table["declined"].to_pylist(), strict=True)]


@pytest.fixture(scope="module")
def rows() -> Any:
    """Return a million rows with their answers."""
    return million()


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_a_million_rows(tmp_path: Path, rows: Any, suffix: str) -> None:
    """No row differs from `try_quote`, the order is kept, and the totals are exact."""
    table, distinct, answers, picks = rows
    source, target, rejects = tmp_path / f"in{suffix}", tmp_path / f"out{suffix}", tmp_path / "rejects.jsonl"
    if suffix == ".csv":
        from pyarrow import csv

        count = 30_000
        table, picks = table.slice(0, count), picks[:count]
        csv.write_csv(table, source)
        answers = [
            outcome(answer(row["model"] or None, {name: row[name] or None for name in FIELDS})) for row in distinct
        ]
    else:
        parquet.write_table(table, source, row_group_size=300_000)
    totals = rate_file(source, target, by="model", rejects=rejects if suffix == ".csv" else None)
    if suffix == ".csv":
        types = {"usd_micros": pa.int64(), "declined": pa.string(), "row": pa.int64()}
        options = csv.ConvertOptions(column_types=types, strings_can_be_null=True)
        priced = csv.read_csv(target, convert_options=options)
    else:
        priced = parquet.read_table(target)
        assert priced.drop_columns(["usd_micros", "declined"]).equals(table)
    assert priced["row"].to_pylist() == [*range(len(picks))]
    found = outcomes(priced)
    assert found == [answers[pick] for pick in picks]
    assert totals.cost_micros == sum(price or 0 for price, _ in found)
    assert (
        sum(group.declined for _, group in totals.groups)
        == totals.declined
        == sum(code is not None for _, code in found)
    )
    if suffix == ".csv":
        rejected = {json.loads(line)["row"] for line in rejects.read_text(encoding="utf-8").splitlines()}
        assert rejected == {row for row, (_, code) in enumerate(found, start=1) if code is not None}


class TestParquet:
    """Columns of Parquet files."""

    def test_types_are_kept(self, tmp_path: Path) -> None:
        """The columns of the output have the types and the metadata of the input, whatever they are read as."""
        table = pa.table(
            {
                "model": pa.array([SLUG, SLUG, None]),
                "duration": pa.array(["8", None, "4"], pa.large_string()),
                "sound": pa.array([True, None, False]),
                "seed": pa.array([Decimal("1.50"), None, None]),
                "at": pa.array([EDGES[0], None, None], pa.timestamp("us", "Asia/Kolkata")),
                "kind": pa.array(["a", "b", "a"]).dictionary_encode(),
                "urls": pa.array([["x"], [], None]),
            },
        ).replace_schema_metadata({"made by": "hand"})
        priced, _ = rate(tmp_path, table, catalog=catalog())
        assert priced.drop_columns(["usd_micros", "declined"]).equals(table)
        assert priced.schema.metadata[b"made by"] == b"hand"
        assert priced.schema.metadata[b"ratecard.catalog_digest"].decode() == catalog().digest
        assert outcomes(priced) == [(120_000, None), (40_000, None), (None, "invalid_request")]
        assert str(priced.schema.field("usd_micros").type) == "int64"

    @pytest.mark.parametrize(
        ("values", "kind", "groups"),
        [
            (["b", "a", None], pa.string(), [None, "a", "b"]),
            ([10, 9, None], pa.int32(), [None, "10", "9"]),
            ([date(2026, 12, 1), date(2026, 11, 30), None], pa.date32(), [None, "2026-11-30", "2026-12-01"]),
        ],
    )
    def test_groups(self, tmp_path: Path, values: Sequence[object], kind: Any, groups: list[str | None]) -> None:
        """Totals are grouped by the text of a column, whether the rows have options or whole requests."""
        body = json.dumps({"model": SLUG, "input": {"prompt": "a cat"}})
        table = pa.table({"model": [SLUG] * 3, "body": [body] * 3, "group": pa.array(values, kind)})
        for requests in (None, "body"):
            _, totals = rate(tmp_path, table, by="group", requests=requests, catalog=catalog())
            assert [key for key, _ in totals.groups] == groups
            assert [group.cost_micros for _, group in totals.groups] == [40_000] * 3

    def test_many_groups(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """There may be many groups."""
        monkeypatch.setattr(bulk_parquet, "ROWS", 10)
        table = pa.table({"model": [SLUG] * 100, "user": [str(at % 50) for at in range(100)]})
        _, totals = rate(tmp_path, table, by="user", catalog=catalog())
        assert [group.cost_micros for _, group in totals.groups] == [80_000] * 50

    def test_requests(self, tmp_path: Path) -> None:
        """A column may have whole requests, as JSON or as structs, with an instant for each."""
        bodies = [example_request(model.slug) for model in BUNDLED]
        texts = [*map(json.dumps, bodies), "{", None]
        expected = [outcome(try_quote(body)) for body in bodies] + [(None, "invalid_request")] * 2
        for kind in (pa.string(), pa.large_string(), pa.binary()):
            priced, totals = rate(tmp_path, pa.table({"body": pa.array(texts, kind)}), requests="body")
            assert outcomes(priced) == expected
        assert totals.declined == sum(code is not None for _, code in expected)
        structs = [
            {"model": SLUG, "input": {"prompt": "a", "duration": duration}} for duration in ("8", None, "9", "4")
        ]
        table = pa.table({"body": structs, "at": pa.array([*EDGES[:1] * 3, None], pa.timestamp("us", "UTC"))})
        steps = [Multiply(name="twice", by=Fraction(2))]
        priced, totals = rate(tmp_path, table, requests="body", at="at", catalog=three_revisions(), adjustments=steps)
        assert outcomes(priced) == [(160_000, None), (80_000, None), (None, "invalid_request"), (None, "no_instant")]
        assert priced["sale_usd_micros"].to_pylist() == [320_000, 160_000, None, None]
        assert totals.sale_micros == 480_000

    def test_an_instant_for_each_row(self, tmp_path: Path) -> None:
        """Each row has the price at its instant, at both sides of every change."""
        tables = three_revisions()
        instants = [edge + timedelta(microseconds=step) for edge in EDGES for step in (-1, 0, 1)]
        asked = [(model.slug, sound, at) for model in tables for sound in ("true", None, "no") for at in instants]
        columns = [*zip(*asked, strict=True)]
        table = pa.table(
            {"model": columns[0], "sound": columns[1], "when": pa.array(columns[2], pa.timestamp("us", "UTC"))}
        )
        priced, _ = rate(tmp_path, table, at="when", catalog=tables)
        assert outcomes(priced) == [outcome(answer(slug, {"sound": sound}, at, tables)) for slug, sound, at in asked]

    def test_no_rows(self, tmp_path: Path) -> None:
        """An empty file becomes an empty file with the new columns."""
        table = pa.table({"model": pa.array([], pa.string()), "duration": pa.array([], pa.string())})
        priced, totals = rate(tmp_path, table)
        assert priced.column_names == ["model", "duration", "usd_micros", "declined"]
        assert (len(priced), totals) == (0, Summary())

    @pytest.mark.parametrize(
        ("columns", "options", "code", "message"),
        [
            ({"slug": ["a"]}, [], 2, "in.parquet has no column 'model'; it has 'slug'"),
            ({"model": ["a"]}, ["--by", "user"], 2, "no column 'user'"),
            ({"model": ["a"], "duration": [["5"]]}, [], 3, "column 'duration' of type list<"),
            (
                {"model": ["a"], "when": ["2026-12-01"]},
                ["--at-column", "when"],
                3,
                "column 'when' of type string cannot hold",
            ),
            ({"body": [1]}, ["--requests", "body"], 3, "column 'body' of type int64 cannot hold requests"),
            ({"model": ["a"], "user": [["5"]]}, ["--by", "user"], 3, "column 'user' of type list<"),
        ],
    )
    def test_unfit_columns(
        self, tmp_path: Path, columns: Mapping[str, Any], options: list[str], code: int, message: str
    ) -> None:
        """The message names the column, and nothing is written."""
        source = tmp_path / "in.parquet"
        parquet.write_table(pa.table(columns), source)
        found = run("rate", str(source), "-o", str(tmp_path / "out.parquet"), "--resume", *options)
        assert (found.exit_code, message in found.stderr) == (code, True), found.stderr
        assert [*tmp_path.iterdir()] == [source]

    def test_damaged_files(self, tmp_path: Path) -> None:
        """Damage is told, and nothing is written, wherever it is."""
        source, target = tmp_path / "in.parquet", tmp_path / "out.parquet"
        parquet.write_table(pa.table({"model": [SLUG] * 50_000, "prompt": [str(at) for at in range(50_000)]}), source)
        whole = source.read_bytes()
        in_pages = whole[:2_000] + b"x" * 50_000 + whole[52_000:]
        for content in (b"", b"text", whole[:-10], whole[:1_000], in_pages):
            source.write_bytes(content)
            found = run("rate", str(source), "-o", str(target))
            assert found.exit_code == 3
            assert "in.parquet cannot be read as Parquet, or is damaged: " in found.stderr
            assert [*tmp_path.iterdir()] == [source]

    def test_rejects(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The rows of all batches without a price are listed, with every problem."""
        monkeypatch.setattr(bulk_parquet, "ROWS", 2)
        rejects = tmp_path / "rejects.jsonl"
        table = pa.table({"model": [SLUG, "x", SLUG, None], "duration": ["5", None, "8", None], "sound": ["no"] * 4})
        rate(tmp_path, table, rejects=rejects, catalog=catalog())
        lines = map(json.loads, rejects.read_text(encoding="utf-8").splitlines())
        assert [(line["row"], line["code"], line["pointer"]) for line in lines] == [
            (1, "not_allowed", "/input/duration"),
            (1, "wrong_type", "/input/sound"),
            (2, "unknown_model", "/model"),
            (3, "wrong_type", "/input/sound"),
            (4, "missing_field", "/model"),
        ]

    @pytest.mark.parametrize("largest", [1, 1 << 25])
    def test_many_values(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, largest: int) -> None:
        """Columns with more and more values, or too many for a table of places, are priced all the same."""
        monkeypatch.setattr(arrow, "_LARGEST", largest)
        monkeypatch.setattr(arrow, "_MOST", 300)
        monkeypatch.setattr(bulk_parquet, "ROWS", 100)
        asked = [*some_rows(1_000, seed=9)]
        table = pa.Table.from_pylist(asked, pa.schema([(name, pa.string()) for name in ("model", *FIELDS)]))
        priced, _ = rate(tmp_path, table)
        expected = [outcome(answer(row["model"], {name: row[name] for name in FIELDS})) for row in asked]
        assert outcomes(priced) == expected


def test_zst(tmp_path: Path) -> None:
    """Zst is read and written, in several frames, and damage is told."""
    body = json.dumps({"model": KLING, "input": {"prompt": "a cat"}}).encode()
    codec = pa.Codec("zstd")
    content = b"".join(codec.compress((body + b"\n") * 3, asbytes=True) for _ in range(2))
    source, target = tmp_path / "in.jsonl.zst", tmp_path / "out.jsonl.zst"
    source.write_bytes(content)
    assert rate_file(source, target).quoted == 6
    with target.open("rb") as raw, io.BufferedReader(pa.CompressedInputStream(raw, "zstd")) as stream:
        assert [json.loads(line)["usd_micros"] for line in stream] == [250_000] * 6
    source.write_bytes(content[:-5])
    with pytest.raises(ValueError, match=r"in\.jsonl\.zst cannot be read, or is damaged: "):
        rate_file(source, target)


# interruptions


def test_resume(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answers of finished batches of Parquet are kept and not asked for again; the bytes are the same."""
    monkeypatch.setattr(bulk_parquet, "ROWS", 2)
    source = tmp_path / "in.parquet"
    parquet.write_table(pa.table({"model": [SLUG] * 5, "duration": ["8", None, "9", "4", "8"]}), source)
    whole = rate_file(source, tmp_path / "whole.parquet", catalog=catalog(), by="duration")
    target = tmp_path / "out.parquet"

    def interrupt(rows: int, _: float) -> None:
        if rows == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rate_file(source, target, catalog=catalog(), by="duration", resume=True, progress=interrupt)
    assert sorted(path.name for path in tmp_path.glob("out*")) == ["out.parquet.answers", "out.parquet.resume"]
    seen: list[int] = []
    again = rate_file(
        source, target, catalog=catalog(), by="duration", resume=True, progress=lambda rows, _: seen.append(rows)
    )
    assert (again, seen) == (whole, [5])
    assert target.read_bytes() == (tmp_path / "whole.parquet").read_bytes()


def test_a_full_disk_without_resume(tmp_path: Path) -> None:
    """The error names the output, and nothing is left."""
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text(f"model\n{SLUG}\n" * 1_000)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, hard))
    try:
        with pytest.raises(OSError, match="File too large") as caught:
            rate_file(source, target)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert caught.value.filename == str(target)
    assert [*tmp_path.iterdir()] == [source]


BATCHES = """
import sys
from ratecard._bulk import lines
lines.ROWS = 1_000
try:
    from ratecard._bulk import parquet
    parquet.ROWS = parquet.REQUESTS = 1_000
except ImportError:
    pass
from ratecard._cli import main
sys.argv[0] = "ratecard"
main()
"""
"""The command with small batches, so that there are many moments to interrupt it."""


UNMEASURED = {name: text for name, text in ENVIRONMENT.items() if not name.startswith("COVERAGE")}
"""Without coverage, whose data would be damaged when a process is killed."""


def command(source: Path, target: Path) -> list[str]:
    """Return the command that prices a file, with everything that it can write."""
    options = ["--requests", "body"] if target.suffix == ".parquet" else []
    options += ["--resume", "--rejects", str(target.with_name("rejects.jsonl"))]
    return [sys.executable, "-c", BATCHES, "rate", str(source), "-o", str(target), *options]


@pytest.fixture(scope="module", params=[".parquet", ".jsonl.gz"])
def priced(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, bytes]]:
    """Return a file of requests, and what an uninterrupted run makes of it."""
    import gzip

    folder = tmp_path_factory.mktemp("requests")
    bodies = [json.dumps({**example_request(model.slug), "webhookUrl": f"https://example.com/{at}"}).encode()
              for at in range(300) for model in BUNDLED]  # fmt: skip
    bodies[::50] = [b"{"] * len(bodies[::50])
    source = folder / f"in{request.param}"
    if request.param == ".parquet":
        parquet.write_table(pa.table({"body": pa.array(bodies, pa.binary())}), source)
    else:
        source.write_bytes(gzip.compress(b"\n".join(bodies), 1))
    target = folder / f"out{request.param}"
    done = subprocess.run(command(source, target), env=UNMEASURED, check=False, capture_output=True)
    assert done.returncode == 3, done.stderr
    return source, {path.name: path.read_bytes() for path in (target, folder / "rejects.jsonl")}


def test_killed(tmp_path: Path, priced: tuple[Path, dict[str, bytes]]) -> None:
    """However a run is ended, nothing is half written, and the next one continues and writes the same bytes."""
    source, expected = priced
    target = tmp_path / source.name.replace("in", "out")
    state = tmp_path / f"{target.name}.resume"
    batches = []
    for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT):
        before = state.read_bytes() if state.exists() else b""
        with subprocess.Popen(command(source, target), env=UNMEASURED, stderr=subprocess.PIPE) as process:
            while process.poll() is None and (state.read_bytes() if state.exists() else b"") == before:
                time.sleep(0.001)
            process.send_signal(number)
            _, message = process.communicate()
        assert not target.exists()
        assert not (tmp_path / "rejects.jsonl").exists()
        batches.append(json.loads(state.read_text())["batches"])
        if number != signal.SIGKILL:
            assert process.returncode == 130
            assert message.decode() == "interrupted; run the same command again to continue after what is finished\n"
    assert 0 < batches[0] < batches[1] < batches[2]
    subprocess.run(command(source, target), env=UNMEASURED, check=False, capture_output=True)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == expected


def test_a_full_disk(tmp_path: Path, priced: tuple[Path, dict[str, bytes]]) -> None:
    """A disk that is full in the middle leaves nothing half written, and what is finished can be continued."""
    source, expected = priced
    target = tmp_path / source.name.replace("in", "out")
    size = len(expected[target.name]) // 2

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    done = subprocess.run(command(source, target), env=UNMEASURED, check=False, capture_output=True, preexec_fn=limit)
    assert (done.returncode, b"cannot write " in done.stderr, b"File too large" in done.stderr) == (1, True, True)
    assert not target.exists()
    assert not (tmp_path / "rejects.jsonl").exists()
    subprocess.run(command(source, target), env=UNMEASURED, check=False, capture_output=True)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == expected
