// Looks prices up in the price sheets that `sheets_data` in data.py returns, where their format is described.
// No price is computed: an amount is returned as the sheet has it, or there is none.

/**
 * Return what options cost, or why there is no price.
 *
 * @param {object} sheets - The price sheets.
 * @param {string} slug - The slug of the model.
 * @param {object} [input] - The fields of the request. Only those that the price depends on are read.
 * @param {object} [more]
 * @param {object} [more.measured] - The options of measured quantities, which are not part of the request.
 * @param {Date} [more.at] - The instant whose price applies; now by default.
 * @returns {{usd_micros: number, exact_micros: string, usd: string} | {code: string, fields?: string[]}}
 *   The price, or a code: unknown_model, not_yet_effective, retired, price_unknown, undetermined (a field has no option
 *   of the sheet, or is left out and has no known default) or needs_measurement. `fields` names the fields at fault.
 */
export function lookUp(sheets, slug, input = {}, { measured = {}, at = new Date() } = {}) {
  const model = own(sheets.models, slug);
  if (model === undefined) return { code: "unknown_model" };
  const period = model.periods.find(({ to }) => to === null || at < new Date(to));
  if (period === undefined) return { code: "retired" };
  if (period.from !== null && at < new Date(period.from)) return { code: "not_yet_effective" };

  const missing = [];
  let row = 0;
  for (const field of period.fields) {
    const sent = own(field.measured ? measured : input, field.name);
    const index = field.options.indexOf(sent === undefined ? field.default : sent);
    if (index < 0) missing.push(field);
    row = row * field.options.length + index;
  }
  if (missing.length > 0) {
    const code = missing.every((field) => field.measured) ? "needs_measurement" : "undetermined";
    return { code, fields: missing.map((field) => field.name) };
  }
  if (period.unpriced !== undefined) return { code: "price_unknown" };
  return { usd_micros: period.usd_micros[row], exact_micros: period.exact_micros[row], usd: period.usd[row] };
}

function own(object, name) {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}
