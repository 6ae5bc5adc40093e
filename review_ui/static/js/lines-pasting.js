/**
 * Pasting from a spreadsheet: what was copied there as cells goes into cells here, down and to the right of the focus.
 */
import { t } from "./phrases.js";

export class CellPasting {
  #filling;

  /**
   * @param {HTMLElement} grid
   * @param {import("./lines-filling.js").Filling} filling
   * @param {AbortSignal} signal
   */
  constructor(grid, filling, signal) {
    this.#filling = filling;
    grid.addEventListener("paste", (event) => this.#paste(event), { signal });
  }

  /** @param {ClipboardEvent} event */
  async #paste(event) {
    const cell = /** @type {import("./lines-filling.js").Cell} */ (event.target);
    const rows = cellsOf(event.clipboardData?.getData("text/plain") ?? "");
    // A single text is pasted where the cursor stands, as anywhere.
    if (!cell.matches("[data-column]") || (rows.length < 2 && rows[0]?.length < 2)) return;
    event.preventDefault();
    this.#filling.begin();
    const columns = [...cell.closest("tr").querySelectorAll("[data-column]")];
    const isNumber = columns.slice(columns.indexOf(cell)).map((one) => "value" in one.dataset);
    writtenOut(rows, isNumber).forEach((texts, down) =>
      texts.forEach((text, right) => {
        const target = this.#filling.beside(cell, down, right);
        if (target) this.#filling.put(target, text);
      }),
    );
    await this.#filling.tell((count) => t("%(count)s lines filled from the clipboard. Esc gives them back.", { count }));
  }
}

/**
 * @param {string} text as spreadsheets copy it: tabs between cells, quotes around what holds a line break
 * @returns {string[][]} rows of cells, without outer blanks
 */
export function cellsOf(text) {
  const rows = [[""]];
  let isQuoted = false;
  const body = text.replace(/\r\n?/g, "\n").replace(/\n$/, "");
  for (let at = 0; at < body.length; at += 1) {
    const sign = body[at];
    const row = rows.at(-1);
    if (sign === '"' && isQuoted && body[at + 1] === '"') {
      row[row.length - 1] += sign;
      at += 1;
    } else if (sign === '"' && (isQuoted || row.at(-1) === "")) isQuoted = !isQuoted;
    else if (sign === "\t" && !isQuoted) row.push("");
    else if (sign === "\n" && !isQuoted) rows.push([""]);
    else row[row.length - 1] += sign;
  }
  return rows.map((row) => row.map((cell) => cell.replace(/\s+/g, " ").trim()));
}

/**
 * A sheet follows one language, which need not be the document's: its plain numbers say how its doubtful ones are meant.
 *
 * @param {string[][]} rows of cells
 * @param {boolean[]} isNumber by column
 * @returns {string[][]} the same; where the sheet shows its decimal sign, 1.234 and 1,234 so that neither is taken for the other
 */
export function writtenOut(rows, isNumber) {
  const plain = /^\D*(?:\d+|\d{1,3}(?:[.,'’\s]\d{3})+)([.,])(?:\d{1,2}|\d{4,})\D*$/;
  const signs = new Set(rows.flatMap((row) => row.flatMap((text, at) => (isNumber[at] && plain.exec(text)?.[1]) || [])));
  if (signs.size !== 1) return rows;
  const [decimal] = signs;
  const meant = (/** @type {string} */ text) =>
    text.replace(/^(\D*\d{1,3})([.,])(\d{3})(\D*)$/, (_, head, sign, tail, rest) => head + (sign === decimal ? `${sign}${tail}0` : tail) + rest);
  return rows.map((row) => row.map((text, at) => (isNumber[at] ? meant(text) : text)));
}
