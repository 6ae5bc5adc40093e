/** Changes the theme in place; the form beneath does the same without a script. */
import { t } from "./phrases.js";

const NEXT = { auto: "dark", dark: "light", light: "auto" };

export class ThemeToggle extends HTMLElement {
  #listening;

  connectedCallback() {
    this.#listening = new AbortController();
    this.addEventListener("submit", (event) => this.#change(event), { signal: this.#listening.signal });
  }

  disconnectedCallback() {
    this.#listening.abort();
  }

  /** @param {SubmitEvent} event */
  #change(event) {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    const button = /** @type {HTMLButtonElement} */ (event.submitter);
    const chosen = button.value;
    fetch(form.action, { method: "POST", body: new FormData(form, button), redirect: "manual" });
    document.documentElement.dataset.theme = chosen;
    button.value = NEXT[chosen];
    const words = {
      auto: t("Theme: as the system has it. Change it"),
      dark: t("Theme: dark. Change it"),
      light: t("Theme: light. Change it"),
    };
    button.setAttribute("aria-label", words[chosen]);
  }
}

customElements.define("theme-toggle", ThemeToggle);
