// Asks Місток: a token that is taken anew before it ends, retries that change nothing twice, errors by their kind.
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { AccessPurpose, TypedDocumentString, UserErrorCode } from "./generated.js";

export interface Settings {
  url: string;
  clientId: string;
  clientSecret: string;
  /** Why personal data is read; without it personal fields are null. */
  purpose?: AccessPurpose;
  /** Your own id of the worker for whom you ask. */
  actingFor?: string;
}

export interface UserError {
  code: UserErrorCode;
  message: string;
  path: string[];
}

/** A rule says no: the input, or the state of things, has to change. */
export class Refused extends Error {
  constructor(readonly userErrors: UserError[]) {
    super(userErrors.map(({ code, message, path }) => `${code} at ${path.join(".")}: ${message}`).join("; "));
  }
  has(code: UserErrorCode) {
    return this.userErrors.some((one) => one.code === code);
  }
}

/** There is no answer: authentication, rights, limits, a refused document, a fault. The operator can find `requestId`. */
export class Failed extends Error {
  constructor(readonly code: string, message: string, readonly requestId?: string) {
    super(`${code}: ${message}${requestId ? ` (request ${requestId})` : ""}`);
  }
}

interface Answer {
  status: number;
  retryAfter: string | null;
  body: { data?: object; errors?: { message: string; extensions?: { code?: string; requestId?: string } }[]; [other: string]: unknown };
}

const TRIES = 5;
const LATER = ["RATE_LIMITED", "UNAVAILABLE", "TIMEOUT"];

const codeOf = (answer: Answer) => answer.body.errors?.[0]?.extensions?.code ?? String(answer.body["error"] ?? answer.status);

/** How often an answer such as this one is worth asking for. */
function tries(answer: Answer) {
  if ([429, 502, 503, 504].includes(answer.status) || LATER.includes(codeOf(answer))) return TRIES;
  return answer.status >= 500 ? 2 : 1;
}

export class Client {
  #token?: Promise<{ value: string; until: number }>;

  // Private, so that no log that shows a client shows its secret.
  readonly #settings: Settings;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /** Asks an operation, one of those in generated.ts. */
  async ask<T extends object, V>(document: TypedDocumentString<T, V>, variables: V): Promise<T> {
    const text = document.toString();
    const mutation = /^\s*mutation\b/.test(text);
    // Whatever happens on the way, all tries carry one key: what was done is not done again.
    const { input } = variables as { input?: { idempotencyKey?: string } };
    const asked = mutation && input ? { input: { ...input, idempotencyKey: input.idempotencyKey ?? randomUUID() } } : variables;
    const body = JSON.stringify({ query: text, variables: asked });
    let answer = await this.#graphql(body);
    if (answer.status === 401 || codeOf(answer) === "UNAUTHENTICATED") {
      this.#token = undefined;
      answer = await this.#graphql(body);
    }
    const [error] = answer.body.errors ?? [];
    if (error || !answer.body.data) {
      throw new Failed(codeOf(answer), error?.message ?? "no GraphQL in the answer", error?.extensions?.requestId);
    }
    const refusals = mutation ? Object.values(answer.body.data).flatMap((payload) => payload?.userErrors ?? []) : [];
    if (refusals.length) throw new Refused(refusals);
    return answer.body.data as T;
  }

  async #graphql(body: string) {
    const { purpose, actingFor } = this.#settings;
    return this.#send("/graphql", body, {
      Authorization: `Bearer ${await this.#bearer()}`,
      "Content-Type": "application/json",
      Accept: "application/graphql-response+json, application/json;q=0.9",
      ...(purpose && { "Mistok-Purpose": purpose }),
      ...(actingFor && { "Mistok-Acting-For": actingFor }),
    });
  }

  /** One token for all questions, and the next one a minute before it ends. */
  async #bearer(): Promise<string> {
    const kept = (this.#token ??= this.#take());
    const token = await kept;
    if (token.until > Date.now()) return token.value;
    // Of several questions at once, the first to see it takes the next one for all.
    if (this.#token === kept || !this.#token) this.#token = this.#take();
    return (await this.#token).value;
  }

  async #take() {
    try {
      const { clientId, clientSecret } = this.#settings;
      const answer = await this.#send("/oauth/token", "grant_type=client_credentials", {
        Authorization: `Basic ${btoa(`${clientId}:${clientSecret}`)}`,
        "Content-Type": "application/x-www-form-urlencoded",
      });
      const { access_token, expires_in, error_description } = answer.body;
      if (answer.status !== 200) throw new Failed(codeOf(answer), String(error_description));
      return { value: String(access_token), until: Date.now() + (Number(expires_in) - 60) * 1000 };
    } catch (fault) {
      this.#token = undefined;
      throw fault;
    }
  }

  /** The same request again while there is no answer, or one that says "later". */
  async #send(path: string, body: string, headers: Record<string, string>): Promise<Answer> {
    for (let asked = 1; ; asked++) {
      let pause = 0.25 * 2 ** asked * (1 + Math.random());
      try {
        const response = await fetch(this.#settings.url + path, { method: "POST", headers, body, signal: AbortSignal.timeout(30_000) });
        const text = await response.text();
        const answer: Answer = { status: response.status, retryAfter: response.headers.get("retry-after"), body: read(text) };
        if (asked >= tries(answer)) return answer;
        pause = Number(answer.retryAfter) || pause;
      } catch (fault) {
        if (asked >= TRIES) throw fault;
      }
      await sleep(pause * 1000);
    }
  }
}

/** A proxy may answer with a page of its own. */
function read(text: string) {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}

/** A step on the version that was seen. If somebody was faster: reads again, and `step` decides anew on what there is now. */
export async function onCurrent<S, T>(seen: S, read: () => Promise<S>, step: (now: S) => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await step(seen);
    } catch (fault) {
      if (!(fault instanceof Refused && fault.has("VERSION_CONFLICT")) || tries === 3) throw fault;
      seen = await read();
    }
  }
}
