"""What schemathesis must know of this API: values of its scalars, and which errors are answers.

Schemathesis takes every member of `errors` for a fault of the server. Here a refusal with one of these codes, a place and a request id is
a correct answer to a question that names what is not there, lacks a scope or a purpose, or costs too much; everything else stays a fault:
INTERNAL, a code that the schema does not know, none at all, a document that is valid and refused all the same."""

import datetime
import json

import schemathesis
from hypothesis import strategies as st
from schemathesis.graphql import nodes, scalar

SCALARS = {
    "Date": st.dates().map(str),
    "DateTime": st.datetimes(timezones=st.just(datetime.timezone.utc)).map(lambda at: at.isoformat()),
    "Decimal": st.decimals(allow_nan=False, allow_infinity=False, places=2).map(str),
    "Duration": st.integers(0, 100_000).map(lambda hours: f"PT{hours}H"),
    "Edrpou": st.one_of(st.just("00034022"), st.from_regex(r"\A[0-9]{8}\Z")),
    "Katottg": st.one_of(st.just("UA48020130000080862"), st.from_regex(r"\AUA[0-9]{17}\Z")),
    "Money": st.integers(-(2**53), 2**53).map(lambda kopiykas: f"{kopiykas / 100:.2f}"),
    "PartialDate": st.one_of(st.dates().map(str), st.from_regex(r"\A(19|20)[0-9]{2}(-(0[1-9]|1[0-2]))?\Z")),
    "YearMonth": st.from_regex(r"\A(19|20)[0-9]{2}-(0[1-9]|1[0-2])\Z"),
}
for name, good in SCALARS.items():
    # Now and then anything: it must be refused by name.
    scalar(name, st.one_of(good, good, good, st.text()).map(nodes.String))

REFUSALS = {
    "BAD_USER_INPUT", "CURSOR_EXPIRED", "FORBIDDEN", "INVALID_CURSOR", "PURPOSE_REQUIRED", "QUERY_TOO_COMPLEX", "RANGE_NOT_ALLOWED",
    "RATE_LIMITED", "TOO_MANY_DIMENSIONS",
}


def is_refusal(error):
    extensions = error.get("extensions", {})
    # Schemathesis does not know @oneOf, and fills all of its fields.
    known = extensions.get("code") in REFUSALS or (extensions.get("code") == "VALIDATION_FAILED" and "Oneof" in error.get("message", ""))
    return known and bool(extensions.get("requestId")) and bool(error.get("message"))


@schemathesis.hook
def after_call(context, case, response):
    # What was made to be refused must be refused.
    if case.meta and case.meta.generation.mode.is_negative:
        return
    try:
        answer = json.loads(response.content)
    except ValueError:
        return
    if response.status_code < 500 and isinstance(answer, dict) and all(map(is_refusal, answer.get("errors", [{}]))):
        del answer["errors"]
        response.content = json.dumps(answer or {"data": None}).encode()
