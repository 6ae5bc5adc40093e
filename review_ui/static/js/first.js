// Runs before the page is drawn, alone and small: remembers keys that come before the modules that act on them.
(() => {
  const TYPING = "input:not([type=radio], [type=checkbox], [type=submit]), textarea, select, [contenteditable]";
  const PRESSABLE = "a[href], button, summary, input";
  const keys = [];
  const remember = (event) => {
    if (event.isComposing || event.metaKey || event.repeat) return;
    if ((event.ctrlKey || event.altKey) && !event.getModifierState("AltGraph")) return;
    if (event.target.matches?.(TYPING)) return;
    if (["Enter", " "].includes(event.key) && event.target.matches?.(PRESSABLE)) return; // the browser presses it itself
    if (event.key === "/") event.preventDefault(); // some browsers would search the page
    keys.push({ key: event.key, code: event.code, shiftKey: event.shiftKey });
  };
  document.addEventListener("keydown", remember, true);
  try {
    // Where this person has put the edge between pages and fields: splitter.js keeps it.
    const side = Number(localStorage.getItem("proofdesk.side"));
    if (side > 0) {
      document.documentElement.dataset.side = String(side);
      document.documentElement.style.setProperty("--side", `${side}px`);
    }
  } catch {
    // Without storage it stands where it always does.
  }
  document.addEventListener(
    "proofdesk:ready",
    (event) => {
      document.removeEventListener("keydown", remember, true);
      event.detail.take(keys);
    },
    { once: true },
  );
})();
