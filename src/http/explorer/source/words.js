// What the page says of its own, in the reader's language. The explorer itself is English; the API is asked for the same language.

import { useSyncExternalStore } from "react";
import en from "./words/en.js";
import uk from "./words/uk.js";

const LANGUAGES = { uk, en };
const listeners = new Set();
let language = "uk";

const isLanguage = (tag) => typeof tag === "string" && Object.hasOwn(LANGUAGES, tag);

/** The language that the address names, else the first of the browser that the page knows, else Ukrainian. */
export const preferred = () =>
  [new URLSearchParams(location.search).get("lang"), ...(navigator.languages ?? [])]
    .map((tag) => tag?.toLowerCase().split("-")[0]).find(isLanguage) ?? "uk";

/** Speaks another language from now on, and says anew whatever stands in the document. */
export function speak(tag) {
  language = tag;
  document.documentElement.lang = tag;
  document.title = say("page");
  for (const node of document.querySelectorAll("[data-say]")) node.textContent = say(node.dataset.say);
  for (const node of document.querySelectorAll("[data-label]")) node.setAttribute("aria-label", say(node.dataset.label));
  for (const node of document.querySelectorAll("[data-language]")) {
    node.setAttribute("aria-pressed", String(node.dataset.language === tag));
  }
  for (const listener of listeners) listener();
}

/** Calls back whenever another language is spoken; the answer ends that. */
export const listen = (listener) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

/** The language that is spoken now. */
export const spoken = () => language;

/** The same for a component, which is drawn anew when it changes. */
export const useLanguage = () => useSyncExternalStore(listen, spoken);

export const knows = (key) => Object.hasOwn(LANGUAGES[language], key);

/** A text by its key, `{name}` replaced; the key itself where there is none, so that a lack is seen. */
export const say = (key, values = {}) =>
  (knows(key) ? LANGUAGES[language][key] : key).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
