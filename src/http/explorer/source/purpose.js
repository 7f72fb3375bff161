// Why personal data is read, and for whom: two fields of the page, two headers of each question.

import { Fault } from "./session.js";
import { listen, say } from "./words.js";

const purpose = document.getElementById("purpose");
const actingFor = document.getElementById("acting-for");
/** The purpose that the operation opened last wants. */
let wanted = null;

/** The headers, as the fields are now. A worker whom no header can name is told at the field, and nothing is asked. */
export function named() {
  const wrong = actingFor.validity.patternMismatch;
  actingFor.setCustomValidity(wrong ? say("actingFor.wrong") : "");
  if (wrong) {
    actingFor.reportValidity();
    throw new Fault("ACTING_FOR", say("actingFor.wrong"));
  }
  return {
    ...(purpose.value && { "Mistok-Purpose": purpose.value }),
    ...(actingFor.value && { "Mistok-Acting-For": actingFor.value }),
  };
}

/** Says that an operation wants a purpose, where there is none yet. */
export function hint(purposeWanted = null) {
  wanted = purposeWanted;
  const lacks = Boolean(wanted && !purpose.value);
  const note = document.getElementById("purpose-note");
  note.textContent = lacks ? say("purpose.wanted", { purpose: wanted }) : say("purpose.note");
  note.classList.toggle("wanted", lacks);
}

purpose.addEventListener("change", () => hint(wanted));
actingFor.addEventListener("input", () => actingFor.setCustomValidity(""));
listen(() => hint(wanted));
