"""Verifying that a stored quote is unchanged and that a catalogue agrees with it."""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from attrs import asdict, evolve, frozen

from ratecard._money import WIDEST_BITS, fraction_of, fraction_text, half_up, usd_text
from ratecard._quote.envelope import ENVELOPE_FORMAT, StoredQuote, envelope_form
from ratecard._quote.price import price_conflicts
from ratecard._quote.quote import Quote, digest_of_stored, stored_form
from ratecard._quote.stored import NOT_THE_FORM, checked
from ratecard_rules import instant_of, multiplier_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ratecard_rules import Catalog, Model, Revision


_NOT_STORABLE = (ArithmeticError, AttributeError, RecursionError, TypeError, ValueError)
"""What `to_dict` raises for a quote whose attributes have other types than they should."""


@frozen
class Mismatch:
    """A part of a stored quote that is wrong.

    Attributes:
        pointer: Where it is (RFC 6901).
        stored: The value there, as plain data.
        expected: The value that should be there, as plain data; None if it is not known.
        says: The reason in words.
    """

    pointer: str
    stored: object
    expected: object
    says: str

    def __str__(self) -> str:
        return f"{self.pointer or '(the quote)'}: {self.says}"


@frozen
class Verification:
    """The result of `verify`.

    Attributes:
        mismatches: Every part that is wrong.
    """

    mismatches: tuple[Mismatch, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.mismatches

    def to_dict(self) -> dict[str, Any]:
        """Return the answer as plain JSON data."""
        return {"ok": self.ok, "mismatches": [asdict(mismatch) for mismatch in self.mismatches]}

    def __str__(self) -> str:
        return "\n".join(map(str, self.mismatches)) or "ok"


def verify(stored: Quote | StoredQuote | Mapping[str, Any], *, catalog: Catalog | None = None) -> Verification:
    """Check that a stored quote is consistent and, if a catalogue is given, that it agrees with it. Never raises.

    Without a catalogue, `verify` detects:

    - a wrong form, of a quote or of a `StoredQuote`: a missing or extra key, a wrong type, text that UTF-8 cannot
      encode, a number of more than 200 digits;
    - a changed amount, even if the digest was recomputed: `exact_micros` must be `base_micros` times all multipliers,
      `usd_micros` that amount after `rounding`, and `usd` the same in dollars;
    - any other change, because the digest covers every key except itself.

    The digest is not keyed, so anyone who changes a quote on purpose can recompute it. After that, some changes are
    detected only with a catalogue: to `model`, to the fields and values of factors, to `conflicts`, `typical_seconds`
    and `revision`, and to `base_micros` or multipliers together with all dependent amounts. Others are not detected at
    all: to the `origin` of factors, to `assumptions` and `catalog`, and the replacement of a quote by one that the
    catalogue gives for other options.

    >>> from ratecard import quote
    >>> stored = quote({"model": "kling-plus/kling-o1-standard/text-to-video", "input": {"prompt": "a cat"}}).to_dict()
    >>> verify(stored).ok
    True
    >>> print(verify({**stored, "usd_micros": 25_000}))
    /usd_micros: the factors give 250000
    /digest: this quote was changed after it was created
    """
    try:
        kind = next((kind for kind in (Quote, StoredQuote) if issubclass(type(stored), kind)), None)
        given: Any = stored if kind is None else kind.to_dict(stored)  # type: ignore[arg-type]  # an instance of that class
        is_envelope = type(given) is dict and given.get("format") == ENVELOPE_FORMAT
        data = checked(given, envelope_form() if is_envelope else stored_form())
    except _NOT_STORABLE:
        return Verification((Mismatch("", None, None, NOT_THE_FORM),))
    if not is_envelope:
        return Verification(
            (*_arithmetic(data), *_changed(data), *(() if catalog is None else _against(data, catalog)))
        )
    inner = verify(data["quote"], catalog=catalog).mismatches
    moved = (evolve(mismatch, pointer=f"/quote{mismatch.pointer}") for mismatch in inner)
    return Verification((*_wrong_instant(data), *moved, *_changed(data)))


def _changed(data: dict[str, Any]) -> Iterator[Mismatch]:
    return _differing(data, "/digest", digest_of_stored(data), "this quote was changed after it was created")


def _wrong_instant(data: dict[str, Any]) -> Iterator[Mismatch]:
    text = data["asked_at"]
    try:
        expected = None if text is None else instant_of(datetime.fromisoformat(text)).astimezone(UTC).isoformat()
    except (ValueError, OverflowError):
        expected = None
    yield from _differing(data, "/asked_at", expected, "the instant in UTC is {}")


def _arithmetic(data: dict[str, Any]) -> Iterator[Mismatch]:
    exact = Fraction(data["base_micros"])
    for index, factor in enumerate(data["factors"]):
        pointer = f"/factors/{index}/multiplier"
        try:
            multiplier = fraction_of(factor["multiplier"])
        except ValueError:
            yield _mismatch(data, pointer, None, "this is not a number")
            return
        yield from _differing(data, pointer, fraction_text(multiplier), "the canonical form of this number is {}")
        exact *= multiplier
        if max(exact.numerator.bit_length(), exact.denominator.bit_length()) > WIDEST_BITS:
            yield _mismatch(data, pointer, None, "the product of base price and multipliers is out of range")
            return
    yield from _differing(data, "/exact_micros", fraction_text(exact), "base price and multipliers give {}")
    is_whole = exact.denominator == 1
    if not is_whole and data["rounding"] is None:
        yield _mismatch(
            data, "/rounding", None, f"{fraction_text(exact)} micros is not a whole number, and no rounding is given"
        )
        return
    if is_whole:
        yield from _differing(data, "/rounding", None, "a whole number of micros needs no rounding")
    yield from _differing(data, "/usd_micros", half_up(exact), "the factors give {}")
    yield from _differing(data, "/usd", usd_text(half_up(exact)), "the factors give {} dollars")


def _against(data: dict[str, Any], catalog: Catalog) -> Iterator[Mismatch]:
    model = catalog.history(data["model"])
    if model is None:
        yield _mismatch(data, "/model", None, "the catalogue has no such model")
        return
    digests = [revision.digest for revision in model.revisions]
    number = data["revision"]["number"]
    if data["revision"]["digest"] in digests:
        number = digests.index(data["revision"]["digest"]) + 1
    else:
        yield _mismatch(data, "/revision/digest", digests, "the catalogue has no such revision of this model")
    if 0 < number <= len(digests):
        yield from _against_revision(data, model, number)


def _against_revision(data: dict[str, Any], model: Model, number: int) -> Iterator[Mismatch]:
    revision = model.revisions[number - 1]
    expected = {
        "/revision/number": number,
        "/revision/checked": revision.checked.isoformat(),
        "/revision/effective": revision.effective and revision.effective.isoformat(),
        "/revision/source": list(revision.source),
        "/base_micros": revision.price.base_usd_micros,
        "/conflicts": list(price_conflicts(revision)),
        "/typical_seconds": revision.typical_seconds,
    }
    for pointer, value in expected.items():
        yield from _differing(data, pointer, value, "the catalogue says {}")
    yield from _against_factors(data, revision)


def _against_factors(data: dict[str, Any], revision: Revision) -> Iterator[Mismatch]:
    names = [factor.field for factor in revision.price.factors]
    if [factor["field"] for factor in data["factors"]] != names:
        yield _mismatch(data, "/factors", names, f"the factors in the catalogue are {', '.join(names) or 'none'}")
        return
    for index, (factor, stored) in enumerate(zip(revision.price.factors, data["factors"], strict=True)):
        try:
            expected = fraction_text(multiplier_of(factor, stored["value"]))
        except (KeyError, ValueError):  # not an option; or too many digits to be a number
            yield _mismatch(data, f"/factors/{index}/value", None, "the catalogue has no multiplier for this value")
        else:
            yield from _differing(data, f"/factors/{index}/multiplier", expected, "the catalogue says {}")


def _differing(data: dict[str, Any], pointer: str, expected: object, says: str) -> Iterator[Mismatch]:
    if _at(data, pointer) != expected:
        yield _mismatch(data, pointer, expected, says.format("nothing" if expected is None else expected))


def _mismatch(data: dict[str, Any], pointer: str, expected: object, says: str) -> Mismatch:
    return Mismatch(pointer, _at(data, pointer), expected, says)


def _at(data: Any, pointer: str) -> object:
    for key in pointer.split("/")[1:]:
        data = data[int(key)] if isinstance(data, list) else data[key]
    found: object = data
    return found
