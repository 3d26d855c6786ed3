// Which models can do a job, by the same rules as `ratecard.find`.
import { combinations, defaults, microsOf, models, periodOf, priceOf, span } from "./prices.mjs";
import { dollars, usdText } from "./text.mjs";

/**
 * Return the offers of the models of a capability, cheapest first, and the others with reasons.
 *
 * @param {object} job - `capability`; `options`, the wanted texts by field; `sound`, true, false or undefined; `limit`,
 *   the highest price as decimal text, or undefined.
 * @returns {{offers: object[], notStated: object[], cannot: object[]}} An offer has `model`, `pick` and `price`, and
 *   another model has `model` and `reason`.
 */
export function findOffers(job) {
  const pool = models.filter((model) => model.capability === job.capability);
  const found = { offers: [], notStated: [], cannot: [] };
  for (const model of pool.sort((a, b) => (a.slug < b.slug ? -1 : 1))) {
    const answer = answerOf(model, job, pool);
    found[answer.group].push({ model, ...answer });
  }
  found.offers.sort((a, b) => a.price.usd_micros - b.price.usd_micros);
  return found;
}

function answerOf(model, job, pool) {
  const cannot = (reason) => ({ group: "cannot", reason });
  const period = periodOf(model);
  const unpriced = whyNotPriced(model, period);
  if (unpriced) return cannot(unpriced);
  const match = matchOptions(period, job, pool);
  if (match.refused.length) return cannot(match.refused.join("; "));
  const cheapest = cheapestOf(model, period, match.priced);
  if (job.limit !== undefined && cheapest.price.usd_micros > microsOf(job.limit)) {
    const limit = dollars(usdText(microsOf(job.limit)));
    return cannot(`over ${limit}: the cheapest costs ${dollars(cheapest.price.usd)}`);
  }
  if (match.unclear.length) return { group: "notStated", reason: match.unclear.join("; "), low: span(period).low_usd };
  const declined = [...match.judged, period.declined].find(Boolean);
  if (declined) return cannot(declined);
  return { group: "offers", ...cheapest };
}

function whyNotPriced(model, period) {
  if (model.unavailable) return `it is ${model.unavailable === "retired" ? "retired" : "not available yet"}`;
  if (!period.usd_micros) return `its price is not known: ${period.unknown}`;
  const measured = period.fields.filter((field) => field.measured).map((field) => field.name);
  if (!measured.length) return null;
  return `its price depends on what is measured and not part of the request: ${measured.join(", ")}`;
}

function matchOptions(period, { options, sound }, pool) {
  const match = { priced: {}, refused: [], unclear: [], judged: [] };
  const needed = { ...options };
  if (sound !== undefined) matchSound(match, period, needed, sound);
  for (const [name, text] of Object.entries(needed)) {
    const field = period.input.find((each) => each.name === name);
    if (field) matchValue(match, period, field, text, pool);
    else if (period.complete) match.refused.push(`no field ${JSON.stringify(name)}`);
    else {
      const says = "is not among the fields that the page lists, which may be incomplete";
      match.unclear.push(`${JSON.stringify(name)} ${says}`);
    }
  }
  return match;
}

function matchSound(match, period, needed, sound) {
  if (typeof period.sound === "string") {
    needed[period.sound] ??= String(sound);
    if (needed[period.sound].trim().toLowerCase() === String(sound)) return;
    match.refused.push(`${period.sound} decides about sound, and is wanted as ${JSON.stringify(needed[period.sound])}`);
  } else if (period.sound === undefined) {
    match.unclear.push("the page does not say whether the output has sound");
  } else if (period.sound !== sound) {
    match.refused.push(`the output ${period.sound ? "always" : "never"} has sound`);
  }
}

function matchValue(match, period, field, text, pool) {
  const { name, options, unknown } = field;
  const isPriced = period.fields.some((each) => each.name === name);
  if (options) {
    const texts = options.map(String);
    const option = texts.includes(text) ? text : texts.find((each) => meaning(name, each) === meaning(name, text));
    const listed = options.map((each) => JSON.stringify(each)).join(", ");
    if (option === undefined) {
      const says = `${name} ${JSON.stringify(text)} is not among the options ${listed}`;
      (isPriced || !isUncertain(field) ? match.refused : match.unclear).push(says);
    } else if (isPriced) {
      match.priced[name] = option;
    }
  } else if (unknown) {
    match.unclear.push(`the options of ${name} are not known`);
  } else if (!optionTexts(pool, name).includes(text)) {
    match.unclear.push(`this page cannot check ${name} ${JSON.stringify(text)}`);
  } else if (period.refused?.[name]?.[text]) {
    match.judged.push(period.refused[name][text]);
  }
}

const isUncertain = ({ evidence }) => ["sibling", "assumed"].some((word) => evidence?.[word]?.includes("allowed"));

/** Return what a value means: a number, a duration without its unit, or text without regard to case. */
function meaning(name, text) {
  const plain = text.trim().toLowerCase();
  const number = name === "duration" ? plain.replace(/(?<=\d)\s*(s|secs?|seconds?)$/, "") : plain;
  if (!/^-?\d{1,40}(\.\d{1,40})?$/.test(number)) return plain;
  const canonical = number.replace(/^(-?)0+(?=\d)/, "$1").replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "");
  return canonical === "-0" ? "0" : canonical;
}

/** Return the texts that models list as options of a field. */
function optionTexts(pool, name) {
  const fields = pool.flatMap((model) => periodOf(model).input.filter((field) => field.name === name));
  return fields.flatMap(({ options }) => (options ?? []).map(String));
}

/** Return the same, those with the same meaning once, numbers in order. */
export function listedOptions(pool, name) {
  const found = new Map(optionTexts(pool, name).reverse().map((text) => [meaning(name, text), text]));
  return [...found.values()].sort((a, b) => parseFloat(a) - parseFloat(b) || (a < b ? -1 : 1));
}

function cheapestOf(model, period, priced) {
  const usual = defaults(period);
  const isChange = (pick, field) => field.default === undefined || pick[field.name] !== usual[field.name];
  const changes = (pick) => period.fields.filter((field) => isChange(pick, field)).length;
  const rows = combinations(period)
    .filter((pick) => Object.entries(priced).every(([name, text]) => pick[name] === text))
    .map((pick) => ({ pick, price: priceOf(model, period, pick), changes: changes(pick) }));
  return rows.reduce((best, row) => {
    const difference = row.price.usd_micros - best.price.usd_micros || row.changes - best.changes;
    return difference < 0 ? row : best;
  });
}
