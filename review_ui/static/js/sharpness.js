import { LEVELS, levelFor } from "./geometry.js";

/** Zooming asks once it rests, not at each of its steps. */
const REST_MS = 150;
/** From here on an image is so large that it is let go when its page leaves the sight. */
const LARGE = 300;

/** Loads, for the pages in sight alone, images that are as fine as the zoom needs them. */
export class Sharpness {
  #zoomOf;
  #timer = 0;
  /** @type {Set<HTMLElement>} */
  #seen = new Set();

  /**
   * @param {HTMLElement} pages that scroll
   * @param {HTMLElement[]} sheets
   * @param {(sheet: HTMLElement) => number} zoomOf
   * @param {AbortSignal} signal
   */
  constructor(pages, sheets, zoomOf, signal) {
    this.#zoomOf = zoomOf;
    const watching = new IntersectionObserver((entries) => this.#moved(entries), { root: pages, rootMargin: "80px" });
    for (const sheet of sheets) watching.observe(sheet);
    signal.addEventListener("abort", () => (watching.disconnect(), clearTimeout(this.#timer)));
  }

  /** Looks soon whether the images in sight are fine enough. */
  ask() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#look(), REST_MS);
  }

  /** @param {IntersectionObserverEntry[]} entries */
  #moved(entries) {
    for (const { target, isIntersecting } of entries) {
      const sheet = /** @type {HTMLElement} */ (target);
      if (isIntersecting) this.#seen.add(sheet);
      else {
        this.#seen.delete(sheet);
        if (levelOf(imageOf(sheet)) >= LARGE) this.#load(imageOf(sheet), LEVELS[0]);
      }
    }
    this.ask();
  }

  #look() {
    for (const sheet of this.#seen) {
      const level = levelFor(this.#zoomOf(sheet), devicePixelRatio);
      if (level > levelOf(imageOf(sheet))) this.#load(imageOf(sheet), level);
    }
  }

  /**
   * @param {HTMLImageElement} image keeps showing what it shows until the other is there
   * @param {number} level
   */
  async #load(image, level) {
    const address = new URL(image.src);
    address.searchParams.set("dpi", String(level));
    image.dataset.dpi = String(level);
    const next = new Image();
    next.src = address.href;
    try {
      await next.decode();
    } catch {
      delete image.dataset.dpi; // what could not be fetched is asked for again
      return;
    }
    if (image.dataset.dpi !== String(level)) return;
    image.removeAttribute("srcset");
    image.src = address.href;
  }
}

/** @param {HTMLElement} sheet */
function imageOf(sheet) {
  return /** @type {HTMLImageElement} */ (sheet.querySelector("img"));
}

/**
 * @param {HTMLImageElement} image
 * @returns {number} the level that was asked for last, or that the browser chose of the two it was offered
 */
function levelOf(image) {
  return Number(image.dataset.dpi ?? new URL(image.currentSrc || image.src).searchParams.get("dpi"));
}
