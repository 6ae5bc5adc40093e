/** Keeps the document for whoever works on it: renews while they do, warns before the hold ends. */
import { t } from "./phrases.js";

const CHECK_MS = 10_000;
const RENEW_EVERY_MS = 60_000;
const WARN_MS = 120_000;

export class LeaseKeeper extends HTMLElement {
  #listening;
  #active = false;
  #renewed = Date.now();

  connectedCallback() {
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    for (const sign of ["keydown", "pointerdown", "wheel"]) {
      document.addEventListener(sign, () => (this.#active = true), { signal, passive: true });
    }
    const checking = setInterval(() => this.#check(), CHECK_MS);
    signal.addEventListener("abort", () => clearInterval(checking));
  }

  disconnectedCallback() {
    this.#listening.abort();
  }

  #check() {
    const left = Date.parse(this.dataset.until) - Date.now();
    if (this.#active && Date.now() - this.#renewed > Math.min(RENEW_EVERY_MS, WARN_MS)) this.renew();
    else if (left <= 0) this.#say(t("Your hold on this document has ended. What you settled is kept."), t("Take it again"));
    else if (left < WARN_MS) this.#say(t("Your hold on this document ends in %(seconds)s s.", { seconds: Math.ceil(left / 1000) }), t("Keep it"));
  }

  async renew() {
    this.#active = false;
    this.#renewed = Date.now();
    try {
      const token = document.querySelector("meta[name=csrf-token]").content;
      const headers = { Accept: "application/json", "X-CSRFToken": token };
      const answer = await fetch(this.dataset.renewal, { method: "POST", headers });
      const body = await answer.json();
      if (!answer.ok) return this.#say(body.error.message, t("Load the page again"), () => location.reload());
      this.dataset.until = body.lease_until;
      this.replaceChildren();
    } catch {
      // Offline for a moment: the next check tries again, and saving tells of it loudly enough.
      this.#active = true;
    }
  }

  /**
   * @param {string} sentence
   * @param {string} words on the button
   */
  #say(sentence, words, act = () => this.renew()) {
    const line = document.createElement("p");
    const button = document.createElement("button");
    line.className = "lease";
    line.setAttribute("role", "alert");
    button.type = "button";
    button.textContent = words;
    button.addEventListener("click", act);
    line.append(sentence, " ", button);
    this.replaceChildren(line);
  }
}

customElements.define("lease-keeper", LeaseKeeper);
