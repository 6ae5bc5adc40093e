/**
 * Keys that were pressed before the page could act on them.
 *
 * What only shows something happens now. What would save, sign or take something does not: whoever pressed it cannot
 * have seen this page yet. They are told, so that nothing is lost in silence.
 */
import { find, nameOf } from "./keys.js";
import { t } from "./phrases.js";

const TOLD = { Enter: "Enter", "Shift+Enter": t("Shift and Enter") };

/** @param {{key: string, code: string, shiftKey: boolean}[]} keys in the order they came */
function replay(keys) {
  const unused = new Set();
  for (const [place, pressed] of keys.entries()) {
    const name = nameOf(pressed);
    const isSecond = keys[place - 1]?.key === "g";
    const found = find(isSecond ? `g ${name}` : name, isSecond);
    if (found && saves(found)) {
      unused.add(TOLD[name] ?? name);
      continue;
    }
    const init = { ...pressed, bubbles: true, cancelable: true };
    (document.activeElement ?? document.body).dispatchEvent(new KeyboardEvent("keydown", init));
    // Once a field has the focus the rest was meant for it, or for what is not there any more.
    if (document.activeElement?.matches("input, textarea, select")) {
      for (const rest of keys.slice(place + 1)) unused.add(TOLD[nameOf(rest)] ?? nameOf(rest));
      break;
    }
  }
  const told = [...unused].join(", ");
  if (told) tell(t("Pressed before this page was ready, and not done: %(keys)s. Press again what you meant.", { keys: told }));
}

/** @param {HTMLElement} found */
function saves(found) {
  return found instanceof HTMLButtonElement && found.type === "submit" && found.form?.method === "post";
}

/** @param {string} sentence */
function tell(sentence) {
  const place = document.querySelector("[data-told]");
  const line = document.createElement("p");
  line.dataset.tone = "check";
  line.dataset.early = ""; // goes with the next key, not with what the last one showed
  line.textContent = sentence;
  place?.append(line);
  document.addEventListener("keydown", () => line.remove(), { once: true });
}

document.dispatchEvent(new CustomEvent("proofdesk:ready", { detail: { take: replay } }));
