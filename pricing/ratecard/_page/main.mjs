// Draws the view of the address, and reacts to what the reader does.
import { change, readAddress, state } from "./address.mjs";
import { findOffers } from "./find.mjs";
import { drawJob, jobTable, want } from "./job.mjs";
import { drawList, listTable } from "./list.mjs";
import { lookUp } from "./lookup.mjs";
import { choose, chooseRow, drawModel, drawSheet, resizeModel, sheetTable, unfold } from "./model.mjs";
import { data, models } from "./prices.mjs";
import { save } from "./save.mjs";
import { $, $$, counted, day, words } from "./text.mjs";

const NARROW = matchMedia("(max-width: 920px)");
const TABLES = { list: listTable, model: sheetTable, job: jobTable };

function draw() {
  document.body.dataset.view = state.view;
  for (const anchor of $$("[data-nav]")) {
    if ((anchor.dataset.nav === "job") === (state.view === "job")) anchor.setAttribute("aria-current", "page");
    else anchor.removeAttribute("aria-current");
  }
  const model = state.model && `${state.model.name}, ${words(state.model.capability)}`;
  document.title = [{ job: "Same job", model }[state.view], "Rate card"].filter(Boolean).join(" · ");
  if (state.view === "job") return drawJob();
  drawList();
  drawModel();
}

function navigate(event) {
  const [view, model] = [state.view, state.model];
  readAddress();
  draw();
  if (event && (view !== state.view || model !== state.model)) {
    $({ job: "#job h2", model: "#detail h2", list: "#count" }[state.view]).focus({ preventScroll: true });
    if (NARROW.matches || state.view === "job") scrollTo(0, 0);
  } else if (!event && state.view === "model" && !NARROW.matches) {
    $("#list a[aria-current]").scrollIntoView({ block: "center" });
  }
}

// colours

const THEMES = ["auto", "light", "dark"];

function paint(theme) {
  document.documentElement.dataset.theme = theme;
  $("#theme").setAttribute("aria-label", `Colours: ${theme === "auto" ? "those of the system" : theme}`);
}

function storedTheme() {
  try {
    return THEMES.includes(localStorage.ratecardTheme) ? localStorage.ratecardTheme : "auto";
  } catch {
    return "auto"; // the browser keeps nothing for files
  }
}

function nextTheme() {
  const theme = THEMES[(THEMES.indexOf(document.documentElement.dataset.theme) + 1) % THEMES.length];
  paint(theme);
  try {
    localStorage.ratecardTheme = theme;
  } catch {
    // as above
  }
}

// messages

let timer;

function say(text) {
  $("#toast").textContent = text;
  clearTimeout(timer);
  timer = setTimeout(() => ($("#toast").textContent = ""), 2000);
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    say("Copied");
  } catch {
    say("The browser does not allow copying; select the text instead");
  }
}

/** Say which prices have changed since the page was made. */
function warn() {
  if (data.at === null) return;
  const isPast = (instant) => new Date(data.at) < new Date(instant) && new Date(instant) <= new Date();
  const changed = models.filter((model) => model.periods.some(({ from, to }) => isPast(from) || isPast(to)));
  if (!changed.length) return;
  const says = `${counted(changed.length, "model")} changed since then: generate this page again.`;
  $("#stale").textContent = `These are the prices of ${day(data.at)}. ${says}`;
  $("#stale").hidden = false;
}

// events

addEventListener("hashchange", navigate);
addEventListener("resize", resizeModel);
addEventListener("beforeprint", unfold);
addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.matches("input, select, pre")) return;
  event.preventDefault();
  if (state.view === "job" || (NARROW.matches && state.view === "model")) location.hash = "#/";
  readAddress();
  draw();
  $("#filters").elements.q.focus();
});
document.addEventListener("submit", (event) => event.preventDefault());
document.addEventListener("input", ({ target }) => {
  const { form, name, value } = target;
  if (form?.id === "filters") {
    change({ filters: { ...state.filters, [name]: value } });
    drawList();
  } else if (form?.id === "wanted") {
    want(name, value);
    drawJob();
  } else if (form?.id === "options") {
    choose({ [name]: value });
    drawModel();
  } else if (target.closest("#codes")) {
    change({ code: value });
    drawModel();
  }
});
document.addEventListener("toggle", (event) => event.target.id === "sheet" && drawSheet(), true);
document.addEventListener("click", ({ target }) => {
  const on = (selector) => target.closest(selector);
  if (on("[data-row]")) {
    const { row } = on("[data-row]").dataset;
    chooseRow(Number(row));
    drawModel();
    $(`button[data-row="${row}"]`)?.focus();
  } else if (on("[data-save]")) {
    save(TABLES[state.view](), on("[data-save]").dataset.save);
  } else if (on("[data-copy]")) {
    copy(on("[data-copy]").dataset.copy || $("#snippet").textContent);
  } else if (on("#theme")) {
    nextTheme();
  } else if (on("#reset")) {
    change({ filters: {} });
    drawList();
    $("#filters").elements.q.focus();
  }
});

paint(storedTheme());
warn();
navigate();

/** For the console of the browser: the price sheets and the functions that the page uses. */
globalThis.ratecard = { sheets: data, lookUp: (...asked) => lookUp(data, ...asked), find: findOffers };
