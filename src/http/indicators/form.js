// The controls: what can be chosen follows from who asks and from what was chosen before.

import { by, choices, element } from "./element.js";
import * as ask from "./question.js";
import { monthName, place, say, spoken } from "./words.js";

const form = by("question");
const field = (name) => form.elements.namedItem(name);
const pad = (number) => String(number).padStart(2, "0");
const range = (from, to) => Array.from({ length: Math.max(0, to - from + 1) }, (_, step) => from + step);

/** What there is to choose from: { viewer, lastMonth, regions, hromadas } */
export function fill(question, world) {
  field("whose").value = question.whose;
  field("origin").value = question.origin;
  fillPeriod(question, world);
  fillPlaces(question, world);
  const all = { value: "", text: say("by.none") };
  const dimension = (value) => ({ value, text: say(`by.${value}`) });
  choices(field("place"), [all, ...ask.PLACES.map(dimension)], question.place);
  choices(field("more"), [all, ...ask.OTHERS.map(dimension)], question.more);
  const option = (value, text) => ({ value, text });
  choices(by("share-of"), ask.SHARES_OF.map((word) => option(word, say(word))), question.shareOf);
  choices(by("share-by"), ask.SHARES_BY.map((word) => option(word, say(`by.${word}`))), question.shareBy);
  fillIndicators(question);
  unfold(question);
}

/** Hides what has no meaning now: what is hidden is neither seen, nor read, nor reached. */
function unfold(question) {
  const kind = field("kind").value;
  for (const node of form.querySelectorAll("[data-for]")) node.hidden = !node.dataset.for.split(" ").includes(kind);
  for (const node of form.querySelectorAll("[data-whose]")) node.hidden = node.dataset.whose !== question.whose;
  for (const node of form.querySelectorAll("[data-origin]")) node.hidden = node.dataset.origin !== question.origin;
}

/** Only what may be asked: published figures have closed months. */
function fillPeriod(question, { lastMonth, today }) {
  const bound = question.whose === "published" && question.origin === "COMPUTED" && lastMonth ? lastMonth : null;
  const possible = (period) => !bound || ask.closed(period, bound);
  const { period } = question;
  const [thisYear] = today.split("-").map(Number);
  const kinds = ["year", "quarter", "month", ...(question.whose === "own" || question.origin === "REPORTED" ? ["range"] : [])];
  const kind = choices(field("kind"), kinds.map((value) => ({ value, text: say(`period.${value}`) })), ask.periodKind(period));
  const among = (year) => ({
    year: possible({ year }),
    quarter: possible({ year, quarter: 1 }),
    month: possible({ month: `${year}-01` }),
    range: true,
  })[kind];
  const years = range(ask.FIRST_YEAR, thisYear).reverse().filter(among);
  const wanted = period.year ?? Number((period.month ?? period.to ?? "").slice(0, 4));
  const year = Number(choices(field("year"), years.map((value) => ({ value, text: value })), wanted));
  const quarters = range(1, 4).filter((quarter) => possible({ year, quarter }));
  const month = Number(period.month?.slice(5) ?? (period.quarter ? period.quarter * 3 - 2 : 1));
  choices(field("quarter"), quarters.map((value) => ({ value, text: say("quarter.n", { n: value }) })), period.quarter ?? Math.ceil(month / 3));
  const months = range(1, 12).filter((one) => possible({ month: `${year}-${pad(one)}` }));
  choices(field("month"), months.map((value) => ({ value, text: monthName(value) })), month);
  const touched = period.from ? null : ask.months(period);
  field("from").value = period.from ?? `${touched[0]}-01`;
  field("to").value = period.to ?? new Date(Date.UTC(...touched.at(-1).split("-").map(Number), 0)).toISOString().slice(0, 10);
}

function fillPlaces(question, { viewer, regions, hromadas }) {
  const option = (level) => ({ katottg, name }) => ({ value: katottg, text: place(name, level), language: "uk" });
  const whole = (key) => ({ value: "", text: say(key) });
  choices(field("region"), [whole("region.all"), ...regions.map(option("REGION"))], question.region);
  choices(field("hromada"), [whole("hromada.all"), ...(hromadas ?? []).map(option("HROMADA"))], question.hromada);
  field("hromada").disabled = !hromadas?.length;
  const centres = viewer.centres.nodes.map(({ id, name }) => ({ value: id, text: name, language: "uk" }));
  choices(field("centre"), [whole("centre.all"), ...centres], question.centre);
}

function fillIndicators(question) {
  const boxes = by("indicators");
  // Made anew only where they are others: a box that goes takes the focus with it.
  const these = `${question.origin} ${spoken()}`;
  if (boxes.dataset.these !== these) {
    const box = ({ word }) => element("label", { class: "choice" }, element("input", { type: "checkbox", name: "indicator", value: word }), ` ${say(word)}`);
    boxes.replaceChildren(...ask.offered(question.origin).map(box));
    boxes.dataset.these = these;
  }
  const chosen = question.indicators[question.origin];
  for (const box of boxes.querySelectorAll("input")) box.checked = chosen.includes(box.value);
  count();
}

/** How many indicators are chosen. */
function count() {
  by("indicators-title").textContent = say("indicators.n", { n: form.querySelectorAll("[name=indicator]:checked").length });
}

/** The question as the form has it now; the boxes are still those of the question's origin. */
export function now(question) {
  const next = structuredClone(question);
  const value = (name) => field(name).value;
  const [year, from, to] = [Number(value("year")), value("from"), value("to")];
  const period = {
    year: { year },
    quarter: { year, quarter: Number(value("quarter")) },
    month: { month: `${year}-${pad(value("month"))}` },
    range: from && to ? { from, to } : question.period,
  }[value("kind")];
  const chosen = [...form.querySelectorAll("[name=indicator]:checked")].map((box) => box.value);
  next.indicators[question.origin] = chosen;
  return Object.assign(next, {
    whose: value("whose"),
    origin: value("origin"),
    period,
    region: value("region"),
    hromada: value("hromada"),
    centre: value("centre"),
    place: value("place"),
    more: value("more"),
    shareOf: by("share-of").value,
    shareBy: by("share-by").value,
  });
}

/** The territory that is chosen, as it is called; null for the whole country. */
export function chosenPlace() {
  const chosen = [field("hromada"), field("region")].find((select) => select.value);
  return chosen ? chosen.selectedOptions[0].textContent : null;
}

/**
 * Listens: `change(question, name)` answers the question to fill in anew, `submit(question)` asks, `shares(question)` asks for
 * the shares alone.
 */
export function listen(current, { change, submit, shares }) {
  form.addEventListener("change", ({ target }) => {
    if (target.name === "indicator") count();
    change(now(current()), target.name);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit(now(current()));
  });
  for (const id of ["share-of", "share-by"]) by(id).addEventListener("change", () => shares(now(current())));
}
