"""Webhooks are signed after Standard Webhooks 1.0: its library verifies them."""

from collections.abc import Mapping
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError

__all__ = ["WebhookVerificationError", "verified"]


def verified(secret: str, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    """What a request tells: `type`, `timestamp`, and in `data` the `cursor`, `objectId`, `objectVersion`.

    Raises WebhookVerificationError unless it is ours, untouched and at most five minutes old. `body`: the bytes as they came."""
    try:
        return Webhook(secret).verify(body, dict(headers))
    except ValueError as fault:
        # What is not even shaped like a signature.
        raise WebhookVerificationError(str(fault)) from fault
