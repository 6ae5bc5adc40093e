/**
 * Keeps on the server what is typed and not saved yet, so that a closed lid or a killed browser costs nothing.
 *
 * A draft is no decision: it comes back into its form, where it is saved or left.
 */
const PAUSE_MS = 500;
const AGAIN_S = 4;
const KEPT = /^(value|comment|provenance|cell-.*)$/;

export class Drafts {
  #desk;
  #timer = 0;
  /** @type {HTMLFormElement | null} with something typed that is not kept yet */
  #waiting = null;
  /** @type {Promise<void>} what is on its way */
  #under = Promise.resolve();

  /**
   * @param {HTMLElement} desk is told by `save:draft`, `save:wait` and `save:refuse`
   * @param {AbortSignal} signal
   */
  constructor(desk, signal) {
    this.#desk = desk;
    for (const sign of ["input", "click", "keydown"]) {
      desk.addEventListener(sign, (event) => this.#notice(event), { signal });
    }
    desk.addEventListener("toggle", (event) => this.#left(event), { signal, capture: true });
    window.addEventListener("pagehide", () => this.#rescue(), { signal });
    signal.addEventListener("abort", () => this.#rescue());
  }

  /** Lets what is on its way arrive, and forgets the rest: a decision takes the draft's place. */
  async decided() {
    // A key may come before the event that tells of an editor closed by the key before.
    for (const closed of this.#desk.querySelectorAll("details.editor:not([open])")) this.#close(closed);
    clearTimeout(this.#timer);
    this.#waiting = null;
    await this.#under;
  }

  /** @param {Event} event */
  #notice(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    if (event.type === "click" && target.closest("[data-drop-draft]")) return this.#forget(target.closest("form"));
    const form = target.closest("form[data-draft]");
    if (!form) return;
    // Lines are dropped and joined by clicks and keys, which tell of themselves by this mark alone.
    if (event.type !== "input" && !form.closest("[data-dirty]")) return;
    if (event.type === "keydown" && !event.altKey) return;
    this.#waiting = form;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#keep(), PAUSE_MS);
  }

  #keep() {
    const form = this.#waiting;
    if (!form) return;
    this.#waiting = null;
    const isLeft = form.closest("details.editor:not([open])"); // and telling the server of it failed before
    const data = isLeft || isAsFound(form) ? blank(form) : typed(form);
    form.dataset.drafted = ""; // from now on there is something to take back
    this.#under = this.#under.then(() => this.#send(form, data));
  }

  /**
   * @param {HTMLFormElement} form
   * @param {FormData} data
   */
  async #send(form, data) {
    const headers = { Accept: "application/json" };
    try {
      const answer = await fetch(form.dataset.draft, { method: "POST", body: data, headers, signal: AbortSignal.timeout(AGAIN_S * 1000) });
      if (answer.status >= 500) throw new TypeError("away");
      const body = await answer.json();
      if (!answer.ok) return this.#tell("save:refuse", { sentence: body.error.message });
      form.toggleAttribute("data-drafted", Boolean(body.at));
      this.#tell(body.at ? "save:draft" : "save:clear");
    } catch {
      if (this.#waiting) return; // newer text is about to be sent anyway
      this.#waiting = form;
      const retry = () => (clearTimeout(this.#timer), this.#keep());
      this.#timer = setTimeout(retry, AGAIN_S * 1000);
      this.#tell("save:wait", { since: new Date(), seconds: AGAIN_S, retry });
    }
  }

  /** @param {Event} event an editor was closed without saving: its draft goes with what was typed */
  #left(event) {
    const editor = /** @type {HTMLElement} */ (event.target);
    if (editor.matches?.("details.editor:not([open])")) this.#close(editor);
  }

  /** @param {Element} editor that is closed */
  #close(editor) {
    const form = editor.querySelector("form[data-draft]");
    if (form && ("drafted" in form.dataset || this.#waiting === form)) this.#forget(form);
  }

  /** @param {HTMLFormElement} form */
  async #forget(form) {
    delete form.dataset.drafted;
    clearTimeout(this.#timer);
    this.#waiting = null;
    const data = blank(form);
    this.#under = this.#under.then(() => this.#send(form, data));
    await this.#under;
    if (form.matches(".lines-form")) this.#desk.dispatchEvent(new CustomEvent("desk:again"));
  }

  /** The page goes away: what is not kept yet is handed to the browser, which sends it even so. */
  #rescue() {
    clearTimeout(this.#timer);
    if (this.#waiting) navigator.sendBeacon(this.#waiting.dataset.draft, typed(this.#waiting));
    this.#waiting = null;
  }

  /**
   * @param {string} name
   * @param {any} [detail]
   */
  #tell(name, detail) {
    this.#desk.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

/** @param {HTMLFormElement} form */
function typed(form) {
  const data = blank(form);
  for (const [name, text] of new FormData(form)) if (KEPT.test(name)) data.append(name, text);
  return data;
}

/** @param {HTMLFormElement} form */
function blank(form) {
  const data = new FormData();
  data.set("csrf_token", document.querySelector("meta[name=csrf-token]").content);
  return data;
}

/** @param {HTMLFormElement} form an editor in which stands what stood there from the start */
function isAsFound(form) {
  const value = form.querySelector(".pair-input");
  const comment = form.querySelector("[name=comment]");
  return Boolean(value) && value.value === value.dataset.original && !comment?.value.trim();
}
