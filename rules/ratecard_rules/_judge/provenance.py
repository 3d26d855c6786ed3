"""The provenance of rules: evidence, page and date."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any
from weakref import ref

from attrs import asdict, frozen

from ratecard_rules._table.model import EVIDENCED_RULES, PRICE_RULES, Evidence, Evidenced, is_stated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ratecard_rules._catalog import Catalog
    from ratecard_rules._judge.rules import PageOf
    from ratecard_rules._table.model import Model


@frozen
class Provenance:
    """Where a rule comes from.

    Attributes:
        rule: The key in the table, such as `input.duration.allowed`.
        evidence: How certain the rule is.
        sibling: The model whose page states the rule, if the model's own page does not.
        page: The URL of the page; None if no page states the rule, or the sibling is not in the catalogue.
        checked: The day on which the page was read, or None.
    """

    rule: str
    evidence: Evidence
    sibling: str | None
    page: str | None
    checked: date | None

    def to_dict(self) -> dict[str, Any]:
        """Return the provenance as plain JSON data."""
        return asdict(self) | {"checked": None if self.checked is None else self.checked.isoformat()}


def provenance(model: Model, catalog: Catalog) -> tuple[Provenance, ...]:
    """Return where every rule of the newest revision of a model comes from, in the order of the table.

    >>> from ratecard_rules import Catalog
    >>> catalog = Catalog.bundled()
    >>> model = catalog["kling-plus/kling-o3-standard/image-to-video"]
    >>> [entry.rule for entry in provenance(model, catalog) if entry.evidence == "assumed"]
    ['input.image_url.format']
    """
    return tuple(
        Provenance(rule, evidence, sibling, *page_of(evidence, sibling, model, catalog))
        for rule, evidence, sibling in _rules(model)
    )


def page_of(
    evidence: Evidence | None, sibling: str | None, model: Model, catalog: Catalog
) -> tuple[str | None, date | None]:
    """Return the URL of the page that states a rule, and the day on which it was read; None if no page does."""
    stated_by = catalog.get(sibling) if sibling is not None else model
    if stated_by is None or evidence in (None, "assumed"):
        return None, None
    return stated_by.latest.source[0], stated_by.latest.checked


def pages_of(model: Model, catalog: Catalog) -> PageOf:
    """Return `page_of` for the rules of a model, as a function of their evidence and sibling.

    It holds only a weak reference to the catalogue, because rules are cached for as long as their catalogue lives.
    """
    catalog_ref = ref(catalog)

    def find(evidence: Evidence | None, sibling: str | None) -> tuple[str | None, date | None]:
        tables = catalog_ref()
        return (None, None) if tables is None else page_of(evidence, sibling, model, tables)

    return find


def no_page(_: Evidence | None, __: str | None) -> tuple[None, None]:
    """Return no page, for rules of the API itself."""
    return None, None


def _rules(model: Model) -> Iterator[tuple[str, Evidence, str | None]]:
    table = model.latest
    for kind, fields in (("input", table.input), ("measured", table.measured)):
        for field in fields:
            yield from _rules_of(field, EVIDENCED_RULES, f"{kind}.{field.name}")
    for number, rule in enumerate(table.at_least_one, start=1):
        yield f"at_least_one[{number}]", rule.evidence, None
    if table.sound is not None:
        yield "sound", table.sound.evidence, None
    if table.price.unknown is None:
        yield from _rules_of(table.price, PRICE_RULES, "price")


def _rules_of(part: Evidenced, rules: tuple[str, ...], key: str) -> Iterator[tuple[str, Evidence, str | None]]:
    for rule in rules:
        evidence = part.evidence_of(rule)
        if is_stated(part, rule) and (rule != "name" or evidence != "documented"):
            yield f"{key}.{rule}", evidence, part.sibling if evidence == "sibling" else None
