// A request, and how it is written for other programs.
import { state } from "./address.mjs";
import { data, instantOf, priceOf, values } from "./prices.mjs";

/** Return the request with some options: the fields that the model needs have example values. */
export function requestOf(model, period, pick) {
  const fields = { ...period.request, ...values(period, pick).input };
  const names = period.input.map((field) => field.name).filter((name) => Object.hasOwn(fields, name));
  return { model: model.slug, input: Object.fromEntries(names.map((name) => [name, fields[name]])) };
}

/** Return the instant that the price needs, as text, or null if it never changes. */
function instantText(model, period) {
  const isDated = model.periods.length > 1 || period.from !== null || period.to !== null;
  return state.at ? instantOf(period) : isDated ? data.at : null;
}

function shell(text) {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

const lines = (...parts) => parts.join(" \\\n  ");

function python(value) {
  if (Array.isArray(value)) return `[${value.map(python).join(", ")}]`;
  if (typeof value === "object") {
    const items = Object.entries(value).map(([name, item]) => `${JSON.stringify(name)}: ${python(item)}`);
    return `{${items.join(", ")}}`;
  }
  return { true: "True", false: "False" }[JSON.stringify(value)] ?? JSON.stringify(value);
}

export const SNIPPETS = {
  JSON: (model, period, pick) => JSON.stringify(requestOf(model, period, pick), null, 2),

  curl: (model, period, pick) =>
    lines(
      `curl ${data.endpoint}`,
      `-H "Authorization: Bearer $${data.key_variable}"`,
      "-H 'Content-Type: application/json'",
      `-d ${shell(JSON.stringify(requestOf(model, period, pick)))}`,
    ),

  Shell: (model, period, pick) => {
    const fields = Object.entries(requestOf(model, period, pick).input).map(([name, value]) =>
      shell(typeof value === "string" ? `${name}=${value}` : `${name}:=${JSON.stringify(value)}`),
    );
    const measured = Object.entries(values(period, pick).measured);
    const at = instantText(model, period);
    return lines(
      `ratecard quote ${shell(model.slug)}`,
      ...fields,
      ...measured.map(([name, value]) => `--measured ${shell(`${name}=${value}`)}`),
      ...(at ? [`--at ${at}`] : []),
    );
  },

  Python: (model, period, pick) => {
    const { input } = requestOf(model, period, pick);
    const { measured } = values(period, pick);
    const price = priceOf(model, period, pick);
    const at = instantText(model, period);
    return [
      ...(at ? ["from datetime import datetime", ""] : []),
      "from ratecard import quote",
      "",
      "quoted = quote(",
      "    {",
      `        "model": ${python(model.slug)},`,
      '        "input": {',
      ...Object.entries(input).map(([name, value]) => `            ${python(name)}: ${python(value)},`),
      "        },",
      "    },",
      ...(Object.keys(measured).length ? [`    measured=${python(measured)},`] : []),
      ...(at ? [`    at=datetime.fromisoformat("${at}"),`] : []),
      ")",
      ...(price.usd ? [`assert quoted.usd_micros == ${grouped(price.usd_micros)}`] : []),
    ].join("\n");
  },
};

const grouped = (micros) => String(micros).replace(/\B(?=(\d{3})+$)/g, "_");

export const snippet = (model, period, pick) => (SNIPPETS[state.code] ?? SNIPPETS.JSON)(model, period, pick);
