"""How attempts end, as messages of the contract."""

from __future__ import annotations

import math
from typing import Any

from millrace._json import json_text
from millrace._limits import (
    ERROR_MESSAGE_CHARACTERS,
    FAILURE_DETAILS_BYTES,
    MOST_HTTP_STATUS,
    RATE_LIMIT_HEADERS,
    RESULT_BYTES,
)
from millrace._proto.jobs.v1 import job_pb2
from millrace._proto.workers.v1 import worker_service_pb2 as pb
from millrace._times import duration_of
from millrace.worker.failures import JobFailure, NonRetryable

DAY_SECONDS = 86_400.0


def completed(result: Any) -> pb.AttemptOutcome:
    """The attempt has a result. A result that cannot be stored fails the job."""
    try:
        text = json_text(result)
        size = len(text.encode())
    except (TypeError, ValueError, RecursionError) as error:
        return failed(NonRetryable("MALFORMED", f"The result is not JSON: {error}."))
    if size > RESULT_BYTES:
        return failed(
            NonRetryable(
                "TOO_LARGE",
                f"The result is larger than 1 MiB ({size} bytes): store it by store_document, and return its id.",
            )
        )
    return pb.AttemptOutcome(completed=pb.Completed(result_json=text))


def failed(failure: JobFailure, pool: str = "") -> pb.AttemptOutcome:
    """The attempt failed. `pool` is the provider account unless the failure names one.

    Raises for a failure whose fields have other types or values than they should: a scheduler would refuse it.
    """
    if not isinstance(failure.reason, str) or failure.reason == "":
        raise TypeError(f"its reason is {failure.reason!r:.80}, which is not text")
    outcome = pb.Failed(
        failure=job_pb2.JobFailure(
            reason=failure.reason,
            message=_valid(str(failure.message))[:ERROR_MESSAGE_CHARACTERS],
            retryable=failure.retryable,
            details_json=_details(failure),
        )
    )
    if failure.retry_after is not None and not math.isnan(failure.retry_after):
        outcome.retry_after.CopyFrom(duration_of(min(DAY_SECONDS, max(0.0, failure.retry_after))))
    if (answer := failure.provider) is not None:
        if not 0 <= answer.http_status <= MOST_HTTP_STATUS:
            raise ValueError(f"its http_status is {answer.http_status}, which is not 0 to {MOST_HTTP_STATUS}")
        headers = {name.lower(): value for name, value in answer.rate_limit_headers.items()}
        outcome.provider.CopyFrom(
            pb.ProviderFeedback(
                account=(pool if answer.account is None else answer.account)[:63],
                http_status=answer.http_status,
                quota_exhausted=answer.quota_exhausted,
                rate_limit_headers=dict(sorted(headers.items())[:RATE_LIMIT_HEADERS]),
            )
        )
    return pb.AttemptOutcome(failed=outcome)


def raised(error: BaseException, pool: str) -> pb.AttemptOutcome:
    """The executor raised. An exception that it did not classify may be a passing fault, so it is retryable.

    It never raises: an attempt whose end is not reported would keep its lease.
    """
    try:
        if isinstance(error, JobFailure):
            return failed(error, pool)
        return failed(JobFailure("EXECUTOR_FAILED", f"{type(error).__name__}: {error}"))
    except Exception as why:
        message = f"The executor's {_spoken(error)} cannot be reported: {_spoken(why)}"
        retryable = getattr(error, "retryable", True) is not False
        return failed(JobFailure("EXECUTOR_FAILED", message, retryable=retryable))


def stopped() -> pb.AttemptOutcome:
    """The attempt stopped because the scheduler asked for it."""
    return pb.AttemptOutcome(stopped=pb.Stopped())


def handed_back(reason: str) -> pb.AttemptOutcome:
    """The worker hands the attempt back unfinished, which spends no attempt."""
    return pb.AttemptOutcome(handed_back=pb.HandedBack(reason=reason))


def waiting(children: int) -> pb.AttemptOutcome:
    """The attempt waits for the children of its last fan-out."""
    return pb.AttemptOutcome(waiting=pb.Waiting(children=children))


def _spoken(error: BaseException) -> str:
    """Returns the type of an exception and, if it can say it, its message."""
    name = type(error).__name__
    try:
        return f"{name}: {error}"
    except Exception:
        return name


def _details(failure: JobFailure) -> str:
    """Returns details as JSON. Wrong details must not hide the failure itself, so they are left out."""
    if failure.details is None:
        return ""
    try:
        text = json_text(dict(failure.details))
        return text if len(text.encode()) <= FAILURE_DETAILS_BYTES else ""
    except (TypeError, ValueError, RecursionError):
        return ""


def _valid(text: str) -> str:
    """Replaces what UTF-8 cannot represent."""
    return text.encode("utf-8", "replace").decode()
