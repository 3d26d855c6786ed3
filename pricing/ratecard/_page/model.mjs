// One model: its options, their price and how it comes about, the request, and what is known about its fields.
import { addressOf, change, state } from "./address.mjs";
import { chart } from "./chart.mjs";
import { combinations, defaults, instantOf, models, periodOf, priceOf, span } from "./prices.mjs";
import { snippet, SNIPPETS } from "./snippets.mjs";
import { $, $$, day, dollars, fill, h, legend, link, mark, optionWords, words } from "./text.mjs";

const MOST_PILLS = 7;

const shownPeriod = () => periodOf(state.model, state.at);
const isPriced = () => Boolean(shownPeriod().usd_micros) && (!state.model.unavailable || Boolean(state.at));

/** Return the chosen options, by field. */
export function chosen() {
  const period = shownPeriod();
  const pick = defaults(period);
  for (const { name, options } of period.fields) {
    if (options.some((option) => String(option) === state.options[name])) pick[name] = state.options[name];
  }
  return pick;
}

/** Choose options, by a change of some or by the row of the sheet. */
export const choose = (options) => change({ options: { ...chosen(), ...options } });
export const chooseRow = (index) => choose(combinations(shownPeriod())[index]);

let open; // the model and the instant that the panel is for, or the text for a welcome
let width; // of the chart; it is measured only when it can have changed, because that makes the browser lay out the page

/** Draw the model again in another width. */
export function resizeModel() {
  if (!state.model) return;
  width = $("#plot")?.clientWidth;
  drawModel();
}

export function drawModel() {
  const box = $("#detail");
  if (!state.model) {
    if (open !== "welcome") fill(box, welcome());
    open = "welcome";
    return;
  }
  const period = shownPeriod();
  const key = `${state.model.slug} ${state.at}`;
  if (open !== key) {
    fill(box, frame(state.model, period));
    box.scrollTop = 0;
    open = key;
    width = $("#plot")?.clientWidth;
  }
  const pick = chosen();
  for (const input of $$("#options input")) input.checked = pick[input.name] === input.value;
  for (const select of $$("#options select")) select.value = pick[select.name];
  for (const input of $$("#codes input")) input.checked = input.value === state.code;
  $("#snippet").textContent = snippet(state.model, period, pick);
  if (isPriced()) drawPrice(state.model, period, pick);
}

function drawPrice(model, period, pick) {
  const price = priceOf(model, period, pick);
  $("#price").textContent = dollars(price.usd);
  $("#micros").textContent = `${price.usd_micros.toLocaleString("en")} micros`;
  fill($("#formula"), formula(period, pick, price));
  fill($("#plot"), chart(model, period, pick, width));
  drawSheet();
}

function formula(period, pick, price) {
  const tile = (operator, amount, says, kind) =>
    h("li", { class: kind }, operator && h("span", { class: "operator" }, operator), h("div", { class: "tile" }, h("b", {}, amount), h("span", {}, says)));
  const rounded = price.exact_micros === String(price.usd_micros) ? "exact" : `${words(period.rounding)} from ${price.exact_micros} micros`;
  return [
    tile("", period.base, period.unit ? `“per ${period.unit}”` : "base price"),
    period.fields.map(({ name, options }) => {
      const place = options.findIndex((option) => String(option) === pick[name]);
      const says = name === period.sound ? optionWords(period, name, pick[name]) : `${words(name)} ${optionWords(period, name, pick[name])}`;
      return tile("×", period.multipliers?.[name]?.[place] ?? pick[name], says);
    }),
    tile("=", dollars(price.usd), rounded, "sum"),
  ];
}

// what stays while options change

function frame(model, period) {
  const title = [words(model.capability), model.provider, period.time && `typically ${period.time}`].filter(Boolean).join(" · ");
  return [
    h("a", { class: "back", href: addressOf({ view: "list", filters: state.filters }) }, "← All models"),
    h("p", { class: "eyebrow" }, title),
    h("div", { class: "top" }, h("h2", { tabindex: "-1" }, model.name), h("div", { class: "price" }, isPriced() ? h("output", { id: "price", "aria-live": "polite" }) : h("small", {}, model.unavailable ?? "price not known"))),
    h("div", { class: "slug" }, h("code", {}, model.slug), h("button", { type: "button", class: "copy", "data-copy": model.slug, "aria-label": "Copy the name of the model" }, "copy"), h("small", { id: "micros" })),
    periods(model, period),
    !isPriced() && h("p", { class: "note" }, h("b", {}, "No price"), `: ${model.unavailable && !state.at ? `this model is ${model.unavailable}` : period.unknown}`),
    (period.conflicts ?? []).map(([about, says]) => h("p", { class: "note" }, h("b", {}, about.replace(/^input\./, "")), `: ${says}`)),
    isPriced() && h("form", { id: "options", "aria-label": "Options" }, period.fields.map((field) => control(period, field))),
    isPriced() && h("ol", { id: "formula", class: "formula", "aria-label": "How the price comes about" }),
    grounds(period),
    isPriced() && period.usd_micros.length > 1 && h("h3", {}, "Price by option"),
    isPriced() && h("div", { id: "plot", class: "chart" }),
    request(),
    h("div", { id: "more" }, isPriced() && period.usd_micros.length > 1 && sheet(period), fieldTable(period)),
  ];
}

function periods(model, shown) {
  const last = model.periods.at(-1);
  if (model.periods.length === 1 && last.from === null && last.to === null) return null;
  const items = model.periods.map((period, index) => {
    const isAhead = index > model.now || (index === model.now && model.unavailable === "not yet available");
    const isOver = index < model.now || (index === model.now && model.unavailable === "retired");
    const kind = isAhead ? "announced" : isOver ? "past" : "now";
    const time = [period.from && `from ${day(period.from)}`, period.to && `until ${day(period.to)}`].filter(Boolean).join(" ");
    const ends = span(period);
    const cost = !ends ? "price not known" : ends.low === ends.high ? dollars(ends.low_usd) : `${dollars(ends.low_usd)} – ${dollars(ends.high_usd)}`;
    const href = addressOf({ ...state, at: kind === "now" ? undefined : instantOf(period) });
    const isShown = period === shown && (isPriced() || !model.unavailable);
    return h("li", {}, h("a", { href, "aria-current": isShown && "true" }, h("b", {}, kind), ` ${time}`, h("span", {}, cost)));
  });
  return h("nav", { class: "periods", "aria-label": "Prices over time" }, h("ul", {}, items));
}

function control(period, field) {
  const label = `${words(field.name)}${field.measured ? " (measured, not sent)" : ""}`;
  const options = field.options.map((option) => {
    const text = String(option);
    return { text, says: optionWords(period, field.name, text), isDefault: option === field.default };
  });
  if (options.length > MOST_PILLS) {
    const choices = options.map(({ text, says, isDefault }) => h("option", { value: text }, says + (isDefault ? " (default)" : "")));
    return h("label", {}, h("span", {}, label), h("select", { name: field.name }, choices));
  }
  const pills = options.map(({ text, says, isDefault }) =>
    h("label", { class: isDefault && "usual", title: isDefault && "the default" }, h("input", { type: "radio", name: field.name, value: text }), h("span", {}, says), isDefault && h("span", { class: "hidden" }, ", default")),
  );
  return h("fieldset", {}, h("legend", {}, label), h("div", { class: "pills" }, pills));
}

function grounds(period) {
  const rules = { base_usd_micros: "base price", ...(period.fields.length && { factors: "multipliers" }), ...(period.rounding && { rounding: "rounding" }) };
  const marks = Object.entries(period.usd_micros ? rules : {}).map(([rule, name]) => h("span", {}, name, " ", mark(period.evidence?.[rule])));
  return h("p", { class: "grounds" }, marks, h("div", {}, `read ${period.checked} on `, period.source.map((source, index) => [index > 0 && ", ", link(source, index ? `page ${index + 1}` : "its page")])));
}

function request() {
  const codes = Object.keys(SNIPPETS).map((name) => h("label", {}, h("input", { type: "radio", name: "code", value: name }), h("span", {}, name)));
  return [
    h("h3", {}, "This request"),
    h("div", { class: "code" }, h("div", { id: "codes", class: "pills", role: "radiogroup", "aria-label": "Written as" }, codes), h("button", { type: "button", class: "copy", "data-copy": true }, "copy"), h("pre", { id: "snippet", tabindex: "0", "aria-label": "The request" })),
  ];
}

const folded = (id, title, says, table) =>
  h("details", { id }, h("summary", {}, h("b", {}, title), h("span", {}, says)), h("div", { class: "wrap", tabindex: "0", role: "region", "aria-label": title }, table));

const head = (...names) => h("thead", {}, h("tr", {}, names.map((name) => h("th", { scope: "col" }, name))));

function sheet(period) {
  const table = h("table", { class: "sheet" }, head(...period.fields.map(({ name }) => words(name)), "micros", "price"), h("tbody", {}));
  return folded("sheet", "All prices", String(period.usd_micros.length), table);
}

/** Open all that is folded. */
export function unfold() {
  for (const details of $$("#detail details")) details.open = true;
  drawSheet();
}

/** Draw the rows of all prices when they are open, and mark the chosen one. */
export function drawSheet() {
  const body = $("#sheet[open] tbody");
  if (!body) return;
  const { header, rows } = sheetTable();
  if (!body.childElementCount) {
    const cells = rows.map((row) => row.slice(1).map((cell, index) => (header[index + 1] === "usd" ? dollars(cell) : header[index + 1] === "usd_micros" ? cell.toLocaleString("en") : cell)));
    fill(body, cells.map((row) => h("tr", {}, row.map((cell) => h("td", {}, cell)))));
  }
  const pick = Object.values(chosen());
  rows.forEach((row, index) => body.children[index].classList.toggle("here", pick.every((text, place) => row[place + 1] === text)));
}

/** Return all prices of the shown period, as a table. */
export function sheetTable() {
  const period = shownPeriod();
  const names = period.fields.map(({ name }) => name);
  const rows = (isPriced() ? combinations(period) : []).map((pick) => {
    const { usd_micros, usd } = priceOf(state.model, period, pick);
    return [state.model.slug, ...names.map((name) => pick[name]), usd_micros, usd];
  });
  return { name: state.model.slug.replaceAll("/", "-"), header: ["model", ...names, "usd_micros", "usd"], rows };
}

function fieldTable(period) {
  const measured = period.fields.filter((field) => field.measured).map(({ name, options }) => ({ name, options, type: "measured, not sent" }));
  const fields = [...period.input, ...measured];
  const rows = fields.map((field) => {
    const takes = [field.options?.map((option) => JSON.stringify(option)).join(", "), field.limits, field.unknown && `not known: ${field.unknown}`, field.note];
    return h("tr", {},
      h("td", {}, h("code", {}, field.name), h("small", {}, field.type + (field.required ? ", required" : ""))),
      h("td", {}, takes.filter(Boolean).join("; ")),
      h("td", {}, field.default !== undefined && h("code", {}, JSON.stringify(field.default))),
      h("td", {}, evidence(field)));
  });
  const says = `${fields.length}${period.complete ? "" : ", the page may have more"}`;
  return folded("fields", "Fields of a request", says, h("table", {}, head("field", "takes", "default", "evidence"), h("tbody", {}, rows)));
}

function evidence(field) {
  if (!field.evidence) return mark();
  return Object.entries(field.evidence).map(([word, rules]) => [mark(word), h("small", {}, rules.map(words).join(", "))]);
}

function welcome() {
  const capabilities = $$("#filters [name=capability] option").slice(1, 6).map((option) => option.value);
  const line = (capability) => {
    const own = models.filter((model) => model.capability === capability && !model.unavailable);
    const [cheapest] = own.map((model) => span(periodOf(model))).filter(Boolean).sort((a, b) => a.low - b.low);
    const says = cheapest ? `from ${dollars(cheapest.low_usd)}` : "price not known";
    return h("li", {}, h("a", { href: addressOf({ view: "job", job: { capability } }) }, h("span", {}, words(capability)), h("b", {}, says)));
  };
  return [
    h("h2", {}, "What will it cost, exactly?"),
    h("p", { class: "lead" }, "Choose a model to set its options and see the price, how it comes about, and how certain each part of it is."),
    h("h3", {}, "Compare models for the same job"),
    h("ul", { class: "hints" }, capabilities.map(line)),
    h("h3", {}, "How certain a rule is"),
    legend(),
    h("h3", {}, "How to read the list"),
    h("p", { class: "lead" }, "A bar spans the lowest to the highest price of a model on a logarithmic scale. The dot is the price if every option has its default."),
  ];
}
