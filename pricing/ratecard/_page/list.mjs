// The list: its rows are in the page already, and are only hidden and put in order here.
import { addressOf, FILTERS, state } from "./address.mjs";
import { defaultPrice, isAmount, microsOf, modelOf, models, periodOf, span } from "./prices.mjs";
import { $, $$, counted } from "./text.mjs";

const rows = $$("#list li").map((item) => {
  const model = modelOf.get($("code", item).textContent);
  const price = model.unavailable ? null : span(periodOf(model));
  return { item, model, home: item.parentNode, text: searchText(model), price };
});

function searchText(model) {
  const { input, sound } = periodOf(model);
  const fields = input.flatMap(({ name, options = [] }) => [name, ...options]);
  const texts = [model.slug, model.name, model.provider, model.capability, ...fields, sound ? "sound" : ""];
  return texts.join(" ").toLowerCase();
}

const KEYS = {
  from: ({ price }) => price?.low ?? Infinity,
  to: ({ price }) => -(price?.high ?? -1),
  seconds: ({ model }) => periodOf(model).seconds ?? Infinity,
  name: ({ model }) => model.name.toLowerCase(),
};

/** Return the rows that the filters leave, in order. */
export function listed() {
  const { q = "", capability, provider, max, sort } = state.filters;
  const terms = q.toLowerCase().split(/\s+/);
  const left = rows.filter(
    ({ model, text, price }) =>
      terms.every((term) => text.includes(term)) &&
      (!capability || model.capability === capability) &&
      (!provider || model.provider === provider) &&
      (!isAmount(max) || (price && price.low <= microsOf(max))),
  );
  const key = KEYS[sort];
  return key ? left.sort((a, b) => (key(a) < key(b) ? -1 : Number(key(a) > key(b)))) : left;
}

let order;

export function drawList() {
  const left = listed();
  const isLeft = new Set(left);
  const { sort } = state.filters;
  for (const row of rows) {
    row.item.hidden = !isLeft.has(row);
    const anchor = row.item.firstChild;
    anchor.setAttribute("href", addressOf({ view: "model", model: row.model, filters: state.filters }));
    if (row.model === state.model) anchor.setAttribute("aria-current", "true");
    else anchor.removeAttribute("aria-current");
  }
  if (sort in KEYS) rows[0]?.home.append(...left.map(({ item }) => item));
  else if (order in KEYS) for (const { home, item } of rows) home.append(item);
  order = sort;
  $("#list").classList.toggle("flat", sort in KEYS);
  for (const group of $$(".group")) group.hidden = !$("li:not([hidden])", group);
  $("#count").textContent = (left.length < rows.length ? `${left.length} of ` : "") + counted(rows.length, "model");
  $("#none").hidden = left.length > 0;
  const inputs = $("#filters").elements;
  for (const name of FILTERS) {
    const value = state.filters[name] ?? "";
    if (inputs[name].value !== value) inputs[name].value = value; // setting it would move the cursor
  }
  inputs.max.setAttribute("aria-invalid", Boolean(state.filters.max) && !isAmount(state.filters.max));
}

/** Return what the list shows, as a table. */
export function listTable() {
  const header = ["model", "name", "provider", "capability", "from_usd", "to_usd", "default_usd"];
  const lines = listed().map(({ model, price }) => {
    const usual = model.unavailable ? {} : defaultPrice(model, periodOf(model));
    return [model.slug, model.name, model.provider, model.capability, price?.low_usd, price?.high_usd, usual.usd];
  });
  return { name: "models", header, rows: lines };
}
