import { sumOf } from "./decimal.js";
import { Filling } from "./lines-filling.js";
import { CellPasting } from "./lines-pasting.js";
import { CellTaking } from "./lines-taking.js";
import { either, t } from "./phrases.js";

/** A grid of line items: arrows go through it, with Alt they move a line, i s j x change lines, and sums follow. */
export class LinesGrid extends HTMLElement {
  #listening;
  #isSaving = false;

  connectedCallback() {
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    this.addEventListener("keydown", (event) => this.#press(event), { signal });
    this.addEventListener("input", (event) => this.#typed(event.target), { signal });
    this.addEventListener("change", (event) => this.#read(event.target), { signal });
    this.addEventListener("click", (event) => this.#click(event), { signal });
    const card = this.closest("[data-card]");
    card?.querySelector("[data-edit-lines]")?.addEventListener("click", () => this.#enter(this.#marked[0] ?? this.#rows[0]), { signal });
    card?.querySelector("[data-next-line]")?.addEventListener("click", () => this.#next(), { signal });
    card?.querySelector(".lines-look")?.addEventListener("click", (event) => this.#jump(event), { signal });
    const filling = new Filling(this, (cell) => this.#read(cell), signal);
    new CellTaking(this, filling, signal);
    new CellPasting(this, filling, signal);
    this.#sum();
    const first = this.#marked[0];
    const scroll = this.querySelector(".lines-scroll");
    // What needs a look is in sight from the start, with the line before it.
    if (first && scroll) scroll.scrollTop = first.offsetTop - 2 * first.offsetHeight;
  }

  disconnectedCallback() {
    this.#listening.abort();
  }

  get #rows() {
    return /** @type {HTMLTableRowElement[]} */ ([...this.querySelectorAll("tbody tr")]);
  }

  get #marked() {
    return this.#rows.filter((row) => row.dataset.marked);
  }

  /** @param {HTMLTableRowElement | undefined} row is gone into at its doubtful cell, else at its first */
  #enter(row) {
    const cell = row?.querySelector("[data-doubt] [data-column]") ?? this.#cells(row)[0];
    cell?.focus();
    cell?.select();
    row?.scrollIntoView({ block: "nearest" });
  }

  /** Goes to the next line that needs a look, round the end. */
  #next() {
    const marked = this.#marked;
    const place = marked.indexOf(document.activeElement?.closest("tr"));
    this.#enter(marked[(place + 1) % marked.length]);
  }

  /** @param {MouseEvent} event */
  #jump(event) {
    const link = /** @type {HTMLElement} */ (event.target).closest("a[data-line]");
    if (!link) return;
    event.preventDefault();
    this.#enter(this.querySelector(`#line-${link.dataset.line}`));
  }

  /** @param {HTMLTableRowElement | undefined} row */
  #cells(row) {
    return /** @type {(HTMLInputElement | HTMLTextAreaElement)[]} */ ([...(row?.querySelectorAll("[data-column]") ?? [])]);
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    const cell = /** @type {HTMLInputElement | HTMLTextAreaElement} */ (event.target);
    if (!cell.matches("[data-column]")) return;
    const row = cell.closest("tr");
    const place = this.#cells(row).indexOf(cell);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && event.altKey) {
      event.preventDefault();
      this.#move(row, step);
      cell.focus();
    } else if (step) {
      event.preventDefault();
      const next = this.#cells(this.#rows[this.#rows.indexOf(row) + step])[place];
      next?.focus();
      next?.select();
    } else if (event.altKey && /^Key[IXJNS]$/.test(event.code)) {
      // By its place on the keyboard: with Alt the key's own sign may be another one.
      event.preventDefault();
      if (event.code === "KeyN") this.#next();
      else if (event.code === "KeyS") this.#split(row, cell, place);
      else this.#change(event.code.at(-1).toLowerCase(), row, place);
    } else if (event.key === "Enter" && !event.isComposing) {
      event.preventDefault(); // a line break in a cell means nothing
      if (!event.repeat) this.#save(cell);
    }
  }

  /** @param {HTMLInputElement | HTMLTextAreaElement} cell that is still being typed in: it is read first, and saved in the form that means just that */
  async #save(cell) {
    if (this.#isSaving) return;
    this.#isSaving = true;
    await this.#read(cell);
    this.#isSaving = false;
    if (this.isConnected) this.querySelector("form").requestSubmit();
  }

  /**
   * @param {string} key
   * @param {HTMLTableRowElement} row
   * @param {number} place of the cell
   */
  #change(key, row, place) {
    const next = /** @type {HTMLTableRowElement | null} */ (row.nextElementSibling);
    if (key === "i") row.before(this.#blank());
    else if (key === "j" && next && !next.matches(".line-new")) {
      this.#cells(row).forEach((cell, index) => {
        const other = this.#cells(next)[index];
        if (!("value" in cell.dataset)) cell.value = [cell.value, other.value].filter(Boolean).join(" ");
        else if (!cell.value) [cell.value, cell.dataset.value] = [other.value, other.dataset.value];
      });
      next.remove();
    } else if (key === "x" && !row.matches(".line-new")) {
      row.remove();
    }
    this.#renumber();
    this.#cells(row.isConnected ? row : next)[place]?.focus();
  }

  /**
   * @param {HTMLTableRowElement} row
   * @param {number} step 1 moves it down, -1 up
   */
  #move(row, step) {
    const other = this.#rows[this.#rows.indexOf(row) + step];
    if (!other || row.matches(".line-new") || other.matches(".line-new")) return;
    if (step > 0) other.after(row);
    else other.before(row);
    row.scrollIntoView({ block: "nearest" });
    this.#renumber();
  }

  /**
   * Makes two lines of one: what stands behind the cursor goes into the new one, numbers stay.
   *
   * @param {HTMLTableRowElement} row
   * @param {HTMLInputElement | HTMLTextAreaElement} cell
   * @param {number} place of the cell
   */
  #split(row, cell, place) {
    if (row.matches(".line-new")) return;
    const added = this.#blank();
    row.after(added);
    const below = this.#cells(added)[place];
    if (!("value" in cell.dataset)) {
      const at = cell.selectionStart ?? cell.value.length;
      [cell.value, below.value] = [cell.value.slice(0, at).trim(), cell.value.slice(at).trim()];
      cell.toggleAttribute("data-changed", cell.value !== cell.dataset.original);
    }
    this.#renumber();
    below.focus();
  }

  #blank() {
    const row = /** @type {HTMLTableRowElement} */ (this.#rows.at(-1).cloneNode(true));
    row.classList.remove("line-new");
    row.removeAttribute("id");
    for (const cell of this.#cells(row)) {
      cell.value = "";
      if ("value" in cell.dataset) cell.dataset.value = cell.dataset.record = "";
    }
    return row;
  }

  /** @param {HTMLInputElement | HTMLTextAreaElement} cell */
  #typed(cell) {
    if (!cell.matches("[data-column]")) return;
    cell.toggleAttribute("data-changed", cell.value !== cell.dataset.original);
    const row = cell.closest("tr");
    if (row.matches(".line-new") && cell.value) {
      row.after(this.#blank());
      row.classList.remove("line-new");
      this.#rows.at(-1).classList.add("line-new");
      this.#renumber();
    }
    this.#dirty();
  }

  /** @param {HTMLInputElement | HTMLTextAreaElement} cell a number is read by the server, which knows the document's signs, and then stands there in the reader's form */
  async #read(cell) {
    if (!cell.matches("input[data-value]")) return;
    const typed = cell.value;
    if (!typed.trim()) this.#settle(cell, "");
    // What nobody changed is what the record says, to the last digit.
    else if (typed === cell.dataset.original && cell.dataset.record) this.#settle(cell, cell.dataset.record);
    else {
      const readings = await this.#readings(cell);
      if (!readings || cell.value !== typed) return;
      const single = readings.length === 1 ? readings[0] : null;
      const said = { text: typed, ways: either(readings.map((one) => one.shown)) };
      const cause = readings.length > 1 ? t("%(text)s can be %(ways)s: write it out.", said) : t("%(text)s cannot be read.", said);
      this.#settle(cell, single?.value ?? "", single ? "" : cause);
      if (single) write(cell, single.written);
    }
    this.#sum();
  }

  /**
   * @param {HTMLInputElement | HTMLTextAreaElement} cell
   * @returns {Promise<{value: string, shown: string, written: string}[] | null>} null without an answer: it is then read when it is saved
   */
  async #readings(cell) {
    const query = new URLSearchParams({ text: cell.value, column: cell.dataset.column });
    try {
      const answer = await fetch(`${this.dataset.reading}?${query}`, { headers: { Accept: "application/json" } });
      return answer.ok ? (await answer.json()).readings : [];
    } catch {
      return null;
    }
  }

  /**
   * @param {HTMLInputElement | HTMLTextAreaElement} cell
   * @param {string} value canonical
   * @param {string} [cause] why there is none
   */
  #settle(cell, value, cause = "") {
    const says = this.querySelector("[data-says]");
    cell.dataset.value = value;
    cell.toggleAttribute("aria-invalid", Boolean(cause));
    says.dataset.tone = cause ? "wrong" : "";
    says.textContent = cause;
  }

  /** @param {MouseEvent} event */
  #click(event) {
    const row = /** @type {HTMLElement} */ (event.target).closest("[data-drop-line]")?.closest("tr");
    if (row) this.#change("x", row, 0);
  }

  #renumber() {
    this.#rows.forEach((row, index) => {
      row.querySelector("[data-line-number]").textContent = String(index + 1);
      for (const cell of this.#cells(row)) {
        cell.setAttribute("aria-label", cell.getAttribute("aria-label").replace(/\d+$/, String(index + 1)));
      }
    });
    this.#dirty();
    this.#sum();
  }

  #dirty() {
    this.closest("[data-card]").toggleAttribute("data-dirty", true);
  }

  #sum() {
    for (const place of this.querySelectorAll("[data-sum]")) {
      const cells = this.querySelectorAll(`input[data-column="${CSS.escape(place.dataset.sum)}"]`);
      place.textContent = sumOf([...cells].map((cell) => cell.dataset.value).filter(Boolean));
    }
  }
}

/**
 * @param {HTMLInputElement} cell
 * @param {string} text the same value in another form
 */
function write(cell, text) {
  if (cell.value === text) return;
  const isChosen = cell === document.activeElement && cell.selectionStart === 0 && cell.selectionEnd === cell.value.length;
  cell.value = text;
  cell.toggleAttribute("data-changed", text !== cell.dataset.original);
  if (isChosen) cell.select();
}

customElements.define("lines-grid", LinesGrid);
