// The models, their periods, and what their options cost. Every price is looked up; none is computed.
import { lookUp } from "./lookup.mjs";
import { $, usdText } from "./text.mjs";

export const data = JSON.parse($("#data").textContent);
export const models = Object.entries(data.models).map(([slug, model]) => Object.assign(model, { slug }));
for (const period of models.flatMap(({ periods }) => periods)) {
  period.input = period.input.map((index) => data.fields[index]);
  period.exact_micros ??= period.usd_micros?.map(String); // left out where no price is rounded
  period.usd ??= period.usd_micros?.map(usdText);
}
export const modelOf = new Map(models.map((model) => [model.slug, model]));

/** Return the period of a model at an instant, or the one that the page is about. */
export function periodOf(model, at) {
  if (!at) return model.periods[model.now];
  return model.periods.find(({ to }) => to === null || new Date(at) < new Date(to)) ?? model.periods.at(-1);
}

/** Return an instant of a period, as text. */
export function instantOf({ from, to }) {
  return from ?? new Date(to === null ? 0 : Date.parse(to) - 1).toISOString();
}

/** Return every combination of options of a period, in the order of its sheet: objects of texts by field. */
export function combinations(period) {
  return period.fields.reduce(
    (all, field) => all.flatMap((pick) => field.options.map((option) => ({ ...pick, [field.name]: String(option) }))),
    [{}],
  );
}

/** Return the options that a field has if nothing is chosen. */
export function defaults(period) {
  return Object.fromEntries(period.fields.map((field) => [field.name, String(field.default ?? field.options[0])]));
}

/** Return the options of a period as JSON values: those of the request, and the measured ones. */
export function values(period, pick) {
  const valuesOf = (isMeasured) =>
    Object.fromEntries(
      period.fields
        .filter((field) => Boolean(field.measured) === isMeasured)
        .map((field) => [field.name, field.options.find((option) => String(option) === pick[field.name])]),
    );
  return { input: valuesOf(false), measured: valuesOf(true) };
}

/** Return what options cost: `usd_micros`, `exact_micros` and `usd`, or a code. */
export function priceOf(model, period, pick) {
  const { input, measured } = values(period, pick);
  return lookUp(data, model.slug, input, { measured, at: new Date(instantOf(period)) });
}

/** Return the price by default, or a code. */
export const defaultPrice = (model, period) => lookUp(data, model.slug, {}, { at: new Date(instantOf(period)) });

/** Return the lowest and the highest price of a period in dollars for people, and the first one in micros; or null. */
export function span(period) {
  if (!period.usd_micros) return null;
  const [low, high] = [Math.min(...period.usd_micros), Math.max(...period.usd_micros)];
  const usd = (micros) => period.usd[period.usd_micros.indexOf(micros)];
  return { low, high, low_usd: usd(low), high_usd: usd(high) };
}

/** Return plain decimal text of dollars in whole micros, rounded down, as a BigInt. */
export function microsOf(usd) {
  const [whole, places = ""] = usd.split(".");
  return BigInt(whole + places.padEnd(6, "0").slice(0, 6));
}

export const isAmount = (text) => /^\d{1,30}(\.\d{1,30})?$/.test(text ?? "");
