// The page: explore at once, sign in to be answered, sign out.

import "./nonce.js";
import "./workers.js";
import "@graphiql/react/style.css";
import "@graphiql/plugin-doc-explorer/style.css";
import "graphiql/graphiql.css";
import "./page.css";
import { buildSchema } from "graphql";
import { show } from "./explorer.jsx";
import { first, openAt } from "./operations.jsx";
import { hint } from "./purpose.js";
import * as session from "./session.js";
import { knows, preferred, say, speak } from "./words.js";

const by = (id) => document.getElementById(id);
/** The operation with which it begins: other pages link to `#partner/cases`. */
const { hash } = location;
/** What the explorer is made of: `{ operations, schema }`. */
let made = null;
let explorer = null;
let fault = null;

/** What is said of a fault: kindly, then as the API says it. */
function tell(happened) {
  fault = happened;
  by("fault").hidden = !fault;
  if (!fault) return;
  const { code = "PAGE", message, seconds } = fault;
  by("fault-kindly").textContent = knows(`fault.${code}`) ? say(`fault.${code}`, { n: seconds ?? "2" }) : say("fault");
  by("fault-exactly").textContent = code === "EMPTY" ? "" : `${say("fault.exact")}: ${code} · ${message}`;
}

/** Says, or no more, that a question wants somebody who has signed in. */
function wantSignIn(isWanted) {
  by("sign-in-wanted").hidden = !isWanted;
  by("client-id").setAttribute("aria-describedby", isWanted ? "sign-in-wanted sign-in-note" : "sign-in-note");
  if (isWanted) by("client-id").focus();
}

/** A file beside this script. */
async function beside(name) {
  const answer = await fetch(new URL(name, import.meta.url));
  if (!answer.ok) throw new Error(`${name}: HTTP ${answer.status}`);
  return answer;
}

/** The explorer as it is for whoever opens the page. */
function begin() {
  const { purpose, ...tab } = first(made.operations, hash);
  openAt("partner");
  hint(purpose);
  explorer = show(by("explorer"), { ...made, tab, refused: () => wantSignIn(true) });
}

/** The schema comes as a file: asking the API for it would want a token, and cost points. */
async function load() {
  try {
    const [operations, sdl] = await Promise.all([
      beside("operations.json").then((answer) => answer.json()),
      beside("schema.graphql").then((answer) => answer.text()),
    ]);
    // The server has checked it, when it started with it.
    made = { operations, schema: buildSchema(sdl, { assumeValid: true, assumeValidSDL: true }) };
    begin();
  } catch (happened) {
    console.error(happened);
    tell(new session.Fault("FILES", happened.message));
  }
}

const WHO = "query Who { viewer { organization { name kind } scopes } }";

async function who() {
  const { data, errors } = await session.ask({ query: WHO });
  if (errors) throw new session.Fault(errors[0].extensions?.code ?? "INTERNAL", errors[0].message);
  return data.viewer;
}

/** As whom an application asks, most likely: the menu opens there. */
function kindOf({ organization: { kind }, scopes }) {
  if (scopes.every((scope) => scope === "analytics:read")) return "analyst";
  const kinds = { FUND: "funder", FUND_BRANCH: "funder", MINISTRY: "operator", OVERSIGHT_BODY: "analyst" };
  return kinds[kind] ?? "partner";
}

/** Shows who asks from now on. */
async function welcome(id, secret) {
  await session.signIn(id, secret);
  const viewer = await who();
  const { name } = viewer.organization;
  wantSignIn(false);
  by("sign-in").hidden = true;
  by("organization").textContent = name;
  by("status").textContent = say("signIn.done", { name });
  // Who is at work already finds the menu as it was.
  if (!explorer?.isTouched()) openAt(kindOf(viewer));
}

function failed(happened) {
  session.signOut();
  if (!(happened instanceof session.Fault)) console.error(happened);
  tell(happened);
  by("status").textContent = "";
}

async function enter(event) {
  event.preventDefault();
  const [id, secret] = [by("client-id"), by("client-secret")];
  const lacking = [id, secret].find((field) => !field.value.trim());
  for (const field of [id, secret]) field.setAttribute("aria-invalid", String(field === lacking));
  if (lacking) {
    tell(new session.Fault("EMPTY", ""));
    return lacking.focus();
  }
  tell(null);
  by("status").textContent = say("entering");
  by("enter").disabled = true;
  try {
    await welcome(id.value.trim(), secret.value.trim());
    secret.value = "";
    by("who").hidden = false;
    // The next thing that one does: what was refused, or who one is, is asked with one more key.
    (document.querySelector(".graphiql-execute-button") ?? by("leave")).focus();
  } catch (happened) {
    failed(happened);
    (fault.code === "invalid_client" ? secret : id).focus();
  } finally {
    by("enter").disabled = false;
  }
}

/** Nobody asks any more, and nothing of what was asked is left. */
function clear() {
  session.signOut();
  explorer?.hide();
  by("purpose").value = by("acting-for").value = by("organization").textContent = by("status").textContent = "";
  by("who").hidden = true;
  by("sign-in").hidden = false;
  if (made) begin();
}

function leave() {
  clear();
  by("client-secret").focus();
}

/** In a sandbox: as whom one may ask without knowing a secret. The first of them asks at once. */
const doors = JSON.parse(by("sandbox")?.textContent ?? "[]");

async function pass(place) {
  clear();
  tell(null);
  const door = doors[place];
  if (!door) return;
  by("sign-in").hidden = true;
  try {
    await welcome(door.client_id, door.client_secret);
  } catch (happened) {
    // By hand, then.
    failed(happened);
    by("sign-in").hidden = false;
    by("door").value = "";
  }
}

if (doors.length) {
  by("doors").hidden = false;
  by("door").append(...doors.map(({ name }, place) => new Option(name, place)));
  by("door").addEventListener("change", () => pass(by("door").value));
}

by("sign-in").addEventListener("submit", enter);
by("leave").addEventListener("click", leave);
for (const button of document.querySelectorAll("[data-language]")) {
  button.addEventListener("click", () => {
    speak(button.dataset.language);
    history.replaceState(null, "", `?lang=${button.dataset.language}${hash}`);
    tell(fault);
  });
}
speak(preferred());
by("enter").disabled = false;
load();
if (doors.length) {
  by("door").value = "0";
  pass(0);
}
