/**
 * The words of a page as they can be pointed at: rows of print, what lies between two words, what lies in a rectangle.
 *
 * All lengths are points of the page as it was read.
 *
 * @typedef {import("./geometry.js").Box} Box
 * @typedef {Box & {text: string, row: number, place: number}} Word row and place count from 0 in reading order
 */

/** How wide a blank is, in heights of the print, before it parts two columns: spaces are a third. */
const COLUMN_GAP = 1.2;
/** How far beside a word one may point and still mean it, in points. */
const NEAR = 2;

export class PageWords {
  /** @type {Word[][]} */
  rows;
  /** @type {Word[]} */
  all;

  /**
   * @param {number} number of the page, from 1
   * @param {[string, number, number, number, number][]} found text, x0, top, x1, bottom
   */
  constructor(number, found) {
    this.number = number;
    const words = found.map(([text, x0, top, x1, bottom]) => ({ text, x0, top, x1, bottom, row: 0, place: 0 }));
    this.rows = inRows(words);
    this.all = this.rows.flat();
    this.rows.forEach((row, index) => row.forEach((word) => (word.row = index)));
    this.all.forEach((word, index) => (word.place = index));
  }

  /**
   * @param {number} x
   * @param {number} y
   * @param {number} [near] how far beside a word still means it
   * @returns {Word | undefined} the word that is pointed at
   */
  at(x, y, near = NEAR) {
    const away = (/** @type {Word} */ one) => Math.max(one.x0 - x, x - one.x1, one.top - y, y - one.bottom, 0);
    let best;
    for (const one of this.all) if (away(one) <= near && (!best || away(one) < away(best))) best = one;
    return best;
  }

  /**
   * @param {number} x
   * @param {number} y
   * @returns {Word | undefined} the word that is nearest
   */
  nearest(x, y) {
    const away = (/** @type {Word} */ one) => Math.hypot(Math.max(one.x0 - x, x - one.x1, 0), 2 * Math.max(one.top - y, y - one.bottom, 0));
    let best;
    for (const one of this.all) if (!best || away(one) < away(best)) best = one;
    return best;
  }

  /**
   * @param {Word} one
   * @param {Word} other
   * @returns {Word[]} both and everything between them: down their column where they stand in one, else row by row
   */
  between(one, other) {
    const [first, last] = one.place <= other.place ? [one, other] : [other, one];
    if (first.row === last.row) return this.all.slice(first.place, last.place + 1);
    const [top, bottom] = [this.#stretch(first), this.#stretch(last)];
    const left = Math.min(top[0].x0, bottom[0].x0);
    const right = Math.max(top.at(-1).x1, bottom.at(-1).x1);
    const isColumn = top[0].x0 < bottom.at(-1).x1 && bottom[0].x0 < top.at(-1).x1;
    if (!isColumn) return this.all.slice(first.place, last.place + 1);
    const middle = this.rows.slice(first.row + 1, last.row).flatMap((row) =>
      stretches(row).filter((part) => part[0].x0 < right && part.at(-1).x1 > left).flat(),
    );
    return [...top.filter((word) => word.place >= first.place), ...middle, ...bottom.filter((word) => word.place <= last.place)];
  }

  /**
   * @param {Box} box
   * @returns {Word[]} those whose middle lies in it, in reading order
   */
  within({ x0, top, x1, bottom }) {
    return this.all.filter((one) => {
      const [x, y] = [(one.x0 + one.x1) / 2, (one.top + one.bottom) / 2];
      return x >= x0 && x <= x1 && y >= top && y <= bottom;
    });
  }

  /**
   * @param {Word} from
   * @param {string} key an arrow, Home or End
   * @param {number} [goal] where the column that is kept stands
   * @returns {Word} the word there; the same one at the end of the page
   */
  step(from, key, goal = (from.x0 + from.x1) / 2) {
    const row = this.rows[from.row];
    if (key === "Home") return row[0];
    if (key === "End") return row.at(-1);
    if (key === "ArrowLeft" || key === "ArrowRight") return this.all[from.place + (key === "ArrowLeft" ? -1 : 1)] ?? from;
    const next = this.rows[from.row + (key === "ArrowUp" ? -1 : 1)];
    if (!next) return from;
    const away = (/** @type {Word} */ one) => Math.max(one.x0 - goal, goal - one.x1, 0);
    return next.reduce((best, one) => (away(one) < away(best) ? one : best));
  }

  /** @param {Word} word */
  #stretch(word) {
    return stretches(this.rows[word.row]).find((part) => part.includes(word));
  }
}

/**
 * @param {Word[]} words in reading order
 * @returns {Word[][]} one list for each printed row that they stand on
 */
export function byRow(words) {
  const rows = new Map();
  for (const word of words) rows.set(word.row, [...(rows.get(word.row) ?? []), word]);
  return [...rows.values()];
}

/** @param {{text: string}[]} words */
export function textOf(words) {
  return words.map((word) => word.text).join(" ");
}

/**
 * @param {Box[]} boxes
 * @returns {Box} the smallest around all
 */
export function around(boxes) {
  return {
    x0: Math.min(...boxes.map((one) => one.x0)),
    top: Math.min(...boxes.map((one) => one.top)),
    x1: Math.max(...boxes.map((one) => one.x1)),
    bottom: Math.max(...boxes.map((one) => one.bottom)),
  };
}

/**
 * @param {Word[]} words in any order
 * @returns {Word[][]} rows from top to bottom, each from left to right
 */
function inRows(words) {
  const rows = [];
  for (const word of [...words].sort((one, other) => one.top + one.bottom - other.top - other.bottom)) {
    const middle = (word.top + word.bottom) / 2;
    const row = rows.findLast((one) => Math.abs(one.middle - middle) < 0.5 * Math.min(one.height, word.bottom - word.top));
    if (row) row.words.push(word);
    else rows.push({ words: [word], middle, height: word.bottom - word.top });
  }
  return rows.map((row) => row.words.sort((one, other) => one.x0 - other.x0));
}

/**
 * @param {Word[]} row
 * @returns {Word[][]} its pieces, parted where a column ends
 */
function stretches(row) {
  const parts = [];
  for (const word of row) {
    const before = parts.at(-1)?.at(-1);
    if (before && word.x0 - before.x1 <= COLUMN_GAP * Math.max(before.bottom - before.top, 1)) parts.at(-1).push(word);
    else parts.push([word]);
  }
  return parts;
}

/** Fetches the words of a document's pages when they are first asked for, and keeps them. */
export class Library {
  /** @type {Map<HTMLElement, Promise<PageWords>>} */
  #asked = new Map();

  /**
   * @param {HTMLElement} sheet with the address of its words
   * @returns {Promise<PageWords>} without words where they cannot be had; asking again then tries again
   */
  of(sheet) {
    const kept = this.#asked.get(sheet);
    if (kept) return kept;
    const number = Number(sheet.dataset.page);
    const asked = fetch(sheet.dataset.words, { headers: { Accept: "application/json" } })
      .then((answer) => (answer.ok ? answer.json() : Promise.reject(new TypeError("refused"))))
      .then((body) => new PageWords(number, body.words))
      .catch(() => {
        this.#asked.delete(sheet);
        return new PageWords(number, []);
      });
    this.#asked.set(sheet, asked);
    return asked;
  }

  /**
   * @param {string} address of the words of all pages
   * @param {HTMLElement[]} sheets
   * @returns {Promise<PageWords[]>} by page, in one request
   */
  async all(address, sheets) {
    if (sheets.some((sheet) => !this.#asked.has(sheet))) {
      const answer = await fetch(address, { headers: { Accept: "application/json" } }).catch(() => null);
      const { pages } = answer?.ok ? await answer.json() : { pages: [] };
      sheets.forEach((sheet, index) => {
        const number = Number(sheet.dataset.page);
        if (pages[index] && !this.#asked.has(sheet)) this.#asked.set(sheet, Promise.resolve(new PageWords(number, pages[index])));
      });
    }
    return Promise.all(sheets.map((sheet) => this.of(sheet)));
  }
}
