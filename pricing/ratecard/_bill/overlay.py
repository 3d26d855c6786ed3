"""A cause as tables to review: the tables of its models, changed so that they give the charges.

Rule 1  A table is written only if the reader accepts it.
Rule 2  What the bill says is no documentation: its evidence is `assumed`, and a conflict says where it comes from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import evolve

from ratecard_rules import Conflict, TableError, load_model, multiplier_of, option_text, to_toml

if TYPE_CHECKING:
    from ratecard._bill.causes import Cause
    from ratecard._bill.decode import Substitution
    from ratecard_rules import Catalog, Factor, Field, Model, Revision


def overlay_tables(cause: Cause, catalog: Catalog) -> dict[str, str]:
    """Return tables, as the text of TOML files by slug, that replace those of a catalogue and give the charges.

    Raises ValueError if tables cannot express the cause, such as a charge for each item of a list.
    """
    return {slug: _table(catalog.history(slug), cause, catalog) for slug in cause.models}


def _table(model: Model | None, cause: Cause, catalog: Catalog) -> str:
    now = None if model is None else catalog.get(model.slug)
    if model is None or now is None:
        raise ValueError("the catalogue does not have the models of this cause")
    place = len(now.revisions) - 1
    changed = _changed(model, place, cause)
    says = f"Charges of a bill differ from the page ({cause}); to be reviewed."
    changed = evolve(changed, examples=(), conflicts=(*changed.conflicts, Conflict(about="price", says=says)))
    revisions = (*model.revisions[:place], changed, *model.revisions[place + 1 :])
    text = to_toml(evolve(model, revisions=revisions, overlay="replace"))
    try:
        load_model(text)
    except TableError as error:
        raise ValueError(f"tables cannot express this cause: {error.faults[0]}") from None
    return text


def _changed(model: Model, place: int, cause: Cause) -> Revision:
    """Return a revision of a model with a cause applied to it. Raises ValueError if that is not possible."""
    revision, explanation = model.revisions[place], cause.explanation
    price = revision.price
    match explanation.kind:
        case "default":
            defaults = {change.field: change for change in explanation.changes}
            changed = (_with_default(field, defaults.get(field.name)) for field in revision.input)
            return evolve(revision, input=tuple(changed))
        case "option":
            changes = {change.field: change for change in explanation.changes}
            factors = tuple(_with_multiplier(factor, revision, changes.get(factor.field)) for factor in price.factors)
            return evolve(revision, price=_assumed(evolve(price, factors=factors), "factors"))
        case "revision" if explanation.revision is not None and not explanation.changes:
            return evolve(revision, price=model.revisions[explanation.revision - 1].price)
        case "unit" | "factor" | "multiple" if explanation.ratio is not None and "each item" not in explanation.says:
            base = (price.base_usd_micros or 0) * explanation.ratio
            if base.denominator == 1:
                raised = evolve(price, base_usd_micros=base.numerator, printed_usd=None)
                return evolve(revision, price=_assumed(raised, "base_usd_micros"))
    raise ValueError(f"tables cannot express this cause: {explanation.says}")


def _assumed(part: Any, rule: str) -> Any:
    return evolve(part, evidence=tuple(sorted({**dict(part.evidence), rule: "assumed"}.items())))


def _with_default(field: Field, change: Substitution | None) -> Field:
    if change is None:
        return field
    options = {option_text(option): option for option in field.allowed or ()}  # another model may write true as "true"
    default = options.get(option_text(change.charged), change.charged)
    changed: Field = _assumed(evolve(field, default=default), "default")
    return changed


def _with_multiplier(factor: Factor, revision: Revision, change: Substitution | None) -> Factor:
    """Return a factor in which the requested option has the multiplier of the charged one."""
    if change is None or change.requested is None:
        return factor
    options = revision.priced[factor.field].allowed or ()
    multipliers = {option_text(option): multiplier_of(factor, option) for option in options}
    multipliers[option_text(change.requested)] = multiplier_of(factor, change.charged)
    return evolve(factor, multipliers=tuple(multipliers.items()))
