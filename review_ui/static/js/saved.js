/** Says whether work is saved: what happened is announced, the passing of time only shown. */
import { t } from "./phrases.js";

export class SaveState extends HTMLElement {
  #listening;
  #at = 0;

  connectedCallback() {
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    const desk = this.closest("review-desk");
    desk?.addEventListener("save:done", () => this.#done(), { signal });
    desk?.addEventListener("save:draft", () => this.#done(t("kept as a draft")), { signal });
    desk?.addEventListener("save:clear", () => (this.dataset.tone || !this.#at) && this.#clear(), { signal });
    desk?.addEventListener("save:wait", (event) => this.#wait(event.detail), { signal });
    desk?.addEventListener("save:refuse", (event) => this.#refuse(event.detail), { signal });
    const ticking = setInterval(() => this.#tick(), 5000);
    signal.addEventListener("abort", () => clearInterval(ticking));
  }

  disconnectedCallback() {
    this.#listening.abort();
  }

  /** @param {string} [words] */
  #done(words) {
    this.#at = words ? 0 : Date.now();
    delete this.dataset.tone;
    this.textContent = words ?? t("saved just now");
  }

  #clear() {
    delete this.dataset.tone;
    this.textContent = "";
  }

  #tick() {
    if (!this.#at || this.dataset.tone) return;
    const seconds = Math.round((Date.now() - this.#at) / 1000);
    const shown = document.createElement("span");
    shown.setAttribute("aria-hidden", "true");
    shown.textContent = seconds < 60 ? t("saved %(count)s s ago", { count: seconds }) : t("saved %(count)s min ago", { count: Math.floor(seconds / 60) });
    this.replaceChildren(shown);
  }

  /** @param {{since: Date, seconds: number, retry: () => void}} detail */
  #wait({ since, seconds, retry }) {
    const time = since.toTimeString().slice(0, 5);
    this.#tell(t("Not saved since %(time)s. Your change is kept in this page; next try in %(seconds)s s.", { time, seconds }), retry);
  }

  /** @param {{sentence: string, login?: string}} detail */
  #refuse({ sentence, login }) {
    this.#tell(sentence);
    if (!login) return;
    const link = document.createElement("a");
    Object.assign(link, { href: login, target: "_blank", rel: "noopener", textContent: t("Log in in another tab") });
    this.append(" ", link);
  }

  /**
   * @param {string} sentence
   * @param {() => void} [retry]
   */
  #tell(sentence, retry) {
    this.dataset.tone = "wrong";
    this.textContent = sentence;
    if (!retry) return;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = t("Try now");
    button.addEventListener("click", retry);
    this.append(" ", button);
  }
}

customElements.define("save-state", SaveState);
