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
