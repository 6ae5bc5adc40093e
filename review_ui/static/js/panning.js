/** Moves the pages with Space held or the middle button, and zooms around the pointer: Ctrl and wheel, or two fingers. */
const PRESSED_BY_SPACE = "a[href], button, summary, input, select, textarea, [contenteditable]";
const WHEEL_MOST = 25;
const WHEEL_SHARE = 0.01;

export class Panning {
  #pages;
  #zoomBy;
  #isOver = false;
  #isSpace = false;
  #pinch = 0;
  /** @type {{x: number, y: number} | null} what the pointer holds: its place on the pages as they scroll */
  #held = null;
  /** The click that ends it means nothing on the page, even where Space was let go before the button. */
  #wasHeld = false;

  /**
   * @param {HTMLElement} pages that scroll
   * @param {(factor: number, x: number, y: number) => void} zoomBy around a place in pixels of the window
   * @param {AbortSignal} signal
   */
  constructor(pages, zoomBy, signal) {
    this.#pages = pages;
    this.#zoomBy = zoomBy;
    const changing = { signal, passive: false };
    pages.addEventListener("pointerenter", () => (this.#isOver = true), { signal });
    pages.addEventListener("pointerleave", () => (this.#isOver = false), { signal });
    pages.addEventListener("pointerdown", (event) => this.#press(event), { signal });
    pages.addEventListener("click", (event) => this.#wasHeld && event.stopPropagation(), { signal, capture: true });
    pages.addEventListener("pointermove", (event) => this.#move(event), { signal });
    for (const end of ["pointerup", "pointercancel"]) pages.addEventListener(end, () => this.#let(), { signal });
    // the middle button's own scrolling would take over
    pages.addEventListener("mousedown", (event) => event.button === 1 && event.preventDefault(), { signal });
    document.addEventListener("keydown", (event) => this.#space(event), { signal });
    document.addEventListener("keyup", (event) => event.key === " " && this.#lift(), { signal });
    window.addEventListener("blur", () => this.#lift(), { signal });
    pages.addEventListener("wheel", (event) => this.#wheel(event), changing);
    for (const touch of ["touchstart", "touchmove", "touchend"]) {
      pages.addEventListener(touch, (event) => this.#touch(/** @type {TouchEvent} */ (event)), changing);
    }
  }

  /** Whether a press moves the pages now. */
  get isOn() {
    return this.#isSpace || this.#held !== null;
  }

  /** @param {KeyboardEvent} event */
  #space(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    if (event.key !== " " || event.ctrlKey || event.metaKey || event.altKey) return;
    if (!this.#isOver || target.closest(PRESSED_BY_SPACE) || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    this.#isSpace = true;
    this.#pages.dataset.panning = "ready";
  }

  #lift() {
    this.#isSpace = false;
    if (!this.#held) delete this.#pages.dataset.panning;
  }

  /** @param {PointerEvent} event */
  #press(event) {
    this.#wasHeld = false;
    if (event.button !== 1 && !(event.button === 0 && this.#isSpace)) return;
    event.preventDefault();
    this.#wasHeld = true;
    // From where it began: what scrolling rounds off at each step would add up.
    this.#held = { x: this.#pages.scrollLeft + event.clientX, y: this.#pages.scrollTop + event.clientY };
    this.#pages.dataset.panning = "held";
    this.#pages.setPointerCapture(event.pointerId);
  }

  /** @param {PointerEvent} event */
  #move(event) {
    if (!this.#held) return;
    this.#pages.scrollLeft = this.#held.x - event.clientX;
    this.#pages.scrollTop = this.#held.y - event.clientY;
  }

  #let() {
    this.#held = null;
    if (this.#isSpace) this.#pages.dataset.panning = "ready";
    else delete this.#pages.dataset.panning;
  }

  /** @param {WheelEvent} event a pinch on a touchpad comes as this, too */
  #wheel(event) {
    if (!event.ctrlKey) return;
    event.preventDefault();
    const turned = Math.max(-WHEEL_MOST, Math.min(WHEEL_MOST, event.deltaY));
    this.#zoomBy(Math.exp(-turned * WHEEL_SHARE), event.clientX, event.clientY);
  }

  /** @param {TouchEvent} event one finger scrolls as the browser does, two zoom the page and not the whole window */
  #touch(event) {
    if (event.touches.length !== 2) return void (this.#pinch = 0);
    event.preventDefault();
    const [one, other] = event.touches;
    const apart = Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
    if (this.#pinch && apart) this.#zoomBy(apart / this.#pinch, (one.clientX + other.clientX) / 2, (one.clientY + other.clientY) / 2);
    this.#pinch = apart;
  }
}
