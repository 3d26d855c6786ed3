"""A dated price change in five lines, the announced end of a price, and readings that are too old."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

import cli_runner
import invented
from ratecard import Catalog, Declined, NotPriced, TableError, price, quote, try_quote
from ratecard_rules import check_tables, load_model

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SLUG = "kling-plus/kling-o1-standard/text-to-video"  # 50,000 a second by its page, and 5 or 10 seconds
CHANGE = f"""model = "{SLUG}"
overlay = "extend"
[[revision]]
effective = 2027-01-01T00:00:00Z
price.base_usd_micros = 60_000
"""
SECOND = (
    '\n[[revision]]\neffective = 2027-01-01T00:00:00Z\nprice = { base_usd_micros = 20_000, printed_usd = "0.02" }\n'
)
BEFORE, AFTER = date(2026, 12, 31), date(2027, 1, 1)


def catalog(text: str) -> Catalog:
    """Return a catalogue of one table."""
    return Catalog((load_model(text),))


class TestFiveLines:
    """Everything that a revision leaves out is that of the revision before."""

    def test_a_shipped_model(self) -> None:
        """The price changes at the instant, to the micro; nothing else does."""
        tables = Catalog.bundled() | catalog(CHANGE)
        assert price(SLUG, catalog=tables, at=BEFORE).usd_micros == 250_000
        assert price(SLUG, {"duration": "10"}, catalog=tables, at=AFTER).usd_micros == 600_000
        old, new = tables.history(SLUG).revisions  # type: ignore[union-attr]
        assert (new.input, new.source, new.checked, new.typical_seconds) == (
            *(old.input, old.source, old.checked),
            old.typical_seconds,
        )
        assert (new.price.factors, new.price.label, new.price.printed_usd, new.examples) == (
            *(old.price.factors, old.price.label),
            *(None, ()),
        )
        assert load_model(CHANGE).name == Catalog.bundled()[SLUG].name

    def test_in_its_own_table(self) -> None:
        """The revision before is the one above it; what is stated wins, such as the printed dollars."""
        tables = catalog(invented.table_text() + SECOND)
        assert quote(invented.request(sound=True), catalog=tables, at=AFTER).usd_micros == 120_000  # 20,000 x 4 x 1.5
        assert quote(invented.request(), catalog=tables, at=BEFORE).usd_micros == 40_000

    def test_what_is_true_of_one_price_is_not_inherited(self) -> None:
        """Examples, printed dollars, and conflicts and evidence about the base price stay with the old price."""
        about = '\n[[revision.conflict]]\nabout = "{}"\nsays = "x"\n'
        text = invented.table_text(
            invented.PRICE.replace(
                "base_usd",
                'printed_usd = "0.01"\nevidence = { base_usd_micros = "implied", factors = "implied" }\nbase_usd',
            )
        )
        text += about.format("price.base_usd_micros") + about.format("price.label")
        text += '\n[[revision.example]]\ninput = { duration = "8" }\nkind = "example"\nusd_micros = 80_000\n'
        old, new = load_model(text + SECOND).revisions
        assert len(old.conflicts) == 2
        assert [conflict.about for conflict in new.conflicts] == ["price.label"]
        assert (new.price.evidence, new.examples, new.price.printed_usd) == ((("factors", "implied"),), (), "0.02")
        without_price = load_model(text + "\n[[revision]]\neffective = 2027-01-01T00:00:00Z\ntypical_seconds = 9\n")
        assert (without_price.latest.price, without_price.latest.conflicts) == (old.price, old.conflicts)

    def test_between_two_revisions(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """It inherits from the shipped revision that is in force before it, not from a later one."""
        (tmp_path / "acme" / "loop-1").mkdir(parents=True)
        shipped = invented.table_text() + SECOND.replace("2027", "2028").replace(
            "price = {", "typical_seconds = 7\nprice = {"
        )
        (tmp_path / "acme" / "loop-1" / "text-to-video.toml").write_text(shipped, encoding="utf-8")
        monkeypatch.setattr("ratecard_rules._reader.load.SHIPPED", tmp_path)
        change = CHANGE.replace(SLUG, "acme/loop-1/text-to-video")
        assert load_model(change).latest.typical_seconds is None
        assert load_model(change.replace("2027", "2029")).latest.typical_seconds == 7

    @pytest.mark.parametrize(
        ("text", "key", "says"),
        [
            (CHANGE.replace(SLUG, "acme/none"), "overlay", "nothing to inherit from"),
            (CHANGE.replace(SLUG, "../tables/" + SLUG), "overlay", "nothing to inherit from"),
            (
                CHANGE.replace("effective = 2027-01-01T00:00:00Z\n", "effective = 5\n"),
                "effective",
                "expected an instant",
            ),
            (CHANGE.replace("60_000", '"60_000"'), "base_usd_micros", "expected a whole number"),
            (CHANGE.replace("price.base_usd_micros = 60_000", "price = 5"), "price", "expected a table"),
            ('model = "acme/a"\nrevision = [{ price = 1 }, { price = { base_usd_micros = 1 } }]', "price", "expected"),
            ('model = "acme/a"\nrevision = 5', "revision", "expected an array"),
            ('model = "acme/a"\nrevision = [1, 2]', "revision[1]", "expected a table"),
            ('model = "acme/a"\nrevision = [{}, { price = {} }]', "revision[2].input", "missing"),
            ('model = "acme/a"\noverlay = "extend"\nrevision = []', "name", "missing"),
        ],
    )
    def test_faults(self, text: str, key: str, says: str) -> None:
        """Faults name the key of the file, whatever its form is."""
        with pytest.raises(TableError) as refusal:
            load_model(text)
        assert any(key in str(fault.key) and says in fault.message for fault in refusal.value.faults), refusal.value

    def test_check_shows_the_result(self, tmp_path: Path) -> None:
        """The command `check` says what the prices were and will be."""
        (tmp_path / "change.toml").write_text(CHANGE, encoding="utf-8")
        result = cli_runner.run("check", str(tmp_path / "change.toml"))
        assert result.stdout == (f"{SLUG}: $0.25 to $0.50 until then\n  from 2027-01-01: $0.30 to $0.60\nok, 1 model\n")
        first = CHANGE.replace("effective = 2027-01-01T00:00:00Z\n", "").replace(
            "base_usd_micros = 60_000", 'unknown = "x"'
        )
        (tmp_path / "change.toml").write_text(first, encoding="utf-8")
        assert (
            "  from the beginning: price not known\n" in cli_runner.run("check", str(tmp_path / "change.toml")).stdout
        )


class TestExpiry:
    """After its announced end, a price is not known until the next revision begins."""

    UNTIL = "\nexpires = 2027-02-01T00:00:00Z\n"
    TEXT = invented.table_text().replace("\nchecked", UNTIL + "checked", 1)

    def test_the_end(self) -> None:
        """Before it, the quote says when the price ends; from then on, there is none."""
        tables = catalog(self.TEXT)
        before = quote(invented.request(), catalog=tables, at=datetime(2027, 1, 31, 23, 59, 59, tzinfo=UTC))
        assert before.usd_micros == 40_000
        assert "sent before 2027-02-01, when the price changes" in [assumed.says for assumed in before.assumptions]
        with pytest.raises(NotPriced, match=r"price_unknown: .* was announced until 2027-02-01T00:00:00\+00:00"):
            quote(invented.request(), catalog=tables, at=date(2027, 2, 1))

    def test_the_next_revision(self) -> None:
        """A gap has no price; without a gap, the end says nothing new."""
        gap = catalog(self.TEXT + SECOND.replace("2027-01", "2027-03"))
        found = [try_quote(invented.request(), catalog=gap, at=date(2027, month, 15)) for month in (1, 2, 3)]
        assert [getattr(answer, "usd_micros", None) for answer in found] == [40_000, None, 80_000]
        assert catalog(self.TEXT + SECOND.replace("2027-01", "2027-02")) == catalog(
            invented.table_text() + SECOND.replace("2027-01", "2027-02")
        )

    def test_an_overlay_fills_the_gap(self) -> None:
        """A revision in an overlay takes the place of the end, not of a price."""
        revision = invented.dated_text(y2027="20_000").split("[[revision]]")[2]
        for start in ("2027-02-01", "2027-01-15", "2027-03-01"):
            added = invented.table_text().partition("[[revision]]")[0] + 'overlay = "extend"\n[[revision]]' + revision
            tables = catalog(self.TEXT) | catalog(added.replace("2027-01-01", start))
            answer = quote(invented.request(), catalog=tables, at=date(2027, 4, 1))
            assert answer.usd_micros == 80_000

    @pytest.mark.parametrize(
        ("expires", "says"),
        [
            ("2027-02-01", "expected an instant with its offset"),
            ("5", "expected an instant with its offset"),
            ("2025-02-01T00:00:00Z", "is not after the start of the revision"),
            ("2028-02-01T00:00:00Z", "is after 2027-01-01 00:00:00+00:00, when this price ends anyway"),
        ],
    )
    def test_faults(self, expires: str, says: str) -> None:
        """An end is an instant after the start of its revision, and not after the next one."""
        start = invented.table_text().replace("\nchecked", "\neffective = 2026-01-01T00:00:00Z\nchecked", 1)
        text = start.replace("\nchecked", f"\nexpires = {expires}\nchecked", 1) + SECOND
        with pytest.raises(TableError, match=r"revision\[1\]\.expires: .*") as refusal:
            load_model(text)
        assert says in str(refusal.value)


class TestFreshness:
    """A price whose page was read too long ago is not known."""

    TABLES = invented.catalog()  # read on 2026-11-20

    @pytest.mark.parametrize(("at", "code"), [("2027-02-18", None), ("2027-02-19", "stale")])
    def test_a_quote(self, at: str, code: str | None) -> None:
        """Ninety days are allowed, ninety-one are not."""
        options: Any = {"catalog": self.TABLES, "at": date.fromisoformat(at), "max_age_days": 90}
        answer = try_quote(invented.request(), **options)
        assert getattr(answer, "code", None) == code
        if isinstance(answer, Declined):
            assert answer.message == "the page of acme/loop-1/text-to-video was read 91 days ago, on 2026-11-20"
            with pytest.raises(NotPriced, match="stale"):
                quote(invented.request(), **options)
        else:
            assert answer == quote(invented.request(), catalog=self.TABLES, at=date.fromisoformat(at))

    def test_today(self, at_clock: Callable[[datetime], None]) -> None:
        """Without `at`, the age is that of today, in UTC."""
        request = {"model": SLUG, "input": {"prompt": "a cat"}}
        at_clock(datetime(2026, 11, 30, 23, tzinfo=UTC))
        assert quote(request, max_age_days=10).usd_micros == 250_000
        at_clock(datetime(2026, 12, 1, tzinfo=UTC))
        assert try_quote(request, max_age_days=10).code == "stale"  # type: ignore[union-attr]
        assert try_quote({}, max_age_days=10).code == "invalid_request"  # type: ignore[union-attr]

    @pytest.mark.parametrize("days", [-1, 1.5, True, "90"])
    def test_the_days(self, days: Any) -> None:
        """They are a whole number."""
        with pytest.raises(ValueError, match="max_age_days must be a whole number of days"):
            try_quote(invented.request(), catalog=self.TABLES, max_age_days=days)

    def test_tables(self, tmp_path: Path) -> None:
        """Each page that was read too long before the day is a fault, at its line."""
        file = tmp_path / "loop.toml"
        file.write_text(invented.table_text(), encoding="utf-8")
        ninety = timedelta(days=90)
        assert check_tables([file], max_age=ninety, on=date(2027, 2, 18)).ok
        (fault,) = check_tables([file], max_age=ninety, on=date(2027, 2, 19)).faults
        assert (fault.line, fault.key) == (8, "revision[1].checked")
        assert fault.message == "the page was read 91 days before 2027-02-19: read it again, and set `checked`"
        with pytest.raises(ValueError, match="max_age needs a day"):
            check_tables([file], max_age=ninety)

    def test_command(self, tmp_path: Path) -> None:
        """Old pages exit with 3, like all faults."""
        file = tmp_path / "loop.toml"
        file.write_text(invented.table_text(), encoding="utf-8")
        for arguments, code in (
            (("--fresh", "90d", "--on", "2027-02-18"), 0),
            (("--fresh", "90", "--on", "2027-02-19"), 3),
            (("--fresh", "90000d"), 0),
            (("--on", "2027-02-19"), 2),
            (("--fresh", "soon"), 2),
            (("--fresh", "90d", "--on", "soon"), 2),
        ):
            result = cli_runner.run("check", str(file), *arguments)
            assert result.exit_code == code, result.stderr
