/** Finds what was typed among the words of pages: accents and case ignored, over the borders of words and rows. */

/**
 * Pages are counted from 0. Where nothing fits as typed, blanks are ignored: an account number is printed in fours.
 *
 * @param {string} typed
 * @param {import("./words.js").PageWords[]} pages
 * @returns {{page: number, boxes: import("./geometry.js").Box[]}[]} in reading order, one box for each word or part of one
 */
export function found(typed, pages) {
  const wanted = folded(typed).trim().replace(/\s+/g, " ");
  if (!wanted) return [];
  const asTyped = pages.flatMap((page, index) => onPage(wanted, page, index, " "));
  const solid = wanted.replaceAll(" ", "");
  if (asTyped.length || solid.length < 4) return asTyped;
  return pages.flatMap((page, index) => onPage(solid, page, index, ""));
}

/**
 * @param {string} text
 * @returns {string} without accents and case, with plain quotes and dashes
 */
export function folded(text) {
  return text
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replaceAll("ß", "ss")
    .replace(/[‐-―−]/g, "-")
    .replace(/[‘’‚′]/g, "'")
    .replace(/[“”„″]/g, '"');
}

/**
 * @param {string} wanted
 * @param {import("./words.js").PageWords} page
 * @param {number} index
 * @param {string} between words
 */
function onPage(wanted, page, index, between) {
  let whole = "";
  const spans = page.all.map((word) => {
    if (whole) whole += between;
    const start = whole.length;
    whole += folded(word.text);
    return { word, start, end: whole.length };
  });
  const hits = [];
  for (let at = whole.indexOf(wanted); at >= 0; at = whole.indexOf(wanted, at + wanted.length)) {
    const end = at + wanted.length;
    const boxes = spans.filter((one) => one.start < end && one.end > at).map((one) => part(one, at, end));
    if (boxes.length) hits.push({ page: index, boxes });
  }
  return hits;
}

/**
 * @param {{word: import("./words.js").Word, start: number, end: number}} span
 * @param {number} from
 * @param {number} to
 * @returns {import("./geometry.js").Box} the part of the word, as if all letters were equally wide
 */
function part({ word, start, end }, from, to) {
  const width = (word.x1 - word.x0) / Math.max(1, end - start);
  const x0 = word.x0 + Math.max(0, from - start) * width;
  const x1 = word.x0 + (Math.min(end, to) - start) * width;
  return { x0, top: word.top, x1, bottom: word.bottom };
}
