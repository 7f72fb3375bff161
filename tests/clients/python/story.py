"""A centre sends a person to a foundation, which takes it on and helps. The same story as in the other languages, line by line."""

import asyncio
import os
import time
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from uuid import uuid4

from mistok_client.client import Client, on_current
from mistok_client.feed import Feed
from mistok_client.generated.enums import (
    ChangeType,
    ConsentGiver,
    ConsentMethod,
    ContactChannel,
    FieldGroup,
    IntakeChannel,
    ReferralOutcome,
    ReferralStatus,
    Sex,
    SharingPurpose,
    TargetCategory,
)
from mistok_client.generated.input_types import (
    CaseOpenInput,
    ConsentGiveInput,
    PersonInput,
    ReferralAcceptInput,
    ReferralCandidatesInput,
    ReferralCompleteInput,
    ReferralCreateInput,
    ReferralStartInput,
    ReferralSubjectInput,
    WebhookEndpointCreateInput,
    WebhookEndpointDeleteInput,
)
from mistok_client.generated.referral_create import ReferralCreateReferralCreateReferral as Sent
from mistok_client.generated.referral_status import ReferralStatusReferral as Referral
from mistok_client.webhook import WebhookVerificationError, verified

RECEIVER_ID = os.environ["CHARITY_ORGANIZATION_ID"]
# A key for each intention of this run: whoever asks twice by it, does it once.
RUN = uuid4()

# Where the receiver is called back. It keeps what came and answers at once.
calls: list[tuple[Message, bytes]] = []


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        calls.append((self.headers, self.rfile.read(int(self.headers["content-length"]))))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def key(what: str) -> str:
    return f"{what}-{RUN}"


def partner(name: str) -> Client:
    env = os.environ
    return Client(env["MISTOK_URL"], env[f"{name}_CLIENT_ID"], env[f"{name}_CLIENT_SECRET"], purpose="CASE_WORK")


def show(referral: Referral) -> str:
    who = referral.subject
    seen = [who.age_band.value, who.family_name or "no name", who.phone or "no phone", referral.reason or "no reason"]
    return f"{referral.status.value}, version {referral.version}, " + ", ".join(seen)


def refused(secret: str, headers: dict[str, str], body: bytes) -> bool:
    try:
        verified(secret, headers, body)
    except WebhookVerificationError:
        return True
    return False


async def called_back(secret: str, id: str) -> tuple[dict[str, str], bytes]:
    """Waits up to a minute: the feed and webhooks are fast, not immediate."""
    for _ in range(240):
        for headers, body in calls:
            if verified(secret, dict(headers), body)["data"]["objectId"] == id:
                return dict(headers), body
        await asyncio.sleep(0.25)
    raise AssertionError("waited a minute for a webhook")


async def look(feed: Feed, id: str, last: ChangeType) -> str:
    seen = []
    for _ in range(240):
        seen += [change async for change in feed.news() if change.object_id == id]
        if any(change.type_ == last for change in seen):
            return ", ".join(f"{change.type_.value} {change.object_version}" for change in seen)
        await asyncio.sleep(0.25)
    raise AssertionError(f"waited a minute for {last}")


async def story(sender: Client, receiver: Client, callback: str) -> None:
    # 1. Who could take a person who needs humanitarian aid?
    wanted = ReferralCandidatesInput(service_code="M-008", territory="UA48020130000080862", first=3)
    candidates = (await sender.referral_candidates(wanted)).referral_candidates
    for one in candidates:
        print(f"candidate: {one.organization.name}:", "can" if one.eligible else ", ".join(why.value for why in one.blocked_because))
    assert any(one.organization.id == RECEIVER_ID and one.eligible for one in candidates)

    # 2. Both follow the feed from now on; the receiver is called back besides.
    sent, inbound = await Feed.begin(sender), await Feed.begin(receiver)
    wanted = WebhookEndpointCreateInput(idempotency_key=key("endpoint"), url=callback, types=[ChangeType.REFERRAL_SENT])
    made = (await receiver.webhook_endpoint_create(wanted)).webhook_endpoint_create
    endpoint, secret = made.endpoint, made.secret

    # 3. A case (випадок), the person's consent (згода), and the referral (скерування), sent at once.
    person = PersonInput(
        family_name="Прикладна", given_name="Оксана (демо)", birth_date="1990-05-17", sex=Sex.FEMALE,
        phone="067-000-00-21", safe_to_contact=[ContactChannel.MESSENGER],
    )  # fmt: skip
    wanted = CaseOpenInput(
        idempotency_key=key("case"), primary_category=TargetCategory.IDP, intake_channel=IntakeChannel.SELF_IN_PERSON, person=person
    )  # fmt: skip
    case_id = (await sender.case_open(wanted)).case_open.case.id
    wanted = ConsentGiveInput(
        idempotency_key=key("consent"), case_id=case_id, receiver_id=RECEIVER_ID, purpose=SharingPurpose.CASE_WORK,
        field_groups=[FieldGroup.DEMOGRAPHICS, FieldGroup.CONTACT, FieldGroup.REASON],
        given_by=ConsentGiver.CLIENT, method=ConsentMethod.WRITTEN, explained=True,
    )  # fmt: skip
    consent = (await sender.consent_give(wanted)).consent_give.consent

    async def send() -> Sent:
        wanted = ReferralCreateInput(
            idempotency_key=key("referral"), subject=ReferralSubjectInput(case_id=case_id), receiver_id=RECEIVER_ID,
            service_code="M-008", consent_id=consent.id, reason="Потрібен зимовий одяг", send=True,
        )  # fmt: skip
        return (await sender.referral_create(wanted)).referral_create.referral

    made = await send()
    id = made.id
    assert (await send()).id == id
    print(f"sent: {made.status.value}, version {made.version}; sent again by the same key: the same referral")

    # 4. The receiver is called back: the signature holds, and for nothing else than what was signed.
    headers, body = await called_back(secret, id)
    told = verified(secret, headers, body)
    assert (told["type"], told["data"]["objectId"]) == ("REFERRAL_SENT", id)
    assert refused(secret, headers, body.replace(b"REFERRAL_SENT", b"REFERRAL_ACCEPTED"))
    assert refused(secret, headers | {"webhook-timestamp": str(int(time.time()) - 3600)}, body)
    print(f"webhook: {told['type']}, verified; a changed body and an old timestamp are refused")
    await receiver.webhook_endpoint_delete(WebhookEndpointDeleteInput(id=endpoint.id, expected_version=endpoint.version))

    # 5. The same stands in the receiver's feed.
    print("the receiver's feed:", await look(inbound, id, ChangeType.REFERRAL_SENT))

    # 6. Who the person is, the receiver reads once it has accepted: as far as consent and memorandum go.
    async def referral(client: Client = receiver) -> Referral:
        return (await client.referral_status(id)).referral

    before = await referral()
    print("before:", show(before))
    await receiver.referral_accept(ReferralAcceptInput(id=id, expected_version=before.version, idempotency_key=key("accept")))
    after = await referral()
    print("accepted:", show(after))
    assert (before.subject.phone, after.subject.phone) == (None, "+380670000021")

    # 7. Somebody at the receiver still looks at what was before: VERSION_CONFLICT, so it reads again and starts then.
    starts = []

    async def start(now: Referral) -> None:
        starts.append(now.version)
        wanted = ReferralStartInput(id=id, expected_version=now.version, idempotency_key=key(f"start-{now.version}"))
        await receiver.referral_start(wanted)

    async def complete(now: Referral) -> None:
        wanted = ReferralCompleteInput(
            id=id, expected_version=now.version, idempotency_key=key("complete"), outcome=ReferralOutcome.SERVICE_PROVIDED, note="Видано"
        )  # fmt: skip
        await receiver.referral_complete(wanted)

    await on_current(before, referral, start)
    assert len(starts) == 2
    await on_current(await referral(), referral, complete)
    print(f"started at try {len(starts)}, completed")

    # 8. The sender learns all of it from the feed, and sees the same status.
    print("the sender's feed:", await look(sent, id, ChangeType.REFERRAL_COMPLETED))
    last = await referral(sender)
    print("the sender:", show(last))
    assert last.status == ReferralStatus.COMPLETED


async def main() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    Thread(target=server.serve_forever, daemon=True).start()
    async with partner("KAZANKA") as sender, partner("CHARITY") as receiver:
        await story(sender, receiver, f"http://127.0.0.1:{server.server_port}/mistok")


if __name__ == "__main__":
    asyncio.run(main())
