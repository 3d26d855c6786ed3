"""A server for the Model Context Protocol (MCP) over standard input and output: one JSON-RPC 2.0 message on each line.

It speaks the revisions with a handshake (`initialize`) and the one in which each request names its revision in `_meta`.
A server keeps nothing between requests except what was spent, so it need not know which kind of client it has.

Rule 1  Every request with a valid ID gets exactly one answer, and a notification none.
Rule 2  What a model can correct is the result of its call, with `isError`; only the rest is a JSON-RPC error.
Rule 3  A line is never read further than `MAX_LINE`, whatever arrives.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, BinaryIO

from attrs import define, frozen

from ratecard._json import json_text
from ratecard._serve import verbs
from ratecard._serve.verbs import MOST_OFFERS, Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ratecard import Catalog
    from ratecard._serve.spending import Spending

MAX_LINE = 2**20
"""Maximum bytes of a message."""

REVISIONS = ("2026-07-28",)
"""The revisions that a request names itself."""

HANDSHAKES = ("2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05")
"""The revisions that `initialize` can agree on, newest first."""

_REVISION_KEY = "io.modelcontextprotocol/protocolVersion"
_SERVER_KEY = "io.modelcontextprotocol/serverInfo"

PARSE_ERROR, INVALID_REQUEST, METHOD_NOT_FOUND, INVALID_PARAMS = -32700, -32600, -32601, -32602
UNSUPPORTED_REVISION = -32022

_HOUR_MS = 3_600_000

INSTRUCTIONS = (
    "Exact offline prices and checks of paid video and image generation requests. A request is an object with `model` "
    "and `input`, as it would be sent to the API; values are written as there, so durations and switches are usually "
    'strings: "5", "true". Choose a model with find_models or show_model, and call quote_request before anything is '
    "sent. An answer with `fixes` has the fixed request. Amounts are US dollars as text (`usd`) and whole millionths "
    "(`usd_micros`)."
)


class ProtocolError(Exception):
    """What is answered with a JSON-RPC error."""

    def __init__(self, code: int, message: str, data: object = None) -> None:
        super().__init__(message)
        self.error = {"code": code, "message": message, **({} if data is None else {"data": data})}


@frozen
class Tool:
    """A tool.

    Attributes:
        run: Returns the answer for a catalogue and arguments. Raises Refused.
        description: What it does, for the model that calls it.
        arguments: The JSON Schema of each argument.
        required: The arguments that cannot be left out.
        spends: Whether it creates jobs, which cost money.
    """

    run: Callable[..., dict[str, Any]]
    description: str
    arguments: dict[str, dict[str, Any]]
    required: tuple[str, ...] = ()
    spends: bool = False

    def to_dict(self, name: str) -> dict[str, Any]:
        """Return it as it is listed."""
        return {
            "name": name,
            "description": self.description,
            "inputSchema": {
                "type": "object",
                "properties": self.arguments,
                "required": list(self.required),
                "additionalProperties": False,
            },
            "annotations": {
                "readOnlyHint": not self.spends,
                "destructiveHint": self.spends,
                "idempotentHint": not self.spends,
                "openWorldHint": self.spends,
            },
        }

    def call(self, catalog: Catalog, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Return its answer. Raises Refused, also for arguments that do not fit."""
        unknown = [name for name in arguments if name not in self.arguments]
        missing = [name for name in self.required if name not in arguments]
        for names, what in ((unknown, "unknown"), (missing, "missing")):
            if names:
                message = f"{what} argument {names[0]}; arguments: {', '.join(self.arguments)}"
                raise Refused("bad_argument", message, allowed=list(self.arguments))
        for name, value in arguments.items():
            _expect(name, value, self.arguments[name])
        return self.run(catalog, **arguments)


_TYPES = {"object": dict, "string": str, "boolean": bool, "integer": int}


def _expect(name: str, value: object, schema: Mapping[str, Any]) -> None:
    """Raise Refused unless an argument has the type of its schema and is within its limits."""
    low, high = schema.get("minimum"), schema.get("maximum")
    if type(value) is not _TYPES[schema["type"]] or (low is not None and not low <= value <= high):  # type: ignore[operator]
        limits = "" if low is None else f" from {low} to {high}"
        hint = "; pass the object itself, not JSON text" if schema["type"] == "object" and type(value) is str else ""
        raise Refused("bad_argument", f"{name} must be of type {schema['type']}{limits}{hint}")


_REQUEST = {"type": "object", "description": "The request as it would be sent to the API: model and input."}
_MEASURED = {
    "type": "object",
    "description": 'Options of measured quantities that are not part of the request, such as {"duration": "5"}. '
    "Only for models whose answer is needs_measurement.",
}
_TEXT = {"type": "string"}

TOOLS: dict[str, Tool] = {
    "find_models": Tool(
        verbs.find_models,
        "Find the models that can do what is wanted, with the exact price of their cheapest matching request. "
        "Also says which models cannot, and why.",
        {
            "text": {**_TEXT, "description": "Words in the slug, the name, the provider or the capability."},
            "capability": {**_TEXT, "description": "What the model does, such as text-to-video or image-to-video."},
            "options": {"type": "object", "description": 'Wanted values by field, such as {"duration": "10"}.'},
            "sound": {"type": "boolean", "description": "Whether the output must have sound, or must not."},
            "max_usd": {**_TEXT, "description": "The highest price of a request in US dollars, such as 0.50."},
            "provider": {**_TEXT, "description": "The provider, as in the slug or by its name."},
            "sort": {**_TEXT, "enum": ["price", "time", "name"], "description": "The order; price by default."},
            "limit": {
                "type": "integer",
                "minimum": 1,
                "maximum": 1000,
                "description": f"How many models to list in each group; {MOST_OFFERS} by default.",
            },
        },
    ),
    "show_model": Tool(
        verbs.show_model,
        "Show the fields of a model with their allowed values and defaults, its price formula and an example request.",
        {"model": {**_TEXT, "description": "The slug of the model, or the URL of its documentation page."}},
        ("model",),
    ),
    "validate_request": Tool(
        verbs.validate_request,
        "Check a request without sending it: every problem with its place, the allowed values and the fix.",
        {"request": _REQUEST},
        ("request",),
    ),
    "quote_request": Tool(
        verbs.quote_request,
        "Get the exact price of a request without sending it, with every multiplier and assumption.",
        {"request": _REQUEST, "measured": _MEASURED},
        ("request",),
    ),
}


def spending_tools(spending: Spending) -> dict[str, Tool]:
    """Return the tools of a server that may spend: the usual ones, with consents, and `submit_request`."""
    quote = TOOLS["quote_request"]
    consent = {**_TEXT, "description": "The consent that quote_request returned for exactly this request."}
    return {
        **TOOLS,
        "quote_request": Tool(
            spending.quote,
            f"{quote.description} Returns the consent that submit_request needs.",
            quote.arguments,
            quote.required,
        ),
        "submit_request": Tool(
            spending.submit,
            "Send a request to the paid API, once, at the quoted price. This costs money. Show the price to the user "
            "first. If the answer is submission_uncertain, do not call it again for the same request.",
            {"request": _REQUEST, "consent": consent, "measured": _MEASURED},
            ("request", "consent"),
            spends=True,
        ),
    }


@define
class Server:
    """Answers messages.

    Attributes:
        catalog: The tables.
        version: The version of this library.
        tools: The tools by name.
    """

    catalog: Catalog
    version: str
    tools: Mapping[str, Tool]

    def serve(self, source: BinaryIO, sink: BinaryIO) -> None:
        """Answer the messages of a stream until it ends."""
        while line := source.readline(MAX_LINE + 1):
            reply: dict[str, Any] | None
            if len(line) > MAX_LINE:
                reply = _failed(None, ProtocolError(PARSE_ERROR, f"a message is longer than {MAX_LINE:,} bytes"))
                while line and not line.endswith(b"\n"):
                    line = source.readline(MAX_LINE)
            else:
                reply = self.answer(line) if line.strip() else None
            if reply is not None:
                sink.write(json_text(reply).encode() + b"\n")
                sink.flush()

    def answer(self, line: bytes) -> dict[str, Any] | None:
        """Return the answer to a message, or None if it gets none."""
        identity = None
        try:
            message = _message_of(line)
            identity = message.get("id") if type(message.get("id")) in (str, int) else None
            if _is_silent(message):
                return None
            result = self._result(_method_of(message), message.get("params", {}))
        except ProtocolError as error:
            return _failed(identity, error)
        return {"jsonrpc": "2.0", "id": identity, "result": result}

    def _result(self, method: str, params: object) -> dict[str, Any]:
        """Return the result of a request, in the form of its revision. Raises ProtocolError."""
        meta = params.get("_meta", {}) if isinstance(params, dict) else None
        if not isinstance(params, dict) or not isinstance(meta, dict):
            raise ProtocolError(INVALID_PARAMS, "params and params._meta must be objects")
        revision = None if method == "initialize" else meta.get(_REVISION_KEY)
        if not isinstance(revision, str | None):
            raise ProtocolError(INVALID_PARAMS, f"{_REVISION_KEY} must be a string")
        if revision not in (None, *REVISIONS):
            data = {"supported": list(REVISIONS), "requested": revision}
            raise ProtocolError(UNSUPPORTED_REVISION, f"unsupported revision; supported: {', '.join(REVISIONS)}", data)
        methods = {
            "initialize": self._initialize,
            "server/discover": self._discover,
            "ping": self._ping,
            "tools/list": self._list_tools,
            "tools/call": self._call_tool,
        }
        if method not in methods:
            raise ProtocolError(METHOD_NOT_FOUND, f"no such method; methods: {', '.join(methods)}")
        result = methods[method](params)
        if revision is None:
            return result
        cached = {"ttlMs": _HOUR_MS, "cacheScope": "private"} if method in _CACHED else {}
        return {"resultType": "complete", **cached, **result, "_meta": {_SERVER_KEY: self._identity}}

    @property
    def _identity(self) -> dict[str, str]:
        return {"name": "ratecard", "version": self.version}

    def _initialize(self, params: Mapping[str, Any]) -> dict[str, Any]:
        asked = params.get("protocolVersion")
        revision = asked if asked in HANDSHAKES else HANDSHAKES[0]
        return {"protocolVersion": revision, "serverInfo": self._identity, **_ABOUT}

    def _discover(self, _: Mapping[str, Any]) -> dict[str, Any]:
        return {"supportedVersions": list(REVISIONS), **_ABOUT}

    def _ping(self, _: Mapping[str, Any]) -> dict[str, Any]:
        return {}

    def _list_tools(self, _: Mapping[str, Any]) -> dict[str, Any]:
        return {"tools": [tool.to_dict(name) for name, tool in self.tools.items()]}

    def _call_tool(self, params: Mapping[str, Any]) -> dict[str, Any]:
        name, arguments = params.get("name"), params.get("arguments", {})
        if not isinstance(name, str) or name not in self.tools:
            raise ProtocolError(INVALID_PARAMS, f"no such tool; tools: {', '.join(self.tools)}")
        if not isinstance(arguments, dict):
            raise ProtocolError(INVALID_PARAMS, "arguments must be an object")
        is_error = False
        try:
            data = self.tools[name].call(self.catalog, arguments)
        except Refused as error:
            data, is_error = error.to_dict(), True
        content = [{"type": "text", "text": json_text(data)}]  # for clients that do not read structured content
        return {"content": content, "structuredContent": data, "isError": is_error}


_ABOUT = {"capabilities": {"tools": {}}, "instructions": INSTRUCTIONS}
_CACHED = ("server/discover", "tools/list")


def _message_of(line: bytes) -> dict[str, Any]:
    """Return the object on a line. Raises ProtocolError for anything else."""
    try:
        message = verbs.read_json(line)
    except Refused as error:
        raise ProtocolError(PARSE_ERROR, error.message) from None
    if not isinstance(message, dict):
        hint = "; batches are not supported" if isinstance(message, list) else ""
        raise ProtocolError(INVALID_REQUEST, f"expected one JSON-RPC object on each line{hint}")
    return message


def _is_silent(message: Mapping[str, Any]) -> bool:
    """Return whether a message gets no answer: a notification, or an answer although nothing was asked."""
    if "method" in message:
        return "id" not in message
    return "result" in message or "error" in message


def _method_of(message: Mapping[str, Any]) -> str:
    """Return the method of a request. Raises ProtocolError if it is not a valid request."""
    method = message.get("method")
    if message.get("jsonrpc") != "2.0" or not isinstance(method, str) or type(message.get("id")) not in (str, int):
        expected = 'jsonrpc "2.0", a method, and an id that is a string or an integer'
        raise ProtocolError(INVALID_REQUEST, f"expected {expected}")
    return method


def _failed(identity: str | int | None, error: ProtocolError) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": identity, "error": error.error}
