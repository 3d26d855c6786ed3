"""What the page shows of each model besides its price sheet: fields, evidence, sources, and a request to start from."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from ratecard._api import BASE_URL, KEY_VARIABLE, SUBMIT_PATH
from ratecard._errors import Declined
from ratecard._money import fraction_text, usd_shown
from ratecard._page.data import sheets_data
from ratecard._quote.example import example_request
from ratecard._quote.price import try_quote
from ratecard._quote.quote import duration_text
from ratecard._relation.options import histories, periods
from ratecard_rules import FIELD_RULES, FORMATS, SILENT_CAPABILITIES, multiplier_of, option_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ratecard._relation.options import Period
    from ratecard_rules import Catalog, Field, Model, Revision, Scalar


def page_data(catalog: Catalog) -> dict[str, Any]:
    """Return all that the page shows as plain data: the price sheets of all periods, with more about each.

    To be short, a sheet has no `usd`, and it has `exact_micros` only if a price is rounded. The fields of requests are
    in `fields`, once each. A model also has

        now             the index of the period at the instant of the catalogue
        unavailable     "retired" or "not yet available" if it cannot be used at that instant

    and a period `seconds`, `time`, `checked`, `source`, `complete`, `input` (indices of fields), `base`, `unit`,
    `rounding`, `evidence`, `multipliers` (by field, in the order of its options, unless they are the options),
    `conflicts`, `request` (an example input), `declined` (why that is not valid), `sound` (the field that decides, or
    true or false) and `refused` (see `_refused`). What is not stated is absent.
    """
    whole = catalog.whole
    data = sheets_data(whole)
    options = _listed_options(whole)
    fields: dict[Field, int] = {}
    for model in histories(whole):
        entry, current = data["models"][model.slug], catalog[model.slug]
        code = catalog.unavailable(current)
        entry |= {"now": len(current.revisions) - 1, **({"unavailable": _UNAVAILABLE[code]} if code else {})}
        for sheet, period in zip(entry["periods"], periods(model), strict=True):
            _shorten(sheet)
            sheet.update(_period(model, period, whole, options[model.capability]))
            sheet["input"] = [fields.setdefault(field, len(fields)) for field in period.revision.input]
    return {
        **data,
        "at": None if catalog.instant is None else catalog.instant.isoformat(),
        "endpoint": BASE_URL + SUBMIT_PATH,
        "key_variable": KEY_VARIABLE,
        "fields": [_field(field) for field in fields],
    }


def _shorten(sheet: dict[str, Any]) -> None:
    """Leave out the amounts of a sheet that its whole micros already say."""
    sheet.pop("usd", None)
    if sheet.get("exact_micros") == [*map(str, sheet.get("usd_micros", ()))]:
        del sheet["exact_micros"]


_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?", re.ASCII)
RETIRED, NOT_YET = "retired", "not yet available"
_UNAVAILABLE = {"retired": RETIRED, "not_yet_effective": NOT_YET}


def _listed_options(catalog: Catalog) -> dict[str, dict[str, set[str]]]:
    """Return the text of all options that models of a capability list, by capability and field."""
    found: dict[str, dict[str, set[str]]] = {}
    for model in histories(catalog):
        fields = found.setdefault(model.capability, {})
        for field in (field for revision in model.revisions for field in revision.input):
            fields.setdefault(field.name, set()).update(map(option_text, field.allowed or ()))
    return found


def _period(model: Model, period: Period, catalog: Catalog, options: dict[str, set[str]]) -> dict[str, Any]:
    revision, price = period.revision, period.revision.price
    view = catalog.at(period.instant)
    seconds = revision.typical_seconds
    request = example_request(model.slug, catalog=view)["input"]
    stated = _stated(
        seconds=seconds,
        time=None if seconds is None else duration_text(seconds),
        base=None if price.base_usd_micros is None else usd_shown(price.base_usd_micros),
        unit=price.label,
        rounding=price.rounding,
        evidence=dict(price.evidence),
        unknown=price.unknown,
        multipliers=dict(_multipliers(revision)),
        conflicts=[[conflict.about, conflict.says] for conflict in revision.conflicts],
        declined=_declined(model.slug, revision, request, view),
        refused=dict(_refused(model.slug, revision, request, view, options)),
    )
    return {
        "checked": str(revision.checked),
        "source": list(revision.source),
        "complete": revision.fields_complete,
        "request": request,
        **stated,
        **_sound(model.capability, revision),
    }


def _stated(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None and value not in ("", [], {}, ())}


def _field(field: Field) -> dict[str, Any]:
    limits = [
        kind.words.format(value)
        for rule, kind in FIELD_RULES.items()
        if kind.words and (value := getattr(field, rule)) is not None
    ]
    formats = [FORMATS[form] for form in (field.format, field.item_format) if form is not None]
    return _stated(
        name=field.name,
        type=f"{field.type} of {field.items}s" if field.items else field.type,
        required=field.required,
        options=_options(field),
        default=field.default,
        limits="; ".join([*formats, *limits]),
        unknown=field.unknown,
        note=field.note,
        evidence={
            evidence: [rule for rule, word in field.evidence if word == evidence]
            for evidence in dict.fromkeys(word for _, word in field.evidence)
        },
    )


def _options(field: Field) -> list[Scalar]:
    return list(field.allowed or ((False, True) if field.type == "boolean" else ()))


def _multipliers(revision: Revision) -> Iterator[tuple[str, list[str]]]:
    for factor in revision.price.factors:
        if factor.multipliers is None:
            continue
        options = revision.priced[factor.field].allowed or ()
        yield factor.field, [fraction_text(multiplier_of(factor, option)) for option in options]


def _sound(capability: str, revision: Revision) -> dict[str, Any]:
    """Return the field that decides about sound, or whether there always is sound; nothing if no page says."""
    fact = revision.sound
    if fact is not None:
        return {"sound": fact.always if fact.field is None else fact.field}
    return {"sound": False} if capability in SILENT_CAPABILITIES else {}


def _declined(slug: str, revision: Revision, request: dict[str, Any], catalog: Catalog) -> str | None:
    """Return why the example is not valid, if the price of the model is known: `find` makes no offer then."""
    if revision.measured or revision.price.unknown is not None:
        return None
    answer = try_quote({"model": slug, "input": request}, catalog=catalog)
    return answer.message if isinstance(answer, Declined) else None


def _refused(
    slug: str, revision: Revision, request: dict[str, Any], catalog: Catalog, options: dict[str, set[str]]
) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the fields without options that refuse an option of another model of the capability, and the reasons.

    `find` asks the judge of requests about such values. The page has its answers instead of the judge.
    """
    for field in revision.input:
        if _options(field) or field.unknown is not None or revision.measured or revision.price.unknown is not None:
            continue
        reasons = {}
        for text in sorted(options[field.name]):
            value = json.loads(text) if field.type == "number" and _NUMBER.fullmatch(text) else text
            answer = try_quote({"model": slug, "input": {**request, field.name: value}}, catalog=catalog)
            if isinstance(answer, Declined):
                reasons[text] = answer.message
        if reasons:
            yield field.name, reasons
