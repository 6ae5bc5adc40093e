/** Sums of canonical decimals without the rounding of floating point. */
import { SIGNS } from "./phrases.js";

/**
 * @param {string[]} texts canonical decimals
 * @returns {string} their sum, with as many decimals as the most exact of them and at least two
 */
export function sumOf(texts) {
  const places = Math.max(2, ...texts.map((text) => (text.split(".")[1] ?? "").length));
  const whole = texts.reduce((sum, text) => sum + scaled(text, places), 0n);
  const digits = (whole < 0n ? -whole : whole).toString().padStart(places + 1, "0");
  const grouped = digits.slice(0, -places).replace(/\B(?=(\d{3})+$)/g, SIGNS.group);
  return `${whole < 0n ? "−" : ""}${grouped}${SIGNS.decimal}${digits.slice(-places)}`;
}

/**
 * @param {string} text
 * @param {number} places
 */
function scaled(text, places) {
  const found = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text);
  if (!found) return 0n;
  const number = BigInt(found[2] + (found[3] ?? "").padEnd(places, "0"));
  return found[1] ? -number : number;
}
