/** How long a finger rests before it means more than a tap. */
const REST_MS = 500;
/** How far a resting finger may stray, in pixels: skin rolls. */
const STRAY_PX = 10;

/**
 * Tells when a finger rests on the pages. Browsers agree on no event for it, and some open a menu of their own instead.
 *
 * The click that may follow means nothing; a finger that moves scrolls, and a second one zooms.
 */
export class Fingers {
  /** Whether the last press was a finger's. */
  isOne = false;
  #rested;
  #timer = 0;
  #wasRest = false;
  /** @type {PointerEvent | null} */
  #down = null;

  /**
   * @param {HTMLElement} pages
   * @param {(event: PointerEvent) => void} rested
   * @param {AbortSignal} signal
   */
  constructor(pages, rested, signal) {
    this.#rested = rested;
    pages.addEventListener("pointerdown", (event) => this.#press(event), { signal, capture: true });
    pages.addEventListener("pointermove", (event) => this.#move(event), { signal });
    for (const end of ["pointerup", "pointercancel"]) pages.addEventListener(end, () => this.#lift(), { signal });
    pages.addEventListener("contextmenu", (event) => this.isOne && event.preventDefault(), { signal });
    pages.addEventListener("click", (event) => this.#wasRest && event.stopPropagation(), { signal, capture: true });
    signal.addEventListener("abort", () => this.#lift());
  }

  /** @param {PointerEvent} event */
  #press(event) {
    const isSecond = this.#down !== null;
    this.#lift();
    this.#wasRest = false;
    this.isOne = event.pointerType === "touch";
    if (!this.isOne || isSecond) return;
    this.#down = event;
    this.#timer = setTimeout(() => {
      this.#wasRest = true;
      this.#rested(event);
    }, REST_MS);
  }

  /** @param {PointerEvent} event */
  #move(event) {
    const down = this.#down;
    if (down && Math.hypot(event.clientX - down.clientX, event.clientY - down.clientY) > STRAY_PX) this.#lift();
  }

  #lift() {
    clearTimeout(this.#timer);
    this.#down = null;
  }
}
