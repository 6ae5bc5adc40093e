/** Points to pixels and back: the only place that knows how a page lies on the screen. */
export const PX_PER_POINT = 96 / 72;
export const ZOOM_MIN = 0.25;
export const ZOOM_MAX = 4;

/**
 * @param {number} width of the page in points
 * @param {number} height of the page in points
 * @param {number} zoom 1 is the printed size
 * @param {number} turn quarter turns clockwise
 * @returns {{width: number, height: number, transform: string, paper: number}} the sheet's box in pixels, and how the
 *   paper of width `paper` pixels lies in it
 */
export function laidOut(width, height, zoom, turn) {
  const w = width * PX_PER_POINT * zoom;
  const h = height * PX_PER_POINT * zoom;
  const quarter = ((turn % 4) + 4) % 4;
  const move = ["none", `translate(${h}px, 0) rotate(90deg)`, `translate(${w}px, ${h}px) rotate(180deg)`, `translate(0, ${w}px) rotate(270deg)`];
  return { width: quarter % 2 ? h : w, height: quarter % 2 ? w : h, transform: move[quarter], paper: w };
}

/**
 * @param {number} width of the page in points
 * @param {number} height of the page in points
 * @param {number} room in pixels
 * @param {number} turn quarter turns
 * @returns {number} the zoom at which the page fills the room's width
 */
export function fitting(width, height, room, turn) {
  return clamped(room / ((turn % 2 ? height : width) * PX_PER_POINT));
}

/** @param {number} zoom */
export function clamped(zoom) {
  return Math.min(ZOOM_MAX, Math.max(ZOOM_MIN, zoom));
}

/** Dots per inch that page images come in for reading; a thumbnail's own is not among them. */
export const LEVELS = [110, 200, 300, 400];

/**
 * @param {number} zoom
 * @param {number} ratio device pixels for a CSS pixel
 * @returns {number} the coarsest level that is crisp at this zoom; the finest there is where none would do
 */
export function levelFor(zoom, ratio) {
  const needed = 96 * zoom * ratio;
  return LEVELS.find((level) => level * 1.04 >= needed) ?? LEVELS.at(-1);
}

/**
 * @param {{left: number, top: number, width: number, height: number}} box of the paper as it is seen, turned, in pixels
 * @param {number} x in pixels
 * @param {number} y in pixels
 * @param {{width: number, height: number}} size of the page in points
 * @param {number} turn quarter turns clockwise
 * @returns {{x: number, y: number}} the same place in points on the page as it was read
 */
export function pagePoint(box, x, y, size, turn) {
  const u = (x - box.left) / box.width;
  const v = (y - box.top) / box.height;
  const [across, down] = [[u, v], [v, 1 - u], [1 - u, 1 - v], [1 - v, u]][((turn % 4) + 4) % 4];
  return { x: across * size.width, y: down * size.height };
}

/**
 * @param {{left: number, top: number, width: number, height: number}} box of the paper as it is seen, turned, in pixels
 * @param {Box} place in points
 * @param {{width: number, height: number}} size of the page in points
 * @param {number} turn quarter turns clockwise
 * @returns {{left: number, top: number, right: number, bottom: number}} where the place is seen, in pixels
 *
 * @typedef {{x0: number, top: number, x1: number, bottom: number}} Box
 */
export function seenAt(box, place, size, turn) {
  const corners = [[place.x0, place.top], [place.x1, place.bottom]].map(([x, y]) => {
    const across = x / size.width;
    const down = y / size.height;
    const [u, v] = [[across, down], [1 - down, across], [1 - across, 1 - down], [down, 1 - across]][((turn % 4) + 4) % 4];
    return { x: box.left + u * box.width, y: box.top + v * box.height };
  });
  const xs = corners.map((one) => one.x);
  const ys = corners.map((one) => one.y);
  return { left: Math.min(...xs), top: Math.min(...ys), right: Math.max(...xs), bottom: Math.max(...ys) };
}
