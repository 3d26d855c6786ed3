"""Answers over HTTP, for programs in other languages: `answer`, and `app` for every ASGI server.

    uvicorn ratecard.service:app

`ratecard serve` serves the same on the loopback interface without further packages. Nothing is sent anywhere, and there
is no state: a process can serve any number of clients.

>>> body = b'{"model": "kling-plus/kling-o1-standard/text-to-video", "input": {"prompt": "a cat"}}'
>>> answer("POST", "/v1/quote", body).status
200
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

from attrs import field, frozen

import ratecard
from ratecard import Catalog, stored_quote_schema
from ratecard._json import json_text
from ratecard._serve import verbs
from ratecard._serve.verbs import Refused

__all__ = ["MAX_BODY", "Response", "Service", "answer", "app", "problem"]

MAX_BODY = 2**20
"""Maximum bytes of a request body."""

_STATUS = {
    "bad_json": 400,
    "bad_http": 400,
    "unknown_model": 404,
    "not_found": 404,
    "method_not_allowed": 405,
    "timeout": 408,
    "too_large": 413,
    "wrong_host": 421,
}
"""The status of each code of a refusal; it is 422 for all others."""

_VERSION = str(ratecard.__version__)
_MODEL_PATH = "/v1/models/{slug}"


@frozen
class Response:
    """An HTTP response.

    Attributes:
        status: Its status.
        headers: Its headers, with `content-length`.
        body: Its body; empty for HEAD.
    """

    status: int
    headers: dict[str, str]
    body: bytes


def _response(status: int, data: object, kind: str = "application/json", **headers: str) -> Response:
    body = json_text(data).encode()
    return Response(status, {"content-type": kind, "content-length": str(len(body)), **headers}, body)


def problem(code: str, message: str, status: int | None = None, **data: Any) -> Response:
    """Return a problem as RFC 9457 describes it, with its code and further data."""
    status = status or _STATUS.get(code, 422)
    about = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": message}
    headers = {"allow": ", ".join(data["allowed"])} if status == HTTPStatus.METHOD_NOT_ALLOWED else {}
    return _response(status, {**about, "code": code, **data}, "application/problem+json", **headers)


@frozen
class Endpoint:
    """What can be asked for at a path.

    Attributes:
        method: GET or POST. HEAD is answered wherever GET is.
        summary: What it returns.
        run: Returns the data for a catalogue, the slug or the parsed body, and the parameters. Raises Refused.
        parameters: The names of the query parameters.
        body: The JSON Schema of the body.
        answer: The JSON Schema of the data.
    """

    method: str
    summary: str
    run: Callable[..., dict[str, Any]]
    parameters: tuple[str, ...] = ()
    body: dict[str, Any] | None = None
    answer: dict[str, Any] = field(factory=lambda: {"type": "object"})

    @property
    def methods(self) -> list[str]:
        """The methods that are allowed."""
        return ["GET", "HEAD"] if self.method == "GET" else [self.method]


@frozen
class Service:
    """The service for a catalogue, as an ASGI application: `app` has the bundled tables.

    Attributes:
        catalog: The tables.
    """

    catalog: Catalog = field(factory=Catalog.bundled)

    def answer(self, method: str, target: str, body: bytes = b"") -> Response:
        """Return the response to a request.

        Args:
            method: The HTTP method.
            target: The path with the query, percent-encoded, such as `/v1/models?capability=text-to-video`.
            body: The body, without any transfer coding.
        """
        path, _, query = target.partition("?")
        try:
            response = _response(200, self._data(method, unquote(path), query, body))
        except Refused as error:
            response = problem(error.code, error.message, **error.data)
        return Response(response.status, response.headers, b"") if method == "HEAD" else response

    def _data(self, method: str, path: str, query: str, body: bytes) -> dict[str, Any]:
        if len(body) > MAX_BODY:
            raise Refused("too_large", f"the body is longer than {MAX_BODY:,} bytes")
        slug = path.removeprefix("/v1/models/")
        endpoint = ENDPOINTS.get(path) if slug == path else ENDPOINTS[_MODEL_PATH]
        if endpoint is None:
            raise Refused("not_found", f"nothing is at this path; paths: {', '.join(ENDPOINTS)}")
        if method not in endpoint.methods:
            allowed = endpoint.methods
            raise Refused("method_not_allowed", f"use {' or '.join(allowed)} at this path", allowed=allowed)
        parameters = _parameters(query, endpoint.parameters)
        subject = verbs.read_json(body) if endpoint.body is not None else slug
        return endpoint.run(self.catalog, subject, **parameters)

    async def __call__(self, scope: dict[str, Any], receive: Callable[[], Any], send: Callable[[Any], Any]) -> None:
        """Answer one HTTP request, as ASGI describes it."""
        if scope["type"] != "http":
            return
        body, more = b"", True
        while more and len(body) <= MAX_BODY:
            event = await receive()
            if event["type"] == "http.disconnect":
                return
            body, more = body + event.get("body", b""), event.get("more_body", False)
        path = quote(scope["path"].removeprefix(scope.get("root_path", "")))
        response = self.answer(scope["method"], f"{path}?{scope['query_string'].decode('latin-1')}", body)
        headers = [(name.encode(), value.encode()) for name, value in response.headers.items()]
        await send({"type": "http.response.start", "status": response.status, "headers": headers})
        await send({"type": "http.response.body", "body": response.body})


def _parameters(query: str, names: tuple[str, ...]) -> dict[str, Any]:
    """Return the parameters of a query. Raises Refused for unknown ones, and for one that is given twice."""
    found: dict[str, Any] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        parameter, _, key = name.removesuffix("]").partition("[")
        if parameter not in names or (parameter == "measured") != bool(key):
            known = ", ".join("measured[FIELD]" if known == "measured" else known for known in names) or "none"
            raise Refused("bad_argument", f"unknown parameter {name}; parameters: {known}", allowed=list(names))
        holder, entry = (found.setdefault(parameter, {}), key) if key else (found, parameter)
        if entry in holder:
            raise Refused("bad_argument", f"the parameter {name} is given twice")
        holder[entry] = value
    return found


def _health(catalog: Catalog, _: str) -> dict[str, Any]:
    tables = {"version": catalog.version, "digest": catalog.digest}
    return {"ok": True, "version": _VERSION, "catalog": tables}


def _description(_: Catalog, __: str) -> dict[str, Any]:
    """Return the OpenAPI document of the service."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "ratecard", "version": _VERSION, "summary": "Offline prices and checks of requests."},
        "paths": {path: {endpoint.method.lower(): _operation(path, endpoint)} for path, endpoint in ENDPOINTS.items()},
        "components": {"schemas": {"Problem": _PROBLEM}},
    }


_REQUEST = {"type": "object", "description": "The request, as it would be sent to the API."}
_LISTS = {"type": "array", "items": {"type": "object"}}


def _answered(**properties: Any) -> dict[str, Any]:
    properties = {"ok": {"type": "boolean"}, **properties}
    return {"type": "object", "properties": properties, "required": list(properties)}


_QUOTE = {name: part for name, part in stored_quote_schema().items() if name != "$schema"}

ENDPOINTS: dict[str, Endpoint] = {
    "/v1/quote": Endpoint(
        "POST",
        "The exact price of a request.",
        verbs.quote_request,
        ("measured",),
        _REQUEST,
        _answered(quote=_QUOTE, warnings=_LISTS),
    ),
    "/v1/validate": Endpoint(
        "POST",
        "Every problem of a request, and the fixed request if some can be fixed.",
        verbs.validate_request,
        (),
        {"description": f"{_REQUEST['description']} Whatever is not an object is reported as a problem."},
        _answered(problems=_LISTS, omitted={"type": "integer"}),
    ),
    "/v1/batch": Endpoint(
        "POST",
        "The price of each request in an array, and the total.",
        verbs.quote_batch,
        ("measured",),
        {"type": "array", "items": {}},
        _answered(results=_LISTS, total_usd_micros={"type": "integer"}, total_usd={"type": "string"}),
    ),
    "/v1/models": Endpoint(
        "GET",
        "The names and prices of models.",
        lambda catalog, _, **criteria: verbs.list_models(catalog, **criteria),
        ("text", "capability", "provider"),
        None,
        _answered(models=_LISTS),
    ),
    _MODEL_PATH: Endpoint(
        "GET",
        "Everything that is known about a model.",
        verbs.show_model,
        answer=_answered(model={"type": "string"}, fields=_LISTS, price={"type": "object"}, request=_REQUEST),
    ),
    "/openapi.json": Endpoint("GET", "This document.", _description),
    "/healthz": Endpoint("GET", "Whether the service answers, and with which tables.", _health, answer=_answered()),
}

_PROBLEM = {
    "type": "object",
    "description": "A problem as in RFC 9457. `code` says what is wrong; some codes come with `problems`, `fixes`, the "
    "fixed `request`, or the `allowed` names.",
    "properties": {
        **{name: {"type": "string"} for name in ("type", "title", "detail", "code")},
        "status": {"type": "integer"},
        "problems": _LISTS,
        "fixes": _LISTS,
    },
    "required": ["type", "title", "status", "detail", "code"],
}


_MEASURED = {
    "description": "Measured quantities that are not part of the request: `measured[duration]=5`.",
    "style": "deepObject",
    "schema": {"type": "object"},
}
_SLUG = {
    "name": "slug",
    "in": "path",
    "required": True,
    "schema": {"type": "string"},
    "example": "kling-plus/kling-o1-standard/text-to-video",
}


def _operation(path: str, endpoint: Endpoint) -> dict[str, Any]:
    """Return an endpoint as an operation of OpenAPI."""
    query = (
        {"name": name, "in": "query", **(_MEASURED if name == "measured" else {"schema": {"type": "string"}})}
        for name in endpoint.parameters
    )
    body = {"required": True, "content": {"application/json": {"schema": endpoint.body}}}
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        "summary": endpoint.summary,
        "parameters": [_SLUG] if path == _MODEL_PATH else list(query),
        **({} if endpoint.body is None else {"requestBody": body}),
        "responses": {
            "200": {"description": "The answer.", "content": {"application/json": {"schema": endpoint.answer}}},
            "4XX": {"description": "A problem.", "content": problem},
        },
    }


app = Service()
answer = app.answer
