/** The edge between pages and fields, moved by pointer or arrow keys; where it stands is remembered in this browser. */
import { t } from "./phrases.js";

export const KEPT_AS = "proofdesk.side";
const LEAST_PX = 360;
const MOST_SHARE = 0.7;
const STEP_PX = 24;

export class PaneSplitter extends HTMLElement {
  #listening;

  connectedCallback() {
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    this.addEventListener("pointerdown", (event) => this.#press(event), { signal });
    this.addEventListener("pointermove", (event) => this.hasPointerCapture(event.pointerId) && this.#set(this.#end - event.clientX), { signal });
    this.addEventListener("pointerup", () => this.#keep(), { signal });
    this.addEventListener("dblclick", () => this.#reset(), { signal });
    this.addEventListener("keydown", (event) => this.#key(event), { signal });
    window.addEventListener("resize", () => this.#tell(), { signal });
    this.#tell();
  }

  disconnectedCallback() {
    this.#listening.abort();
  }

  get #side() {
    return /** @type {HTMLElement} */ (this.closest(".desk").querySelector(".side"));
  }

  /** Where the fields end, in pixels from the left. */
  get #end() {
    return this.#side.getBoundingClientRect().right;
  }

  get #most() {
    return Math.max(LEAST_PX, Math.round(this.closest(".desk").clientWidth * MOST_SHARE));
  }

  /** @param {PointerEvent} event */
  #press(event) {
    if (event.button !== 0) return;
    event.preventDefault();
    this.focus();
    this.setPointerCapture(event.pointerId);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const now = this.#side.offsetWidth;
    const width = { ArrowLeft: now + STEP_PX, ArrowRight: now - STEP_PX, Home: this.#most, End: LEAST_PX }[event.key];
    if (event.key === "Enter") this.#reset();
    else if (width === undefined) return;
    else {
      this.#set(width);
      this.#keep();
    }
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {number} width of the fields in pixels */
  #set(width) {
    const kept = Math.round(Math.min(this.#most, Math.max(LEAST_PX, width)));
    document.documentElement.style.setProperty("--side", `${kept}px`);
    document.documentElement.dataset.side = String(kept);
    this.#tell();
  }

  #keep() {
    const { side } = document.documentElement.dataset;
    try {
      if (side) localStorage.setItem(KEPT_AS, side);
    } catch {
      // Without storage it holds until the page is left.
    }
  }

  #reset() {
    document.documentElement.style.removeProperty("--side");
    delete document.documentElement.dataset.side;
    try {
      localStorage.removeItem(KEPT_AS);
    } catch {
      // There was nothing to forget.
    }
    this.#tell();
  }

  #tell() {
    const whole = this.closest(".desk").clientWidth || 1;
    const share = (/** @type {number} */ width) => String(Math.round((100 * width) / whole));
    this.setAttribute("aria-valuemin", share(LEAST_PX));
    this.setAttribute("aria-valuemax", share(this.#most));
    this.setAttribute("aria-valuenow", share(this.#side.offsetWidth));
    this.setAttribute("aria-valuetext", t("Fields %(share)s % of the window", { share: share(this.#side.offsetWidth) }));
  }
}

customElements.define("pane-splitter", PaneSplitter);
