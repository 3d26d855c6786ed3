// The same job with every model that can do it.
import { addressOf, change, state } from "./address.mjs";
import { findOffers, listedOptions } from "./find.mjs";
import { isAmount, models, periodOf } from "./prices.mjs";
import { $, bar, counted, dollars, fill, h, optionLabel, optionWords, words } from "./text.mjs";

const capabilities = () => [...new Set(models.map((model) => model.capability))].sort();
const capability = () => (capabilities().includes(state.job.capability) ? state.job.capability : models[0]?.capability);

/** Return what is wanted, as `findOffers` takes it. */
function wanted() {
  const { sound, max } = state.job;
  return {
    capability: capability(),
    options: state.wanted,
    sound: { true: true, false: false }[sound],
    limit: isAmount(max) ? max : undefined,
  };
}

let found = { offers: [], notStated: [], cannot: [] };

export function drawJob() {
  const { offers, notStated, cannot } = (found = findOffers(wanted()));
  if ($("#wanted").dataset.capability !== capability()) drawForm();
  for (const input of $("#wanted").elements) input.value = valueOf(input.name);
  $("#wanted").elements.max.setAttribute("aria-invalid", Boolean(state.job.max) && !isAmount(state.job.max));
  const best = offers.length ? `; the cheapest is ${offers[0].model.name} at ${dollars(offers[0].price.usd)}` : "";
  $("#job-count").textContent = `${counted(offers.length, "model")} can do it${best}.`;
  const top = Math.max(...offers.map(({ price }) => price.usd_micros), 1);
  fill($("#rank"), offers.map((offer, index) => offerRow(offer, index, top)));
  fill(
    $("#rest"),
    others("not stated", "Not stated, so not ranked", notStated, true),
    others("cannot", "Cannot do it", cannot, !offers.length),
  );
}

function valueOf(name) {
  if (name === "capability") return capability();
  return (name.startsWith("with.") ? state.wanted[name.slice(5)] : state.job[name]) ?? "";
}

/** Draw the form: a capability has fields of its own. */
function drawForm() {
  const pool = models.filter((model) => model.capability === capability());
  const fields = pool.flatMap((model) => periodOf(model).input);
  const soundFields = new Set(pool.map((model) => periodOf(model).sound));
  const listed = fields.filter(({ name, options }) => options && !soundFields.has(name)).map(({ name }) => name);
  const names = new Set([...listed, ...Object.keys(state.wanted)]);
  const choice = (name, label, options) => {
    const choices = options.map(([value, says]) => h("option", { value }, says));
    return h("label", h("span", label), h("select", { name }, choices));
  };
  fill(
    $("#wanted"),
    choice("capability", "Capability", capabilities().map((name) => [name, words(name)])),
    choice("sound", "Sound", [["", "any"], ["true", "with sound"], ["false", "without sound"]]),
    [...names].map((name) => {
      const texts = listedOptions(pool, name);
      const own = state.wanted[name] && !texts.includes(state.wanted[name]) ? [state.wanted[name]] : [];
      const options = [...texts, ...own].map((text) => [text, optionWords({}, name, text)]);
      return choice(`with.${name}`, words(name), [["", "any"], ...options]);
    }),
    h("label", h("span", "At most, $"), h("input", { name: "max", inputmode: "decimal", placeholder: "any" })),
  );
  $("#wanted").dataset.capability = capability();
}

/** Take over a value of the form. What another capability does not have is dropped. */
export function want(name, value) {
  if (name === "capability") change({ job: { ...state.job, capability: value }, wanted: {} });
  else if (name.startsWith("with.")) change({ wanted: given({ ...state.wanted, [name.slice(5)]: value }) });
  else change({ job: given({ ...state.job, capability: capability(), [name]: value }) });
}

const given = (values) => Object.fromEntries(Object.entries(values).filter(([, value]) => value));

function offerRow({ model, pick, price }, index, top) {
  const period = periodOf(model);
  const disputed = (period.conflicts ?? []).some(([about]) => about.startsWith("price"));
  const says = [
    ...Object.entries(pick).map(([name, text]) => optionLabel(period, name, text)),
    period.time && `about ${period.time}`,
    disputed && "its page contradicts itself about the price",
  ];
  const row = h(
    "a",
    { href: addressOf({ view: "model", model, options: pick }) },
    h("span.place", String(index + 1)),
    h("span.who", h("strong", model.name), " ", h("code", model.slug)),
    h("span.track", bar(price.usd_micros, top), h("small", says.filter(Boolean).join(" · "))),
    h("span.cost", h("b", dollars(price.usd))),
  );
  return h("li", row);
}

function others(group, title, list, isOpen) {
  if (!list.length) return null;
  const items = list.map(({ model, reason, low }) => {
    const link = h("a", { href: addressOf({ view: "model", model }) }, model.name);
    return h("li", link, " ", h("code", model.slug), h("small", reason, low && `; from ${dollars(low)}`));
  });
  const summary = h("summary", h("b", title), h("span", String(list.length)));
  return h("details", { open: isOpen, "data-group": group }, summary, h("ul", items));
}

/** Return what the view shows, as a table. */
export function jobTable() {
  const { offers, notStated, cannot } = found;
  const options = (pick) => Object.entries(pick).map(([name, text]) => `${name}=${text}`).join(" ");
  return {
    name: "same-job",
    header: ["model", "group", "options", "usd_micros", "usd", "reason"],
    rows: [
      ...offers.map(({ model, pick, price }) => [model.slug, "ranked", options(pick), price.usd_micros, price.usd]),
      ...notStated.map(({ model, reason }) => [model.slug, "not stated", null, null, null, reason]),
      ...cannot.map(({ model, reason }) => [model.slug, "cannot", null, null, null, reason]),
    ],
  };
}
