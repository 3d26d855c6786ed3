"""What a revision need not repeat: a dated price change in five lines, and the announced end of a price.

Rule 1  A revision without `input` inherits every key that it leaves out from the revision before it: in its own file,
        or for an overlay that extends a shipped table, the shipped revision in force before its `effective`.
Rule 2  What is true of one price alone is not inherited: examples, printed dollars, and conflicts and evidence about
        the base price.
Rule 3  After `expires`, a price is not known until the next revision begins.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from attrs import evolve

from ratecard_rules._table.fault import fault_in
from ratecard_rules._table.model import Model, Price, Revision

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ratecard_rules._table.fault import Fault

_OF_ONE_PRICE = ("base_usd_micros", "printed_usd", "free", "unknown")
_NOT_INHERITED = ("effective", "example", "expires")


def inherited(data: dict[str, Any], shipped: Callable[[str], dict[str, Any] | None]) -> dict[str, Any]:
    """Return the data of a table in which every revision is complete. `shipped` returns that of a shipped table.

    Raises ValueError if there is nothing to inherit from. Data of any other form is returned as it is, for the
    converter to refuse.
    """
    try:
        return _complete(data, shipped)
    except (AttributeError, IndexError, KeyError, TypeError):  # what follows knows where the form is wrong
        return data


def _complete(data: dict[str, Any], shipped: Callable[[str], dict[str, Any] | None]) -> dict[str, Any]:
    revisions = data["revision"]
    earlier: list[dict[str, Any]] = []
    if data.get("overlay") == "extend" and "input" not in revisions[0] and isinstance(data["model"], str):
        below = shipped(data["model"])
        if below is None:
            raise ValueError(
                "no such model is shipped, so there is nothing to inherit from: add the revision to the table of the "
                "model, where it inherits from the revision before, or write it out"
            )
        below = _complete(below, shipped)
        names: dict[str, Any] = {key: below[key] for key in ("name", "provider", "capability")}
        data, earlier = {**names, **data}, _before(below["revision"], revisions[0].get("effective"))
    complete: list[dict[str, Any]] = []
    for revision in revisions:
        before = (complete or earlier)[-1:]
        complete.append(_completed(revision, before[0]) if before and "input" not in revision else revision)
    return {**data, "revision": complete}


def _before(revisions: list[dict[str, Any]], instant: object) -> list[dict[str, Any]]:
    """Return the revisions that begin before an instant, or all if it is not one."""
    if not isinstance(instant, datetime) or instant.tzinfo is None:
        return revisions
    return [revision for revision in revisions if "effective" not in revision or revision["effective"] < instant]


def _completed(revision: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in before.items() if key not in _NOT_INHERITED}
    price = revision.get("price")
    if isinstance(price, dict):
        conflicts = [each for each in kept.pop("conflict", []) if not _is_about_base(each.get("about", ""))]
        kept |= {"price": _completed_price(price, kept["price"]), **({"conflict": conflicts} if conflicts else {})}
        revision = {key: value for key, value in revision.items() if key != "price"}
    return {**kept, **revision}


def _completed_price(price: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    if "unknown" in price:  # it has no factors either
        return price
    kept = {key: value for key, value in before.items() if key not in _OF_ONE_PRICE}
    evidence = {rule: word for rule, word in kept.pop("evidence", {}).items() if rule != "base_usd_micros"}
    return {**kept, **({"evidence": evidence} if evidence else {}), **price}


def _is_about_base(about: str) -> bool:
    return about == "example" or about in {f"price.{name}" for name in _OF_ONE_PRICE}


def take_expiries(data: dict[str, Any]) -> tuple[dict[str, Any], list[object]]:
    """Return the data of a table without `expires`, and that of each revision; None if it has none."""
    revisions = data.get("revision")
    if not isinstance(revisions, list):
        return data, []
    ends = [revision.get("expires") if isinstance(revision, dict) else None for revision in revisions]
    rest = [
        {key: value for key, value in revision.items() if key != "expires"} if isinstance(revision, dict) else revision
        for revision in revisions
    ]
    return {**data, "revision": rest}, ends


def expiry_faults(model: Model, ends: list[object]) -> Iterator[Fault]:
    """Yield what is wrong with the announced ends of the prices of a model."""
    for number, (revision, end, following) in enumerate(_periods(model, ends), start=1):
        key = f"revision[{number}].expires"
        if end is None:
            continue
        if not isinstance(end, datetime) or end.tzinfo is None:
            yield fault_in(model, key, "expected an instant with its offset, such as 2026-12-01T00:00:00Z")
        elif revision.effective is not None and end <= revision.effective:
            yield fault_in(model, key, f"{end} is not after the start of the revision")
        elif following is not None and end > following:
            yield fault_in(model, key, f"{end} is after {following}, when this price ends anyway")


def with_expiries(model: Model, ends: list[Any]) -> Model:
    """Return a model in which each price that has an end is followed by a revision whose price is not known."""
    revisions: list[Revision] = []
    for revision, end, following in _periods(model, ends):
        revisions.append(revision)
        if end is not None and end != following:
            day = end.astimezone(UTC)
            price = Price(unknown=f"the price before was announced until {day.isoformat()}")
            conflicts = tuple(each for each in revision.conflicts if not each.about.startswith("price"))
            revisions.append(evolve(revision, effective=day, price=price, examples=(), conflicts=conflicts))
    return evolve(model, revisions=tuple(revisions))


def _periods(model: Model, ends: list[Any]) -> Iterator[tuple[Revision, Any, datetime | None]]:
    """Yield each revision, its announced end, and when the next one begins or the model is retired."""
    starts = (*(revision.effective for revision in model.revisions[1:]), model.retired)
    return zip(model.revisions, ends, starts, strict=False)
