/** Menus and dialogs: one open at a time, focus goes in, a press beside them closes. */

document.addEventListener(
  "toggle",
  (event) => {
    const menu = /** @type {HTMLDetailsElement} */ (event.target);
    if (!menu.matches?.("details.menu") || !menu.open) return;
    for (const other of document.querySelectorAll("details.menu[open]")) if (other !== menu) other.open = false;
    // This event comes late: whoever opened it by a key may be typing in another of its fields already.
    const at = document.activeElement;
    if (!menu.contains(at) || at?.matches("summary")) menu.querySelector("[data-first]")?.focus();
  },
  { capture: true },
);

document.addEventListener("click", (event) => {
  const target = /** @type {HTMLElement} */ (event.target);
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(target)) menu.open = false;
  }
  const opener = target.closest("[data-opens]");
  if (opener) document.querySelector(`dialog[data-dialog="${CSS.escape(opener.dataset.opens)}"]`)?.showModal();
});
