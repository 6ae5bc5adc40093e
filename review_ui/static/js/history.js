/**
 * What one person settled in this document, for undo and redo: on this page, and before it was loaded.
 *
 * @typedef {{field: string, address: string, data: FormData | null}} Step data null: it can't be made again
 * @typedef {{field: string, address: string, decision: string, value: string | null}} Told as the server names a step
 */
export class Steps {
  /** @type {Step[]} */
  #done = [];
  /** @type {Step[]} */
  #undone = [];

  /** @param {Told[]} told oldest first */
  constructor(told) {
    this.#done = told.map(({ field, address, decision, value }) => {
      const isWhole = decision !== "correct" || value !== null;
      return { field, address, data: isWhole ? formOf(decision, value) : null };
    });
  }

  /** @param {Step} step */
  did(step) {
    this.#done.push(step);
    this.#undone = [];
  }

  /** @param {string} field that was opened again by hand: there is nothing of it left to undo */
  forget(field) {
    this.#done = this.#done.filter((step) => step.field !== field);
  }

  /** @returns {Step | undefined} the last step, to be taken back */
  back() {
    const step = this.#done.pop();
    if (step?.data) this.#undone.push(step);
    return step;
  }

  /** @returns {Step | undefined} the step taken back last, to be made again */
  again() {
    const step = this.#undone.pop();
    if (step) this.#done.push(step);
    return step;
  }
}

/**
 * @param {string} decision
 * @param {string | null} value
 */
function formOf(decision, value) {
  const data = new FormData();
  data.set("decision", decision);
  data.set("handling_ms", "0");
  if (decision === "correct") data.set("value", value ?? "");
  return data;
}
