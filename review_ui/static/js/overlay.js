/** Draws over a page's image what is pointed at: rectangles in points, which follow every zoom and turn by themselves. */
const SVG = "http://www.w3.org/2000/svg";
const MARGIN = 1.2;

/**
 * Shows boxes of one kind on one page, instead of those of that kind which were there.
 *
 * @param {HTMLElement} sheet
 * @param {string} kind hover, taken, band, cursor, found or current
 * @param {import("./geometry.js").Box[]} boxes none takes them away
 * @param {number} [margin] points between print and box
 */
export function draw(sheet, kind, boxes, margin = MARGIN) {
  const layer = layerOf(sheet, boxes.length > 0);
  if (!layer) return;
  for (const old of layer.querySelectorAll(`.word-${kind}`)) old.remove();
  for (const box of boxes) {
    const made = document.createElementNS(SVG, "rect");
    made.setAttribute("class", `word word-${kind}`);
    made.setAttribute("x", String(box.x0 - margin));
    made.setAttribute("y", String(box.top - margin));
    made.setAttribute("width", String(Math.max(0, box.x1 - box.x0 + 2 * margin)));
    made.setAttribute("height", String(Math.max(0, box.bottom - box.top + 2 * margin)));
    made.setAttribute("rx", "1.5");
    layer.append(made);
  }
}

/**
 * @param {HTMLElement} sheet
 * @param {boolean} isNeeded makes it where it is missing
 */
function layerOf(sheet, isNeeded) {
  const found = sheet.querySelector("svg.words");
  if (found || !isNeeded) return found;
  const made = document.createElementNS(SVG, "svg");
  made.setAttribute("class", "words");
  made.setAttribute("viewBox", `0 0 ${sheet.dataset.width} ${sheet.dataset.height}`);
  made.setAttribute("aria-hidden", "true");
  sheet.querySelector(".paper").append(made);
  return made;
}
