/**
 * Cells that were filled all at once, from the page or from the clipboard: the first Esc afterwards gives them back.
 *
 * @typedef {HTMLInputElement | HTMLTextAreaElement} Cell
 */
import { t } from "./phrases.js";

export class Filling {
  #grid;
  #read;
  /** @type {{cell: Cell, text: string}[]} what stood there before */
  #before = [];
  /** @type {HTMLTableRowElement[]} the lines that there were before */
  #rows = [];

  /**
   * @param {HTMLElement} grid
   * @param {(cell: Cell) => Promise<void>} read says how a number is read
   * @param {AbortSignal} signal
   */
  constructor(grid, read, signal) {
    this.#grid = grid;
    this.#read = read;
    // Before the grid and the page's keys: this Esc leaves nothing.
    grid.addEventListener("keydown", (event) => event.key === "Escape" && this.#giveBack(event), { signal, capture: true });
    grid.addEventListener("input", (event) => event.isTrusted && this.keep(), { signal });
  }

  /** What was filled before stays. */
  keep() {
    this.#before = [];
  }

  /** Begins anew: what is put from now on is given back together. */
  begin() {
    this.#before = [];
    this.#rows = [...this.#grid.querySelectorAll("tbody tr")];
  }

  /**
   * @param {Cell} cell
   * @param {string} text
   */
  put(cell, text) {
    this.#before.push({ cell, text: cell.value });
    cell.value = text;
    cell.dispatchEvent(new Event("input", { bubbles: true }));
    return cell;
  }

  /**
   * @param {Cell} cell
   * @param {number} down lines below it; the grid adds a line whenever its last one is filled
   * @param {number} right columns beside it
   * @returns {Cell | undefined}
   */
  beside(cell, down, right) {
    let row = cell.closest("tr");
    const place = [...row.querySelectorAll("[data-column]")].indexOf(cell) + right;
    for (let step = 0; step < down; step += 1) row = row.nextElementSibling ?? row;
    return row.querySelectorAll("[data-column]")[place];
  }

  /**
   * Has all that was put read, and says what came of it.
   *
   * @param {(count: number) => string} sentence for so many lines
   */
  async tell(sentence) {
    const says = this.#grid.querySelector("[data-says]");
    let unread = "";
    for (const { cell } of this.#before) {
      await this.#read(cell);
      unread ||= cell.hasAttribute("aria-invalid") ? (says?.textContent ?? "") : "";
    }
    const rows = new Set(this.#before.map(({ cell }) => cell.closest("tr")));
    if (rows.size < 2 || !says) return;
    says.dataset.tone = unread ? "wrong" : "";
    says.textContent = unread || sentence(rows.size);
  }

  async restore() {
    const given = this.#before;
    this.#before = [];
    for (const { cell, text } of given) {
      cell.value = text;
      cell.dispatchEvent(new Event("input", { bubbles: true }));
    }
    for (const row of this.#grid.querySelectorAll("tbody tr")) if (!this.#rows.includes(row)) row.remove();
    this.#grid.querySelector("tbody tr:last-child").classList.add("line-new");
    for (const { cell } of given) if (cell.isConnected) await this.#read(cell);
  }

  /** @param {KeyboardEvent} event */
  async #giveBack(event) {
    if (!this.#before.length) return;
    event.preventDefault();
    event.stopPropagation();
    await this.restore();
    this.#grid.dispatchEvent(new CustomEvent("words:placed", { bubbles: true }));
    const says = this.#grid.querySelector("[data-says]");
    if (says) says.dataset.tone = "";
    if (says) says.textContent = t("Given back: the lines are as they were before.");
  }
}
