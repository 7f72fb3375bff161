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
    await session.signIn(id.value.trim(), secret.value.trim());
    const viewer = await who();
    const { name } = viewer.organization;
    secret.value = "";
    wantSignIn(false);
    by("sign-in").hidden = true;
    by("who").hidden = false;
    by("organization").textContent = name;
    by("status").textContent = say("signIn.done", { name });
    // Who is at work already finds the menu as it was.
    if (!explorer?.isTouched()) openAt(kindOf(viewer));
    // The next thing that one does: what was refused, or who one is, is asked with one more key.
    (document.querySelector(".graphiql-execute-button") ?? by("leave")).focus();
  } catch (happened) {
    session.signOut();
    if (!(happened instanceof session.Fault)) console.error(happened);
    tell(happened);
    by("status").textContent = "";
    (fault.code === "invalid_client" ? secret : id).focus();
  } finally {
    by("enter").disabled = false;
  }
}

function leave() {
  session.signOut();
  explorer?.hide();
  by("purpose").value = by("acting-for").value = by("organization").textContent = by("status").textContent = "";
  by("who").hidden = true;
  by("sign-in").hidden = false;
  if (made) begin();
  by("client-secret").focus();
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
