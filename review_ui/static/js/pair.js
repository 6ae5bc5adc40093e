/** Print above, value below: editing in place, or by pointing at the page; what stands there is shown as it will be read. */
import { either, t } from "./phrases.js";

const PAUSE_MS = 140;

export class ValuePair extends HTMLElement {
  #listening;
  #timer = 0;
  /** What the server says of the text as it stands. */
  #first = "";
  /** @type {{text: string, place: string, isFinger?: boolean} | null} what was pointed at: its place holds for this very text */
  #taken = null;
  /** A list as it was before something was taken into it. */
  #before = { text: "", place: "" };

  connectedCallback() {
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    const editor = this.querySelector("details.editor");
    this.#first = this.querySelector(".editor-reading")?.textContent ?? "";
    this.#input?.addEventListener("input", () => this.#typed(), { signal });
    editor?.addEventListener("toggle", () => this.#toggled(editor.open), { signal });
    this.closest("review-desk")?.addEventListener("words:take", (event) => this.#take(event), { signal });
    if (this.#place?.value) this.#taken = { text: this.#input.value, place: this.#place.value }; // a draft's
    if (editor?.open) this.#toggled(true);
  }

  disconnectedCallback() {
    this.#listening.abort();
    clearTimeout(this.#timer);
  }

  get #input() {
    return /** @type {HTMLInputElement | HTMLTextAreaElement | null} */ (this.querySelector(".pair-input"));
  }

  /** The form's word on where the value was pointed at. */
  get #place() {
    return /** @type {HTMLInputElement | null} */ (this.querySelector("[name=provenance]"));
  }

  /** @param {boolean} isOpen */
  #toggled(isOpen) {
    const input = this.#input;
    if (!input) return;
    if (isOpen) {
      // In it, or past it, and maybe typed in already: this event comes late, and selecting would lose what was typed.
      // Filled by a finger it is left alone: the keys of the screen would cover the page that is pointed at.
      if (input.form.contains(document.activeElement) || this.#taken?.isFinger) return;
      input.focus();
      input.select();
    } else {
      input.value = input.dataset.original;
      this.#taken = null;
      this.#typed();
      this.closest("[data-card]").focus({ preventScroll: true });
    }
  }

  /** @param {CustomEvent<import("./taking.js").Taken>} event words of the page become the value; a list's next entries */
  #take(event) {
    const input = this.#input;
    const editor = this.querySelector("details.editor");
    if (!input || !editor) return;
    event.preventDefault();
    const { page, boxes, text, rows, isMore } = event.detail;
    editor.open = true;
    const isList = input.matches("textarea");
    if (!isMore) {
      const place = input.value === input.dataset.original ? (input.dataset.place ?? "") : this.#place.value;
      this.#before = { text: input.value.trimEnd(), place };
    }
    const value = isList ? [this.#before.text, ...rows].filter(Boolean).join("\n") : text;
    // A list's entries that stay were read where they were read, if that is on this page.
    const known = isList && this.#before.place ? JSON.parse(this.#before.place) : null;
    const earlier = known?.page === page ? known.boxes : [];
    this.#taken = { text: value, place: JSON.stringify({ page, boxes: [...earlier, ...boxes] }), isFinger: event.detail.isFinger };
    input.value = value;
    if (!event.detail.isFinger) input.focus({ preventScroll: true });
    input.setSelectionRange(value.length, value.length);
    input.dispatchEvent(new Event("input", { bubbles: true }));
    this.#read();
  }

  #typed() {
    if (this.#place) {
      // Something else typed was read elsewhere, or nowhere: its place is not what was pointed at.
      const place = this.#taken && this.#input.value === this.#taken.text ? this.#taken.place : "";
      if (this.#place.value !== place) {
        this.#place.value = place;
        this.dispatchEvent(new CustomEvent("words:placed", { bubbles: true }));
      }
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#read(), PAUSE_MS);
  }

  async #read() {
    clearTimeout(this.#timer);
    const input = this.#input;
    if (!input?.dataset.reading) return;
    const text = input.value;
    const isAsFound = text === input.dataset.original && !this.#taken;
    if (!text.trim() || isAsFound) return this.#say(this.#first, "");
    try {
      const address = `${input.dataset.reading}?text=${encodeURIComponent(text)}`;
      const answer = await fetch(address, { headers: { Accept: "application/json" } });
      const body = await answer.json();
      if (input.value !== text) return;
      if (!answer.ok) this.#say(body.error.message, "wrong");
      else if (body.readings.length === 0) this.#say(t("This cannot be read as a value of this field."), "wrong");
      else if (body.readings.length === 1) this.#say(t("Reads as %(value)s", { value: `${body.readings[0].shown} ${this.#unit}`.trim() }), "");
      else this.#say(t("Can be %(ways)s: write it out.", { ways: either(body.readings.map((one) => one.shown)) }), "check");
    } catch {
      // Without an answer the text is read when it is saved.
    }
  }

  get #unit() {
    return this.querySelector(".pair-value .unit")?.textContent.trim() ?? "";
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
