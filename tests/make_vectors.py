"""Write `data/vectors.jsonl`: requests with the answers that every port of these tables must give.

The file is frozen: it is read by `test_vectors.py`, and by ports to other languages; its first line says how to run
it. The package has a compressed copy for `ratecard conform`, which is written too. Write it again only where tables
were added or changed on purpose, and read the difference line by line before it is committed. A model with dated
changes has vectors for each of its revisions, at an instant of it: no answer depends on the day on which the file is
written or read.

Run by `python rules/regenerate.py`.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dated import TICK, has_dates, periods, slug_of, table_files, whole
from ratecard import Catalog, Declined, Quote, price_sheet, try_quote, validate
from ratecard._conform.vectors import PACKED, REPEAT, expand

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from ratecard_rules import Field, Model, Revision

FILE = Path(__file__).with_name("data") / "vectors.jsonl"
IMAGE, VIDEO = "https://example.com/cat.jpg", "https://example.com/cat.mp4"

GENERAL_MODEL = "alibaba-plus/wan-2.6-flash/image-to-video"
"""The model of the vectors that concern no model, unless it has dates."""
HEADER = {
    "format": "ratecard-vectors",
    "version": 2,
    "unit": "usd_micros and exact_micros are millionths of a US dollar: 1000000 are $1.00",
    "lines": "this line first; then one JSON object for each line: id, kind, about, request, measured, at, expect",
    "id": "the model whose table is tried (empty: none) and a number that counts from 1 for each",
    "kind": {
        "price": "one line for each combination of priced options of each model",
        "default": "the request that leaves out all that it may leave out",
        "edge": "requests at and around one limit or one rule of one field, or of the request itself",
        "dated": "a request at an instant at which its model cannot be used",
    },
    "request": "the request to judge; any JSON value, not always an object",
    "measured": "where present: the options of quantities that are measured and not sent, passed beside the request",
    "at": "where present: the instant to judge and to price at; it is there for models with dated changes",
    "expect": {
        "usd_micros": "present exactly where there is a price: the whole price, rounded half up",
        "exact_micros": "the price before rounding, as exact decimal text",
        "code": "present exactly where there is no price: why, in one word that does not change",
        "problems": "all problems, in order, each as [severity, code, JSON Pointer]; an error means invalid_request",
        "fixes": "the operations (JSON Patch) that fix what can be fixed, in order",
    },
    "level": {
        "price": "compare usd_micros, exact_micros and code, for all requests except those that are invalid_request",
        "validate": "compare code and problems as well, for all requests",
        "fixes": "compare fixes as well",
    },
    REPEAT: "an object with this one key stands for text or an array repeated: [unit, times]; expand it at any depth",
    "numbers": 'read them as JSON numbers: 1 and 1.0 are the same value, 1 and "1" and true are three different ones',
    "how": "expand, ask for the problems of request, then for its price (with measured and at), compare with expect",
}  # fmt: skip


def answer(request: Any, measured: dict[str, Any], at: datetime | None) -> dict[str, Any]:
    """Return what the library answers, in the form of `expect`."""
    given = try_quote(request, measured=measured, at=at)
    report = given.report if isinstance(given, Declined) else validate(request, at=at)
    problems = [[problem.severity, problem.code, problem.pointer] for problem in report]
    fixes = [fix.to_dict() for fix in report.fixes(request)]
    about = {"problems": problems, "fixes": fixes}
    if not isinstance(given, Quote):
        return {"code": given.code, **about}
    return {"usd_micros": given.usd_micros, "exact_micros": given.to_dict()["exact_micros"], **about}


def text() -> str:
    """Return the whole file."""
    models = [whole(slug_of(file)) for file in table_files()]
    vectors = [
        {"id": f"{slug}#{number}", **vector}
        for slug, found in _vectors(models)
        for number, vector in enumerate(found, start=1)
    ]
    counts = {"catalog": Catalog(models).version, "models": len(models), "vectors": len(vectors)}
    return "".join(_line(part) for part in (HEADER | counts, *vectors))


def _line(part: dict[str, Any]) -> str:
    return json.dumps(part, ensure_ascii=True, separators=(",", ":")) + "\n"


def _vectors(models: list[Model]) -> Iterator[tuple[str, Iterator[dict[str, Any]]]]:
    """Yield (slug, vectors) for each model, then for requests that concern no model."""
    for model in models:
        yield model.model, _of_model(model)
    # Always the same model, if possible: a new model must not change these vectors.
    undated = min((model for model in models if not has_dates(model)), key=lambda model: model.model != GENERAL_MODEL)
    yield "", (_vector("edge", about, request) for about, request in _foreign(undated.model, undated.latest))


def _of_model(model: Model) -> Iterator[dict[str, Any]]:
    start = model.revisions[0].effective
    if start is not None:
        before = start - TICK
        yield _vector("dated", "before its first day", _request(model.model, model.revisions[0]), at=before)
    for table, at in periods(model):
        yield from _of_revision(model.model, table, at)
    if model.retired is not None:
        yield _vector("dated", "retired", _request(model.model, model.revisions[-1]), at=model.retired)


def _of_revision(slug: str, table: Revision, at: datetime | None) -> Iterator[dict[str, Any]]:
    yield from _priced(slug, table, at)
    yield _vector("default", "nothing but what is required", _request(slug, table), at=at)
    for about, request in _edges(slug, table):
        yield _vector("edge", about, request, at=at)


def _vector(
    kind: str, about: str, request: Any, measured: dict[str, Any] | None = None, *, at: datetime | None = None
) -> dict[str, Any]:
    passed: dict[str, Any] = {"measured": measured} if measured else {}
    if at is not None:
        passed["at"] = at.isoformat()
    expected = answer(expand(request), measured or {}, at)
    return {"kind": kind, "about": about, "request": request, **passed, "expect": expected}


def _priced(slug: str, table: Revision, at: datetime | None) -> Iterator[dict[str, Any]]:
    """Yield every priced combination; for a quantity that is measured, also options that are none."""
    if table.price.unknown:
        return
    for row in price_sheet(slug, at=at):
        options = {factor.field: factor.value for factor in row.factors}
        sent = {name: value for name, value in options.items() if name in table.fields}
        measured = {name: value for name, value in options.items() if name not in sent}
        yield _vector("price", ", ".join(options) or "flat", _request(slug, table, **sent), measured, at=at)
    for field in table.measured:
        for odd in ("no such option", 5, None):
            about = f"{field.name}: measured, but not as an option"
            yield _vector("edge", about, _request(slug, table), {field.name: odd}, at=at)
        unknown = {field.name: (field.allowed or ("",))[0], "no_such_quantity": "5"}
        yield _vector("edge", "a name that is not measured", _request(slug, table), unknown, at=at)


def _request(slug: str, table: Revision, **fields: Any) -> dict[str, Any]:
    """Return a request with all that is required and `fields`, in the order of the table."""
    needed = {field.name for field in table.input if field.required} | {rule.of[-1] for rule in table.at_least_one}
    filled = {field.name: _some_value(field) for field in table.input if field.name in needed}
    both = filled | fields
    ordered = {name: both[name] for name in (*table.fields, *fields) if name in both}
    return {"model": slug, "input": ordered}


def _some_value(field: Field) -> Any:
    if field.allowed is not None:
        return field.allowed[0]
    address = VIDEO if "video" in field.name else IMAGE
    match field.type:
        case "array":
            return [_item(field)] * max(field.min_items or 0, 1)
        case "number":
            return field.min or 0
        case "boolean":
            return True
    return address if field.format else "a cat"


def _item(field: Field) -> Any:
    return {"image_url": IMAGE} if field.items == "object" else VIDEO if "video" in field.name else IMAGE


def _edges(slug: str, table: Revision) -> Iterator[tuple[str, Any]]:
    """Yield (what is tried, request) for the rules of one revision, in the order of its table."""
    plain = _request(slug, table)
    yield "a field that does not exist", _request(slug, table, no_such_field="x")
    yield "webhookUrl that is not https", {**plain, "webhookUrl": "http://example.com/done"}
    yield "input that is null", {**plain, "input": None}
    for field in table.input:
        for about, value in _field_edges(field):
            yield f"{field.name}: {about}", _request(slug, table, **{field.name: value})
        if field.name in plain["input"]:
            left = {name: value for name, value in plain["input"].items() if name != field.name}
            yield f"{field.name}: left out", {**plain, "input": left}
    yield from _together(table, plain)


def _together(table: Revision, plain: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield what takes several fields at once."""
    if len(table.priced) > 1 and not table.measured:
        bad: dict[str, Any] = dict.fromkeys(table.priced, "no such option")
        yield "every priced field with no option of it", {**plain, "input": {**plain["input"], **bad}}
    everything = {field.name: _some_value(field) for field in table.input}
    yield "every field at once", {**plain, "input": everything, "webhookUrl": "https://example.com/done"}


def _field_edges(field: Field) -> Iterator[tuple[str, Any]]:
    yield "null", None
    yield "of another type", _other_type(field)
    if field.allowed is not None and field.type != "boolean":
        yield "no option", 99 if field.type == "number" else "no such option"
        yield "an option in another form", _other_form(field)
    if field.max_length is not None:
        yield "as long as it may be", _repeat("x", field.max_length)
        yield "too long by one", _repeat("x", field.max_length + 1)
        yield "too long only in UTF-16 units", _repeat("\U0001f431", field.max_length // 2 + 1)
    for limit, step in ((field.min, -1), (field.max, 1)):
        if limit is not None:
            yield "at its limit", int(limit)
            yield "beyond its limit", int(limit) + step
    if field.max_items is not None:
        yield "as many as it may hold", _repeat([_item(field)], field.max_items)
        yield "too many by one", _repeat([_item(field)], field.max_items + 1)
    if field.type == "array":
        yield "empty", []
        yield "an item of another type", [_item(field), 1]
    if field.format is not None:
        yield "no address", "cat.jpg"


def _repeat(unit: Any, times: int) -> dict[str, Any]:
    return {REPEAT: [unit, times]}


def _other_type(field: Field) -> Any:
    """Return what people send by mistake: the right thing with another type."""
    first = (field.allowed or ("",))[0]
    match field.type:
        case "array":
            return _item(field)
        case "number":
            return "1"
        case "boolean":
            return "true"
    if first in {"true", "false"}:
        return True
    return int(first) if str(first).isdecimal() else 1


def _other_form(field: Field) -> Any:
    """Return an option in another case and with a blank; of a number, with a fraction of zero."""
    first = (field.allowed or ("",))[0]
    return f"{first} ".upper() if isinstance(first, str) else 1.0


def _foreign(slug: str, table: Revision) -> Iterator[tuple[str, Any]]:
    """Yield requests that concern no model, derived from a valid one."""
    plain = _request(slug, table)
    odd: Any
    for odd in (None, [], "x", 1, True, {}):
        yield "no request at all", odd
    for name in ("no/such/model", "", slug.upper(), f" {slug}", f"{slug}/", None, 1, [slug]):
        yield "a model that does not exist", {**plain, "model": name}
    yield "without model", {"input": plain["input"]}
    yield "without input", {"model": slug}
    for odd in ([], "{}", 1, True):
        yield "input that is no object", {**plain, "input": odd}
    yield "a version is named", {**plain, "version": "1.0.0"}
    yield "version that is no text", {**plain, "version": 1}
    for odd in (None, "", "example.com", "https://", "ftp://example.com", 1):
        yield "webhookUrl that is no https address", {**plain, "webhookUrl": odd}
    yield "webhookUrl", {**plain, "webhookUrl": "https://example.com/done"}
    yield "a key of the request that does not exist", {**plain, "no_such_key": 1}
    yield "a key of input that a pointer must escape", {**plain, "input": {**plain["input"], "a/b~c": 1}}
    yield "half a character, which no JSON text should hold", {**plain, "version": "\ud83d"}
    yield "several things at once", {"model": "no/such/model", "input": None, "webhookUrl": 1, "zzz": 1}


def main() -> None:
    """Write the file and, if it has changed, the compressed copy, whose bytes depend on the version of zlib."""
    content = text().encode("ascii")
    FILE.write_bytes(content)
    if not PACKED.exists() or gzip.decompress(PACKED.read_bytes()) != content:
        PACKED.write_bytes(gzip.compress(content, mtime=0))


if __name__ == "__main__":
    main()
