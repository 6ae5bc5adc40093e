/** What the scripts say, in the reader's language: the page brings a table from English, and none for English itself. */
const table = JSON.parse(document.getElementById("phrases")?.textContent ?? "{}");

/**
 * @param {string} english a whole sentence, with a place such as %(count)s for each value: the catalogues find it by this call
 * @param {Record<string, string | number>} [values]
 * @returns {string}
 */
export function t(english, values = {}) {
  return (table[english] ?? english).replace(/%\((\w+)\)s/g, (_, name) => String(values[name] ?? ""));
}

/**
 * @param {string[]} ways to read something
 * @returns {string} "3.12.2024 or 12.3.2024"
 */
export function either(ways) {
  const or = t("or");
  return ways.join(` ${or} `);
}

/** How the reader's numbers are written: the page says so, as the server writes them. */
export const SIGNS = {
  decimal: document.documentElement.dataset.decimal ?? ".",
  group: document.documentElement.dataset.group ?? ",",
};
