"""What an executor raises to say how its attempt ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any


@dataclass(frozen=True)
class ProviderAnswer:
    """How a model provider answered a call that failed.

    After a refusal (429, 503, 529) the account pauses for all workers. It pauses too when several jobs in a row have
    met failures: 401, 402 and 403 (the account is not accepted), 408, other statuses from 500 on, no answer.
    """

    http_status: int
    """At most 599. 0 if the provider was not reachable, broke the connection or was silent for too long."""
    account: str | None = None
    """Default: the pool of the job."""
    quota_exhausted: bool = False
    """The account's money or quota is used up, so waiting does not help."""
    rate_limit_headers: Mapping[str, str] = field(default_factory=dict)
    """The headers ``x-ratelimit-*``."""


class JobFailure(Exception):
    """Fails the attempt. Any other exception means: failed with the reason EXECUTOR_FAILED, to be tried again.

    `reason` is stable, in upper snake case: programs branch on it. `message` is for people. `retryable` says whether
    another attempt may succeed. `retry_after` is the shortest wait before the next attempt, in seconds; default: the
    job's backoff. `details` is what programs should know of the failure, an object of at most 2 KiB as JSON; larger
    details are left out.
    """

    def __init__(
        self,
        reason: str,
        message: str,
        *,
        retryable: bool = True,
        retry_after: float | None = None,
        details: Mapping[str, Any] | None = None,
        provider: ProviderAnswer | None = None,
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.retryable = retryable
        self.retry_after = retry_after
        self.details = details
        self.provider = provider

    def __reduce__(self) -> tuple[Any, ...]:
        # Exceptions are made again from `args` alone, which would lose the named arguments of subclasses.
        return _again, (type(self), self.args, self.__dict__)


def _again(cls: type[JobFailure], args: tuple[Any, ...], fields: dict[str, Any]) -> JobFailure:
    failure = cls.__new__(cls, *args)
    failure.args = args
    failure.__dict__.update(fields)
    return failure


class NonRetryable(JobFailure):
    """Fails the job for good, because another attempt would fail in the same way."""

    def __init__(self, reason: str, message: str, *, details: Mapping[str, Any] | None = None) -> None:
        super().__init__(reason, message, retryable=False, details=details)


class ProviderRefused(JobFailure):
    """A model provider refused the call. Its account pauses for all workers, and no attempt is spent.

    `headers` are those of the answer: ``retry-after`` is used if `retry_after` (seconds) is not given, and
    ``x-ratelimit-*`` is passed on. `http_status` is 429 unless it is given. `account` is the job's pool unless it is
    given.
    """

    def __init__(
        self,
        message: str = "The provider refused the call.",
        *,
        retry_after: float | None = None,
        headers: Mapping[str, str] | None = None,
        http_status: int = 429,
        account: str | None = None,
        quota_exhausted: bool = False,
    ) -> None:
        lower = {name.lower(): value for name, value in (headers or {}).items()}
        limits = {name: value for name, value in lower.items() if name.startswith("x-ratelimit-")}
        super().__init__(
            "PROVIDER_ERROR",
            message,
            retry_after=_seconds(lower.get("retry-after")) if retry_after is None else retry_after,
            provider=ProviderAnswer(http_status, account, quota_exhausted, limits),
        )


def _seconds(retry_after: str | None) -> float | None:
    """Returns the seconds of a Retry-After header: a number, or an HTTP date. None if it is neither."""
    if retry_after is None:
        return None
    try:
        return max(0.0, float(retry_after))
    except ValueError:
        pass
    try:
        date = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    if date.tzinfo is None:
        date = date.replace(tzinfo=timezone.utc)
    return max(0.0, (date - datetime.now(timezone.utc)).total_seconds())


class AttemptStopped(BaseException):
    """The attempt must stop: the job was cancelled or is late, or the lease is lost. Let it pass.

    Like asyncio.CancelledError it is not an Exception, so that ``except Exception`` does not catch it.
    """


class WaitingForChildren(BaseException):
    """The attempt ends to wait for the children of its fan-out. It is no failure. Let it pass.

    It is not an Exception, so that ``except Exception`` does not catch it.
    """

    def __init__(self, children: int) -> None:
        super().__init__(f"the attempt waits for {children} children; its executor runs again when they have ended")
        self.children = children

    def __reduce__(self) -> tuple[Any, ...]:
        return WaitingForChildren, (self.children,)


class WorkerRefused(Exception):
    """No scheduler can accept the worker as it is configured. The message says what to change."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
