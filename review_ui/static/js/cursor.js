import { draw } from "./overlay.js";
import { t } from "./phrases.js";
import { joined } from "./taking.js";

const MOVES = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End"];

/** Fill from the page without a pointer: a cursor that goes from word to word, and says where it is. */
export class WordCursor {
  #viewer;
  #taking;
  /** @type {HTMLElement | null} */
  #sheet = null;
  /** @type {import("./words.js").PageWords | null} */
  #words = null;
  /** @type {import("./words.js").Word | null} */
  #word = null;
  /** @type {import("./words.js").Word | null} from here on everything is taken */
  #anchor = null;
  /** The column that ↑ and ↓ keep, in points. */
  #goal = 0;
  /** @type {HTMLElement | null} */
  #cameFrom = null;

  /**
   * @param {import("./viewer.js").PageViewer} viewer
   * @param {HTMLElement} desk
   * @param {import("./taking.js").Taking} taking
   * @param {AbortSignal} signal
   */
  constructor(viewer, desk, taking, signal) {
    this.#viewer = viewer;
    this.#taking = taking;
    viewer.addEventListener("click", (event) => event.target.closest("[data-take-words]") && this.#start(), { signal });
    // Inside a field w is a letter: with Alt, by its place on the keyboard, it leads to the page even from there.
    desk.addEventListener("keydown", (event) => this.#ask(event), { signal });
    viewer.pages.addEventListener("keydown", (event) => this.#press(event), { signal });
    viewer.pages.addEventListener("focusout", () => this.#stop(), { signal });
    desk.addEventListener("desk:field", () => this.#stop(), { signal });
  }

  /** @param {KeyboardEvent} event */
  #ask(event) {
    if (!event.altKey || event.ctrlKey || event.metaKey || event.code !== "KeyW") return;
    event.preventDefault();
    this.#start();
  }

  async #start() {
    const sheet = this.#viewer.sheet;
    if (!sheet) return;
    const from = /** @type {HTMLElement} */ (document.activeElement);
    const words = await this.#viewer.library.of(sheet);
    if (!words.all.length) return this.#viewer.say(t("There are no words to take on this page: type what you read."));
    this.#cameFrom = from;
    this.#viewer.pages.setAttribute("role", "application");
    this.#viewer.pages.focus({ preventScroll: true });
    this.#enter(sheet, words, this.#first(sheet, words));
  }

  /**
   * @param {HTMLElement} sheet
   * @param {import("./words.js").PageWords} words
   * @returns {import("./words.js").Word} at the open field's print where it is on the page, else the first in sight
   */
  #first(sheet, words) {
    const mark = sheet.querySelector(".word-taken") ?? sheet.querySelector(".mark-focus");
    if (mark) {
      const [x, y, width, height] = ["x", "y", "width", "height"].map((name) => Number(mark.getAttribute(name)));
      return words.nearest(x + Math.min(6, width / 2), y + height / 2);
    }
    const room = this.#viewer.pages.getBoundingClientRect();
    return words.all.find((word) => this.#viewer.seen(sheet, word).top >= room.top) ?? words.all[0];
  }

  /**
   * @param {HTMLElement} sheet
   * @param {import("./words.js").PageWords} words
   * @param {import("./words.js").Word} word
   */
  #enter(sheet, words, word) {
    if (this.#sheet && this.#sheet !== sheet) draw(this.#sheet, "cursor", []);
    this.#sheet = sheet;
    this.#words = words;
    this.#anchor = null;
    this.#goal = (word.x0 + word.x1) / 2;
    this.#to(word);
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    if (!this.#word || event.ctrlKey || event.metaKey || event.altKey) return;
    const { key } = event;
    if (MOVES.includes(key)) this.#move(key, event.shiftKey);
    else if (key === "Enter") this.#take();
    else if (key === "Escape") this.#leave();
    else if (key === "[" || key === "]") this.#turn(key === "[" ? -1 : 1);
    else if (key === "Tab") return;
    event.preventDefault();
    event.stopPropagation(); // no other key means anything while the words are gone through
  }

  /**
   * @param {string} key
   * @param {boolean} isExtending
   */
  #move(key, isExtending) {
    const isAcross = key === "ArrowUp" || key === "ArrowDown";
    const next = this.#words.step(this.#word, key, this.#goal);
    if (next === this.#word && isAcross) return this.#turn(key === "ArrowUp" ? -1 : 1);
    this.#anchor = isExtending ? (this.#anchor ?? this.#word) : null;
    if (!isAcross) this.#goal = (next.x0 + next.x1) / 2;
    this.#to(next);
  }

  /** @param {number} step to the page before or after */
  async #turn(step) {
    const sheets = this.#viewer.sheets;
    const sheet = sheets[sheets.indexOf(this.#sheet) + step];
    if (!sheet) return;
    const words = await this.#viewer.library.of(sheet);
    if (!this.#word) return;
    const edge = step > 0 ? words.all[0] : words.rows.at(-1)?.[0];
    if (edge) this.#enter(sheet, words, edge);
    else this.#viewer.say(t("Page %(page)s has no words.", { page: sheet.dataset.page }));
  }

  /** @param {import("./words.js").Word} word */
  #to(word) {
    this.#word = word;
    const chosen = this.#chosen;
    draw(this.#sheet, "cursor", joined(chosen));
    this.#viewer.bring(this.#sheet, word);
    const many = chosen.length > 1 ? `, ${chosen.length} words` : "";
    const where = t("page %(page)s, line %(line)s", { page: this.#sheet.dataset.page, line: word.row + 1 });
    this.#viewer.say(`${word.text}${many} · ${where}`);
  }

  get #chosen() {
    return this.#anchor ? this.#words.between(this.#anchor, this.#word) : [this.#word];
  }

  #take() {
    const [sheet, chosen] = [this.#sheet, this.#chosen];
    this.#stop();
    if (!this.#taking.take(sheet, chosen)) this.#back();
  }

  #leave() {
    this.#stop();
    this.#back();
  }

  #back() {
    const from = this.#cameFrom;
    const card = /** @type {HTMLElement | null} */ (this.#viewer.closest("review-desk").querySelector("[data-card]"));
    (from?.isConnected && from !== document.body && !from.closest(".viewer") ? from : card)?.focus({ preventScroll: true });
  }

  #stop() {
    if (!this.#word) return;
    draw(this.#sheet, "cursor", []);
    this.#word = null;
    this.#anchor = null;
    this.#viewer.pages.setAttribute("role", "group");
    this.#viewer.say("");
  }
}
