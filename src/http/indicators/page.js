// The page: sign in, ask, show. What is shown is kept, to be said anew in another language or drawn in other colours.

import * as api from "./api.js";
import { forget, recolored } from "./chart.js";
import { csv, save } from "./csv.js";
import { by, element } from "./element.js";
import * as form from "./form.js";
import * as panel from "./panel.js";
import * as ask from "./question.js";
import * as table from "./table.js";
import { isLanguage, knows, moment, month, number, preferred, say, span, speak, spoken } from "./words.js";

/** Nobody is signed in. */
const NOBODY = { viewer: null, lastMonth: null, regions: [], hromadas: null, hromadasOf: "" };
let world = { ...NOBODY };
/** As the form has it, and as it was asked last. */
let question = null;
let asked = null;
/** Answers of the last question by their place: a table, or a fault. */
let answers = {};
let model = null;
/** Only the newest question's answers are shown. */
let turn = 0;

const boxOf = (name) => by(name).querySelector(".drawing");
const today = () => new Date().toISOString().slice(0, 10);
const status = (key, values) => (by("status").textContent = key ? say(key, values) : "");

// --- Faults

/** What is said of a fault: kindly, then as the API says it. */
function faultNode(fault, again) {
  const code = fault.code ?? "PAGE";
  // The page's own words are kind already.
  const kindly = fault.own ? fault.message : knows(`fault.${code}`) ? say(`fault.${code}`, { n: fault.seconds ?? "…" }) : say("fault");
  const exact = [code, fault.message, fault.requestId && `requestId ${fault.requestId}`].filter(Boolean).join(" · ");
  return element("div", { class: "notice fault" },
    element("p", {}, kindly),
    !fault.own && element("p", { class: "exact" }, `${say("fault.exact")}: `, element("code", { lang: "en" }, exact)),
    again && element("button", { type: "button", onclick: again }, say("again")));
}

function tell(fault, again) {
  if (!(fault instanceof api.Fault)) console.error(fault);
  by("fault").replaceChildren(...(fault ? [faultNode(fault, again)] : []));
}

const hush = () => by("fault").replaceChildren();

// --- Who asks

/** In a sandbox: as whom one may ask without knowing a secret. One that is chosen fills the form in. */
function offerDoors() {
  const [doors, door] = [JSON.parse(by("sandbox")?.textContent ?? "[]"), by("door")];
  if (!doors.length) return;
  door.append(...doors.map(({ name }, place) => new Option(name, place)));
  for (const part of [door, ...door.labels]) part.hidden = false;
  const fill = () => {
    const { client_id: id = "", client_secret: secret = "" } = doors[door.value] ?? {};
    [by("client-id").value, by("client-secret").value] = [id, secret];
  };
  door.addEventListener("change", fill);
  door.value = "0";
  fill();
}

async function enter(event) {
  event.preventDefault();
  const [id, secret] = [by("client-id"), by("client-secret")];
  const lacking = [id, secret].find((field) => !field.value.trim());
  for (const field of [id, secret]) field.toggleAttribute("aria-invalid", field === lacking);
  if (lacking) {
    lacking.setAttribute("aria-invalid", "true");
    tell(new api.Fault("EMPTY", say("fault.EMPTY"), { own: true }));
    return lacking.focus();
  }
  hush();
  status("entering");
  const button = by("sign-in").querySelector("button");
  button.disabled = true;
  try {
    await api.signIn(id.value.trim(), secret.value.trim());
    secret.value = "";
    await begin();
  } catch (fault) {
    api.signOut();
    status();
    tell(fault);
    (["invalid_client", "EMPTY"].includes(fault.code) ? secret : id).focus();
  } finally {
    button.disabled = false;
  }
}

async function begin() {
  const told = await api.ask(api.START);
  const { organization: viewer } = told.viewer;
  const [latest] = told.releases.nodes;
  world = { ...NOBODY, viewer, lastMonth: latest?.lastMonth ?? null, regions: told.territories.nodes, today: today() };
  question = ask.fromAddress(new URLSearchParams(location.search), ask.first(viewer.kind, world.lastMonth, world.today));
  if (!viewer.centres.nodes.some(({ id }) => id === question.centre)) question.centre = "";
  await learnHromadas();
  by("sign-in").hidden = true;
  by("figures").hidden = by("who").hidden = false;
  by("organization").textContent = viewer.name;
  form.fill(question, world);
  // What could be chosen may be less than what the address asked for.
  await run(form.now(question));
  by("results-title").focus({ preventScroll: true });
}

/** Signs out; what was asked stays in the address and the form, figures go. */
function leave(fault) {
  api.signOut();
  turn++;
  [world, answers, model, asked] = [{ ...NOBODY }, {}, null, null];
  for (const name of ["months", "shares", "funnel", "table"]) {
    forget(boxOf(name));
    boxOf(name).replaceChildren();
  }
  by("told").textContent = by("organization").textContent = "";
  by("figures").hidden = by("who").hidden = true;
  by("sign-in").hidden = false;
  // A secret goes out of the form with each signing in. A sandbox's comes again.
  by("door").dispatchEvent(new Event("change"));
  status();
  if (fault) tell(fault);
  else hush();
  (by("client-id").value ? by("client-secret") : by("client-id")).focus();
}

// --- Questions

async function learnHromadas() {
  const within = question.region;
  if (world.hromadasOf === within) return;
  const found = [];
  for (let after = null; within; ) {
    const { territories } = await api.ask(api.HROMADAS, { within, after });
    found.push(...territories.nodes);
    if (!territories.pageInfo.hasNextPage) break;
    after = territories.pageInfo.endCursor;
  }
  found.sort((one, other) => one.name.localeCompare(other.name, "uk"));
  if (question.region === within) Object.assign(world, { hromadas: within ? found : null, hromadasOf: within });
}

async function changed(next, name) {
  if (name === "region") next.hromada = "";
  question = next;
  if (name === "region") {
    try {
      await learnHromadas();
    } catch (fault) {
      return failed(fault);
    }
  }
  form.fill(question, world);
}

function failed(fault) {
  if (fault.code === "UNAUTHENTICATED") leave(fault);
  else tell(fault);
}

/** Asks one thing for one place of the page; a fault is an answer too. */
async function fetched(name, indicators, dimensions, period) {
  try {
    const variables = { input: ask.input(asked, world.viewer, indicators, dimensions, period), reported: asked.origin === "REPORTED" };
    return [name, (await api.ask(api.FIGURES, variables)).indicators];
  } catch (fault) {
    return [name, fault];
  }
}

const sharesAsked = () => fetched("shares", [asked.shareOf], [asked.shareBy]);

async function run(next) {
  question = next;
  // The territory by its name of that moment: the form may be changed before the answer is shown.
  asked = { ...structuredClone(next), where: form.chosenPlace() };
  const mine = ++turn;
  hush();
  remember();
  const { shown } = ask.divided(asked);
  if (!asked.indicators[asked.origin].length || asked.indicators[asked.origin].length > ask.MOST) {
    answers = {};
    render();
    return tell(new api.Fault("INDICATORS", say("fault.INDICATORS", { n: ask.MOST }), { own: true }));
  }
  const isUnpublished = asked.whose === "published" && asked.origin === "COMPUTED" && !world.lastMonth;
  status("loading");
  by("figures").setAttribute("aria-busy", "true");
  const questions = [];
  if (!isUnpublished) {
    if (shown.length) questions.push(fetched("table", shown, ask.dimensions(asked)));
    if (asked.origin === "COMPUTED") {
      questions.push(
        fetched("months", ["SERVICES_PROVIDED"], ["MONTH"], ask.wider(asked, world.lastMonth)),
        sharesAsked(),
        fetched("funnel", ask.FUNNEL, []),
      );
    }
  }
  const found = Object.fromEntries(await Promise.all(questions));
  if (mine !== turn) return;
  by("figures").removeAttribute("aria-busy");
  const over = Object.values(found).find((answer) => answer.code === "UNAUTHENTICATED");
  if (over) return leave(over);
  answers = found;
  render();
  announce(isUnpublished);
}

async function runShares(next) {
  question = { ...question, shareOf: next.shareOf, shareBy: next.shareBy };
  if (!asked || asked.origin !== "COMPUTED") return;
  [asked.shareOf, asked.shareBy] = [next.shareOf, next.shareBy];
  const mine = turn;
  remember();
  status("loading");
  const [, answer] = await sharesAsked();
  if (mine !== turn) return;
  if (answer.code === "UNAUTHENTICATED") return leave(answer);
  answers.shares = answer;
  renderShares();
  status("shares.done");
}

/** The address tells what is shown, so that it can be kept and sent on. */
function remember() {
  const parameters = question ? ask.toAddress(asked ?? question, spoken()) : new URLSearchParams(location.search);
  parameters.set("lang", spoken());
  history.replaceState(null, "", `?${parameters}`);
}

// --- What is shown

function periodName({ year, quarter, month: ofYear, from, to }) {
  if (from) return span(from, to);
  return ofYear ? month(ofYear) : quarter ? `${say("quarter.n", { n: quarter })} ${year}` : String(year);
}

/** Whose figures, of when, by which release, and from which number on they are shown. */
function about(answer) {
  const place = asked.whose === "own"
    ? [world.viewer.name, world.viewer.centres.nodes.find(({ id }) => id === asked.centre)?.name]
    : [asked.where ?? say("region.all")];
  return [
    ...place.filter(Boolean),
    periodName(asked.period),
    say(asked.origin),
    answer.release ? say("release", { month: month(answer.release.lastMonth), day: moment(answer.release.publishedAt) }) : say("live", { moment: moment(answer.asOf) }),
    answer.minCell ? say("minCell", { n: answer.minCell }) : null,
  ].filter(Boolean);
}

function announce(isUnpublished) {
  if (isUnpublished) return status("nothing.short");
  if (!model) return status();
  status(model.kept ? "done.kept" : "done", { n: number(model.rows.length), kept: number(model.kept) });
}

/** A place of the page: its answer by `then`, or its fault. */
function place(name, then) {
  const [box, answer] = [boxOf(name), answers[name]];
  if (answer instanceof Error) {
    forget(box);
    box.replaceChildren(faultNode(answer, () => run(question)));
  } else if (answer) then(box, answer);
  else {
    forget(box);
    box.replaceChildren();
  }
}

function renderShares() {
  const named = say(asked.shareOf);
  place("shares", (box, answer) => panel.show(box, answer, panel.shareBars(answer), { name: named, heading: say(`by.${asked.shareBy}`), flat: true, shares: true }));
}

function render() {
  if (!asked || !world.viewer) return;
  const isComputed = asked.origin === "COMPUTED";
  const isUnpublished = asked.whose === "published" && isComputed && !world.lastMonth;
  by("charts").hidden = !isComputed || isUnpublished;
  by("table").hidden = isUnpublished;
  by("nothing").hidden = isComputed && !isUnpublished;
  by("nothing").textContent = isUnpublished ? say("nothing") : say("reported.charts");
  const wide = ask.wider(asked, world.lastMonth);
  by("months-title").textContent = `${say("chart.months")}, ${periodName(wide)}`;
  const name = say("SERVICES_PROVIDED");
  place("months", (box, answer) => panel.show(box, answer, panel.monthBars(answer, wide), { name, heading: say("by.MONTH") }));
  renderShares();
  place("funnel", (box, answer) => panel.show(box, answer, panel.funnelBars(answer), { name: say("funnel.name"), heading: say("funnel.step"), flat: true }));
  renderTable(isComputed);
}

function renderTable(isComputed) {
  const { shown, left } = ask.divided(asked);
  model = null;
  by("told").textContent = "";
  place("table", (box, answer) => {
    model = isComputed ? table.computed(answer.rows, asked, shown) : table.reported(answer.rows);
    const told = about(answer);
    by("told").textContent = told.join(" · ");
    box.replaceChildren(
      ...table.legend(model, answer.minCell),
      ...(model.rows.length ? table.tableNode(model, told.join(" · "), { id: "rows", title: say("table") }) : [element("p", { class: "empty" }, say("reported.none"))]),
    );
  });
  if (left.length) {
    const by_ = ask.dimensions(asked).map((one) => say(`by.${one}`)).join(", ");
    boxOf("table").append(element("p", { class: "legend" }, say("undivided", { by: by_, names: left.map((word) => say(word)).join(", ") })));
  }
  by("csv").disabled = !model?.rows.length;
}

function download() {
  const answer = answers.table;
  const told = {
    [say("period")]: ask.periodText(asked.period),
    [say("file.release")]: answer.release?.lastMonth ?? "",
    [say("file.asOf")]: answer.asOf,
    [say("file.minCell")]: answer.minCell ?? "",
  };
  save(`mistok-${asked.whose}-${ask.periodText(asked.period).replace("..", "_")}.csv`, csv(table.fileRows(model, told), spoken()));
  status("saved");
}

// --- Languages and colours

function talk(tag) {
  speak(tag);
  for (const button of document.querySelectorAll("[data-language]")) button.setAttribute("aria-pressed", String(button.dataset.language === tag));
  hush();
  if (!world.viewer) return;
  form.fill(question, world);
  render();
}

function start() {
  const wanted = new URLSearchParams(location.search).get("lang");
  talk(isLanguage(wanted) ? wanted : preferred());
  for (const button of document.querySelectorAll("[data-language]")) {
    button.addEventListener("click", () => {
      talk(button.dataset.language);
      remember();
      status("spoken");
    });
  }
  by("sign-in").addEventListener("submit", enter);
  by("leave").addEventListener("click", () => leave());
  by("csv").addEventListener("click", download);
  form.listen(() => question, { change: changed, submit: run, shares: runShares });
  recolored(() => render());
  offerDoors();
  (by("door").hidden ? by("client-id") : by("door")).focus();
}

start();
