/** How the marks of fields look that wait for a person: where several lie on one print, these go first. */
const OPEN = ["check", "critical", "absent", "wrong"];

/**
 * Names the field of the box that is pointed at, and goes to it by a click.
 *
 * Only for the pointer: the panel beside lists the same fields for everybody.
 */
export class MarkNames {
  #viewer;
  #desk;
  #label = document.createElement("span");

  /**
   * @param {import("./viewer.js").PageViewer} viewer
   * @param {HTMLElement | null} desk without one, marks are named and lead nowhere
   * @param {AbortSignal} signal
   */
  constructor(viewer, desk, signal) {
    this.#viewer = viewer;
    this.#desk = desk;
    this.#label.className = "mark-name";
    this.#label.setAttribute("aria-hidden", "true");
    this.#label.hidden = true;
    viewer.append(this.#label);
    signal.addEventListener("abort", () => this.#label.remove());
    viewer.pages.addEventListener("pointerover", (event) => this.#name(event), { signal });
    viewer.pages.addEventListener("pointerleave", () => this.#name(null), { signal });
    viewer.pages.addEventListener("scroll", () => this.#name(null), { signal, passive: true });
    viewer.pages.addEventListener("click", (event) => this.#click(event), { signal });
    desk?.addEventListener("desk:field", () => this.#name(null), { signal });
  }

  /** @param {EventTarget | null} target whether a click there goes to another field */
  isOther(target) {
    const area = areaOf(target);
    return Boolean(this.#desk && area && area.dataset.field !== this.#desk.dataset.field && !this.#isFilling);
  }

  /** Whether a value is being typed or pointed at: then a click means the words, whoever else's they are. */
  get #isFilling() {
    return Boolean(this.#desk.querySelector("[data-card] details.editor[open], [data-card] lines-grid :focus"));
  }

  /** @param {MouseEvent} event */
  #click(event) {
    if (!event.altKey && !this.#viewer.isPanning && this.isOther(event.target)) this.#follow(areasAt(event));
  }

  /**
   * @param {{clientX: number, clientY: number}} place
   * @returns {boolean} whether another field's mark lies there, to which it went
   */
  lead(place) {
    const areas = areasAt(place);
    const isAway = areas.length > 0 && this.isOther(areas[0]);
    if (isAway) this.#follow(areas);
    return isAway;
  }

  /** @param {SVGElement[]} areas */
  #follow(areas) {
    const link = document.createElement("a");
    const open = areas.find((one) => OPEN.includes(one.dataset.tone));
    link.href = `?field=${encodeURIComponent((open ?? areas[0]).dataset.field)}`;
    link.dataset.panelLink = "";
    link.hidden = true;
    this.#viewer.append(link);
    link.click(); // as if it had been chosen in the panel
    link.remove();
  }

  /** @param {PointerEvent | null} event */
  #name(event) {
    const area = areaOf(event?.target ?? null);
    this.#label.hidden = !area;
    if (!area) return;
    // Several fields may have been read off the same print.
    this.#label.textContent = [...new Set(areasAt(event).map((one) => one.dataset.title))].join(" · ");
    this.#label.dataset.tone = area.dataset.tone;
    const box = area.getBoundingClientRect();
    const room = this.#viewer.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = this.#label;
    const top = box.top - room.top - height - 4;
    const tools = this.#viewer.pages.offsetTop;
    this.#label.style.insetInlineStart = `${Math.max(4, Math.min(box.left - room.left, room.width - width - 4))}px`;
    this.#label.style.insetBlockStart = `${top < tools + 4 ? box.bottom - room.top + 4 : top}px`;
  }
}

/**
 * @param {EventTarget | null} target
 * @returns {SVGElement | null} the area of a mark
 */
function areaOf(target) {
  return target instanceof Element ? target.closest(".mark-area") : null;
}

/**
 * @param {{clientX: number, clientY: number}} place
 * @returns {SVGElement[]} the areas there, the uppermost first
 */
function areasAt({ clientX, clientY }) {
  return document.elementsFromPoint(clientX, clientY).filter((one) => one.matches(".mark-area"));
}
