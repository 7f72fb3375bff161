// What the page says, in the reader's language; numbers, days and names of figures too.

import en from "./words/en.js";
import uk from "./words/uk.js";

const LANGUAGES = { uk, en };
let language = "uk";

/** The language in which the page speaks: "uk" or "en". */
export const spoken = () => language;

/** The first language of the browser that the page knows, else Ukrainian. */
export const preferred = (wanted = navigator.languages ?? []) =>
  wanted.map((tag) => tag.toLowerCase().split("-")[0]).find((tag) => Object.hasOwn(LANGUAGES, tag)) ?? "uk";

export const isLanguage = (tag) => typeof tag === "string" && Object.hasOwn(LANGUAGES, tag);

/** Speaks another language from now on, and says anew whatever stands in the document. */
export function speak(tag) {
  language = tag;
  document.documentElement.lang = tag;
  document.title = say("page");
  for (const node of document.querySelectorAll("[data-say]")) node.textContent = say(node.dataset.say);
  for (const node of document.querySelectorAll("[data-label]")) node.setAttribute("aria-label", say(node.dataset.label));
}

export const knows = (key) => Object.hasOwn(LANGUAGES[language], key);

/** A text by its key, `{name}` replaced; the key itself where there is none, so that a lack is seen. */
export const say = (key, values = {}) =>
  (knows(key) ? LANGUAGES[language][key] : key).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");

const locale = () => (language === "uk" ? "uk-UA" : "en-GB");

/** A number as it comes from the API, a decimal text. */
export const number = (value) => new Intl.NumberFormat(locale(), { maximumFractionDigits: 4 }).format(value);

/** An amount of money as it comes from the API: hryvnias with two decimals. */
export const amount = (value) =>
  new Intl.NumberFormat(locale(), { minimumFractionDigits: 2, maximumFractionDigits: 2 }).format(value);

/** A share of one, in percent. */
export const percent = (share) =>
  new Intl.NumberFormat(locale(), { style: "percent", maximumFractionDigits: 1 }).format(share);

/** A moment, to the minute, as the clocks of Ukraine show it. */
export const moment = (text) =>
  new Intl.DateTimeFormat(locale(), { dateStyle: "long", timeStyle: "short", timeZone: "Europe/Kyiv" }).format(new Date(text));

/** "2025-03" in words: "березень 2025"; `short` for the axis of a chart. */
export function month(text, short = false) {
  const [year, number] = text.split("-").map(Number);
  const name = new Intl.DateTimeFormat(locale(), { month: short ? "short" : "long", timeZone: "UTC" }).format(Date.UTC(year, number - 1));
  return short ? name : `${name} ${year}`;
}

/** A time of which the source may know a part alone: "2023", "лютий 2024", "2 квітня 2024 р.", "XXXX-06-19" as it is. */
export function span(from, to) {
  if (from && to && from.slice(0, 4) === to.slice(0, 4) && from.endsWith("-01-01") && to.endsWith("-12-31")) return from.slice(0, 4);
  return [...new Set([from, to].filter(Boolean).map(partial))].join(" – ");
}

function partial(text) {
  if (/^\d{4}-\d{2}$/.test(text)) return month(text);
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return text;
  return new Intl.DateTimeFormat(locale(), { dateStyle: "medium", timeZone: "UTC" }).format(new Date(text));
}

/** The name of a month of any year, 1 to 12. */
export const monthName = (number) => month(`2024-${number}`).replace(/ 2024$/, "");

/** What a key of a dimension stands for. Names of places are Ukrainian in every language. */
export function part({ dimension, key, label }) {
  if (dimension === "MONTH" && /^\d{4}-\d{2}$/.test(key)) return { text: month(key) };
  for (const known of [`${dimension}.${key}`, `part.${key}`]) if (knows(known)) return { text: say(known) };
  return { text: place(label, dimension), language: "uk" };
}

/** The codifier names regions and hromadas by an adjective alone. */
export function place(name, level) {
  const noun = { REGION: " область", HROMADA: " громада" }[level];
  return noun && /[сзц]ька$/.test(name) ? name + noun : name;
}
