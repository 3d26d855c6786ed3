"""The MCP server: its answers to good and hostile messages, through plain pipes."""

from __future__ import annotations

import io
import json
import signal
import subprocess
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli_runner import run, started
from ratecard import Catalog, example_request, quote
from ratecard._serve.mcp import HANDSHAKES, MAX_LINE, REVISIONS, TOOLS, Server

T2V = "kling-plus/kling-o1-standard/text-to-video"
CAT = {"model": T2V, "input": {"prompt": "a cat"}}  # 50,000 x 5 = 250,000
TYPO = {"model": T2V, "input": {"prompt": "a cat", "durtion": 10}}
REVISION_KEY = "io.modelcontextprotocol/protocolVersion"
SERVER = Server(Catalog.bundled(), "1.2.3", TOOLS)


def talk(*lines: bytes, server: Server = SERVER) -> list[Any]:
    """Return what the server writes when it reads these bytes."""
    sink = io.BytesIO()
    server.serve(io.BytesIO(b"".join(lines)), sink)
    return [json.loads(line) for line in sink.getvalue().splitlines()]


def line(method: str, params: Any = None, identity: Any = 1) -> bytes:
    """Return a request on a line."""
    message = {"jsonrpc": "2.0", "id": identity, "method": method, **({} if params is None else {"params": params})}
    return json.dumps(message).encode() + b"\n"


def result(method: str, params: Any = None, server: Server = SERVER) -> Any:
    """Return the result of a request."""
    (answer,) = talk(line(method, params), server=server)
    return answer["result"]


def call(name: str, server: Server = SERVER, **arguments: Any) -> tuple[bool, Any]:
    """Return whether a call is an error, and its data."""
    answer = result("tools/call", {"name": name, "arguments": arguments}, server)
    assert json.loads(answer["content"][0]["text"]) == answer["structuredContent"]
    return answer["isError"], answer["structuredContent"]


def error(*lines: bytes) -> tuple[Any, int, str]:
    """Return the identity, the code and the message of the only answer, which is an error."""
    (answer,) = talk(*lines)
    assert answer["jsonrpc"] == "2.0"
    return answer["id"], answer["error"]["code"], answer["error"]["message"]


class TestRevisions:
    """A client agrees on a revision, or names it in each request."""

    @pytest.mark.parametrize("asked", [*HANDSHAKES, "1999-01-01", None, 7, ["x"]])
    def test_handshake(self, asked: Any) -> None:
        """A known revision is confirmed; to any other proposal the answer is the newest."""
        answer = result("initialize", {"protocolVersion": asked, "capabilities": {}})
        assert answer["protocolVersion"] == (asked if asked in HANDSHAKES else "2025-11-25")
        assert answer["serverInfo"] == {"name": "ratecard", "version": "1.2.3"}
        assert answer["capabilities"] == {"tools": {}}
        assert "resultType" not in answer

    def test_named_in_each_request(self) -> None:
        """Then every result says that it is complete and who answers, and the lists how long they may be kept."""
        meta = {"_meta": {REVISION_KEY: "2026-07-28"}}
        for method in ("server/discover", "tools/list", "ping"):
            answer = result(method, meta)
            assert answer["resultType"] == "complete"
            assert answer["_meta"] == {"io.modelcontextprotocol/serverInfo": {"name": "ratecard", "version": "1.2.3"}}
            assert ("ttlMs" in answer, "cacheScope" in answer) == ((method != "ping"),) * 2
        assert result("server/discover", meta)["supportedVersions"] == list(REVISIONS)

    @pytest.mark.parametrize(("revision", "code"), [("2024-11-05", -32022), ("x", -32022), (7, -32602)])
    def test_others_are_refused(self, revision: Any, code: int) -> None:
        """An unknown revision is refused with the known ones, before anything is done."""
        params = {"name": "quote_request", "arguments": {"request": CAT}, "_meta": {REVISION_KEY: revision}}
        (answer,) = talk(line("tools/call", params))
        assert answer["error"]["code"] == code
        if code == -32022:
            assert answer["error"]["data"] == {"supported": ["2026-07-28"], "requested": revision}


class TestMessages:
    """Hostile and unusual messages."""

    @pytest.mark.parametrize(
        "bad", [b"{", b"\xff", b"nothing", b'{"a":1,"a":2}', b"[NaN]", b"1e999", b"9" * 5_000, b"[" * 100_000]
    )
    def test_not_json(self, bad: bytes) -> None:
        """Text that is not strict JSON is a parse error, and the next message is answered."""
        first, second = talk(bad + b"\n", line("ping"))
        assert (first["id"], first["error"]["code"]) == (None, -32700)
        assert second == {"jsonrpc": "2.0", "id": 1, "result": {}}

    def test_batch(self) -> None:
        """A batch is refused as a whole."""
        identity, code, message = error(b"[" + line("ping").strip() + b"]\n")
        assert (identity, code) == (None, -32600)
        assert message == "expected one JSON-RPC object on each line; batches are not supported"

    @pytest.mark.parametrize("identity", [0, -1, 2**70, "", "x", "\ud800", "é"])
    def test_identities(self, identity: Any) -> None:
        """Every string and integer comes back as it was."""
        assert talk(line("ping", identity=identity)) == [{"jsonrpc": "2.0", "id": identity, "result": {}}]

    @pytest.mark.parametrize("identity", [None, True, 1.5, [], {}])
    def test_bad_identities(self, identity: Any) -> None:
        """Any other identity makes the request invalid."""
        assert error(line("ping", identity=identity))[:2] == (None, -32600)

    @pytest.mark.parametrize("bad", [b"5", b'{"id": 1}', b'{"id": 1, "jsonrpc": "2.0", "method": 5}'])
    def test_invalid_requests(self, bad: bytes) -> None:
        """What is not a request is refused with its identity, if it has one."""
        assert error(bad)[:2] == (1 if b"id" in bad else None, -32600)
        assert error(b'{"id": "a", "jsonrpc": "1.0", "method": "ping"}')[:2] == ("a", -32600)

    def test_silence(self) -> None:
        """Notifications, answers and empty lines get no answer."""
        notifications = [{"method": name} for name in ("notifications/initialized", "notifications/cancelled", "ping")]
        answers = [{"id": 7, "result": {}}, {"id": 7, "error": {"code": 1, "message": "x"}}]
        lines = [json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n" for message in notifications + answers]
        assert talk(*lines, b"\n", b"  \r\n") == []

    def test_long_lines(self) -> None:
        """A line that is too long is skipped to its end, or to the end of the input."""
        long = b'{"jsonrpc": "2.0", "id": 1, "method": "' + b"x" * (3 * MAX_LINE) + b'"}\n'
        identity, code, message = error(long)
        assert (identity, code, message) == (None, -32700, "a message is longer than 1,048,576 bytes")
        assert [answer["id"] for answer in talk(long, line("ping"))] == [None, 1]
        assert error(b" " * (MAX_LINE + 1))[1] == -32700
        assert talk(line("ping").strip().ljust(MAX_LINE - 1) + b"\n", line("ping")) == talk(line("ping"), line("ping"))

    @pytest.mark.parametrize(
        ("method", "params", "code"),
        [
            ("nothing", None, -32601),
            ("resources/list", {}, -32601),
            ("ping", [], -32602),
            ("ping", {"_meta": 5}, -32602),
            ("tools/call", {}, -32602),
            ("tools/call", {"name": "nothing"}, -32602),
            ("tools/call", {"name": []}, -32602),
            ("tools/call", {"name": "show_model", "arguments": []}, -32602),
        ],
    )
    def test_protocol_errors(self, method: str, params: Any, code: int) -> None:
        """Unknown methods and tools, and parameters that are no objects, are errors of the protocol."""
        assert error(line(method, params))[:2] == (1, code)

    @given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9)
                        | st.sampled_from([T2V, "2.0", "tools/call", "quote_request"]),
                        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
                            st.sampled_from(["id", "jsonrpc", "method", "params", "name", "arguments", "request",
                                             "model", "input", "measured", "_meta", "x"]), inner, max_size=5),
                        max_leaves=12))  # fmt: skip
    def test_whatever_arrives(self, value: Any) -> None:
        """Any JSON value, as a message and as the argument of a tool, gets at most one well-formed answer."""
        assert len(talk(json.dumps(value).replace("Infinity", "1e999").encode() + b"\n")) <= 1
        for name in TOOLS:
            arguments = value if isinstance(value, dict) else {"request": value, "model": value}
            assert len(talk(line("tools/call", {"name": name, "arguments": arguments}).replace(b"Infinity", b"0"))) == 1


class TestTools:
    """What the tools say."""

    def test_list(self) -> None:
        """Each is read-only and has a closed schema with a description of every argument."""
        tools = {tool["name"]: tool for tool in result("tools/list")["tools"]}
        assert list(tools) == ["find_models", "show_model", "validate_request", "quote_request"]
        for tool in tools.values():
            assert tool["annotations"] == {
                "readOnlyHint": True,
                "destructiveHint": False,
                "idempotentHint": True,
                "openWorldHint": False,
            }
            schema = tool["inputSchema"]
            assert schema["type"] == "object"
            assert not schema["additionalProperties"]
            assert set(schema["required"]) <= schema["properties"].keys()
            assert all(argument["description"] for argument in schema["properties"].values())

    def test_quote(self) -> None:
        """The whole quote, with the amount as text and in micros."""
        is_error, data = call("quote_request", request=CAT)
        assert (is_error, data["ok"], data["warnings"]) == (False, True, [])
        assert data["quote"] == quote(CAT).to_dict()
        assert (data["quote"]["usd"], data["quote"]["usd_micros"]) == ("0.25", 250_000)

    def test_invalid_request(self) -> None:
        """The code, every problem with the allowed values, the fixes, and the fixed request, with values as sent."""
        is_error, data = call("quote_request", request=TYPO)
        assert (is_error, data["ok"], data["code"]) == (True, False, "invalid_request")
        assert data["problems"][0]["allowed"] == ["prompt", "aspect_ratio", "duration"]
        assert data["request"] == {"model": T2V, "input": {"prompt": "a cat", "duration": "10"}}
        assert [fix["op"] for fix in data["fixes"]] == ["move", "replace"]
        is_error, same = call("validate_request", request=TYPO)
        assert (is_error, same["ok"], same["request"]) == (False, False, data["request"])
        assert call("validate_request", request=CAT) == (False, {"ok": True, "problems": [], "omitted": 0})

    def test_measured(self) -> None:
        """A model that is priced by a measured quantity is quoted with it, and else says what is needed."""
        model = next(model for model in Catalog.bundled() if model.latest.measured)
        request, (field,) = example_request(model.slug), model.latest.measured
        is_error, data = call("quote_request", request=request)
        assert (is_error, data["code"]) == (True, "needs_measurement")
        options = {field.name: (field.allowed or ("",))[0]}
        is_error, data = call("quote_request", request=request, measured=options)
        assert (is_error, data["quote"]["factors"][0]["origin"]) == (False, "measured")

    def test_show(self) -> None:
        """A model is shown by its slug or its page; an unknown one leads to similar ones."""
        is_error, data = call("show_model", model=T2V)
        assert (is_error, data["model"], data["typical_seconds"]) == (False, T2V, 240)
        assert call("show_model", model=data["revision"]["source"][0])[1] == data
        is_error, data = call("show_model", model="kling-o1-standart")
        assert (is_error, data["code"]) == (True, "unknown_model")
        assert T2V in data["allowed"]

    def test_several_models_on_a_page(self) -> None:
        """A page of several models leads to all of them."""
        page = next(
            source
            for model in Catalog.bundled()
            for source in model.latest.source
            if len(Catalog.bundled().documented_at(source)) > 1
        )
        is_error, data = call("show_model", model=page)
        assert (is_error, data["code"]) == (True, "unknown_model")
        assert data["allowed"] == list(Catalog.bundled().documented_at(page))

    def test_find(self) -> None:
        """Offers with their prices and without whole quotes, at most as many as asked for, and how many there are."""
        criteria: Any = {"capability": "image-to-video", "options": {"duration": 10}, "sound": True, "max_usd": "0.50"}
        is_error, data = call("find_models", **criteria, limit=1)
        assert not is_error
        assert data["counts"]["cannot"] > 1
        assert [(offer["model"], offer["usd"]) for offer in data["offers"]] == [
            ("kling/kling-2.6-i2v/image-to-video", "0.40")
        ]
        assert "quote" not in data["offers"][0]
        assert len(data["cannot"]) == 1

    @pytest.mark.parametrize(
        ("name", "arguments", "message"),
        [
            ("find_models", {"capability": "x"}, 'unknown capability "x"; known: '),
            ("find_models", {"options": {"duration": []}}, "the option duration must be text"),
            ("find_models", {"sort": "x"}, 'unknown sort "x"'),
            ("find_models", {"max_usd": "1e5"}, "expected dollars as a plain decimal"),
            ("find_models", {"limit": 0}, "limit must be of type integer from 1 to 1000"),
            ("find_models", {"limit": True}, "limit must be of type integer from 1 to 1000"),
            ("find_models", {"sound": "yes"}, "sound must be of type boolean"),
            ("show_model", {"slug": T2V}, "unknown argument slug; arguments: model"),
            ("show_model", {}, "missing argument model; arguments: model"),
            ("quote_request", {"request": json.dumps(CAT)}, "request must be of type object; pass the object itself"),
            ("quote_request", {"request": [CAT]}, "request must be of type object"),
        ],
    )
    def test_bad_arguments(self, name: str, arguments: dict[str, Any], message: str) -> None:
        """What a model can correct is the result of its call, with what is allowed."""
        is_error, data = call(name, **arguments)
        assert (is_error, data["ok"], data["code"]) == (True, False, "bad_argument")
        assert data["message"].startswith(message)


class TestCommand:
    """`ratecard mcp` as a process, and in this one."""

    def test_whole_session(self) -> None:
        """It ends without a word when the input ends."""
        done = run("mcp", stdin=line("initialize", {"protocolVersion": "2025-06-18"}) + line("ping", identity="b"))
        first, second = map(json.loads, done.stdout.splitlines())
        assert first["result"]["protocolVersion"] == "2025-06-18"
        assert second == {"jsonrpc": "2.0", "id": "b", "result": {}}
        assert (done.exit_code, done.stderr) == (0, "")

    def test_interrupted(self) -> None:
        """Ctrl-C ends it with the usual exit code and one line."""
        with started("mcp", stdin=subprocess.PIPE) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(line("ping").decode())
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["result"] == {}
            process.send_signal(signal.SIGINT)
            assert (process.wait(), process.stderr and process.stderr.read()) == (130, "interrupted\n")

    @pytest.mark.parametrize("limit", ["1e5", "-1", "x", "0.0000001"])
    def test_bad_limits(self, limit: str) -> None:
        """A limit is plain dollars in whole millionths."""
        assert run("mcp", "--max-usd", limit).exit_code == 2
