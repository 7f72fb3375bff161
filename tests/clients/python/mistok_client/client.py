"""Asks Місток: a token that is taken anew before it ends, retries that change nothing twice, errors by their kind."""

import asyncio
import json
import random
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from uuid import uuid4

import httpx

from .generated import Client as Operations

S = TypeVar("S")
T = TypeVar("T")

TRIES = 5
LATER = {"RATE_LIMITED", "UNAVAILABLE", "TIMEOUT"}


class Refused(Exception):
    """A rule says no: the input, or the state of things, has to change. `user_errors` are as they came: code, message, path."""

    def __init__(self, user_errors: list[dict[str, Any]]) -> None:
        self.user_errors = user_errors
        super().__init__("; ".join(f"{one['code']} at {'.'.join(one['path'])}: {one['message']}" for one in user_errors))

    def has(self, code: str) -> bool:
        return any(one["code"] == code for one in self.user_errors)


class Failed(Exception):
    """There is no answer: authentication, rights, limits, a refused document, a fault. The operator can find `request_id`."""

    def __init__(self, code: str, message: str, request_id: str | None = None) -> None:
        self.code, self.request_id = code, request_id
        super().__init__(f"{code}: {message}" + (f" (request {request_id})" if request_id else ""))


class Client(Operations):
    """Each operation is a method: `await client.referral_status(id=…)`."""

    def __init__(self, url: str, client_id: str, client_secret: str, purpose: str | None = None, acting_for: str | None = None) -> None:
        """`purpose`: why personal data is read, else it is null. `acting_for`: your own id of the worker for whom you ask."""
        super().__init__(url=f"{url}/graphql", http_client=httpx.AsyncClient(base_url=url, timeout=30))
        self.credentials = (client_id, client_secret)
        self.headers = {"Content-Type": "application/json", "Accept": "application/graphql-response+json, application/json;q=0.9"}
        self.headers |= {"Mistok-Purpose": purpose} if purpose else {}
        self.headers |= {"Mistok-Acting-For": acting_for} if acting_for else {}
        self.token, self.until, self.taking = "", 0.0, asyncio.Lock()

    async def execute(
        self, query: str, operation_name: str | None = None, variables: dict[str, Any] | None = None, **kwargs: Any
    ) -> httpx.Response:
        asked, _, _ = self._process_variables(variables)
        if query.lstrip().startswith("mutation") and "input" in asked:
            # Whatever happens on the way, all tries carry one key: what was done is not done again.
            asked["input"]["idempotencyKey"] = asked["input"].get("idempotencyKey") or str(uuid4())
        content = json.dumps({"query": query, "operationName": operation_name, "variables": asked})
        answer = await self._graphql(content)
        if answer.status_code == 401 or code_of(answer) == "UNAUTHENTICATED":
            self.until = 0.0
            answer = await self._graphql(content)
        return answer

    def get_data(self, response: httpx.Response) -> dict[str, Any]:
        body = read(response)
        error, data = (body.get("errors") or [None])[0], body.get("data")
        if error or not data:
            message = error["message"] if error else "no GraphQL in the answer"
            raise Failed(code_of(response), message, error and error.get("extensions", {}).get("requestId"))
        payloads = [payload for payload in data.values() if isinstance(payload, dict)]
        refusals = [one for payload in payloads for one in payload.get("userErrors") or []]
        if refusals:
            raise Refused(refusals)
        return data

    async def _graphql(self, content: str) -> httpx.Response:
        return await self._send("/graphql", content=content, headers=self.headers | {"Authorization": f"Bearer {await self._bearer()}"})

    async def _bearer(self) -> str:
        """One token for all questions, and the next one a minute before it ends."""
        async with self.taking:
            if self.until <= time.monotonic():
                answer = await self._send("/oauth/token", data={"grant_type": "client_credentials"}, auth=self.credentials)
                body = read(answer)
                if answer.status_code != 200:
                    raise Failed(code_of(answer), str(body.get("error_description")))
                self.token, self.until = body["access_token"], time.monotonic() + body["expires_in"] - 60
            return self.token

    async def _send(self, path: str, **request: Any) -> httpx.Response:
        """The same request again while there is no answer, or one that says "later"."""
        asked = 0
        while True:
            asked += 1
            pause = 0.25 * 2**asked * (1 + random.random())
            try:
                answer = await self.http_client.post(path, **request)
                if asked >= tries(answer):
                    return answer
                after = answer.headers.get("Retry-After", "")
                pause = float(after) if after.isdigit() else pause
            except httpx.TransportError:
                if asked >= TRIES:
                    raise
            await asyncio.sleep(pause)


def read(answer: httpx.Response) -> dict[str, Any]:
    """A proxy may answer with a page of its own."""
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def code_of(answer: httpx.Response) -> str:
    body = read(answer)
    error = (body.get("errors") or [{}])[0]
    return error.get("extensions", {}).get("code") or str(body.get("error", answer.status_code))


def tries(answer: httpx.Response) -> int:
    """How often an answer such as this one is worth asking for."""
    if answer.status_code in (429, 502, 503, 504) or code_of(answer) in LATER:
        return TRIES
    return 2 if answer.status_code >= 500 else 1


async def on_current(seen: S, read: Callable[[], Awaitable[S]], step: Callable[[S], Awaitable[T]]) -> T:
    """A step on the version that was seen. If somebody was faster: reads again, and `step` decides anew on what there is now."""
    for _ in range(2):
        try:
            return await step(seen)
        except Refused as refused:
            if not refused.has("VERSION_CONFLICT"):
                raise
        seen = await read()
    return await step(seen)
