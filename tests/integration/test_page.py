"""The page in a real browser: Debian's Chromium, driven by Playwright. Nothing is downloaded.

Expected prices and offers are those of the library; what the page shows is read from its document.
"""

from __future__ import annotations

import ast
import csv
import json
import re
import shlex
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

import invented
from cli_runner import data, run
from ratecard import Catalog, NotPriced, find, price_sheet, quote
from ratecard_rules import option_text, usd_shown

sync_api = pytest.importorskip("playwright.sync_api", reason="needs Playwright")

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from playwright.sync_api import Browser, Page

    from ratecard import NotOffered, PriceSheet

CHROMIUM = shutil.which("chromium")
ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"),
    *("--disable-sync", "--no-first-run"),
)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")

KLING = "kling-plus/kling-o3-standard/image-to-video"
MOTION = "kling/kling-motion-create-v3/motion-transfer-to-video"
VIEWS = {
    "list": "#/",
    "model": f"#/{KLING}?duration=10&has_sound=true",
    "measured": f"#/{MOTION}",
    "unpriced": "#/google/nano-banana/edit-image",
    "job": "#/job?capability=image-to-video&with.duration=10&sound=true",
}

RUN = "document.title='run'"
HOSTILE = f'<img src=x onerror="{RUN}"></script><script>{RUN}</script>{{{{SCRIPT}}}} \'$(id)` |'
TEXT = json.dumps(HOSTILE)
REVISION = invented.table_text().partition("\n[[revision]]")[2]
LATER = REVISION.replace("base_usd_micros = 10_000", "base_usd_micros = 30_000")
TABLES = {
    "hostile": invented.table_text(slug="acme/hostile/text-to-video")
    .replace('"Loop 1"', TEXT)
    .replace('"Acme"', TEXT)
    .replace('"https://example.com/loop-1"', f'"javascript:alert(1)", "https://example.com/", {TEXT}')
    .replace('["4", "8"]', f'["4", "8", {TEXT}]')
    .replace('duration = "value"', f'duration = {{ "4" = 4, "8" = 8, {TEXT} = 16 }}')
    + f'\n[[revision.conflict]]\nabout = "price.label"\nsays = {TEXT}\n',
    "changing": invented.table_text(slug="acme/changing/text-to-video")
    + f"\n[[revision]]\neffective = 2027-01-01T00:00:00Z{LATER}",
    "leaving": invented.table_text(slug="acme/leaving/text-to-video").replace(
        "\n\n[[revision]]", "\nretired = 2027-01-01T00:00:00Z\n\n[[revision]]", 1
    ),
    "listed": invented.table_text(
        slug="acme/listed/text-to-video",
        fields=invented.INPUT + '\n[revision.input.style]\ntype = "string"\nallowed = ["dark", "bright"]\n',
    ),
    "free": invented.table_text(
        slug="acme/free/text-to-video",
        fields=invented.INPUT + '\n[revision.input.style]\ntype = "string"\nmax_length = 4\n',
    ),
    "sixth": invented.table_text(slug="acme/sixth/text-to-video", price="")
    + '\n[revision.price]\nbase_usd_micros = 1\nrounding = "half_up"\n[revision.price.factors]\n'
    + 'duration = { "4" = 1.5, "8" = 1_234_567.5 }\n',
}
"""Hostile texts, prices that change, a model that is withdrawn, and prices that are rounded."""

AT = datetime(2026, 12, 1, tzinfo=UTC)

SHOW = """
    window.show = (hash) => {
        history.replaceState(null, "", hash);
        dispatchEvent(new HashChangeEvent("hashchange"));
    };
    window.text = (selector) => document.querySelector(selector)?.textContent;
    window.texts = (selector, root = document) => [...root.querySelectorAll(selector)].map((node) => node.textContent);
    window.parts = (selector, inner) => [...document.querySelectorAll(selector)].map((node) => texts(inner, node));
"""
"""Shows an address at once, and reads what is shown."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the page of the shipped tables, and one with invented tables beside them."""
    folder = tmp_path_factory.mktemp("page")
    (folder / "tables").mkdir()
    for name, text in TABLES.items():
        (folder / "tables" / f"{name}.toml").write_text(text, encoding="utf-8")
    assert run("page", "-o", str(folder / "shipped.html")).exit_code == 0
    invented_tables = ("--tables", str(folder / "tables"), "--at", AT.isoformat())
    assert run("page", "-o", str(folder / "invented.html"), *invented_tables).exit_code == 0
    return folder


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return the browser."""
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def opened(browser: Browser) -> Iterator[tuple[Page, list[str]]]:
    """Return a tab without a network, and everything that it requests or complains about."""
    context = browser.new_context(viewport={"width": 1280, "height": 860}, offline=True, accept_downloads=True)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    context.set_default_timeout(10_000)
    page = context.new_page()
    events: list[str] = []
    page.on("console", lambda message: events.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: events.append(f"error: {error}"))
    page.on("request", lambda request: events.append(request.url))
    yield page, events
    context.close()


@pytest.fixture
def page(opened: tuple[Page, list[str]], folder: Path) -> Iterator[Page]:
    """Return the tab with the page of the shipped tables. Nothing may leave it, and it may not complain."""
    tab, events = opened
    tab.set_viewport_size({"width": 1280, "height": 860})
    load(tab, folder / "shipped.html")
    yield tab
    tab.emulate_media(media="screen", color_scheme="light")
    own = folder.as_uri()
    assert [event for event in events if not event.startswith((own, "data:", "about:", "blob:"))] == []


def load(page: Page, file: Path, address: str = "#/") -> None:
    """Load a page anew."""
    page.goto("about:blank")
    page.goto(file.as_uri() + address)
    page.evaluate(SHOW)


def sheets(catalog: Catalog) -> dict[str, PriceSheet]:
    """Return the price sheets of all models that have prices."""
    found = {}
    for slug in catalog.models:
        try:
            found[slug] = price_sheet(slug, catalog=catalog)
        except NotPriced:
            continue
    return found


SHEETS = sheets(Catalog.bundled())


def address_of(slug: str, options: dict[str, str], **more: str) -> str:
    """Return the address of a model with some options."""
    return f"#/{slug}?{urlencode({**options, **{f'show.{name}': text for name, text in more.items()}})}"


def texts_of(row: Any) -> dict[str, str]:
    """Return the options of a quote as text."""
    return {factor.field: option_text(factor.value) for factor in row.factors}


def measured_of(row: Any) -> dict[str, str]:
    """Return the options of a quote that are not part of a request."""
    fields = Catalog.bundled()[row.model].latest.fields
    return {name: text for name, text in texts_of(row).items() if name not in fields}


def test_every_price(page: Page) -> None:
    """The price of every combination of options is that of the library, and so is that of the request shown with it."""
    rows = [row for sheet in SHEETS.values() for row in sheet]
    addresses = [address_of(row.model, texts_of(row)) for row in rows]
    read = """(all) => all.map((hash) => {
        show(hash);
        return ["#price", "#micros", ".sum b", "#snippet"].map(text);
    })"""
    assert len(rows) > 500
    for row, (price, micros, total, request) in zip(rows, page.evaluate(read, addresses), strict=True):
        assert price == total == usd_shown(row.usd_micros)
        assert micros == f"{row.usd_micros:,} micros"
        assert quote(json.loads(request), measured=measured_of(row)).usd_micros == row.usd_micros


def test_all_prices(page: Page) -> None:
    """The table of a model has a row for each price, and marks the chosen one."""
    read = """async (slugs) => {
        const found = [];
        for (const slug of slugs) {
            show(`#/${slug}`);
            const sheet = document.querySelector("#sheet");
            sheet.open = true;
            await new Promise((done) => sheet.addEventListener("toggle", done, { once: true }));
            found.push([parts("#sheet tbody tr", "td"), texts("#sheet .here td:last-child"), text("#price")]);
        }
        return found;
    }"""
    several = {slug: sheet for slug, sheet in SHEETS.items() if len(sheet) > 1}
    for sheet, (rows, marked, price) in zip(several.values(), page.evaluate(read, list(several)), strict=True):
        assert rows == [[*texts_of(row).values(), f"{row.usd_micros:,}", usd_shown(row.usd_micros)] for row in sheet]
        assert marked == [price]


def test_the_list(page: Page) -> None:
    """Each row has the lowest and the highest price, and what is unknown is called so."""
    rows = dict(page.evaluate("parts('#list li', 'code, .cost')"))
    assert rows.keys() == set(Catalog.bundled().models)
    for slug, cost in rows.items():
        prices = [row.usd_micros for row in SHEETS.get(slug, ())]
        ends = dict.fromkeys([usd_shown(min(prices)), usd_shown(max(prices))] if prices else ["not known"])
        assert cost == " \N{EN DASH} ".join(ends)


@pytest.mark.parametrize("code", ["JSON", "curl", "Shell", "Python"])
def test_snippets_run(page: Page, code: str) -> None:
    """What is shown as a request, run or read by the command line, has the price that is shown."""
    rows = [sheet[-1] for sheet in SHEETS.values()]
    addresses = [address_of(row.model, texts_of(row), code=code) for row in rows]
    snippets = page.evaluate("(all) => all.map((hash) => (show(hash), text('#snippet')))", addresses)
    for row, snippet in zip(rows, snippets, strict=True):
        assert micros_of(code, snippet, measured_of(row)) == row.usd_micros


def micros_of(code: str, snippet: str, measured: dict[str, str]) -> int:
    """Run a snippet and return the price."""
    if code == "Python":
        names: dict[str, Any] = {}
        exec(snippet, names)  # noqa: S102  the snippet is what is tested
        return int(names["quoted"].usd_micros)
    if code == "Shell":
        program, *arguments = shlex.split(snippet.replace("\\\n", " "))
        assert program == "ratecard"
        answer = data(run(*arguments, "--json"))
    else:
        given = [part for name, text in measured.items() for part in ("--measured", f"{name}={text}")]
        answer = data(run("quote", "-", *given, "--json", stdin=snippet))
    return int(answer["quote"]["usd_micros"])


def jobs() -> Iterator[dict[str, Any]]:
    """Yield jobs: every listed option of every capability alone, with sound and without, and with a limit."""
    listed: dict[str, dict[tuple[str, str], None]] = {}
    for model in Catalog.bundled():
        options = listed.setdefault(model.capability, {})
        for field in model.latest.input:
            options |= {(field.name, option_text(value)): None for value in field.allowed or ()}
    for capability, options in listed.items():
        yield {"capability": capability}
        yield {"capability": capability, "options": {"duration": "10s", "resolution": "720P"}, "max_usd": "0.6"}
        for sound in (True, False):
            yield {"capability": capability, "sound": sound, "options": {"duration": "5"}}
        for name, text in options:
            yield {"capability": capability, "options": {name: text}, "max_usd": "1"}


def test_the_same_job(page: Page) -> None:
    """What the view shows is what `find` returns: offers with their options in order, and the others with reasons."""
    assert_found(page, list(jobs()))


def assert_found(page: Page, jobs: list[dict[str, Any]], catalog: Catalog | None = None) -> None:
    """Show jobs, and compare what is shown with what `find` returns."""
    read = """(all) => all.map((hash) => {
        show(hash);
        return {
            offers: parts("#rank li", "code, .cost"),
            links: [...document.querySelectorAll("#rank a")].map((link) => link.hash),
            notStated: parts("#rest details[data-group='not stated'] li", "code, small"),
            cannot: parts("#rest details[data-group='cannot'] li", "code, small"),
        };
    })"""
    for job, shown in zip(jobs, page.evaluate(read, [job_address(**job) for job in jobs]), strict=True):
        offers = find(**job, catalog=catalog)
        links = [address_of(offer.model, texts_of(offer.quote)).rstrip("?") for offer in offers]
        assert shown["offers"] == [[offer.model, usd_shown(offer.quote.usd_micros)] for offer in offers]
        assert shown["links"] == links
        not_stated = [[slug, reason.partition("; from $")[0]] for slug, reason in shown["notStated"]]
        assert not_stated == reasons(offers.not_stated)
        assert shown["cannot"] == reasons(offers.cannot)


def job_address(
    *, capability: str, options: dict[str, str] | None = None, max_usd: str = "", sound: bool | None = None
) -> str:
    """Return the address of a job."""
    wanted = {f"with.{name}": text for name, text in (options or {}).items()}
    heard = {} if sound is None else {"sound": option_text(sound)}
    return f"#/job?{urlencode({'capability': capability, 'max': max_usd, **heard, **wanted})}"


def reasons(others: Iterable[NotOffered]) -> list[list[str]]:
    """Return models and reasons. The page leaves out which name was probably meant."""
    return [[other.model, re.sub(r'; did you mean "[^"]*"\?', "", other.reason)] for other in others]


def test_the_keyboard_alone(page: Page) -> None:
    """A price is found, options are set and views are changed without a mouse."""
    page.keyboard.press("/")
    page.keyboard.type("o3-standard image-to")
    assert page.text_content("#count") == f"1 of {len(Catalog.bundled())} models"
    while page.evaluate("document.activeElement.closest('#list') === null"):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("#price")
    assert page.evaluate("document.activeElement.textContent") == "Kling O3 Standard"
    while page.evaluate("document.activeElement.name") != "duration":
        page.keyboard.press("Tab")
    page.keyboard.type("10")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    assert page.text_content("#price") == "$1.26"  # 84,000 x 10 x 1.5
    while page.evaluate("document.activeElement.name") != "code":
        page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    assert str(page.text_content("#snippet")).startswith("curl ")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('#toast').textContent === 'Copied'")
    assert page.evaluate("navigator.clipboard.readText()") == page.text_content("#snippet")


def test_the_address_restores_everything(page: Page, folder: Path) -> None:
    """Filters, options, the form of the request and a job are in the address; it leads back to them."""
    page.fill("[name=q]", "kling")
    page.select_option("#filters [name=sort]", "to")
    page.fill("#filters [name=max]", "0.5")
    page.click(f"#list a:has(code:text-is('{KLING}'))")
    page.select_option("#options [name=duration]", "12")
    page.click("#codes label:has-text('Python')")
    assert "duration=12" in page.url
    shown = page.inner_text("main")
    load(page, folder / "shipped.html", page.evaluate("location.hash"))
    assert page.inner_text("main") == shown
    assert "1_008_000" in shown  # 84,000 x 12
    page.click("text=Same job")
    page.select_option("#wanted [name=capability]", "text-to-video")
    page.select_option("#wanted [name='with.duration']", "5")
    page.select_option("#wanted [name=sound]", "false")
    page.fill("#wanted [name=max]", "0.3")
    shown = page.inner_text("main")
    load(page, folder / "shipped.html", page.evaluate("location.hash"))
    assert page.inner_text("main") == shown


def test_filters_and_orders(page: Page) -> None:
    """The list has the models that match, in the chosen order."""
    read = "(all) => all.map((hash) => (show(hash), texts('#list li:not([hidden]) code')))"
    filters = ("sort=from&max=0.03", "sort=to", "sort=seconds", "sort=name", "max=x", "q=nothing", "")
    cheap, dear, fast, named, odd, none, every = page.evaluate(read, [f"#/?{each}" for each in filters])
    lowest = {slug: min(row.usd_micros for row in sheet) for slug, sheet in SHEETS.items()}
    highest = {slug: max(row.usd_micros for row in sheet) for slug, sheet in SHEETS.items()}
    assert cheap == sorted((slug for slug in every if lowest.get(slug, 1e9) <= 30_000), key=lowest.__getitem__)
    assert [highest[slug] for slug in dear[: len(highest)]] == sorted(highest.values(), reverse=True)
    catalog = Catalog.bundled()
    seconds = [catalog[slug].latest.typical_seconds or 10**9 for slug in fast]
    assert seconds == sorted(seconds)
    names = [catalog[slug].name.lower() for slug in named]
    assert names == sorted(names)
    assert sorted(odd) == sorted(every) == list(catalog.models)
    assert none == []
    page.evaluate("show('#/?q=nothing')")
    page.click("#reset")
    assert page.is_hidden("#none")


def test_files(page: Page) -> None:
    """What is saved is what is shown: the filtered list, the sheet of a model, the offers of a job."""
    page.evaluate("show('#/?q=o3-standard&sort=name')")
    shown = page.evaluate("texts('#list li:not([hidden]) code')")
    assert [row["model"] for row in json.loads(saved(page, "json"))] == shown
    page.evaluate(f"show('#/{KLING}')")
    rows = list(csv.DictReader(saved(page, "csv").splitlines()))
    assert [(row["duration"], int(row["usd_micros"])) for row in rows] == [
        (texts_of(row)["duration"], row.usd_micros) for row in SHEETS[KLING]
    ]
    page.evaluate("show('#/job?capability=video-edit')")
    header, rule, *lines = saved(page, "md").splitlines()
    assert header == "| model | group | options | usd_micros | usd | reason |"
    assert rule == "| --- | --- | --- | ---: | ---: | --- |"
    assert [line.split(" | ")[0][2:] for line in lines] == [offer.model for offer in find(capability="video-edit")]


def saved(page: Page, form: str) -> str:
    """Save what is shown, and return the text of the file."""
    with page.expect_download() as download:
        page.click(f"[data-save={form}]")
    return Path(download.value.path()).read_text(encoding="utf-8")


def test_accessible(page: Page) -> None:
    """Axe finds nothing to complain about in any view, light or dark, narrow or wide."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe").Axe()
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 860})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            for view in ("#/?q=nano", VIEWS["model"], VIEWS["job"]):  # a few rows of the list: all are alike
                page.evaluate("show", view)
                page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
                violations = axe.run(page).response["violations"]
                assert [(each["id"], each["nodes"][0]["html"]) for each in violations] == [], (view, scheme, width)


def test_nothing_overflows(page: Page) -> None:
    """No view is wider than the window, from a small phone to a large screen."""
    measure = """(views) => views.filter((hash) => {
        show(hash);
        document.querySelectorAll("details").forEach((part) => { part.open = true; });
        return document.documentElement.scrollWidth > innerWidth;
    })"""
    for width in (320, 390, 600, 768, 921, 1024, 1180, 1440, 1920):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate(measure, list(VIEWS.values())) == [], width


def test_colours(page: Page) -> None:
    """The button changes from the colours of the system to light and to dark ones."""
    colour = "getComputedStyle(document.body).backgroundColor"
    page.evaluate("localStorage.clear()")
    light = page.evaluate(colour)
    page.emulate_media(color_scheme="dark")
    dark = page.evaluate(colour)
    assert dark != light
    page.click("#theme")
    assert page.evaluate(colour) == light
    page.click("#theme")
    assert page.evaluate(colour) == dark
    page.click("#theme")
    assert page.get_attribute("#theme", "aria-label") == "Colours: those of the system"


def test_print(page: Page) -> None:
    """The list is printed without controls, and a model with all that is folded on the screen."""
    page.emulate_media(media="print")
    assert not page.is_visible("#filters")
    assert not page.is_visible("#detail")
    assert page.is_visible("#list li")
    page.evaluate(f"show('#/{KLING}')")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert not page.is_visible("#browse")
    assert not page.is_visible("#options")
    assert page.locator("#sheet tbody tr").count() == len(SHEETS[KLING])
    assert page.is_visible("#sheet tbody tr:last-child")


def test_the_chart(page: Page) -> None:
    """A point of the chart, or a bar, chooses its options."""
    page.evaluate(f"show('#/{KLING}')")
    assert page.locator("#plot circle").count() == len(SHEETS[KLING])
    page.locator(f"#plot circle[data-row='{len(SHEETS[KLING]) - 1}']").dispatch_event("click")
    assert page.text_content("#price") == usd_shown(max(row.usd_micros for row in SHEETS[KLING]))
    page.evaluate(f"show('#/{MOTION}')")
    page.click("#plot li:last-child button")
    assert page.text_content("#price") == "$1.05"  # 70,000 x 10 x 1.5
    assert page.get_attribute("#plot li:last-child button", "aria-pressed") == "true"


def test_without_javascript(browser: Browser, folder: Path) -> None:
    """The page is a price list, without controls that do nothing."""
    context = browser.new_context(java_script_enabled=False, offline=True)
    page = context.new_page()
    page.goto((folder / "shipped.html").as_uri())
    rows = page.locator("#list li").all_inner_texts()
    assert len(rows) == len(Catalog.bundled())
    assert any(KLING in row and "$0.252 \N{EN DASH} $1.89" in row for row in rows)  # 84,000 x 3, and x 15 x 1.5
    assert not page.is_visible("#filters")
    assert page.is_visible("noscript")
    context.close()


class TestInvented:
    """Tables with hostile texts, and with prices that change."""

    @pytest.fixture
    def page(self, page: Page, folder: Path) -> Page:
        """Return the tab with the page of the invented tables."""
        load(page, folder / "invented.html")
        return page

    @pytest.fixture
    def catalog(self, folder: Path) -> Catalog:
        """Return these tables, at the instant of the page."""
        return (Catalog.bundled() | Catalog.load(folder / "tables")).at(AT)

    def test_hostile_texts_never_run(self, page: Page, catalog: Catalog) -> None:
        """They are shown as they are, in every view; only addresses of the web are links."""
        slug = "acme/hostile/text-to-video"
        page.evaluate(f"show('#/{slug}')")
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert page.text_content("#detail h2") == HOSTILE
        assert HOSTILE in str(page.text_content("#sheet tbody tr:last-child"))
        assert HOSTILE in page.inner_text("#detail .note")
        assert page.evaluate("[...document.querySelectorAll('.grounds a')].map((link) => link.href)") == [
            "https://example.com/"
        ]
        assert page.evaluate("texts('.grounds')")[0].count(HOSTILE) == 1
        page.evaluate("show('#/job?capability=text-to-video')")
        assert HOSTILE in page.inner_text("#rank")
        assert page.locator("img, script:not([id=data]):not([type=module])").count() == 0
        assert page.title() != "run"
        row = price_sheet(slug, catalog=catalog)[-1]
        for code in ("curl", "Shell", "Python"):
            page.evaluate("show", address_of(slug, texts_of(row), code=code))
            assert page.text_content("#price") == "$0.24"  # 10,000 x 16 x 1.5
            assert HOSTILE in self.sent(code, str(page.text_content("#snippet")))

    def sent(self, code: str, snippet: str) -> list[Any]:
        """Return the values of the request in a snippet, as a shell or Python reads them."""
        if code == "Python":
            request = ast.literal_eval(snippet.partition("quote(")[2].rpartition(",\n)")[0].strip())
            return list(request["input"].values())
        words = shlex.split(snippet.replace("\\\n", " "))
        if code == "curl":
            return list(json.loads(words[-1])["input"].values())
        return [word.partition("=")[2] for word in words]

    def test_announced_and_past_prices(self, page: Page, catalog: Catalog, folder: Path) -> None:
        """Each period has its prices, and its snippets name an instant of it."""
        slug = "acme/changing/text-to-video"
        page.evaluate(f"show('#/{slug}')")
        assert page.evaluate("texts('.periods b')") == ["now", "announced"]
        assert page.text_content("#price") == "$0.04"  # 10,000 x 4
        assert "from 2027-01-01: $0.12" in str(page.text_content(f"#list a:has(code:text-is('{slug}')) small"))
        page.click(".periods li:last-child a")
        page.click("#options label:has-text('8 s')")
        page.click("#codes label:has-text('Python')")
        assert page.text_content("#price") == "$0.24"  # 30,000 x 8
        assert 'at=datetime.fromisoformat("2027-01-01T00:00:00+00:00")' in str(page.text_content("#snippet"))
        assert price_sheet(slug, catalog=catalog.at(datetime(2027, 1, 1, tzinfo=UTC)))[2].usd_micros == 240_000
        page.click("#codes label:has-text('Shell')")
        _, *words = shlex.split(str(page.text_content("#snippet")).replace("\\\n", " "))
        answer = data(run(*words, "--tables", str(folder / "tables"), "--json"))
        assert answer["quote"]["usd_micros"] == 240_000
        address = page.evaluate("location.hash")
        page.evaluate("show('#/')")
        page.evaluate("show", address)
        assert page.text_content("#price") == "$0.24"

    def test_a_page_that_is_out_of_date(self, browser: Browser, folder: Path) -> None:
        """It says that prices have changed since it was made: those of a model, and another one is retired."""
        context = browser.new_context(offline=True)
        page = context.new_page()
        page.clock.set_fixed_time(datetime(2027, 2, 1, tzinfo=UTC))
        page.goto((folder / "invented.html").as_uri())
        says = "These are the prices of 2026-12-01. 2 models changed since then: generate this page again."
        assert page.inner_text("#stale") == says
        context.close()

    def test_rounded_prices(self, page: Page) -> None:
        """The formula says how much an exact price was rounded by: 1 x 1.5 micros is half up 2."""
        page.evaluate("show('#/acme/sixth/text-to-video')")
        assert page.text_content("#price") == "$0.000002"
        assert page.text_content(".sum span:last-child") == "half up from 1.5 micros"

    def test_a_model_that_was_withdrawn(self, page: Page, folder: Path) -> None:
        """It has no price any more, except for the time before."""
        file = folder / "later.html"
        command = ("page", "-o", str(file), "--tables", str(folder / "tables"), "--at", "2027-06-01")
        assert run(*command).exit_code == 0
        load(page, file, "#/acme/leaving/text-to-video")
        assert page.locator("#price").count() == 0
        assert "this model is retired" in page.inner_text("#detail .note")
        page.click(".periods a")
        assert page.text_content("#price") == "$0.04"
        page.evaluate("show('#/job?capability=text-to-video&max=0.05')")
        others = page.evaluate("parts('#rest li', 'code, small')")
        assert ["acme/leaving/text-to-video", "it is retired"] in others

    def test_the_same_job(self, page: Page, catalog: Catalog) -> None:
        """It is that of `find` for hostile options, fields without options, and values that their rules refuse."""
        options = {"duration": (HOSTILE, "8.0"), "sound": ("TRUE",), "style": ("dark", "bright")}
        wanted: list[dict[str, Any]] = [
            {"capability": "text-to-video", "options": {name: text}}
            for name, texts in options.items()
            for text in texts
        ]
        assert_found(page, wanted, catalog)
        assert any("style" in other.reason for other in find(**wanted[-1], catalog=catalog).cannot)
