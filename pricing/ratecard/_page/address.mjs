// The address holds the whole state:
//
//   #/?q=kling&sort=from                                  the list, and its filters
//   #/MODEL?duration=10&has_sound=true&list.q=kling       a model, its options, and the filters of the list
//   #/job?capability=image-to-video&with.duration=10      a job, and what is wanted
//
// `show.at` is the instant of a past or announced price, and `show.code` how the request is written.
import { modelOf } from "./prices.mjs";

export const FILTERS = ["q", "capability", "provider", "max", "sort"];
const JOB = ["capability", "sound", "max"];

export let state = { view: "list", options: {}, filters: {}, job: {}, wanted: {}, code: "JSON" };

export function readAddress() {
  const [, path, query] = /^#?\/?([^?]*)\??(.*)$/s.exec(location.hash);
  const given = [...new URLSearchParams(query)];
  const starting = (prefix) => {
    const named = given.filter(([name]) => name.startsWith(prefix));
    return Object.fromEntries(named.map(([name, text]) => [name.slice(prefix.length), text]));
  };
  const model = modelOf.get(decoded(path));
  const view = path === "job" ? "job" : model ? "model" : "list";
  const only = (names, all) => Object.fromEntries(names.filter((name) => all[name]).map((name) => [name, all[name]]));
  const { at, code = "JSON" } = starting("show.");
  state = {
    ...{ view, model, code, at: Number.isNaN(Date.parse(at)) ? undefined : at },
    options: view === "model" ? Object.fromEntries(given.filter(([name]) => !/^(list|show)\./.test(name))) : {},
    filters: only(FILTERS, starting(view === "list" ? "" : "list.")),
    job: view === "job" ? only(JOB, starting("")) : {},
    wanted: view === "job" ? starting("with.") : {},
  };
}

function decoded(path) {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** Return the address of a state; what it does not say is empty. */
export function addressOf({ view, model, options = {}, filters = {}, job = {}, wanted = {}, at, code }) {
  const prefixed = (prefix, values) => Object.entries(values).map(([name, text]) => [prefix + name, text]);
  const query = new URLSearchParams(
    [
      ...(view === "model" ? Object.entries(options) : []),
      ...(view === "job" ? [...Object.entries(job), ...prefixed("with.", wanted)] : []),
      ...prefixed(view === "list" ? "" : "list.", filters),
      ...(view === "model" ? prefixed("show.", { at, code: code === "JSON" ? "" : code }) : []),
    ].filter(([, text]) => text),
  );
  const path = view === "job" ? "job" : view === "model" ? model.slug.split("/").map(encodeURIComponent).join("/") : "";
  return `#/${path}${query.size ? `?${query}` : ""}`;
}

/** Change the state and its address, without a step in the history of the browser. */
export function change(changes) {
  state = { ...state, ...changes };
  history.replaceState(null, "", addressOf(state));
}
