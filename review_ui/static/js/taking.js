import { Fingers } from "./fingers.js";
import { draw } from "./overlay.js";
import { t } from "./phrases.js";
import { around, byRow, textOf } from "./words.js";

/** How far the pointer goes before a press is a drag, in pixels. */
const DRAG_PX = 5;
/** How far beside a word a fingertip may come down and still mean it, in pixels. */
const FINGER_PX = 14;

/**
 * Fill from the page: what is pointed at is handed to the open field as `words:take`.
 *
 * A click means a word, Shift a stretch from the word before, a drag what it passes, a drag from empty paper a
 * rectangle. Where another field's mark lies a click goes to that field; with Alt, or while a value is being edited, the
 * word is meant even there. A finger taps what a click points at, and where it rests it means what Shift does.
 *
 * @typedef {{page: number, text: string, boxes: import("./geometry.js").Box[], rows: string[], isMore: boolean, isRegion: boolean, isFinger: boolean}} Taken
 *   rows: the text of each printed row; isMore: instead of what was taken just before; isRegion: ringed by a rectangle
 */
export class Taking {
  #viewer;
  #desk;
  #library;
  /** @type {{sheet: HTMLElement, word: import("./words.js").Word} | null} where Shift goes on from */
  #anchor = null;
  #drag = null;
  #fingers;
  /** A drag ends in a click, which means nothing more. */
  #wasDrag = false;

  /**
   * @param {import("./viewer.js").PageViewer} viewer
   * @param {HTMLElement} desk
   * @param {import("./words.js").Library} library
   * @param {AbortSignal} signal
   */
  constructor(viewer, desk, library, signal) {
    this.#viewer = viewer;
    this.#desk = desk;
    this.#library = library;
    const pages = viewer.pages;
    // The focus stays in the field that is filled, and nothing of the image is selected or dragged away.
    pages.addEventListener("mousedown", (event) => this.#isTaking(event) && event.preventDefault(), { signal });
    pages.addEventListener("pointerdown", (event) => this.#press(event), { signal });
    pages.addEventListener("pointermove", (event) => this.#move(event), { signal });
    pages.addEventListener("pointerup", (event) => this.#release(event), { signal });
    pages.addEventListener("pointercancel", () => this.#giveUp(), { signal });
    pages.addEventListener("pointerleave", () => this.#hover(null, []), { signal });
    pages.addEventListener("click", (event) => this.#click(event), { signal });
    this.#fingers = new Fingers(pages, (event) => this.#rest(event), signal);
    desk.addEventListener("desk:field", () => this.#mirror(), { signal });
    desk.addEventListener("words:placed", () => this.#mirror(), { signal });
    this.#mirror();
  }

  /**
   * Hands words to the open field, and shows on the page what it took.
   *
   * @param {HTMLElement} sheet
   * @param {import("./words.js").Word[]} words in reading order
   * @param {{isMore?: boolean, isRegion?: boolean}} [how]
   * @returns {boolean} whether a field took them
   */
  take(sheet, words, { isMore = false, isRegion = false } = {}) {
    if (!words.length) return false;
    const boxes = words.map(({ x0, top, x1, bottom }) => ({ x0, top, x1, bottom }));
    const detail = { page: Number(sheet.dataset.page), text: textOf(words), boxes, rows: byRow(words).map(textOf), isMore, isRegion, isFinger: this.#fingers.isOne };
    const isTaken = !this.#desk.dispatchEvent(new CustomEvent("words:take", { cancelable: true, detail }));
    this.show(isTaken ? sheet : null, boxes);
    this.#viewer.say(isTaken ? "" : this.#refusal);
    return isTaken;
  }

  get #refusal() {
    const isLines = this.#desk.querySelector("[data-card] lines-grid");
    return isLines ? t("Go into a cell first: what you point at goes there.") : t("Open a field first: what you point at goes into it.");
  }

  /**
   * @param {HTMLElement | null} sheet
   * @param {import("./geometry.js").Box[]} boxes of words: shown as one for each row
   */
  show(sheet, boxes) {
    for (const one of this.#viewer.sheets) draw(one, "taken", one === sheet ? joined(boxes) : []);
  }

  /** Shows where the open field's typed value was pointed at, as its form says. */
  #mirror() {
    this.#anchor = null;
    const place = this.#desk.querySelector("[data-card] details.editor[open] [name=provenance]")?.value;
    if (!place) return this.show(null, []);
    const { page, boxes } = JSON.parse(place);
    this.show(this.#viewer.sheets.find((one) => Number(one.dataset.page) === page) ?? null, boxes);
  }

  /** @param {MouseEvent} event */
  #isTaking(event) {
    return event.button === 0 && !this.#viewer.isPanning && Boolean(event.target.closest(".paper"));
  }

  /** @param {PointerEvent} event */
  async #press(event) {
    this.#wasDrag = false;
    const sheet = /** @type {HTMLElement} */ (event.target).closest(".sheet");
    if (!sheet || !this.#isTaking(event) || event.pointerType === "touch") return;
    const drag = { sheet, from: { x: event.clientX, y: event.clientY }, start: this.#viewer.point(sheet, event), isMore: event.shiftKey, words: null, word: null, found: [], isMoved: false, isRegion: false };
    this.#drag = drag;
    drag.words = await this.#library.of(sheet);
    drag.word = drag.words.at(drag.start.x, drag.start.y) ?? null;
  }

  /** @param {PointerEvent} event */
  #move(event) {
    const drag = this.#drag;
    if (!drag) return event.pointerType === "mouse" && !event.buttons ? this.#over(event) : undefined;
    if (!drag.words) return;
    if (!drag.isMoved) {
      if (Math.hypot(event.clientX - drag.from.x, event.clientY - drag.from.y) < DRAG_PX) return;
      drag.isMoved = true;
      this.#hover(null, []);
      this.#viewer.pages.setPointerCapture(event.pointerId);
    }
    const { x, y } = this.#viewer.point(drag.sheet, event);
    const origin = drag.isMore && this.#anchor?.sheet === drag.sheet ? this.#anchor.word : drag.word;
    drag.isRegion = !origin;
    if (origin) {
      drag.found = drag.words.between(origin, drag.words.nearest(x, y));
    } else {
      const band = around([{ x0: x, top: y, x1: x, bottom: y }, { x0: drag.start.x, top: drag.start.y, x1: drag.start.x, bottom: drag.start.y }]);
      drag.found = drag.words.within(band);
      draw(drag.sheet, "band", [band], 0);
    }
    this.show(drag.sheet, drag.found);
  }

  /** @param {PointerEvent} event */
  #release(event) {
    const drag = this.#drag;
    this.#drag = null;
    if (!drag?.isMoved) return;
    event.preventDefault();
    this.#wasDrag = true;
    draw(drag.sheet, "band", []);
    if (!drag.found.length) return this.#mirror();
    this.take(drag.sheet, drag.found, { isMore: drag.isMore && this.#anchor?.sheet === drag.sheet, isRegion: drag.isRegion });
    this.#anchor = { sheet: drag.sheet, word: drag.found[0] };
  }

  #giveUp() {
    const drag = this.#drag;
    this.#drag = null;
    if (!drag?.isMoved) return;
    draw(drag.sheet, "band", []);
    this.#mirror();
  }

  /** @param {MouseEvent} event */
  async #click(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    const sheet = target.closest(".sheet");
    if (this.#wasDrag) return void (this.#wasDrag = false);
    if (!sheet || !target.closest(".paper") || this.#viewer.isPanning) return;
    if (!event.altKey && this.#viewer.leadsAway(target)) return;
    const word = await this.#pointed(sheet, event);
    if (!word) return;
    const { left, right, top, bottom } = this.#viewer.seen(sheet, word);
    const middle = { clientX: (left + right) / 2, clientY: (top + bottom) / 2 };
    // A fingertip beside a mark means the mark.
    if (this.#fingers.isOne && this.#viewer.lead(middle)) return;
    this.#pick(sheet, word, event.shiftKey);
  }

  /** @param {PointerEvent} event a finger that rests on a word means all from the word before, as Shift does */
  async #rest(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    const sheet = target.closest(".sheet");
    const word = sheet && target.closest(".paper") ? await this.#pointed(sheet, event) : null;
    if (word) this.#pick(sheet, word, true);
  }

  /**
   * @param {HTMLElement} sheet
   * @param {MouseEvent} event
   * @returns {Promise<import("./words.js").Word | undefined>} the word that is pointed at, the nearest one by a finger
   */
  async #pointed(sheet, event) {
    const words = await this.#library.of(sheet);
    const { x, y } = this.#viewer.point(sheet, event);
    if (!this.#fingers.isOne) return words.at(x, y);
    const beside = this.#viewer.point(sheet, { clientX: event.clientX + FINGER_PX, clientY: event.clientY });
    return words.at(x, y, Math.hypot(beside.x - x, beside.y - y));
  }

  /**
   * @param {HTMLElement} sheet
   * @param {import("./words.js").Word} word
   * @param {boolean} isMore
   */
  async #pick(sheet, word, isMore) {
    const words = await this.#library.of(sheet);
    const anchor = isMore && this.#anchor?.sheet === sheet ? this.#anchor : null;
    const kept = anchor ?? { sheet, word };
    this.take(sheet, words.between(kept.word, word), { isMore: anchor !== null });
    this.#anchor = kept;
  }

  /** @param {PointerEvent} event */
  async #over(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    const sheet = target.closest(".sheet");
    if (!sheet || !target.closest(".paper") || (!event.altKey && this.#viewer.leadsAway(target))) return this.#hover(null, []);
    const { x, y } = this.#viewer.point(sheet, event);
    const words = await this.#library.of(sheet);
    const word = words.at(x, y);
    if (!this.#drag) this.#hover(sheet, word ? [word] : []);
  }

  /**
   * @param {HTMLElement | null} sheet
   * @param {import("./geometry.js").Box[]} boxes
   */
  #hover(sheet, boxes) {
    for (const one of this.#viewer.sheets) draw(one, "hover", one === sheet ? boxes : []);
    this.#viewer.pages.toggleAttribute("data-on-word", boxes.length > 0);
  }
}

/**
 * @param {import("./geometry.js").Box[]} boxes of words
 * @returns {import("./geometry.js").Box[]} one for each row of them
 */
export function joined(boxes) {
  const rows = [];
  for (const box of boxes) {
    const middle = (box.top + box.bottom) / 2;
    const row = rows.findIndex((one) => one.top <= middle && middle <= one.bottom);
    if (row < 0) rows.push(box);
    else rows[row] = around([rows[row], box]);
  }
  return rows;
}
