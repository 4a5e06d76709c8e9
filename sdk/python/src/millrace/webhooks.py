"""Verifies calls of webhooks and callbacks (Standard Webhooks 1.0)."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from typing import Any, cast

_PREFIX = "whsec_"


class WebhookInvalid(Exception):
    """The request is not from Millrace, or too old. Answer 400 and do nothing."""


def verify_webhook(
    body: bytes | str,
    headers: Mapping[str, str],
    secret: str | Sequence[str],
    *,
    tolerance_seconds: float = 300.0,
) -> dict[str, Any]:
    """Returns the event of a request whose signature is right.

    `body` is the raw body, before any parsing. `secret` is what Millrace showed when the endpoint was made (`whsec_…`),
    or several while you rotate it. A request whose time differs from this machine's by more than `tolerance_seconds`
    is refused. Raises WebhookInvalid, and ValueError for a secret that is none.
    """
    lower = {name.lower(): value for name, value in headers.items()}
    try:
        id_, sent, signatures = (lower[f"webhook-{name}"] for name in ("id", "timestamp", "signature"))
    except KeyError as error:
        raise WebhookInvalid(f"the header {error} is missing") from None
    if not sent.isascii() or not sent.isdigit() or abs(time.time() - int(sent)) > tolerance_seconds:
        raise WebhookInvalid(f"the time of the request ({sent}) is too far from now")
    content = body if isinstance(body, bytes) else body.encode()
    signed = b".".join((id_.encode(), sent.encode(), content))
    given = [part[len("v1,") :] for part in signatures.split(" ") if part.startswith("v1,")]
    secrets = [secret] if isinstance(secret, str) else list(secret)
    expected = [b64encode(hmac.digest(_key(one), signed, hashlib.sha256)) for one in secrets]
    matches = [hmac.compare_digest(one.encode(), right) for one in given for right in expected]
    if not any(matches):
        raise WebhookInvalid("no signature of the request is right")
    return cast(dict[str, Any], json.loads(content))


def _key(secret: str) -> bytes:
    if not secret.startswith(_PREFIX):
        raise ValueError("a secret begins with whsec_")
    return b64decode(secret[len(_PREFIX) :], validate=True)
