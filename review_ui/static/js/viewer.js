import { clamped, fitting, laidOut } from "./geometry.js";

const STEP = 1.2;
const READABLE_PX = 13;
const REVEALED_PX = 19;
const SHARP_FROM = 1.25;

/** Zooms, turns and scrolls the pages, and brings the open field's evidence into sight. */
export class PageViewer extends HTMLElement {
  #listening;
  /** @type {number | null} null fits the width */
  #zoom = null;
  #turn = 0;

  connectedCallback() {
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    this.addEventListener("click", (event) => this.#click(event), { signal });
    this.#pages.addEventListener("scroll", () => this.#where(), { signal, passive: true });
    this.closest("review-desk")?.addEventListener("desk:field", () => this.#reveal(), { signal });
    for (const thumb of this.#thumbs) thumb.addEventListener("click", (event) => this.#jump(event), { signal });
    const watching = new ResizeObserver(() => this.#lay());
    watching.observe(this.#pages);
    signal.addEventListener("abort", () => watching.disconnect());
    this.#lay();
    this.#reveal();
  }

  disconnectedCallback() {
    this.#listening.abort();
  }

  get #pages() {
    return /** @type {HTMLElement} */ (this.querySelector(".viewer-pages"));
  }

  get #sheets() {
    return /** @type {HTMLElement[]} */ ([...this.querySelectorAll(".sheet")]);
  }

  get #thumbs() {
    return /** @type {HTMLElement[]} */ ([...(this.parentElement?.querySelectorAll(".thumb") ?? [])]);
  }

  get #room() {
    const style = getComputedStyle(this.#pages);
    return this.#pages.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
  }

  /** @param {HTMLElement} sheet */
  #zoomOf(sheet) {
    return this.#zoom ?? fitting(+sheet.dataset.width, +sheet.dataset.height, this.#room, this.#turn);
  }

  #lay() {
    for (const sheet of this.#sheets) {
      const zoom = this.#zoomOf(sheet);
      const { width, height, transform, paper } = laidOut(+sheet.dataset.width, +sheet.dataset.height, zoom, this.#turn);
      Object.assign(sheet.style, { width: `${width}px`, minHeight: `${height}px` });
      Object.assign(sheet.firstElementChild.style, { width: `${paper}px`, transform });
      const image = sheet.querySelector("img");
      if (zoom * devicePixelRatio > SHARP_FROM && image.dataset.sharp) {
        image.srcset = image.dataset.sharp;
        delete image.dataset.sharp;
      }
    }
    const first = this.#sheets[0];
    if (first) this.querySelector("[data-zoom-now]").textContent = `${Math.round(this.#zoomOf(first) * 100)} %`;
    this.#where();
  }

  /** @param {MouseEvent} event */
  #click(event) {
    const pressed = /** @type {HTMLElement} */ (event.target).closest("[data-zoom], [data-rotate], [data-turn-page]");
    if (!pressed) return;
    if (pressed.dataset.turnPage) return this.#go(this.#now + Number(pressed.dataset.turnPage));
    if ("rotate" in pressed.dataset) this.#turn = (this.#turn + 1) % 4;
    else this.#change(pressed.dataset.zoom);
    this.#lay();
    if ("rotate" in pressed.dataset) this.#reveal();
  }

  /** @param {string} how keeps the middle of what is in sight where it is */
  #change(how) {
    const pages = this.#pages;
    const middle = (pages.scrollTop + pages.clientHeight / 2) / pages.scrollHeight;
    const now = this.#sheets[0] ? this.#zoomOf(this.#sheets[0]) : 1;
    this.#zoom = how === "fit" ? null : clamped(how === "in" ? now * STEP : now / STEP);
    this.#lay();
    pages.scrollTop = middle * pages.scrollHeight - pages.clientHeight / 2;
  }

  /** @returns {number} index of the page that is in sight */
  get #now() {
    const { scrollTop, clientHeight } = this.#pages;
    const line = scrollTop + clientHeight / 3;
    const place = this.#sheets.findLastIndex((sheet) => sheet.offsetTop - this.#pages.offsetTop <= line);
    return Math.max(0, place);
  }

  #where() {
    const now = this.#now;
    const shown = this.querySelector("[data-page-now]");
    if (shown.textContent !== String(now + 1)) shown.textContent = String(now + 1);
    this.#thumbs.forEach((thumb, index) => {
      if (index === now) thumb.setAttribute("aria-current", "true");
      else thumb.removeAttribute("aria-current");
    });
  }

  /** @param {number} index */
  #go(index) {
    this.#sheets[index]?.scrollIntoView({ block: "start" });
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
      this.#zoom = clamped((this.#zoomOf(this.#sheets[0]) * REVEALED_PX) / height);
      this.#lay();
    }
    const room = this.#inSight();
    const box = mark.getBoundingClientRect();
    const isSeen = box.top > room.top + 8 && box.bottom < room.bottom - 8 && box.left >= room.left && box.right <= room.right;
    if (isSeen) return;
    this.#pages.scrollTop += (box.top + box.bottom) / 2 - (room.top + room.bottom) / 2;
    this.#pages.scrollLeft += Math.max(0, box.right - room.right + 24) || Math.min(0, box.left - room.left - 24);
  }

  /** @returns {{top: number, bottom: number, left: number, right: number}} the pages' box without what a phone's card covers */
  #inSight() {
    const { top, bottom, left, right } = this.#pages.getBoundingClientRect();
    const card = this.closest("review-desk")?.querySelector("[data-card]");
    const cover = card && getComputedStyle(card).position === "sticky" ? card.getBoundingClientRect().top : bottom;
    return { top, bottom: Math.max(top + 80, Math.min(bottom, cover)), left, right };
  }
}

customElements.define("page-viewer", PageViewer);
