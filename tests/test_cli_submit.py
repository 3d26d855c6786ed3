"""The commands that talk to the API, in one process, against the fake: what they send and say, and how they exit."""

from __future__ import annotations

import json
import random
import re
import shlex
import signal
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import click
import httpx2
import pytest
import stamina
from attrs import field, frozen
from hypothesis import given, settings
from hypothesis import strategies as st

import cli_runner
import ratecard
import ratecard.submit
from invented import PRICE, table_text
from ratecard._api import BASE_URL, KEY_VARIABLE, STATUS_OF_CODE
from ratecard._cli import _output, _signals
from ratecard._cli._format_jobs import HINTS, command_line, described, job_data
from ratecard.submit import ApiError, Attempt, Job, Plan
from ratecard.testing import (
    START,
    FakeApi,
    error,
    job_failure,
    overcharge,
)

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

KEY = "pb_example_do_not_show"
MODEL = "kling-plus/kling-o1-standard/text-to-video"
SUBMIT = ("submit", MODEL, "prompt=a cat")
MICROS = 250_000  # five seconds of it, by its page: 50,000 x 5
SUBMITTING = f"submitting {MODEL} for $0.25 at 2026-11-20T00:00:00+00:00\n"
LOOK = f"look for it first: ratecard jobs --model {MODEL}\n"


@pytest.fixture(autouse=True)
def without_pauses(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Repeat requests without pauses, and look at jobs without jitter."""
    monkeypatch.setattr(random, "uniform", lambda _, most: most)
    stamina.instrumentation.set_on_retry_hooks(None)
    with stamina.set_testing(True, attempts=4, cap=True):
        yield
    stamina.instrumentation.set_on_retry_hooks(None)


def fake(**options: Any) -> FakeApi:
    """Return a fake whose jobs take a minute in all, on the clock of the tests."""
    return FakeApi(**{"key": KEY, "now": START, "seconds_pending": 20, "seconds_processing": 40, **options})


@frozen
class Hook(httpx2.BaseTransport):
    """Does something before or after a request reaches the fake; `when` says for which."""

    api: FakeApi
    when: Callable[[httpx2.Request], bool] = lambda _: True
    before: Callable[[], object] = bool
    after: Callable[[], object] = bool

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Pass the request on."""
        chosen = self.when(request)
        _ = chosen and self.before()
        answer = self.api.transport().handle_request(request)
        _ = chosen and self.after()
        return answer


def press_ctrl_c(*_: object) -> None:
    """Interrupt here."""
    raise KeyboardInterrupt


@frozen
class Run:
    """Runs the command line against a fake whose clock moves when the client sleeps."""

    api: FakeApi = field(factory=fake)
    can_ask: bool = False
    key: str | None = KEY
    transport: httpx2.BaseTransport | None = None
    now: Callable[[], datetime] | None = None
    sleep: Callable[[float], object] | None = None

    def __call__(self, *args: str, stdin: str | BytesIO | None = None, **variables: str | None) -> Result:
        """Run one command as in a pipe; the key is nowhere in what it says."""
        http = httpx2.Client(transport=self.transport or self.api.transport())
        with http, patch("ratecard._cli._jobs.can_ask", lambda: self.can_ask):
            client = {"http_client": http, "sleep": self.sleep or self.api.advance}
            attributes = {"now": self.now or (lambda: self.api.now), "client_options": client}
            environment = {KEY_VARIABLE: self.key, "RATECARD_BASE_URL": None, **variables}
            result = cli_runner.run(*args, stdin=stdin, env=environment, obj=attributes)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        assert KEY not in result.stdout + result.stderr
        assert (result.stdout + result.stderr).replace("\n", "").replace("\t", "").isprintable()
        return result


def data(result: Result) -> Any:
    """Return the JSON on standard output; `ok` agrees with the exit code."""
    answer = cli_runner.data(result)
    assert answer["ok"] is (result.exit_code == 0)
    return answer


@pytest.fixture
def run() -> Run:
    """Return what runs commands against a fake."""
    return Run()


# What submit says and sends


def test_a_receipt(run: Run) -> None:
    """First what is sent, then the name of the job, then what was quoted and charged."""
    result = run(*SUBMIT, "--yes")
    assert (result.exit_code, result.stderr) == (0, f"{SUBMITTING}created job_00000001\n")
    assert result.stdout == (
        f"job_00000001  pending  {MODEL}\n"
        "  quoted    $0.25\n"
        "  charged   $0.25\n"
        "  drift     none\n"
        "  request   req_00000001\n"
        "  expected  2026-11-20T00:04:00+00:00\n"
    )
    assert (len(run.api.jobs), run.api.charged_micros) == (1, MICROS)


def test_a_receipt_as_json(run: Run) -> None:
    """The receipt, money in whole millionths beside text, the quote as it is stored."""
    result = run(*SUBMIT, "--yes", "--json")
    answer = data(result)
    assert result.stderr == f"{SUBMITTING}created job_00000001\n"
    assert list(answer) == ["ok", "warnings", "receipt"]
    quoted = answer["receipt"].pop("quoted")
    assert ratecard.Quote.from_dict(quoted).usd_micros == MICROS
    assert answer["receipt"] == {
        "job_id": "job_00000001",
        "request_id": "req_00000001",
        "status": "pending",
        "estimated_completion": "2026-11-20T00:04:00+00:00",
        "charged_micros": MICROS,
        "charged_usd": "0.25",
        "drift_micros": 0,
        "drift_usd": "0.00",
    }


def test_a_request_is_judged_once(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """With --yes a request is planned once; only one that rests on a warning is validated again, to show it."""
    calls: list[str] = []

    def counted(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:
            calls.append(function.__name__)
            return function(*args, **options)

        return call

    monkeypatch.setattr("ratecard.submit._plan.quote", counted(ratecard.quote))
    for name in ("validate", "try_quote"):
        for module in ("_job_actions", "_answers"):
            target = f"ratecard._cli.{module}.{name}"
            monkeypatch.setattr(target, counted(getattr(ratecard, name)), raising=False)
    assert run(*SUBMIT, "--yes").exit_code == 0
    assert calls == ["quote"]
    assert "warning  version_pinned" in run(*SUBMIT, "--model-version", "1.0", "--yes").stderr
    assert calls == ["quote", "quote", "validate"]


@settings(max_examples=max(10, settings().max_examples // 5))
@given(st.text(min_size=1, max_size=30).filter(lambda text: all(sign < "\ud800" for sign in text)))
def test_a_dry_run_shows_what_would_be_sent(prompt: str) -> None:
    """Method, address, headers and body of a dry run are those that arrive; it sends nothing and needs no key."""
    run = Run()
    args = ("submit", MODEL, f"prompt:={json.dumps(prompt)}", "duration=10")
    shown = data(Run(api=run.api, key=None)(*args, "--dry-run", "--json"))
    assert run(*args, "--yes").exit_code == 0
    (arrived,) = run.api.requests
    headers = dict(arrived.headers)
    request = shown["request"]
    assert (request["method"], request["url"]) == (arrived.method, BASE_URL + arrived.target)
    assert request["body"].encode() == arrived.body
    assert request["headers"].pop("Authorization") == "Bearer ***"
    assert {name: headers[name.lower()] for name in request["headers"]} == request["headers"]
    assert (shown["dry_run"], shown["quote"]["usd_micros"]) == (True, 500_000)


def test_a_dry_run_for_people(run: Run) -> None:
    """The request as it would be sent, the key masked, then the quote; escaped characters are pointed out.

    50,000 x 5 = 250,000.
    """
    plain, odd = (run("submit", MODEL, f"prompt={text}", "--dry-run") for text in ("a cat", "a\u202ecat"))
    assert (plain.exit_code, plain.stderr) == (0, "")
    request, _, quote = plain.stdout.partition("\n\n{")
    assert request.splitlines()[:2] == [f"POST {BASE_URL}/v1/jobs/submit", "Authorization: Bearer ***"]
    body, _, quote = quote.partition("\n\n")
    assert body == '"input":{"duration":"5","prompt":"a cat"},"model":"' + MODEL + '"}'
    assert quote.startswith(f"$0.25  {MODEL}\n")
    assert "--json has the exact body" in odd.stdout
    assert run.api.requests == ()


def test_what_was_asked_for_is_sent(run: Run, tmp_path: Path) -> None:
    """The options fill the request; a file says it itself; what is measured is not sent."""
    hook = "https://example.com/hook"
    assert run("submit", MODEL, "prompt=a cat", "--webhook-url", hook, "--yes").exit_code == 0
    assert run.api.requests[-1].data["webhookUrl"] == hook
    file = tmp_path / "request.json"
    file.write_text(json.dumps([{"model": MODEL, "input": {"prompt": "a dog"}}]), encoding="utf-8")
    assert run("submit", "-f", str(file), "--yes").exit_code == 0
    assert run.api.requests[-1].data["input"]["prompt"] == "a dog"
    motion = "kling/kling-motion-create-v3/motion-transfer-to-video"
    addresses = ["image_url=https://example.com/1.jpg", "motion_video_url=https://example.com/1.mp4"]
    assert run("submit", motion, *addresses, "--yes").exit_code == 4
    assert run("submit", motion, *addresses, "--measured", "duration=5", "--yes").exit_code == 0
    assert "duration" not in run.api.requests[-1].data["input"]


# Nothing is spent by surprise


@pytest.mark.parametrize(("typed", "jobs"), [("y\n", 1), ("yes\n", 1), ("n\n", 0), ("\n", 0), ("?\nn\n", 0), ("", 0)])
def test_the_question(typed: str, jobs: int) -> None:
    """The price is shown before the question, both on standard error; anything but a yes sends nothing and exits 1."""
    run = Run(can_ask=True)
    result = run(*SUBMIT, stdin=typed)
    assert (len(run.api.jobs), result.exit_code) == (jobs, 1 - jobs)
    assert result.stderr.index(f"$0.25  {MODEL}") < result.stderr.index("Submit for $0.25? [y/N]:")
    # Some versions of click's runner write what is typed to standard output.
    assert ("job_00000001" in result.stdout) is bool(jobs)
    if not jobs:
        stdout = run(*SUBMIT, "--json", stdin=typed).stdout
        answer = json.loads(stdout[stdout.index("{") :])
        assert (answer["code"], answer["message"]) == ("not_confirmed", "nothing was sent")


def test_ctrl_c_at_the_question() -> None:
    """It says that nothing was sent; exit 130."""

    class Keyboard(BytesIO):
        def read1(self, _: int | None = -1) -> bytes:
            raise KeyboardInterrupt

    run = Run(can_ask=True)
    result = run(*SUBMIT, stdin=Keyboard())
    assert (result.exit_code, run.api.requests) == (130, ())
    assert result.stderr.endswith("error    interrupted  interrupted; nothing was sent\n")


def test_nobody_to_ask(run: Run) -> None:
    """Without a terminal and without --yes it is wrong usage, and nothing is sent."""
    result = run(*SUBMIT, stdin="y\n")
    assert (result.exit_code, result.stdout, run.api.requests) == (2, "", ())
    assert result.stderr.endswith("Error: stdin is not a terminal; pass --yes to submit without confirmation\n")


def test_another_address_is_named() -> None:
    """The question names an address that is not that of the API, and so does what is to be done next."""
    run = Run(can_ask=True)
    run.api.fail("timeout after", on="submit")
    result = run(*SUBMIT, stdin="y\n", RATECARD_BASE_URL="http://127.0.0.1:8000/")
    assert "Submit to http://127.0.0.1:8000 for $0.25? [y/N]" in result.stderr
    assert f"ratecard jobs --base-url http://127.0.0.1:8000 --model {MODEL}\n" in result.stderr


@pytest.mark.parametrize("extra", [(), ("--dry-run",)])
def test_an_invalid_request_is_not_sent(run: Run, extra: tuple[str, ...]) -> None:
    """Every problem is shown as `quote` shows it; exit 3."""
    args = (*SUBMIT, "durtion=5", "--yes", *extra)
    result = run(*args)
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr == run("quote", *args[1:4]).stderr
    assert data(run(*args, "--json"))["problems"][0]["code"] == "unknown_field"
    assert run.api.requests == ()


def test_bad_json_is_not_sent(run: Run) -> None:
    """A file that is not JSON is an invalid request."""
    result = run("submit", "-f", "-", "--yes", stdin="{")
    assert (result.exit_code, result.stderr.splitlines()[0].rpartition("  ")[2]) == (3, "(at -:1:2)")
    assert data(run("submit", "-f", "-", "--yes", "--json", stdin="{"))["code"] == "bad_json"


@pytest.mark.parametrize(("limit", "code"), [("0.25", 0), ("0.249999", 5), ("0", 5)])
def test_a_budget(limit: str, code: int) -> None:
    """At most --max-usd is spent, to the millionth of a dollar; a dry run says so too."""
    run = Run()
    result = run(*SUBMIT, "--yes", "--max-usd", limit)
    assert (result.exit_code, len(run.api.requests)) == (code, int(not code))
    dry_run = run(*SUBMIT, "--dry-run", "--max-usd", limit, "--json")
    assert dry_run.exit_code == code
    if code:
        message = f"over budget: $0.25 is more than --max-usd {limit}"
        assert message in result.stderr
        for refused in (dry_run, run(*SUBMIT, "--yes", "--max-usd", limit, "--json")):
            answer = data(refused)
            assert (answer["code"], answer["message"], answer["quote"]["usd_micros"]) == (
                "over_budget",
                message,
                MICROS,
            )


def dated_table(folder: Path, later: str) -> str:
    """Return a file with the table of an invented model that has another price from a minute after `START`."""
    second = table_text(later).partition("[[revision]]")[2]
    file = folder / "loop.toml"
    dated = f"[[revision]]\neffective = 2026-11-20T00:01:00+00:00{second}"
    file.write_text(table_text() + dated, encoding="utf-8")
    return str(file)


def test_the_price_of_this_instant(tmp_path: Path) -> None:
    """What holds from later on does not count yet, neither for the price nor for whether there is one."""
    file = dated_table(tmp_path, '[revision.price]\nunknown = "not announced"\n')
    args = ("submit", "acme/loop-1/text-to-video", "prompt=a cat", "--tables", file, "--dry-run", "--json")
    assert data(Run()(*args))["quote"]["usd_micros"] == 40_000
    assert Run(now=lambda: START + timedelta(minutes=1))(*args).exit_code == 4


@pytest.mark.parametrize(
    ("later", "code", "message"),
    [
        (PRICE.replace("10_000", "20_000"), 5, '(duration="4", sound=false) for $0.04; nothing was sent'),
        ('[revision.price]\nunknown = "gone"\n', 4, "price_unknown"),
    ],
)
def test_the_price_that_was_shown_is_paid(tmp_path: Path, later: str, code: int, message: str) -> None:
    """A price that changes between question and answer is not paid: 10,000 x 4 was shown, 20,000 x 4 is due."""
    instants = iter([START, *[START + timedelta(minutes=2)] * 9])
    run = Run(can_ask=True, now=lambda: next(instants))
    args = ("submit", "acme/loop-1/text-to-video", "prompt=a cat", "--tables", dated_table(tmp_path, later))
    result = run(*args, stdin="y\n")
    assert (result.exit_code, run.api.requests) == (code, ())
    assert message in result.stderr


def test_strict(run: Run) -> None:
    """With --strict a doubt about the request is an error, and it is not sent."""
    o3 = "kling-plus/kling-o3-standard/image-to-video"
    args = ("submit", o3, "image_url=https://example.com/cat.jpg", "multishot:=[{}]", "--yes")
    result = run(*args, "--strict")
    assert (result.exit_code, run.api.requests) == (3, ())
    lax = run(*args)
    assert (lax.exit_code, lax.stderr.partition("  ")[0]) == (0, "warning")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("submit", "-f", "-", "--yes"), "submit takes one request, not 2"),
        ((*SUBMIT, "--yes", "--timeout", "5"), "--timeout needs --wait"),
        (("job", "job_1", "--timeout", "5"), "--timeout needs --wait"),
        ((*SUBMIT, "--yes", "--wait", "--timeout", "0"), "'--timeout'"),
        ((*SUBMIT, "--yes", "--max-usd", "1e3"), "'--max-usd'"),
        ((*SUBMIT, "--yes", "--base-url", "http://example.com"), "https"),
        ((*SUBMIT, "--dry-run", "--base-url", "https://me:secret@example.com"), "'--base-url'"),
        (("job", ".."), "not a job ID"),
        (("job", ""), "not a job ID"),
        (("cancel", "job\n1"), "not a job ID"),
        (("jobs", "--status", "finished"), "'--status'"),
        (("jobs", "--limit", "0"), "'--limit'"),
        (("fake-api", "--balance-usd", "1e3"), "--balance-usd: expected dollars"),
        (("fake-api", "--port", "65536"), "'--port'"),
    ],
)
def test_wrong_usage(run: Run, args: tuple[str, ...], message: str) -> None:
    """What makes no sense exits with 2 and sends nothing."""
    result = run(*args, stdin="[{}, {}]")
    assert (result.exit_code, result.stdout, run.api.requests) == (2, "", ())
    assert message in result.stderr
    assert "secret" not in result.stderr


COMMANDS = [(*SUBMIT, "--yes"), ("job", "job_1"), ("cancel", "job_1"), ("jobs",)]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_the_key(command: tuple[str, ...]) -> None:
    """A key that is missing or cannot be sent is wrong usage, in a line that does not repeat it; no option takes it."""
    for key in (None, "", " "):
        result = Run(key=key)(*command)
        message = f"no key: set the environment variable {KEY_VARIABLE}"
        assert (result.exit_code, result.stderr) == (2, f"error    no_key  {message}\n")
        assert data(Run(key=key)(*command, "--json"))["message"] == message
    result = Run(key=f"{KEY} and more")(*command)
    assert (result.exit_code, result.stderr.startswith(f"error    bad_key  {KEY_VARIABLE} ")) == (2, True)
    assert "--key" not in Run()(command[0], "--help").stdout


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_without_the_extra(run: Run, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """The missing extra is named in one line, and as JSON; what needs no network works without it."""
    forget_clients(monkeypatch)
    monkeypatch.setitem(sys.modules, "httpx2", None)
    result = run(*command)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("error    missing_extra  ")
    assert 'pip install "ratecard[submit]"' in result.stderr
    assert data(run(*command, "--json"))["code"] == "missing_extra"
    assert run(*SUBMIT, "--dry-run").exit_code == 0


def forget_clients(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the clients be imported anew."""
    for name in [name for name in sys.modules if re.fullmatch(r"ratecard\.submit\._client", name)]:
        monkeypatch.delitem(sys.modules, name)


def test_another_missing_module(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module that is missing inside is not taken for a missing extra."""
    forget_clients(monkeypatch)
    monkeypatch.setitem(sys.modules, "ratecard.submit._http", None)
    with pytest.raises(AssertionError, match="_http"):
        run("jobs")


# What can go wrong


@pytest.mark.parametrize("micros", [50_000, -1])
def test_drift(run: Run, micros: int) -> None:
    """A charge that is not the quote is reported with the job; exit 9."""
    run.api.fail(overcharge(micros), times=2)
    result = run(*SUBMIT, "--yes")
    assert result.exit_code == 9
    assert result.stdout.startswith("job_00000001  pending")
    charged, drift = {50_000: ("$0.30", "$0.05"), -1: ("$0.249999", "-$0.000001")}[micros]
    assert f"  charged   {charged}\n  drift     {drift}\n" in result.stdout
    assert f"error    price_drift  job job_00000001 ({MODEL}) was charged {charged}, " in result.stderr
    answer = data(run(*SUBMIT, "--yes", "--json"))
    assert (answer["code"], answer["receipt"]["drift_micros"]) == ("price_drift", micros)
    assert answer["receipt"]["job_id"] == "job_00000002"


def test_a_charge_that_cannot_be_read(run: Run) -> None:
    """A whole number written as a float is read; text is not, and still the job is named and can be waited for."""
    run.api.fail("charge as float")
    assert run(*SUBMIT, "--yes").exit_code == 0
    run.api.fail("charge as text", times=2, on="submit")
    result = run(*SUBMIT, "--yes", "--wait")
    assert result.exit_code == 9
    assert result.stdout.startswith("job_00000002  pending")
    assert "  charged   unknown\n  drift     unknown\n" in result.stdout
    assert "job_00000002  completed" in result.stdout
    assert "error    unreadable_charge  job job_00000002 was created" in result.stderr
    receipt = data(run(*SUBMIT, "--yes", "--json"))["receipt"]
    assert (receipt["charged_micros"], receipt["charged_usd"], receipt["drift_micros"]) == (None, None, None)


@pytest.mark.parametrize("code", [code for code, status in STATUS_OF_CODE.items() if status < 500])
def test_every_documented_error(run: Run, code: str) -> None:
    """Each is shown with its status, its code and what to do; exit 6, and nothing was created."""
    run.api.fail(error(code, message="say\x1b[2J no"), times=9)
    result = run(*SUBMIT, "--yes")
    assert (result.exit_code, result.stdout, run.api.jobs) == (6, "", ())
    _, first, *hints = result.stderr.splitlines()
    assert first.startswith(f"error    {code.lower()}  {STATUS_OF_CODE[code]} {code}: say\\u001b[2J no (request req_")
    assert hints.pop() == "  no job was created, and nothing was charged"
    hint = HINTS.get(code.lower()) or HINTS.get(STATUS_OF_CODE[code])
    assert hints == ([f"  {hint}"] if hint else [])
    answer = data(run("jobs", "--json"))
    assert (answer["code"], answer["api"]["status"], answer["api"]["code"]) == (
        code.lower(),
        STATUS_OF_CODE[code],
        code,
    )
    assert answer["api"]["request_id"].startswith("req_")


@pytest.mark.parametrize("code", [code for code, status in STATUS_OF_CODE.items() if status >= 500])
def test_a_fault_of_the_api(run: Run, code: str) -> None:
    """After a 5xx nobody knows whether a job was created: 7; asking for jobs is tried again, then it is 6."""
    run.api.fail(error(code, processed=True))
    assert run(*SUBMIT, "--yes").exit_code == 7
    run.api.fail(code, on="jobs", times=9)
    result = run("jobs")
    assert (result.exit_code, f"error    {code.lower()}  {STATUS_OF_CODE[code]} {code}" in result.stderr) == (6, True)


def test_a_retry_is_logged_once(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    """By the submitter alone: what stamina logs of it would be on the standard error of people."""
    caplog.set_level("INFO")
    run.api.fail("INTERNAL_ERROR", on="jobs")
    assert run("jobs").exit_code == 0
    assert [record.name for record in caplog.records if record.name != "httpx2"] == ["ratecard.submit"]


@pytest.mark.parametrize(("status", "hinted"), [(401, True), (403, True), (418, False), (500, False)])
def test_an_undocumented_error(status: int, *, hinted: bool) -> None:
    """What to do depends on its status, and its details are shown, numbers exactly."""
    body = b'{"error": {"code": "NEW", "message": "no", "details": {"max": 1.50, "a": [true, null]}}}'
    run = Run(transport=httpx2.MockTransport(lambda _: httpx2.Response(status, content=body)))
    first, *hints = run("jobs").stderr.splitlines()
    assert first == f"error    api_error  {status} NEW: no"
    assert hints[0] == '  details: {"max": "1.50", "a": [true, null]}'
    assert hints[1:] == ([f"  {HINTS[status]}"] if hinted else [])
    assert data(run("jobs", "--json"))["api"]["details"] == {"max": "1.50", "a": [True, None]}


@pytest.mark.parametrize("fault", ["timeout after", "garbage", error("INTERNAL_ERROR", processed=True)])
def test_uncertain(run: Run, fault: Any) -> None:
    """It says that a job may have been created, when, how to look for it, and which it may be; sent once; exit 7."""
    run.api.fail(fault)
    result = run(*SUBMIT, "--yes")
    assert (result.exit_code, result.stdout) == (7, "")
    assert (
        f"a job of {MODEL} may have been created and charged ($0.25) since 2026-11-20T00:00:00+00:00: " in result.stderr
    )
    assert f"do not just send it again; {LOOK}" in result.stderr
    listed = result.stderr.partition("  these jobs may be it:\n")[2].splitlines()
    assert [line.split("\t")[0] for line in listed if line] == ["job", "job_00000001"]
    assert [request.method for request in run.api.requests] == ["POST", "GET"]


def test_uncertain_as_json(run: Run) -> None:
    """The attempt and the candidates as data; an empty list where there is none."""
    run.api.fail("timeout before")
    answer = data(run(*SUBMIT, "--yes", "--json"))
    assert (answer["code"], answer["candidates"]) == ("submission_uncertain", [])
    attempt = answer["attempt"]
    assert (attempt["model"], attempt["quoted_micros"], attempt["quoted_usd"]) == (MODEL, MICROS, "0.25")
    assert datetime.fromisoformat(attempt["started"]) == START.astimezone(UTC)
    assert attempt.keys() == {"model", "quoted_micros", "quoted_usd", "started", "ended", "cause", "digest", "hold_key"}
    assert attempt["digest"] == data(run(*SUBMIT, "--dry-run", "--json"))["request"]["digest"]
    run.api.fail("timeout after")
    (found,) = data(run(*SUBMIT, "--yes", "--json"))["candidates"]
    assert found["job_id"] == "job_00000001"


def test_uncertain_and_nothing_found(run: Run) -> None:
    """An empty list is no proof; a list that cannot be read, or an interruption, is reported; the exit code stays 7."""
    run.api.fail("timeout before", times=2, on="submit")
    assert "no job that may be it is listed" in run(*SUBMIT, "--yes").stderr
    run.api.fail("USER_BANNED", on="jobs", times=9)
    result = run(*SUBMIT, "--yes")
    assert result.exit_code == 7
    assert "  the list could not be read completely: " in result.stderr
    run.api.clear_faults()
    run.api.fail("timeout before")
    hook = Hook(run.api, lambda request: request.method == "GET", before=press_ctrl_c)
    result = Run(api=run.api, transport=hook)(*SUBMIT, "--yes", "--json")
    assert (result.exit_code, data(result)["candidates"]) == (7, [])
    assert "error    interrupted  interrupted while looking for the job\n" in result.stderr


# Interruptions


@pytest.mark.parametrize("moment", ["before", "after"])
def test_interrupted_while_sending(run: Run, moment: str) -> None:
    """Ctrl-C while the request is on its way: a job may have been created; exit 7."""
    hook = Hook(run.api, before=press_ctrl_c) if moment == "before" else Hook(run.api, after=press_ctrl_c)
    result = Run(api=run.api, transport=hook)(*SUBMIT, "--yes")
    assert (result.exit_code, result.stdout, len(run.api.jobs)) == (7, "", int(moment == "after"))
    assert "error    submission_uncertain  a job of " in result.stderr
    assert " may have been created and charged ($0.25) since 2026-11-20T00:00:00+00:00: interrupted\n" in result.stderr
    assert LOOK in result.stderr


def test_interrupted_between_two_attempts(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C in the pause after a refused connection: it says that nothing was sent; exit 130."""
    run.api.fail("refuse")
    monkeypatch.setattr("time.sleep", press_ctrl_c)
    result = run(*SUBMIT, "--yes")
    assert (result.exit_code, run.api.jobs) == (130, ())
    assert result.stderr == f"{SUBMITTING}error    interrupted  interrupted; nothing was sent\n"


def test_interrupted_after_the_answer(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C when the answer has named the job: both streams name it too, and how to wait for it; exit 130."""

    def submit(_: object, planned: Plan, **__: object) -> None:
        interruption: Any = KeyboardInterrupt()
        interruption.attempt = Attempt(plan=planned, started=START, job_id="job_7")
        raise interruption

    monkeypatch.setattr("ratecard.submit.Client.submit", submit)
    result = run(*SUBMIT, "--yes", "--json")
    assert (result.exit_code, data(result)["receipt"]) == (130, {"job_id": "job_7"})
    assert result.stderr == (
        f"{SUBMITTING}created job_7\n"
        "error    interrupted  interrupted; job job_7 is still running\n"
        "  to wait for it: ratecard job --wait job_7\n"
    )


def test_interrupted_while_an_error_is_handled(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C when the submitter is about to report that a job may exist: so does the command; exit 7."""

    def submit(*_: object, **__: object) -> None:
        try:
            raise ApiError("lost")
        finally:
            press_ctrl_c()

    monkeypatch.setattr("ratecard.submit.Client.submit", submit)
    result = run(*SUBMIT, "--yes")
    assert (result.exit_code, "nothing was sent" in result.stderr) == (7, False)


@pytest.mark.parametrize("faults", [(), ("timeout after",)])
def test_interrupted_anywhere(faults: tuple[str, ...]) -> None:
    """Wherever Ctrl-C arrives, a job that exists is named or reported as possible, without a traceback."""
    total = interrupted_at(-1, *faults)[2]
    for line in range(0, total, max(1, total // 40)):
        result, jobs, _ = interrupted_at(line, *faults)
        assert result.exit_code in {0, 7, 130}, line
        named = "job_00000001" in result.stdout + result.stderr
        possible = "may have been created" in result.stderr
        assert named or possible or not jobs, (line, result.stderr)
        assert ("nothing was sent" in result.stderr) <= (jobs == 0), line
        assert (result.exit_code == 7) == possible, (line, result.stderr)
        assert json.loads(result.stdout)["ok"] is (result.exit_code == 0), line


def interrupted_at(line: int, *faults: str) -> tuple[Result, int, int]:
    """Press Ctrl-C at a line of the commands or the submitter; return the result, the jobs, and the lines in all."""
    lines = 0

    def trace(frame: Any, event: str, _: object) -> Any:
        nonlocal lines
        if not re.search(r"ratecard/(_cli/_job_actions|submit/_\w+)\.py$", frame.f_code.co_filename):
            return None
        if event == "line" and (lines or frame.f_code.co_name == "submit"):
            if lines == line:
                signal.raise_signal(signal.SIGINT)
            lines += 1
        return trace

    run, usual = Run(), sys.gettrace()
    for fault in faults:
        run.api.fail(fault)
    sys.settrace(trace)
    try:
        result = run(*SUBMIT, "--yes", "--json")
    finally:
        sys.settrace(usual)
    return result, len(run.api.jobs), lines


def test_a_second_interruption_at_the_end() -> None:
    """When a command ends, the first one is dropped; the second one does not wait for a stream that blocks."""
    with _signals.guarded() as guard:
        guard.holds_next = True
        signal.raise_signal(signal.SIGTERM)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_signals(name: str) -> None:
    """They interrupt as Ctrl-C does, unless they are ignored; afterwards they are as they were."""
    number = getattr(signal, name, None)
    if number is None:
        pytest.skip("this platform has no such signal")
    usual = signal.signal(number, signal.SIG_DFL)
    try:
        with _signals.guarded(), pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)
        assert signal.getsignal(number) == signal.SIG_DFL
        signal.signal(number, signal.SIG_IGN)
        with _signals.guarded():
            signal.raise_signal(number)
    finally:
        signal.signal(number, usual)


def test_interrupted_while_asking(run: Run) -> None:
    """Ctrl-C exits with 130 there too; for a cancellation it shows how to see whether it worked."""
    impatient = Run(api=run.api, transport=Hook(run.api, before=press_ctrl_c))
    for command in (["job", "job_1"], ["jobs"]):
        result = impatient(*command)
        assert (result.exit_code, result.stderr) == (130, "error    interrupted  interrupted\n")
    result = impatient("cancel", "job_1")
    assert result.exit_code == 130
    assert result.stderr == "error    interrupted  interrupted; the job may have been cancelled: ratecard job job_1\n"


def test_standard_error_that_cannot_be_written_to(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """It does not keep the job from being named on standard output."""

    def echo(text: str, *, err: bool = False) -> None:
        if err:
            raise OSError(28, "No space left on device")
        usual(text)

    usual = click.echo
    monkeypatch.setattr("click.echo", echo)
    result = run(*SUBMIT, "--yes", "--wait")
    assert (result.exit_code, result.stdout.count("job_00000001")) == (0, 3)


# Waiting


def test_wait(run: Run) -> None:
    """Through its life to its result: pending at once, then each look that shows something new, then the output."""
    result = run(*SUBMIT, "--yes", "--wait")
    assert result.exit_code == 0
    assert result.stderr.splitlines()[1:] == [
        "created job_00000001",
        "waiting for job_00000001, processing time: about 4 min",
        "job_00000001 is pending, 0 %",
        "job_00000001 is processing, 50 %",
        "job_00000001 is completed, 100 %",
    ]
    receipt, _, ended = result.stdout.partition("\njob_00000001  completed\n")
    assert "  drift     none\n" in receipt
    assert ended == (
        "  progress  100 %\n"
        "  output    https://example.com/results/job_00000001.mp4\n"
        "  created   2026-11-20T00:00:00+00:00\n"
        "  ended     2026-11-20T00:01:00+00:00\n"
    )
    answer = data(run(*SUBMIT, "--yes", "--wait", "--json"))
    assert (answer["receipt"]["status"], answer["job"]["status"]) == ("pending", "completed")
    assert answer["job"]["outputs"] == ["https://example.com/results/job_00000002.mp4"]


def test_wait_for_a_job(run: Run) -> None:
    """`job --wait` waits in the same way; the processing time is not known."""
    run(*SUBMIT, "--yes")
    result = run("job", "job_00000001", "--wait")
    assert (result.exit_code, result.stderr.splitlines()[0]) == (0, "waiting for job_00000001")
    assert data(run("job", "job_00000001", "--wait", "--json"))["job"]["status"] == "completed"


def test_a_job_that_fails(run: Run) -> None:
    """It says why, and that the job is refunded; exit 8. So does a job that is cancelled meanwhile."""
    run.api.fail(job_failure("NO_CAT", "no\x07cat"))
    result = run(*SUBMIT, "--yes", "--wait")
    assert result.exit_code == 8
    assert "job_00000001  failed\n" in result.stdout
    assert "  error     NO_CAT\n  because   no\\u0007cat\n" in result.stdout
    assert "error    job_failed  NO_CAT: job job_00000001 failed: no" in result.stderr
    assert "  the API refunds jobs that failed or were cancelled\n" in result.stderr
    assert run("job", "job_00000001").exit_code == 0
    assert data(run("job", "job_00000001", "--wait", "--json"))["job"]["error_code"] == "NO_CAT"
    run(*SUBMIT, "--yes")
    run.api.finish("job_00000002", "cancelled")
    answer = data(run("job", "job_00000002", "--wait", "--json"))
    assert (answer["code"], answer["job"]["status"]) == ("job_cancelled", "cancelled")


def test_a_wait_that_takes_too_long(run: Run) -> None:
    """The job is still running, and the command that waits for it is shown; exit 10, or 9 after another charge."""
    result = run(*SUBMIT, "--yes", "--wait", "--timeout", "10")
    assert result.exit_code == 10
    assert "error    wait_timeout  job job_00000001 " in result.stderr
    assert "  the job is still running\n  to wait for it: ratecard job --wait job_00000001\n" in result.stderr
    run.api.fail(overcharge(1))
    result = run(*SUBMIT, "--yes", "--wait", "--timeout", "10", "--json")
    assert (result.exit_code, data(result)["code"]) == (9, "price_drift")
    assert "error    wait_timeout" in result.stderr


def test_a_wait_that_the_api_ends(run: Run) -> None:
    """A refusal ends the wait with 6, and it says how to continue."""
    run.api.fail("API_KEY_EXPIRED", on="job")
    result = run(*SUBMIT, "--yes", "--wait")
    assert result.exit_code == 6
    assert result.stderr.endswith("to wait for it: ratecard job --wait job_00000001\n")


def test_interrupted_while_waiting(run: Run) -> None:
    """Ctrl-C: the job is named, and how to continue; exit 130, and with --json the receipt is there all the same."""
    impatient = Run(api=run.api, sleep=press_ctrl_c)
    result = impatient(*SUBMIT, "--yes", "--wait")
    assert result.exit_code == 130
    assert result.stderr.endswith(
        "error    interrupted  interrupted; job job_00000001 is still running\n"
        "  to wait for it: ratecard job --wait job_00000001\n"
    )
    answer = data(impatient(*SUBMIT, "--yes", "--wait", "--json"))
    assert (answer["code"], answer["receipt"]["job_id"]) == ("interrupted", "job_00000002")


# Looking at jobs


def test_a_job(run: Run) -> None:
    """A pending job as it is, for people and as data."""
    run(*SUBMIT, "--yes")
    result = run("job", "job_00000001")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == "job_00000001  pending\n  progress  0 %\n  created   2026-11-20T00:00:00+00:00\n"
    assert data(run("job", "job_00000001", "--json")) == {
        "ok": True,
        "job": {
            "job_id": "job_00000001",
            "status": "pending",
            "progress": 0,
            "model": None,
            "outputs": [],
            "error_code": None,
            "error_message": None,
            "created_at": "2026-11-20T00:00:00+00:00",
            "completed_at": None,
        },
    }
    assert data(run("job", "none", "--json"))["code"] == "job_not_found"


def test_a_job_that_says_little() -> None:
    """What an answer leaves out is left out."""
    assert [*described(job_data(Job(job_id="j", status="new")))] == [("j  new", "bold")]
    job = Job(job_id="j", status="completed", outputs=("https://example.com/1",))
    lines = [text for text, _ in described(job_data(job))]
    assert lines == ["j  completed", "  output    https://example.com/1"]


def test_cancel(run: Run) -> None:
    """What is refunded is shown; a second time it is refused."""
    run(*SUBMIT, "--yes")
    result = run("cancel", "job_00000001")
    assert (result.exit_code, result.stdout) == (0, "job_00000001  cancelled\n  refunded  $0.25\n")
    assert run.api.refunded_micros == MICROS
    again = run("cancel", "job_00000001")
    assert (again.exit_code, "only pending jobs can be cancelled" in again.stderr) == (6, True)
    run(*SUBMIT, "--yes")
    answer = data(run("cancel", "job_00000002", "--json"))
    assert answer["cancellation"] == {
        "job_id": "job_00000002",
        "status": "cancelled",
        "refunded_micros": MICROS,
        "refunded_usd": "0.25",
    }
    body = b'{"jobId": "job_1", "status": "cancelled"}'
    silent = Run(transport=httpx2.MockTransport(lambda _: httpx2.Response(200, content=body)))
    assert silent("cancel", "job_1").stdout == "job_1  cancelled\n  refunded  unknown\n"


@pytest.fixture(scope="module")
def busy() -> FakeApi:
    """Return a fake with 150 jobs of two models, the first of them cancelled."""
    api = fake(balance_usd="1000")
    for number in range(150):
        model = MODEL if number % 2 else "kling/kling-text2video-v25/text-to-video"
        body = json.dumps({"model": model, "input": {"prompt": "a cat"}}).encode()
        api.answer("POST", "/v1/jobs/submit", {"Authorization": f"Bearer {KEY}"}, body)
    api.finish("job_00000001", "cancelled")
    return api


@pytest.mark.parametrize(("args", "count", "more"), [
    ((), 20, True),
    (("--limit", "101"), 101, True),
    (("--limit", "149"), 149, True),
    (("--limit", "150"), 150, False),
    (("--limit", "1000"), 150, False),
    (("--model", MODEL, "--limit", "75"), 75, False),
    (("--status", "cancelled"), 1, False),
    (("--status", "failed"), 0, False),
])  # fmt: skip
def test_jobs(busy: FakeApi, args: tuple[str, ...], count: int, more: bool) -> None:  # noqa: FBT001  a column of the table
    """Over all pages, newest first, at most as many as asked for, and it says if there are more."""
    run = Run(api=busy)
    answer = data(run("jobs", *args, "--json"))
    names = [job["job_id"] for job in answer["jobs"]]
    assert (len(names), answer["more"]) == (count, more)
    assert names == sorted(set(names), reverse=True)
    result = run("jobs", *args)
    rows = result.stdout.splitlines()
    assert [row.split("\t")[0] for row in rows] == ["job", *names][: 1000 * len(names)]
    assert ("there are more" in result.stderr, result.stderr == "no jobs match\n") == (more, not count)


def test_columns_of_jobs(busy: FakeApi) -> None:
    """A row has the name, the status, how far it got, the model and the times."""
    header, row = Run(api=busy)("jobs", "--status", "cancelled").stdout.splitlines()
    assert header.split("\t") == ["job", "status", "progress", "model", "created", "ended"]
    model, at = "kling/kling-text2video-v25/text-to-video", "2026-11-20T00:00:00+00:00"
    assert row.split("\t") == ["job_00000001", "cancelled", "0 %", model, at, at]


def test_a_list_that_breaks_off(busy: FakeApi) -> None:
    """The jobs of the pages that could be read are listed; exit 6."""
    hook = Hook(busy, lambda request: "cursor" in str(request.url), before=partial(busy.fail, "USER_BANNED", on="jobs"))
    run = Run(api=busy, transport=hook)
    answer = data(run("jobs", "--limit", "150", "--json"))
    assert (answer["code"], len(answer["jobs"])) == ("user_banned", 100)
    result = run("jobs", "--limit", "150")
    assert (result.exit_code, len(result.stdout.splitlines())) == (6, 101)
    busy.clear_faults()


# The fake API


@pytest.fixture
def three_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Press Ctrl-C at the third look of a wait; no look may be far from the last one.

    A signal that arrives just before a wait begins does not end that wait, so an endless one could miss it.
    """
    looks: list[float] = []

    def sleep(seconds: float) -> None:
        assert seconds < 1
        looks.append(seconds)
        if looks[2:]:
            raise KeyboardInterrupt

    monkeypatch.setattr("time.sleep", sleep)


@pytest.mark.usefixtures("three_looks")
def test_fake_api() -> None:
    """It serves until Ctrl-C, and then shows its books."""
    result = Run()("fake-api", "--balance-usd", "2")
    assert result.exit_code == 0
    address, books = result.stdout.splitlines()
    assert address.startswith("http://127.0.0.1:")
    assert books == "0 jobs, charged $0.00, refunded $0.00, balance $2.00"


@pytest.mark.usefixtures("three_looks")
def test_what_fake_api_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    """One line for each request, without its key; standard error that is gone does not stop it."""
    monkeypatch.setattr("ratecard._cli._jobs._introduce", lambda address: ask(address, 401))
    result = Run()("fake-api")
    assert result.stderr == "GET /v1/jobs  401 INVALID_API_KEY\n"
    monkeypatch.setattr("click.echo", lambda _, *, err=False: broken_pipe() if err else None)
    assert Run()("fake-api").exit_code == 0


def ask(address: str, status: int) -> None:
    """Ask a fake for its jobs."""
    assert httpx2.get(f"{address}/v1/jobs", headers={"Authorization": f"Bearer {KEY}"}).status_code == status


def broken_pipe() -> None:
    """Write to a closed pipe."""
    raise BrokenPipeError


def test_a_port_that_is_taken(run: Run) -> None:
    """One line says so; exit 2."""
    with fake().serve() as address:
        port = address.rpartition(":")[2]
        result = run("fake-api", "--port", port)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"cannot listen on port {port}: ")
    assert result.stderr.count("\n") == 1


def test_fake_api_without_its_extra(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is named in one line; exit 1."""
    monkeypatch.delitem(sys.modules, "ratecard.testing._server", raising=False)
    monkeypatch.setitem(sys.modules, "h11", None)
    result = run("fake-api")
    assert (result.exit_code, result.stderr) == (1, 'FakeApi.serve needs h11: pip install "ratecard[testing]"\n')


def test_nobody_listens() -> None:
    """A refused connection is reported, and that nothing was created; exit 6."""
    with fake().serve() as address:
        pass
    result = cli_runner.run(*SUBMIT, "--yes", "--base-url", address, env={KEY_VARIABLE: KEY})
    assert (result.exit_code, result.stdout) == (6, "")
    assert result.stderr.splitlines()[1].startswith("error    no_answer  no answer: ConnectError")
    assert result.stderr.splitlines()[2:] == [
        "  check the network and --base-url",
        "  no job was created, and nothing was charged",
    ]


# What comes from outside


HOSTILE = "\x1b]0;x\x07[bold]\u202e; rm -rf ~"


@pytest.mark.parametrize("command", [*COMMANDS, (*SUBMIT, "--yes", "--wait", "--timeout", "5")])
@pytest.mark.parametrize("status", [200, 400, 500])
def test_a_hostile_server(command: tuple[str, ...], status: int) -> None:
    """Nothing that the server says moves a cursor or ends a line (`Run` looks at everything), or is a command."""
    entry = {
        "jobId": "$(rm -rf ~)", "requestId": HOSTILE, "status": HOSTILE, "model": HOSTILE, "costMicroCents": HOSTILE,
        "progress": -5, "output": HOSTILE, "outputs": [{"url": HOSTILE, "type": HOSTILE}],
        "error": {"code": HOSTILE, "message": HOSTILE, "details": {HOSTILE: HOSTILE}}, "createdAt": HOSTILE,
    }  # fmt: skip
    body = json.dumps({**entry, "jobs": [entry], "hasMore": False}).encode()
    run = Run(transport=httpx2.MockTransport(lambda _: httpx2.Response(status, content=body)))
    result = run(*command)
    assert result.exit_code in {0, 6, 7, 9}
    assert "--wait" not in result.stderr or "'$(rm -rf ~)'" in result.stderr
    json.loads(run(*command, "--json").stdout)


@given(st.text(min_size=1).filter(lambda text: "\0" not in text))
def test_the_next_command_is_ready_for_a_shell(job_id: str) -> None:
    """Whatever a job is called, the command that is shown has its name as one word, and not as an option."""
    for base_url in (BASE_URL, "https://example.com/api"):
        words = shlex.split(command_line(base_url, "job", "--wait", job_id=job_id))
        assert words[:2] == ["ratecard", "job"]
        assert words.count("--wait") == 1 + (job_id == "--wait")
        assert job_id in words
        assert not job_id.startswith("-") or words[-2:] == ["--", job_id]
        assert ("--base-url" in words) is (base_url != BASE_URL or job_id == "--base-url")
    assert command_line(BASE_URL, "jobs") == "ratecard jobs"


def test_a_job_whose_name_looks_like_an_option(run: Run) -> None:
    """The command that is shown for it asks for it, and nothing else."""
    assert run(*shlex.split(command_line(BASE_URL, "job", "--wait", job_id="--help"))[1:]).exit_code == 6
    assert run.api.requests[-1].target == "/v1/jobs/--help"


def test_without_signals_of_pipes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no SIGPIPE, there is nothing to be done about it."""
    monkeypatch.delattr("signal.SIGPIPE", raising=False)
    _output.outlive_connections()


# A ledger


def test_ledger(run: Run, tmp_path: Path) -> None:
    """A price is held, and settled with the charge; what is over the limit, or was sent before, is not sent."""
    file = str(tmp_path / "spend.db")
    spend = (*SUBMIT, "--yes", "--ledger", file, "--hold-key")
    missing = run(*spend, "a")
    assert (missing.exit_code, "give a limit to create it; nothing was sent" in missing.stderr) == (2, True)
    created = run("ledger", file, "--limit-usd", "0.30")
    assert created.stdout == "of the limit of $0.30, $0.30 is available ($0.00 held, $0.00 settled)\n"
    assert run(*spend, "a").exit_code == 0
    again, over = run(*spend, "a", "--json"), run(*spend, "b", "--json")
    assert (again.exit_code, data(again)["code"]) == (2, "ledger_error")
    assert (over.exit_code, data(over)["code"]) == (5, "over_limit")
    assert len(run.api.jobs) == 1
    assert run(*SUBMIT, "--yes", "--hold-key", "a").exit_code == 2


def test_ledger_of_a_lost_job(run: Run, tmp_path: Path) -> None:
    """Its price stays held until the command `ledger` settles or releases it."""
    file = str(tmp_path / "spend.db")
    run("ledger", file, "--limit-usd", "0.5")
    for key in ("a", "b"):
        run.api.fail("timeout after", on="submit")
        lost = run(*SUBMIT, "--yes", "--ledger", file, "--hold-key", key)
        assert (lost.exit_code, f"stays held as {key}" in lost.stderr) == (7, True)
    shown = data(run("ledger", file, "--json"))
    assert [(hold["key"], hold["state"], hold["held_micros"]) for hold in shown["holds"]] == [
        ("a", "sent", MICROS),
        ("b", "sent", MICROS),
    ]
    assert shown["available_usd"] == "0.00"
    ended = run("ledger", file, "--settle", "a", "0.25", "--release", "b", "--limit-usd", "1", "--format", "csv")
    assert ended.stdout == "key,state,price,model,created\n"
    assert data(run("ledger", file, "--json"))["settled_micros"] == MICROS
    for wrong in (("--settle", "a", "0.3"), ("--release", "c"), ("--limit-usd", "0.5"), ("--limit-usd", "lots")):
        result = run("ledger", file, *wrong, "--json")
        assert (result.exit_code, data(result)["code"]) == (2, "ledger_error")
