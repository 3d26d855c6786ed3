"""Prices of the rows of CSV and JSON Lines: `rate_file` and `ratecard rate`."""

from __future__ import annotations

import csv
import gzip
import io
import json
import sys
from datetime import UTC, datetime
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest

import ratecard
from cli_runner import data, draw, run
from frame_rows import BUNDLED, EDGES, FIELDS, Outcome, answer, outcome, some_rows, three_revisions
from invented import catalog
from mutations import texts
from ratecard import Multiply, RoundUp, Summary, rate_file, try_quote_json
from ratecard._bulk import files, lines, streams

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

SLUG = "acme/loop-1/text-to-video"
GOOD = {"model": SLUG, "input": {"prompt": "a cat"}}
CSV = f"""\
id,model,duration,sound,user
1,{SLUG},8,true,"Lovelace, Ada"
2,{SLUG},,,
3,{SLUG},9,false,grace

4,,4,,grace
5,{SLUG},4,false,grace
"""
"""120,000 micros (10,000 x 8 x 1.5); 40,000; no such duration; no model; 40,000."""


def write(path: Path, text: str | bytes) -> Path:
    """Write a file, if it has not this content already."""
    content = text if isinstance(text, bytes) else text.encode()
    if not path.exists() or path.read_bytes() != content:
        path.write_bytes(content)
    return path


def json_lines(path: Path) -> list[Any]:
    """Return the values of JSON Lines."""
    return [*map(json.loads, path.read_text(encoding="utf-8").splitlines())]


def rate(folder: Path, text: str | bytes, suffix: str = ".csv", **options: Any) -> tuple[str, Summary]:
    """Price the rows of a text with an invented catalogue; return the output and the totals."""
    source, target = write(folder / f"in{suffix}", text), folder / f"out{suffix}"
    totals = rate_file(source, target, **{"catalog": catalog(), **options})
    return target.read_text(encoding="utf-8"), totals


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let batches have two rows."""
    monkeypatch.setattr(lines, "ROWS", 2)


class TestCsv:
    """Rows of options."""

    def test_rows_and_totals(self, tmp_path: Path) -> None:
        """Rows keep their order and their cells, and sums are exact, for all and for each group."""
        text, totals = rate(tmp_path, CSV, by="user", rejects=tmp_path / "rejects.jsonl")
        assert text.splitlines() == [
            "id,model,duration,sound,user,usd_micros,declined",
            f'1,{SLUG},8,true,"Lovelace, Ada",120000,',
            f"2,{SLUG},,,,40000,",
            f"3,{SLUG},9,false,grace,,invalid_request",
            "4,,4,,grace,,invalid_request",
            f"5,{SLUG},4,false,grace,40000,",
        ]
        assert (totals.quoted, totals.cost_micros, totals.codes) == (3, 200_000, (("invalid_request", 2),))
        assert {model: total.usd_micros for model, total in totals.cost.by_model.items()} == {SLUG: 200_000}
        groups = [(key, group.quoted, group.cost_micros, group.declined) for key, group in totals.groups]
        assert groups == [(None, 1, 40_000, 0), ("Lovelace, Ada", 1, 120_000, 0), ("grace", 1, 40_000, 2)]
        rejects = [
            (reject["row"], reject["code"], reject["pointer"]) for reject in json_lines(tmp_path / "rejects.jsonl")
        ]
        assert rejects == [(3, "not_allowed", "/input/duration"), (4, "missing_field", "/model")]
        assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", "out.csv", "rejects.jsonl"]

    def test_two_runs_at_once(self, tmp_path: Path) -> None:
        """A second run into the same file is refused, and the first one is not disturbed."""
        target, refused = tmp_path / "out.csv", []

        def again(*_: object) -> None:
            with pytest.raises(BlockingIOError, match="another run is writing it"):
                rate_file(tmp_path / "in.csv", target)
            refused.append(target)

        text, totals = rate(tmp_path, CSV, progress=again)
        assert refused
        assert (len(text.splitlines()), totals.cost_micros) == (6, 200_000)
        assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", "out.csv"]

    def test_columns_and_sales(self, tmp_path: Path) -> None:
        """Columns may have other names, and sale prices have a column of their own."""
        text = f"slug,seconds,sound\n{SLUG},8,no option\n{SLUG},4,\n{SLUG},5,\n"
        steps = [Multiply(name="margin", by=Fraction("1.3")), RoundUp(name="cents", to_usd_micros=10_000)]
        columns = {"duration": "seconds", "sound": None}
        found, totals = rate(tmp_path, text, model="slug", columns=columns, adjustments=steps)
        assert found.splitlines()[0] == "slug,seconds,sound,usd_micros,sale_usd_micros,declined"
        # 104,000 and 52,000, up to whole cents
        ends = [line.split(",", 3)[3] for line in found.splitlines()[1:]]
        assert ends == ["80000,110000,", "40000,60000,", ",,invalid_request"]
        assert (totals.cost_micros, totals.sale_micros, totals.margin_micros) == (120_000, 170_000, 50_000)

    def test_an_instant_for_each_row(self, tmp_path: Path) -> None:
        """Each row has the price at its instant or at the beginning of its day; what is neither has none."""
        cells = [
            "2026-11-30",
            "2026-12-01",
            "2026-12-15T13:59:59+02:00",
            "2026-12-15T12:00:00Z",
            "2027-01-01",
            "",
            "soon",
        ]
        cells.append("2026-12-01T00:00:00")  # without a time zone
        text = "at,model\n" + "".join(f"{cell},{SLUG}\n" for cell in cells)
        rejects = tmp_path / "rejects.jsonl"
        found, totals = rate(tmp_path, text, at="at", catalog=three_revisions(), rejects=rejects)
        ends = [line.split(",", 2)[2] for line in found.splitlines()[1:]]
        assert ends[:5] == ["40000,", "80000,", "80000,", "120000,", ",retired"]
        assert ends[5:] == [",no_instant"] * 3
        assert totals.codes == (("no_instant", 3), ("retired", 1))
        assert [reject["message"] for reject in json_lines(rejects)[1:3]] == [
            "the instant is null",
            "'at' is 'soon': expected an instant with a time zone, or a date",
        ]

    def test_one_instant(self, tmp_path: Path) -> None:
        """`at` may be one instant for all rows."""
        assert "80000" in rate(tmp_path, f"model\n{SLUG}\n", at=EDGES[0], catalog=three_revisions())[0]

    def test_requests(self, tmp_path: Path) -> None:
        """A column may have whole requests."""
        source = io.StringIO()
        csv.writer(source).writerows([["body"], [json.dumps(GOOD)], ["{"], [""], ['{"model": 1}']])
        found, totals = rate(tmp_path, source.getvalue(), requests="body", rejects=tmp_path / "rejects.jsonl")
        rows = [*csv.reader(io.StringIO(found))]
        assert [row[1:] for row in rows[1:]] == [
            ["40000", ""],
            ["", "invalid_request"],
            ["", "invalid_request"],
            ["", "invalid_request"],
        ]
        assert totals.quoted == 1
        assert [reject["code"] for reject in json_lines(tmp_path / "rejects.jsonl")][:2] == ["bad_json", "bad_json"]

    def test_against_the_library(self, tmp_path: Path) -> None:
        """Every row of many of all models has the answer of `try_quote`; empty text is null."""
        rows = [{name: value or None for name, value in row.items()} for row in some_rows(800, seed=5)]
        source = io.StringIO()
        writer = csv.DictWriter(source, ["model", *FIELDS])
        writer.writeheader()
        writer.writerows(rows)
        found, _ = rate(tmp_path, source.getvalue(), catalog=None)
        for row, got in zip(rows, csv.DictReader(io.StringIO(found)), strict=True):
            price, code = outcome(answer(row["model"], {name: row[name] for name in FIELDS}))
            assert (got["usd_micros"], got["declined"]) == ("" if price is None else str(price), code or ""), row

    @pytest.mark.usefixtures("small")
    def test_many_combinations(self, tmp_path: Path) -> None:
        """Answers that are forgotten, so that memory is bounded, are asked for again."""
        text = "model,duration\n" + "".join(f"{SLUG},{at % 5}\n" for at in range(20))
        assert rate(tmp_path, text)[1].cost_micros == 4 * 40_000


class TestJsonLines:
    """Lines of whole requests, or of objects that hold one."""

    def test_lines(self, tmp_path: Path) -> None:
        """The text of a line stays, the price is added; what is no object is replaced."""
        bad = ["{", "[1]", '"text"', "NaN", '{"model": "a", "model": "b"}', "{}", '{ "model" : 1 }', "\xff"]
        text = "\ufeff" + json.dumps(GOOD, indent=None, separators=(" ,", " : ")) + "\n\n \r\n" + "\n".join(bad)
        encoded = text.encode().replace("\xff".encode(), b"\xff")
        found, totals = rate(tmp_path, encoded, ".jsonl", rejects=tmp_path / "rejects.jsonl")
        first, *others = found.splitlines()
        assert first == text.splitlines()[0][1:-1] + ', "usd_micros": 40000, "declined": null}'
        end = '"usd_micros": null, "declined": "invalid_request"}'
        assert others == ["{" + end] * 6 + ['{ "model" : 1, ' + end, "{" + end]
        assert (totals.quoted, totals.declined) == (1, 8)
        codes = [(reject["row"], reject["code"]) for reject in json_lines(tmp_path / "rejects.jsonl")]
        assert codes[:4] == [(4, "bad_json"), (5, "wrong_type"), (6, "wrong_type"), (7, "bad_json")]
        assert (8, "bad_json") in codes
        assert codes[-1] == (11, "bad_json")

    def test_objects_with_a_request(self, tmp_path: Path) -> None:
        """The request may be under a key, as an object or as text, with an instant and a group beside it."""
        rows: list[dict[str, Any]] = [
            {"id": 1, "user": "ada", "at": "2026-12-01", "request": GOOD},
            {"id": 2, "user": 7, "at": "2026-11-30", "request": json.dumps(GOOD)},
            {"id": 3, "user": ["x"], "at": None, "request": GOOD},
            {"id": 4, "at": "x", "request": GOOD},
            {"id": 5, "at": "2026-12-01", "request": "{"},
            {"id": 6, "at": "2026-12-01"},
        ]
        text = "\n".join(map(json.dumps, rows)) + "\n[]\n{\n"
        options = {"requests": "request", "at": "at", "by": "user", "catalog": three_revisions()}
        found, totals = rate(tmp_path, text, ".ndjson", rejects=tmp_path / "rejects.jsonl", **options)
        outcomes = [(line["usd_micros"], line["declined"]) for line in map(json.loads, found.splitlines())]
        assert (
            outcomes == [(80_000, None), (40_000, None), *[(None, "no_instant")] * 2] + [(None, "invalid_request")] * 4
        )
        assert json.loads(found.splitlines()[0]) == {**rows[0], "usd_micros": 80_000, "declined": None}
        assert [(key, group.quoted, group.declined) for key, group in totals.groups] == [
            (None, 0, 5), ("7", 1, 0), ('["x"]', 0, 1), ("ada", 1, 0),
        ]  # fmt: skip
        codes = [reject["code"] for reject in json_lines(tmp_path / "rejects.jsonl")]
        assert codes == ["no_instant", "no_instant", "bad_json", "missing_field", "missing_field", "bad_json"]

    def test_totals_by_model(self, tmp_path: Path) -> None:
        """A key of the request itself may name the groups."""
        totals = rate(tmp_path, json.dumps(GOOD), ".jsonl", by="model")[1]
        assert [(key, group.cost_micros) for key, group in totals.groups] == [(SLUG, 40_000)]

    def test_keys_that_would_be_added(self, tmp_path: Path) -> None:
        """A key of the caller is never replaced or repeated; deeper ones, and text, do not matter."""
        nested = '{"model": "usd_micros", "input": {"usd_micros": 1}}\n{"usd_micros"\n["usd_micros"]\n'
        assert rate(tmp_path, nested, ".jsonl")[1].declined == 3
        with pytest.raises(
            ValueError, match=r"in\.jsonl, line 2: there is a key 'declined' already; rename or remove it"
        ):
            rate(tmp_path, '{}\n{"declined": 1}\n', ".jsonl")

    def test_against_the_library(self, tmp_path: Path) -> None:
        """Every line has the answer of `try_quote`."""
        bodies = [text for text in texts([*BUNDLED], 3, 400) if text.strip() and "\n" not in text]
        found, totals = rate(tmp_path, "\n".join(bodies), ".jsonl", catalog=None)
        expected = [_told(body) for body in bodies]
        priced = map(json.loads, found.removesuffix("\n").split("\n"))
        assert [(line["usd_micros"], line["declined"]) for line in priced] == expected
        assert totals.cost_micros == sum(price or 0 for price, _ in expected)
        assert 50 < totals.quoted < len(bodies)


def _told(body: str) -> Outcome:
    try:
        return outcome(try_quote_json(body))
    except ValueError:
        return None, "invalid_request"


class TestFiles:
    """Formats, compression, and what is wrong with files."""

    @pytest.mark.usefixtures("small")
    def test_gzip(self, tmp_path: Path) -> None:
        """Compressed files may be read and written, in batches that are compressed on their own."""
        source = write(tmp_path / "in.csv.gz", gzip.compress(CSV.encode()))
        target, rejects = tmp_path / "out.csv.gz", tmp_path / "rejects.jsonl.gz"
        rate_file(source, target, catalog=catalog(), rejects=rejects)
        assert gzip.decompress(target.read_bytes()).decode() == rate(tmp_path, CSV)[0]
        assert len(gzip.decompress(rejects.read_bytes()).splitlines()) == 2

    @pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".jsonl.gz"])
    def test_no_rows(self, tmp_path: Path, suffix: str) -> None:
        """A file without rows becomes one without rows."""
        text = b"model\n" if suffix == ".csv" else b""
        source = write(tmp_path / f"in{suffix}", gzip.compress(text) if suffix.endswith("gz") else text)
        totals = rate_file(source, tmp_path / f"out{suffix}")
        assert totals == Summary()
        out = (tmp_path / f"out{suffix}").read_bytes()
        assert (gzip.decompress(out) if suffix.endswith("gz") else out) == text.replace(
            b"l\n", b"l,usd_micros,declined\n"
        )

    @pytest.mark.usefixtures("small")
    def test_progress(self, tmp_path: Path) -> None:
        """The number of rows and the share of the file are told after each batch."""
        seen: list[tuple[int, float]] = []
        rate(tmp_path, CSV, progress=lambda rows, share: seen.append((rows, share)))
        assert [rows for rows, _ in seen] == [2, 4, 5]
        assert seen[-1][1] == 1

    def test_large_rows(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A batch also ends after a number of bytes."""
        monkeypatch.setattr(lines, "BYTES", 50)
        seen: list[int] = []
        rate(tmp_path, CSV, progress=lambda rows, _: seen.append(rows))
        assert len(seen) > 2

    @pytest.mark.parametrize(
        ("suffix", "text", "message"),
        [
            (".csv", "", "in.csv is empty: the first line of CSV has the names of the columns"),
            (".csv", "model\na\n\xff\n", "in.csv, line 3: byte 0xff is not UTF-8 text"),
            (".csv", "model,user\na\n", "in.csv, line 2: expected 2 cells, as in the header, got 1"),
            (".csv", 'model\n"a\n', "in.csv, line 2: unexpected end of data"),
            (".csv.gz", "model", "in.csv.gz cannot be read, or is damaged: Not a gzipped file"),
            (".jsonl", "x" * 101, "in.jsonl, line 1: longer than 100 bytes"),
            (".csv", "slug\n", "in.csv has no column 'model'; it has 'slug'"),
            (".csv", "model,model\n", "in.csv has two columns 'model'"),
            (".csv", "model,declined\n", "in.csv has a column 'declined' already; rename or drop it"),
        ],
    )
    def test_unfit_files(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str, text: str, message: str
    ) -> None:
        """The message says where what is wrong, and no file is written."""
        monkeypatch.setattr(streams, "LONGEST", 100)
        source = write(tmp_path / f"in{suffix}", text.encode("latin-1"))
        with pytest.raises(ValueError, match=message.replace("(", r"\(")):
            rate_file(source, tmp_path / f"out{suffix}")
        assert [*tmp_path.iterdir()] == [source]

    @pytest.mark.parametrize(
        ("source", "target", "options", "message"),
        [
            ("in.txt", "out.csv", {}, r"the suffix of '.*in\.txt' says no known format: \.parquet, \.csv, "),
            ("in", "out.csv", {}, "says no known format"),
            ("in.parquet.gz", "out.csv", {}, "says no known format"),
            (
                "in.csv",
                "out.jsonl",
                {},
                r"in\.csv is CSV and .*out\.jsonl is JSON Lines: both must have the same format",
            ),
            ("in.csv", "in.csv", {}, "the files to read and to write must be different files"),
            (
                "in.csv",
                "out.csv",
                {"rejects": "rejects.csv"},
                r"rejects are JSON Lines: rejects.csv must end in \.jsonl",
            ),
            ("in.jsonl", "out.jsonl", {"columns": {"duration": "seconds"}}, "their options have no columns"),
            ("in.jsonl", "out.jsonl", {"at": "at"}, "a request has no instant"),
            ("in.csv", "out.csv", {"columns": {"prompt": "x"}}, "no price depends on prompt"),
        ],
    )
    def test_unfit_arguments(
        self, tmp_path: Path, source: str, target: str, options: Mapping[str, Any], message: str
    ) -> None:
        """Contradictions are found before anything is written."""
        file = write(tmp_path / source, "model\n")
        with pytest.raises(ValueError, match=message):
            rate_file(file, tmp_path / target, **options)
        assert [*tmp_path.iterdir()] == [file]

    @pytest.mark.parametrize("name", ["in.parquet", "in.jsonl.zst"])
    def test_without_pyarrow(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        """What needs pyarrow says what to install."""
        for module in ("pyarrow", "narwhals.stable.v2"):
            monkeypatch.setitem(sys.modules, module, None)
        monkeypatch.delitem(sys.modules, "ratecard._bulk.parquet", raising=False)
        source = write(tmp_path / name, "")
        with pytest.raises(ImportError, match=r'pip install "ratecard\[bulk\]"'):
            rate_file(source, tmp_path / f"out{''.join(source.suffixes)}")
        answered = run("rate", str(source), "-o", str(tmp_path / f"out{''.join(source.suffixes)}"))
        assert (answered.exit_code, 'pip install "ratecard[bulk]"' in answered.stderr) == (1, True)
        assert [*tmp_path.iterdir()] == [source]


class Stop(BaseException):
    """Ends a run from outside."""


def stop_after(batches: int) -> Callable[[int, float], None]:
    """Return a progress function that ends the run after some batches."""
    left = iter(range(batches - 1))

    def progress(_: int, __: float) -> None:
        if next(left, None) is None:
            raise Stop

    return progress


@pytest.mark.usefixtures("small")
class TestInterruptions:
    """Nothing is half written, and what is finished can be kept."""

    def test_nothing_is_left(self, tmp_path: Path) -> None:
        """Without `resume`, an interrupted run leaves no file, and an earlier output stays as it was."""
        target = write(tmp_path / "out.csv", "earlier")
        with pytest.raises(Stop):
            rate(tmp_path, CSV, progress=stop_after(2), rejects=tmp_path / "rejects.jsonl")
        assert target.read_text() == "earlier"
        assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", "out.csv"]

    @pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".csv.gz"])
    @pytest.mark.parametrize("runs", [[1], [2], [3], [1, 1, 1]])
    def test_resume(self, tmp_path: Path, suffix: str, runs: list[int]) -> None:
        """A run that continues another one writes the same bytes and returns the same totals."""
        bodies = [GOOD, {}, {**GOOD, "input": {}}, {**GOOD, "model": "x"}, GOOD]
        text = CSV if suffix.startswith(".csv") else "\n".join(map(json.dumps, bodies))
        source = write(tmp_path / f"in{suffix}", gzip.compress(text.encode()) if suffix.endswith("gz") else text)
        outputs = []
        for name in ("whole", "parts"):
            (tmp_path / name).mkdir()
            target, rejects = tmp_path / name / f"out{suffix}", tmp_path / name / "rejects.jsonl"
            options: dict[str, Any] = {
                "catalog": catalog(),
                "rejects": rejects,
                "by": "model",
                "resume": name == "parts",
            }
            if name == "parts":
                for stop in runs:
                    with pytest.raises(Stop):
                        rate_file(source, target, progress=stop_after(stop), **options)
                assert not target.exists()
                with target.with_name(f"{target.name}.partial").open("ab") as partial:
                    partial.write(b"half a batch")
            totals = rate_file(source, target, **options)
            outputs.append((totals, target.read_bytes(), rejects.read_bytes()))
            assert sorted(path.name for path in target.parent.iterdir()) == [target.name, "rejects.jsonl"]
        assert outputs[0] == outputs[1]

    @pytest.mark.parametrize(
        ("change", "what"),
        [({"by": "user"}, "options"), ({"catalog": three_revisions()}, "catalogue"), ({"text": CSV + "\n"}, "input")],
    )
    def test_another_run(self, tmp_path: Path, change: dict[str, Any], what: str) -> None:
        """A run is not continued with another file, other prices or other options."""
        with pytest.raises(Stop):
            rate(tmp_path, CSV, resume=True, progress=stop_after(1))
        message = rf"cannot continue: the {what} changed since .*; remove .*out\.csv\.resume to start again"
        with pytest.raises(ValueError, match=message):
            rate(tmp_path, change.pop("text", CSV), resume=True, **change)

    def test_a_price_that_changed(self, tmp_path: Path, at_clock: Callable[[datetime], None]) -> None:
        """Nor is it continued after a change of prices, which would mix two prices."""
        for day, error in ((30, Stop), (30, Stop), (31, ValueError)):
            at_clock(datetime(2026, 12, 31, 23, tzinfo=UTC) if day == 31 else datetime(2026, 12, 20, tzinfo=UTC))
            with pytest.raises(error):
                rate(tmp_path, CSV, resume=True, progress=stop_after(1), catalog=three_revisions())

    def test_what_was_kept_is_gone(self, tmp_path: Path) -> None:
        """If the finished rows are gone, the run starts again."""
        with pytest.raises(Stop):
            rate(tmp_path, CSV, resume=True, progress=stop_after(2))
        (tmp_path / "out.csv.partial").unlink()
        assert rate(tmp_path, CSV, resume=True)[1].cost_micros == 200_000

    def test_an_error_before_the_first_batch(self, tmp_path: Path) -> None:
        """Nothing is kept if nothing is finished."""
        with pytest.raises(ValueError, match="no column 'model'"):
            rate(tmp_path, "slug\n", resume=True)
        assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


class TestCommand:
    """`ratecard rate`."""

    @pytest.fixture
    def asked(self, tmp_path: Path) -> list[str]:
        """Return the arguments to price a file of two models."""
        kling = "kling-plus/kling-o1-standard/text-to-video"
        motion = "kling/kling-motion-create-v3/motion-transfer-to-video"
        source = write(tmp_path / "in.csv", f"slug,duration,user\n{kling},10,ada\n{kling},7,\n{motion},,ada\n")
        return ["rate", str(source), "-o", str(tmp_path / "out.csv"), "--column", "model=slug"]

    def test_totals(self, asked: list[str], tmp_path: Path) -> None:
        """The totals are printed, and the exit code says that rows have no price."""
        found = run(*asked)
        assert found.exit_code == 3
        assert [line.split("\t") for line in found.stdout.splitlines()] == [
            ["rows", "quoted", "declined", "usd"],
            ["3", "1", "2", "$0.50"],
            [""],
            ["code", "count"],
            ["invalid_request", "1"],
            ["needs_measurement", "1"],
        ]
        assert found.stderr == "--rejects FILE lists why rows have no price\n"
        assert len((tmp_path / "out.csv").read_text().splitlines()) == 4

    def test_groups(self, asked: list[str], tmp_path: Path) -> None:
        """Totals for each value of a column, as a table and as JSON, with sale prices."""
        steps = write(tmp_path / "steps.toml", '[[adjustment]]\nname = "fee"\nadd_usd = "0.05"\n')
        rejects = tmp_path / "rejects.jsonl"
        asked = [*asked, "--by", "user", "--adjust", str(steps), "--rejects", str(rejects)]
        table = run(*asked)
        assert [line.split("\t") for line in table.stdout.splitlines()][:4] == [
            ["user", "rows", "quoted", "declined", "usd", "sale_usd"],
            ["", "1", "0", "1", "-", "-"],
            ["ada", "2", "1", "1", "$0.50", "$0.55"],
            ["total", "3", "1", "2", "$0.50", "$0.55"],
        ]
        assert table.stderr == ""
        document = data(run(*asked, "--json"))
        amounts = {"total_usd_micros": 500_000, "total_usd": "0.50", "total_sale_usd_micros": 550_000}
        assert document["groups"][1] == {
            "key": "ada",
            "rows": 2,
            "quoted": 1,
            "declined": 1,
            **amounts,
            "total_sale_usd": "0.55",
            "codes": {"needs_measurement": 1},
        }
        assert (document["ok"], document["rows"], document["total_sale_usd_micros"]) == (False, 3, 550_000)
        assert [reject["row"] for reject in json_lines(rejects)] == [2, 3]

    def test_exit_codes(self, asked: list[str], tmp_path: Path) -> None:
        """0 if every row has a price, 4 if the rest are valid."""
        lines = (tmp_path / "in.csv").read_text().splitlines()
        for rows, code in ((lines[:2], 0), (lines[:2] + lines[3:], 4)):
            write(tmp_path / "in.csv", "\n".join(rows))
            found = run(*asked, "--quiet")
            assert (found.exit_code, found.stdout, found.stderr) == (code, "", "")

    def test_errors(self, asked: list[str], tmp_path: Path) -> None:
        """Each kind of error has its exit code and a message."""
        assert run(*asked[:4]).stderr.endswith("in.csv has no column 'model'; it has 'slug', 'duration', 'user'\n")
        (tmp_path / "in.jsonl").mkdir()
        cases: list[tuple[int, str, Iterable[str]]] = [
            (2, "no column 'model'", asked[:4]),
            (2, "no column 'nobody'", [*asked, "--by", "nobody"]),
            (2, "cannot read nothing.csv: No such file", ["rate", "nothing.csv", *asked[2:]]),
            (2, "in.jsonl: Is a directory", ["rate", str(tmp_path / "in.jsonl"), "-o", "out.jsonl"]),
            (2, "--at and --at-column are mutually exclusive", [*asked, "--at", "2026-12-01", "--at-column", "user"]),
            (2, "Missing option '-o'", asked[:2]),
            (1, "cannot write ", [*asked[:3], str(tmp_path / "nowhere" / "out.csv")]),
            (3, "unexpected end of data", ["rate", str(write(tmp_path / "bad.csv", 'model\n"')), *asked[2:4]]),
        ]
        for code, message, arguments in cases:
            found = run(*arguments)
            assert (found.exit_code, message in found.stderr) == (code, True), (message, found.stderr)

    @pytest.mark.parametrize("resume", [True, False])
    def test_interruption(self, asked: list[str], monkeypatch: pytest.MonkeyPatch, resume: bool) -> None:  # noqa: FBT001
        """Ctrl-C ends the command, and with --resume the message says how to continue."""

        def interrupted(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(files, "rate_csv", interrupted)
        found = run(*asked, *["--resume"] * resume)
        assert found.exit_code == 130
        rest = "; run the same command again to continue after what is finished" if resume else ""
        assert found.stderr == f"interrupted{rest}\n"

    def test_progress(self, asked: list[str]) -> None:
        """On a terminal, a bar shows how far it is."""
        code, written = draw(*asked)
        assert code == 3
        assert "3 rows" in written
        assert "100%" in written


def test_public() -> None:
    """`rate_file` is public, and listed."""
    assert ratecard.rate_file is rate_file
    assert "rate_file" in ratecard.__all__
