"""Against a server that does what it is told, since a good one seldom fails."""

import json
import logging
import unittest
from unittest.mock import AsyncMock, patch

import httpx

from mistok_client.client import Client, Failed, Refused, on_current
from mistok_client.feed import Feed, FeedLost
from mistok_client.generated.input_types import ReferralStartInput

# unittest asks asyncio to tell of each slow step: on a busy machine all are.
logging.getLogger("asyncio").setLevel(logging.ERROR)


def error(code: str) -> dict:
    return {"errors": [{"message": code, "extensions": {"code": code, "requestId": "r1"}}]}


def started(*user_errors: dict) -> dict:
    referral = None if user_errors else {"id": "r", "status": "IN_PROGRESS", "version": 5}
    return {"data": {"referralStart": {"referral": referral, "userErrors": list(user_errors)}}}


CONFLICT = started({"code": "VERSION_CONFLICT", "message": "", "path": []})
HEAD = {"data": {"changesHead": "c"}}
WAIT = {"Retry-After": "7"}


class Asks(unittest.IsolatedAsyncioTestCase):
    def server(self, *replies: tuple[int, dict, dict] | dict | None, lasts: int = 900) -> Client:
        """A client whose server gives these answers to questions, one after the other; None breaks the connection."""
        self.asked, self.replies, tokens = [], list(replies), []

        def answer(request: httpx.Request) -> httpx.Response:
            if request.url.path == "/oauth/token":
                tokens.append(request)
                return httpx.Response(200, json={"access_token": f"t{len(tokens)}", "expires_in": lasts})
            self.asked.append(request)
            reply = self.replies.pop(0)
            if reply is None:
                raise httpx.ReadError("it broke", request=request)
            status, headers, body = reply if isinstance(reply, tuple) else (200, {}, reply)
            return httpx.Response(status, headers=headers, json=body)

        client = Client("http://server", "id", "secret", purpose="CASE_WORK")
        client.http_client = httpx.AsyncClient(base_url="http://server", transport=httpx.MockTransport(answer))
        return client

    def tokens(self) -> list[str]:
        return [request.headers["Authorization"] for request in self.asked]

    async def start(self, client: Client):
        return (await client.referral_start(ReferralStartInput(id="r", expected_version=4))).referral_start.referral

    async def test_whatever_happens_on_the_way_one_key(self) -> None:
        client = self.server(None, error("TIMEOUT"), (503, WAIT, error("UNAVAILABLE")), (429, WAIT, error("RATE_LIMITED")), started())
        with patch("asyncio.sleep", AsyncMock()) as sleep:
            self.assertEqual((await self.start(client)).version, 5)
        self.assertEqual([call.args[0] for call in sleep.await_args_list][2:], [7, 7])
        keys = [json.loads(request.content)["variables"]["input"]["idempotencyKey"] for request in self.asked]
        self.assertEqual((len(keys), len(set(keys)), len(keys[0])), (5, 1, 36))

    async def test_a_fault_is_asked_about_once_more_a_refusal_never(self) -> None:
        for replies, code in [([(500, {}, error("INTERNAL"))] * 2, "INTERNAL"), ([(403, {}, error("FORBIDDEN"))], "FORBIDDEN")]:
            client = self.server(*replies)
            with patch("asyncio.sleep", AsyncMock()), self.assertRaises(Failed) as raised:
                await self.start(client)
            self.assertEqual((raised.exception.code, raised.exception.request_id, self.replies), (code, "r1", []))

    async def test_a_token_is_taken_once_anew_before_it_ends_and_anew_when_it_is_refused(self) -> None:
        for replies, lasts, tokens in [
            ([HEAD, HEAD], 900, ["Bearer t1", "Bearer t1"]),
            ([HEAD, HEAD], 60, ["Bearer t1", "Bearer t2"]),
            ([(401, {}, error("UNAUTHENTICATED")), HEAD, HEAD], 900, ["Bearer t1", "Bearer t2", "Bearer t2"]),
        ]:
            client = self.server(*replies, lasts=lasts)
            await client.changes_head()
            await client.changes_head()
            self.assertEqual(self.tokens(), tokens)

    async def test_who_was_slower_reads_again_and_decides_anew(self) -> None:
        client, versions = self.server(CONFLICT, started()), []

        async def step(version: int):
            versions.append(version)
            return await self.start(client)

        await on_current(3, AsyncMock(return_value=4), step)
        self.assertEqual(versions, [3, 4])

    async def test_a_broken_rule_is_another_error_than_a_fault(self) -> None:
        with self.assertRaises(Refused) as raised:
            await self.start(self.server(CONFLICT))
        self.assertTrue(raised.exception.has("VERSION_CONFLICT"))

    async def test_the_feed_goes_on_page_by_page_and_says_when_it_is_lost(self) -> None:
        def page(cursor: str, more: bool) -> dict:
            # A type that came after this client was made.
            entry = {"cursor": cursor, "type": "NEW_WORD", "objectId": "r", "objectVersion": 1, "tombstone": True, "node": None}
            return {"data": {"changes": {"entries": [entry | {"occurredAt": "2026-11-27"}], "endCursor": cursor, "hasMore": more}}}

        client, kept = self.server(HEAD, page("1", True), page("2", False), (400, {}, error("CURSOR_EXPIRED"))), []
        feed = await Feed.begin(client, kept.append)
        seen = [(change.cursor, change.type_.value) async for change in feed.news()]
        self.assertEqual((kept, seen), (["c", "1", "2"], [("1", "NEW_WORD"), ("2", "NEW_WORD")]))
        with self.assertRaises(FeedLost):
            await anext(feed.news())
