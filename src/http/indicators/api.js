// The public API, as any client asks it: a token from the token endpoint, questions to the GraphQL endpoint. The token is a
// variable of this module: it is written nowhere, and gone with the page.

/** What the page needs, and nothing else. */
const SCOPE = "analytics:read";
const PATIENCE = 20_000;

let token = null;

/** Why there is no answer. `code` is the API's own, an OAuth error, or NETWORK. */
export class Fault extends Error {
  constructor(code, message, more = {}) {
    super(message);
    Object.assign(this, { code, ...more });
  }
}

async function call(path, headers, body) {
  let answer, text;
  try {
    answer = await fetch(new URL(path, document.baseURI), {
      method: "POST",
      headers,
      body,
      cache: "no-store",
      // No cookies, and no question of the browser's own after a refused secret.
      credentials: "omit",
      redirect: "error",
      referrerPolicy: "no-referrer",
      signal: AbortSignal.timeout(PATIENCE),
    });
    text = await answer.text();
  } catch (fault) {
    throw new Fault(fault.name === "TimeoutError" ? "TIMEOUT" : "NETWORK", fault.message);
  }
  const more = { status: answer.status, seconds: Number(answer.headers.get("retry-after")) || null };
  try {
    return { told: JSON.parse(text), more };
  } catch {
    // A proxy's page, not the server's answer.
    throw new Fault(answer.status >= 500 ? "UNAVAILABLE" : "NETWORK", `HTTP ${answer.status}`, more);
  }
}

/** Takes a token for a client that shows its secret. */
export async function signIn(id, secret) {
  const form = new URLSearchParams({ grant_type: "client_credentials", scope: SCOPE, client_id: id, client_secret: secret });
  const { told, more } = await call("oauth/token", { accept: "application/json" }, form);
  if (more.status !== 200 || typeof told.access_token !== "string") {
    throw new Fault(told.error ?? "UNAVAILABLE", told.error_description ?? `HTTP ${more.status}`, more);
  }
  token = told.access_token;
}

/** Forgets the token. */
export function signOut() {
  token = null;
}

/** The data of an answer, or the first fault. */
export async function ask(query, variables = {}) {
  const headers = {
    accept: "application/graphql-response+json, application/json;q=0.9",
    "content-type": "application/json",
    authorization: `Bearer ${token}`,
  };
  const { told, more } = await call("graphql", headers, JSON.stringify({ query, variables }));
  const first = told.errors?.[0];
  if (first) {
    const { code = "INTERNAL", requestId, scope } = first.extensions ?? {};
    throw new Fault(code, first.message, { ...more, requestId, scope });
  }
  if (!told.data) throw new Fault("UNAVAILABLE", `HTTP ${more.status}`, more);
  return told.data;
}

/** Who asks, what was published last, and what there is to choose from. */
export const START = `query Start {
  viewer { organization { id name kind centres(first: 100) { nodes { id name } } } }
  releases(first: 1) { nodes { lastMonth publishedAt } }
  territories(levels: [REGION, SPECIAL_CITY], first: 100) { nodes { katottg name } }
}`;

/** The hromadas of a region, page by page. */
export const HROMADAS = `query Hromadas($within: Katottg!, $after: String) {
  territories(levels: [HROMADA], within: $within, first: 100, after: $after) {
    nodes { katottg name }
    pageInfo { hasNextPage endCursor }
  }
}`;

/** Figures. */
export const FIGURES = `query Figures($input: IndicatorsInput!, $reported: Boolean!) {
  indicators(input: $input) {
    release { lastMonth publishedAt }
    asOf
    minCell
    suppressedCells
    rows {
      indicator
      unit
      dimensions { dimension key label }
      cell { value money comparator status source }
      kind
      title
      total
      observation @include(if: $reported) {
        periodFrom
        periodTo
        note
        centre { name }
        organization { name }
        territory { name level }
      }
    }
  }
}`;
