/** Says beside a form's field why it was refused, and puts the person there. */

/**
 * @param {HTMLFormElement} form
 * @param {{error: {message: string}, field?: string | null}} body
 * @returns {boolean} whether the form has a place for the sentence
 */
export function complain(form, { error, field }) {
  for (const place of form.querySelectorAll("[data-says-of]")) place.textContent = "";
  for (const input of form.querySelectorAll("[aria-invalid]")) input.removeAttribute("aria-invalid");
  const places = [...form.querySelectorAll("[data-says-of]")];
  const place = places.find((one) => one.dataset.saysOf === (field ?? "")) ?? places.at(-1);
  if (!place) return false;
  place.textContent = error.message;
  const input = field ? form.elements.namedItem(field) : null;
  if (input instanceof HTMLElement) {
    input.setAttribute("aria-invalid", "true");
    input.focus();
  }
  return true;
}
