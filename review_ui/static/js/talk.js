/**
 * The comments on a document: sends one without leaving the page, keeps in this browser what is typed and not sent,
 * shows what others say meanwhile, and notes what the reader has seen of what waits for them.
 */
import { complain } from "./complaint.js";
import { Naming } from "./mentions.js";
import { Overhearing } from "./overhearing.js";
import { t } from "./phrases.js";
import { send } from "./saving.js";

export class TalkFold extends HTMLElement {
  #listening;
  #busy = false;
  /** @type {HTMLElement | null} had the focus when a key led here */
  #from = null;
  #others;
  /** what the box is about while nothing is typed in it */
  #about;

  connectedCallback() {
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    this.addEventListener("click", (event) => this.#click(event), { signal });
    this.addEventListener("submit", (event) => this.#submit(event), { signal });
    for (const sign of ["input", "change"]) this.addEventListener(sign, () => this.#keep(), { signal });
    new Naming(this.box, this.querySelector("[role=listbox]"), this.dataset.people, signal);
    this.box.addEventListener("keydown", (event) => this.#press(event), { signal });
    document.addEventListener("click", (event) => this.#go(event), { signal });
    this.#others = new Overhearing(this, (pieces) => this.#show(pieces), signal);
    this.#about = this.#topic;
    this.#restore();
    if (location.hash.startsWith("#comment-")) document.querySelector(location.hash)?.focus();
  }

  disconnectedCallback() {
    this.#listening.abort();
  }

  get box() {
    return /** @type {HTMLTextAreaElement} */ (this.querySelector("textarea"));
  }

  get #form() {
    return /** @type {HTMLFormElement} */ (this.box.form);
  }

  /** @param {MouseEvent} event */
  #click(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    const answer = /** @type {HTMLElement | null} */ (target.closest("[data-talk-answer]"));
    if (answer && !event.metaKey && !event.ctrlKey) {
      event.preventDefault();
      this.#answer(answer.dataset.talkAnswer, answer.dataset.who);
    } else if (target.closest("[data-talk-no-answer]")) {
      event.preventDefault();
      this.#answer("", "");
    } else if (target.closest("summary") && !event.isTrusted) {
      event.preventDefault(); // its key opens, and leads to the box; it never closes
      this.#enter();
    }
  }

  #enter() {
    this.#from = /** @type {HTMLElement | null} */ (document.activeElement);
    this.querySelector("details").open = true;
    this.box.focus();
    this.#form.scrollIntoView({ block: "center" }); // clear of what stands over the panel's edge
  }

  /** @param {MouseEvent} event on what leads from the panel's head to the comments */
  #go(event) {
    if (!(event.target instanceof Element && event.target.closest("[data-talk-go]"))) return;
    event.preventDefault();
    this.querySelector("details").open = true;
    const first = this.querySelector("[data-unread]") ?? this.querySelector("[data-comment]");
    first?.scrollIntoView({ block: "center" });
    first?.focus({ preventScroll: true });
  }

  /**
   * @param {string} comment number of the one that is answered; empty: none
   * @param {string} who wrote it
   */
  #answer(comment, who) {
    this.#topic = { ...this.#topic, answers: comment, who: comment ? t("Answering %(who)s", { who }) : "" };
    this.#keep();
    this.#enter();
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    if (event.defaultPrevented || event.isComposing) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      if (!event.repeat) this.#form.requestSubmit();
    } else if (event.key === "Escape") {
      event.preventDefault(); // what is typed stays; the keys are the document's again
      this.#leave();
    }
  }

  #leave() {
    const back = this.#from?.isConnected && this.#from !== document.body ? this.#from : null;
    (back ?? document.querySelector("[data-card]") ?? this.querySelector("summary")).focus({ preventScroll: true });
  }

  /** @param {SubmitEvent} event */
  async #submit(event) {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (!form.matches("[data-talk-form]")) return;
    event.preventDefault();
    if (this.#busy) return;
    this.#busy = true;
    const isNew = form === this.#form;
    const sent = this.box.value;
    try {
      const answer = await send(form.action, new FormData(form), () => this.#say(t("Not sent yet: the network or the server is away. What you wrote is kept here.")));
      const now = this.#successor;
      if (!answer.ok) {
        if (!complain(this.#form, answer.body)) now.#say(answer.body.error.message);
        return;
      }
      if (isNew) {
        store(this.dataset.kept, null);
        if (now.box.value === sent) now.#empty();
      }
      now.#say(answer.body.told ?? "");
      now.#show(answer.body);
      if (isNew) now.querySelector(`#comment-${answer.body.said}`)?.scrollIntoView({ block: "center" });
    } finally {
      this.#busy = false;
    }
  }

  /** @returns {TalkFold} this one, or the one that took its place while something was on its way */
  get #successor() {
    return this.isConnected ? this : document.querySelector(`talk-fold[data-kept="${this.dataset.kept}"]`) ?? this;
  }

  #empty() {
    this.box.value = "";
    this.#topic = this.#about;
  }

  /** @typedef {{answers: string, who: string, field: string, words: string, isAbout: boolean}} Topic */

  /** @returns {Topic} what the comment in the box answers, and the field that it is about */
  get #topic() {
    const field = this.querySelector("[data-talk-about] input");
    return {
      answers: this.#form.elements.namedItem("answers").value,
      who: this.querySelector("[data-talk-answers] span").textContent,
      field: field.value,
      words: field.nextElementSibling.textContent,
      isAbout: field.checked,
    };
  }

  /** @param {Topic} topic */
  set #topic({ answers, who, field, words, isAbout }) {
    const tick = this.querySelector("[data-talk-about] input");
    Object.assign(tick, { value: field, checked: isAbout, disabled: !field });
    tick.nextElementSibling.textContent = words;
    tick.parentElement.hidden = !field;
    this.#form.elements.namedItem("answers").value = answers;
    this.querySelector("[data-talk-answers]").hidden = !answers;
    this.querySelector("[data-talk-answers] span").textContent = who;
  }

  /** @param {string} sentence is shown under the box, and read out */
  #say(sentence) {
    this.#form.querySelector("[data-says-of]").textContent = sentence;
  }

  /** @param {{comments: string, last: string, head: string, count: number, waiting: number}} pieces as the server renders them */
  #show(pieces) {
    const list = this.querySelector("[data-talk-list]");
    const made = document.createElement("ol");
    made.innerHTML = pieces.comments;
    const held = document.activeElement?.closest("[data-comment]")?.id;
    if (made.innerHTML.trim() !== list.innerHTML.trim()) list.replaceChildren(...made.childNodes);
    if (held && !this.contains(document.activeElement)) this.querySelector(`#${held}`)?.focus({ preventScroll: true });
    this.querySelector("[data-talk-count]").textContent = pieces.count || "";
    this.querySelector("[data-talk-last]").innerHTML = pieces.last;
    document.querySelector("[data-talk-head]").innerHTML = pieces.head;
    this.#others.watch();
  }

  #keep() {
    const text = this.box.value;
    store(this.dataset.kept, text.trim() ? JSON.stringify({ text, topic: this.#topic }) : null);
  }

  /** What was typed before the page was loaded anew, or another field took the place of the one before. */
  #restore() {
    try {
      const kept = JSON.parse(localStorage.getItem(this.dataset.kept) ?? "null");
      if (!kept || this.box.value) return;
      this.box.value = kept.text;
      this.#topic = kept.topic;
      this.querySelector("details").open = true;
    } catch {
      // Without storage nothing was kept.
    }
  }
}

/**
 * @param {string} name
 * @param {string | null} text null forgets it
 */
function store(name, text) {
  try {
    if (text === null) localStorage.removeItem(name);
    else localStorage.setItem(name, text);
  } catch {
    // Without storage it lives as long as the page.
  }
}

customElements.define("talk-fold", TalkFold);
