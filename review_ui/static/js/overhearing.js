/** What others say while somebody reads; notes what the reader has had before their eyes of what waits for them. */
import { t } from "./phrases.js";
import { Pulse } from "./pulse.js";

const SEEN_MS = 1_000;

export class Overhearing {
  #fold;
  #show;
  #newest;
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
    new Pulse(`${fold.dataset.address}?on=${fold.dataset.on}`, (answer) => this.#hear(answer), signal);
    this.#seeing = new IntersectionObserver((seen) => this.#see(seen), { threshold: 0.5 });
    signal.addEventListener("abort", () => {
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

  /** @param {Response} answer */
  async #hear(answer) {
    const pieces = await answer.json();
    if (!this.#fold.isConnected) return;
    this.#show(pieces);
    waits(pieces.waiting);
    if (pieces.newest > this.#newest) this.#fold.querySelector("[data-talk-says]").textContent = t("There is a new comment.");
    this.#newest = Math.max(this.#newest, pieces.newest);
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
