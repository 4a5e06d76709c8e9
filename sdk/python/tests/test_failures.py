from __future__ import annotations

import pickle
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

import pytest

from millrace import JobFailure, NonRetryable, ProviderRefused, WaitingForChildren
from millrace.worker import outcome as outcomes


def test_a_refusal_takes_what_the_headers_say() -> None:
    refused = ProviderRefused(headers={"Retry-After": "7", "X-RateLimit-Remaining": "0", "Server": "x"})
    assert refused.retry_after == 7
    outcome = outcomes.failed(refused, pool="openai/gpt-5")
    assert outcome.failed.retry_after.seconds == 7
    assert outcome.failed.provider.account == "openai/gpt-5"
    assert outcome.failed.provider.http_status == 429
    assert dict(outcome.failed.provider.rate_limit_headers) == {"x-ratelimit-remaining": "0"}


def test_retry_after_may_be_a_date() -> None:
    soon = datetime.now(timezone.utc) + timedelta(seconds=100)
    after = ProviderRefused(headers={"retry-after": format_datetime(soon, usegmt=True)}).retry_after
    assert after is not None
    assert 90 < after <= 100
    assert ProviderRefused(headers={"retry-after": "soon"}).retry_after is None


@pytest.mark.parametrize("retry_after", [float("nan"), -1.0, 1e9])
def test_a_wrong_wait_costs_no_attempt_its_failure(retry_after: float) -> None:
    outcome = outcomes.failed(JobFailure("X", "y", retry_after=retry_after))
    assert 0 <= outcome.failed.retry_after.seconds <= 86_400


def test_failures_pass_between_processes() -> None:
    failure = pickle.loads(pickle.dumps(JobFailure("X", "y", retryable=False, details={"a": 1})))
    assert (failure.reason, failure.message, failure.retryable, failure.details) == ("X", "y", False, {"a": 1})
    refused = pickle.loads(pickle.dumps(ProviderRefused(retry_after=3)))
    assert isinstance(refused, ProviderRefused)
    assert refused.provider is not None
    assert pickle.loads(pickle.dumps(WaitingForChildren(3))).children == 3
    assert isinstance(pickle.loads(pickle.dumps(NonRetryable("X", "y"))), NonRetryable)


def test_details_and_messages_are_bounded() -> None:
    outcome = outcomes.failed(JobFailure("X", "é" * 10_000, details={"a": "b" * 3_000}))
    assert len(outcome.failed.failure.message) == 4_096
    assert outcome.failed.failure.details_json == ""


@pytest.mark.parametrize(
    ("result", "reason"), [(object(), "MALFORMED"), (float("nan"), "MALFORMED"), ("a" * 1_048_575, "TOO_LARGE")]
)
def test_a_result_that_cannot_be_stored_fails_the_job_for_good(result: object, reason: str) -> None:
    outcome = outcomes.completed(result)
    assert outcome.failed.failure.reason == reason
    assert not outcome.failed.failure.retryable


def test_the_largest_result_is_completed() -> None:
    assert outcomes.completed("a" * 1_048_574).HasField("completed")
