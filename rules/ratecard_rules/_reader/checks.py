"""The self-check of tables: what a file says must hold together before anyone is quoted from it.

Each check is one small generator over one revision; `CHECKS` lists them. All faults are found in one pass.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from ratecard_rules._errors import Fault
from ratecard_rules._table.model import (
    FIELD_RULES,
    MICROS_PER_USD,
    PRICE_RULES,
    UNIT_FIELDS,
    Scalar,
    is_stated,
    revision_faults,
)
from ratecard_rules._table.price import (
    combinations,
    exact_usd_micros,
    multiplier_of,
    number_text,
    option_text,
    rounded_usd_micros,
)
from ratecard_rules._text import literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from fractions import Fraction
    from typing import TypeAlias

    from ratecard_rules._table.model import Evidenced, Example, Field, Model, Revision

    Finding: TypeAlias = tuple[str, str]
    """The key that is at fault, and what is wrong with it."""


def model_faults(model: Model, file: str) -> Iterator[Fault]:
    """Yield every fault of one table."""
    for key, message in revision_faults(model):
        yield Fault(file=file, model=model.model, key=key, message=message)
    for number, revision in enumerate(model.revisions, start=1):
        for check in CHECKS:
            for key, message in check(revision):
                yield Fault(file=file, model=model.model, key=f"revision[{number}].{key}", message=message)


def catalogue_faults(models: Sequence[tuple[str, Model]]) -> Iterator[Fault]:
    """Yield the faults that show only between tables, given as (file, model): one slug in two files."""
    seen: dict[str, str] = {}
    for file, model in models:
        folded = model.model.casefold()
        if folded in seen:
            message = f"this slug is also in {seen[folded]} (case does not count): remove one of the two"
            yield Fault(file=file, model=model.model, key="model", message=message)
        seen.setdefault(folded, file)


def _check_fields(revision: Revision) -> Iterator[Finding]:
    for part, fields in (("input", revision.input), ("measured", revision.measured)):
        for field in fields:
            for check in FIELD_CHECKS:
                for key, message in check(field):
                    yield f"{part}.{field.name}.{key}", message


def _check_measured(revision: Revision) -> Iterator[Finding]:
    for field in revision.measured:
        if field.name in revision.fields:
            yield f"measured.{field.name}", "it is in `input` too: a quantity is either sent or measured"
        if field.name not in revision.priced:
            yield f"measured.{field.name}", "nothing is priced by it: drop it, or add the factor"
        if field.default is not None or field.required:
            yield f"measured.{field.name}", "what is measured is neither required nor has a default"


def _check_at_least_one(revision: Revision) -> Iterator[Finding]:
    for number, rule in enumerate(revision.at_least_one, start=1):
        for name in rule.of:
            if name not in revision.fields:
                yield f"at_least_one[{number}].of", f"{literal(name)} is no field of `input`"


def _check_evidence(rules: tuple[str, ...], stated: Evidenced) -> Iterator[Finding]:
    for rule, word in stated.evidence:
        if rule not in rules:
            yield f"evidence.{rule}", f"no such rule; known: {', '.join(rules)}"
        elif not is_stated(stated, rule):
            yield f"evidence.{rule}", "evidence for a rule that is not stated: state the rule or drop the evidence"
        elif word == "sibling" and stated.sibling is None:
            yield "sibling", f"missing: name the model whose page states {rule}"


def _check_field_evidence(field: Field) -> Iterator[Finding]:
    return _check_evidence(FIELD_RULES, field)


def _check_type_of_rules(field: Field) -> Iterator[Finding]:
    for kind, rules in _RULES_OF_TYPE.items():
        for rule in rules:
            if getattr(field, rule) is not None and field.type != kind:
                yield rule, f"only a field of type {literal(kind)} can have it; this one is {literal(field.type)}"


def _check_options(field: Field) -> Iterator[Finding]:
    options = field.allowed
    if options is None:
        return
    if not options or len(set(map(option_text, options))) != len(options):
        yield "allowed", "it must list at least one option, and each only once"
    if wrong := [option for option in options if not _fits(field, option)]:
        yield "allowed", f"{literal(wrong[0])} is not of type {literal(field.type)}"
    for rule in ("unknown", "min", "max", "max_length"):
        if getattr(field, rule) is not None:
            yield rule, "a field that lists its options says all with them: drop this, or the options"


def _check_default(field: Field) -> Iterator[Finding]:
    if field.default is None:
        return
    if not _fits(field, field.default):
        yield "default", f"{literal(field.default)} is not of type {literal(field.type)}"
    elif field.allowed is not None and field.default not in field.allowed:
        yield "default", f"{literal(field.default)} is not among the allowed options"
    if field.required:
        yield "default", "a required field has no default: drop one of the two"


def _check_limits(field: Field) -> Iterator[Finding]:
    for low, high in (("min", "max"), ("min_items", "max_items")):
        least, most = getattr(field, low), getattr(field, high)
        if least is not None and most is not None and least > most:
            yield low, f"{least} is more than {high}, which is {most}"
    for rule in ("max_length", "min_items", "max_items"):
        if (limit := getattr(field, rule)) is not None and limit < 0:
            yield rule, f"{limit} is negative"


def _fits(field: Field, value: Scalar) -> bool:
    return type(value) in _SCALARS.get(field.type, ())


def _check_base(revision: Revision) -> Iterator[Finding]:
    price = revision.price
    yield from ((f"price.{key}", message) for key, message in _check_evidence(PRICE_RULES, price))
    if (price.base_usd_micros is None) == (price.unknown is None):
        yield "price", "it needs either `base_usd_micros`, or `unknown` with the reason"
    elif price.base_usd_micros is not None and price.free != (price.base_usd_micros == 0):
        yield "price.base_usd_micros", "a price of zero needs `free = true`, and only then may it be zero"
    elif price.base_usd_micros is not None and price.base_usd_micros < 0:
        yield "price.base_usd_micros", "a price cannot be negative"
    if price.unknown is not None and (price.factors or price.printed_usd or revision.examples):
        yield "price.unknown", "an unknown price has no factors, printed dollars or examples"


def _check_factors(revision: Revision) -> Iterator[Finding]:
    for factor in revision.price.factors:
        key = f"price.factors.{factor.field}"
        field = revision.priced.get(factor.field)
        if field is None or not field.allowed:
            yield key, "no field of this name with `allowed` options is in `input` or `measured`"
            continue
        if any(isinstance(option, Decimal) for option in field.allowed):
            yield f"input.{field.name}.allowed", "the options of a priced field are strings, whole numbers or booleans"
        written = [option for option, _ in factor.multipliers or ()]
        texts = [option_text(option) for option in field.allowed]
        for option in texts:
            if (option not in written) if factor.multipliers is not None else number_text(option) is None:
                yield key, f"the allowed option {literal(option)} has no multiplier"
        for option in written:
            if option not in texts:
                yield key, f"{literal(option)} has a multiplier but is not among the allowed options"
        if any(number <= 0 for _, number in factor.multipliers or ()):
            yield key, "a multiplier must be more than zero"


def _check_whole(revision: Revision) -> Iterator[Finding]:
    """Every reachable price is a whole number of micros, or the table states how it is rounded."""
    price = revision.price
    if any(_check_base(revision)) or any(_check_factors(revision)) or price.unknown or price.rounding:
        return
    for options in combinations(revision):
        exact = _exact(revision, options)
        if exact.denominator != 1:
            chosen = ", ".join(map(literal, options))
            yield "price.rounding", f"missing: {chosen} comes to {exact} micros, which is not whole"
            return


def _check_examples(revision: Revision) -> Iterator[Finding]:
    if any(_check_base(revision)) or any(_check_factors(revision)) or any(_check_whole(revision)):
        return
    for number, example in enumerate(revision.examples, start=1):
        for key, message in _example_findings(revision, example):
            yield f"example[{number}].{key}", message


def _example_findings(revision: Revision, example: Example) -> Iterator[Finding]:
    chosen: list[Scalar] = []
    given = dict(example.input)
    for name in given.keys() - revision.priced.keys():
        yield f"input.{name}", "it is not a factor of the price"
    for name, field in revision.priced.items():
        value = given.get(name, field.default)
        if value is None or value not in (field.allowed or ()):
            yield f"input.{name}", "the example needs one of the allowed options here"
            return
        if example.kind == "default" and value != field.default and name in revision.fields:
            yield f"input.{name}", f"the default cost is for the default option, not for {literal(value)}"
        chosen.append(value)
    cost = rounded_usd_micros(revision.price, _exact(revision, chosen))
    if cost != example.usd_micros:
        yield "usd_micros", f"base and multipliers come to {cost:,}, the example says {example.usd_micros:,}"


def _exact(revision: Revision, options: Iterable[Scalar]) -> Fraction:
    factors = revision.price.factors
    return exact_usd_micros(revision.price, map(multiplier_of, factors, options))


def _check_printed(revision: Revision) -> Iterator[Finding]:
    """Dollars as printed agree with the micros, or the table records the conflict (1,000,000 micros are $1.00)."""
    if _is_recorded(revision, "price.printed_usd"):
        return
    price = revision.price
    printed = [("price", price.printed_usd, price.base_usd_micros or 0)]
    printed += [(f"example[{n}]", one.printed_usd, one.usd_micros) for n, one in enumerate(revision.examples, start=1)]
    for key, dollars, micros in printed:
        if dollars is not None and (number_text(dollars) or 0) * MICROS_PER_USD != micros:
            message = f"${dollars} is not {micros:,} micros: mend one, or record a conflict about price.printed_usd"
            yield f"{key}.printed_usd", message


def _check_label(revision: Revision) -> Iterator[Finding]:
    """Compare the unit on the label with what the formula counts; a recorded conflict may explain it."""
    label = revision.price.label
    if label is None or _is_recorded(revision, "price.label"):
        return
    counted = {unit for unit, field in UNIT_FIELDS.items() if field in revision.priced}
    if label in UNIT_FIELDS and label not in counted:
        message = f"it says per {label} but {UNIT_FIELDS[label]} is no factor: record a conflict about price.label"
        yield "price.label", message
    elif label not in UNIT_FIELDS and counted:
        message = f"it says per {label} but the formula counts {min(counted)}s: record a conflict about price.label"
        yield "price.label", message


def _check_conflicts(revision: Revision) -> Iterator[Finding]:
    for number, conflict in enumerate(revision.conflicts, start=1):
        root, _, rest = conflict.about.partition(".")
        if root not in _ABOUT or (root == "input" and rest and rest.partition(".")[0] not in revision.fields):
            yield f"conflict[{number}].about", f"{literal(conflict.about)} is no key of this table"


def _is_recorded(revision: Revision, about: str) -> bool:
    return any(conflict.about == about for conflict in revision.conflicts)


_SCALARS: dict[str, tuple[type, ...]] = {"string": (str,), "number": (int, Decimal), "boolean": (bool,)}
_RULES_OF_TYPE = {
    "string": ("format", "max_length"),
    "number": ("min", "max"),
    "array": ("items", "min_items", "max_items"),
}
_ABOUT = frozenset({"model", "name", "capability", "input", "price", "example", "source"})

FIELD_CHECKS: tuple[Callable[[Field], Iterator[Finding]], ...] = (
    _check_field_evidence,
    _check_type_of_rules,
    _check_options,
    _check_default,
    _check_limits,
)
"""What is checked of every field."""

CHECKS: tuple[Callable[[Revision], Iterator[Finding]], ...] = (
    _check_fields,
    _check_measured,
    _check_at_least_one,
    _check_base,
    _check_factors,
    _check_whole,
    _check_examples,
    _check_printed,
    _check_label,
    _check_conflicts,
)
"""What is checked of every revision, in the order of the faults."""
