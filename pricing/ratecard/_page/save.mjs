// What is shown, as a file: CSV, JSON or Markdown.

const cell = (value) => (/[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);
const escaped = (text) => text.replace(/\s+/g, " ").replace(/[\\`*<[\]|~$&]/g, "\\$&");

export const FORMATS = {
  csv: {
    type: "text/csv",
    write: ({ header, rows }) => [header, ...rows].map((row) => `${row.map((value) => cell(String(value ?? ""))).join(",")}\r\n`).join(""),
  },
  json: {
    type: "application/json",
    write: ({ header, rows }) => `${JSON.stringify(rows.map((row) => Object.fromEntries(header.map((name, index) => [name, row[index] ?? null]))), null, 2)}\n`,
  },
  md: {
    type: "text/markdown",
    write: ({ header, rows }) => {
      const rule = header.map((name) => (/^usd|_usd$/.test(name) ? "---:" : "---"));
      const texts = [header, rule, ...rows].map((row, index) => row.map((value) => (index === 1 ? value : escaped(String(value ?? "")))));
      return texts.map((row) => `| ${row.join(" | ")} |\n`).join("");
    },
  },
};

/** Offer a table to be saved as a file. */
export function save(table, format) {
  const { type, write } = FORMATS[format];
  const anchor = document.createElement("a");
  anchor.href = URL.createObjectURL(new Blob([write(table)], { type }));
  anchor.download = `ratecard-${table.name}.${format}`;
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(anchor.href), 1000);
}
