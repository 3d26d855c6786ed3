"""How do we know? The evidence, the page and the day behind every rule of a table."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any
from weakref import ref

from attrs import frozen

from ratecard_rules._table.model import EVIDENCED_RULES, PRICE_RULES, Evidence, Evidenced, is_stated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ratecard_rules._catalog import Catalog
    from ratecard_rules._judge.rules import PageOf
    from ratecard_rules._table.model import Model


@frozen
class Provenance:
    """Where one rule comes from.

    `rule` the key in the table, such as `input.duration.allowed` · `evidence` how sure it is · `sibling` the model
    whose page states it, where the own page does not · `page` the address of the page and `checked` the day on which it
    was read; None where no page states it, or the sibling is not in the catalogue.
    """

    rule: str
    evidence: Evidence
    sibling: str | None
    page: str | None
    checked: date | None

    def to_dict(self) -> dict[str, Any]:
        """Return the provenance as plain JSON data."""
        checked = None if self.checked is None else self.checked.isoformat()
        return {
            "rule": self.rule,
            "evidence": self.evidence,
            "sibling": self.sibling,
            "page": self.page,
            "checked": checked,
        }


def provenance(model: Model, catalog: Catalog) -> tuple[Provenance, ...]:
    """Return where every rule of the newest revision of a model comes from, in the order of the table.

    >>> from ratecard_rules import Catalog
    >>> catalog = Catalog.bundled()
    >>> [one.rule for one in provenance(catalog["kling-plus/kling-o3-standard/image-to-video"], catalog)
    ...  if one.evidence == "assumed"]
    ['input.image_url.format']
    """
    return tuple(
        Provenance(rule, evidence, sibling, *page_of(evidence, sibling, model, catalog))
        for rule, evidence, sibling in _rules(model)
    )


def page_of(
    evidence: Evidence | None, sibling: str | None, model: Model, catalog: Catalog
) -> tuple[str | None, date | None]:
    """Return the address of the page that states a rule, and the day on which it was read; None where no page does."""
    stated_by = catalog.get(sibling) if sibling is not None else model
    if stated_by is None or evidence in (None, "assumed"):
        return None, None
    return stated_by.latest.source[0], stated_by.latest.checked


def pages_of(model: Model, catalog: Catalog) -> PageOf:
    """Return the function from the evidence and the sibling of a rule of a model to `page_of`.

    It holds no reference to the catalogue: rules are kept for as long as their catalogue lives.
    """
    catalog_ref = ref(catalog)

    def find(evidence: Evidence | None, sibling: str | None) -> tuple[str | None, date | None]:
        tables = catalog_ref()
        return (None, None) if tables is None else page_of(evidence, sibling, model, tables)

    return find


def no_page(_: Evidence | None, __: str | None) -> tuple[None, None]:
    """Say that no page of a model states a rule: it belongs to the API around them."""
    return None, None


def _rules(model: Model) -> Iterator[tuple[str, Evidence, str | None]]:
    table = model.latest
    for kind, fields in (("input", table.input), ("measured", table.measured)):
        for field in fields:
            yield from _rules_of(field, EVIDENCED_RULES, f"{kind}.{field.name}")
    for number, rule in enumerate(table.at_least_one, start=1):
        yield f"at_least_one[{number}]", rule.evidence, None
    if table.price.unknown is None:
        yield from _rules_of(table.price, PRICE_RULES, "price")


def _rules_of(part: Evidenced, rules: tuple[str, ...], key: str) -> Iterator[tuple[str, Evidence, str | None]]:
    for rule in rules:
        evidence = part.evidence_of(rule)
        if is_stated(part, rule) and (rule != "name" or evidence != "documented"):
            yield f"{key}.{rule}", evidence, part.sibling if evidence == "sibling" else None
