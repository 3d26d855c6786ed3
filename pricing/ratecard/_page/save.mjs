// What is shown, as a file: CSV, JSON or Markdown.

const cell = (value) => (/[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);
const texts = (row) => row.map((value) => String(value ?? ""));
const escaped = (text) => text.replace(/\s+/g, " ").replace(/[\\`*<[\]|~$&]/g, "\\$&");

export const FORMATS = {
  csv: {
    type: "text/csv",
    write: ({ header, rows }) => [header, ...rows].map((row) => `${texts(row).map(cell).join(",")}\r\n`).join(""),
  },
  json: {
    type: "application/json",
    write: ({ header, rows }) => {
      const object = (row) => Object.fromEntries(header.map((name, index) => [name, row[index] ?? null]));
      return `${JSON.stringify(rows.map(object), null, 2)}\n`;
    },
  },
  md: {
    type: "text/markdown",
    write: ({ header, rows }) => {
      const rule = header.map((name) => (/^usd|_usd$/.test(name) ? "---:" : "---"));
      const lines = [header.map(escaped), rule, ...rows.map((row) => texts(row).map(escaped))];
      return lines.map((cells) => `| ${cells.join(" | ")} |\n`).join("");
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
