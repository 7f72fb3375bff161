// A centre sends a person to a foundation, which takes it on and helps. The same story as in the other languages, line by line.
import assert from "node:assert/strict";
import { createServer, type IncomingHttpHeaders } from "node:http";
import { type AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { Client, onCurrent } from "./client.js";
import { Feed, type Change } from "./feed.js";
import * as ask from "./generated.js";
import { verified } from "./webhook.js";

const env = (name: string) => process.env[name] ?? assert.fail(`${name} is not set: see demo.env`);
const partner = (name: string) =>
  new Client({ url: env("MISTOK_URL"), clientId: env(`${name}_CLIENT_ID`), clientSecret: env(`${name}_CLIENT_SECRET`), purpose: "CASE_WORK" });
const [sender, receiver] = [partner("KAZANKA"), partner("CHARITY")];
const receiverId = env("CHARITY_ORGANIZATION_ID");
// A key for each intention of this run: whoever asks twice by it, does it once.
const run = crypto.randomUUID();
const key = (what: string) => `${what}-${run}`;

/** Waits up to a minute: the feed and webhooks are fast, not immediate. */
async function until<T>(what: string, look: () => T | undefined | Promise<T | undefined>): Promise<T> {
  for (let times = 0; times < 240; times++, await sleep(250)) {
    const found = await look();
    if (found !== undefined) return found;
  }
  return assert.fail(`waited a minute: ${what}`);
}

// Where the receiver is called back. It keeps what came and answers at once.
const calls: { headers: IncomingHttpHeaders; body: Buffer }[] = [];
const server = createServer(async (request, response) => {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  calls.push({ headers: request.headers, body: Buffer.concat(parts) });
  response.writeHead(204).end();
});
await new Promise<void>((listens) => server.listen(0, "127.0.0.1", listens));

// 1. Who could take a person who needs humanitarian aid?
const { referralCandidates } = await sender.ask(ask.ReferralCandidatesDocument, {
  input: { serviceCode: "M-008", territory: "UA48020130000080862", first: 3 },
});
for (const { organization, eligible, blockedBecause } of referralCandidates) {
  console.log(`candidate: ${organization.name}: ${eligible ? "can" : blockedBecause.join(", ")}`);
}
assert(referralCandidates.some(({ organization, eligible }) => organization.id === receiverId && eligible));

// 2. Both follow the feed from now on; the receiver is called back besides.
const [sent, inbound] = [await Feed.begin(sender), await Feed.begin(receiver)];
const { webhookEndpointCreate } = await receiver.ask(ask.WebhookEndpointCreateDocument, {
  input: { idempotencyKey: key("endpoint"), url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mistok`, types: ["REFERRAL_SENT"] },
});
const [endpoint, secret] = [webhookEndpointCreate.endpoint!, webhookEndpointCreate.secret!];

// 3. A case (випадок), the person's consent (згода), and the referral (скерування), sent at once.
const { caseOpen } = await sender.ask(ask.CaseOpenDocument, {
  input: {
    idempotencyKey: key("case"), primaryCategory: "IDP", intakeChannel: "SELF_IN_PERSON",
    person: {
      familyName: "Прикладна", givenName: "Оксана (демо)", birthDate: "1990-05-17", sex: "FEMALE",
      phone: "067-000-00-21", safeToContact: ["MESSENGER"],
    },
  },
});
const caseId = caseOpen.case!.id;
const { consentGive } = await sender.ask(ask.ConsentGiveDocument, {
  input: {
    idempotencyKey: key("consent"), caseId, receiverId, purpose: "CASE_WORK", fieldGroups: ["DEMOGRAPHICS", "CONTACT", "REASON"],
    givenBy: "CLIENT", method: "WRITTEN", explained: true,
  },
});
const send = async () => {
  const { referralCreate } = await sender.ask(ask.ReferralCreateDocument, {
    input: {
      idempotencyKey: key("referral"), subject: { caseId }, receiverId, serviceCode: "M-008", consentId: consentGive.consent!.id,
      reason: "Потрібен зимовий одяг", send: true,
    },
  });
  return referralCreate.referral!;
};
const { id, status, version } = await send();
assert.equal((await send()).id, id);
console.log(`sent: ${status}, version ${version}; sent again by the same key: the same referral`);

// 4. The receiver is called back: the signature holds, and for nothing else than what was signed.
const call = await until("a webhook", () => calls.find(({ headers, body }) => verified(secret, headers, body).data.objectId === id));
const told = verified(secret, call.headers, call.body);
assert.deepEqual([told.type, told.data.objectId], ["REFERRAL_SENT", id]);
const tampered = Buffer.from(call.body.toString().replace("REFERRAL_SENT", "REFERRAL_ACCEPTED"));
assert.throws(() => verified(secret, call.headers, tampered));
assert.throws(() => verified(secret, { ...call.headers, "webhook-timestamp": String(Math.floor(Date.now() / 1000) - 3600) }, call.body));
console.log(`webhook: ${told.type}, verified; a changed body and an old timestamp are refused`);
await receiver.ask(ask.WebhookEndpointDeleteDocument, { input: { id: endpoint.id, expectedVersion: endpoint.version } });

// 5. The same stands in the receiver's feed.
const look = async (feed: Feed, last: string) => {
  const seen: Change[] = [];
  await until(`${last} in the feed`, async () => {
    for await (const change of feed.news()) if (change.objectId === id) seen.push(change);
    return seen.find(({ type }) => type === last);
  });
  return seen.map(({ type, objectVersion }) => `${type} ${objectVersion}`).join(", ");
};
console.log(`the receiver's feed: ${await look(inbound, "REFERRAL_SENT")}`);

// 6. Who the person is, the receiver reads once it has accepted: as far as consent and memorandum go.
const referral = async (client: Client) => (await client.ask(ask.ReferralStatusDocument, { id })).referral!;
const show = ({ status, version, reason, subject }: Awaited<ReturnType<typeof referral>>) =>
  `${status}, version ${version}, ${subject.ageBand}, ${subject.familyName ?? "no name"}, ${subject.phone ?? "no phone"}, ${reason ?? "no reason"}`;
const before = await referral(receiver);
console.log(`before: ${show(before)}`);
await receiver.ask(ask.ReferralAcceptDocument, { input: { id, expectedVersion: before.version, idempotencyKey: key("accept") } });
const after = await referral(receiver);
console.log(`accepted: ${show(after)}`);
assert.deepEqual([before.subject.phone, after.subject.phone], [null, "+380670000021"]);

// 7. Somebody at the receiver still looks at what was before: VERSION_CONFLICT, so it reads again and starts then.
let starts = 0;
await onCurrent(before, () => referral(receiver), (now) => {
  starts++;
  return receiver.ask(ask.ReferralStartDocument, { input: { id, expectedVersion: now.version, idempotencyKey: key(`start-${now.version}`) } });
});
assert.equal(starts, 2);
await onCurrent(await referral(receiver), () => referral(receiver), (now) =>
  receiver.ask(ask.ReferralCompleteDocument, {
    input: { id, expectedVersion: now.version, idempotencyKey: key("complete"), outcome: "SERVICE_PROVIDED", note: "Видано" },
  }));
console.log(`started at try ${starts}, completed`);

// 8. The sender learns all of it from the feed, and sees the same status.
console.log(`the sender's feed: ${await look(sent, "REFERRAL_COMPLETED")}`);
console.log(`the sender: ${show(await referral(sender))}`);
assert.equal((await referral(sender)).status, "COMPLETED");
server.close();
