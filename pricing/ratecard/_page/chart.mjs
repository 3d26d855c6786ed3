// The prices of a model: lines over its longest numeric option, or bars if there is none or few prices.
import { combinations, priceOf, span } from "./prices.mjs";
import { bar, dollars, h, optionLabel, optionWords, svg, usdText, words } from "./text.mjs";

const MOST_BARS = 24;
const MOST_ROWS = 9; // of bars although there is a numeric option
const MOST_LINES = 8;
const HEIGHT = 230;

/** Return the chart. Each point has the index of its row in the sheet as `data-row`. */
export function chart(model, period, pick, width) {
  const rows = combinations(period).map((options, index) => ({ options, index, ...priceOf(model, period, options) }));
  if (rows.length === 1) return null;
  const isPicked = ({ options }) => period.fields.every(({ name }) => options[name] === pick[name]);
  const axis = period.fields
    .filter(({ options }) => options.length > 2 && options.every((option) => /^\d+(\.\d+)?$/.test(option)))
    .sort((a, b) => b.options.length - a.options.length)[0];
  if (axis && rows.length > MOST_ROWS) return lineChart({ model, period, pick, rows, axis, isPicked, width });
  return bars(period, rows.length > MOST_BARS ? nearest(period, pick, rows) : rows, isPicked);
}

/** Return the rows that differ from the options in one field, that with the most options, at most. */
function nearest(period, pick, rows) {
  const longest = [...period.fields].sort((a, b) => b.options.length - a.options.length)[0].name;
  const others = period.fields.map(({ name }) => name).filter((name) => name !== longest);
  return rows.filter(({ options }) => others.every((name) => options[name] === pick[name]));
}

function bars(period, rows, isPicked) {
  const top = Math.max(...rows.map((row) => row.usd_micros), 1);
  return h("ul.bars", rows.map((row) => {
    const attributes = { type: "button", "data-row": row.index, "aria-pressed": String(isPicked(row)) };
    const name = labelOf(period, period.fields, row);
    return h("li", h("button", attributes, h("span", name), bar(row.usd_micros, top), h("b", dollars(row.usd))));
  }));
}

/** Return the options that a row has for some fields, for people. */
const labelOf = (period, fields, { options }) =>
  fields.map(({ name }) => optionLabel(period, name, options[name])).join(" · ");

function lineChart({ model, period, pick, rows, axis, isPicked, width }) {
  const series = seriesOf({ period, pick, rows, axis });
  const top = Math.max(...rows.map((row) => row.usd_micros), 1);
  const steps = [...Array(30)].map((_, index) => [1, 2, 5][index % 3] * 10 ** Math.floor(index / 3));
  const step = steps.find((size) => top / size <= 5) ?? top;
  const roof = Math.ceil(top / step) * step;
  const xs = axis.options.map(Number);
  const [first, last] = [Math.min(...xs), Math.max(...xs)];
  const longest = Math.max(...series.map(({ name }) => name.length));
  const box = { left: 52, right: width - Math.min(width * 0.4, 20 + 6.4 * longest), top: 12, bottom: HEIGHT - 26 };
  const x = (text) => round(box.left + ((Number(text) - first) / (last - first)) * (box.right - box.left));
  const y = (micros) => round(box.bottom - (micros / roof) * (box.bottom - box.top));
  const places = { x, y, axis: axis.name };
  const { low_usd, high_usd } = span(period);
  const range = `from ${dollars(low_usd)} to ${dollars(high_usd)}`;
  const label = `Price of ${model.name} over ${words(axis.name)}, ${range}; also in the table of all prices`;
  return svg(
    "svg",
    { viewBox: `0 0 ${width} ${HEIGHT}`, width, height: HEIGHT, role: "img", "aria-label": label },
    gridLines(roof, step, box, y),
    axisLabels(axis, period, x, box),
    crossLine(rows.find(isPicked), places, box),
    series.map((line) => lineOf(line, places, period, isPicked)),
    endLabels(series, box, y),
  );
}

const round = (number) => Math.round(number * 10) / 10;

/** Return one line for the options of the other fields; those with the same prices are one. The chosen one is last. */
function seriesOf({ period, pick, rows, axis }) {
  const others = period.fields.filter((field) => field !== axis);
  const lines = new Map();
  for (const row of rows) {
    const name = labelOf(period, others, row);
    const isOn = others.every((field) => row.options[field.name] === pick[field.name]);
    if (!lines.has(name)) lines.set(name, { name, points: [], isOn });
    lines.get(name).points.push(row);
  }
  const merged = new Map();
  for (const line of lines.values()) {
    const key = line.points.map((row) => row.usd_micros).join();
    const same = merged.get(key);
    merged.set(key, same ? { ...(line.isOn ? line : same), name: `${same.name}, ${line.name}` } : line);
  }
  const all = [...merged.values()];
  return [...all.filter((line) => !line.isOn).slice(0, MOST_LINES - 1), ...all.filter((line) => line.isOn)];
}

function gridLines(roof, step, { left, right }, y) {
  return [...Array(Math.round(roof / step) + 1)].map((_, index) => {
    const height = y(index * step);
    const label = dollars(usdText(index * step));
    return [
      svg("line.grid", { x1: left, x2: right, y1: height, y2: height }),
      svg("text", { x: left - 8, y: height + 4, "text-anchor": "end" }, label),
    ];
  });
}

function axisLabels(axis, period, x, { left, right }) {
  const every = Math.ceil((30 * axis.options.length) / (right - left));
  return axis.options
    .filter((_, index) => index % every === 0)
    .map((option) => {
      const label = optionWords(period, axis.name, String(option));
      return svg("text", { x: x(option), y: HEIGHT - 8, "text-anchor": "middle" }, label);
    });
}

function crossLine(row, { x, y, axis }, { bottom }) {
  const at = x(row.options[axis]);
  return svg("line.cross", { x1: at, x2: at, y1: y(row.usd_micros), y2: bottom });
}

function lineOf({ points, isOn }, { x, y, axis }, period, isPicked) {
  const places = points.map((row) => [x(row.options[axis]), y(row.usd_micros)]);
  const dots = points.map((row, index) => {
    const [cx, cy] = places[index];
    const kind = isPicked(row) ? "here" : isOn ? "on" : "";
    const title = `${labelOf(period, period.fields, row)}: ${dollars(row.usd)}`;
    return svg("circle", { class: kind, cx, cy, "data-row": row.index }, svg("title", title));
  });
  return [svg("polyline", { class: isOn ? "on" : "", points: places.join(" ") }), dots];
}

/** Return the names of lines at their ends, moved apart where they would overlap. */
function endLabels(series, { right, bottom }, y) {
  const ends = series.map((line) => ({ line, at: y(line.points.at(-1).usd_micros) })).sort((a, b) => a.at - b.at);
  ends.forEach((end, index) => {
    if (index) end.at = Math.max(end.at, ends[index - 1].at + 14);
  });
  ends.reduceRight((limit, end) => {
    end.at = Math.min(end.at, limit);
    return end.at - 14;
  }, bottom);
  return ends.map(({ line, at }) => svg("text", { class: line.isOn ? "on" : "", x: right + 12, y: at + 4 }, line.name));
}
