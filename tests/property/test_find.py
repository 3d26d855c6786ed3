"""`find` compared with a brute-force search through every price sheet, which shares no code with it."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st

import strategies
from ratecard import NotPriced, Offers, Quote, find, price_sheet, quote, validate

if TYPE_CHECKING:
    from ratecard_rules import Model

CATALOG = strategies.CATALOG
ODD = {"duration": "77", "resolution": "4k", "has_sound": "loud", "style": "noir", "camera_fixed": "true", "zebra": "1"}


@frozen
class Query:
    """What is looked for: the options as their exact texts, and as they are spelled for `find`."""

    options: dict[str, str]
    spelled: dict[str, Any]
    sound: bool | None
    capability: str | None
    provider: str | None
    text: str | None

    def find(self, max_usd: Decimal | None = None, sort: Any = "price") -> Offers:
        """Return what `find` says."""
        return find(
            self.text, options=self.spelled, sound=self.sound, capability=self.capability, provider=self.provider,
            max_usd=max_usd, sort=sort,
        )  # fmt: skip


def spellings(name: str, text: str) -> list[Any]:
    """Return other ways to say the same option."""
    ways: list[Any] = [text, f" {text} ", text.upper()]
    ways += [int(text), float(text), Decimal(text), f"{text}.0"] if text.isdigit() else []
    ways += [f"{text}s", f"{text} sec", f"{text} seconds"] if name == "duration" else []
    return ways + ([text == "true"] if text in ("true", "false") else [])


@st.composite
def queries(draw: st.DrawFn) -> Query:
    """Draw a query that some model may satisfy: its capability, provider or name, and values of some of its fields.

    One odd value, which few models or none have, may be among them.
    """
    model = draw(st.sampled_from(tuple(CATALOG)))
    listed = {field.name: field.allowed for field in model.latest.input if field.allowed is not None}
    names = draw(st.sets(st.sampled_from(sorted(listed)), max_size=2)) if listed else set()
    options = {name: str(draw(st.sampled_from(listed[name]))).lower() for name in sorted(names)}
    if draw(st.integers(0, 3)) == 0:
        name = draw(st.sampled_from(sorted(ODD)))
        options[name] = ODD[name]
    scope = draw(st.sets(st.sampled_from(["capability", "provider", "text"]), min_size=1, max_size=2))
    return Query(
        options,
        {name: draw(st.sampled_from(spellings(name, text))) for name, text in options.items()},
        draw(st.none() | st.booleans()),
        model.capability if "capability" in scope else None,
        model.slug.partition("/")[0] if "provider" in scope else None,
        draw(st.sampled_from([model.name.upper(), "TO-VIDEO 3.0", "kling pro"])) if "text" in scope else None,
    )


limits = st.integers(1, 4_000_000).map(lambda micros: Decimal(micros) / 1_000_000)


def is_candidate(model: Model, query: Query) -> bool:
    """Return whether the capability, the provider and all words are those of a model."""
    told = f"{model.slug} {model.name} {model.provider} {model.capability}".lower()
    return (
        query.capability in (None, model.capability)
        and query.provider in (None, model.slug.split("/")[0])
        and all(word in told for word in (query.text or "").lower().split())
    )


def wanted_of(model: Model, query: Query) -> dict[str, set[str]]:
    """Return the texts that each field must have, in lower case; two different ones cannot both be had."""
    wanted = {name: {text.lower()} for name, text in query.options.items()}
    fact = model.latest.sound
    if query.sound is not None and fact is not None and fact.field is not None:
        wanted.setdefault(fact.field, set()).add(str(query.sound).lower())
    return wanted


def groups_of(model: Model, query: Query) -> set[str]:
    """Return the groups to which sound and each wanted field alone assign a model."""
    return {group_of_sound(model, query)} | {
        group_of(model, name, texts) for name, texts in wanted_of(model, query).items()
    }


def group_of_sound(model: Model, query: Query) -> str:
    """Return the group to which sound alone assigns a model."""
    fact = model.latest.sound
    if query.sound is None:
        return "offers"
    if model.capability in {"text-to-image", "image-to-image", "edit-image"}:
        return "cannot" if query.sound else "offers"
    if fact is None:
        return "not_stated"
    return "cannot" if fact.always not in (None, query.sound) else "offers"


def group_of(model: Model, name: str, texts: set[str]) -> str:
    """Return the group to which one wanted field alone assigns a model."""
    field = model.latest.fields.get(name)
    if field is None:
        return "cannot" if model.latest.fields_complete else "not_stated"
    if field.allowed is None and field.type != "boolean":
        return "not_stated" if field.unknown else "offers"
    if len(texts) == 1 and texts <= {str(option).lower() for option in field.allowed or (True, False)}:
        return "offers"
    uncertain = name not in model.latest.priced and dict(field.evidence).get("allowed") in ("sibling", "assumed")
    return "not_stated" if uncertain else "cannot"


def options_of(row: Quote) -> dict[str, str]:
    """Return the options of a row as text in lower case."""
    return {factor.field: str(factor.value).lower() for factor in row.factors}


@cache
def sheet_of(slug: str) -> tuple[Quote, ...]:
    """Return the price sheet of a model; none if the price is not known."""
    try:
        return price_sheet(slug)
    except NotPriced:
        return ()


def rows_for(model: Model, query: Query) -> list[Quote]:
    """Return every row of the price sheet that has the wanted options; none if the price is not known or measured."""
    wanted = wanted_of(model, query)
    sent = [row for row in sheet_of(model.slug) if all(factor.origin == "given" for factor in row.factors)]
    return [row for row in sent if all({text} == wanted.get(name, {text}) for name, text in options_of(row).items())]


def expected(model: Model, query: Query, max_usd: Decimal | None) -> tuple[str, int | None]:
    """Return the group of a model and, if it is offered, the lowest price."""
    rows, groups = rows_for(model, query), groups_of(model, query)
    cheapest = min((row.usd_micros for row in rows), default=None)
    if "cannot" in groups or cheapest is None or (max_usd is not None and cheapest > max_usd * 1_000_000):
        return "cannot", None
    return ("not_stated", None) if "not_stated" in groups else ("offers", cheapest)


@given(query=queries(), max_usd=st.none() | limits)
def test_it_agrees_with_a_search_through_every_sheet(query: Query, max_usd: Decimal | None) -> None:
    """Each candidate is in exactly one group, the right one; offers have the lowest price and are ranked by it."""
    found = query.find(max_usd)
    answers: list[tuple[str, tuple[str, int | None]]] = [
        (offer.model, ("offers", offer.quote.usd_micros)) for offer in found
    ]
    answers += [(other.model, ("not_stated", None)) for other in found.not_stated]
    answers += [(other.model, ("cannot", None)) for other in found.cannot]
    models = [model for model in CATALOG if is_candidate(model, query)]
    assert len(answers) == len(models)
    assert dict(answers) == {model.slug: expected(model, query, max_usd) for model in models}
    assert [offer.model for offer in found] == [
        slug for _, slug in sorted((offer.quote.usd_micros, offer.model) for offer in found)
    ]


@given(query=queries())
def test_offers_are_ready(query: Query) -> None:
    """The request of every offer is valid, has the options of the offer, and costs what the offer says."""
    for offer in query.find():
        assert validate(offer.request).ok
        assert quote(offer.request) == offer.quote
        assert offer.options.items() <= offer.request["input"].items()
        assert offer.options.keys() == CATALOG[offer.model].latest.priced.keys()
        texts = {name: str(value).lower() for name, value in offer.request["input"].items()}
        assert {name: text.lower() for name, text in query.options.items()}.items() <= texts.items()


@given(query=queries())
def test_upgrades_are_the_next_steps(query: Query) -> None:
    """For each field that is still open: the cheapest row that differs in it alone and costs more."""
    for offer in query.find():
        model = CATALOG[offer.model]
        fixed = options_of(offer.quote)
        steps: dict[str, list[int]] = {}
        for row in rows_for(model, query):
            changed = [name for name, text in options_of(row).items() if text != fixed[name]]
            if len(changed) == 1 and row.usd_micros > offer.quote.usd_micros:
                steps.setdefault(changed[0], []).append(row.usd_micros)
        prices = {upgrade.field: upgrade.usd_micros for upgrade in offer.next_better}
        assert prices == {name: min(costs) for name, costs in steps.items()}
        differences = [upgrade.more_usd_micros for upgrade in offer.next_better]
        assert differences == sorted(cost - offer.quote.usd_micros for cost in prices.values())


@given(query=queries(), max_usd=limits)
def test_a_limit_only_removes_models(query: Query, max_usd: Decimal) -> None:
    """The offers are those without a limit that cost no more, so a higher limit never removes one."""
    every, some = query.find(), query.find(max_usd)
    assert some.offers == tuple(offer for offer in every if offer.quote.usd <= max_usd)
    assert set(some.not_stated) <= set(every.not_stated)
    assert set(every.cannot) <= set(some.cannot)


@given(query=queries(), sort=st.sampled_from(["time", "name"]))
def test_sorting_only_reorders(query: Query, sort: str) -> None:
    """By name, or by time and then by price; models without a known time come last."""
    by_price, ordered = query.find(), query.find(sort=sort)
    assert {offer.model: offer for offer in ordered} == {offer.model: offer for offer in by_price}
    times = [(offer.quote.typical_seconds or 10**9, offer.quote.usd_micros) for offer in ordered]
    names = [offer.model for offer in ordered]
    assert (times == sorted(times)) if sort == "time" else (names == sorted(names))
