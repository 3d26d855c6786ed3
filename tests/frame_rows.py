"""Rows of requests for data frames, and what the library says about them."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeAlias

from invented import table_text
from ratecard import Catalog, Declined, example_request, try_quote
from ratecard._relation.options import key_fields
from ratecard_rules import load_model, option_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

BUNDLED = Catalog.bundled()
FIELDS = key_fields(BUNDLED)

Outcome: TypeAlias = tuple[int | None, str | None]
Million: TypeAlias = tuple[Any, list[dict[str, object]], list[Outcome], list[int]]


def answer(slug: object, options: Mapping[str, object], at: datetime | None = None, tables: Catalog = BUNDLED) -> Any:
    """Return what `try_quote` says about a whole request with these options."""
    model = tables.get(slug) if isinstance(slug, str) else None
    if model is None or not isinstance(slug, str):
        return try_quote({"model": slug, "input": {}}, catalog=tables)
    model = model if at is None else tables.at(at)[slug]
    body = example_request(slug, catalog=tables)["input"]
    sent = {name: value for name, value in body.items() if name not in model.latest.priced}
    measured = {field.name for field in model.latest.measured}
    booleans = {field.name for field in model.latest.input if field.type == "boolean"}
    given = {name: _sent(value, name in booleans) for name, value in options.items() if value is not None}
    sent |= {name: value for name, value in given.items() if name not in measured}
    return try_quote(
        {"model": slug, "input": sent},
        catalog=tables,
        at=at,
        measured={name: value for name, value in given.items() if name in measured},
    )


def _sent(value: object, boolean: bool) -> object:  # noqa: FBT001
    """Return the value of a cell as the request has it: a column has one type, the fields of models have theirs."""
    if boolean:
        return {"true": True, "false": False}.get(str(value), value) if isinstance(value, str) else value
    return str(value).lower() if isinstance(value, bool) else str(value)


def outcome(found: Any) -> Outcome:
    """Return the price of an answer, or its code."""
    return (None, found.code) if isinstance(found, Declined) else (found.usd_micros, None)


def agree(got: Outcome, expected: Outcome, *, lazy: bool) -> bool:
    """Return whether a row has the answer of the library. A lazy row may be left to the library, but never wrong."""
    return got == expected or (lazy and got == (None, "unlisted"))


def some_rows(count: int, seed: int) -> Iterator[dict[str, object]]:
    """Yield rows of all models: mostly valid, with nulls, options of other models, and text that is not an option."""
    dice = random.Random(seed)
    options: dict[str, list[str]] = {name: ["", "x", "True", "5.0", " 5"] for name in FIELDS}
    for model in BUNDLED:
        for name, field in {**model.latest.fields, **model.latest.priced}.items():
            if name in options and field.allowed:
                options[name] += [
                    str(option).lower() if isinstance(option, bool) else str(option) for option in field.allowed
                ]
    for number in range(count):
        model = BUNDLED[BUNDLED.models[number % len(BUNDLED.models)]]
        known = {**model.latest.fields, **model.latest.priced}
        row: dict[str, object] = {"model": dice.choice([model.slug] * 50 + [None, "", model.slug.upper()])}
        for name in FIELDS:
            allowed = known[name].allowed if name in known else None
            usual = [None, *(allowed or ())]
            value = dice.choice(usual) if dice.random() < 0.95 else dice.choice([None, *options[name]])
            row[name] = str(value).lower() if isinstance(value, bool) else value
        yield row


def million() -> Million:
    """Return a million rows, the distinct ones among them with their answers, and which of these each row is."""
    import pyarrow as pa

    distinct = list(some_rows(8_000, seed=1))
    answers = [outcome(answer(row["model"], {name: row[name] for name in FIELDS})) for row in distinct]
    dice = random.Random(2)
    picks = dice.choices(range(len(distinct)), k=1_000_000)
    table = pa.Table.from_pylist(distinct, pa.schema([(name, pa.string()) for name in ("model", *FIELDS)]))
    rows = table.take(pa.array(picks)).append_column("row", pa.array(range(len(picks))))
    return rows, distinct, answers, picks


def is_listed(row: Mapping[str, object]) -> bool:
    """Return whether the table of the model lists every option of a row."""
    model = BUNDLED[str(row["model"])].latest
    known = {**model.fields, **model.priced}
    options = {name: row[name] for name in FIELDS if row[name] is not None}
    return all(
        name in known and text in [*map(option_text, known[name].allowed or ())] for name, text in options.items()
    )


def three_revisions() -> Catalog:
    """Return a catalogue: a model with three revisions that is retired, one that is not dated, and one to come."""
    text = table_text()
    revision = text[text.index("[[revision]]") :]
    later = "".join(
        revision.replace("[[revision]]", f"[[revision]]\neffective = {instant}", 1).replace("10_000", base)
        for instant, base in (("2026-12-01T00:00:00Z", "20_000"), ("2026-12-15T12:00:00Z", "30_000"))
    )
    retired = text.replace("[[revision]]", "retired = 2027-01-01T00:00:00+02:00\n\n[[revision]]", 1)
    undated = table_text(slug="acme/loop-2/text-to-video")
    coming = table_text(slug="acme/loop-3/text-to-video").replace(
        "[[revision]]", "[[revision]]\neffective = 2026-12-10T00:00:00Z"
    )
    return Catalog(map(load_model, (retired + later, undated, coming)))


EDGES = [
    *(datetime(2026, 12, 1, tzinfo=UTC), datetime(2026, 12, 10, tzinfo=UTC), datetime(2026, 12, 15, 12, tzinfo=UTC)),
    datetime(2026, 12, 31, 22, tzinfo=UTC),
]
