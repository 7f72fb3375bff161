// The question: what the form says, as it stands in the address of the page and as the API takes it. Pure.

import facts from "./facts.js";

/** Dimensions of place, and the others of the table. */
export const PLACES = ["REGION", "HROMADA", "CENTRE"];
export const OTHERS = ["MONTH", "TARGET_GROUP", "TARGET_CATEGORY", "SEX", "AGE_BAND", "SERVICE", "ACTIVITY_KIND", "REFERRAL_STATUS"];
/** Before the project there is nothing to ask for. */
export const FIRST_YEAR = 2022;
/** Most indicators of one question. */
export const MOST = 20;

const BY_ORIGIN = {
  COMPUTED: ["CASES_OPENED", "SERVICES_PROVIDED", "INDIVIDUAL_CONSULTATIONS", "GROUP_SESSIONS", "ACTIVITY_PARTICIPANTS"],
  // What sources alone can tell, then what they tell besides.
  REPORTED: [
    ...facts.indicators.filter(({ computed, reportable }) => reportable && !computed).map(({ word }) => word),
    ...["SERVICES_PROVIDED", "NEEDS_ASSESSMENTS", "WAR_AFFECTED_CHILD_ASSESSMENTS", "EDUCATIONAL_EVENTS", "MOBILE_TEAM_VISITS"],
    ...["PHYSICAL_ACTIVITIES", "STUDY_VISITS", "HROMADAS_IN_PROJECT"],
  ].slice(0, MOST),
};
export const SHARES_OF = ["SERVICES_PROVIDED", "CASES_OPENED"];
export const SHARES_BY = ["TARGET_GROUP", "TARGET_CATEGORY"];
export const FUNNEL = ["REFERRALS_SENT", "REFERRALS_ACCEPTED", "REFERRALS_DECLINED", "REFERRALS_COMPLETED"];

export const fact = (word) => facts.indicators.find((one) => one.word === word);
export const offered = (origin) => facts.indicators.filter((one) => (origin === "COMPUTED" ? one.computed : one.reportable));

/** Kinds of organisations that do no such work themselves begin with the country. */
const WORKS = (kind) => !["MINISTRY", "OVERSIGHT_BODY", "FUND", "FUND_BRANCH"].includes(kind);

/** What is asked when nobody has chosen yet. `lastMonth` is that of the latest release, or null. */
export function first(kind, lastMonth, today) {
  const own = WORKS(kind);
  const year = Number(today.slice(0, 4)) - 1;
  return {
    whose: own ? "own" : "published",
    origin: "COMPUTED",
    period: own || !lastMonth || closed({ year }, lastMonth) ? { year } : { month: lastMonth },
    region: "",
    hromada: "",
    centre: "",
    place: own ? "" : "REGION",
    more: own ? "MONTH" : "",
    indicators: { COMPUTED: BY_ORIGIN.COMPUTED, REPORTED: BY_ORIGIN.REPORTED },
    shareOf: SHARES_OF[0],
    shareBy: SHARES_BY[0],
  };
}

/** "2025", "2025-Q1", "2025-03", "2025-01-01..2025-05-27"; null for anything else. */
export function period(text) {
  const [, year, quarter, month] = /^(\d{4})(?:-Q([1-4])|-(0[1-9]|1[0-2]))?$/.exec(text ?? "") ?? [];
  if (year) return quarter ? { year: +year, quarter: +quarter } : month ? { month: text } : { year: +year };
  const [, from, to] = /^(\d{4}-\d{2}-\d{2})\.\.(\d{4}-\d{2}-\d{2})$/.exec(text ?? "") ?? [];
  return from ? { from, to } : null;
}

export function periodText({ year, quarter, month, from, to }) {
  return from ? `${from}..${to}` : (month ?? (quarter ? `${year}-Q${quarter}` : String(year)));
}

export const periodKind = ({ quarter, month, from }) => (from ? "range" : month ? "month" : quarter ? "quarter" : "year");

/** The last month of a period of months. */
const ending = ({ year, quarter, month }) => month ?? `${year}-${String(quarter ? quarter * 3 : 12).padStart(2, "0")}`;

/** Whether a period of months has ended by a month. */
export const closed = (period, lastMonth) => ending(period) <= lastMonth;

/** The months of a period, each once, in their order; of a range those that it touches. */
export function months(period) {
  const [from, to] = period.from
    ? [period.from.slice(0, 7), period.to.slice(0, 7)]
    : period.month
      ? [period.month, period.month]
      : [`${period.year}-${String(period.quarter ? period.quarter * 3 - 2 : 1).padStart(2, "0")}`, ending(period)];
  const all = [];
  for (let [year, month] = from.split("-").map(Number); all.length < 240; month === 12 ? ((month = 1), year++) : month++) {
    const text = `${year}-${String(month).padStart(2, "0")}`;
    if (text > to) break;
    all.push(text);
  }
  return all;
}

/** A chart of one month's only month says little: its year, else its quarter, as far as it may be asked. */
export function wider(question, lastMonth) {
  const { month } = question.period;
  if (!month) return question.period;
  const year = Number(month.slice(0, 4));
  const around = [{ year }, { year, quarter: Math.ceil(Number(month.slice(5)) / 3) }];
  return around.find((period) => question.whose === "own" || (lastMonth && closed(period, lastMonth))) ?? question.period;
}

/** As it stands in the address; secrets never come here. */
export function toAddress(question, language) {
  const parameters = {
    lang: language,
    whose: question.whose,
    origin: question.origin,
    period: periodText(question.period),
    region: question.whose === "published" ? question.region : "",
    hromada: question.whose === "published" ? question.hromada : "",
    centre: question.whose === "own" ? question.centre : "",
    place: question.place,
    by: question.more,
    show: question.indicators[question.origin].join(","),
    shares: `${question.shareOf},${question.shareBy}`,
  };
  return new URLSearchParams(Object.entries(parameters).filter(([, value]) => value));
}

/** From the address: what cannot be read, or could not be chosen here, stays as it was. */
export function fromAddress(address, before) {
  const question = structuredClone(before);
  const one = (name, among) => (among.includes(address.get(name)) ? address.get(name) : null);
  question.whose = one("whose", ["own", "published"]) ?? question.whose;
  question.origin = one("origin", ["COMPUTED", "REPORTED"]) ?? question.origin;
  question.period = period(address.get("period")) ?? question.period;
  for (const name of ["region", "hromada"]) if (/^UA\d{17}$/.test(address.get(name) ?? "")) question[name] = address.get(name);
  if (/^[\w-]{1,64}$/.test(address.get("centre") ?? "")) question.centre = address.get("centre");
  if (address.has("whose")) {
    question.place = one("place", PLACES) ?? "";
    question.more = one("by", OTHERS) ?? "";
  }
  const words = offered(question.origin).map(({ word }) => word);
  const shown = [...new Set((address.get("show") ?? "").split(","))].filter((word) => words.includes(word)).slice(0, MOST);
  if (shown.length) question.indicators[question.origin] = shown;
  const [of, by] = (address.get("shares") ?? "").split(",");
  if (SHARES_OF.includes(of)) question.shareOf = of;
  if (SHARES_BY.includes(by)) question.shareBy = by;
  return question;
}

/** The dimensions of the table; reported figures are divided by place alone. */
export const dimensions = ({ place, more, origin }) => [place, origin === "COMPUTED" && more].filter(Boolean);

/** The indicators of the table: those that are divided as asked, and those that are not. */
export function divided(question) {
  const by = dimensions(question);
  const fits = (word) => by.every((dimension) => fact(word).by.includes(dimension));
  const wanted = question.indicators[question.origin];
  return { shown: wanted.filter(fits), left: wanted.filter((word) => !fits(word)) };
}

function periodInput({ year, quarter, month, from, to }) {
  if (from) return { range: { from, to } };
  if (month) return { month };
  return quarter ? { quarter: { year, quarter } } : { year };
}

/** As the API takes it. */
export function input(question, viewer, indicators, by, period = question.period) {
  const of = question.whose === "own"
    ? { providerId: viewer.id, centreId: question.centre || null }
    : { territory: question.hromada || question.region || null };
  return { indicators, by, period: periodInput(period), origin: question.origin, ...of };
}
