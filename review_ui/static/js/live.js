/**
 * Keeps a list up to date without a reload: asks every few seconds whether anything has changed, which costs the server
 * one look at one row, and takes the parts marked `data-live` from a fresh page when it has.
 *
 * It rests while the page is hidden, and when nobody has touched it for a while: a list left open is no reason to keep
 * somebody logged in.
 */
const EVERY_MS = 4_000;
const REST_AFTER_MS = 10 * 60_000;

export class LiveList extends HTMLElement {
  #listening;
  #timer = 0;
  #touched = Date.now();
  #etag = "";

  connectedCallback() {
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    for (const sign of ["keydown", "pointermove", "pointerdown", "visibilitychange"]) {
      document.addEventListener(sign, () => (this.#touched = Date.now()), { signal, passive: true });
    }
    this.#timer = setInterval(() => this.#look(), EVERY_MS);
    this.#look();
  }

  disconnectedCallback() {
    this.#listening.abort();
    clearInterval(this.#timer);
  }

  async #look() {
    if (document.hidden || Date.now() - this.#touched > REST_AFTER_MS) return;
    try {
      const answer = await fetch(this.dataset.pulse, { headers: this.#etag ? { "If-None-Match": this.#etag } : {}, cache: "no-store" });
      if (answer.status === 304 || !answer.ok) return;
      const isFirst = !this.#etag;
      const etag = answer.headers.get("ETag") ?? "";
      if (!isFirst && etag !== this.#etag && !(await this.#renew())) return;
      this.#etag = etag;
    } catch {
      // Offline for a moment: the next look tries again.
    }
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
