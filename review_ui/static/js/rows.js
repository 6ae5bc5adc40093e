/**
 * Arrow keys, j and k move over a list's rows; Enter opens one through its own link or button; x chooses one, and with
 * Shift all from the last one chosen to it, where rows can be chosen.
 */
import { t } from "./phrases.js";

export class RowList extends HTMLElement {
  #listening;
  /** @type {HTMLInputElement | null} */
  #last = null;

  connectedCallback() {
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    document.addEventListener("keydown", (event) => this.#press(event), { signal });
    this.addEventListener("dblclick", (event) => {
      if (!event.target.closest("input, label")) event.target.closest("[data-row]")?.querySelector(".row-open")?.click();
    }, { signal });
    this.addEventListener("click", (event) => this.#click(event), { signal });
    this.addEventListener("change", () => this.#tell(), { signal });
    this.#tell();
  }

  disconnectedCallback() {
    this.#listening.abort();
  }

  /** @returns {HTMLInputElement[]} */
  get ticks() {
    return [...this.querySelectorAll("[data-tick]")];
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (target.matches("input:not([type=checkbox]), select, textarea")) return;
    if (document.querySelector("dialog[open], details.menu[open]")) return;
    if (event.key === "x" || event.key === "X") return this.#choose(event);
    this.#move(event);
  }

  /** @param {KeyboardEvent} event */
  #move(event) {
    const step = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key];
    if (!step) return;
    const openers = [...this.querySelectorAll("[data-row] .row-open")];
    const place = openers.findIndex((one) => one.closest("[data-row]").contains(/** @type {Node} */ (event.target)));
    const next = openers[Math.min(openers.length - 1, Math.max(0, place + step))];
    if (!next) return;
    event.preventDefault();
    next.focus();
    next.closest("[data-row]").scrollIntoView({ block: "nearest" });
  }

  /** @param {KeyboardEvent} event */
  #choose(event) {
    const tick = /** @type {HTMLElement} */ (event.target).closest("[data-row]")?.querySelector("[data-tick]");
    if (!tick) return;
    event.preventDefault();
    tick.checked = !tick.checked;
    this.#reach(tick, event.shiftKey);
    this.#tell();
  }

  /** @param {MouseEvent} event */
  #click(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    if (target.matches("[data-all]")) for (const one of this.ticks) one.checked = target.checked;
    else if (target.matches("[data-tick]")) this.#reach(target, event.shiftKey);
  }

  /**
   * @param {HTMLInputElement} tick was just set: with `far`, all between it and the one before take its state.
   * @param {boolean} far
   */
  #reach(tick, far) {
    const ticks = this.ticks;
    const [from, to] = [ticks.indexOf(this.#last ?? tick), ticks.indexOf(tick)].sort((a, b) => a - b);
    if (far && from >= 0) for (const one of ticks.slice(from, to + 1)) one.checked = tick.checked;
    this.#last = tick;
  }

  /** Says how many are chosen, and lets pressed what needs some. */
  #tell() {
    const count = this.ticks.filter((one) => one.checked).length;
    const all = this.querySelector("[data-all]");
    const told = this.querySelector("[data-chosen]");
    if (all) {
      all.checked = count > 0 && count === this.ticks.length;
      all.indeterminate = count > 0 && !all.checked;
    }
    if (told) told.textContent = count ? t("%(count)s chosen.", { count }) : told.dataset.none ?? (told.dataset.none = told.textContent);
    for (const one of this.querySelectorAll("[data-needs-chosen]")) one.disabled = count === 0;
    this.toggleAttribute("data-choosing", count > 0);
  }
}

customElements.define("row-list", RowList);
