/**
 * What was settled on this page, for undo and redo.
 *
 * @typedef {{field: string, address: string, data: FormData}} Step
 */
export class Steps {
  /** @type {Step[]} */
  #done = [];
  /** @type {Step[]} */
  #undone = [];

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
    if (step) this.#undone.push(step);
    return step;
  }

  /** @returns {Step | undefined} the step taken back last, to be made again */
  again() {
    const step = this.#undone.pop();
    if (step) this.#done.push(step);
    return step;
  }
}
