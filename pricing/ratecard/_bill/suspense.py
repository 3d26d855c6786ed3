"""Requests in suspense: what was declined is kept, and tried again when the tables have changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import frozen

from ratecard._bill.rows import BadRow, time_of
from ratecard._diff.diff import diff
from ratecard._errors import Declined
from ratecard._quote.price import try_quote
from ratecard._quote.quote import CatalogRef, Quote
from ratecard._quote.stored import plain_data
from ratecard_rules import Catalog, one_line, plain, plain_object, validate

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_SHORT_DIGEST = 12


def held(request: object, code: str, message: str, catalog: Catalog, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the record of a declined request: why it was declined, and by which catalogue.

    `options` are those of `quote` that were given: `measured` and `strict`.
    """
    identity = plain_data(CatalogRef(catalog.version, catalog.digest))
    at = {} if catalog.instant is None else {"at": catalog.instant.isoformat()}
    given = {name: value for name, value in options.items() if value}
    return {"request": request, "code": code, "message": message, "catalog": identity, **at, **given}


@frozen
class Recycled:
    """A request in suspense that was tried again.

    Attributes:
        record: Its record as it was; a `BadRow` if it cannot be read.
        answer: Its quote, or why it is still declined; None if the record cannot be read.
        says: What released it, or why it is still in suspense, in words.
    """

    record: Any
    answer: Quote | Declined | None
    says: str

    @property
    def is_released(self) -> bool:
        """Whether the request has a price now."""
        return isinstance(self.answer, Quote)

    def to_dict(self) -> dict[str, Any]:
        """Return the outcome as plain JSON data."""
        quote = self.answer.to_dict() if isinstance(self.answer, Quote) else None
        request = self.record.get("request") if self.answer is not None else None
        return {"released": self.is_released, "request": request, "quote": quote, "because": self.says}


def recycle(records: Iterable[object], catalog: Catalog, known: Iterable[Catalog]) -> Iterator[Recycled]:
    """Yield each request in suspense, tried again with a catalogue.

    The change of the tables that released a request is known if the catalogue that declined it is among `known`. The
    instant of the record applies unless `catalog` has one.
    """
    by_digest = {each.digest: each for each in (*known, catalog)}
    for record in records:
        parts = plain_object(record)
        if parts is None or "request" not in parts:
            what = record.what if isinstance(record, BadRow) else "expected an object with a request"
            yield Recycled(record, None, what)
            continue
        at = time_of(parts.get("at"))
        view = catalog.at(at) if at is not None and catalog.instant is None else catalog
        measured = plain_object(parts.get("measured"))
        answer = try_quote(parts["request"], catalog=view, measured=measured, strict=parts.get("strict") is True)
        if isinstance(answer, Declined):
            yield Recycled(parts, answer, f"{answer.code}: {one_line(answer.message)}")
        else:
            yield Recycled(parts, answer, _released_by(parts, answer.model, view, by_digest))


def still_held(record: dict[str, Any], declined: Declined, catalog: Catalog) -> dict[str, Any]:
    """Return the record of a request that stays in suspense, with the reason and the catalogue of today."""
    options = {name: record.get(name) for name in ("measured", "strict")}
    return {**record, **held(record["request"], declined.code, declined.message, catalog, options)}


def _released_by(record: dict[str, Any], slug: str, catalog: Catalog, by_digest: Mapping[str, Catalog]) -> str:
    """Return the changes of the tables that gave a request its price, in words."""
    identity = plain_object(record.get("catalog")) or {}
    digest = plain(identity.get("digest"))
    old = by_digest.get(digest) if type(digest) is str else None
    if old is None:
        return f"another catalogue, {catalog.version} ({catalog.digest[:_SHORT_DIGEST]}); the old one is not known"
    before, after = ([model] if (model := each.history(slug)) else [] for each in (old, catalog))
    changes = diff(Catalog(before), Catalog(after)).changes
    if not changes:
        return "no change of its table; the instant, or how it is priced, is another"
    problems = validate(record["request"], catalog=old).errors
    fields = {problem.pointer.removeprefix("/input/").partition("/")[0] for problem in problems}
    about = {"price"} if record.get("code") == "price_unknown" else fields
    related = [change for change in changes if not about.isdisjoint(change.key.split("."))]
    return "; ".join(change.says for change in related or changes)
