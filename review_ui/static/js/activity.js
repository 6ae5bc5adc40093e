/** How long someone worked on a field, pauses left out: time counts only close to a sign of life. */
const PAUSE_MS = 30_000;

export class Activity {
  #sum = 0;
  #last = performance.now();

  /** @param {AbortSignal} signal */
  constructor(signal) {
    for (const sign of ["keydown", "pointermove", "pointerdown", "wheel"]) {
      document.addEventListener(sign, () => this.#count(), { signal, passive: true });
    }
    document.addEventListener("visibilitychange", () => (this.#last = performance.now()), { signal });
  }

  #count() {
    const now = performance.now();
    this.#sum += Math.min(now - this.#last, PAUSE_MS);
    this.#last = now;
  }

  /** @returns {number} milliseconds since the last call */
  take() {
    this.#count();
    const sum = Math.round(this.#sum);
    this.#sum = 0;
    return sum;
  }
}
