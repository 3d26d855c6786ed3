// Elements and words. Text only ever becomes text nodes and attributes, so nothing in a table can run or be markup.

export const $ = (selector, root = document) => root.querySelector(selector);
export const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

/**
 * Return an element: its tag, with an id and a class as in `p#total.note`, its attributes if there are any, and its
 * children. Attributes that are null, undefined or false are left out, and so are such children.
 */
export const h = (tag, ...parts) => build((name) => document.createElement(name), tag, parts);

/** Return an SVG element. */
export const svg = (tag, ...parts) => build((name) => document.createElementNS(SVG, name), tag, parts);

const SVG = "http://www.w3.org/2000/svg";

function build(create, tag, parts) {
  const [, name, id, kind] = /^(\w+)(?:#([\w-]+))?(?:\.([\w-]+))?$/.exec(tag);
  const node = create(name);
  const attributes = parts[0]?.constructor === Object ? parts.shift() : {};
  for (const [key, value] of Object.entries({ id, class: kind, ...attributes })) {
    if (value != null && value !== false) node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...present(parts));
  return node;
}

/** Replace the children of an element. */
export function fill(node, ...children) {
  node.replaceChildren(...present(children));
}

function present(children) {
  return children.flat(Infinity).filter((child) => child != null && child !== false && child !== "");
}

export const words = (name) => name.replace(/[-_]/g, " ");
export const counted = (number, noun) => `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;

/** Return whole micros as exact decimal text of dollars, by moving the point. */
export function usdText(micros) {
  const text = String(micros).padStart(7, "0");
  return `${text.slice(0, -6)}.${text.slice(-6).replace(/0{1,4}$/, "")}`;
}

/** Return exact decimal text of dollars with sign and thousands separators. */
export function dollars(usd) {
  const [whole, places] = usd.split(".");
  return `$${whole.replace(/\B(?=(\d{3})+$)/g, ",")}.${places}`;
}

/** Return an option for people. */
export function optionWords(period, name, text) {
  if (period.sound === name && (text === "true" || text === "false")) return text === "true" ? "sound" : "silent";
  return name === "duration" && /^\d+(\.\d+)?$/.test(text) ? `${text} s` : text;
}

/** Return an option for people where the name of its field is not beside it. */
export function optionLabel(period, name, text) {
  const says = optionWords(period, name, text);
  return says === text && /^(\d+(\.\d+)?|true|false)$/.test(text) ? `${words(name)} ${text}` : says;
}

/** Return an instant in UTC: the day where it is midnight. */
export function day(instant) {
  const text = new Date(instant).toISOString();
  return text.endsWith("T00:00:00.000Z") ? text.slice(0, 10) : text.replace(/(\.000)?Z$/, " UTC").replace("T", " ");
}

/** Return a link to a page, or its text if it is not an address of the web. */
export function link(address, text = address) {
  return /^https?:\/\//i.test(address) ? h("a", { href: address, rel: "noreferrer" }, text) : h("span", address);
}

const EVIDENCE = {
  documented: "the model's own page states it",
  implied: "its price table, default cost or example shows it",
  sibling: "the page of another model of the family states it",
  assumed: "no page states it",
};

/** Return the mark of a kind of evidence: a shape and a word. */
export const mark = (evidence = "documented") =>
  h("span", { class: `mark ${evidence}`, title: EVIDENCE[evidence] }, evidence);

export const legend = () =>
  h("dl.legend", Object.entries(EVIDENCE).map(([word, says]) => h("div", h("dt", mark(word)), h("dd", says))));

/** Return a bar that is as long as its share of the longest one. */
export const bar = (micros, top) =>
  svg("svg", { "aria-hidden": "true" }, svg("rect", { width: `${Math.max(0.5, (100 * micros) / top)}%` }));
