// The page: sign in, explore, sign out.

import "./nonce.js";
import "./workers.js";
import "@graphiql/react/style.css";
import "@graphiql/plugin-doc-explorer/style.css";
import "graphiql/graphiql.css";
import "./page.css";
import { show } from "./explorer.jsx";
import { first, groups } from "./operations.jsx";
import { hint } from "./purpose.js";
import * as session from "./session.js";
import { knows, preferred, say, speak } from "./words.js";

const by = (id) => document.getElementById(id);
/** The operation with which it begins: the reference links to `#partner/cases`. */
const { hash } = location;
let hide = () => {};
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
    const [viewer, operations] = await Promise.all([who(), groups()]);
    secret.value = "";
    by("sign-in").hidden = true;
    by("workplace").hidden = by("who").hidden = false;
    by("organization").textContent = viewer.organization.name;
    const { purpose, ...tab } = first(operations, hash);
    hint(purpose);
    hide = show(by("explorer"), operations, kindOf(viewer), tab);
    by("purpose").focus();
  } catch (happened) {
    session.signOut();
    if (!(happened instanceof session.Fault)) console.error(happened);
    tell(happened);
    (fault.code === "invalid_client" ? secret : id).focus();
  } finally {
    by("status").textContent = "";
    by("enter").disabled = false;
  }
}

function leave() {
  session.signOut();
  hide();
  by("purpose").value = by("acting-for").value = by("organization").textContent = by("status").textContent = "";
  by("workplace").hidden = by("who").hidden = true;
  by("sign-in").hidden = false;
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
by("client-id").focus();
