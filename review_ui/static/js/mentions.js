/** Completes a name after "@" in a text: arrows choose, Enter or Tab take, Escape leaves the text as it is. */
const MOST = 6;
const BEGUN = /(^|[^\w.@+-])@([^\s@]{0,40})$/u;

/** @typedef {{name: string, display: string}} Somebody */

/** @type {Promise<Somebody[]> | null} asked for when the first "@" is typed, and kept as long as the page */
let everybody = null;

export class Naming {
  #box;
  #list;
  #address;
  /** @type {Somebody[]} */
  #offered = [];
  #chosen = 0;

  /**
   * @param {HTMLTextAreaElement} box
   * @param {HTMLElement} list a listbox that the box controls
   * @param {string} address tells who can be named
   * @param {AbortSignal} signal
   */
  constructor(box, list, address, signal) {
    this.#box = box;
    this.#list = list;
    this.#address = address;
    for (const sign of ["input", "click"]) box.addEventListener(sign, () => this.#offer(), { signal });
    box.addEventListener("keydown", (event) => this.#press(event), { signal });
    box.addEventListener("blur", () => this.#close(), { signal });
    list.addEventListener("pointerdown", (event) => this.#point(event), { signal });
  }

  async #offer() {
    const begun = this.#begun;
    if (begun === null) return this.#close();
    everybody ??= this.#ask();
    const people = await everybody;
    const wanted = this.#begun?.toLowerCase();
    if (wanted === undefined) return this.#close(); // the text went on meanwhile
    const fits = (/** @type {Somebody} */ one) => [one.name, ...one.display.split(/\s+/), one.display].some((word) => word.toLowerCase().startsWith(wanted));
    const offered = people.filter(fits).slice(0, MOST);
    if (offered.map(({ name }) => name).join() !== this.#offered.map(({ name }) => name).join()) this.#chosen = 0;
    this.#offered = offered;
    this.#draw();
  }

  /** @returns {Promise<Somebody[]>} nobody while the network is away: the next "@" asks again */
  async #ask() {
    try {
      const answer = await fetch(this.#address, { headers: { Accept: "application/json" } });
      return answer.ok ? (await answer.json()).people : [];
    } catch {
      everybody = null;
      return [];
    }
  }

  /** @returns {string | null} what is typed after an "@" right before the cursor; null where there is none */
  get #begun() {
    const { value, selectionStart, selectionEnd } = this.#box;
    return selectionStart === selectionEnd ? (value.slice(0, selectionStart).match(BEGUN)?.[2] ?? null) : null;
  }

  #draw() {
    this.#list.replaceChildren(...this.#offered.map((one, place) => optionOf(one, place, place === this.#chosen)));
    this.#list.hidden = !this.#offered.length;
    if (this.#offered.length) this.#box.setAttribute("aria-activedescendant", `talk-person-${this.#chosen}`);
    else this.#box.removeAttribute("aria-activedescendant");
  }

  #close() {
    if (!this.#offered.length) return;
    this.#offered = [];
    this.#chosen = 0;
    this.#draw();
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    if (!this.#offered.length || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      this.#chosen = (this.#chosen + step + this.#offered.length) % this.#offered.length;
      this.#draw();
    } else if ((event.key === "Enter" || event.key === "Tab") && !event.shiftKey) this.#take(this.#offered[this.#chosen]);
    else if (event.key === "Escape") this.#close();
    else return;
    event.preventDefault();
  }

  /** @param {PointerEvent} event */
  #point(event) {
    event.preventDefault(); // the box keeps the focus
    const option = /** @type {HTMLElement} */ (event.target).closest("[role=option]");
    if (option) this.#take(this.#offered[Number(/** @type {HTMLElement} */ (option).dataset.place)]);
  }

  /** @param {Somebody} person */
  #take(person) {
    const end = this.#box.selectionStart;
    const begin = end - (this.#begun ?? "").length;
    this.#close();
    this.#box.setRangeText(`${person.name} `, begin, end, "end");
    this.#box.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

/**
 * @param {Somebody} person
 * @param {number} place
 * @param {boolean} isChosen
 */
function optionOf(person, place, isChosen) {
  const option = document.createElement("li");
  const login = document.createElement("span");
  option.id = `talk-person-${place}`;
  option.setAttribute("role", "option");
  option.setAttribute("aria-selected", String(isChosen));
  option.dataset.place = String(place);
  login.className = "aside";
  login.textContent = `@${person.name}`;
  option.append(person.display || person.name, " ", login);
  return option;
}
