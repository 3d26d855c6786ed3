"""What changed between two catalogues: which keys, in which words, and what it does to prices and requests."""

from __future__ import annotations

import json
import pickle
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest
from attrs import evolve, fields
from hypothesis import given
from hypothesis import strategies as st

import cli_runner
import invented
from ratecard import Catalog, Change, Declined, Diff, PriceEffect, RequestEffect, diff, effect, try_quote
from ratecard._diff.render import sentence, table_data
from ratecard._diff.values import SHOWN_REQUESTS
from ratecard_rules import AtLeastOne, Conflict, Example, Factor, Field, Model, Price, Revision, Sound, load_model

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

ACME = "acme/loop-1/text-to-video"
OTHER = "acme/loop-2/text-to-video"
NOON = datetime(2020, 12, 1, 12, tzinfo=UTC)

RICH = """
[revision.input.prompt]
type = "string"
required = true
max_length = 10
evidence = { max_length = "sibling", required = "implied" }
sibling = "acme/loop-0/text-to-video"

[revision.input.image_url]
type = "string"
format = "https"

[revision.input.duration]
type = "string"
allowed = ["4", "8"]
default = "4"

[revision.input.sound]
type = "boolean"
allowed = [false, true]
default = false

[revision.input.seed]
type = "number"
min = 0
max = 99

[revision.input.tail]
type = "array"
items = "string"
min_items = 1
max_items = 3

[[revision.at_least_one]]
of = ["prompt", "image_url"]

[[revision.example]]
input = { duration = "4", sound = false }
usd_micros = 40_000

[[revision.conflict]]
about = "source"
says = "two pages"
"""
TEXT = invented.table_text(invented.PRICE, RICH)
SECOND = invented.table_text(slug=OTHER)
TABLE = load_model(TEXT)
GONE = evolve(TABLE, retired=datetime(2021, 1, 1, tzinfo=UTC))
"""A table that has no prices any more, so that edits of it need not hold together."""


def catalog(*tables: Model | str) -> Catalog:
    """Return a catalogue of tables, passed as values or as text."""
    return Catalog(load_model(one) if isinstance(one, str) else one for one in tables)


def keys(found: Diff) -> list[str]:
    """Return the keys of all changes."""
    return [one.key for one in found.changes]


def in_revision(table: Model, **changes: Any) -> Model:
    """Return a table whose only revision has other attributes."""
    return evolve(table, revisions=(evolve(table.latest, **changes), *table.revisions[1:]))


def in_price(table: Model, **changes: Any) -> Model:
    """Return a table whose price has other attributes."""
    return in_revision(table, price=evolve(table.latest.price, **changes))


def in_field(table: Model, name: str, **changes: Any) -> Model:
    """Return a table in which one field has other attributes."""
    return in_revision(
        table, input=tuple(evolve(one, **changes) if one.name == name else one for one in table.latest.input)
    )


def in_factor(table: Model, name: str, multipliers: tuple[tuple[str, Fraction], ...] | None) -> Model:
    """Return a table in which one factor has other multipliers."""
    factors = (evolve(one, multipliers=multipliers) if one.field == name else one for one in table.latest.price.factors)
    return in_price(table, factors=tuple(factors))


# which keys


FPS = Field(name="fps", type="number")
FALSE, TRUE = ("false", Fraction(1)), ("true", Fraction(3, 2))
NEXT = evolve(TABLE.latest, effective=NOON)
ABOUT, EXAMPLE = TABLE.latest.conflicts[0], TABLE.latest.examples[0]

EDITS: dict[str, list[tuple[Callable[[Model], Model], set[str]]]] = {
    "names": [
        (lambda table: evolve(table, name="Loop One"), {"name"}),
        (lambda table: evolve(table, provider="Acme Inc", capability="extend"), {"provider", "capability"}),
    ],
    "retired": [(lambda table: evolve(table, retired=NOON), {"retired"})],
    "page": [
        (lambda table: in_revision(table, checked=date(2026, 12, 2)), {"checked"}),
        (lambda table: in_revision(table, source=("https://example.com/b",)), {"source"}),
        (lambda table: in_revision(table, typical_seconds=60, fields_complete=False),
         {"typical_seconds", "fields_complete"}),
        (lambda table: in_revision(table, effective=NOON), {"effective"}),
    ],
    "fields": [
        (lambda table: in_revision(table, input=table.latest.input[1:]), {"input.prompt"}),
        (lambda table: in_revision(table, input=(*table.latest.input, FPS)), {"input.fps"}),
        (lambda table: in_revision(table, input=table.latest.input[::-1]), {"input"}),
        (lambda table: in_revision(table, input=table.latest.input[:0:-1]), {"input", "input.prompt"}),
        (lambda table: in_revision(table, measured=(Field(name="length", type="string"),)), {"measured.length"}),
    ],
    "options": [
        (lambda table: in_field(table, "duration", allowed=("8",), default="8"),
         {"input.duration.allowed", "input.duration.default"}),
        (lambda table: in_field(table, "duration", allowed=("4", "8", "12")), {"input.duration.allowed"}),
        (lambda table: in_field(table, "duration", allowed=("8", "4")), {"input.duration.allowed"}),
        (lambda table: in_field(table, "duration", allowed=None), {"input.duration.allowed"}),
        (lambda table: in_field(table, "duration", allowed=()), {"input.duration.allowed"}),
        (lambda table: in_field(table, "duration", default=None, note="seconds"),
         {"input.duration.default", "input.duration.note"}),
    ],
    "limits": [
        (lambda table: in_field(table, "seed", max=100, required=True), {"input.seed.max", "input.seed.required"}),
        (lambda table: in_field(table, "seed", min=None), {"input.seed.min"}),
        (lambda table: in_field(table, "seed", max=Decimal("98.5")), {"input.seed.max"}),
        (lambda table: in_field(table, "seed", min=False), {"input.seed.min"}),
        (lambda table: in_field(table, "seed", type="string"), {"input.seed.type"}),
        (lambda table: in_field(table, "tail", items="object", max_items=4),
         {"input.tail.items", "input.tail.max_items"}),
    ],
    "base": [
        (lambda table: in_price(table, base_usd_micros=12_000), {"price.base_usd_micros"}),
        (lambda table: in_price(table, base_usd_micros=None, unknown="x"), {"price.base_usd_micros", "price.unknown"}),
        (lambda table: in_price(table, label="video", rounding="half_up"), {"price.label", "price.rounding"}),
        (lambda table: in_price(table, free=True), {"price.free"}),
    ],
    "factors": [
        (lambda table: in_factor(table, "sound", (FALSE, ("true", Fraction(8, 5)))), {"price.factors.sound.true"}),
        (lambda table: in_factor(table, "sound", (FALSE,)), {"price.factors.sound.true"}),
        (lambda table: in_factor(table, "sound", (FALSE, TRUE, ("auto", Fraction(2)))), {"price.factors.sound.auto"}),
        (lambda table: in_factor(table, "sound", (TRUE, FALSE)), {"price.factors.sound"}),
        (lambda table: in_factor(table, "sound", None), {"price.factors.sound"}),
        (lambda table: in_factor(table, "sound", ()), {"price.factors.sound.false", "price.factors.sound.true"}),
        (lambda table: in_price(table, factors=table.latest.price.factors[::-1]), {"price.factors"}),
        (lambda table: in_price(table, factors=table.latest.price.factors[:1]), {"price.factors.sound"}),
        (lambda table: in_price(table, factors=(*table.latest.price.factors, Factor(field="seed"))),
         {"price.factors.seed"}),
    ],
    "evidence": [
        (lambda table: in_field(table, "image_url", evidence=(("format", "assumed"),)),
         {"input.image_url.evidence.format"}),
        (lambda table: in_field(table, "image_url", evidence=(("format", "documented"),)),
         {"input.image_url.evidence.format"}),
        (lambda table: in_field(table, "image_url", sibling="acme/loop-9/text-to-video"), {"input.image_url.sibling"}),
    ],
    "evidence of a price": [
        (lambda table: in_price(table, evidence=(("factors", "implied"),)), {"price.evidence.factors"}),
    ],
    "lists": [
        (lambda table: in_revision(table, at_least_one=()), {"at_least_one[prompt,image_url]"}),
        (lambda table: in_revision(table, at_least_one=(AtLeastOne(of=("prompt", "image_url"), evidence="assumed"),)),
         {"at_least_one[prompt,image_url].evidence"}),
    ],
    "examples": [
        (lambda table: in_revision(table, examples=(evolve(EXAMPLE, usd_micros=48_000),)),
         {"example[duration=4,sound=false].usd_micros"}),
        (lambda table: in_revision(table, examples=(evolve(EXAMPLE, input=()), EXAMPLE)), {"example[1]"}),
        (lambda table: in_revision(table, examples=(evolve(EXAMPLE, input=(("duration", "4"), ("sound", "false"))),)),
         {"example[duration=4,sound=false].input.sound"}),
    ],
    "conflicts": [
        (lambda table: in_revision(table, conflicts=(evolve(ABOUT, says="three pages"),)), {"conflict[source].says"}),
        (lambda table: in_revision(table, conflicts=(ABOUT, Conflict(about="source", says="b"))),
         {"conflict[source]#2"}),
        (lambda table: in_revision(table, conflicts=(Conflict(about="name", says="b"), ABOUT)), {"conflict[name]"}),
    ],
}  # fmt: skip
"""Edits of a table by what they touch, each with the keys that it touches. Edits of two groups do not meet."""


@st.composite
def edited(draw: st.DrawFn) -> tuple[Model, set[str]]:
    """Draw an edited table and the keys that the edits touched."""
    table, touched = GONE, set[str]()
    for group in draw(st.lists(st.sampled_from(sorted(EDITS)), unique=True)):
        edit, more = draw(st.sampled_from(EDITS[group]))
        table, touched = edit(table), touched | more
    return table, touched


@pytest.mark.parametrize(("group", "number"), [(group, n) for group, edits in EDITS.items() for n in range(len(edits))])
def test_every_edit_is_named(group: str, number: int) -> None:
    """Each edit is reported under its keys and no others, with a sentence on one line."""
    edit, touched = EDITS[group][number]
    found = diff(catalog(GONE), catalog(edit(GONE)))
    assert (set(keys(found)), len(found.changes)) == (touched, len(touched))
    assert all(one.says and one.says.isprintable() for one in found.changes)
    json.dumps(found.to_dict(), allow_nan=False)


@given(edited())
def test_exactly_the_keys_that_were_edited(drawn: tuple[Model, set[str]]) -> None:
    """Combined edits are reported under exactly their keys."""
    table, touched = drawn
    found = diff(catalog(GONE), catalog(table))
    assert sorted(keys(found)) == sorted(touched)
    assert bool(found) == bool(touched)


@given(edited(), edited())
def test_no_change_where_the_digests_are_equal(one: tuple[Model, set[str]], other: tuple[Model, set[str]]) -> None:
    """There is a change exactly where the digests differ."""
    old, new = catalog(one[0]), catalog(other[0])
    assert bool(diff(old, new)) == (old.digest != new.digest)


@given(edited(), edited())
def test_swapped_catalogues_swap_every_change(one: tuple[Model, set[str]], other: tuple[Model, set[str]]) -> None:
    """The reverse difference has the same keys, with old and new swapped."""
    old, new = catalog(one[0]), catalog(other[0])
    there, back = diff(old, new), diff(new, old)
    swapped = {(change.key, repr(change.new), repr(change.old)) for change in back.changes}
    assert {(change.key, repr(change.old), repr(change.new)) for change in there.changes} == swapped


OTHERS: dict[str, Any] = {
    "evidence": (("x", "implied"),), "allowed": ("x",), "min": 7, "max": 7, "max_length": 7, "min_items": 7,
    "max_items": 7, "required": True, "multipliers": (("x", Fraction(2)),), "factors": (Factor(field="x"),),
    "base_usd_micros": 7, "free": True, "of": ("x",), "input": (("x", 7),), "usd_micros": 7,
    "checked": date(2027, 1, 1), "source": ("x",), "typical_seconds": 7, "fields_complete": True, "effective": NOON,
    "always": True, "sound": Sound(always=True),
    "measured": (Field(name="x", type="string"),), "at_least_one": (AtLeastOne(of=("x",)),),
    "examples": (Example(usd_micros=7),), "conflicts": (Conflict(about="x", says="y"),), "retired": NOON,
}  # fmt: skip
"""Another value for each attribute of a table; a word of the language that is not here gets "x"."""

HOLDERS: dict[type, tuple[Any, Callable[[Any], Model]]] = {
    Field: (Field(name="a", type="string"), lambda one: in_revision(GONE, input=(one,))),
    Factor: (Factor(field="a"), lambda one: in_price(GONE, factors=(one,))),
    Price: (Price(), lambda one: in_revision(GONE, price=one)),
    AtLeastOne: (AtLeastOne(of=("a",)), lambda one: in_revision(GONE, at_least_one=(one,))),
    Sound: (Sound(), lambda one: in_revision(GONE, sound=one)),
    Example: (Example(usd_micros=1), lambda one: in_revision(GONE, examples=(one,))),
    Conflict: (Conflict(about="a", says="b"), lambda one: in_revision(GONE, conflicts=(one,))),
    Revision: (
        Revision(checked=date(2026, 1, 1), source=(), input=(), price=Price()),
        lambda one: evolve(GONE, revisions=(one,)),
    ),
    Model: (GONE, lambda one: one),
}


@pytest.mark.parametrize(("kind", "name"), [(kind, one.name) for kind in HOLDERS for one in fields(kind) if one.eq])
def test_every_word_of_the_language_counts(kind: type, name: str) -> None:
    """Every attribute of every type of a table is compared, as it is part of the digest."""
    plain, hold = HOLDERS[kind]
    other = (Field(name="x", type="string"),) if (kind, name) == (Revision, "input") else OTHERS.get(name, "x")
    value = {"price": Price(label="second"), "revisions": (*TABLE.revisions, NEXT)}.get(name, other)
    old, new = catalog(hold(plain)), catalog(hold(evolve(plain, **{name: value})))
    assert old.digest != new.digest
    found = diff(old, new)
    assert found
    assert found.explain()
    assert found.to_markdown()


def test_equal_catalogues_have_no_difference() -> None:
    """Comments, the order of files and `1.50` for `1.5` are not changes."""
    second = invented.table_text(slug=OTHER)
    rewritten = TEXT.replace("1.5", "1.50").replace("[revision.price]", "# the price\n[revision.price]")
    found = diff(catalog(TEXT, second), catalog(second, rewritten))
    assert (found.changes, found.prices, found.added, found.removed, bool(found)) == ((), (), (), (), False)
    assert str(found).endswith(": no difference")
    assert found.to_dict()["equal"] is True
    assert found.to_markdown().endswith(": no difference\n")
    assert not diff(Catalog(), Catalog())
    assert "empty (" in diff(Catalog(), Catalog()).explain()


def test_another_offset_is_another_text_of_the_same_instant() -> None:
    """Instants are compared as the digest compares them."""
    old, moved, named = (
        catalog(evolve(TABLE, retired=NOON.astimezone(zone)))
        for zone in (UTC, timezone(timedelta(hours=2)), timezone(timedelta(0), "noon"))
    )
    assert bool(diff(old, moved)) == (old.digest != moved.digest)
    assert old.digest == named.digest
    assert not diff(old, named)


@given(*2 * [st.sampled_from([5, Decimal(5), Decimal("5.0"), Decimal("0.5"), Decimal("0.50"), True, 1, None, "1/2"])])
def test_numbers_are_told_apart_as_the_digest_does(one: Any, other: Any) -> None:
    """Numbers are compared as the digest compares them: 0.50 is 0.5, and True is not 1."""
    old, new = (catalog(in_field(GONE, "seed", default=value)) for value in (one, other))
    assert bool(diff(old, new)) == (old.digest != new.digest)


def test_changes_are_in_the_order_of_the_table() -> None:
    """Changes are sorted by slug, then in the order of a table file."""
    new = in_field(GONE, "prompt", evidence=(), sibling=None, max_length=99, type="number")
    new = evolve(in_price(in_revision(new, conflicts=()), base_usd_micros=1), name="A", retired=None)
    found = diff(catalog(GONE), catalog(new, SECOND))
    assert keys(found) == [
        "name", "retired", "input.prompt.type", "input.prompt.max_length",
        "input.prompt.evidence.max_length", "input.prompt.evidence.required", "input.prompt.sibling",
        "price.base_usd_micros", "conflict[source]", "model",
    ]  # fmt: skip
    assert [one.model for one in found.changes] == [ACME] * 9 + [OTHER]


def test_values_are_those_of_the_table() -> None:
    """A change has the values of the table, can be hashed and pickled, and has no floats in JSON."""
    found = diff(catalog(GONE), catalog(in_factor(GONE, "sound", (FALSE, ("true", Fraction(28, 15))))))
    (change,) = found.changes
    assert (change.model, change.key, change.old, change.new) == (
        ACME, "price.factors.sound.true", Fraction(3, 2), Fraction(28, 15)
    )  # fmt: skip
    assert pickle.loads(pickle.dumps(found)) == found  # noqa: S301  our own
    assert len({change, change}) == 1
    (implied,) = diff(catalog(in_factor(GONE, "sound", None)), catalog(GONE)).changes
    assert (implied.old, implied.new) == ("value", (FALSE, TRUE))
    assert change.to_dict() == {
        "model": ACME,
        "key": "price.factors.sound.true",
        "old": "1.5",
        "new": "28/15",
        "says": 'multiplier of sound "true": 1.5 -> 28/15 (x 56/45)',
        "details": [],
    }


def test_models_come_and_go() -> None:
    """An added or removed model is one change with its price range: 10,000 x 4 to 10,000 x 8 x 1.5."""
    unpriced = invented.table_text('[revision.price]\nunknown = "not seen"\n', slug=OTHER)
    found = diff(catalog(TEXT), catalog(unpriced))
    assert (found.added, found.removed, keys(found), found.prices) == ((OTHER,), (ACME,), ["model", "model"], ())
    assert [one.says for one in found.changes] == [
        "model removed: Loop 1, text-to-video, price $0.04 to $0.12",
        "model added: Loop 1, text-to-video, price not known",
    ]
    assert found.changes[0].old == TABLE
    assert (
        diff(catalog(), catalog(invented.table_text("[revision.price]\nbase_usd_micros = 5\n")))
        .changes[0]
        .says.endswith("price $0.000005")
    )
    assert found.to_dict()["changes"][0]["old"]["model"] == ACME


# revisions


def dated(*bases: int) -> Model:
    """Return a table with one revision for each base price."""
    first = TABLE.latest
    starts = [None, *(NOON + timedelta(days=day) for day in range(len(bases)))]
    revisions = (
        evolve(first, effective=start, price=evolve(first.price, base_usd_micros=base))
        for start, base in zip(starts, bases, strict=False)
    )
    return evolve(TABLE, revisions=tuple(revisions))


def test_a_new_revision_says_what_it_changes() -> None:
    """An added or removed revision is one change, with its differences to the revision before it as details."""
    old, new = catalog(dated(10_000)), catalog(dated(10_000, 12_000))
    (added,), (removed,) = diff(old, new).changes, diff(new, old).changes
    assert (added.key, added.old, added.new) == ("revision[2]", None, new[ACME].revisions[1])
    assert added.says == "revision 2 added: in force from 2020-12-01T12:00:00+00:00, 1 change"
    detail = Change(ACME, "revision[2].price.base_usd_micros", 10_000, 12_000, "base price: $0.01 -> $0.012 (x 1.2)")
    assert added.details == removed.details == (detail,)
    assert (removed.key, removed.old, removed.new) == ("revision[2]", new[ACME].revisions[1], None)
    assert removed.says == "revision 2 removed: in force from 2020-12-01T12:00:00+00:00, 1 change"
    assert f"\n  {added.says}\n    {detail.says}\n  prices: 4 more expensive (x 1.2)" in str(diff(old, new))
    assert f"- {added.says}\n  - base price: \\$0.01 -> \\$0.012 (x 1.2)\n" in diff(old, new).to_markdown()
    assert added.to_dict()["details"] == [detail.to_dict()]


def test_a_change_in_one_of_several_revisions_names_it() -> None:
    """The key and the words name the revision in which something changed."""
    (change,) = diff(catalog(dated(10_000, 12_000)), catalog(dated(11_000, 12_000))).changes
    assert change.key == "revision[1].price.base_usd_micros"
    assert change.says == "revision 1: base price: $0.01 -> $0.011 (x 1.1)"
    assert change.details == ()
    keyed = keys(diff(catalog(dated(10_000)), catalog(dated(11_000, 12_000))))
    assert keyed == ["revision[1].price.base_usd_micros", "revision[2]"]
    assert keys(diff(catalog(dated(11_000, 12_000)), catalog(dated(10_000)))) == keyed


def test_a_price_that_changes_back_is_flagged() -> None:
    """Trap 45: a price that returns to that of an earlier revision is pointed out."""
    (change,) = diff(catalog(dated(10_000, 12_000)), catalog(dated(10_000, 12_000, 10_000))).changes
    assert change.details[0].says == ("base price: $0.012 -> $0.01 (x 5/6) (as in revision 1)")
    (onward,) = diff(catalog(dated(10_000, 12_000)), catalog(dated(10_000, 12_000, 14_000))).changes
    assert "as in" not in onward.details[0].says
    (rewritten,) = diff(catalog(dated(10_000, 12_000)), catalog(dated(10_000, 10_000))).changes
    assert rewritten.says.endswith("(x 5/6) (as in revision 1)")


def test_a_multiplier_and_a_factor_that_change_back_are_flagged() -> None:
    """The same holds for every part of the price, also if the part that contains it was missing in between."""
    first = TABLE.latest
    louder = in_factor(TABLE, "sound", (FALSE, ("true", Fraction(2)))).latest
    without = in_price(TABLE, factors=first.price.factors[:1]).latest
    longer = in_field(TABLE, "prompt", max_length=99).latest
    for between, key in ((louder, "price.factors.sound.true"), (without, "price.factors.sound")):
        old = evolve(TABLE, revisions=(first, between))
        (change,) = diff(catalog(old), catalog(evolve(old, revisions=(first, between, first)))).changes
        assert [one.key for one in change.details] == [f"revision[3].{key}"]
        assert change.details[0].says.endswith("(as in revision 1)")
    for earliest, before in ((without, louder), (louder, without)):
        old = evolve(TABLE, revisions=(earliest, before))
        (change,) = diff(catalog(old), catalog(evolve(old, revisions=(earliest, before, first)))).changes
        assert "as in" not in change.details[0].says  # the first had no such factor, or another multiplier in it
    old = evolve(TABLE, revisions=(first, longer))
    (change,) = diff(catalog(old), catalog(evolve(old, revisions=(first, longer, first)))).changes
    assert "as in" not in change.details[0].says  # a limit is no price


def test_two_instants_of_one_catalogue() -> None:
    """Views of a catalogue are compared as they were at their instants."""
    whole = catalog(evolve(dated(10_000, 12_000), retired=NOON + timedelta(days=9)))
    before, after = whole.at(NOON - timedelta(seconds=1)), whole.at(NOON)
    assert keys(diff(before, after)) == ["revision[2]"]
    (prices,) = diff(before, after).prices
    assert (prices.higher, prices.lowest_ratio) == (4, Fraction(6, 5))
    ended = diff(after, whole.at(NOON + timedelta(days=10)))
    assert (ended.changes, ended.prices, bool(ended)) == ((), (PriceEffect(model=ACME, removed=4),), True)
    assert "1 model changed" in str(ended)
    assert f"{ACME}\n  prices: 4 removed" in str(ended)
    assert ended.to_markdown().endswith(f"### {ACME}\n\n- prices: 4 removed\n")


# in words


@pytest.mark.parametrize(
    ("path", "old", "new", "says"),
    [
        ("name", "Loop 1", "Loop 2", 'name: "Loop 1" -> "Loop 2"'),
        ("retired", None, NOON, "retired: added 2020-12-01T12:00:00+00:00"),
        ("checked", date(2026, 1, 1), date(2026, 1, 2), "checked: 2026-01-01 -> 2026-01-02"),
        ("source", (), ("a\nb\x1b[31m",), 'source: +"a\\nb\\u001b[31m"'),
        ("fields_complete", False, True, "fields_complete: false -> true"),
        ("input", ("a", "b"), ("b", "a"), 'input: now in the order "b", "a"'),
        ("input fps", None, Field(name="fps", type="number"), 'input.fps: added {"name": "fps", "type": "number"}'),
        ("input n allowed", (5, "10"), ("10", "5"), 'input.n.allowed: +"5", -5'),
        ("input n allowed", (True,), None, "input.n.allowed: removed [true]"),
        ("input n max_length", 2_500, 2_000, "input.n.max_length: 2500 -> 2000"),
        ("input n min", None, Decimal("0.50"), "input.n.min: added 0.5"),
        ("input n evidence max", "sibling", None, 'input.n.evidence.max: removed "sibling"'),
        ("input n range least", Decimal("1.50"), Fraction(7, 3), "input.n.range.least: 1.5 -> 7/3"),
        ("input n note", None, "a\nb\x1b[31m", 'input.n.note: added "a\\nb\\u001b[31m"'),
        ("price base_usd_micros", 84_000, 90_000, "base price: $0.084 -> $0.09 (x 15/14)"),
        ("price base_usd_micros", 90_000, 45_000, "base price: $0.09 -> $0.045 (x 0.5)"),
        ("price base_usd_micros", 0, 5, "base price: $0.00 -> $0.000005"),
        ("price base_usd_micros", None, 50_000, "base price: not known -> $0.05"),
        ("price base_usd_micros", 50_000, None, "base price: $0.05 -> not known"),
        ("price unknown", "not seen", None, 'price.unknown: removed "not seen"'),
        ("price factors", ("a", "b"), ("b", "a"), 'price.factors: now in the order "b", "a"'),
        ("price factors q", None, Factor(field="q"), "the price now depends on q (the value itself)"),
        (
            "price factors q", None, Factor(field="q", multipliers=(FALSE, TRUE)),
            'the price now depends on q ("false" x 1, "true" x 1.5)',
        ),
        ("price factors q", Factor(field="q"), None, "the price no longer depends on q"),
        ("price factors q", "value", (TRUE,), 'price.factors.q: "value" -> {"true": "1.5"}'),
        ("price factors q", ("a", "b"), ("b", "a"), 'price.factors.q: now in the order "b", "a"'),
        ("price factors q pro", Fraction(2), Fraction(1), 'multiplier of q "pro": 2 -> 1 (x 0.5)'),
        ("price factors q pro", None, Fraction(1, 3), 'multiplier of q "pro": added 1/3'),
        ("price factors q pro", Fraction(2), None, 'multiplier of q "pro": removed 2'),
        ("at_least_one [a,b]", AtLeastOne(of=("a", "b")), None, 'at_least_one[a,b]: removed {"of": ["a", "b"]}'),
        (
            "example [d=4]", None, Example(input=(("d", "4"),), usd_micros=40_000),
            'example[d=4]: added {"input": {"d": "4"}, "usd_micros": 40000}',
        ),
        ("conflict [a]#2", None, Conflict(about="a", says="é"), 'conflict[a]#2: added {"about": "a", "says": "é"}'),
    ],
)  # fmt: skip
def test_in_words(path: str, old: Any, new: Any, says: str) -> None:
    """Every kind of change has a sentence on one line."""
    assert sentence(tuple(path.split()), old, new) == says


def test_table_data() -> None:
    """Omitted attributes are left out, order is kept, and exact numbers are text."""
    shown = table_data(TABLE.latest.price)
    assert shown == {
        "base_usd_micros": 10_000,
        "label": "second",
        "factors": [{"field": "duration"}, {"field": "sound", "multipliers": {"false": "1", "true": "1.5"}}],
    }
    assert table_data(NOON) == "2020-12-01T12:00:00+00:00"
    assert table_data(((), "a", Decimal("0.50"))) == [[], "a", "0.5"]


# prices


def test_the_effect_on_prices() -> None:
    """In thousandths: 40 stays, 60 becomes 48, both prices for 8 s are removed and both for 12 s are added."""
    edit = in_field(TABLE, "duration", allowed=("4", "12"))
    new = in_factor(edit, "sound", (FALSE, ("true", Fraction(6, 5))))
    found = diff(catalog(TABLE), catalog(new))
    assert found.prices == (
        PriceEffect(
            model=ACME, lower=1, unchanged=1, removed=2, added=2, lowest_ratio=Fraction(4, 5), highest_ratio=Fraction(1)
        ),
    )
    assert found.prices[0].to_dict() == {
        "model": ACME, "lower": 1, "higher": 0, "unchanged": 1, "removed": 2, "added": 2,
        "lowest_ratio": "0.8", "highest_ratio": "1",
    }  # fmt: skip
    assert "  prices: 1 cheaper, 1 unchanged, 2 removed, 2 added (x 0.8 to x 1)" in str(found).splitlines()


base_prices = st.integers(2, 30).map((2_000).__mul__)
multipliers = st.fractions(Fraction(1, 2), Fraction(4), max_denominator=10).filter(bool)


@given(base_prices, base_prices, multipliers, multipliers)
def test_the_way_back_is_the_inverse(one: int, other: int, old: Fraction, new: Fraction) -> None:
    """Swapping the catalogues swaps higher and lower, and inverts the ratios; every price is counted."""
    sides = [
        catalog(in_factor(in_price(TABLE, base_usd_micros=base, rounding="half_up"), "sound", (FALSE, ("true", by))))
        for base, by in ((one, old), (other, new))
    ]
    there, back = (diff(*pair).prices for pair in (sides, sides[::-1]))
    assert len(there) == len(back) == ((one, old) != (other, new))
    for way, return_ in zip(there, back, strict=True):
        assert (way.lower, way.higher, way.unchanged) == (return_.higher, return_.lower, return_.unchanged)
        assert way.lower + way.higher + way.unchanged == 4
        assert way.lowest_ratio is not None
        assert 1 / way.lowest_ratio == return_.highest_ratio
        assert (way.lowest_ratio < 1) == (way.lower > 0)


def test_options_are_told_apart_by_type() -> None:
    """True and "true" are different options: the prices of one are removed, those of the other are added."""
    found = diff(catalog(TABLE), catalog(in_field(TABLE, "sound", type="string", allowed=("false", "true"))))
    assert (found.prices[0].removed, found.prices[0].added, found.prices[0].lowest_ratio) == (4, 4, None)
    assert found.prices[0].to_dict()["lowest_ratio"] is None


def test_a_price_of_zero_has_no_ratio() -> None:
    """A price that was zero is higher, but has no ratio."""
    free, paid = (
        catalog(invented.table_text(f"[revision.price]\nbase_usd_micros = {price}\n"))
        for price in ("0\nfree = true", "7")
    )
    (prices,) = diff(free, paid).prices
    assert prices == PriceEffect(model=ACME, higher=1)
    assert "  prices: 1 more expensive" in str(diff(free, paid)).splitlines()


def test_a_change_without_effect_on_prices() -> None:
    """A changed limit does not affect prices."""
    assert diff(catalog(TABLE), catalog(in_field(TABLE, "prompt", max_length=99))).prices == ()
    assert not PriceEffect(model=ACME, unchanged=4)


# requests


REQUESTS: list[object] = [
    invented.request(),  # 10,000 x 4 x 1 = 40,000; then 12,000 x 4 x 1 = 48,000
    invented.request(sound=True),  # 60,000; then 12,000 x 4 x 1 = 48,000
    invented.request(duration="8"),  # 80,000; then refused
    invented.request(prompt="0123456789ab"),  # too long; then 48,000
    invented.request(duration="5"),  # refused by both
    {"model": OTHER, "input": {"prompt": "a cat"}},  # 40,000 in both
    object(),
]
BEFORE = catalog(invented.table_text(), SECOND)
AFTER_TEXT = (
    invented.table_text()
    .replace("10_000", "12_000").replace("max_length = 10", "max_length = 20")
    .replace('["4", "8"]', '["4"]').replace('"true" = 1.5', '"true" = 1')
)  # fmt: skip
AFTER = catalog(AFTER_TEXT, SECOND)
NO_EIGHT, TOO_LONG = (
    one.message
    for one in (try_quote(REQUESTS[2], catalog=AFTER), try_quote(REQUESTS[3], catalog=BEFORE))
    if isinstance(one, Declined)
)


def test_the_effect_on_requests() -> None:
    """Priced by both: 40 + 60 + 40 = 140 become 48 + 48 + 40 = 136; each side prices four requests, 220 and 184."""
    found = effect(BEFORE, AFTER, iter(REQUESTS))
    verdicts = ["higher", "lower", "now_refused", "now_accepted", "refused", "same", "refused"]
    assert [(row.name, row.verdict) for row in found.rows] == list(zip("1234567", verdicts, strict=True))
    assert [row.model for row in found.rows] == [ACME, ACME, ACME, ACME, None, OTHER, None]
    assert found.counts == {
        "now_refused": 1, "now_accepted": 1, "higher": 1, "lower": 1, "same": 1, "refused": 2
    }  # fmt: skip
    assert [(one.requests, one.usd_micros) for one in (*found.both, *found.each)] == [
        (3, 140_000), (3, 136_000), (4, 220_000), (4, 184_000)
    ]  # fmt: skip
    assert str(found).splitlines() == [
        "7 requests: 1 now refused, 1 now accepted, 1 more expensive, 1 cheaper, 1 unchanged, 2 refused by both",
        "  priced by both, 3 requests: $0.14 -> $0.136 (-$0.004)",
        "  priced by each, 4 before and 4 now: $0.22 -> $0.184",
        f"  3: now refused: {ACME}: $0.08 -> {NO_EIGHT}",
        f"  4: now accepted: {ACME}: {TOO_LONG} -> $0.048",
        f"  1: more expensive: {ACME}: $0.04 -> $0.048 (x 1.2)",
        f"  2: cheaper: {ACME}: $0.06 -> $0.048 (x 0.8)",
    ]


def test_the_effect_as_json() -> None:
    """Old and new are an amount in micros and in dollars, or a code without an amount."""
    data = effect(BEFORE, AFTER, REQUESTS[2:3], names=["usage:7"]).to_dict()
    assert list(data) == ["counts", "priced_by_both", "priced_by_each", "results"]
    nothing = {"requests": 0, "usd_micros": 0, "usd": "0.00", "by_model": {}}
    assert data["priced_by_both"] == {"old": nothing, "new": nothing}
    amount = {"requests": 1, "usd_micros": 80_000, "usd": "0.08"}
    assert data["priced_by_each"]["old"] == {**amount, "by_model": {ACME: amount}}
    (row,) = data["results"]
    assert (row["name"], row["model"], row["verdict"]) == ("usage:7", ACME, "now_refused")
    assert row["old"] == {"usd_micros": 80_000, "usd": "0.08"}
    assert (list(row["new"]), row["new"]["code"]) == (["code", "message"], "invalid_request")


def test_totals_that_rise_or_stay() -> None:
    """A higher total has a plus sign, an equal one is unchanged, and there may be no requests."""
    assert "(+$0.008)" in str(effect(BEFORE, AFTER, REQUESTS[:1]))
    assert "priced by both, 1 request: $0.04 -> $0.04 (unchanged)" in str(effect(BEFORE, BEFORE, REQUESTS[:1]))
    assert str(effect(BEFORE, AFTER, [])).startswith("0 requests\n")


def test_names_go_with_requests() -> None:
    """The number of names must be the number of requests."""
    with pytest.raises(ValueError, match="zip"):
        effect(BEFORE, AFTER, [{}], names=[])


def test_what_is_measured_is_passed_on() -> None:
    """A model with a measured quantity is priced at the measured option: $0.35 in both."""
    bundled = Catalog.bundled()
    motion = {
        "model": "kling/kling-motion-create-v3/motion-transfer-to-video",
        "input": {"image_url": "https://example.com/cat.jpg", "motion_video_url": "https://example.com/dance.mp4"},
    }
    assert effect(bundled, bundled, [motion]).rows[0].verdict == "refused"
    assert effect(bundled, bundled, [motion], measured={"duration": "5"}).both[0].usd_micros == 350_000


@given(st.lists(st.sampled_from(REQUESTS)))
def test_the_totals_are_the_sums_of_the_rows(requests: list[object]) -> None:
    """Counts add up to the rows, swapping the catalogues swaps the totals, and order does not matter."""
    there, back = effect(BEFORE, AFTER, requests), effect(AFTER, BEFORE, requests)
    assert sum(there.counts.values()) == len(there.rows) == len(requests)
    assert (there.both, there.each) == (back.both[::-1], back.each[::-1])
    assert effect(BEFORE, AFTER, requests[::-1]).each == there.each
    assert diff(BEFORE, AFTER, requests=requests).requests == there


# Markdown and JSON


def test_markdown() -> None:
    """Headings by model, and lists of changes and of affected requests."""
    text = diff(BEFORE, AFTER, requests=REQUESTS[:3]).to_markdown()
    sides = f"{BEFORE.version} ({BEFORE.digest[:12]}) to {AFTER.version} ({AFTER.digest[:12]})"
    assert (
        text
        == f"""\
## Price and rule changes

### catalogue {sides}: 1 model changed

### {ACME}

- input.prompt.max_length: 10 -> 20
- input.duration.allowed: -"8"
- base price: \\$0.01 -> \\$0.012 (x 1.2)
- multiplier of sound "true": 1.5 -> 1 (x 2/3)
- prices: 1 cheaper, 1 more expensive, 2 removed (x 0.8 to x 1.2)

### 3 requests: 1 now refused, 1 more expensive, 1 cheaper

- priced by both, 2 requests: \\$0.10 -> \\$0.096 (-\\$0.004)
- priced by each, 3 before and 2 now: \\$0.18 -> \\$0.096
- 3: now refused: {ACME}: \\$0.08 -> {NO_EIGHT}
- 1: more expensive: {ACME}: \\$0.04 -> \\$0.048 (x 1.2)
- 2: cheaper: {ACME}: \\$0.06 -> \\$0.048 (x 0.8)
"""
    )
    requests = effect(BEFORE, AFTER, REQUESTS[:3]).to_markdown()
    assert text.endswith(f"\n\n{requests}\n")
    assert requests.startswith("### 3 requests: ")


def test_markdown_is_not_injected() -> None:
    """Markup and line breaks in a table or in the name of a request are escaped."""
    note = "a | b\n# head <img src=x> [link](x) `code` *bold*"
    found = diff(catalog(TABLE), catalog(in_field(TABLE, "seed", note=note)), requests=[{"model": ACME}])
    named = evolve(found, requests=effect(BEFORE, AFTER, REQUESTS[:1], names=["a|b"]))
    assert r"a \| b\\n# head \<img src=x> \[link\](x) \`code\` \*bold\*" in found.to_markdown()
    assert r"- a\|b: more expensive: " in named.to_markdown()


def test_markdown_has_an_end() -> None:
    """Markdown lists the most important changed requests and counts the others."""
    many = [REQUESTS[0]] * SHOWN_REQUESTS
    full, over = (diff(BEFORE, AFTER, requests=rows).to_markdown() for rows in (many, [*many, *REQUESTS[2:4]]))
    assert full.count(": more expensive: ") == SHOWN_REQUESTS
    assert "- and " not in full
    assert (over.count(": now refused: "), over.count(": more expensive: ")) == (1, SHOWN_REQUESTS - 2)
    assert over.endswith("\n- and 2 more requests\n")
    unchanged = diff(BEFORE, BEFORE, requests=[REQUESTS[0]]).to_markdown()
    assert unchanged.count("\n- ") == 2  # the two totals
    assert r"- priced by both, 1 request: \$0.04 -> \$0.04 (unchanged)" in unchanged


def test_json() -> None:
    """The JSON form has no floats, and `requests` is None if none were given."""
    data = diff(BEFORE, AFTER).to_dict()
    assert list(data) == ["equal", "old", "new", "added", "removed", "changes", "prices", "requests"]
    assert (data["equal"], data["requests"]) == (False, None)
    assert data["old"] == {"version": BEFORE.version, "digest": BEFORE.digest}
    assert data["changes"][1] == {
        "model": ACME,
        "key": "input.duration.allowed",
        "old": ["4", "8"],
        "new": ["4"],
        "says": 'input.duration.allowed: -"8"',
        "details": [],
    }
    assert "." not in json.dumps([one["new"] for one in data["changes"]])


def test_a_request_effect_without_model() -> None:
    """A request that neither catalogue prices has no model."""
    row = effect(BEFORE, AFTER, [5]).rows[0]
    assert isinstance(row, RequestEffect)
    assert row.model is None


# the command line


def run(*args: str, stdin: str | None = None) -> Result:
    """Run the command line as in a pipe."""
    return cli_runner.run("diff", *args, stdin=stdin)


@pytest.fixture
def sides(tmp_path: Path) -> tuple[str, str]:
    """Return two table files: before and after."""
    old, new = tmp_path / "old.toml", tmp_path / "new.toml"
    old.write_text(invented.table_text(), encoding="utf-8")
    new.write_text(AFTER_TEXT, encoding="utf-8")
    return str(old), str(new)


def test_cli_without_difference(sides: tuple[str, str]) -> None:
    """The exit code is 0 without a difference; `bundled` is the shipped catalogue."""
    for pair in ((sides[0], sides[0]), ("bundled", "bundled")):
        result = run(*pair)
        assert (result.exit_code, result.stderr) == (0, "")
        assert result.stdout.endswith(": no difference\n")


def test_cli_with_a_difference(sides: tuple[str, str]) -> None:
    """The exit code is 1 as in `diff`, and the output is that of the library."""
    result = run(*sides)
    found = diff(Catalog.load(sides[0]), Catalog.load(sides[1]))
    assert (result.exit_code, result.stderr) == (1, "")
    assert result.stdout == found.explain() + "\n"
    assert run(*sides, "--format", "table").stdout == result.stdout
    assert run(*sides, "--format", "markdown").stdout == found.to_markdown()
    assert json.loads(run(*sides, "--json").stdout) == {"ok": False, **found.to_dict()}
    assert run("bundled", sides[0], "--format", "json").stdout == run("bundled", sides[0], "--json").stdout


def test_cli_with_requests(sides: tuple[str, str], tmp_path: Path) -> None:
    """Requests are named by file and line; those that cannot be read are reported and skipped."""
    file = tmp_path / "usage.jsonl"
    lines = [json.dumps(REQUESTS[0]), '{"model": ', json.dumps(REQUESTS[1])]
    file.write_text("\n".join(lines), encoding="utf-8")
    result = run(*sides, "--requests", str(file))
    assert result.exit_code == 1
    assert result.stderr == f"{file}:2:11: error    bad_json  Expecting value\n"
    assert result.stdout.splitlines()[-5:] == [
        "2 requests: 1 more expensive, 1 cheaper",
        "  priced by both, 2 requests: $0.10 -> $0.096 (-$0.004)",
        "  priced by each, 2 before and 2 now: $0.10 -> $0.096",
        f"  {file}:1: more expensive: {ACME}: $0.04 -> $0.048 (x 1.2)",
        f"  {file}:3: cheaper: {ACME}: $0.06 -> $0.048 (x 0.8)",
    ]
    data = json.loads(run(*sides, "--requests", str(file), "--json").stdout)["requests"]
    assert [one["name"] for one in data["results"]] == [f"{file}:1", f"{file}:3"]
    message = "line 2, column 11: Expecting value"
    assert data["skipped"] == [{"source": {"file": str(file), "line": 2}, "message": message}]


def test_cli_takes_a_document_an_array_and_standard_input(sides: tuple[str, str], tmp_path: Path) -> None:
    """`--requests` reads the same input as `quote -f`, and can be repeated."""
    file = tmp_path / "one.json"
    file.write_text(json.dumps(REQUESTS[0]), encoding="utf-8")
    both = json.dumps(REQUESTS[:2])
    result = run(sides[0], sides[0], "--requests", str(file), "--requests", "-", stdin=both)
    assert result.exit_code == 0
    assert "3 requests: 3 unchanged" in result.stdout
    assert "0 requests\n" in run(*sides, "--requests", "-", stdin="[]").stdout
    assert "-[1]: cheaper" in run(*sides, "--requests", "-", stdin=both).stdout


def test_cli_passes_what_is_measured(sides: tuple[str, str]) -> None:
    """`--measured` is as in `quote`, and needs `--requests`."""
    motion = {
        "model": "kling/kling-motion-create-v3/motion-transfer-to-video",
        "input": {"image_url": "https://example.com/cat.jpg", "motion_video_url": "https://example.com/dance.mp4"},
    }
    options = ["bundled", "bundled", "--requests", "-"]
    assert "1 refused by both" in run(*options, stdin=json.dumps(motion)).stdout
    assert "1 unchanged" in run(*options, "--measured", "duration=5", stdin=json.dumps(motion)).stdout
    assert run(*sides, "--measured", "duration=5").exit_code == 2
    assert run(*options, "--measured", "duration", stdin="[]").exit_code == 2


@pytest.mark.parametrize(
    "args",
    [
        (),
        ("bundled",),
        ("bundled", "no/such/folder"),
        ("no/such/file.toml", "bundled"),
        ("bundled", "bundled", "--requests", "no/such/file.json"),
        ("bundled", "bundled", "--json", "--format", "markdown"),
        ("bundled", "bundled", "--format", "csv"),
    ],
)
def test_cli_wrong_usage(args: tuple[str, ...]) -> None:
    """The exit code is 2 if a path is missing or options contradict each other."""
    result = run(*args)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr


def test_cli_tables_that_cannot_be_used(tmp_path: Path, sides: tuple[str, str]) -> None:
    """The exit code is 3; every fault of both sides is reported, and JSON has a code."""
    broken = [tmp_path / "a.toml", tmp_path / "b.toml"]
    broken[0].write_text(invented.table_text().replace("10_000", '"x"').replace('"4"\n', '"5"\n'), encoding="utf-8")
    broken[1].write_text("model = ", encoding="utf-8")
    result = run(*map(str, broken))
    assert (result.exit_code, result.stdout) == (3, "")
    assert "base_usd_micros: expected a whole number" in result.stderr
    assert f"{broken[1]}" in result.stderr
    data = json.loads(run(*map(str, broken), "--json").stdout)
    assert (data["ok"], data["code"], data["message"] + "\n") == (False, "table_error", result.stderr)
    assert run(sides[0], str(broken[1])).exit_code == 3
    (tmp_path / "empty").mkdir()
    assert run(str(tmp_path / "empty"), "bundled").exit_code == 3


@pytest.mark.parametrize("text", ["", "{", "[{", "not JSON", "{]\n{]\n"])
def test_cli_requests_that_cannot_be_read_at_all(sides: tuple[str, str], text: str) -> None:
    """The exit code is 3 if no request can be read."""
    result = run(*sides, "--requests", "-", stdin=text)
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr.startswith("-:1:")
    data = json.loads(run(*sides, "--requests", "-", "--json", stdin=text).stdout)
    assert (data["ok"], data["code"]) == (False, "bad_json")
