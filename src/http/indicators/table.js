// Rows of the API as a table for people: what it says (`Model`), and its nodes.
//
// Model: { heads: [{ text, note, number }], rows: [{ total, cells: [{ text, raw, language, state, head }] }], kept, untold }
// `raw` is what goes into a file; `state` is the status of a figure that has no value.

import { element } from "./element.js";
import { dimensions, fact } from "./question.js";
import { amount, number, part, place, say, span } from "./words.js";

/** Rows that are shown at once: a browser, and a person, tires of more. */
const AT_ONCE = 500;
/** From so many rows on a table scrolls within itself, its heads always seen. */
const TALL = 25;

/** A figure as a cell. */
export function figure({ value, money, comparator, status }) {
  if (status !== "PUBLISHED") return { text: say(status), raw: say(status), state: status };
  const sign = say(`comparator.${comparator}`);
  const text = money ? amount(money) : number(value);
  return { text: sign ? `${sign} ${text}` : text, raw: money ?? value, number: true };
}

/** What has no row is zero; of what is divided by something there is none. */
function lacking(word) {
  const { unit, ratio } = fact(word);
  if (ratio) return { text: "—", raw: "", number: true };
  return unit === "MONEY" ? { text: amount("0.00"), raw: "0.00", number: true } : { text: number(0), raw: "0", number: true };
}

/** Computed figures: a row for each part, a column for each indicator. */
export function computed(rows, question, indicators) {
  const by = dimensions(question);
  const parts = new Map();
  for (const row of rows) {
    const keys = by.map((dimension) => row.dimensions.find((one) => one.dimension === dimension));
    const name = JSON.stringify(keys.map((key) => key?.key ?? null));
    if (!parts.has(name)) parts.set(name, { keys, figures: new Map() });
    parts.get(name).figures.set(row.indicator, row);
  }
  const heads = [
    ...(by.length ? by : [null]).map((dimension) => ({ text: dimension ? say(`by.${dimension}`) : say("total") })),
    ...indicators.map((word) => ({ text: say(word), note: say(`unit.${fact(word).unit}`), number: true })),
  ];
  const model = [...parts.values()].sort((one, other) => order(one.keys, other.keys)).map(({ keys, figures }) => {
    const named = keys.map((key) => {
      const { text, language } = key ? part(key) : { text: say("all") };
      return { text, raw: text, language, head: true };
    });
    const cells = indicators.map((word) => (figures.has(word) ? figure(figures.get(word).cell) : lacking(word)));
    const total = !keys.every(Boolean) || !keys.length;
    return { total, cells: [...(named.length ? named : [{ text: say("all"), raw: say("all"), head: true }]), ...cells] };
  });
  return finished(heads, model);
}

/** Parts in their order, what was not told after them, totals last. */
function order(one, other) {
  for (const [place, key] of one.entries()) {
    const step = rank(key) - rank(other[place]) || name(key).localeCompare(name(other[place]), "uk", { numeric: true });
    if (step) return step;
  }
  return 0;
}

const rank = (key) => (!key ? 2 : ["UNKNOWN", "NONE", "UNSPECIFIED"].includes(key.key) ? 1 : 0);
const name = (key) => (!key ? "" : key.dimension === "MONTH" ? key.key : part(key).text);

/** Reported figures: a row for each, never added. */
export function reported(rows) {
  const heads = [
    { text: say("indicator") },
    { text: say("reported.title") },
    { text: say("reported.of") },
    { text: say("reported.value"), number: true },
    { text: say("reported.kind") },
    { text: say("reported.period") },
    { text: say("reported.source") },
  ];
  const plain = (text, language) => ({ text: text ?? "", raw: text ?? "", language });
  const model = rows.map((row) => {
    const of = row.observation ?? {};
    const subject = of.centre?.name ?? of.organization?.name ?? (of.territory && place(of.territory.name, of.territory.level));
    return {
      total: false,
      cells: [
        { ...plain(say(row.indicator)), head: true },
        plain(row.title, "uk"),
        plain(subject, "uk"),
        figure(row.cell),
        plain(row.kind && say(`kind.${row.kind}`)),
        { text: span(of.periodFrom, of.periodTo), raw: [...new Set([of.periodFrom, of.periodTo].filter(Boolean))].join("..") },
        plain([row.cell.source, of.note].filter(Boolean).join(". "), "uk"),
      ],
    };
  });
  const signs = new Map(rows.map((row, at) => [model[at], row.cell.comparator]));
  return { ...finished(heads, model), signs };
}

function finished(heads, rows) {
  const count = (state) => rows.flatMap(({ cells }) => cells).filter((cell) => cell.state === state).length;
  return { heads, rows, kept: count("SUPPRESSED"), untold: count("NOT_REPORTED") };
}

/** Why some cells show no number. */
export function legend({ kept, untold }, minCell) {
  return [
    kept > 0 && element("p", { class: "legend" }, element("span", { class: "cell kept" }, say("SUPPRESSED")), ": ", say("SUPPRESSED.why", { n: minCell ?? "…" })),
    untold > 0 && element("p", { class: "legend" }, element("span", { class: "cell untold" }, say("NOT_REPORTED")), ": ", say("NOT_REPORTED.why")),
  ].filter(Boolean);
}

function cellNode({ text, language, state, head, number: right }) {
  if (head) return element("th", { scope: "row", lang: language }, text);
  if (state === "SUPPRESSED") {
    return element("td", { class: "number", "data-status": state }, element("span", { class: "cell kept" }, text), element("span", { class: "unseen" }, say("SUPPRESSED.short")));
  }
  if (state) return element("td", { class: "number", "data-status": state }, element("span", { class: "cell untold" }, text));
  return element("td", { class: right && "number", lang: language }, text);
}

/** The nodes of a table; `wide` ones scroll by themselves, and can be reached by the keyboard for it. */
export function tableNode(model, caption, { id = null, title = null } = {}) {
  const body = element("tbody");
  const add = (rows) => body.append(...rows.map((row) => element("tr", { class: row.total && "total" }, ...row.cells.map(cellNode))));
  add(model.rows.slice(0, AT_ONCE));
  const heads = model.heads.map((head) =>
    element("th", { scope: "col", class: head.number && "number" }, head.text, head.note && element("span", { class: "unit" }, ` ${head.note}`)));
  const table = element("table", { id }, element("caption", { class: "unseen" }, caption), element("thead", {}, element("tr", {}, ...heads)), body);
  const box = element("div", { class: model.rows.length > TALL ? "scroll tall" : "scroll", role: "region", tabindex: "0", "aria-label": title ?? caption }, table);
  const left = model.rows.length - AT_ONCE;
  if (left <= 0) return [box];
  const more = element("button", { type: "button", onclick: () => { add(model.rows.slice(AT_ONCE)); more.remove(); box.focus(); } }, say("rest", { n: number(left) }));
  return [box, more];
}

/** The table for a file: as shown, and in each row from when it is. */
export function fileRows(model, about) {
  const of = Object.entries(about);
  const heads = model.heads.flatMap(({ text, note }) => [note ? `${text}, ${note}` : text]);
  const sign = model.signs ? [say("reported.comparator")] : [];
  return [
    [...heads, ...sign, ...of.map(([name]) => name)],
    ...model.rows.map((row) => [
      ...row.cells.map(({ raw }) => raw),
      ...(model.signs ? [model.signs.get(row)] : []),
      ...of.map(([, value]) => value),
    ]),
  ];
}
