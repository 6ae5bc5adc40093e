/**
 * Asks every few seconds whether anything has changed, which costs the server a look at a row or two.
 *
 * It rests while the page is hidden, and when nobody has touched it for a while: a page left open is no reason to keep
 * somebody logged in.
 */
const EVERY_MS = 4_000;
const REST_AFTER_MS = 10 * 60_000;
const SIGNS = ["keydown", "pointermove", "pointerdown", "visibilitychange"];

export class Pulse {
  #address;
  #changed;
  #etag = "";
  #touched = Date.now();

  /**
   * @param {string} address answers with an ETag, and with 304 as long as nothing has changed
   * @param {(answer: Response, isFirst: boolean) => unknown} changed takes what has; where it says false it is told again
   * @param {AbortSignal} signal
   */
  constructor(address, changed, signal) {
    this.#address = address;
    this.#changed = changed;
    for (const sign of SIGNS) document.addEventListener(sign, () => (this.#touched = Date.now()), { signal, passive: true });
    const asking = setInterval(() => this.ask(), EVERY_MS);
    signal.addEventListener("abort", () => clearInterval(asking));
  }

  async ask() {
    if (document.hidden || Date.now() - this.#touched > REST_AFTER_MS) return;
    const headers = { Accept: "application/json", ...(this.#etag ? { "If-None-Match": this.#etag } : {}) };
    try {
      const answer = await fetch(this.#address, { headers, cache: "no-store" });
      const etag = answer.headers.get("ETag") ?? "";
      if (!answer.ok || (etag && etag === this.#etag)) return;
      if ((await this.#changed(answer, !this.#etag)) !== false) this.#etag = etag;
    } catch {
      // Offline for a moment: the next look tries again.
    }
  }
}
