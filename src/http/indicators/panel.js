// A chart with its title, its table, and what is kept back: what became of one question.

import { draw, forget } from "./chart.js";
import { element } from "./element.js";
import { FUNNEL, months as monthsOf } from "./question.js";
import { figure, legend, tableNode } from "./table.js";
import { month, number, part, percent, say } from "./words.js";

/** What a bar shows of a figure. */
const bar = (cell, label, more = {}) => ({
  label,
  cell,
  value: cell.status === "PUBLISHED" ? cell.value : null,
  mark: cell.status === "PUBLISHED" ? null : say(cell.status),
  ...more,
});
const ZERO = { status: "PUBLISHED", value: "0", comparator: "EQ" };
const divided = (table) => table.rows.filter(({ total }) => !total);
const whole = (table) => table.rows.find(({ dimensions }) => dimensions.length === 0)?.cell ?? ZERO;

/** Services, month by month; months that are still to come are left out. */
export function monthBars(table, period) {
  const found = new Map(divided(table).map((row) => [row.dimensions[0].key, row.cell]));
  const last = table.asOf.slice(0, 7);
  const among = monthsOf(period).filter((text) => text <= last || found.has(text));
  return among.map((text) => bar(found.get(text) ?? ZERO, month(text, among.length > 4), { full: month(text) }));
}

/** Parts of a whole, the largest first, hidden ones after them; what was not told last. */
export function shareBars(table) {
  const all = whole(table);
  const share = (cell) => (cell.status === "PUBLISHED" && all.status === "PUBLISHED" && Number(all.value) > 0 ? Number(cell.value) / Number(all.value) : null);
  const rank = ({ dimensions: [{ key }], cell }) => (key === "UNKNOWN" ? -2 : cell.status === "PUBLISHED" ? Number(cell.value) : -1);
  return divided(table).sort((one, other) => rank(other) - rank(one)).map((row) =>
    bar(row.cell, part(row.dimensions[0]).text, { share: share(row.cell), tint: row.dimensions[0].key === "UNKNOWN" ? "--bar-quiet" : "--bar" }));
}

/** Referrals on their way. */
export function funnelBars(table) {
  return FUNNEL.map((word) => {
    const cell = table.rows.find((row) => row.indicator === word && row.total)?.cell ?? ZERO;
    return bar(cell, say(`funnel.${word}`), { tint: word === "REFERRALS_DECLINED" ? "--bar-other" : "--bar" });
  });
}

/** Puts a chart and its table into a panel. `shares`: a column of percents. */
export function show(box, table, bars, { name, heading, flat, shares }) {
  forget(box);
  const model = {
    heads: [{ text: heading }, { text: name, number: true }, ...(shares ? [{ text: say("share"), number: true }] : [])],
    rows: bars.map(({ label, full, cell, share }) => ({
      total: false,
      cells: [
        { text: full ?? label, head: true },
        figure(cell),
        ...(shares ? [share === null ? { text: "—", number: true } : { text: percent(share), number: true }] : []),
      ],
    })),
    kept: bars.filter(({ cell }) => cell.status === "SUPPRESSED").length,
    untold: 0,
  };
  const all = whole(table);
  if (shares) model.rows.push({ total: true, cells: [{ text: say("all"), head: true }, figure(all), { text: "", number: true }] });
  const isEmpty = bars.every(({ value }) => value !== null && Number(value) === 0);
  const said = bars.map(({ label, full, cell, share }) => `${full ?? label}: ${figure(cell).text}${share ? ` (${percent(share)})` : ""}`).join("; ");
  const canvas = element("canvas", { role: "img", "aria-label": `${name}. ${said || say("empty")}` });
  const height = flat ? `rows-${Math.min(Math.max(bars.length, 2), 18)}` : "upright";
  box.replaceChildren(
    isEmpty ? element("p", { class: "empty" }, say("empty")) : element("div", { class: `canvas ${height}` }, canvas),
    ...legend(model, table.minCell),
    element("details", {}, element("summary", {}, say("asTable")), ...tableNode(model, `${name}, ${heading.toLowerCase()}`)),
  );
  if (!isEmpty) draw(canvas, bars.map((one) => (one.share ? { ...one, label: `${one.label}, ${percent(one.share)}` } : one)), { flat, name });
}

/** The sum of a chart, in words. */
export const sum = (table) => (whole(table).status === "PUBLISHED" ? number(whole(table).value) : say(whole(table).status));
