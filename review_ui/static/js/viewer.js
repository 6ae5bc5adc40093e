import { WordCursor } from "./cursor.js";
import { clamped, fitting, laidOut, pagePoint, seenAt } from "./geometry.js";
import { MarkNames } from "./marks.js";
import { Panning } from "./panning.js";
import { Sharpness } from "./sharpness.js";
import { Taking } from "./taking.js";
import { Library } from "./words.js";

const STEP = 1.2;
const READABLE_PX = 13;
const REVEALED_PX = 19;

/** Zooms, turns and scrolls the pages, and brings the open field's evidence into sight. */
export class PageViewer extends HTMLElement {
  #listening;
  /** @type {number | null} null fits the width */
  #zoom = null;
  #turn = 0;
  #panning;
  #sharpness;
  #marks;
  library = new Library();

  connectedCallback() {
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    const desk = /** @type {HTMLElement | null} */ (this.closest("review-desk"));
    this.#panning = new Panning(this.pages, (factor, x, y) => this.#zoomTo(this.#zoomNow * factor, x, y), signal);
    this.#sharpness = new Sharpness(this.pages, this.sheets, (sheet) => this.#zoomOf(sheet), signal);
    this.#marks = new MarkNames(this, desk, signal);
    this.addEventListener("click", (event) => this.#click(event), { signal });
    this.pages.addEventListener("scroll", () => this.#where(), { signal, passive: true });
    desk?.addEventListener("desk:field", () => this.#reveal(), { signal });
    for (const thumb of this.#thumbs) thumb.addEventListener("click", (event) => this.#jump(event), { signal });
    const watching = new ResizeObserver(() => this.#lay());
    watching.observe(this.pages);
    signal.addEventListener("abort", () => watching.disconnect());
    if (desk && "fills" in this.dataset) {
      const taking = new Taking(this, desk, this.library, signal);
      new WordCursor(this, desk, taking, signal);
    }
    this.#lay();
    this.#reveal();
  }

  disconnectedCallback() {
    this.#listening.abort();
  }

  get pages() {
    return /** @type {HTMLElement} */ (this.querySelector(".viewer-pages"));
  }

  get sheets() {
    return /** @type {HTMLElement[]} */ ([...this.querySelectorAll(".sheet")]);
  }

  /** @returns {HTMLElement | undefined} the page that is in sight */
  get sheet() {
    return this.sheets[this.#now];
  }

  /** Whether a press moves the pages now, and means nothing on them. */
  get isPanning() {
    return this.#panning.isOn;
  }

  /**
   * @param {HTMLElement} sheet
   * @param {{clientX: number, clientY: number}} event
   * @returns {{x: number, y: number}} in points of the page
   */
  point(sheet, event) {
    const paper = sheet.querySelector(".paper").getBoundingClientRect();
    return pagePoint(paper, event.clientX, event.clientY, sizeOf(sheet), this.#turn);
  }

  /**
   * @param {HTMLElement} sheet
   * @param {import("./geometry.js").Box} box in points
   * @returns {{left: number, top: number, right: number, bottom: number}} in pixels of the window
   */
  seen(sheet, box) {
    return seenAt(sheet.querySelector(".paper").getBoundingClientRect(), box, sizeOf(sheet), this.#turn);
  }

  /** @param {HTMLElement} target whether a click there goes to another field */
  leadsAway(target) {
    return this.#marks.isOther(target);
  }

  /**
   * Goes to the field whose mark lies at a place, where a click there would.
   *
   * @param {{clientX: number, clientY: number}} place
   * @returns {boolean} whether it did
   */
  lead(place) {
    return this.#marks.lead(place);
  }

  /** @param {string} sentence is shown, and read out */
  say(sentence) {
    const place = /** @type {HTMLElement} */ (this.querySelector("[data-viewer-says]"));
    place.textContent = sentence;
  }

  /**
   * Scrolls until a place on a page is seen, and not at all where it is.
   *
   * @param {HTMLElement} sheet
   * @param {import("./geometry.js").Box} box in points
   */
  bring(sheet, box) {
    this.#bring(this.seen(sheet, box));
  }

  get #thumbs() {
    return /** @type {HTMLElement[]} */ ([...(this.parentElement?.querySelectorAll(".thumb") ?? [])]);
  }

  get #room() {
    const style = getComputedStyle(this.pages);
    return this.pages.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
  }

  get #zoomNow() {
    return this.sheets[0] ? this.#zoomOf(this.sheets[0]) : 1;
  }

  /** @param {HTMLElement} sheet */
  #zoomOf(sheet) {
    return this.#zoom ?? fitting(+sheet.dataset.width, +sheet.dataset.height, this.#room, this.#turn);
  }

  #lay() {
    for (const sheet of this.sheets) {
      const { width, height, transform, paper } = laidOut(+sheet.dataset.width, +sheet.dataset.height, this.#zoomOf(sheet), this.#turn);
      Object.assign(sheet.style, { width: `${width}px`, minHeight: `${height}px` });
      Object.assign(sheet.firstElementChild.style, { width: `${paper}px`, transform });
    }
    if (this.sheets[0]) this.querySelector("[data-zoom-now]").textContent = `${Math.round(this.#zoomNow * 100)} %`;
    this.#sharpness.ask();
    this.#where();
  }

  /** @param {MouseEvent} event */
  #click(event) {
    const pressed = /** @type {HTMLElement} */ (event.target).closest("[data-zoom], [data-rotate], [data-turn-page]");
    if (!pressed) return;
    if (pressed.dataset.turnPage) return this.#go(this.#now + Number(pressed.dataset.turnPage));
    if ("rotate" in pressed.dataset) {
      this.#turn = (this.#turn + 1) % 4;
      this.#lay();
      this.#reveal();
    } else this.#change(pressed.dataset.zoom);
  }

  /** @param {string} how keeps the middle of what is in sight where it is */
  #change(how) {
    const { left, top, width, height } = this.pages.getBoundingClientRect();
    const zoom = how === "fit" ? null : this.#zoomNow * (how === "in" ? STEP : 1 / STEP);
    this.#zoomTo(zoom, left + width / 2, top + height / 2);
  }

  /**
   * @param {number | null} zoom null fits the width
   * @param {number} x what lies here, in pixels of the window, stays here
   * @param {number} y
   */
  #zoomTo(zoom, x, y) {
    const under = this.sheets.findLast((sheet) => sheet.getBoundingClientRect().top <= y) ?? this.sheets[0];
    const before = under?.getBoundingClientRect();
    this.#zoom = zoom === null ? null : clamped(zoom);
    this.#lay();
    if (!under) return;
    const after = under.getBoundingClientRect();
    this.pages.scrollLeft += after.left + ((x - before.left) / before.width) * after.width - x;
    this.pages.scrollTop += after.top + ((y - before.top) / before.height) * after.height - y;
  }

  /** @returns {number} index of the page that is in sight */
  get #now() {
    const { scrollTop, clientHeight } = this.pages;
    const line = scrollTop + clientHeight / 3;
    const place = this.sheets.findLastIndex((sheet) => sheet.offsetTop - this.pages.offsetTop <= line);
    return Math.max(0, place);
  }

  #where() {
    const now = this.#now;
    const shown = this.querySelector("[data-page-now]");
    if (shown.textContent !== String(now + 1)) shown.textContent = String(now + 1);
    this.#thumbs.forEach((thumb, index) => {
      if (index !== now) return thumb.removeAttribute("aria-current");
      if (thumb.hasAttribute("aria-current")) return;
      thumb.setAttribute("aria-current", "true");
      thumb.scrollIntoView({ block: "nearest" });
    });
  }

  /** @param {number} index */
  #go(index) {
    this.sheets[index]?.scrollIntoView({ block: "start" });
  }

  /** @param {Event} event */
  #jump(event) {
    event.preventDefault();
    this.#go(this.#thumbs.indexOf(/** @type {HTMLElement} */ (event.currentTarget)));
  }

  /** Scrolls, and zooms in where the print is too small to read, but never where it is in sight already. */
  #reveal() {
    const mark = this.querySelector(".mark-focus");
    if (!mark) return;
    const height = mark.getBoundingClientRect().height;
    if (this.#zoom === null && height > 0 && height < READABLE_PX) {
      this.#zoom = clamped((this.#zoomNow * REVEALED_PX) / height);
      this.#lay();
    }
    this.#bring(mark.getBoundingClientRect());
  }

  /** @param {{left: number, top: number, right: number, bottom: number}} box in pixels of the window */
  #bring(box) {
    const room = this.#inSight();
    const isSeen = box.top > room.top + 8 && box.bottom < room.bottom - 8 && box.left >= room.left && box.right <= room.right;
    if (isSeen) return;
    this.pages.scrollTop += (box.top + box.bottom) / 2 - (room.top + room.bottom) / 2;
    this.pages.scrollLeft += Math.max(0, box.right - room.right + 24) || Math.min(0, box.left - room.left - 24);
  }

  /** @returns {{top: number, bottom: number, left: number, right: number}} the pages' box without what a phone's card covers */
  #inSight() {
    const { top, bottom, left, right } = this.pages.getBoundingClientRect();
    const card = this.closest("review-desk")?.querySelector("[data-card]");
    const cover = card && getComputedStyle(card).position === "sticky" ? card.getBoundingClientRect().top : bottom;
    return { top, bottom: Math.max(top + 80, Math.min(bottom, cover)), left, right };
  }
}

/**
 * @param {HTMLElement} sheet
 * @returns {{width: number, height: number}} in points
 */
function sizeOf(sheet) {
  return { width: Number(sheet.dataset.width), height: Number(sheet.dataset.height) };
}

customElements.define("page-viewer", PageViewer);
