/**
 * The box that a comment is typed in: what it answers and is about, and what was typed and not sent, kept in this browser
 * for whoever typed it.
 *
 * @typedef {{answers: string, who: string, field: string, words: string, isAbout: boolean}} Topic
 */
import { t } from "./phrases.js";

export class CommentBox {
  #form;
  #kept;
  /** @type {Topic} what the box is about while nothing is typed in it */
  #about;

  /**
   * @param {HTMLFormElement} form
   * @param {string} kept name under which the browser keeps what is typed
   * @param {AbortSignal} signal
   */
  constructor(form, kept, signal) {
    this.#form = form;
    this.#kept = kept;
    this.#about = this.#topic;
    for (const sign of ["input", "change"]) form.addEventListener(sign, () => this.#keep(), { signal });
  }

  get text() {
    return /** @type {HTMLTextAreaElement} */ (this.#form.querySelector("textarea"));
  }

  enter() {
    this.text.focus();
    this.#form.scrollIntoView({ block: "center" }); // clear of what stands over the panel's edge
  }

  /**
   * @param {string} comment number of the one that is answered; empty: none
   * @param {string} who wrote it
   */
  answer(comment, who) {
    this.#topic = { ...this.#topic, answers: comment, who: comment ? t("Answering %(who)s", { who }) : "" };
    this.#keep();
  }

  /** @param {string} sent is what the server has now: forgotten here, unless it was typed on meanwhile */
  sent(sent) {
    if (this.text.value === sent) {
      this.text.value = "";
      this.#topic = this.#about;
    }
    this.#keep();
  }

  /** @param {string} sentence is shown under the box, and read out */
  say(sentence) {
    this.#form.querySelector("[data-says-of]").textContent = sentence;
  }

  /** @returns {boolean} whether there was something typed before the page, or the panel, was made anew; it stands there again */
  restore() {
    try {
      const kept = JSON.parse(localStorage.getItem(this.#kept) ?? "null");
      if (!kept || this.text.value) return false;
      this.text.value = kept.text;
      this.#topic = kept.topic;
      return true;
    } catch {
      return false; // without storage nothing was kept
    }
  }

  #keep() {
    const text = this.text.value;
    try {
      if (text.trim()) localStorage.setItem(this.#kept, JSON.stringify({ text, topic: this.#topic }));
      else localStorage.removeItem(this.#kept);
    } catch {
      // Without storage it lives as long as the page.
    }
  }

  get #topic() {
    const field = this.#form.querySelector("[data-talk-about] input");
    return {
      answers: this.#form.elements.namedItem("answers").value,
      who: this.#form.querySelector("[data-talk-answers] span").textContent,
      field: field.value,
      words: field.nextElementSibling.textContent,
      isAbout: field.checked,
    };
  }

  set #topic({ answers, who, field, words, isAbout }) {
    const tick = this.#form.querySelector("[data-talk-about] input");
    Object.assign(tick, { value: field, checked: isAbout, disabled: !field });
    tick.nextElementSibling.textContent = words;
    tick.parentElement.hidden = !field;
    this.#form.elements.namedItem("answers").value = answers;
    this.#form.querySelector("[data-talk-answers]").hidden = !answers;
    this.#form.querySelector("[data-talk-answers] span").textContent = who;
  }
}
