/** Print above, value below: editing in place, and what is typed is shown as it will be read. */
const PAUSE_MS = 140;

export class ValuePair extends HTMLElement {
  #listening;
  #timer = 0;
  /** What the server says of the text as it stands. */
  #first = "";

  connectedCallback() {
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    const editor = this.querySelector("details.editor");
    this.#first = this.querySelector(".editor-reading")?.textContent ?? "";
    this.#input?.addEventListener("input", () => this.#typed(), { signal });
    editor?.addEventListener("toggle", () => this.#toggled(editor.open), { signal });
    if (editor?.open) this.#toggled(true);
  }

  disconnectedCallback() {
    this.#listening.abort();
    clearTimeout(this.#timer);
  }

  get #input() {
    return /** @type {HTMLInputElement | null} */ (this.querySelector(".pair-input"));
  }

  /** @param {boolean} isOpen */
  #toggled(isOpen) {
    const input = this.#input;
    this.closest("[data-card]").toggleAttribute("data-editing", isOpen && Boolean(input));
    if (!input) return;
    if (isOpen) {
      if (document.activeElement === input) return; // and maybe typed in already: selecting it would lose that
      input.focus();
      input.select();
    } else {
      input.value = input.dataset.original;
      this.closest("[data-card]").focus({ preventScroll: true });
    }
  }

  #typed() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#read(), PAUSE_MS);
  }

  async #read() {
    const input = this.#input;
    if (!input?.dataset.reading) return;
    const text = input.value;
    if (!text.trim() || text === input.dataset.original) return this.#say(this.#first, "");
    try {
      const address = `${input.dataset.reading}?text=${encodeURIComponent(text)}`;
      const answer = await fetch(address, { headers: { Accept: "application/json" } });
      const body = await answer.json();
      if (input.value !== text) return;
      if (!answer.ok) this.#say(body.error.message, "wrong");
      else if (body.readings.length === 0) this.#say("This cannot be read as a value of this field.", "wrong");
      else if (body.readings.length === 1) this.#say(`Reads as ${body.readings[0].shown}`, "");
      else this.#say(`Can be ${body.readings.map((one) => one.shown).join(" or ")}: write it out.`, "check");
    } catch {
      // Without an answer the text is read when it is saved.
    }
  }

  /**
   * @param {string} sentence
   * @param {string} tone
   */
  #say(sentence, tone) {
    const place = this.querySelector(".editor-reading");
    place.textContent = sentence;
    place.dataset.tone = tone;
  }
}

customElements.define("value-pair", ValuePair);
