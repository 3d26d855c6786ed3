"""Dated revisions: which rules and which price are in force at an instant."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import invented
from ratecard import (
    ANY,
    Declined,
    NotPriced,
    Quote,
    price_sheet,
    quote,
    quote_range,
    try_quote,
    validate,
)
from ratecard_rules import Catalog, TableError, _clock, load_model

if TYPE_CHECKING:
    from collections.abc import Callable

MODEL = "acme/loop-1/text-to-video"
SPRING = datetime(2026, 3, 1, tzinfo=UTC)
SUMMER = datetime(2026, 6, 1, tzinfo=UTC)
GONE = datetime(2026, 9, 1, tzinfo=UTC)
TICK = timedelta(microseconds=1)


def revision(base: int, *, effective: datetime | None = None, longest: int = 10) -> str:
    """Return the text of one revision: its base price, its start, and the longest prompt that it takes."""
    head = invented.REVISION.format(complete="true")
    start = "" if effective is None else f"effective = {effective.isoformat()}\n"
    fields = invented.INPUT.replace("max_length = 10", f"max_length = {longest}")
    return head.replace("checked", start + "checked") + fields + invented.PRICE.replace("10_000", str(base))


def catalog(*revisions: str, retired: datetime | None = None) -> Catalog:
    """Return a catalogue of one model with these revisions."""
    end = "" if retired is None else f"retired = {retired.isoformat()}\n"
    return Catalog((load_model(invented.HEAD.format(slug=MODEL) + end + "".join(revisions)),))


THREE = catalog(
    revision(10_000, longest=5), revision(20_000, effective=SPRING), revision(30_000, effective=SUMMER, longest=20)
)


@pytest.mark.parametrize(
    ("at", "micros"),
    [
        (datetime.min.replace(tzinfo=timezone(timedelta(hours=14))), 40_000),
        (SPRING - TICK, 40_000),  # 10,000 x 4
        (SPRING, 80_000),  # 20,000 x 4
        (SPRING + TICK, 80_000),
        (SUMMER - TICK, 80_000),
        (SUMMER, 120_000),
        (datetime.max.replace(tzinfo=timezone(timedelta(hours=-14))), 120_000),
        (date(2026, 2, 28), 40_000),
        (date(2026, 3, 1), 80_000),
        (date(2026, 5, 31), 80_000),
        (date(2026, 6, 1), 120_000),
    ],
)
def test_the_revision_in_force(at: Any, micros: int) -> None:
    """A revision holds from its first instant on, until the first instant of the next; a date is its first instant."""
    assert quote(invented.request(), catalog=THREE, at=at).usd_micros == micros


@pytest.mark.parametrize("hours", [-14, -1, 0, 5.75, 14])
def test_offsets_do_not_move_the_edge(hours: float) -> None:
    """The same instant under another offset has the same price, to the microsecond."""
    zone = timezone(timedelta(hours=hours))
    costs = [
        quote(invented.request(), catalog=THREE, at=instant.astimezone(zone)).usd_micros
        for instant in (SPRING - TICK, SPRING, SUMMER - TICK, SUMMER)
    ]
    assert costs == [40_000, 80_000, 80_000, 120_000]


@pytest.mark.parametrize("at", [datetime(2026, 3, 1), datetime.now])  # noqa: DTZ001  the naive one is the point
@pytest.mark.parametrize(
    "ask",
    [
        lambda at: validate(invented.request(), catalog=THREE, at=at),
        lambda at: quote(invented.request(), catalog=THREE, at=at),
        lambda at: try_quote(invented.request(), catalog=THREE, at=at),
        lambda at: quote_range(invented.request(), catalog=THREE, at=at),
        lambda at: price_sheet(MODEL, catalog=THREE, at=at),
        THREE.at,
    ],
)
def test_a_naive_instant_is_refused(ask: Callable[[Any], Any], at: Any) -> None:
    """A datetime without offset is a ValueError that says what to give; anything else is a TypeError."""
    with pytest.raises((ValueError, TypeError), match="expected a datetime with a UTC offset"):
        ask(at)


LONG = invented.request(prompt="0123456789")  # ten characters: too long in the first revision alone


@pytest.mark.parametrize(
    "micros",
    [
        lambda **options: quote(invented.request(), **options).usd_micros,
        lambda **options: _quoted(try_quote(invented.request(), **options)).usd_micros,
        lambda **options: quote_range(invented.request(duration=ANY), **options).low.usd_micros,
        lambda **options: quote_range(invented.request(duration={"4", "8"}), **options).high.usd_micros // 2,
        lambda **options: price_sheet(MODEL, **options)[0].usd_micros,
    ],
)
def test_at_reaches_every_price(micros: Callable[..., int]) -> None:
    """Every verb that prices asks the revision in force: none drops the instant on the way."""
    costs = [micros(catalog=THREE, at=at) for at in (date(2026, 1, 1), date(2026, 4, 1), date(2026, 7, 1))]
    assert costs == [40_000, 80_000, 120_000]
    assert micros(catalog=THREE.at(date(2026, 1, 1)), at=date(2026, 4, 1)) == 80_000
    assert micros(catalog=THREE.at(date(2026, 4, 1))) == 80_000


def test_at_reaches_every_rule() -> None:
    """Every verb judges by the rules in force, and a problem names the page of that revision."""
    options: dict[str, Any] = {"catalog": THREE, "at": date(2026, 1, 1)}
    assert [one.code for one in validate(LONG, **options).errors] == ["too_long"]
    assert isinstance(try_quote(LONG, **options), Declined)
    assert validate(LONG, catalog=THREE, at=date(2026, 4, 1)).ok
    assert not validate(LONG, catalog=THREE.at(date(2026, 1, 1))).ok


def _quoted(answer: Quote | Declined) -> Quote:
    assert isinstance(answer, Quote)
    return answer


def test_a_quote_names_its_revision() -> None:
    """The number, the start and the digest of the revision in force are in the quote, beside the whole catalogue's."""
    first, second = (quote(invented.request(), catalog=THREE, at=at) for at in (date(2026, 1, 1), SPRING))
    assert (first.revision.number, first.revision.effective) == (1, None)
    assert (second.revision.number, second.revision.effective) == (2, SPRING)
    assert first.catalog == second.catalog == quote(invented.request(), catalog=THREE).catalog
    assert THREE.at(SPRING).digest == THREE.digest
    assert THREE.at(SPRING).instant == SPRING
    assert THREE.at(None) is THREE


def test_before_the_first_known_start() -> None:
    """A model whose first revision has a start has no price before it, and from it on it has one."""
    later = catalog(revision(10_000, effective=SPRING), revision(20_000, effective=SUMMER))
    problem = validate(invented.request(), catalog=later, at=SPRING - TICK).errors[0]
    assert (problem.code, problem.pointer) == ("not_yet_effective", "/model")
    assert problem.message == f'"{MODEL}" is available from 2026-03-01T00:00:00+00:00'
    for ask in (quote, quote_range):
        with pytest.raises(NotPriced) as refusal:
            ask(invented.request(), catalog=later, at=SPRING - TICK)
        assert refusal.value.code == "not_yet_effective"
    with pytest.raises(NotPriced, match="not_yet_effective"):
        price_sheet(MODEL, catalog=later, at=SPRING - TICK)
    declined = try_quote(invented.request(), catalog=later, at=SPRING - TICK)
    assert isinstance(declined, Declined)
    assert declined.code == "not_yet_effective"
    assert quote(invented.request(), catalog=later, at=SPRING).usd_micros == 40_000


def test_a_retired_model(at_clock: Callable[[datetime], None]) -> None:
    """It declines from its end on, whether that is asked for or now; its past is still priced."""
    old = catalog(revision(10_000), retired=GONE)
    at_clock(GONE - TICK)
    assert quote(invented.request(), catalog=old).usd_micros == 40_000
    assert price_sheet(MODEL, catalog=old)[0].usd_micros == 40_000
    at_clock(GONE)
    assert quote(invented.request(), catalog=old, at=GONE - TICK).usd_micros == 40_000
    for at in (GONE, GONE + TICK, None):
        declined = try_quote(invented.request(), catalog=old, at=at)
        assert isinstance(declined, Declined)
        assert declined.code == "retired"
        assert [one.code for one in declined.report.errors] == ["retired"]
        assert "was retired on 2026-09-01" in declined.message
    with pytest.raises(NotPriced, match="retired"):
        price_sheet(MODEL, catalog=old)
    assert MODEL in old


def test_without_an_instant_the_price_is_that_of_now(at_clock: Callable[[datetime], None]) -> None:
    """Nobody is charged an announced price: every verb and view changes at the first instant of the new revision."""
    for now, base in ((SPRING - TICK, 10_000), (SPRING, 20_000), (SUMMER - TICK, 20_000), (SUMMER, 30_000)):
        at_clock(now)
        assert quote(invented.request(), catalog=THREE).usd_micros == 4 * base
        assert _quoted(try_quote(invented.request(), catalog=THREE)).usd_micros == 4 * base
        assert quote_range(invented.request(duration=ANY), catalog=THREE).low.usd_micros == 4 * base
        assert price_sheet(MODEL, catalog=THREE)[0].usd_micros == 4 * base
        assert validate(LONG, catalog=THREE).ok == (base > 10_000)
        assert THREE[MODEL].latest.price.base_usd_micros == base
        assert [model.latest.price.base_usd_micros for model in THREE] == [base]
        assert quote(invented.request(), catalog=THREE.at(SPRING).at(None)).usd_micros == 4 * base


def test_the_clock_is_read_only_where_it_matters(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model without dated changes costs the same at any time: no clock is read for it."""
    monkeypatch.setattr(_clock, "now", None)
    undated = catalog(revision(10_000))
    assert quote(invented.request(), catalog=undated).usd_micros == 40_000
    assert undated.announced(MODEL) == ()
    assert quote(invented.request(), catalog=THREE, at=SPRING).usd_micros == 80_000


def test_announced_changes(at_clock: Callable[[datetime], None]) -> None:
    """What is known to change is listed, earliest first, until it is in force."""
    announced = catalog(revision(10_000), revision(20_000, effective=SPRING), retired=GONE)
    at_clock(SPRING - TICK)
    changes = announced.announced(MODEL)
    assert [change.effective for change in changes] == [SPRING, GONE]
    assert changes[0].revision is not None
    assert changes[0].revision.price.base_usd_micros == 20_000
    assert changes[1].revision is None
    assert [change.effective for change in announced.at(SPRING).announced(MODEL)] == [GONE]
    assert announced.at(GONE).announced(MODEL) == ()
    assert announced.announced("acme/nothing") == ()
    history = announced.history(MODEL)
    assert history is not None
    assert len(history.revisions) == 2


def test_a_quote_names_announced_changes(at_clock: Callable[[datetime], None]) -> None:
    """Whoever reads a quote learns until when it holds: 20,000 x 4 x 1 from spring on, and the end in autumn."""
    announced = catalog(revision(10_000), revision(20_000, effective=SPRING), retired=GONE)
    at_clock(SPRING - TICK)
    assert quote(invented.request(), catalog=announced).explain().count("sent before") == 2
    assert (
        "sent before 2026-03-01, when the price becomes $0.08" in quote(invented.request(), catalog=announced).explain()
    )
    at_clock(SPRING)
    said = [part.says for part in quote(invented.request(), catalog=announced).assumptions if part.about == "at"]
    assert said == ["sent before 2026-09-01, when the model is retired"]


def test_an_announcement_without_a_price_for_these_options(at_clock: Callable[[datetime], None]) -> None:
    """Where an option is no longer priced, or the price is not known, the quote says that much and no number."""
    at_clock(SPRING)
    for later in (
        revision(20_000, effective=SUMMER).replace('["4", "8"]', '["5"]').replace('default = "4"', 'default = "5"'),
        revision(20_000, effective=SUMMER).partition("[revision.price]")[0]
        + '[revision.price]\nunknown = "not seen"\n',
    ):
        quoted = quote(invented.request(duration="8"), catalog=catalog(revision(10_000), later))
        assert quoted.usd_micros == 80_000
        assert quoted.assumptions[-1].says == "sent before 2026-06-01, when the price changes"
    same = catalog(revision(10_000), revision(10_000, effective=SUMMER, longest=20))
    assert "sent before" not in quote(invented.request(), catalog=same).explain()


def test_an_announced_field_of_another_type(at_clock: Callable[[datetime], None]) -> None:
    """True is not the option 1 of a later revision, although Python calls them equal: the new price is not known."""
    at_clock(SPRING)
    later = revision(20_000, effective=SUMMER).replace(
        'type = "boolean"\nallowed = [false, true]\ndefault = false', 'type = "number"\nallowed = [1, 2]\ndefault = 1'
    )
    later = later.replace('{ "false" = 1, "true" = 1.5 }', '{ "1" = 1, "2" = 2 }')
    quoted = quote(invented.request(sound=True), catalog=catalog(revision(10_000), later))
    assert quoted.usd_micros == 60_000  # 10,000 x 4 x 1.5
    assert quoted.assumptions[-1].says == "sent before 2026-06-01, when the price changes"


def test_a_retired_model_behind_many_other_errors() -> None:
    """A request with more errors than a report lists is still declined for the right reason."""
    old = catalog(revision(10_000), retired=GONE)
    request: dict[Any, Any] = {**invented.request(), **dict.fromkeys(range(150))}
    declined = try_quote(request, catalog=old, at=GONE)
    assert isinstance(declined, Declined)
    assert declined.code == "retired"
    assert declined.message


def test_before_the_page_was_first_read() -> None:
    """A price before the first reading of the page is an assumption, and says so."""
    early = quote(invented.request(), catalog=THREE, at=date(2026, 11, 19))
    assert [part.says for part in early.assumptions if part.about == "at"] == [
        "the page was first read on 2026-11-20; the price before that day is assumed to be the same"
    ]
    later = quote(invented.request(), catalog=THREE, at=date(2026, 11, 20))
    assert [part for part in later.assumptions if part.about == "at"] == []
    assert [part.about for part in price_sheet(MODEL, catalog=THREE, at=date(2026, 11, 19))[0].assumptions] == ["at"]


def test_views_at_different_instants_are_different() -> None:
    """Views are equal and share a hash exactly where their tables and their instants are equal."""
    spring, summer = THREE.at(SPRING), THREE.at(SUMMER)
    assert spring == THREE.at(SPRING)
    assert hash(spring) == hash(THREE.at(SPRING))
    assert len({THREE, spring, summer, THREE.at(SPRING)}) == 3
    assert spring != summer
    assert spring != THREE
    assert summer.at(None) is THREE


def test_laying_views_keeps_the_instant() -> None:
    """The result is a view where one of the two is; two instants cannot both hold."""
    other = Catalog((load_model(invented.table_text(slug="acme/loop-2/text-to-video")),))
    for laid in (THREE.at(SPRING) | other, other | THREE.at(SPRING), THREE.at(SPRING) | other.at(SPRING)):
        assert laid.instant == SPRING
        assert quote(invented.request(), catalog=laid).usd_micros == 80_000
    assert (THREE | other).instant is None
    with pytest.raises(ValueError, match="different instants"):
        THREE.at(SPRING) | other.at(SUMMER)


instants = st.datetimes(datetime(2000, 1, 1), datetime(2050, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  hypothesis adds the zone


@given(st.lists(instants, min_size=1, max_size=5, unique=True).map(sorted), instants)
def test_revisions_partition_time(starts: list[datetime], at: datetime) -> None:
    """At every instant exactly one revision is in force: the last that has begun."""
    bases = [10_000 * (number + 1) for number in range(len(starts) + 1)]
    parts = [revision(bases[0])] + [revision(base, effective=one) for base, one in zip(bases[1:], starts, strict=True)]
    begun = sum(one <= at for one in starts)
    quoted = quote(invented.request(), catalog=catalog(*parts), at=at)
    assert (quoted.base_micros, quoted.revision.number) == (bases[begun], begun + 1)


def test_a_model_gone_before_it_began_is_a_fault() -> None:
    """A table cannot retire before its newest revision begins."""
    with pytest.raises(TableError, match="is not after the start of the newest revision"):
        catalog(revision(10_000), revision(20_000, effective=GONE), retired=SUMMER)
