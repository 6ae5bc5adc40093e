/**
 * Fill from the page for lines: the cell that was in use last takes what is pointed at.
 *
 * Several printed rows go down the column, one to a line, where they are numbers or were ringed by a rectangle. Esc
 * gives them back.
 */
export class CellTaking {
  #grid;
  #read;
  /** @type {HTMLInputElement | HTMLTextAreaElement | null} */
  #cell = null;
  /** @type {{cell: HTMLInputElement | HTMLTextAreaElement, text: string}[]} what stood there before the last taking */
  #before = [];
  /** @type {HTMLTableRowElement[]} the lines that there were before it */
  #rows = [];

  /**
   * @param {HTMLElement} grid
   * @param {(cell: HTMLInputElement | HTMLTextAreaElement) => Promise<void>} read says how a number is read
   * @param {AbortSignal} signal
   */
  constructor(grid, read, signal) {
    this.#grid = grid;
    this.#read = read;
    grid.addEventListener("focusin", (event) => this.#enter(event.target), { signal });
    // Before the grid and the page's keys: the first Esc after taking undoes it and leaves nothing.
    grid.addEventListener("keydown", (event) => event.key === "Escape" && this.#giveBack(event), { signal, capture: true });
    grid.addEventListener("input", (event) => event.isTrusted && (this.#before = []), { signal });
    grid.closest("review-desk")?.addEventListener("words:take", (event) => this.#take(event), { signal });
  }

  /** @param {EventTarget | null} target */
  #enter(target) {
    if (!(target instanceof HTMLElement) || !target.matches("[data-column]") || target === this.#cell) return;
    this.#cell = /** @type {HTMLInputElement | HTMLTextAreaElement} */ (target);
    this.#before = [];
  }

  /** @param {CustomEvent<import("./taking.js").Taken>} event */
  async #take(event) {
    const { text, rows, isRegion } = event.detail;
    const cell = this.#cell;
    if (!cell?.isConnected) return;
    event.preventDefault();
    const isDown = rows.length > 1 && (isRegion || "value" in cell.dataset);
    if (event.detail.isMore) await this.#restore();
    this.#before = [];
    this.#rows = [...this.#grid.querySelectorAll("tbody tr")];
    const filled = isDown ? rows.map((_, index) => this.#below(cell, index, rows[index])) : [this.#put(cell, text)];
    this.#keepPlace(event.detail);
    cell.focus({ preventScroll: true });
    cell.closest("tr").scrollIntoView({ block: "nearest" });
    const says = this.#grid.querySelector("[data-says]");
    let unread = "";
    for (const one of filled) {
      await this.#read(one);
      unread ||= one.hasAttribute("aria-invalid") ? says.textContent : "";
    }
    if (filled.length > 1 && says) {
      says.dataset.tone = unread ? "wrong" : "";
      says.textContent = unread || `${filled.length} lines filled from the page. Esc gives them back.`;
    }
  }

  /**
   * @param {HTMLInputElement | HTMLTextAreaElement} cell
   * @param {number} steps down the column; the grid adds a line whenever its last one is filled
   * @param {string} text
   */
  #below(cell, steps, text) {
    let row = cell.closest("tr");
    const place = [...row.querySelectorAll("[data-column]")].indexOf(cell);
    for (let step = 0; step < steps; step += 1) row = row.nextElementSibling ?? row;
    return this.#put(row.querySelectorAll("[data-column]")[place], text);
  }

  /**
   * @param {HTMLInputElement | HTMLTextAreaElement} cell
   * @param {string} text
   */
  #put(cell, text) {
    this.#before.push({ cell, text: cell.value });
    cell.value = text;
    cell.dispatchEvent(new Event("input", { bubbles: true }));
    return cell;
  }

  /** @param {KeyboardEvent} event */
  async #giveBack(event) {
    if (!this.#before.length) return;
    event.preventDefault();
    event.stopPropagation();
    await this.#restore();
    this.#grid.dispatchEvent(new CustomEvent("words:placed", { bubbles: true }));
    const says = this.#grid.querySelector("[data-says]");
    if (says) says.dataset.tone = "";
    if (says) says.textContent = "Given back: the lines are as they were before.";
  }

  async #restore() {
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

  /** @param {import("./taking.js").Taken} taken a table that was read has a place of its own; one typed in whole has this */
  #keepPlace({ page, boxes }) {
    const place = /** @type {HTMLInputElement | null} */ (this.#grid.querySelector("[name=provenance]"));
    if (!place) return;
    const known = place.value ? JSON.parse(place.value) : { page, boxes: [] };
    if (known.page === page) place.value = JSON.stringify({ page, boxes: [...known.boxes, ...boxes] });
  }
}
