/**
 * Fill from the page for lines: the cell that was in use last takes what is pointed at.
 *
 * Several printed rows go down the column, one to a line, where they are numbers or were ringed by a rectangle.
 */
import { t } from "./phrases.js";

export class CellTaking {
  #grid;
  #filling;
  /** @type {import("./lines-filling.js").Cell | null} */
  #cell = null;

  /**
   * @param {HTMLElement} grid
   * @param {import("./lines-filling.js").Filling} filling
   * @param {AbortSignal} signal
   */
  constructor(grid, filling, signal) {
    this.#grid = grid;
    this.#filling = filling;
    grid.addEventListener("focusin", (event) => this.#enter(event.target), { signal });
    grid.closest("review-desk")?.addEventListener("words:take", (event) => this.#take(event), { signal });
  }

  /** @param {EventTarget | null} target */
  #enter(target) {
    if (!(target instanceof HTMLElement) || !target.matches("[data-column]") || target === this.#cell) return;
    this.#cell = /** @type {import("./lines-filling.js").Cell} */ (target);
    this.#filling.keep();
  }

  /** @param {CustomEvent<import("./taking.js").Taken>} event */
  async #take(event) {
    const { text, rows, isRegion } = event.detail;
    const cell = this.#cell;
    if (!cell?.isConnected) return;
    event.preventDefault();
    const isDown = rows.length > 1 && (isRegion || "value" in cell.dataset);
    if (event.detail.isMore) await this.#filling.restore();
    this.#filling.begin();
    if (isDown) rows.forEach((row, index) => this.#filling.put(this.#filling.beside(cell, index, 0), row));
    else this.#filling.put(cell, text);
    this.#keepPlace(event.detail);
    cell.focus({ preventScroll: true });
    cell.closest("tr").scrollIntoView({ block: "nearest" });
    await this.#filling.tell((count) => t("%(count)s lines filled from the page. Esc gives them back.", { count }));
  }

  /** @param {import("./taking.js").Taken} taken a table that was read has a place of its own; one typed in whole has this */
  #keepPlace({ page, boxes }) {
    const place = /** @type {HTMLInputElement | null} */ (this.#grid.querySelector("[name=provenance]"));
    if (!place) return;
    const known = place.value ? JSON.parse(place.value) : { page, boxes: [] };
    if (known.page === page) place.value = JSON.stringify({ page, boxes: [...known.boxes, ...boxes] });
  }
}
