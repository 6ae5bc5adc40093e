/** Changes the theme in place; the form beneath does the same without a script. */
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
    const words = { auto: "as the system has it", dark: "dark", light: "light" }[chosen];
    button.setAttribute("aria-label", `Theme: ${words}. Change it`);
  }
}

customElements.define("theme-toggle", ThemeToggle);
