/** Keeps a list up to date without a reload: takes the parts marked `data-live` from a fresh page when it has changed. */
import { Pulse } from "./pulse.js";

export class LiveList extends HTMLElement {
  #listening;

  connectedCallback() {
    this.#listening = new AbortController();
    new Pulse(this.dataset.pulse, (_, isFirst) => isFirst || this.#renew(), this.#listening.signal).ask();
  }

  disconnectedCallback() {
    this.#listening.abort();
  }

  /** @returns {Promise<boolean>} whether the page shows the newest list now; not while somebody chooses from a menu. */
  async #renew() {
    if (document.querySelector("dialog[open], details.menu[open]")) return false;
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!answer.ok || answer.redirected) return false;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const parts = [...document.querySelectorAll("[data-live]")];
    const pairs = parts.map((part) => [part, fresh.querySelector(`[data-live="${part.dataset.live}"]`)]);
    // From an empty list to a full one, or back, the whole page looks different.
    if (pairs.some(([, newer]) => !newer) || fresh.querySelectorAll("[data-live]").length !== parts.length) {
      location.reload();
      return true;
    }
    const held = document.activeElement?.closest("[data-row]")?.dataset.document;
    const tag = document.activeElement?.matches("[data-tick]") ? "[data-tick]" : ".row-open";
    const chosen = new Set([...document.querySelectorAll("[data-tick]:checked")].map((one) => one.value));
    for (const [part, newer] of pairs) if (part.innerHTML !== newer.innerHTML) part.replaceChildren(...newer.childNodes);
    for (const one of document.querySelectorAll("[data-tick]")) one.checked = chosen.has(one.value);
    if (held && !document.activeElement?.closest("[data-row]")) {
      document.querySelector(`[data-document="${held}"] ${tag}`)?.focus({ preventScroll: true });
    }
    document.querySelector("row-list")?.dispatchEvent(new Event("change"));
    return true;
  }
}

customElements.define("live-list", LiveList);
