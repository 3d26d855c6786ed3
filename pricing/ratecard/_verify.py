"""Whether a stored quote is what it was when it was made, and whether a catalogue agrees with it."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from attrs import frozen

from ratecard._money import fraction_of, fraction_text, usd_text
from ratecard._quote import Quote
from ratecard._stored import digest_of_stored, has_form
from ratecard_rules import Price, multiplier_of, rounded_usd_micros

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ratecard_rules import Catalog, Model, Revision


@frozen
class Mismatch:
    """One place of a stored quote that does not hold: `pointer` leads there (RFC 6901).

    `stored` is what stands there, `expected` what should, both as plain data; `says` is the reason in words.
    """

    pointer: str
    stored: object
    expected: object
    says: str

    def __str__(self) -> str:
        return f"{self.pointer or '(the quote)'}: {self.says}"


@frozen
class Verification:
    """The answer of `verify`: every mismatch; `ok` where there is none."""

    mismatches: tuple[Mismatch, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether the stored quote holds."""
        return not self.mismatches

    def to_dict(self) -> dict[str, Any]:
        """Return the answer as plain JSON data."""
        found = [
            {"pointer": one.pointer, "stored": one.stored, "expected": one.expected, "says": one.says}
            for one in self.mismatches
        ]
        return {"ok": self.ok, "mismatches": found}

    def __str__(self) -> str:
        return "\n".join(map(str, self.mismatches)) or "ok"


def verify(stored: Quote | Mapping[str, Any], *, catalog: Catalog | None = None) -> Verification:
    """Recompute a stored quote from itself alone; with a catalogue, also ask whether that agrees.

    Checked without any catalogue: the form, the product of base and multipliers, its rounding, the dollars, and the
    digest over the whole, which no change of any part survives. With a catalogue: whether the model still has the
    revision on which the quote rests, and if not, in which of its numbers the catalogue differs now. Never raises.

    >>> from ratecard import quote
    >>> stored = quote({"model": "kling-plus/kling-o1-standard/text-to-video", "input": {"prompt": "a cat"}}).to_dict()
    >>> verify(stored).ok
    True
    >>> print(verify({**stored, "usd_micros": 25_000}))
    /usd_micros: the factors come to 250000
    /digest: something in this quote is not what it was when the quote was made
    """
    data = stored.to_dict() if isinstance(stored, Quote) else stored
    if not has_form(data):
        return Verification((Mismatch("", None, None, "a key is missing, added or of another type"),))
    mismatches = [*_arithmetic(data), *_digest(data)]
    if catalog is not None:
        mismatches += _against(data, catalog)
    return Verification(tuple(mismatches))


def _arithmetic(data: Mapping[str, Any]) -> Iterator[Mismatch]:
    exact = Fraction(data["base_micros"])
    for index, factor in enumerate(data["factors"]):
        multiplier = _number(factor["multiplier"])
        if multiplier is None:
            yield _unlike(data, f"/factors/{index}/multiplier", None, "this is no number")
            return
        exact *= multiplier
    yield from _differing(data, "/exact_micros", fraction_text(exact), "base and multipliers come to {}")
    if exact.denominator != 1 and data["rounding"] is None:
        yield _unlike(data, "/rounding", None, f"{fraction_text(exact)} micros are not whole, and no rounding is named")
        return
    rounding = data["rounding"] if exact.denominator != 1 else None
    yield from _differing(data, "/rounding", rounding, "a whole number of micros needs no rounding")
    micros = rounded_usd_micros(Price(rounding=rounding), exact)
    yield from _differing(data, "/usd_micros", micros, "the factors come to {}")
    yield from _differing(data, "/usd", usd_text(micros), "the factors come to {} dollars")


def _digest(data: Mapping[str, Any]) -> Iterator[Mismatch]:
    yield from _differing(data, "/digest", digest_of_stored(dict(data)), _CHANGED)


_CHANGED = "something in this quote is not what it was when the quote was made"


def _against(data: Mapping[str, Any], catalog: Catalog) -> Iterator[Mismatch]:
    model = catalog.at(None).get(data["model"])
    if model is None:
        yield _unlike(data, "/model", None, "the catalogue has no such model")
        return
    number = data["revision"]["number"]
    known = {revision.digest: revision for revision in model.revisions}
    revision = known.get(data["revision"]["digest"])
    if revision is None:
        expected = [one.digest for one in model.revisions]
        yield _unlike(data, "/revision/digest", expected, "the catalogue has no such revision of this model")
        if not 0 < number <= len(model.revisions):
            return
        revision = model.revisions[number - 1]
    yield from _against_revision(data, model, revision)


def _against_revision(data: Mapping[str, Any], model: Model, revision: Revision) -> Iterator[Mismatch]:
    number = model.revisions.index(revision) + 1
    says = "the catalogue says {}"
    yield from _differing(data, "/revision/number", number, says)
    yield from _differing(data, "/revision/checked", revision.checked.isoformat(), says)
    effective = revision.effective and revision.effective.isoformat()
    yield from _differing(data, "/revision/effective", effective, says)
    yield from _differing(data, "/base_micros", revision.price.base_usd_micros, says)
    fields = [factor.field for factor in revision.price.factors]
    if [factor["field"] for factor in data["factors"]] != fields:
        yield _unlike(data, "/factors", fields, f"the catalogue multiplies by {', '.join(fields) or 'nothing'}")
        return
    for index, (factor, stored) in enumerate(zip(revision.price.factors, data["factors"], strict=True)):
        try:
            expected = fraction_text(multiplier_of(factor, stored["value"]))
        except KeyError:
            yield _unlike(data, f"/factors/{index}/value", None, "the catalogue has no multiplier for this value")
            continue
        yield from _differing(data, f"/factors/{index}/multiplier", expected, says)


def _differing(data: Mapping[str, Any], pointer: str, expected: object, says: str) -> Iterator[Mismatch]:
    if _at(data, pointer) != expected:
        yield _unlike(data, pointer, expected, says.format(expected))


def _unlike(data: Mapping[str, Any], pointer: str, expected: object, says: str) -> Mismatch:
    return Mismatch(pointer, _at(data, pointer), expected, says)


def _at(data: Any, pointer: str) -> object:  # noqa: ANN401  plain JSON data
    for key in pointer.split("/")[1:]:
        data = data[int(key)] if isinstance(data, list) else data[key]
    found: object = data
    return found


def _number(text: str) -> Fraction | None:
    try:
        return fraction_of(text)
    except ValueError:
        return None
