"""The fields of one object: known ones by their rules, missing ones, and unknown ones.

The request itself and its `input` are both judged here, by the same lines.
"""

from __future__ import annotations

from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING, Any

from ratecard_rules._nearest import nearest, surely
from ratecard_rules._patch import Fix
from ratecard_rules._plain import plain
from ratecard_rules._pointer import pointer_to
from ratecard_rules._problems import Problem, severity_of
from ratecard_rules._rules import check_value, missing_field, not_json, uncertain_name
from ratecard_rules._tables import CERTAIN, Field
from ratecard_rules._wire import LONGEST_KEY, describe, find_flaw, key_flaw, shown

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from ratecard_rules._catalog import Catalog
    from ratecard_rules._tables import AtLeastOne

# The reference of `POST /v1/jobs/submit`: model and input are required, version is optional (left out: the latest
# stable one), webhookUrl is optional and must be https.
ENVELOPE: tuple[Field, ...] = (
    Field(name="model", type="string", required=True),
    Field(name="version", type="string"),
    Field(name="input", type="object", required=True),
    Field(name="webhookUrl", type="string", format="https"),
)
"""The fields of the request itself, around the model's own `input`."""


SUGGESTIONS = 20
"""So many unknown fields of one object get a suggestion: looking for one costs far more than finding a problem."""


def entries_of(raw: object, pointer: str) -> tuple[list[Problem], dict[str, Any] | None]:
    """Return what is wrong with the keys of an object, and its entries by plain key; None where it is no object."""
    node = plain(raw)
    if type(node) is not dict:
        return [Problem(code="wrong_type", pointer=pointer, value=shown(raw), expected="an object")], None
    problems: list[Problem] = []
    entries: dict[str, Any] = {}
    for key, value in node.items():
        name = plain(key)
        if flaw := key_flaw(key):
            problems.append(not_json(pointer, flaw.what, flaw.hint))
        elif name in entries:
            problems.append(not_json(pointer, f"two keys that are both {describe(shown(name))}", "keep one of them"))
        else:
            entries[name] = value
    return sorted(problems, key=str), entries


def check_fields(
    fields: Sequence[Field],
    entries: dict[str, Any],
    pointer: str,
    *,
    complete: bool = True,
    priced: Collection[str] = (),
) -> Iterator[Problem]:
    """Yield every problem of the fields of an object: known fields as listed, then unknown ones by name.

    `complete` says whether the list of fields is whole; where it is not, an unknown field is a warning, unless it
    resembles a field of `priced` that was left out: nobody may be quoted a default because of a slip of the finger.
    """
    for field in fields:
        where = pointer_to(pointer, field.name)
        if field.name in entries:
            yield from field_problems(field, entries[field.name], where)
        elif field.required:
            yield missing_field(field, where)
    known = [field.name for field in fields]
    strangers = {name: entries[name] for name in sorted(entries.keys() - set(known))}
    yield from unknown_problems(strangers, known, entries, pointer, None if complete else priced)


def field_problems(field: Field, value: object, where: str) -> Iterator[Problem]:
    """Yield every problem of one known field that was given."""
    yield from check_value(field, value, where)
    if field.evidence_of("name") not in CERTAIN:
        yield uncertain_name(field, where)


def at_least_one_problems(rules: Sequence[AtLeastOne], entries: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield the problem of each set of fields of which none was given."""
    for rule in rules:
        if entries.keys().isdisjoint(rule.of):
            details: Any = {"severity": severity_of(rule.evidence), "evidence": rule.evidence}
            yield Problem(code="missing_one_of", pointer="/input", allowed=rule.of, **details)


def unknown_problems(
    strangers: Mapping[str, Any],
    known: Sequence[str],
    entries: Mapping[str, Any],
    pointer: str,
    priced: Collection[str] | None,
) -> Iterator[Problem]:
    """Yield the problems of unknown fields, by name; `priced` is None where the list of fields is whole."""
    missing = [name for name in known if name not in entries]
    meant = {name: surely(name, missing) for name in islice(strangers, SUGGESTIONS)}
    claims = Counter(meant.values())
    for index, (name, value) in enumerate(strangers.items()):
        where = pointer_to(pointer, name) if len(name) <= LONGEST_KEY else pointer
        if flaw := find_flaw(value):
            yield not_json(where + flaw.pointer, flaw.what, flaw.hint)
        alike = nearest(name, known) if index < SUGGESTIONS else []
        target = meant.get(name)
        risky = index >= SUGGESTIONS or any(one in missing and one in (priced or ()) for one in alike)
        refused = priced is None or risky
        yield Problem(
            code="unknown_field",
            pointer=where,
            severity="error" if refused else "warning",
            value=shown(value),
            allowed=tuple(known),
            suggestion=target or next(iter(alike), None),
            fix=Fix(op="move", source=where, path=pointer_to(pointer, target))
            if target is not None and claims[target] == 1
            else None,
            evidence="implied" if refused else None,
        )


def unknown_model(slug: str, catalog: Catalog) -> Problem:
    """Return the problem of a model that is not in the catalogue, with the names that resemble it."""
    names = tuple(catalog.nearest(slug))
    suggestion = names[0] if names else None
    return Problem(code="unknown_model", pointer="/model", value=shown(slug), allowed=names, suggestion=suggestion)
