/** Arrow keys, j and k move over a list's rows; Enter opens one through its own link or button. */
export class RowList extends HTMLElement {
  #listening;

  connectedCallback() {
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    document.addEventListener("keydown", (event) => this.#move(event), { signal });
    this.addEventListener("dblclick", (event) => event.target.closest("[data-row]")?.querySelector(".row-open")?.click(), { signal });
  }

  disconnectedCallback() {
    this.#listening.abort();
  }

  /** @param {KeyboardEvent} event */
  #move(event) {
    const step = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key];
    const target = /** @type {HTMLElement} */ (event.target);
    if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
    if (target.matches("input, select, textarea") || document.querySelector("dialog[open], details.menu[open]")) return;
    const openers = [...this.querySelectorAll("[data-row] .row-open")];
    const place = openers.findIndex((one) => one.closest("[data-row]").contains(target));
    const next = openers[Math.min(openers.length - 1, Math.max(0, place + step))];
    if (!next) return;
    event.preventDefault();
    next.focus();
    next.closest("[data-row]").scrollIntoView({ block: "nearest" });
  }
}

customElements.define("row-list", RowList);
