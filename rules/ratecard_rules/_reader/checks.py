"""The self-check of a table: its parts must be consistent before any price is quoted from it.

Each check is a generator for a revision or a field. `CHECKS` and `FIELD_CHECKS` list them. All faults are found in one
pass.
"""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from math import prod
from typing import TYPE_CHECKING

from ratecard_rules._table.fault import Fault, fault_in
from ratecard_rules._table.model import (
    EVIDENCED_RULES,
    FIELD_RULES,
    MICROS_PER_USD,
    PRICE_RULES,
    UNIT_FIELDS,
    Scalar,
    is_stated,
    revision_faults,
)
from ratecard_rules._table.price import combinations, number_text, option_text, option_usd_micros, rounded_usd_micros
from ratecard_rules._text import literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import TypeAlias

    from ratecard_rules._table.model import Evidenced, Example, Field, Model, Revision

    Finding: TypeAlias = tuple[str, str]
    """A key, and what is wrong with it."""


MAX_COMBINATIONS = 10_000
"""Maximum number of combinations of priced options. Each is priced when a table is read."""

_LARGEST_SHOWN = 10**30  # Python refuses to print much larger numbers


def model_faults(model: Model) -> Iterator[Fault]:
    """Return every fault of one table."""
    findings = list(revision_faults(model))
    if not model.slug or model.slug != model.slug.strip():
        findings.append(("model", "a slug must not be empty, or start or end with whitespace"))
    for number, revision in enumerate(model.revisions, start=1):
        for check in CHECKS:
            findings += _at(f"revision[{number}]", check(revision))
    return (fault_in(model, key, message) for key, message in findings)


def _at(key: str, findings: Iterable[Finding]) -> Iterator[Finding]:
    return ((f"{key}.{inner}", message) for inner, message in findings)


def _check_signs(names: Sequence[str], part: Revision | Field) -> Iterator[Finding]:
    for name in names:
        if (number := getattr(part, name)) is not None and number < 0:
            yield name, f"{number} is negative"


def _check_fields(revision: Revision) -> Iterator[Finding]:
    for part, fields in (("input", revision.input), ("measured", revision.measured)):
        for field in fields:
            for check in FIELD_CHECKS:
                yield from _at(f"{part}.{field.name}", check(field))


def _check_measured(revision: Revision) -> Iterator[Finding]:
    for field in revision.measured:
        if field.name in revision.fields:
            yield f"measured.{field.name}", "this quantity is also in `input`: it is either sent or measured"
        if field.name not in revision.priced:
            yield f"measured.{field.name}", "the price does not depend on this quantity: remove it, or add the factor"
        if field.default is not None or field.required is not None:
            yield f"measured.{field.name}", "a measured quantity cannot have `required` or `default`"


def _check_at_least_one(revision: Revision) -> Iterator[Finding]:
    for number, rule in enumerate(revision.at_least_one, start=1):
        for name in rule.of:
            if name not in revision.fields:
                yield f"at_least_one[{number}].of", f"{literal(name)} is not a field of `input`"


def _check_sound(revision: Revision) -> Iterator[Finding]:
    sound = revision.sound
    if sound is None:
        return
    if (sound.field is None) == (sound.always is None):
        yield "sound", "needs either `field`, the field that decides, or `always`"
    if sound.field is None:
        return
    field = revision.fields.get(sound.field)
    if field is None:
        yield "sound.field", f"{literal(sound.field)} is not a field of `input`"
    elif {option_text(option) for option in field.allowed or ()} != {"false", "true"}:
        yield "sound.field", f"the `allowed` options of {literal(sound.field)} are not exactly true and false"


def _check_evidence(rules: tuple[str, ...], stated: Evidenced) -> Iterator[Finding]:
    for rule, word in stated.evidence:
        if rule not in rules:
            yield f"evidence.{rule}", f"no such rule; known: {', '.join(rules)}"
        elif not is_stated(stated, rule):
            yield f"evidence.{rule}", "this rule is not stated: add the rule or remove its evidence"
        elif word == "sibling" and stated.sibling is None:
            yield "sibling", f"missing: name the model whose page states {rule}"


def _check_type_of_rules(field: Field) -> Iterator[Finding]:
    for name, rule in FIELD_RULES.items():
        if rule.types and field.type not in rule.types and getattr(field, name) is not None:
            types = " or ".join(map(literal, rule.types))
            yield name, f"only fields of type {types} can have this rule; this field is of type {literal(field.type)}"
    if field.item_format is not None and field.type == "array" and field.items != "string":
        yield "item_format", 'only an array with `items = "string"` can have this rule'


def _check_options(field: Field) -> Iterator[Finding]:
    options = field.allowed
    if options is None:
        return
    if not options or len(set(map(option_text, options))) != len(options):
        yield "allowed", "must list at least one option, without duplicates"
    if wrong := [option for option in options if not _fits(field, option)]:
        yield "allowed", f"{literal(wrong[0])} is not of type {literal(field.type)}"
    for rule in ("unknown", "min", "max", "max_length"):
        if getattr(field, rule) is not None:
            yield rule, "`allowed` already limits the field: remove one of the two"


def _check_default(field: Field) -> Iterator[Finding]:
    if field.default is None:
        return
    if not _fits(field, field.default):
        yield "default", f"{literal(field.default)} is not of type {literal(field.type)}"
    elif field.allowed is not None and not _is_option(field, field.default):
        yield "default", f"{literal(field.default)} is not one of the allowed options"
    if field.required:
        yield "default", "a required field cannot have a default: remove one of the two"


def _check_limits(field: Field) -> Iterator[Finding]:
    for low, high in (("min", "max"), ("min_items", "max_items")):
        least, most = getattr(field, low), getattr(field, high)
        if least is not None and most is not None and least > most:
            yield low, f"{least} is more than {high}, which is {most}"


def _fits(field: Field, value: Scalar) -> bool:
    return type(value) in _SCALARS.get(field.type, ())


def _is_option(field: Field, value: Scalar) -> bool:
    """Return whether a value is one of the options, with the same type: 1 is neither true nor 1.0."""
    return any(type(value) is type(option) and value == option for option in field.allowed or ())


def _check_base(revision: Revision) -> Iterator[Finding]:
    price = revision.price
    yield from _at("price", _check_evidence(PRICE_RULES, price))
    if (price.base_usd_micros is None) == (price.unknown is None):
        yield "price", "needs either `base_usd_micros`, or `unknown` with the reason"
    elif price.base_usd_micros is not None and price.free != (price.base_usd_micros == 0):
        yield "price.base_usd_micros", "a price is zero if and only if the table says `free = true`"
    elif price.base_usd_micros is not None and price.base_usd_micros < 0:
        yield "price.base_usd_micros", "a price cannot be negative"
    if price.unknown is not None and (price.factors or price.printed_usd or revision.examples):
        yield "price.unknown", "an unknown price has no factors, printed dollars or examples"


def _check_factors(revision: Revision) -> Iterator[Finding]:
    for factor in revision.price.factors:
        key = f"price.factors.{factor.field}"
        field = revision.priced.get(factor.field)
        if field is None or not field.allowed:
            yield key, "no field with this name and `allowed` options in `input` or `measured`"
            continue
        if any(isinstance(option, Decimal) for option in field.allowed):
            yield f"input.{field.name}.allowed", "the options of a priced field are strings, whole numbers or booleans"
        options = dict.fromkeys(map(option_text, field.allowed))
        for option in options:
            if (option not in factor.by_option) if factor.multipliers is not None else number_text(option) is None:
                yield key, f"the allowed option {literal(option)} has no multiplier"
        for option in factor.by_option:
            if option not in options:
                yield key, f"{literal(option)} has a multiplier but is not one of the allowed options"
        if any(number <= 0 for number in factor.by_option.values()):
            yield key, "a multiplier must be greater than zero"


def _check_combinations(revision: Revision) -> Iterator[Finding]:
    count = prod(len(field.allowed or ()) for field in revision.priced.values())
    if count > MAX_COMBINATIONS:
        shown = f"{count:,}" if count <= _LARGEST_SHOWN else f"more than {_LARGEST_SHOWN:,}"
        yield "price.factors", f"the priced options have {shown} combinations; at most {MAX_COMBINATIONS:,} are allowed"


def _check_price(revision: Revision) -> Iterator[Finding]:
    """Check the parts of the price, then all possible prices, and then the examples: each needs those before it."""
    for checks in ((_check_base, _check_factors, _check_combinations), (_check_whole,), (_check_examples,)):
        findings = [finding for check in checks for finding in check(revision)]
        yield from findings
        if findings or revision.price.unknown is not None:
            return


def _check_whole(revision: Revision) -> Iterator[Finding]:
    """Every possible price must be a whole number of micros, unless the table states a rounding."""
    for options in () if revision.price.rounding else combinations(revision):
        exact = option_usd_micros(revision.price, options)
        if exact.denominator != 1:
            chosen = ", ".join(map(literal, options))
            yield "price.rounding", f"missing: the price of {chosen} is {exact} micros, which is not a whole number"
            return


def _check_examples(revision: Revision) -> Iterator[Finding]:
    for number, example in enumerate(revision.examples, start=1):
        yield from _at(f"example[{number}]", _check_example(revision, example))


def _check_example(revision: Revision, example: Example) -> Iterator[Finding]:
    chosen: list[Scalar] = []
    given = dict(example.input)
    for name in given:
        if name not in revision.priced:
            yield f"input.{name}", "not a factor of the price"
    for name, field in revision.priced.items():
        value = given.get(name, field.default)
        if value is None or not _is_option(field, value):
            yield f"input.{name}", "the example must use one of the allowed options"
            return
        if example.kind == "default" and value != field.default and name in revision.fields:
            yield f"input.{name}", f"the default cost is for the default option, not for {literal(value)}"
        chosen.append(value)
    cost = rounded_usd_micros(revision.price, option_usd_micros(revision.price, chosen))
    if cost != example.usd_micros:
        yield "usd_micros", f"the formula gives {cost:,}, but the example says {example.usd_micros:,}"


def _check_printed(revision: Revision) -> Iterator[Finding]:
    """Check that printed dollars equal the micros (1,000,000 are $1.00), unless the table records a conflict."""
    if _is_recorded(revision, "price.printed_usd"):
        return
    price = revision.price
    printed = [("price", price.printed_usd, price.base_usd_micros or 0)]
    for number, example in enumerate(revision.examples, start=1):
        printed.append((f"example[{number}]", example.printed_usd, example.usd_micros))
    for key, dollars, micros in printed:
        if dollars is not None and (number_text(dollars) or 0) * MICROS_PER_USD != micros:
            message = f"${dollars} is not {micros:,} micros: fix one, or record a conflict about price.printed_usd"
            yield f"{key}.printed_usd", message


def _check_label(revision: Revision) -> Iterator[Finding]:
    """Check that the unit on the label is what the formula counts, unless the table records a conflict."""
    label = revision.price.label
    if label is None or _is_recorded(revision, "price.label"):
        return
    counted = [unit for unit, field in UNIT_FIELDS.items() if field in revision.priced]
    if label not in counted if counted else label in UNIT_FIELDS:
        fact = f"the formula counts {counted[0]}s" if counted else f"{UNIT_FIELDS[label]} is not a factor"
        yield "price.label", f"the label says per {label}, but {fact}: record a conflict about price.label"


def _check_conflicts(revision: Revision) -> Iterator[Finding]:
    for number, conflict in enumerate(revision.conflicts, start=1):
        root, _, rest = conflict.about.partition(".")
        if root not in _ABOUT or (root == "input" and rest and rest.partition(".")[0] not in revision.fields):
            yield f"conflict[{number}].about", f"{literal(conflict.about)} is not a key of this table"


def _is_recorded(revision: Revision, about: str) -> bool:
    return any(conflict.about == about for conflict in revision.conflicts)


_SCALARS: dict[str, tuple[type, ...]] = {"string": (str,), "number": (int, Decimal), "boolean": (bool,)}
_ABOUT = frozenset({"model", "name", "capability", "input", "price", "example", "source", "sound"})

FIELD_CHECKS: tuple[Callable[[Field], Iterator[Finding]], ...] = (
    partial(_check_evidence, EVIDENCED_RULES),
    _check_type_of_rules,
    _check_options,
    _check_default,
    _check_limits,
    partial(_check_signs, ("max_length", "min_items", "max_items")),
)
"""The checks of every field."""

CHECKS: tuple[Callable[[Revision], Iterator[Finding]], ...] = (
    partial(_check_signs, ("typical_seconds",)),
    _check_fields,
    _check_measured,
    _check_at_least_one,
    _check_sound,
    _check_price,
    _check_printed,
    _check_label,
    _check_conflicts,
)
"""The checks of every revision, in the order of their faults."""
