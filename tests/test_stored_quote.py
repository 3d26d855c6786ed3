"""A quote as it is kept: with its instant, its currency, the digest of its request and the caller's reference."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

import invented
from ratecard import Quote, StoredQuote, quote, verify
from ratecard_rules import digest_of
from strategies import priced
from tampering import at, changed, leaves

CATALOG = invented.catalog()
QUOTED = quote(invented.request(sound=True), catalog=CATALOG)
NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
STORED = StoredQuote(quote=QUOTED, asked_at=NOON, request_digest="0" * 64, reference="order 17")
SCHEMA = Path(__file__).parents[1] / "docs" / "stored-quote.schema.json"
VALIDATOR = jsonschema.Draft202012Validator(StoredQuote.json_schema())
ZONES = st.sampled_from([UTC, timezone(timedelta(hours=14)), timezone(timedelta(hours=-11, minutes=-30))])
TEXTS = st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(priced(), st.none() | st.datetimes(timezones=ZONES, min_value=datetime(2, 1, 1)), TEXTS)  # noqa: DTZ001
def test_it_is_read_back(drawn: Any, asked_at: datetime | None, text: str | None) -> None:
    """What is written is read back equal, fits the schema and verifies; the quote inside is as it is alone."""
    quoted = quote(drawn[0], measured=drawn[1])
    stored = StoredQuote(quote=quoted, asked_at=asked_at, reference=text, request_digest=text)
    data = json.loads(json.dumps(stored.to_dict()))
    assert StoredQuote.from_dict(data) == stored
    assert verify(data).ok
    assert verify(stored).ok
    assert data["quote"] == quoted.to_dict()
    VALIDATOR.validate(data)


def test_the_form() -> None:
    """Equal instants are written alike, in UTC, and the digest covers everything else."""
    data = STORED.to_dict()
    assert {key: value for key, value in data.items() if key not in ("quote", "digest")} == {
        "format": 2,
        "asked_at": "2026-12-01T12:00:00+00:00",
        "currency": "USD",
        "request_digest": "0" * 64,
        "reference": "order 17",
    }
    east = NOON.astimezone(timezone(timedelta(hours=9)))
    assert StoredQuote(quote=QUOTED, asked_at=east).to_dict() == StoredQuote(quote=QUOTED, asked_at=NOON).to_dict()
    assert data["digest"] == digest_of({key: value for key, value in data.items() if key != "digest"})
    assert json.loads(SCHEMA.read_text(encoding="utf-8")) == StoredQuote.json_schema()


def test_the_old_form() -> None:
    """A quote that was stored alone is still read and verified; when it was asked for is not known."""
    old = StoredQuote.from_dict(QUOTED.to_dict())
    assert (old.quote, old.asked_at, old.reference, old.request_digest) == (QUOTED, None, None, None)
    assert StoredQuote.from_dict(old.to_dict()) == old
    assert Quote.from_dict(QUOTED.to_dict()) == QUOTED
    with pytest.raises(ValueError, match="not a stored quote: a key is missing or added"):
        Quote.from_dict(STORED.to_dict())


OTHERS = ["x", "", "2026-12-01", "2026-12-01T13:00:00+01:00", "2026-12-01T12:00:00", 0, 1, 2, True, None, 1.5, [], {}]


@given(st.data())
def test_no_changed_leaf_is_accepted(data: st.DataObject) -> None:
    """Any changed leaf is found when it is read and when it is verified."""
    stored = STORED.to_dict()
    path = data.draw(st.sampled_from(sorted(leaves(stored), key=str)))
    old = at(stored, path)
    value = data.draw(st.sampled_from(OTHERS).filter(lambda one: type(one) is not type(old) or one != old))
    tampered = changed(stored, path, value)
    assert not verify(tampered).ok
    with pytest.raises(ValueError, match=r"^not a stored quote: "):
        StoredQuote.from_dict(tampered)


@pytest.mark.parametrize(
    ("path", "value", "pointers"),
    [
        (("reference",), "order 18", ["/digest"]),
        (("asked_at",), "2026-12-01T13:00:00+01:00", ["/asked_at"]),
        (("asked_at",), "2026-12-01T12:00:00", ["/asked_at"]),
        (("asked_at",), "0001-01-01T00:00:00+01:00", ["/asked_at"]),
        (("asked_at",), "noon", ["/asked_at"]),
        (("quote", "usd_micros"), 1, ["/quote/usd_micros", "/quote/digest"]),
        (("currency",), "EUR", [""]),
        (("quote", "format"), 2, [""]),
    ],
)
def test_where_it_is_wrong(path: tuple[str, ...], value: object, pointers: list[str]) -> None:
    """The pointers are those in the whole document; an instant in another form is wrong even with a new digest."""
    tampered = changed(STORED.to_dict(), path, value)
    if path == ("asked_at",) or path[0] == "quote":
        tampered["digest"] = digest_of({key: item for key, item in tampered.items() if key != "digest"})
    assert [mismatch.pointer for mismatch in verify(tampered).mismatches] == pointers


def test_with_a_catalogue() -> None:
    """The quote inside is compared with the catalogue."""
    assert verify(STORED, catalog=CATALOG).ok
    cheaper = invented.catalog(invented.PRICE.replace("10_000", "9_000"))
    assert "/quote/base_micros" in {mismatch.pointer for mismatch in verify(STORED, catalog=cheaper).mismatches}


def test_what_it_refuses() -> None:
    """A naive instant, another currency, and values of other types."""
    with pytest.raises(ValueError, match="UTC offset"):
        StoredQuote(quote=QUOTED, asked_at=datetime(2026, 12, 1))  # noqa: DTZ001  this is the point
    assert StoredQuote(quote=QUOTED, asked_at=date(2026, 12, 1)).asked_at == datetime(2026, 12, 1, tzinfo=UTC)  # type: ignore[arg-type]
    for wrong in ({"reference": 17}, {"request_digest": b"0"}, {"currency": "EUR"}, {"quote": QUOTED.to_dict()}):
        with pytest.raises(TypeError):
            StoredQuote(**{"quote": QUOTED, "asked_at": NOON, **wrong})  # type: ignore[arg-type]
