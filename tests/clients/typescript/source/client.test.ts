// Against a server that does what it is told, since a good one seldom fails.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { type AddressInfo } from "node:net";
import { test } from "node:test";
import { Client, Failed, Refused, onCurrent } from "./client.js";
import { Feed, FeedLost } from "./feed.js";
import { ChangesHeadDocument, ReferralStartDocument } from "./generated.js";

type Reply = { status?: number; headers?: Record<string, string>; body?: unknown } | "breaks";
interface Asked {
  path: string;
  token: string;
  body: { query: string; variables: { input: { idempotencyKey: string } } };
}

/** A client, and what its server was asked; `replies` one after the other, to /graphql alone unless they are for tokens. */
async function served(replies: Reply[], work: (client: Client, asked: Asked[]) => Promise<void>, lasts = 900) {
  const asked: Asked[] = [];
  let tokens = 0;
  const server = createServer(async (request, response) => {
    let text = "";
    for await (const part of request) text += part;
    const forToken = request.url === "/oauth/token";
    asked.push({ path: request.url!, token: String(request.headers.authorization), body: forToken ? undefined : JSON.parse(text) });
    const reply: Reply = forToken ? { body: { access_token: `t${++tokens}`, expires_in: lasts } } : replies.shift()!;
    if (reply === "breaks") return request.socket.destroy();
    response.writeHead(reply.status ?? 200, { "content-type": "application/json", ...reply.headers }).end(JSON.stringify(reply.body ?? {}));
  });
  await new Promise<void>((listens) => server.listen(0, "127.0.0.1", listens));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    await work(new Client({ url, clientId: "id", clientSecret: "secret", purpose: "CASE_WORK" }), asked);
    assert.deepEqual(replies, []);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const error = (code: string) => ({ errors: [{ message: code, extensions: { code, requestId: "r1" } }] });
const head = { body: { data: { changesHead: "c" } } };
const started = { body: { data: { referralStart: { referral: { id: "r", status: "IN_PROGRESS", version: 5 }, userErrors: [] } } } };
const conflict = { body: { data: { referralStart: { referral: null, userErrors: [{ code: "VERSION_CONFLICT", message: "", path: [] }] } } } };
const start = (client: Client) => client.ask(ReferralStartDocument, { input: { id: "r", expectedVersion: 4 } });
const questions = (asked: Asked[]) => asked.filter(({ path }) => path === "/graphql");

test("whatever happens on the way, one key", () =>
  served(
    [
      "breaks",
      { body: error("TIMEOUT") },
      { status: 503, headers: { "retry-after": "1" }, body: error("UNAVAILABLE") },
      { status: 429, headers: { "retry-after": "1" }, body: error("RATE_LIMITED") },
      started,
    ],
    async (client, asked) => {
      const begun = Date.now();
      assert.equal((await start(client)).referralStart.referral?.version, 5);
      assert(Date.now() - begun >= 2000, "it waits as long as it is told");
      assert.equal(questions(asked).length, 5);
      const keys = new Set(questions(asked).map(({ body }) => body.variables.input.idempotencyKey));
      assert.equal(keys.size, 1);
      assert.match([...keys][0]!, /^[0-9a-f-]{36}$/);
    },
  ));

test("a fault is asked about once more, a refusal never", async () => {
  await served([{ status: 500, body: error("INTERNAL") }, { status: 500, body: error("INTERNAL") }], async (client) => {
    await assert.rejects(start(client), (fault) => fault instanceof Failed && fault.code === "INTERNAL" && fault.requestId === "r1");
  });
  await served([{ status: 403, body: error("FORBIDDEN") }], async (client) => {
    await assert.rejects(start(client), (fault) => fault instanceof Failed && fault.code === "FORBIDDEN");
  });
});

test("a token is taken once, anew before it ends, and anew when it is refused", async () => {
  await served([head, head], async (client, asked) => {
    await Promise.all([client.ask(ChangesHeadDocument, {}), client.ask(ChangesHeadDocument, {})]);
    assert.equal(asked.length, 3);
  });
  await served([head, head], async (client, asked) => {
    await client.ask(ChangesHeadDocument, {});
    await new Promise((passes) => setTimeout(passes, 1100));
    await client.ask(ChangesHeadDocument, {});
    assert.deepEqual(questions(asked).map(({ token }) => token), ["Bearer t1", "Bearer t2"]);
  }, 61);
  await served([{ status: 401, body: error("UNAUTHENTICATED") }, head], async (client, asked) => {
    await client.ask(ChangesHeadDocument, {});
    assert.deepEqual(questions(asked).map(({ token }) => token), ["Bearer t1", "Bearer t2"]);
  });
});

test("who was slower reads again and decides anew", () =>
  served([conflict, started], async (client) => {
    const versions: number[] = [];
    await onCurrent({ version: 3 }, async () => ({ version: 4 }), ({ version }) => (versions.push(version), start(client)));
    assert.deepEqual(versions, [3, 4]);
  }));

test("a broken rule is another error than a fault", () =>
  served([conflict], async (client) => {
    await assert.rejects(start(client), (fault) => fault instanceof Refused && fault.has("VERSION_CONFLICT"));
  }));

test("the feed goes on page by page, and says when it is lost", () => {
  const page = (cursor: string, hasMore: boolean) => ({ body: { data: { changes: { entries: [{ cursor }], endCursor: cursor, hasMore } } } });
  return served([head, page("1", true), page("2", false), { status: 400, body: error("CURSOR_EXPIRED") }], async (client) => {
    const [kept, seen]: string[][] = [[], []];
    const feed = await Feed.begin(client, (cursor) => void kept!.push(cursor));
    for await (const { cursor } of feed.news()) seen!.push(cursor);
    assert.deepEqual([kept, seen], [["c", "1", "2"], ["1", "2"]]);
    await assert.rejects(feed.news().next(), FeedLost);
  });
});
