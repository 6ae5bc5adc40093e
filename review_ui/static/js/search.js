import { found } from "./finding.js";
import { draw } from "./overlay.js";
import { t } from "./phrases.js";

const PAUSE_MS = 120;

/** Searches the words of all pages: what fits is highlighted, Enter goes from one to the next. */
export class PageSearch extends HTMLElement {
  #listening;
  #timer = 0;
  /** @type {{sheet: HTMLElement, boxes: import("./geometry.js").Box[]}[]} */
  #found = [];
  #now = -1;
  #asked = "";
  /** @type {HTMLElement | null} */
  #cameFrom = null;

  connectedCallback() {
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    this.addEventListener("click", (event) => this.#click(event), { signal });
    this.addEventListener("keydown", (event) => this.#press(event), { signal });
    this.#input.addEventListener("input", () => this.#typed(), { signal });
  }

  disconnectedCallback() {
    this.#listening.abort();
    clearTimeout(this.#timer);
  }

  get #viewer() {
    return /** @type {import("./viewer.js").PageViewer} */ (this.closest("page-viewer"));
  }

  get #input() {
    return /** @type {HTMLInputElement} */ (this.querySelector("input"));
  }

  get #box() {
    return /** @type {HTMLElement} */ (this.querySelector("[data-search-box]"));
  }

  /** @param {MouseEvent} event */
  #click(event) {
    const pressed = /** @type {HTMLElement} */ (event.target).closest("[data-search]");
    if (!pressed) return;
    if (pressed.dataset.search === "open") this.#open();
    else if (pressed.dataset.search === "close") this.#close();
    else this.#go(Number(pressed.dataset.search));
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    if (event.isComposing || event.target !== this.#input) return;
    if (event.key === "Escape") this.#close();
    else if (event.key === "Enter") this.#enter(event.shiftKey ? -1 : 1);
    else return;
    event.preventDefault();
  }

  #open() {
    this.#cameFrom = /** @type {HTMLElement} */ (document.activeElement);
    this.#box.hidden = false;
    this.querySelector("[data-search=open]").hidden = true;
    this.#input.focus();
    this.#input.select();
    if (this.#input.value) this.#look();
  }

  #close() {
    clearTimeout(this.#timer);
    this.#asked = "";
    this.#box.hidden = true;
    this.querySelector("[data-search=open]").hidden = false;
    this.#show([]);
    const from = this.#cameFrom;
    const card = /** @type {HTMLElement | null} */ (this.closest(".desk")?.querySelector("[data-card]"));
    const isBack = from?.isConnected && from !== document.body && from.checkVisibility();
    (isBack ? from : (card ?? this.#viewer.pages)).focus({ preventScroll: true });
  }

  #typed() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#look(), PAUSE_MS);
  }

  /** @param {number} step what was typed a moment ago is looked for first */
  async #enter(step) {
    if (this.#input.value !== this.#asked) await this.#look();
    else this.#go(step);
  }

  async #look() {
    clearTimeout(this.#timer);
    const text = this.#input.value;
    this.#asked = text;
    if (!text.trim()) return this.#show([]);
    const viewer = this.#viewer;
    const sheets = viewer.sheets;
    if (sheets.length > 9) this.#say(t("searching …"));
    const pages = await viewer.library.all(viewer.dataset.words, sheets);
    if (this.#asked !== text || this.#box.hidden) return;
    this.#show(found(text, pages).map(({ page, boxes }) => ({ sheet: sheets[page], boxes })));
    // It begins at what is in sight: nobody wants to be thrown back to the first page.
    const from = sheets.indexOf(viewer.sheet);
    const first = this.#found.findIndex((one) => sheets.indexOf(one.sheet) >= from);
    this.#at(Math.max(0, first));
  }

  /** @param {{sheet: HTMLElement, boxes: import("./geometry.js").Box[]}[]} all */
  #show(all) {
    this.#found = all;
    this.#now = -1;
    for (const sheet of this.#viewer.sheets) {
      draw(sheet, "found", all.filter((one) => one.sheet === sheet).flatMap((one) => one.boxes));
      draw(sheet, "current", []);
    }
    this.#input.toggleAttribute("data-none", Boolean(this.#asked.trim()) && !all.length);
    this.#say(!this.#asked.trim() ? "" : t("no match"));
  }

  /** @param {number} step */
  #go(step) {
    const count = this.#found.length;
    if (count) this.#at((this.#now + step + count) % count);
  }

  /** @param {number} place */
  #at(place) {
    const one = this.#found[place];
    if (!one) return;
    const before = this.#found[this.#now];
    if (before) draw(before.sheet, "current", []);
    this.#now = place;
    draw(one.sheet, "current", one.boxes);
    this.#viewer.bring(one.sheet, one.boxes[0]);
    this.#say(t("%(place)s of %(count)s", { place: place + 1, count: this.#found.length }));
  }

  /** @param {string} words */
  #say(words) {
    this.querySelector("[data-search-count]").textContent = words;
  }
}

customElements.define("page-search", PageSearch);
