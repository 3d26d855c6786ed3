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

let open; // the model and the instant that the panel is for
let width; // of the chart, measured only when it can have changed: it makes the browser lay out the page

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
  if (width) fill($("#plot"), chart(model, period, pick, width));
  drawSheet();
}

function formula(period, pick, price) {
  const rounded = price.exact_micros !== String(price.usd_micros);
  return [
    h("li", tile(period.base, period.unit ? `“per ${period.unit}”` : "base price")),
    period.fields.map(({ name, options }) => {
      const says = optionWords(period, name, pick[name]);
      const place = options.findIndex((option) => String(option) === pick[name]);
      const multiplier = period.multipliers?.[name]?.[place] ?? pick[name];
      return h("li", operator("×"), tile(multiplier, name === period.sound ? says : `${words(name)} ${says}`));
    }),
    h(
      "li.sum",
      operator("="),
      tile(dollars(price.usd), rounded ? `${words(period.rounding)} from ${price.exact_micros} micros` : "exact"),
    ),
  ];
}

const tile = (amount, says) => h("div.tile", h("b", amount), h("span", says));
const operator = (sign) => h("span.operator", sign);

// what stays while options change

function frame(model, period) {
  const { capability, provider, name, slug, unavailable } = model;
  const title = [words(capability), provider, period.time && `typically ${period.time}`];
  const hasPrice = isPriced();
  const hasSheet = hasPrice && period.usd_micros.length > 1;
  return [
    h("a.back", { href: addressOf({ view: "list", filters: state.filters }) }, "← All models"),
    h("p.eyebrow", title.filter(Boolean).join(" · ")),
    h(
      "div.top",
      h("h2", { tabindex: "-1" }, name),
      h("div.price", hasPrice ? h("output#price", { "aria-live": "polite" }) : unavailable ?? "price not known"),
    ),
    h("div.slug", h("code", slug), copyButton(slug, "Copy the name of the model"), h("small#micros")),
    periods(model, period),
    !hasPrice && note("No price", unavailable && !state.at ? `this model is ${unavailable}` : period.unknown),
    period.conflicts?.map(([about, says]) => note(about.replace(/^input\./, ""), says)),
    hasPrice && h("form#options", { "aria-label": "Options" }, period.fields.map((field) => control(period, field))),
    hasPrice && h("ol#formula.formula", { "aria-label": "How the price comes about" }),
    grounds(period),
    hasSheet && [h("h3", "Price by option"), h("div#plot.chart")],
    request(),
    h("div#more", hasSheet && sheet(period), fieldTable(period)),
  ];
}

const note = (about, says) => h("p.note", h("b", about), `: ${says}`);
const copyButton = (text, label) =>
  h("button.copy", { type: "button", "data-copy": text, "aria-label": label }, "copy");

function periods(model, shown) {
  const last = model.periods.at(-1);
  if (model.periods.length === 1 && last.from === null && last.to === null) return null;
  const items = model.periods.map((period, index) => {
    const kind = kindOf(model, index);
    const time = [period.from && `from ${day(period.from)}`, period.to && `until ${day(period.to)}`];
    const href = addressOf({ ...state, at: kind === "now" ? undefined : instantOf(period) });
    const isShown = period === shown && (isPriced() || !model.unavailable);
    const says = ` ${time.filter(Boolean).join(" ")}`;
    return h("li", h("a", { href, "aria-current": isShown && "true" }, h("b", kind), says, h("span", rangeOf(period))));
  });
  return h("nav.periods", { "aria-label": "Prices over time" }, h("ul", items));
}

function kindOf({ now, unavailable }, index) {
  if (index > now || (index === now && unavailable === "not yet available")) return "announced";
  return index < now || unavailable === "retired" ? "past" : "now";
}

function rangeOf(period) {
  const { low, high, low_usd, high_usd } = span(period) ?? {};
  if (low === undefined) return "price not known";
  return low === high ? dollars(low_usd) : `${dollars(low_usd)} – ${dollars(high_usd)}`;
}

function control(period, { name, options, measured, default: usual }) {
  const title = `${words(name)}${measured ? " (measured, not sent)" : ""}`;
  const choices = options.map((option) => ({
    value: String(option),
    says: optionWords(period, name, String(option)),
    isUsual: option === usual,
  }));
  if (options.length > MOST_PILLS) {
    const label = ({ says, isUsual }) => says + (isUsual ? " (default)" : "");
    const items = choices.map((choice) => h("option", { value: choice.value }, label(choice)));
    return h("label", h("span", title), h("select", { name }, items));
  }
  const pills = choices.map(({ value, says, isUsual }) =>
    h(
      "label",
      { class: isUsual && "usual", title: isUsual && "the default" },
      ...pill({ name, value }, says),
      isUsual && h("span.hidden", ", default"),
    ),
  );
  return h("fieldset", h("legend", title), h("div.pills", pills));
}

const pill = (attributes, says) => [h("input", { type: "radio", ...attributes }), h("span", says)];

function grounds(period) {
  const rules = {
    base_usd_micros: "base price",
    ...(period.fields.length && { factors: "multipliers" }),
    ...(period.rounding && { rounding: "rounding" }),
  };
  const marks = Object.entries(rules).map(([rule, name]) => h("span", name, " ", mark(period.evidence?.[rule])));
  const sources = period.source.map((source, index) => [
    index > 0 && ", ",
    link(source, index ? `page ${index + 1}` : "its page"),
  ]);
  return h("p.grounds", period.usd_micros && marks, h("span", `read ${period.checked} on `, sources));
}

function request() {
  const codes = Object.keys(SNIPPETS).map((name) => h("label", pill({ name: "code", value: name }, name)));
  return [
    h("h3", "This request"),
    h(
      "div.code",
      h("div#codes.pills", { role: "radiogroup", "aria-label": "Written as" }, codes),
      copyButton("", "Copy the request"),
      h("pre#snippet", { tabindex: "0", "aria-label": "The request" }),
    ),
  ];
}

function folded(id, title, says, header, rows) {
  const head = h("thead", h("tr", header.map((name) => h("th", { scope: "col" }, name))));
  const region = { tabindex: "0", role: "region", "aria-label": title };
  const summary = h("summary", h("b", title), h("span", says));
  return h("details", { id }, summary, h("div.wrap", region, h("table", head, h("tbody", rows))));
}

function sheet(period) {
  const header = [...period.fields.map(({ name }) => words(name)), "micros", "price"];
  return folded("sheet", "All prices", String(period.usd_micros.length), header, []);
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
  const { rows } = sheetTable();
  if (!body.childElementCount) {
    const cells = rows.map(([, ...row]) => [...row.slice(0, -2), row.at(-2).toLocaleString("en"), dollars(row.at(-1))]);
    fill(body, cells.map((row) => h("tr", row.map((cell) => h("td", cell)))));
  }
  const pick = Object.values(chosen());
  rows.forEach((row, index) => {
    const isChosen = pick.every((text, place) => row[place + 1] === text);
    body.children[index].classList.toggle("here", isChosen);
  });
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
  const measured = period.fields.filter((field) => field.measured);
  const fields = [...period.input, ...measured.map((field) => ({ ...field, type: "measured, not sent" }))];
  const rows = fields.map((field) => {
    const options = field.options?.map((option) => JSON.stringify(option)).join(", ");
    const takes = [options, field.limits, field.unknown && `not known: ${field.unknown}`, field.note];
    return h(
      "tr",
      h("td", h("code", field.name), h("small", field.type + (field.required ? ", required" : ""))),
      h("td", takes.filter(Boolean).join("; ")),
      h("td", field.default !== undefined && h("code", JSON.stringify(field.default))),
      h("td", evidence(field)),
    );
  });
  const says = `${fields.length}${period.complete ? "" : ", the page may have more"}`;
  return folded("fields", "Fields of a request", says, ["field", "takes", "default", "evidence"], rows);
}

function evidence(field) {
  if (!field.evidence) return mark();
  return Object.entries(field.evidence).map(([word, rules]) => [mark(word), h("small", rules.map(words).join(", "))]);
}

function welcome() {
  const capabilities = $$("#filters [name=capability] option").slice(1, 6).map((option) => option.value);
  const line = (capability) => {
    const own = models.filter((model) => model.capability === capability && !model.unavailable);
    const spans = own.map((model) => span(periodOf(model))).filter(Boolean);
    const [cheapest] = spans.sort((a, b) => a.low - b.low);
    const says = cheapest ? `from ${dollars(cheapest.low_usd)}` : "price not known";
    const href = addressOf({ view: "job", job: { capability } });
    return h("li", h("a", { href }, h("span", words(capability)), h("b", says)));
  };
  const lead =
    "Choose a model to set its options and see the price, how it comes about, and how certain each part of it is.";
  const reading =
    "A bar spans the lowest to the highest price of a model on a logarithmic scale. " +
    "The dot is the price if every option has its default.";
  return [
    h("h2", "What will it cost, exactly?"),
    h("p.lead", lead),
    h("h3", "Compare models for the same job"),
    h("ul.hints", capabilities.map(line)),
    h("h3", "How certain a rule is"),
    legend(),
    h("h3", "How to read the list"),
    h("p.lead", reading),
  ];
}
