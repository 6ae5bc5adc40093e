/** Fetches the images of the document that comes next while somebody still reads this one. */
const QUIET_MS = 400;

export class NextPage extends HTMLElement {
  #listening;

  connectedCallback() {
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    const begin = () => setTimeout(() => this.#fetch(signal), QUIET_MS); // this document's own images go first
    if (document.readyState === "complete") begin();
    else window.addEventListener("load", begin, { once: true, signal });
  }

  disconnectedCallback() {
    this.#listening.abort();
  }

  /** @param {AbortSignal} signal */
  async #fetch(signal) {
    try {
      const answer = await fetch(this.dataset.address, { headers: { Accept: "application/json" }, signal });
      if (!answer.ok) return;
      const { images } = await answer.json();
      for (const address of images) {
        if (signal.aborted) return;
        const image = new Image();
        image.src = address;
        await image.decode().catch(() => {});
      }
      this.dataset.fetched = String(images.length);
    } catch {
      // What could not be fetched ahead is fetched when it is needed.
    }
  }
}

customElements.define("next-page", NextPage);
