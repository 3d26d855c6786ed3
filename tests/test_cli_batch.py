"""Answers to many requests on the command line: formats, sums, grouped problems, and how they are written."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import click
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cli_runner
from cli_runner import ENVIRONMENT, Terminal, data, run
from ratecard import Problem, Report
from ratecard._cli import _options, _output
from ratecard._cli._answers import Answer
from ratecard._cli._batch import Findings
from ratecard._cli._input import Entry, Requests
from strategies import priced

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

O3 = "kling-plus/kling-o3-standard/image-to-video"  # $0.084 x duration x sound; 5 and no sound by default: $0.42
T2V = "kling-plus/kling-o1-standard/text-to-video"  # $0.05 x duration; 5 by default: $0.25
IMAGE = {"image_url": "https://example.com/cat.jpg"}
CAT = "image_url=https://example.com/cat.jpg"
TYPO = {"model": O3, "input": {**IMAGE, "durtion": 5}}
NUMBER = {"model": T2V, "input": {"prompt": "a cat", "duration": 5}}
MIXED = [{"model": O3, "input": IMAGE}, TYPO, {"model": T2V, "input": {"prompt": "a cat"}}, TYPO, NUMBER]
UNKNOWN_FIELD = 'unknown_field  /input/durtion  no such field; did you mean "duration"?'
WRONG_TYPE = 'wrong_type  /input/duration  expected a string, got the number 5; use one of "5", "10"; did you mean "5"?'


def lines_of(requests: list[Any]) -> str:
    """Return requests as JSON Lines."""
    return "".join(f"{json.dumps(request)}\n" for request in requests)


@pytest.fixture
def file(tmp_path: Path) -> str:
    """Return a file of five requests: $0.42, a typo, $0.25, the same typo, a number for a string."""
    path = tmp_path / "batch.jsonl"
    path.write_text(lines_of(MIXED), encoding="utf-8")
    return str(path)


# --count


def test_count_of_one_request() -> None:
    """300 x $0.42 = $126.00 comes first; the explanation below is that of one request."""
    result = run("quote", O3, CAT, "--count", "300")
    first, rest = result.stdout.split("\n", 1)
    assert first == "$126.00  for 300 requests, each as follows:"
    assert rest == run("quote", O3, CAT).stdout
    answer = data(run("quote", O3, CAT, "--count", "300", "--json"))
    assert (answer["quote"]["usd"], answer["count"]) == ("0.42", 300)
    assert (answer["total_usd_micros"], answer["total_usd"]) == (126_000_000, "126.00")
    assert data(run("quote", O3, CAT, "--count", "1", "--json"))["total_usd"] == "0.42"


def test_count_of_many_requests(file: str) -> None:
    """Each request counts three times: 3 x $0.42 + 3 x $0.25 = $2.01."""
    rows = [line.split("\t") for line in run("quote", "-f", file, "--count", "3").stdout.splitlines()]
    assert rows[0] == ["request", "model", "count", "usd", "because"]
    assert [row[2:4] for row in rows[1:]] == [
        ["3", "$1.26"],
        ["3", "-"],
        ["3", "$0.75"],
        ["3", "-"],
        ["3", "-"],
        ["", "$2.01"],
    ]
    answer = data(run("quote", "-f", file, "--count", "3", "--json"))
    assert (answer["total_usd"], answer["results"][0]["total_usd"]) == ("2.01", "1.26")
    assert answer["results"][0]["quote"]["usd"] == "0.42"


def test_count_of_a_range() -> None:
    """Twice $0.252 to $1.26, with the duration open."""
    result = run("range", O3, CAT, "--any", "duration", "--count", "2")
    assert result.stdout.startswith("$0.504 to $2.52  for 2 requests, each as follows:\n$0.252 to $1.26  ")
    answer = data(run("range", O3, CAT, "--any", "duration", "--count", "2", "--json"))
    assert (answer["total_low_usd"], answer["total_high_usd_micros"]) == ("0.504", 2_520_000)


@pytest.mark.parametrize(("limit", "code"), [("126", 0), ("125.99", 5)])
def test_the_budget_is_for_all_of_them(limit: str, code: int) -> None:
    """300 x $0.42 is within $126 and over $125.99."""
    result = run("quote", O3, CAT, "--count", "300", "--max-usd", limit)
    assert result.exit_code == code
    assert result.stderr == (f"over budget: $126.00 is more than --max-usd {limit}\n" if code else "")


@pytest.mark.parametrize("count", ["0", "-1", "1.5", "many"])
def test_a_count_that_is_none(count: str) -> None:
    """Only a whole number from 1 is a count."""
    assert run("quote", O3, CAT, "--count", count).exit_code == 2


# formats


@settings(max_examples=25)
@given(st.lists(priced().map(lambda drawn: drawn[0]) | st.sampled_from([TYPO, NUMBER, 5, {}]), max_size=5))
def test_every_format_has_the_same_answers(requests: list[Any]) -> None:
    """Results, sums, counts and the exit code agree between all formats, and with the sums of groups."""
    outputs = {form: run("quote", "-f", "-", "--lines", "--format", form, stdin=lines_of([5, *requests]))
               for form in ("table", "json", "jsonl", "csv", "markdown", "github")}  # fmt: skip
    assert len({output.exit_code for output in outputs.values()}) == 1
    document = data(outputs["json"])
    results = [json.loads(line) for line in outputs["jsonl"].stdout.splitlines()]
    assert results == document["results"]
    amounts = [result["quote"]["usd_micros"] for result in results if result["ok"]]
    assert (document["total_usd_micros"], document["quoted"]) == (sum(amounts), len(amounts))
    assert document["declined"] == document["requests"] - len(amounts) == 1 + len(requests) - len(amounts)
    codes = [problem["code"] for result in results if not result["ok"] for problem in result["problems"]]
    assert {code: count for code, count in document["codes"].items() if code in codes} == {
        code: codes.count(code) + sum(w["code"] == code for r in results if r["ok"] for w in r["warnings"])
        for code in codes
    }
    rows = list(csv.DictReader(io.StringIO(outputs["csv"].stdout)))
    assert [Fraction(row["usd"]) * 1_000_000 for row in rows if row["usd"]] == amounts
    table = [line.split("\t") for line in outputs["table"].stdout.splitlines()]
    plain = re.sub(r"\\(.)", r"\1", outputs["markdown"].stdout)
    markdown = [line[2:-2].split(" | ") for line in plain.splitlines()]
    assert [[cell.strip() for cell in row] for row in markdown if "---" not in row] == table
    grouped = data(run("quote", "-f", "-", "--lines", "--by", "model", "--json", stdin=lines_of([5, *requests])))
    assert sum(group["total_usd_micros"] for group in grouped["groups"]) == sum(amounts)
    assert sum(group["requests"] for group in grouped["groups"]) == document["requests"]


def test_csv_is_for_programs(file: str) -> None:
    """Plain numbers, an empty cell where there is no price, and no total."""
    rows = list(csv.reader(io.StringIO(run("quote", "-f", file, "--format", "csv").stdout)))
    assert [row[:3] for row in rows] == [
        ["request", "model", "usd"],
        [f"{file}:1", O3, "0.42"],
        [f"{file}:2", "", ""],
        [f"{file}:3", T2V, "0.25"],
        [f"{file}:4", "", ""],
        [f"{file}:5", "", ""],
    ]


def test_validate_as_a_table_has_a_row_for_each_problem(file: str) -> None:
    """What people see grouped has a row for each in CSV."""
    rows = list(csv.DictReader(io.StringIO(run("validate", "-f", file, "--format", "csv").stdout)))
    assert [(row["request"], row["severity"], row["code"], row["pointer"]) for row in rows] == [
        (f"{file}:2", "error", "unknown_field", "/input/durtion"),
        (f"{file}:4", "error", "unknown_field", "/input/durtion"),
        (f"{file}:5", "error", "wrong_type", "/input/duration"),
    ]
    assert rows[0]["message"] == 'no such field; did you mean "duration"?'
    bad = list(csv.DictReader(io.StringIO(run("validate", "-f", "-", "--format", "csv", stdin="[").stdout)))
    assert [(row["code"], row["message"]) for row in bad] == [("bad_json", "Expecting value")]


def test_one_request_has_every_format() -> None:
    """A single answer is one line, one row without a total, or one annotation without a file."""
    for command in ("quote", "range", "validate"):
        document = data(run(command, O3, CAT, "--json"))
        assert data(run(command, O3, CAT, "--format", "jsonl")) == document
        assert run(command, O3, CAT, "--format", "jsonl").stdout.count("\n") == 1
    assert run("quote", O3, CAT, "--format", "csv").stdout.splitlines()[1].startswith(f"request,{O3},0.42,")
    assert len(run("quote", O3, CAT, "--format", "markdown").stdout.splitlines()) == 3
    assert (
        run("quote", O3, CAT, "--format", "github").stdout == "::notice title=ratecard::$0.42, 1 quoted, 0 declined\n"
    )
    assert run("validate", O3, "--format", "github").stdout.startswith("::error title=missing_field::/input/image_url ")


def test_annotations(file: str, tmp_path: Path) -> None:
    """Each kind of problem is an annotation at the line of its first request; the end is a notice."""
    result = run("quote", "-f", file, "--format", "github")
    assert (result.exit_code, result.stderr) == (3, "")
    unknown, wrong = UNKNOWN_FIELD.split("  ", 1)[1], WRONG_TYPE.split("  ", 1)[1]
    assert result.stdout.splitlines() == [
        f"::error file={file},line=2,title=unknown_field::{unknown.replace('  ', ' ')} (2 times)",
        f"::error file={file},line=5,title=wrong_type::{wrong.replace('  ', ' ')}",
        "::notice title=ratecard::$0.67, 2 quoted, 3 declined, 3 errors, 3 fixable with --fix",
    ]
    none = run("quote", O3, "--format", "github").stdout.splitlines()
    assert none[1:] == ["::notice title=ratecard::0 quoted, 1 declined, 1 error"]
    odd = tmp_path / "100%,a:b.json"
    odd.write_text('{"a" 1}', encoding="utf-8")
    escaped = str(odd).replace("%", "%25").replace(",", "%2C").replace(":", "%3A")
    shown = run("validate", "-f", str(odd), "--format", "github").stdout
    assert shown.startswith(f"::error file={escaped},line=1,col=6,title=bad_json::")
    fixed = run("validate", "-f", file, "--fix", "--format", "github").stdout
    assert f"::notice file={file},line=2,title=fixed::/input/durtion is now /input/duration (2 times)\n" in fixed


@given(st.text(), st.text(min_size=1))
def test_annotations_stay_on_their_line(message: str, file: str) -> None:
    """Whatever comes in, there is one line, and the parts can be told from each other."""
    line = _output.annotation("error", message, file=file, line=7)
    assert line.endswith("\n")
    assert line[:-1].isprintable()
    properties, _, rest = line[len("::error ") :].partition("::")
    assert [part.partition("=")[0] for part in properties.split(",")] == ["file", "line"]
    assert not re.search(r"%(?!25)", rest)


def test_check_has_every_format(tmp_path: Path) -> None:
    """A fault is a row, or an annotation at its line."""
    table = tmp_path / "own.toml"
    table.write_text('model = "acme/x/text-to-video"\nname = 3\n', encoding="utf-8")
    rows = list(csv.DictReader(io.StringIO(run("check", str(table), "--format", "csv").stdout)))
    assert (rows[-1]["severity"], rows[-1]["line"], rows[-1]["key"]) == ("error", "2", "name")
    annotations = run("check", str(table), "--format", "github").stdout.splitlines()
    message = "expected a string, got the number 3"
    assert annotations[-1] == f"::error file={table},line=2,title=acme/x/text-to-video name::{message}"
    assert annotations[0] == f"::error file={table},title=acme/x/text-to-video capability::this key is missing"


def test_a_failure_has_its_format() -> None:
    """What ends a command is one line of JSON Lines, too."""
    result = run("quote", O3, "--format", "jsonl", "--tables", "no/such/folder")
    assert result.stdout.count("\n") == 1
    assert (data(result)["ok"], data(result)["code"]) == (False, "unreadable")


# grouped problems


def test_problems_are_named_once(file: str) -> None:
    """Each kind with how often it occurred and where first; where it occurred once, only where."""
    quoted, validated = run("quote", "-f", file), run("validate", "-f", file)
    problems = [
        f"error    {UNKNOWN_FIELD}  (\u00d72, first at {file}:2)",
        f"error    {WRONG_TYPE}  (at {file}:5)",
    ]
    assert quoted.stderr.splitlines() == [*problems, "3 fixable with `ratecard validate --fix`"]
    assert validated.stdout.splitlines() == [*problems, "2 valid, 3 invalid, 3 errors, 3 fixable with --fix"]
    assert validated.stderr == ""


def test_fixes_are_named_once(file: str) -> None:
    """As problems are; the requests go to standard output."""
    result = run("validate", "-f", file, "--fix")
    assert result.exit_code == 0
    assert len(result.stdout.splitlines()) == 5
    assert result.stderr.splitlines() == [
        f"fixed    /input/durtion  is now /input/duration  (\u00d72, first at {file}:2)",
        f'fixed    /input/duration  is now "5"  (\u00d72, first at {file}:2)',
        f'fixed    /input/duration  is now "5"  (at {file}:5)',
    ]


def test_problems_of_one_request_are_never_grouped() -> None:
    """Two of the same code at the same place are two, and again in the next request; too many are counted."""
    problem = Problem(code="missing_one_of", pointer="/input", allowed=("a", "b"))
    report = Report((problem, problem.having(allowed=("c", "d"))), omitted_errors=3, omitted_warnings=4)
    found = Findings()
    for line in (1, 2):
        found.add(Answer(Entry({}, "x", line), report))
    texts = [note.label + note.text for note in found.notes(placed=True)]
    assert texts == [
        "error    missing_one_of  /input  at least one of these is required: a, b  (\u00d72, first at x:1)",
        "error    missing_one_of  /input  at least one of these is required: c, d  (\u00d72, first at x:1)",
        "and 14 more",
    ]
    assert found.counts() == ["10 errors", "8 warnings"]  # 2 x (2 + 3) and 2 x 4


def test_kinds_of_problems_are_bounded() -> None:
    """The first hundred are listed, the others only counted."""
    requests = [{"model": T2V, "input": {"prompt": "a cat", f"x{number}": 1}} for number in range(130)]
    shown = run("validate", "-f", "-", "--lines", stdin=lines_of(requests)).stdout.splitlines()
    assert len(shown) == 102
    assert shown[-2:] == ["and 30 more", "0 valid, 130 invalid, 130 errors"]


def test_models_that_do_not_exist_are_kinds_of_their_own() -> None:
    """Requests to different models are never grouped, even if neither exists."""
    requests: list[Any] = [{"model": name, "input": {}} for name in ("no/such/model", "no/such/one", "no/such/model")]
    shown = run("validate", "-f", "-", "--lines", stdin=lines_of(requests)).stdout.splitlines()
    assert [line.rpartition("(")[2] for line in shown[:2]] == ["\u00d72, first at -:1)", "at -:2)"]


# shorter answers


def test_quiet(file: str) -> None:
    """Nothing but errors, and the exit code; warnings are no errors."""
    result = run("quote", "-f", file, "--quiet")
    assert (result.exit_code, result.stdout) == (3, "")
    assert [line.split()[1] for line in result.stderr.splitlines()] == ["unknown_field", "wrong_type"]
    fine = run("quote", O3, CAT, "multishot:=[{}]", "--quiet")
    assert (fine.exit_code, fine.stdout, fine.stderr) == (0, "", "")
    over = run("quote", O3, CAT, "--quiet", "--max-usd", "0.4")
    assert (over.exit_code, over.stderr) == (5, "over budget: $0.42 is more than --max-usd 0.4\n")


@pytest.mark.parametrize("extra", [["--json"], ["--format", "csv"], ["--summary"], ["--by", "model"]])
def test_quiet_is_not_for_anything_else(extra: list[str]) -> None:
    """Nothing can be printed and left out."""
    result = run("validate", O3, "--quiet", *extra)
    assert (result.exit_code, "--quiet prints nothing" in result.stderr) == (2, True)


def test_summary(file: str) -> None:
    """Totals, and how often each code occurred, most frequent first: $0.42 + $0.25 = $0.67."""
    result = run("quote", "-f", file, "--summary")
    assert (result.exit_code, result.stderr) == (3, "")
    assert [line.split("\t") for line in result.stdout.splitlines()] == [
        ["requests", "quoted", "declined", "usd"],
        ["5", "2", "3", "$0.67"],
        [""],
        ["code", "count"],
        ["unknown_field", "2"],
        ["wrong_type", "1"],
    ]
    assert data(run("quote", "-f", file, "--summary", "--json")) == {
        "ok": False,
        "requests": 5,
        "quoted": 2,
        "declined": 3,
        "total_usd_micros": 670_000,
        "total_usd": "0.67",
        "codes": {"unknown_field": 2, "wrong_type": 1},
    }
    assert run("validate", "-f", file, "--summary").stdout.startswith("requests\tvalid\tinvalid\n5\t2\t3\n")


def test_by(file: str) -> None:
    """A row for each group in order of appearance, and the total; what has no model is one group."""
    requests: list[Any] = [*MIXED, 5, {"model": "no/such/model"}]
    result = run("quote", "-f", "-", "--by", "capability", stdin=json.dumps(requests))
    assert [line.split("\t") for line in result.stdout.split("\n\n")[0].splitlines()] == [
        ["capability", "requests", "quoted", "declined", "usd"],
        ["image-to-video", "3", "1", "2", "$0.42"],
        ["text-to-video", "2", "1", "1", "$0.25"],
        ["unknown", "2", "0", "2", "-"],
        ["total", "7", "2", "5", "$0.67"],
    ]
    lines = run("range", "-f", file, "--by", "model", "--format", "jsonl").stdout.splitlines()
    assert [json.loads(line)["model"] for line in lines] == [O3, T2V]
    provider = data(run("validate", "-f", "-", "--by", "provider", "--json", stdin=json.dumps(requests)))["groups"]
    assert provider == [
        {"provider": "Kling Plus", "requests": 5, "valid": 2, "invalid": 3},
        {"provider": None, "requests": 2, "valid": 0, "invalid": 2},
    ]


# how it is written


@pytest.mark.parametrize("form", ["table", "json", "jsonl", "csv", "markdown"])
def test_answers_are_written_as_they_come(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer to a request is written before the next one is read."""
    events: list[str] = []

    def entries() -> Iterator[Entry]:
        for line in (1, 2, 3):
            events.append(f"read {line}")
            yield Entry({"model": T2V, "input": {"prompt": "a cat"}}, "x.jsonl", line)

    monkeypatch.setattr(_options, "read_files", lambda *_, **__: Requests(entries(), many=True))
    monkeypatch.setattr(click, "echo", lambda text, **_: events.append("write") if T2V in str(text) else None)
    assert run("quote", "-f", "x.jsonl", "--format", form).exit_code == 0
    assert events == ["read 1", "write", "read 2", "write", "read 3", "write"]


MEMORY = """if True:
    import atexit, re
    from pathlib import Path
    from ratecard._cli import _input, _options, main

    def peak():  # that of getrusage includes the process that this one was forked from
        return int(re.search(r"VmHWM:\\s*(\\d+)", Path("/proc/self/status").read_text())[1])

    def entries():
        for line in range(15_000):
            if line == 3_000:
                before = peak()
                atexit.register(lambda: print(peak() - before))
            field = {f"x{line}": line} if line % 10 == 0 else {}
            request = {"model": "MODEL", "input": {"image_url": "https://example.com/cat.jpg", **field}}
            yield _input.Entry(request, "x.jsonl", line)

    _options.read_files = lambda *_, **__: _input.Requests(entries(), True)
    main()"""


@pytest.mark.skipif(sys.platform != "linux", reason="this platform has no /proc")
@pytest.mark.parametrize(
    "args", [("quote",), ("quote", "--format", "json"), ("quote", "--summary"), ("validate",), ("validate", "--fix")]
)
def test_memory_is_constant(args: tuple[str, ...]) -> None:
    """12,000 more requests need less than 2 MiB more; their answers would take 10."""
    command = [sys.executable, "-c", MEMORY.replace("MODEL", O3), *args, "-f", "x.jsonl"]
    result = subprocess.run(command, capture_output=True, check=False, encoding="utf-8", env=ENVIRONMENT)
    assert (result.returncode, len(result.stderr.splitlines()) <= 102) == (3, True)
    assert int(result.stdout.splitlines()[-1]) < 2 * 1024


def draw(*args: str, stdout: io.StringIO, columns: int = 80) -> tuple[str, str]:
    """Return what the command line writes to standard output, and to the terminal of standard error."""
    _, written = cli_runner.draw(*args, stdout=stdout, columns=columns)
    return stdout.getvalue(), written


def test_a_long_run_shows_how_far_it_is(file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal's standard error, beside a pipe or a late answer; beside rows on the terminal it would disturb."""
    monkeypatch.setattr(_output, "_MANY", 2)
    piped, bar = draw("quote", "-f", file, stdout=io.StringIO())
    assert piped == run("quote", "-f", file).stdout
    assert "5 requests" in bar
    assert "5 requests" not in draw("quote", "-f", file, stdout=Terminal())[1]
    assert "5 requests" in draw("quote", "-f", file, "--summary", stdout=Terminal())[1]
    monkeypatch.setattr(_output, "_MANY", 6)
    assert "5 requests" not in draw("quote", "-f", file, stdout=io.StringIO())[1]


def test_long_tables_are_drawn_in_blocks(file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Five rows and the total in blocks of four: two headers, one total."""
    monkeypatch.setattr(_output, "_BLOCK", 4)
    drawn, _ = draw("quote", "-f", file, stdout=Terminal(), columns=300)
    assert [drawn.count(word) for word in ("because", "$0.67", "$0.42", "$0.25")] == [2, 1, 1, 1]


def test_messages_are_wrapped_with_a_hanging_indent() -> None:
    """Only the label is coloured; no word is broken and no line is too long; an address is a link."""
    drawn, _ = draw("validate", O3, "duration:=5", "multishot:=[{}]", stdout=Terminal(), columns=50)
    assert (
        "\x1b[31merror    \x1b[0mwrong_type  /input/duration  expected a\n         string, got the number 5;" in drawn
    )
    assert "\x1b[33mwarning  \x1b[0munverifiable" in drawn
    plain = re.sub(r"\x1b\[[\d;]*m", "", drawn).splitlines()
    assert max(map(len, plain)) <= 50
    assert sum(line.startswith("         ") for line in plain) >= 3


def test_labels_cannot_move_the_cursor() -> None:
    """Labels, too, may have external text, such as the slug of an own table."""
    assert _output.hanging("\x1b[2J: ", "a\nb", 50) == "\\u001b[2J: a\\u000ab"


def test_only_what_matters_is_coloured() -> None:
    """A default that the page shows is plain, a contradiction is yellow, and a warning is said once."""
    drawn, warned = draw("quote", O3, CAT, "multishot:=[{}]", stdout=Terminal(), columns=200)
    assert '\nassumes: duration: left out, so the default "5" applies (implied)\n' in drawn
    assert "multishot" not in drawn
    assert warned.startswith("\x1b[33mwarning  \x1b[0munverifiable  /input/multishot  ")
    edit = ("kling-plus/kling-o1-pro/video-edit-fast", "prompt=a cat", "video_url=https://example.com/cat.mp4")
    assert "\n\x1b[33mconflict: \x1b[0mthe label says per second" in draw("quote", *edit, stdout=Terminal())[0]


# odd fields


def test_an_open_field_of_many_requests() -> None:
    """A field is open where the price depends on it; one on which no price of any model depends is a mistake."""
    requests = [{"model": O3, "input": IMAGE}, {"model": T2V, "input": {"prompt": "a cat"}}]
    result = run("range", "-f", "-", "--any", "has_sound", stdin=json.dumps(requests))
    assert (result.exit_code, result.stderr) == (0, "")
    assert [line.split("\t")[-1] for line in result.stdout.splitlines()[1:3]] == ["open: has_sound", "open: nothing"]
    wrong = run("range", "-f", "-", "--any", "prompt", stdin=json.dumps(requests))
    assert (wrong.exit_code, wrong.stdout) == (3, "")
    assert wrong.stderr.startswith('--any "prompt": no price depends on this field; priced fields: ')


def test_a_measured_quantity_with_a_wrong_value() -> None:
    """The values that it may have are named."""
    motion = "kling/kling-motion-create-v3/motion-transfer-to-video"
    result = run("quote", motion, CAT, "motion_video_url=https://example.com/dance.mp4", "--measured", "duration=7")
    assert result.exit_code == 3
    assert result.stderr.startswith(
        'error    not_allowed  /measured/duration  the string "7" is not allowed; use one of'
    )
    assert '"5", "10"' in result.stderr
