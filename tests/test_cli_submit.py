"""The commands that talk to the API, in one process, against the fake: what they send, say, and exit with."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from inspect import signature
from pathlib import Path
from typing import Any

import httpx
import pytest
from attrs import field, frozen
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

import ratecard
import ratecard.submit
from invented import PRICE, table_text
from ratecard._api import BASE_URL, KEY_VARIABLE, STATUS_OF_CODE
from ratecard._cli import _output
from ratecard._cli._answers import Exit
from ratecard._cli._commands import cli
from ratecard._cli._job_words import NEXT_STEP, follow_up, job_lines, plain_json, wait_for
from ratecard._cli._jobs import Surroundings
from ratecard.submit import ERROR_OF_CODE, ApiError, Job, PriceDrift, SubmissionUncertain, UnreadableCharge
from ratecard.submit._wire import Repeated
from ratecard.testing import (
    CHARGE_AS_FLOAT,
    CHARGE_AS_TEXT,
    GARBAGE,
    REFUSE,
    START,
    TIMEOUT_AFTER,
    TIMEOUT_BEFORE,
    FakeApi,
    error,
    job_failure,
    overcharge,
)

KEY = "pb_example_do_not_show"
MODEL = "kling-plus/kling-o1-standard/text-to-video"
SUBMIT = ("submit", MODEL, "prompt=a cat")
MICROS = 250_000  # five seconds of it, by its page: 50,000 x 5
LOOK = f"look for it first: ratecard jobs --model {MODEL}\n"
SPLIT: dict[str, Any] = {"mix_stderr": False} if "mix_stderr" in signature(CliRunner).parameters else {}


def fake(**options: Any) -> FakeApi:
    """Return a fake whose jobs take a minute in all, on the clock of the tests."""
    return FakeApi(**{"keys": KEY, "now": START, "seconds_pending": 20, "seconds_processing": 40, **options})


@frozen
class Fault(httpx.BaseTransport):
    """Does something before or after a request reaches the fake; `when` says for which."""

    api: FakeApi
    when: Callable[[httpx.Request], bool]
    before: Callable[[], object] = bool
    after: Callable[[], object] = bool

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Pass the request on."""
        chosen = self.when(request)
        _ = chosen and self.before()
        answer = self.api.transport().handle_request(request)
        _ = chosen and self.after()
        return answer


def interrupt() -> None:
    """Press Ctrl-C."""
    raise KeyboardInterrupt


@frozen
class Run:
    """Runs the command line against a fake whose clock moves when the client sleeps."""

    api: FakeApi = field(factory=fake)
    can_ask: bool = False
    key: str | None = KEY
    client: dict[str, Any] = field(factory=dict)

    def now(self) -> datetime:
        """Return the instant of the fake."""
        return self.api.now

    def monotonic(self) -> float:
        """Return the seconds since its start."""
        return (self.api.now - START).total_seconds()

    def __call__(self, *args: str, stdin: str | None = None, **variables: str | None) -> Result:
        """Run one command as in a pipe; the key is nowhere in what it says."""
        client = {
            "transport": self.api.transport(),
            "now": self.now,
            "monotonic": self.monotonic,
            "sleep": self.api.advance,
            "random": lambda: 0.5,
            **self.client,
        }
        surroundings = Surroundings(can_ask=partial(bool, self.can_ask), client=client)
        environment = {KEY_VARIABLE: self.key, "RATECARD_BASE_URL": None, **variables}
        runner = CliRunner(**SPLIT, env=environment)
        result = runner.invoke(cli, args, input=stdin, obj=surroundings, prog_name="ratecard")
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        assert KEY not in result.stdout + result.stderr
        assert (result.stdout + result.stderr).replace("\n", "").replace("\t", "").isprintable()
        return result


def data(result: Result) -> Any:
    """Return the JSON on standard output; a float there would be a fault, and `ok` goes with the exit code."""

    def refuse(text: str) -> float:
        raise AssertionError(f"a float in the output: {text}")

    answer = json.loads(result.stdout, parse_float=refuse)
    assert answer["ok"] is (result.exit_code == 0)
    return answer


@pytest.fixture
def run() -> Run:
    """Return what runs commands against a fake."""
    return Run()


# What submit says and sends


def test_a_receipt(run: Run) -> None:
    """The job's name comes first, on standard error as well; then what was quoted and charged."""
    result = run(*SUBMIT, "--yes")
    assert (result.exit_code, result.stderr) == (0, "created job_00000001\n")
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
    answer = data(run(*SUBMIT, "--yes", "--json"))
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


@given(st.text(min_size=1, max_size=30).filter(lambda text: max(text) < "\ud800"))
def test_a_dry_run_shows_what_would_be_sent(prompt: str) -> None:
    """Method, address, headers and body of a dry run are those that arrive; it sends nothing and needs no key."""
    run = Run()
    args = ("submit", MODEL, f"prompt:={json.dumps(prompt)}", "duration=10")
    shown = data(Run(api=run.api, key=None)(*args, "--dry-run", "--json"))
    assert [*run.api.requests] == []
    assert run(*args, "--yes").exit_code == 0
    arrived = run.api.requests[-1]
    headers = dict(arrived.headers)
    request = shown["request"]
    assert (request["method"], request["url"]) == (arrived.method, BASE_URL + arrived.target)
    assert request["body"].encode() == arrived.body
    assert request["headers"].pop("Authorization") == "Bearer ***"
    assert {name: headers[name.lower()] for name in request["headers"]} == request["headers"]
    assert (shown["dry_run"], shown["quote"]["usd_micros"]) == (True, 500_000)


def test_a_dry_run_for_people(run: Run) -> None:
    """The request as it would be sent, the key masked, then the quote; a body with odd characters is said to have them.

    50,000 x 5 = 250,000.
    """
    plain, odd = (run("submit", MODEL, f"prompt={text}", "--dry-run") for text in ("a cat", "a\u202ecat"))
    assert (plain.exit_code, plain.stderr) == (0, "")
    assert plain.stdout.splitlines()[:9] == [
        f"POST {BASE_URL}/v1/jobs/submit",
        "Authorization: Bearer ***",
        "Accept: application/json",
        "Accept-Encoding: identity",
        "Content-Type: application/json",
        "",
        '{"input":{"duration":"5","prompt":"a cat"},"model":"' + MODEL + '"}',
        "",
        f"$0.25  {MODEL}",
    ]
    assert "--json has them as they would be sent" in odd.stderr
    assert run.api.requests == ()


def test_what_was_asked_for_is_sent(run: Run, tmp_path: Path) -> None:
    """The options fill the request; a file says it itself; what is measured is not sent."""
    hook = "https://example.com/hook"
    sent = run("submit", MODEL, "prompt=a cat", "--webhook-url", hook, "--model-version", "1.0", "--yes")
    assert sent.exit_code == 0
    assert "warning  version_pinned" in sent.stderr
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


@pytest.mark.parametrize(
    ("typed", "jobs"), [("y\n", 1), ("yes\n", 1), ("n\n", 0), ("\n", 0), ("perhaps\nn\n", 0), ("", 0)]
)
def test_the_question(typed: str, jobs: int) -> None:
    """The price is shown before the question, both on standard error; anything but a yes sends nothing and exits 1."""
    run = Run(can_ask=True)
    result = run(*SUBMIT, stdin=typed)
    assert (len(run.api.jobs), result.exit_code) == (jobs, 1 - jobs)
    assert result.stderr.index(f"$0.25  {MODEL}") < result.stderr.index("Submit for $0.25? [y/N]:")
    assert result.stdout.startswith("job_00000001") is bool(jobs)


def test_a_no_is_an_answer_too() -> None:
    """With --json a no is told as JSON."""
    answer = data(Run(can_ask=True)(*SUBMIT, "--json", stdin="n\n"))
    assert (answer["code"], answer["message"]) == ("not_confirmed", "nothing was sent")


def test_nobody_to_ask(run: Run) -> None:
    """Without a terminal and without --yes it is wrong usage, and nothing is sent."""
    result = run(*SUBMIT, stdin="y\n")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.endswith(
        "Error: nobody can be asked: standard input is no terminal; --yes spends without a question\n"
    )
    assert run.api.requests == ()


def test_another_address_is_named() -> None:
    """The question names an address that is not that of the API, and so does what is to be done next."""
    run = Run(can_ask=True)
    run.api.fail(TIMEOUT_AFTER, on="submit")
    result = run(*SUBMIT, stdin="y\n", RATECARD_BASE_URL="http://127.0.0.1:8000/")
    assert "Submit to http://127.0.0.1:8000 for $0.25? [y/N]" in result.stderr
    assert f"ratecard jobs --model {MODEL} --base-url http://127.0.0.1:8000\n" in result.stderr


@pytest.mark.parametrize("extra", [(), ("--dry-run",)])
def test_an_invalid_request_is_not_sent(run: Run, extra: tuple[str, ...]) -> None:
    """Every problem is told as `quote` tells it; exit 3."""
    args = (*SUBMIT, "durtion=5", "--yes", *extra)
    result = run(*args)
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr == run("quote", *args[1:4]).stderr
    assert data(run(*args, "--json"))["problems"][0]["code"] == "unknown_field"
    assert run.api.requests == ()


def test_bad_json_is_not_sent(run: Run) -> None:
    """A file that is no JSON is an invalid request."""
    result = run("submit", "-f", "-", "--yes", stdin="{")
    assert (result.exit_code, result.stderr.partition("  ")[0]) == (3, "-:1:2: error")


def test_what_is_too_large_is_not_sent(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A valid request that cannot be copied is told like an invalid one."""
    monkeypatch.setattr("ratecard.submit._plan.LARGEST", 10)
    result = run(*SUBMIT, "--yes")
    assert (result.exit_code, "not_json" in result.stderr, run.api.requests) == (3, True, ())


@pytest.mark.parametrize(("limit", "code"), [("0.25", 0), ("0.249999", 5), ("0", 5)])
def test_a_budget(limit: str, code: int) -> None:
    """At most --max-usd is spent, to the millionth of a dollar; a dry run says so too."""
    run = Run()
    result = run(*SUBMIT, "--yes", "--max-usd", limit)
    assert (result.exit_code, len(run.api.requests)) == (code, int(not code))
    rehearsed = run(*SUBMIT, "--dry-run", "--max-usd", limit, "--json")
    assert rehearsed.exit_code == code
    if code:
        assert f"over budget: $0.25 is more than --max-usd {limit}" in result.stderr
        answer = data(rehearsed)
        assert (answer["code"], answer["quote"]["usd_micros"]) == ("over_budget", MICROS)


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
    assert Run(client={"now": lambda: START + timedelta(minutes=1)})(*args).exit_code == 4


def test_strict(run: Run) -> None:
    """With --strict a doubt about the request is an error, and it is not sent."""
    o3 = "kling-plus/kling-o3-standard/image-to-video"
    args = ("submit", o3, "image_url=https://example.com/cat.jpg", "multishot:=[{}]", "--yes")
    result = run(*args, "--strict")
    assert (result.exit_code, run.api.requests) == (3, ())
    lax = run(*args)
    assert (lax.exit_code, lax.stderr.partition("  ")[0]) == (0, "warning")


@pytest.mark.parametrize(
    ("later", "said"),
    [
        (PRICE.replace("10_000", "20_000"), "the price is $0.08, not $0.04; nothing was sent"),
        ('[revision.price]\nunknown = "gone"\n', "price_unknown: the price of acme/loop-1/text-to-video is not known"),
    ],
)
def test_the_price_that_was_shown_is_paid(tmp_path: Path, later: str, said: str) -> None:
    """A price that changes between question and answer is not paid: 10,000 x 4 was shown, 20,000 x 4 is due."""
    file = dated_table(tmp_path, later)
    instants = iter([START, *[START + timedelta(minutes=2)] * 9])
    run = Run(client={"now": lambda: next(instants)})
    result = run("submit", "acme/loop-1/text-to-video", "prompt=a cat", "--tables", file, "--yes")
    assert (result.exit_code, run.api.requests) == (5, ())
    assert "error    quote_changed" in result.stderr
    assert said in result.stderr


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("submit",), "give either a MODEL"),
        (("submit", "-f", "-", "--yes"), "submit takes one request, not 2"),
        ((*SUBMIT, "--yes", "--timeout", "5"), "--timeout goes with --wait"),
        (("job", "job_1", "--timeout", "5"), "--timeout goes with --wait"),
        ((*SUBMIT, "--yes", "--wait", "--timeout", "0"), "'--timeout'"),
        ((*SUBMIT, "--yes", "--max-usd", "1e3"), "'--max-usd'"),
        ((*SUBMIT, "--yes", "--base-url", "http://example.com"), "must be https"),
        ((*SUBMIT, "--dry-run", "--base-url", "https://me:secret@example.com"), "not of the form"),
        (("job", ".."), "not the name of a job"),
        (("job", ""), "not the name of a job"),
        (("cancel", "job\n1"), "not the name of a job"),
        (("jobs", "--status", "finished"), "'--status'"),
        (("jobs", "--limit", "0"), "'--limit'"),
        (("fake-api", "--balance-usd", "1e3"), "--balance-usd: expected dollars"),
        (("fake-api", "--port", "65536"), "'--port'"),
    ],
)
def test_wrong_usage(run: Run, args: tuple[str, ...], said: str) -> None:
    """What makes no sense exits with 2 and sends nothing."""
    result = run(*args, stdin="[{}, {}]")
    assert (result.exit_code, result.stdout, run.api.requests) == (2, "", ())
    assert said in result.stderr
    assert "secret" not in result.stderr


@pytest.mark.parametrize("command", [(*SUBMIT, "--yes"), ("job", "job_1"), ("cancel", "job_1"), ("jobs",)])
def test_the_key(command: tuple[str, ...]) -> None:
    """A key that is missing or cannot be sent is wrong usage, in a line that does not repeat it; no option takes it."""
    for key in (None, "", " "):
        result = Run(key=key)(*command)
        assert (result.exit_code, result.stderr) == (2, f"no key: set the variable {KEY_VARIABLE}\n")
    result = Run(key=f"{KEY} and more")(*command)
    assert (result.exit_code, result.stderr.startswith(f"{KEY_VARIABLE} holds blanks")) == (2, True)
    assert "--key" not in Run()(command[0], "--help").stdout


def test_another_missing_module(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module that is missing inside is not taken for a missing extra."""
    monkeypatch.setitem(ratecard.submit._LAZY, "Client", "ratecard.submit._no_such_module")  # noqa: SLF001  the seam
    with pytest.raises(AssertionError, match="_no_such_module"):
        run("jobs")


# What can go wrong


@pytest.mark.parametrize("micros", [50_000, -1])
def test_drift(run: Run, micros: int) -> None:
    """What was charged otherwise than quoted is said, with the job; exit 9, and the job is not lost."""
    run.api.fail(overcharge(micros))
    result = run(*SUBMIT, "--yes")
    assert result.exit_code == 9
    assert result.stdout.startswith("job_00000001  pending")
    charged, drift = {50_000: ("$0.30", "$0.05"), -1: ("$0.249999", "-$0.000001")}[micros]
    assert f"  charged   {charged}\n  drift     {drift}\n" in result.stdout
    assert f"error    price_drift  job job_00000001 ({MODEL}) was charged {charged}, not the $0.25" in result.stderr
    run.api.fail(overcharge(micros))
    answer = data(run(*SUBMIT, "--yes", "--json"))
    assert (answer["code"], answer["receipt"]["drift_micros"]) == ("price_drift", micros)
    assert answer["receipt"]["job_id"] == "job_00000002"


def test_a_charge_that_cannot_be_read(run: Run) -> None:
    """A whole number written as a float is read; text is not, and still the job is named; it can be waited for."""
    run.api.fail(CHARGE_AS_FLOAT)
    assert run(*SUBMIT, "--yes").exit_code == 0
    run.api.fail(CHARGE_AS_TEXT)
    result = run(*SUBMIT, "--yes", "--wait")
    assert result.exit_code == 9
    assert result.stdout.startswith("job_00000002  pending")
    assert "  charged   not said\n  drift     not said\n" in result.stdout
    assert "job_00000002  completed" in result.stdout
    assert "error    unreadable_charge  job job_00000002 was created" in result.stderr
    run.api.fail(CHARGE_AS_TEXT)
    receipt = data(run(*SUBMIT, "--yes", "--json"))["receipt"]
    assert (receipt["charged_micros"], receipt["charged_usd"], receipt["drift_micros"]) == (None, None, None)


@pytest.mark.parametrize("code", [code for code, status in STATUS_OF_CODE.items() if status < 500])
def test_every_documented_error(run: Run, code: str) -> None:
    """Each is told with its status, its code and what to do; exit 6, and nothing was created."""
    run.api.fail(error(code, message="say\x1b[2J no"), times=9)
    result = run(*SUBMIT, "--yes")
    assert (result.exit_code, result.stdout, run.api.jobs) == (6, "", ())
    word = re.sub(r"(?<!^)(?=[A-Z])", "_", ERROR_OF_CODE[code].__name__).lower()
    first, *hints = result.stderr.splitlines()
    assert first.startswith(f"error    {word}  {STATUS_OF_CODE[code]} {code}: say\\u001b[2J no (request req_")
    assert hints == [f"  {NEXT_STEP[ERROR_OF_CODE[code]]}", "  no job was created, and nothing was charged"]
    run.api.heal()
    run.api.fail(code, times=9)
    answer = data(run("jobs", "--json"))
    assert (answer["code"], answer["api"]["status"], answer["api"]["code"]) == (word, STATUS_OF_CODE[code], code)
    assert answer["api"]["request_id"].startswith("req_")


@pytest.mark.parametrize("code", [code for code, status in STATUS_OF_CODE.items() if status >= 500])
def test_a_fault_of_the_api(run: Run, code: str) -> None:
    """After a 5xx nobody knows whether a job was created: 7; asking for jobs is tried again, then it is 6."""
    run.api.fail(error(code, processed=True))
    assert run(*SUBMIT, "--yes").exit_code == 7
    run.api.fail(code, on="jobs", times=9)
    result = run("jobs")
    assert (result.exit_code, f"error    server_error  {STATUS_OF_CODE[code]} {code}" in result.stderr) == (6, True)


def test_details_of_an_error() -> None:
    """What the API says in detail is told, numbers exactly."""
    body = b'{"error": {"code": "NEW", "message": "no", "details": {"max": 1.50, "a": [true, null], "b": 1, "b": 2}}}'
    transport = httpx.MockTransport(lambda _: httpx.Response(418, content=body))
    odd = Run(client={"transport": transport})
    assert 'details: {"max": "1.50", "a": [true, null], "b": "a repeated key"}\n' in odd(*SUBMIT, "--yes").stderr
    assert data(odd("jobs", "--json"))["code"] == "api_error"
    assert plain_json(Repeated.KEY) == "a repeated key"


def test_every_error_has_a_next_step() -> None:
    """Whatever kind of error the API gives, something is said about what to do."""
    named = [getattr(ratecard.submit, name) for name in ratecard.submit.__all__]
    kinds = {one for one in named if isinstance(one, type) and issubclass(one, ApiError)}
    spoken = {ApiError, SubmissionUncertain, PriceDrift}  # the first is of unknown codes, the others say it themselves
    assert all(any(base in NEXT_STEP for base in kind.__mro__) for kind in kinds - spoken)
    assert UnreadableCharge in kinds


@pytest.mark.parametrize("fault", [TIMEOUT_AFTER, GARBAGE, error("INTERNAL_ERROR", processed=True)])
def test_uncertain(run: Run, fault: Any) -> None:
    """It is said that a job may have been created, when, how to look, and which it may be; sent once; exit 7."""
    run.api.fail(fault)
    result = run(*SUBMIT, "--yes")
    assert (result.exit_code, result.stdout) == (7, "")
    assert f"a job of {MODEL} may have been created and charged ($0.25)" in result.stderr
    assert "it was sent between 2026-11-20T00:00:00+00:00 and 2026-11-20T00:00:00+00:00" in result.stderr
    assert f"do not just send it again; {LOOK}" in result.stderr
    assert f"  these jobs may be it:\n    job_00000001  pending  {MODEL}\n" in result.stderr
    assert [request.method for request in run.api.requests] == ["POST", "GET"]


def test_uncertain_as_json(run: Run) -> None:
    """The attempt and the candidates as data; an empty list where there is none."""
    run.api.fail(TIMEOUT_BEFORE)
    answer = data(run(*SUBMIT, "--yes", "--json"))
    assert (answer["code"], answer["candidates"]) == ("submission_uncertain", [])
    attempt = answer["attempt"]
    assert (attempt["model"], attempt["quoted_micros"], attempt["quoted_usd"]) == (MODEL, MICROS, "0.25")
    assert datetime.fromisoformat(attempt["started"]) == START.astimezone(UTC)
    assert attempt.keys() == {"model", "quoted_micros", "quoted_usd", "started", "ended", "cause", "digest"}
    dry = data(run(*SUBMIT, "--dry-run", "--json"))
    assert attempt["digest"] == dry["request"]["digest"]
    run.api.fail(TIMEOUT_AFTER)
    (found,) = data(run(*SUBMIT, "--yes", "--json"))["candidates"]
    assert found["job_id"] == "job_00000001"


def test_uncertain_and_nothing_found(run: Run) -> None:
    """An empty list is no proof; a list that cannot be read, or an interruption, is said; the exit code stays 7."""
    run.api.fail(TIMEOUT_BEFORE)
    assert "the list does not show it, or not yet" in run(*SUBMIT, "--yes").stderr
    run.api.fail(TIMEOUT_BEFORE)
    run.api.fail("USER_BANNED", on="jobs")
    result = run(*SUBMIT, "--yes")
    assert (result.exit_code, "could not be read: 403 USER_BANNED" in result.stderr) == (7, True)
    run.api.fail(TIMEOUT_BEFORE)
    is_list = partial(lambda method, request: request.method == method, "GET")
    impatient = Run(api=run.api, client={"transport": Fault(run.api, is_list, before=interrupt)})
    result = impatient(*SUBMIT, "--yes", "--json")
    assert (result.exit_code, data(result)["candidates"]) == (7, None)
    assert "interrupted while looking for it" in result.stderr


@pytest.mark.parametrize("moment", ["before", "after"])
def test_interrupted_while_sending(run: Run, moment: str) -> None:
    """Ctrl-C while the request is on its way: a job may have been created; exit 7."""
    transport = Fault(run.api, lambda _: True, **{moment: interrupt})
    result = Run(api=run.api, client={"transport": transport})(*SUBMIT, "--yes")
    assert (result.exit_code, result.stdout, len(run.api.jobs)) == (7, "", int(moment == "after"))
    assert f"error    submission_uncertain  interrupted: a job of {MODEL} may have been created" in result.stderr
    assert LOOK in result.stderr


def test_interrupted_before_sending(run: Run) -> None:
    """Ctrl-C in the pause after a refused connection: nothing was sent, and that is said; exit 130."""
    run.api.fail(REFUSE)
    result = Run(api=run.api, client={"sleep": lambda _: interrupt()})(*SUBMIT, "--yes")
    assert (result.exit_code, run.api.jobs) == (130, ())
    assert result.stderr == "error    interrupted  interrupted before anything was sent\n"


# Waiting


def test_wait(run: Run) -> None:
    """Through its life to its result: pending at once, then each look that shows something new, then the output."""
    result = run(*SUBMIT, "--yes", "--wait")
    assert result.exit_code == 0
    assert result.stderr.splitlines() == [
        "created job_00000001",
        "waiting for job_00000001, typically 4 min",
        "job_00000001 is completed, 100 %",
    ]
    receipt, _, ended = result.stdout.partition("\njob_00000001  completed\n")
    assert "  drift     none\n" in receipt
    assert ended == (
        "  progress  100 %\n"
        "  output    https://example.com/results/job_00000001.mp4  video\n"
        "  created   2026-11-20T00:00:00+00:00\n"
        "  ended     2026-11-20T00:01:00+00:00\n"
    )
    answer = data(run(*SUBMIT, "--yes", "--wait", "--json"))
    assert (answer["receipt"]["status"], answer["job"]["status"]) == ("pending", "completed")
    assert answer["job"]["outputs"][0]["type"] == "video"


def test_wait_for_a_job(run: Run) -> None:
    """`job --wait` looks at once, and tells a state once."""
    run(*SUBMIT, "--yes")
    result = run("job", "job_00000001", "--wait")
    assert result.exit_code == 0
    assert result.stderr.splitlines() == [
        "waiting for job_00000001",
        "job_00000001 is pending, 0 %",
        "job_00000001 is processing, 50 %",
        "job_00000001 is completed, 100 %",
    ]
    assert data(run("job", "job_00000001", "--wait", "--json"))["job"]["status"] == "completed"


def test_a_job_that_fails(run: Run) -> None:
    """It is told why, and that it is refunded; exit 8, also where it was charged otherwise than quoted."""
    run.api.fail(job_failure("NO_CAT", "no\x07cat"))
    result = run(*SUBMIT, "--yes", "--wait")
    assert result.exit_code == 8
    assert "job_00000001  failed\n" in result.stdout
    assert "  error     NO_CAT: no\\u0007cat\n" in result.stdout
    assert "error    job_failed  NO_CAT: job job_00000001 failed: no" in result.stderr
    assert "  the API refunds jobs that failed or were cancelled\n" in result.stderr
    assert run("job", "job_00000001").exit_code == 0
    assert run("job", "job_00000001", "--wait").exit_code == 8


def test_the_lowest_exit_code_counts(run: Run) -> None:
    """A charge that is not the quote, and then a time-out: 9; both are told."""
    run.api.fail(overcharge(1))
    result = run(*SUBMIT, "--yes", "--wait", "--timeout", "10", "--json")
    assert (result.exit_code, data(result)["code"]) == (9, "price_drift")
    assert "error    wait_timeout" in result.stderr


def test_a_job_that_is_cancelled_meanwhile(run: Run) -> None:
    """The wait ends; exit 8."""
    run(*SUBMIT, "--yes")
    run.api.finish("job_00000001", "cancelled")
    result = run("job", "job_00000001", "--wait", "--json")
    assert (result.exit_code, data(result)["job"]["status"]) == (8, "cancelled")


def test_a_wait_that_takes_too_long(run: Run) -> None:
    """The job goes on, and the command that waits for it is told; exit 10."""
    result = run(*SUBMIT, "--yes", "--wait", "--timeout", "10")
    assert result.exit_code == 10
    assert "error    wait_timeout  job job_00000001 is pending after 10 s\n" in result.stderr
    assert "  the job goes on\n  go on waiting: ratecard job job_00000001 --wait\n" in result.stderr


def test_a_wait_that_the_api_ends(run: Run) -> None:
    """A refusal to tell ends the wait with 6, and how to go on is told."""
    run.api.fail("API_KEY_EXPIRED", on="job")
    result = run(*SUBMIT, "--yes", "--wait")
    assert result.exit_code == 6
    assert result.stderr.endswith("go on waiting: ratecard job job_00000001 --wait\n")


def test_interrupted_while_waiting(run: Run) -> None:
    """Ctrl-C: the job is named, and how to go on; exit 130, and with --json the receipt is there all the same."""
    impatient = Run(api=run.api, client={"sleep": lambda _: interrupt()})
    result = impatient(*SUBMIT, "--yes", "--wait")
    assert result.exit_code == 130
    assert result.stderr.endswith(
        "error    interrupted  interrupted; job job_00000001 goes on\n"
        "  go on waiting: ratecard job job_00000001 --wait\n"
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
            "output": None,
            "outputs": [],
            "error": None,
            "created_at": "2026-11-20T00:00:00+00:00",
            "completed_at": None,
        },
    }
    assert data(run("job", "none", "--json"))["code"] == "job_not_found"


def test_a_job_that_says_little() -> None:
    """What an answer leaves out is left out; one address is shown where the results are not listed."""
    assert job_lines(Job(job_id="j", status="new")) == [("j  new", "bold")]
    said = [text for text, _ in job_lines(Job(job_id="j", status="completed", output="https://example.com/1"))]
    assert said == ["j  completed", "  output    https://example.com/1"]


def test_cancel(run: Run) -> None:
    """What is refunded is shown; a second time it is refused."""
    run(*SUBMIT, "--yes")
    result = run("cancel", "job_00000001")
    assert (result.exit_code, result.stdout) == (0, "job_00000001  cancelled\n  refunded  $0.25\n")
    assert run.api.refunded_micros == MICROS
    again = run("cancel", "job_00000001")
    assert (again.exit_code, "only a pending job can be cancelled" in again.stderr) == (6, True)
    run(*SUBMIT, "--yes")
    answer = data(run("cancel", "job_00000002", "--json"))
    assert answer["cancellation"] == {
        "job_id": "job_00000002",
        "status": "cancelled",
        "refunded_micros": MICROS,
        "refunded_usd": "0.25",
    }


def test_a_refund_that_is_not_said() -> None:
    """Where the answer does not say what is refunded, that is what is shown."""
    body = b'{"jobId": "job_1", "status": "cancelled"}'
    run = Run(client={"transport": httpx.MockTransport(lambda _: httpx.Response(200, content=body))})
    assert run("cancel", "job_1").stdout == "job_1  cancelled\n  refunded  not said\n"


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
    (("--limit", "100"), 100, True),
    (("--limit", "101"), 101, True),
    (("--limit", "149"), 149, True),
    (("--limit", "150"), 150, False),
    (("--limit", "1000"), 150, False),
    (("--model", MODEL, "--limit", "75"), 75, False),
    (("--status", "cancelled"), 1, False),
    (("--status", "failed"), 0, False),
])  # fmt: skip
def test_jobs(busy: FakeApi, args: tuple[str, ...], count: int, more: bool) -> None:  # noqa: FBT001  a column of the table
    """Over all pages, newest first, at most as many as asked for, and it is said when there are more."""
    run = Run(api=busy)
    answer = data(run("jobs", *args, "--json"))
    names = [job["job_id"] for job in answer["jobs"]]
    assert (len(names), answer["more"]) == (count, more)
    assert names == sorted(set(names), reverse=True)
    result = run("jobs", *args)
    rows = result.stdout.splitlines()
    assert [row.split("\t")[0] for row in rows] == ["job", *names][: 1000 * len(names)]
    assert ("there are more" in result.stderr, result.stderr == "no such job\n") == (more, not count)


def test_columns_of_jobs(busy: FakeApi) -> None:
    """A row has the name, the state, how far it came, the model and the times."""
    header, row = Run(api=busy)("jobs", "--status", "cancelled").stdout.splitlines()
    assert header.split("\t") == ["job", "status", "progress", "model", "created", "ended"]
    model, at = "kling/kling-text2video-v25/text-to-video", "2026-11-20T00:00:00+00:00"
    assert row.split("\t") == ["job_00000001", "cancelled", "0 %", model, at, at]


def test_interrupted_while_asking(run: Run) -> None:
    """Ctrl-C exits with 130 there too."""
    impatient = Run(api=run.api, client={"transport": Fault(run.api, lambda _: True, before=interrupt)})
    for command in (["job", "job_1"], ["cancel", "job_1"], ["jobs"]):
        result = impatient(*command)
        assert (result.exit_code, result.stderr) == (130, "error    interrupted  interrupted\n")


# What comes from outside


HOSTILE = "\x1b]0;x\x07[bold]\u202e; rm -rf ~"


@pytest.mark.parametrize(
    "command", [(*SUBMIT, "--yes"), (*SUBMIT, "--yes", "--wait"), ("job", "j"), ("jobs",), ("cancel", "j")]
)
@pytest.mark.parametrize("status", [200, 400, 500])
def test_a_hostile_server(command: tuple[str, ...], status: int) -> None:
    """Nothing that the server says moves a cursor or ends a line (`Run` looks at all that is said), or is a command."""
    entry = {
        "jobId": "$(rm -rf ~)", "requestId": HOSTILE, "status": HOSTILE, "model": HOSTILE, "costMicroCents": HOSTILE,
        "progress": -5, "output": HOSTILE, "outputs": [{"url": HOSTILE, "type": HOSTILE}],
        "error": {"code": HOSTILE, "message": HOSTILE, "details": {HOSTILE: HOSTILE}}, "createdAt": HOSTILE,
    }  # fmt: skip
    answer = httpx.Response(status, json={**entry, "jobs": [entry], "hasMore": False})
    elapsed: list[float] = []
    client = {
        "transport": httpx.MockTransport(lambda _: answer),
        "monotonic": lambda: sum(elapsed),
        "sleep": elapsed.append,
    }
    result = Run(client=client)(*command)
    assert result.exit_code in {0, 6, 7, 9}
    assert "--wait" not in result.stderr or "'$(rm -rf ~)'" in result.stderr
    json.loads(Run(client=client)(*command, "--json").stdout)


@given(st.text(min_size=1).filter(lambda text: "\0" not in text))
def test_the_next_command_is_ready_for_a_shell(job_id: str) -> None:
    """Whatever a job is called, the command that is shown has its name as one word, and as no option."""
    for base_url in (BASE_URL, "https://example.com/api"):
        words = shlex.split(wait_for(base_url, job_id))
        assert words[:2] == ["ratecard", "job"]
        assert words.count("--wait") == 1 + (job_id == "--wait")
        assert job_id in words
        assert not job_id.startswith("-") or words[-2:] == ["--", job_id]
        assert ("--base-url" in words) is (base_url != BASE_URL or job_id == "--base-url")
    assert follow_up(BASE_URL, "jobs") == "ratecard jobs"


def test_a_job_whose_name_looks_like_an_option(run: Run) -> None:
    """The command that is shown for it asks for it, and nothing else."""
    words = shlex.split(wait_for(BASE_URL, "--help"))[1:]
    assert run(*words).exit_code == 6
    assert run.api.requests[-1].target == "/v1/jobs/--help"


def test_exit_codes_are_told() -> None:
    """The help names every exit code, and so does the table of the README, in order."""
    said = " ".join(Run()("--help").stdout.split())
    assert all(re.search(rf"\b{code.value} \w", said) for code in Exit)
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    assert [int(code) for code in re.findall(r"^\| (\d+) \| \w", readme, re.MULTILINE)] == [*Exit]


@pytest.mark.parametrize("command", ["submit", "job", "cancel", "jobs", "fake-api"])
def test_every_command_explains_itself(command: str) -> None:
    """The help of every command has an example."""
    result = Run()(command, "--help")
    assert "Example" in result.stdout
    assert f"  ratecard {command}" in result.stdout


def test_without_signals_of_pipes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no SIGPIPE, there is nothing to be done about it."""
    monkeypatch.delattr("signal.SIGPIPE", raising=False)
    _output.outlive_connections()
