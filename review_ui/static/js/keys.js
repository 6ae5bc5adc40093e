/**
 * One key each for what a page offers: whatever carries `data-key` is pressed by it.
 *
 * `data-key` is one key or several ("Enter 0"), named as in KeyboardEvent.key, with "Shift+Enter" for that pair;
 * "g q" is g, then q. Nothing fires while typing, except Escape, which leaves the field.
 */
const SEQUENCE_MS = 1200;
const TYPING = "input:not([type=radio], [type=checkbox], [type=submit]), textarea, select, [contenteditable]";
const PRESSABLE = "a[href], button, summary, input";

export class KeyMap extends HTMLElement {
  #listening;
  #started = -Infinity;

  connectedCallback() {
    this.#listening = new AbortController();
    document.addEventListener("keydown", (event) => this.#press(event), { signal: this.#listening.signal });
  }

  disconnectedCallback() {
    this.#listening.abort();
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    if (event.defaultPrevented || event.isComposing || isCommand(event)) return;
    const target = /** @type {HTMLElement} */ (event.target);
    if (event.key === "Escape") return leave(target);
    if (target.matches(TYPING) || document.querySelector("dialog[open]")) return;
    if (event.key === "Enter" && target.matches(PRESSABLE) && !event.shiftKey) return;
    const name = nameOf(event);
    const isSecond = event.timeStamp - this.#started < SEQUENCE_MS;
    this.#started = name === "g" && !isSecond ? event.timeStamp : -Infinity;
    const found = find(isSecond ? `g ${name}` : name, isSecond);
    if (!found) return;
    event.preventDefault();
    // A key held down must not settle one exception after the other.
    if (event.repeat && !found.matches("[data-zoom], [data-turn-page]")) return;
    const from = /** @type {HTMLElement | null} */ (document.activeElement);
    // A field that a key leads to is typed into; everything else is pressed.
    if (found.matches("[data-proof]")) return found.focus();
    found.click();
    if (found.matches("summary")) enter(/** @type {HTMLDetailsElement} */ (found.parentElement), from);
  }
}

/**
 * Whether a key was pressed for the browser or the system. AltGr is not: many keyboards need it for [ and ].
 *
 * @param {KeyboardEvent} event
 */
function isCommand(event) {
  return event.metaKey || ((event.ctrlKey || event.altKey) && !event.getModifierState("AltGraph"));
}

/** @type {WeakMap<HTMLDetailsElement, HTMLElement>} from where a key opened each: there Escape leads back. */
const cameFrom = new WeakMap();

/**
 * @param {HTMLDetailsElement} opened gets the focus now: its own event may come after the next key, which would fire.
 * @param {HTMLElement | null} from had the focus
 */
function enter(opened, from) {
  if (opened.open && from) cameFrom.set(opened, from);
  const first = opened.open ? opened.querySelector("[data-first], .pair-input") : null;
  first?.focus();
  first?.select?.();
}

/**
 * @param {{key: string, shiftKey: boolean}} pressed
 * @returns {string} as `data-key` names it
 */
export function nameOf({ key, shiftKey }) {
  return key === "Enter" && shiftKey ? "Shift+Enter" : key;
}

/**
 * @param {string} name
 * @param {boolean} isSequence
 * @returns {HTMLElement | undefined} what the key presses, if it may be pressed now
 */
export function find(name, isSequence) {
  return [...document.querySelectorAll("[data-key]")].find((one) => {
    const keys = one.dataset.key;
    const fits = isSequence ? keys === name : !keys.startsWith("g ") && keys.split(" ").includes(name);
    return fits && !one.disabled && (one.checkVisibility?.() ?? true);
  });
}

/** @param {HTMLElement} target leaves a field first, then what is open around it. */
function leave(target) {
  const editor = target.closest("details.editor, details.menu") ?? document.querySelector("details.menu[open]");
  if (editor?.open) {
    editor.open = false;
    const from = cameFrom.get(editor);
    cameFrom.delete(editor);
    const back = editor.closest("[data-card]") ?? (from?.isConnected ? from : editor.querySelector("summary"));
    // The page itself takes no focus: without this the closed field would keep it for a moment, and the next key with it.
    target.blur();
    back?.focus({ preventScroll: true });
  } else if (target.matches(TYPING)) {
    target.blur();
    target.closest("[data-card]")?.focus({ preventScroll: true });
  }
}

customElements.define("key-map", KeyMap);
