/**
 * What others say while somebody reads: asks every few seconds, which costs the server a look at a row or two, and only
 * while the page is in sight and in use; notes what the reader has had before their eyes of what waits for them.
 */
import { t } from "./phrases.js";

const EVERY_MS = 4_000;
const REST_AFTER_MS = 10 * 60_000;
const SEEN_MS = 1_000;

export class Overhearing {
  #fold;
  #show;
  #etag = "";
  #newest;
  #touched = Date.now();
  #timer = 0;
  #seeing;

  /**
   * @param {HTMLElement} fold the element with the comments
   * @param {(pieces: any) => void} show takes what the server renders
   * @param {AbortSignal} signal
   */
  constructor(fold, show, signal) {
    this.#fold = fold;
    this.#show = show;
    this.#newest = Math.max(0, ...[...fold.querySelectorAll("[data-comment]")].map((one) => Number(one.dataset.comment)));
    for (const sign of ["keydown", "pointermove", "pointerdown", "visibilitychange"]) {
      document.addEventListener(sign, () => (this.#touched = Date.now()), { signal, passive: true });
    }
    const asking = setInterval(() => this.#ask(), EVERY_MS);
    this.#seeing = new IntersectionObserver((seen) => this.#see(seen), { threshold: 0.5 });
    signal.addEventListener("abort", () => {
      clearInterval(asking);
      clearTimeout(this.#timer);
      this.#seeing.disconnect();
    });
    this.watch();
  }

  /** Looks out for comments that wait for the reader, among those that stand there now. */
  watch() {
    this.#seeing.disconnect();
    for (const one of this.#fold.querySelectorAll("[data-unread]")) this.#seeing.observe(one);
  }

  async #ask() {
    if (document.hidden || Date.now() - this.#touched > REST_AFTER_MS) return;
    const headers = { Accept: "application/json", ...(this.#etag ? { "If-None-Match": this.#etag } : {}) };
    try {
      const answer = await fetch(`${this.#fold.dataset.address}?on=${this.#fold.dataset.on}`, { headers, cache: "no-store" });
      if (answer.status === 304 || !answer.ok || !this.#fold.isConnected) return;
      this.#etag = answer.headers.get("ETag") ?? "";
      const pieces = await answer.json();
      this.#show(pieces);
      waits(pieces.waiting);
      if (pieces.newest > this.#newest) this.#fold.querySelector("[data-talk-says]").textContent = t("There is a new comment.");
      this.#newest = Math.max(this.#newest, pieces.newest);
    } catch {
      // Offline for a moment: the next look tries again.
    }
  }

  /** @param {IntersectionObserverEntry[]} seen */
  #see(seen) {
    if (!seen.some((one) => one.isIntersecting)) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#note(), SEEN_MS);
  }

  async #note() {
    const token = document.querySelector("meta[name=csrf-token]").content;
    const headers = { Accept: "application/json", "X-CSRFToken": token };
    try {
      const answer = await fetch(this.#fold.dataset.reading, { method: "POST", headers });
      if (answer.ok) waits((await answer.json()).waiting);
    } catch {
      // Offline for a moment: they wait on, and are seen again with the next page.
    }
  }
}

/** @param {number} count of comments that wait for the reader, for the page's head */
function waits(count) {
  const place = document.querySelector("[data-mentions]");
  if (!place) return;
  place.toggleAttribute("data-waits", count > 0);
  place.querySelector("[data-mentions-count]").textContent = count ? String(count) : "";
}
