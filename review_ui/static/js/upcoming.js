/**
 * Has the page and the images of the document that comes next while somebody still reads this one, so that handing on
 * waits for neither. Whether the page still is what the server would show is the server's to say, by its fingerprint.
 *
 * @typedef {{fingerprint: string, title: string, content: DocumentFragment}} Ahead
 */
const QUIET_MS = 400;
const AGED_MS = 60_000;

export class NextPage extends HTMLElement {
  #listening;
  #askedAt = 0;
  /** @type {Ahead | null} the next document's page, as it was when it was asked for */
  ahead = null;

  connectedCallback() {
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    const begin = () => setTimeout(() => this.#ask(signal), QUIET_MS); // this document's own images go first
    if (document.readyState === "complete") begin();
    else window.addEventListener("load", begin, { once: true, signal });
    this.closest("review-desk").addEventListener("desk:field", () => this.#isAged && begin(), { signal });
  }

  disconnectedCallback() {
    this.#listening.abort();
  }

  /** Whether colleagues may have taken or changed it since. */
  get #isAged() {
    return this.#askedAt > 0 && performance.now() - this.#askedAt > AGED_MS;
  }

  /** @param {AbortSignal} signal */
  async #ask(signal) {
    if (signal.aborted) return;
    this.#askedAt = performance.now();
    const known = this.ahead ? { "If-None-Match": `"${this.ahead.fingerprint}"` } : {};
    try {
      const answer = await fetch(this.dataset.address, { headers: { Accept: "application/json", ...known }, signal, cache: "no-store" });
      if (!answer.ok) return; // 304 among them: it is as it was
      const { document, fingerprint, title, page, images } = await answer.json();
      this.ahead = document ? { fingerprint, title, content: parsed(page) } : null;
      for (const address of images ?? []) {
        if (signal.aborted) return;
        const image = new Image();
        image.src = address;
        await image.decode().catch(() => {});
      }
      this.dataset.fetched = String(images?.length ?? 0);
    } catch {
      // What could not be fetched ahead is fetched when it is needed.
    }
  }
}

/**
 * @param {string} page as the server renders it
 * @returns {DocumentFragment} its elements, which do nothing before they stand in the document
 */
export function parsed(page) {
  const made = document.createElement("template");
  made.innerHTML = page;
  return made.content;
}

customElements.define("next-page", NextPage);
