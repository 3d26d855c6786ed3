"""Submissions by agents: each with the consent to one request at one price, all within one budget."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from typing import Any

import httpx2
import pytest

import invented
from cli_runner import run, started
from ratecard import Budget, Catalog, example_request
from ratecard._api import KEY_VARIABLE
from ratecard._serve.mcp import Server, spending_tools
from ratecard._serve.spending import Spending
from ratecard.submit import Client
from ratecard.testing import FakeApi, error, overcharge
from ratecard_rules import load_model

T2V = "kling-plus/kling-o1-standard/text-to-video"
CAT = {"model": T2V, "input": {"prompt": "a cat"}}  # 50,000 x 5 = 250,000
DOG = {"model": T2V, "input": {"prompt": "a dog"}}


class Agent:
    """A client of a server that may spend."""

    def __init__(self, budget: str = "1.00", catalog: Catalog | None = None) -> None:
        catalog = catalog or Catalog.bundled()
        self.api = FakeApi(catalog=catalog)
        http = httpx2.Client(transport=self.api.transport())
        client = Client("pb_test", http_client=http, catalog=catalog, now=lambda: self.api.now)
        self.spending = Spending(client, Budget(budget))
        self.server = Server(catalog, "1", spending_tools(self.spending))

    def call(self, name: str, **arguments: Any) -> Any:
        """Return the data of a call."""
        message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": name, "arguments": arguments}}
        answer = self.server.answer(json.dumps(message).encode())
        assert answer is not None
        result = answer["result"]
        assert result["isError"] is not result["structuredContent"]["ok"]
        return result["structuredContent"]

    def consent(self, request: Any) -> str:
        """Return the consent to a request at its price."""
        return str(self.call("quote_request", request=request)["consent"])

    def submit(self, request: Any = CAT, **arguments: Any) -> Any:
        """Quote a request, submit it, and return the answer."""
        return self.call("submit_request", request=request, **{"consent": self.consent(request), **arguments})

    @property
    def left(self) -> int:
        """What is left of the budget."""
        return self.spending.budget.left_micros


@pytest.fixture
def agent() -> Agent:
    """Return an agent with a budget of $1.00."""
    return Agent()


def test_a_submission(agent: Agent) -> None:
    """The job is created at the quoted price, which is taken from the budget."""
    answer = agent.submit()
    assert answer["receipt"]["job_id"] == "job_00000001"
    assert (answer["receipt"]["charged_micros"], answer["receipt"]["drift_micros"]) == (250_000, 0)
    assert (answer["left_micros"], answer["left_usd"]) == (750_000, "0.75")
    tool = agent.server.tools["submit_request"].to_dict("submit_request")
    assert tool["annotations"]["readOnlyHint"] is False
    assert tool["annotations"]["destructiveHint"] is True


@pytest.mark.parametrize("consent", ["", "x", "0" * 64])
def test_wrong_consents(agent: Agent, consent: str) -> None:
    """Any other text is refused before anything is sent."""
    assert agent.submit(consent=consent)["code"] == "wrong_consent"
    assert agent.submit(consent=agent.consent(DOG))["code"] == "wrong_consent"
    assert (len(agent.api.jobs), agent.left) == (0, 1_000_000)


def test_missing_consent(agent: Agent) -> None:
    """Without one, the call is refused as any call with a missing argument."""
    answer = agent.call("submit_request", request=CAT)
    assert (answer["code"], answer["message"][:24]) == ("bad_argument", "missing argument consent")
    assert len(agent.api.jobs) == 0


def test_the_price_has_changed() -> None:
    """A consent to an old price is refused; the new quote comes with another."""
    agent = Agent(catalog=Catalog([load_model(invented.dated_text(y2027="20_000"))]))  # 10_000 before
    request = invented.request()
    old = agent.call("quote_request", request=request)
    agent.api.advance(60 * 24 * 3600)
    assert agent.call("submit_request", request=request, consent=old["consent"])["code"] == "wrong_consent"
    new = agent.call("quote_request", request=request)
    assert new["quote"]["usd_micros"] == 2 * old["quote"]["usd_micros"]
    assert agent.call("submit_request", request=request, consent=new["consent"])["ok"]


def test_equal_requests_have_one_consent(agent: Agent) -> None:
    """The order of keys does not matter."""
    assert agent.consent(CAT) == agent.consent(dict(reversed(CAT.items())))


def test_a_consent_is_used_once(agent: Agent) -> None:
    """A call that is repeated creates no second job; a new quote allows the same request again."""
    consent = agent.consent(CAT)
    assert agent.call("submit_request", request=CAT, consent=consent)["ok"]
    assert agent.call("submit_request", request=CAT, consent=consent)["code"] == "used_consent"
    assert len(agent.api.jobs) == 1
    assert agent.submit()["ok"]
    assert len(agent.api.jobs) == 2


def test_the_limit_is_for_the_session() -> None:
    """$0.60 is enough for two requests at $0.25, and not for a third one."""
    agent = Agent("0.60")
    assert [agent.submit(request)["ok"] for request in (CAT, DOG)] == [True, True]
    answer = agent.submit()
    assert (answer["code"], answer["left_micros"]) == ("over_budget", 100_000)
    assert answer["message"] == "asked for $0.25, but only $0.10 is left; nothing was sent"
    assert len(agent.api.jobs) == 2


def test_invalid_requests(agent: Agent) -> None:
    """They are refused as by a quote, with the fixed request."""
    typo = {"model": T2V, "input": {"prompt": "a cat", "durtion": 10}}
    for name, arguments in (("quote_request", {}), ("submit_request", {"consent": "x"})):
        answer = agent.call(name, request=typo, **arguments)
        assert (answer["code"], answer["request"]["input"]["duration"]) == ("invalid_request", "10")
    measured = next(model.slug for model in Catalog.bundled() if model.latest.measured)
    assert agent.call("quote_request", request=example_request(measured))["code"] == "needs_measurement"


def test_an_uncertain_submission_keeps_its_amount(agent: Agent) -> None:
    """A job may exist, so the amount stays held, and the request is not sent again, not even with a new quote."""
    agent.api.fail("timeout after", on="submit")
    consent = agent.consent(CAT)
    answer = agent.call("submit_request", request=CAT, consent=consent)
    assert (answer["code"], answer["left_micros"]) == ("submission_uncertain", 750_000)
    assert (answer["attempt"]["model"], answer["attempt"]["quoted_micros"]) == (T2V, 250_000)
    for answer in (agent.call("submit_request", request=CAT, consent=consent), agent.submit()):
        assert (answer["code"], "`ratecard jobs`" in answer["message"]) == ("used_consent", True)
    assert len(agent.api.jobs) == 1
    assert agent.submit(DOG)["ok"]


def test_a_refusal_releases_its_amount(agent: Agent) -> None:
    """Certainly no job was created."""
    agent.api.fail(error("INSUFFICIENT_BALANCE"), on="submit")
    answer = agent.submit()
    assert (answer["code"], answer["status"], answer["left_micros"]) == ("insufficient_balance", 402, 1_000_000)
    assert answer["message"].endswith("; no job was created")


def test_an_unreadable_charge_keeps_its_amount(agent: Agent) -> None:
    """The job exists and is named."""
    agent.api.fail("charge as text", on="submit")
    answer = agent.submit()
    assert (answer["code"], answer["receipt"]["job_id"]) == ("unreadable_charge", "job_00000001")
    assert answer["left_micros"] == 750_000


def test_another_charge_counts(agent: Agent) -> None:
    """What the API charged is what is spent, even beyond the budget."""
    agent.api.fail(overcharge(900_000), on="submit")
    answer = agent.submit()
    assert answer["warning"].endswith("was charged $1.15, but the quote was $0.25")
    assert (answer["ok"], answer["left_micros"]) == (True, 0)


class TestCommand:
    """`ratecard mcp --max-usd`."""

    @pytest.mark.parametrize(
        ("env", "message"),
        [
            ({KEY_VARIABLE: ""}, "--max-usd needs a key in PIXELBYTE_API_KEY: no key"),
            ({KEY_VARIABLE: "pb", "RATECARD_BASE_URL": "http://example.com"}, "RATECARD_BASE_URL: the base URL must"),
        ],
    )
    def test_what_is_missing(self, env: dict[str, str | None], message: str) -> None:
        """Nothing is served without a key and a safe address."""
        done = run("mcp", "--max-usd", "1", stdin=b"", env=env)
        assert (done.exit_code, done.stdout) == (2, "")
        assert done.stderr.startswith(message)

    def test_without_the_extra(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """It says what to install."""
        monkeypatch.setitem(sys.modules, "httpx2", None)
        monkeypatch.delitem(sys.modules, "ratecard.submit._client")
        done = run("mcp", "--max-usd", "1", stdin=b"", env={KEY_VARIABLE: "pb_test"})
        assert (done.exit_code, done.stderr) == (1, 'the submitter needs httpx2: pip install "ratecard[submit]"\n')

    def test_two_sessions(self) -> None:
        """A quote in one, the submission in the other; it is logged to standard error."""
        api = FakeApi()
        with api.serve() as address:
            env: dict[str, str | None] = {KEY_VARIABLE: "pb_test", "RATECARD_BASE_URL": address}
            quoted = run("mcp", "--max-usd", "1", stdin=_line("quote_request", request=CAT), env=env)
            consent = json.loads(quoted.stdout)["result"]["structuredContent"]["consent"]
            line = _line("submit_request", request=CAT, consent=consent)
            done = run("mcp", "--max-usd", "1", stdin=line, env=env)
        assert json.loads(done.stdout)["result"]["structuredContent"]["receipt"]["job_id"] == "job_00000001"
        assert done.stderr.splitlines()[-1] == f"created job job_00000001 of {T2V}"

    def test_interrupted_while_sending(self) -> None:
        """Ctrl-C says that a job may exist, with the exit code of an uncertain submission."""
        api = FakeApi()
        api.fail("timeout after", on="submit")
        consent = Agent().consent(CAT)
        with api.serve() as address:
            env = {KEY_VARIABLE: "pb_test", "RATECARD_BASE_URL": address}
            with started("mcp", "--max-usd", "1", stdin=subprocess.PIPE, env=env) as process:
                assert process.stdin is not None
                process.stdin.write(_line("submit_request", request=CAT, consent=consent).decode())
                process.stdin.flush()
                while not api.jobs:
                    time.sleep(0.01)
                process.send_signal(signal.SIGINT)
                written, complained = process.communicate()
        assert (process.returncode, written) == (7, "")
        assert complained.splitlines()[-1].startswith(f"a job of {T2V} may have been created and charged ($0.25) since")


def _line(name: str, **arguments: Any) -> bytes:
    params = {"name": name, "arguments": arguments}
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}).encode() + b"\n"
