from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

import pytest
from standardwebhooks import Webhook

from millrace import WebhookInvalid, verify_webhook

SECRET = "whsec_" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVowMTIzNDU="
FORMER = "whsec_" + "MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0dXY="
BODY = json.dumps({"id": "evt_1", "type": "job.succeeded"})


def request(at: datetime | None = None, secret: str = SECRET) -> dict[str, str]:
    at = at or datetime.now(timezone.utc)
    return {
        "Webhook-Id": "evt_1",
        "Webhook-Timestamp": str(int(at.timestamp())),
        "Webhook-Signature": Webhook(secret).sign("evt_1", at, BODY),
    }


def test_returns_the_event_that_the_standard_library_signed() -> None:
    assert verify_webhook(BODY, request(), SECRET) == {"id": "evt_1", "type": "job.succeeded"}
    assert verify_webhook(BODY.encode(), request(), [FORMER, SECRET])["id"] == "evt_1"


def test_accepts_any_of_several_signatures() -> None:
    headers = request()
    headers["Webhook-Signature"] = f"v1,AAAA {headers['Webhook-Signature']} v2,other"
    assert verify_webhook(BODY, headers, SECRET)["id"] == "evt_1"


@pytest.mark.parametrize(
    ("headers", "body", "secret"),
    [
        pytest.param({}, BODY, SECRET, id="no headers"),
        pytest.param(request(), BODY + " ", SECRET, id="another body"),
        pytest.param(request(), BODY, FORMER, id="another secret"),
        pytest.param({**request(), "Webhook-Id": "evt_2"}, BODY, SECRET, id="another id"),
        pytest.param({**request(), "Webhook-Timestamp": "soon"}, BODY, SECRET, id="no time"),
        pytest.param({**request(), "Webhook-Signature": "v1,ÄÄ"}, BODY, SECRET, id="no base64"),
    ],
)
def test_refuses_what_is_not_signed(headers: dict[str, str], body: str, secret: str) -> None:
    with pytest.raises(WebhookInvalid):
        verify_webhook(body, headers, secret)


@pytest.mark.parametrize("seconds", [-310, 310])
def test_refuses_a_time_too_far_from_now(seconds: int) -> None:
    headers = request(datetime.now(timezone.utc) + timedelta(seconds=seconds))
    with pytest.raises(WebhookInvalid, match="time"):
        verify_webhook(BODY, headers, SECRET)
    assert verify_webhook(BODY, headers, SECRET, tolerance_seconds=400)["id"] == "evt_1"


def test_a_secret_of_another_form_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="whsec_"):
        verify_webhook(BODY, request(), "secret")
