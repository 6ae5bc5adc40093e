import { Activity } from "./activity.js";
import { complain } from "./complaint.js";
import { Drafts } from "./drafts.js";
import { Steps } from "./history.js";
import { t } from "./phrases.js";
import { send } from "./saving.js";
import { parsed } from "./upcoming.js";

/** What is pressed sooner after a document took the place of another was meant for that one: nobody has seen this yet. */
const UNSEEN_MS = 250;

/** Saves decisions as they are made and shows the next exception, without loading the page again. */
export class ReviewDesk extends HTMLElement {
  #listening;
  #busy = false;
  #steps = new Steps([]);
  #activity;
  #drafts;
  #seenFrom = 0;

  connectedCallback() {
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    this.#activity = new Activity(signal);
    this.#drafts = new Drafts(this, signal);
    this.#steps = new Steps(JSON.parse(this.dataset.steps ?? "[]"));
    this.addEventListener("desk:again", () => this.#show(location.href), { signal });
    if ("follows" in this.dataset) this.#seenFrom = performance.now() + UNSEEN_MS;
    this.addEventListener("submit", (event) => this.#submit(event), { signal });
    this.addEventListener("click", (event) => this.#click(event), { signal });
    window.addEventListener("beforeunload", (event) => this.#busy && event.preventDefault(), { signal });
    this.#settle();
  }

  disconnectedCallback() {
    this.#listening.abort();
  }

  /** @param {SubmitEvent} event */
  #submit(event) {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (form.matches("[data-leaves]:not([data-save])")) return this.#leave(event, form);
    if (!form.matches("[data-save]")) return;
    event.preventDefault();
    if (performance.now() < this.#seenFrom) return;
    const data = new FormData(form, event.submitter);
    const field = this.dataset.field;
    if (data.has("handling_ms")) data.set("handling_ms", String(this.#activity.take()));
    const keep = form.action.endsWith("/settlement") ? { field, address: form.action, data } : null;
    if (form.matches("[data-undo]")) this.#steps.forget(field);
    this.#save(form.action, data, keep);
  }

  /**
   * An act on the whole document: it leads away, or says beside its field what is wrong with it.
   *
   * @param {SubmitEvent} event
   * @param {HTMLFormElement} form
   */
  async #leave(event, form) {
    event.preventDefault();
    if (this.#busy) return;
    this.#busy = true;
    try {
      const data = this.#stamped(new FormData(form, event.submitter));
      const answer = await send(form.action, data, (detail) => this.#tell("save:wait", detail));
      if (answer.ok) this.#apply(answer.body);
      else if (!complain(form, answer.body)) this.#refused(answer);
    } finally {
      this.#busy = false;
    }
  }

  /** @param {MouseEvent} event */
  #click(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    const link = target.closest("a[data-panel-link]");
    if (link && !event.metaKey && !event.ctrlKey && !event.shiftKey) {
      event.preventDefault();
      this.#show(link.href);
    } else if (target.closest("[data-undo-last]")) this.#undo();
    else if (target.closest("[data-redo-last]")) this.#redo();
    else if (target.closest("[data-edit]")) this.querySelector("details.editor").open = true;
    else if (target.closest("[data-leave]")) this.querySelector("details.editor").open = false;
  }

  /**
   * @param {string} address
   * @param {FormData} data
   * @param {import("./history.js").Step | null} step for undo
   */
  async #save(address, data, step) {
    if (this.#busy) return;
    this.#busy = true;
    this.setAttribute("aria-busy", "true");
    const ahead = data.get("then") === "next" ? this.querySelector("next-page")?.ahead : null;
    if (ahead) data.set("ready", ahead.fingerprint);
    try {
      await this.#drafts.decided();
      const answer = await send(address, data, (detail) => this.#tell("save:wait", detail));
      if (answer.ok) {
        if (step) this.#steps.did(step);
        this.#tell("save:done");
        this.#apply(answer.body.ready ? { ...answer.body, ...ahead } : answer.body);
      } else this.#refused(answer);
    } finally {
      this.#busy = false;
      this.removeAttribute("aria-busy");
    }
  }

  /** @param {string} address of this page with another field */
  async #show(address) {
    if (this.#busy) return;
    this.#busy = true; // what is pressed before the other field is there was not meant for this one
    try {
      const { ok, body } = await send(address, null, (detail) => this.#tell("save:wait", detail));
      if (!ok) return this.#tell("save:refuse", { sentence: body.error.message });
      this.#activity.take();
      this.#tell("save:clear");
      this.#apply(body);
    } finally {
      this.#busy = false;
    }
  }

  #undo() {
    const step = this.#steps.back();
    if (step) this.#save(step.address.replace(/settlement$/, "reopening"), this.#stamped(new FormData()), null);
    else this.#tell("save:refuse", { sentence: t("Nothing that you settled here is left to undo.") });
  }

  #redo() {
    const step = this.#steps.again();
    if (step) this.#save(step.address, this.#stamped(step.data), null);
  }

  /** @param {FormData} data */
  #stamped(data) {
    data.set("revision", this.dataset.revision);
    data.set("csrf_token", document.querySelector("meta[name=csrf-token]").content);
    return data;
  }

  /** @param {any} body pieces of the page as the server renders them, or where to go */
  #apply(body) {
    if (body.content) return this.#makeWay(body);
    if (body.page) return this.#makeWay({ ...body, content: parsed(body.page) });
    if (body.location) {
      this.#busy = false;
      location.assign(body.location);
      return;
    }
    for (const said of document.querySelectorAll("[data-told] p:not([data-early])")) said.remove(); // of what came before
    const folds = new Set([...this.querySelectorAll("[data-fold][open]")].map((one) => one.dataset.fold));
    this.dataset.revision = body.revision;
    this.dataset.field = body.field;
    this.querySelector("[data-panel]").innerHTML = body.panel;
    if (body.foot) this.querySelector(".panel-foot").outerHTML = body.foot;
    this.querySelector("[data-revision-now]").textContent = body.revision;
    for (const fold of this.querySelectorAll("[data-fold]")) fold.open ||= folds.has(fold.dataset.fold);
    for (const [page, marks] of Object.entries(body.marks)) {
      const svg = this.querySelector(`[data-marks="${page}"]`);
      if (svg) svg.innerHTML = marks;
    }
    for (const thumb of this.querySelectorAll(".thumb")) {
      thumb.querySelector("[data-thumb-mark]").hidden = !body.marked_pages.includes(Number(thumb.dataset.page));
    }
    const keeper = this.querySelector("lease-keeper");
    if (keeper && body.lease_until) keeper.dataset.until = body.lease_until;
    window.history.replaceState(null, "", `?field=${encodeURIComponent(body.field)}`);
    this.#settle();
  }

  /** @param {{location: string, title: string, content: DocumentFragment, told: string, lease_until?: string}} next document, which takes this one's place */
  #makeWay(next) {
    this.#busy = false;
    window.history.pushState(null, "", next.location);
    document.title = `${next.title} · Proofdesk`;
    for (const back of document.querySelectorAll(".bar input[name=back]")) back.value = next.location;
    document.querySelector("[data-told]").innerHTML = next.told;
    if (next.lease_until) next.content.querySelector("lease-keeper").dataset.until = next.lease_until;
    next.content.querySelector("review-desk").dataset.follows = "";
    this.replaceWith(next.content);
    scrollTo(0, 0);
  }

  /** @param {import("./saving.js").Answer} answer */
  #refused({ body }) {
    const login = body.error.code === "logged-out" ? "/login" : undefined;
    this.#tell("save:refuse", { sentence: body.error.message, login });
    if (!body.conflict) return this.#offend(body.error.message);
    this.#apply(body);
    const dialog = document.querySelector("dialog[data-dialog=conflict]");
    dialog.innerHTML = body.conflict;
    dialog.addEventListener("close", () => this.#chose(dialog.returnValue, body.typed), { once: true });
    dialog.showModal();
  }

  /** @param {string} sentence is shown where it was typed */
  #offend(sentence) {
    const reading = this.querySelector("details.editor[open] .editor-reading, [data-says]");
    if (!reading) return;
    reading.dataset.tone = "wrong";
    reading.textContent = sentence;
    this.querySelector("details.editor[open] .pair-input")?.focus();
  }

  /**
   * @param {string} choice between what was typed and the newer work; lines that were typed stand there already, as a draft
   * @param {string} typed
   */
  #chose(choice, typed) {
    if (choice === "newer") this.querySelector(".lines-form [data-drop-draft]")?.click();
    if (choice !== "mine") return;
    const input = this.querySelector(".pair-input");
    if (!input) return;
    this.querySelector("details.editor").open = true;
    input.value = typed;
    input.dispatchEvent(new Event("input", { bubbles: true }));
  }

  #settle() {
    const card = this.querySelector("[data-card]");
    if (document.activeElement === document.body || this.contains(document.activeElement) || !document.activeElement) {
      if (!card?.querySelector("details.editor[open]")) card?.focus({ preventScroll: true });
    }
    if (card) card.scrollTop = 0;
    const open = this.querySelector(".progress a[aria-current]");
    const row = open?.closest("ol");
    // measured from the row's own start: on a phone it stands at the far side of the panel's head
    if (row) row.scrollLeft += open.getBoundingClientRect().left - row.getBoundingClientRect().left - row.clientWidth / 2;
    // The open exception stands at the same height, whichever it is.
    this.querySelector(".panel").scrollTop = 0;
    this.#tell("desk:field", { field: this.dataset.field });
  }

  /**
   * @param {string} name
   * @param {any} [detail]
   */
  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

// The document before is not kept: going back loads it as it is now.
window.addEventListener("popstate", () => location.reload());

customElements.define("review-desk", ReviewDesk);
