// A port of the price look-up: answers the requests of `ratecard conform --level price -- node port.mjs`.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { lookUp } from "./lookup.mjs";

const sheets = JSON.parse(readFileSync(new URL("sheets.json", import.meta.url), "utf8"));

for await (const line of createInterface({ input: process.stdin })) {
  const { id, request, measured, at } = JSON.parse(line);
  const answer = lookUp(sheets, request.model, request.input, { measured, at: at === undefined ? at : new Date(at) });
  console.log(JSON.stringify({ id, ...answer }));
}
