// Who asks: a client of the token endpoint, or nobody yet. Its secret and its token are variables of this module alone: they are
// written nowhere, and gone with the page.

import { spoken } from "./words.js";

const PATIENCE = 20_000;
/** A token is used no more when so much of its time is left. */
const MARGIN = 60_000;

let client = null;
/** The token, or its promise, so that two questions at once take one. */
let held = null;

/**
 * Why there is no answer. `code` is the error of OAuth, or NETWORK, TIMEOUT, UNAVAILABLE. Where in our scripts it happened is left
 * out: the explorer would show it, and it tells nobody anything.
 */
export class Fault extends Error {
  constructor(code, message, seconds = null) {
    super(message);
    Object.assign(this, { code, stack: undefined }, seconds && { seconds });
  }
}

export const address = (path) => new URL(path, document.baseURI);

/** A request of this page: without cookies, and without a question of the browser's own after a refused secret. */
async function sent(url, headers, body) {
  const plain = { cache: "no-store", credentials: "omit", redirect: "error", referrerPolicy: "no-referrer" };
  try {
    return await fetch(url, { ...plain, method: "POST", headers, body, signal: AbortSignal.timeout(PATIENCE) });
  } catch (fault) {
    throw new Fault(fault.name === "TimeoutError" ? "TIMEOUT" : "NETWORK", fault.message);
  }
}

/** The JSON of an answer; what is none comes from a proxy, not from the server. */
async function read(answer, seconds) {
  try {
    return await answer.json();
  } catch {
    throw new Fault("UNAVAILABLE", `HTTP ${answer.status}`, seconds);
  }
}

async function taken({ id, secret }) {
  const basic = btoa(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`);
  const headers = { accept: "application/json", authorization: `Basic ${basic}` };
  const answer = await sent(address("oauth/token"), headers, new URLSearchParams({ grant_type: "client_credentials" }));
  const seconds = Number(answer.headers.get("retry-after")) || null;
  const told = await read(answer, seconds);
  if (!answer.ok) throw new Fault(told.error ?? "UNAVAILABLE", told.error_description ?? `HTTP ${answer.status}`, seconds);
  return { token: told.access_token, until: Date.now() + told.expires_in * 1000 };
}

/** A token that holds for a while yet. */
async function token() {
  const before = held;
  const now = await before;
  if (now && now.until - MARGIN > Date.now()) return now.token;
  if (!client) throw new Fault("SIGNED_OUT", "nobody is signed in");
  if (held === before) {
    const next = (held = taken(client));
    next.catch(() => held === next && (held = null));
  }
  return (await held).token;
}

export async function signIn(id, secret) {
  signOut();
  client = { id, secret };
  try {
    await token();
  } catch (fault) {
    signOut();
    throw fault;
  }
}

export function signOut() {
  client = held = null;
}

/** Whether there is somebody to ask as. */
export const isSignedIn = () => client !== null;

/**
 * The headers of who asks, with others; for a request, and for the first message of a socket. Who has not signed in bears no token:
 * the server refuses it in its own words, or a proxy before it knows who asks.
 */
export const headers = async (others) => ({
  ...(client && { Authorization: `Bearer ${await token()}` }),
  "Accept-Language": spoken(),
  ...others,
});

/** The answer to a question; where the token holds no more (a server with other keys), it is asked once more with another. */
export async function ask(question, others = {}) {
  const asking = client;
  const plain = { accept: "application/graphql-response+json, application/json;q=0.9", "content-type": "application/json" };
  const once = async () => sent(address("graphql"), { ...plain, ...(await headers(others)) }, JSON.stringify(question));
  let answer = await once();
  if (asking && answer.status === 401) {
    // Who signed out meanwhile asks no more.
    if (client !== asking) throw new Fault("SIGNED_OUT", "nobody is signed in");
    held = null;
    answer = await once();
  }
  return read(answer);
}
