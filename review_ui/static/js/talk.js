/**
 * The comments on a document: sends one without leaving the page, shows what others say meanwhile, and leads in and out
 * by keys.
 */
import { CommentBox } from "./comment-box.js";
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
  #box;
  #others;

  connectedCallback() {
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    this.#box = new CommentBox(this.#form, this.dataset.kept, signal);
    new Naming(this.#box.text, this.querySelector("[role=listbox]"), this.dataset.people, signal);
    this.#others = new Overhearing(this, (pieces) => this.#show(pieces), signal);
    this.addEventListener("click", (event) => this.#click(event), { signal });
    this.addEventListener("submit", (event) => this.#submit(event), { signal });
    this.#box.text.addEventListener("keydown", (event) => this.#press(event), { signal });
    document.addEventListener("click", (event) => this.#go(event), { signal });
    if (this.#box.restore()) this.#fold.open = true;
    if (/^#comment-\d+$/.test(location.hash)) this.querySelector(location.hash)?.focus();
  }

  disconnectedCallback() {
    this.#listening.abort();
  }

  get #form() {
    return /** @type {HTMLFormElement} */ (this.querySelector(".talk-form"));
  }

  get #fold() {
    return /** @type {HTMLDetailsElement} */ (this.querySelector("details"));
  }

  /** @param {MouseEvent} event */
  #click(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    const answer = /** @type {HTMLElement | null} */ (target.closest("[data-talk-answer]"));
    if (answer && !event.metaKey && !event.ctrlKey) {
      event.preventDefault();
      this.#box.answer(answer.dataset.talkAnswer, answer.dataset.who);
      this.#enter();
    } else if (target.closest("[data-talk-no-answer]")) {
      event.preventDefault();
      this.#box.answer("", "");
      this.#enter();
    } else if (target.closest("summary") && !event.isTrusted) {
      event.preventDefault(); // its key opens, and leads to the box; it never closes
      this.#enter();
    }
  }

  #enter() {
    this.#from = /** @type {HTMLElement | null} */ (document.activeElement);
    this.#fold.open = true;
    this.#box.enter();
  }

  /** @param {MouseEvent} event on what leads from the panel's head to the comments */
  #go(event) {
    if (!(event.target instanceof Element && event.target.closest("[data-talk-go]"))) return;
    event.preventDefault();
    this.#fold.open = true;
    const first = this.querySelector("[data-unread]") ?? this.querySelector("[data-comment]");
    first?.scrollIntoView({ block: "center" });
    first?.focus({ preventScroll: true });
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    if (event.defaultPrevented || event.isComposing) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      if (!event.repeat) this.#form.requestSubmit();
    } else if (event.key === "Escape") {
      event.preventDefault(); // what is typed stays; the keys are the document's again
      const back = this.#from?.isConnected && this.#from !== document.body ? this.#from : null;
      (back ?? document.querySelector("[data-card]") ?? this.querySelector("summary")).focus({ preventScroll: true });
    }
  }

  /** @param {SubmitEvent} event */
  async #submit(event) {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (!form.matches("[data-talk-form]")) return;
    event.preventDefault();
    if (this.#busy) return;
    this.#busy = true;
    const typed = form === this.#form ? this.#box.text.value : null;
    try {
      const away = () => this.#box.say(t("Not sent yet: the network or the server is away. What you wrote is kept here."));
      const { ok, body } = await send(form.action, new FormData(form), away);
      const now = this.#successor;
      if (!ok) return void complain(now.#form, body);
      now.#box.say(body.told ?? "");
      now.#show(body);
      if (typed === null) return;
      now.#box.sent(typed);
      now.querySelector(`#comment-${body.said}`)?.scrollIntoView({ block: "center" });
    } finally {
      this.#busy = false;
    }
  }

  /** @returns {TalkFold} this one, or the one that took its place while something was on its way */
  get #successor() {
    return this.isConnected ? this : (document.querySelector(`talk-fold[data-kept="${this.dataset.kept}"]`) ?? this);
  }

  /** @param {{comments: string, last: string, head: string, count: number}} pieces as the server renders them */
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
}

customElements.define("talk-fold", TalkFold);
