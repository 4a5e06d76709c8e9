"""The error of every call that fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from millrace._status import CallStatus, Violation, status_of_error

if TYPE_CHECKING:
    from millrace.client.jobs import Job


class MillraceError(Exception):
    """A call that failed or that Millrace refused. Branch on `code` and `reason`; the message is for people."""

    code: str
    """The name of the gRPC status, such as NOT_FOUND; or JOB_FAILED, JOB_CANCELLED, JOB_EXPIRED."""
    reason: str | None
    """Stable: see docs/errors.md. For JOB_FAILED the job's own reason. None: the failure came from the network."""
    metadata: dict[str, str]
    violations: tuple[Violation, ...]
    """The faults of the request, field by field."""
    retry_after: float | None
    """How long to wait before the next try, in seconds, if Millrace said so."""
    retryable: bool
    """True: the same call may succeed later, and is safe to make again."""

    def __init__(self, status: CallStatus, *, retryable: bool | None = None) -> None:
        super().__init__(status.message)
        self.code = status.code
        self.reason = status.reason
        self.message = status.message
        self.metadata = dict(status.metadata)
        self.violations = status.violations
        self.retry_after = status.retry_after
        passes = status.code == "UNAVAILABLE" or status.retry_after is not None
        self.retryable = passes if retryable is None else retryable

    def __str__(self) -> str:
        return f"{self.reason or self.code}: {self.message}"


class JobEnded(MillraceError):
    """The job that `run` or `text` waited for ended without a result. The call itself succeeded."""

    def __init__(self, job: Job) -> None:
        code = f"JOB_{job.state}" if job.state in ("CANCELLED", "EXPIRED") else "JOB_FAILED"
        message = job.failure.message if job.failure else f"the job ended as {job.state}"
        reason = job.failure.reason if job.failure else None
        super().__init__(CallStatus(code, message, reason, metadata={"job_id": job.id}), retryable=False)
        self.job = job


def error_of_call(error: BaseException) -> MillraceError:
    """Converts an error of gRPC."""
    return MillraceError(status_of_error(error))


_MAYBE = "the job may have been submitted all the same; with an idempotency_key it is safe to try again"
_MAY_HAVE_BEEN_DONE = {"UNAVAILABLE", "DEADLINE_EXCEEDED", "CANCELLED", "INTERNAL", "UNKNOWN"}
"""How a call may end although the gateway has done what it asked for."""


def of_submission(error: MillraceError, has_key: bool) -> MillraceError:
    """What the caller of a submission learns of its failure. A lost answer does not tell whether the job is stored."""
    if error.code not in _MAY_HAVE_BEEN_DONE or error.reason in ("DRAINING", "CLOSED"):
        return error
    if error.code == "DEADLINE_EXCEEDED" and error.reason is None:
        late = CallStatus(error.code, f"no answer came in time: {_MAYBE}")
        return MillraceError(late, retryable=has_key)
    if has_key:
        return error
    if error.reason is None:
        lost = CallStatus("UNAVAILABLE", f"the answer was lost ({error.message}): {_MAYBE}", "ANSWER_LOST")
        return MillraceError(lost, retryable=False)
    unknown = CallStatus(error.code, f"{error.message}: {_MAYBE}", error.reason, metadata=error.metadata)
    return MillraceError(unknown, retryable=False)


def too_late(what: str, last: MillraceError | None = None) -> MillraceError:
    """A wait ended by its own timeout."""
    why = f" (last: {last.message})" if last is not None else ""
    message = f"{what} has not finished before the timeout of this wait{why}; wait again, or set a longer timeout"
    return MillraceError(CallStatus("DEADLINE_EXCEEDED", message), retryable=True)


def is_cut(error: MillraceError) -> bool:
    """Whether repeating a read may help. A broken connection has several codes, and never a reason of Millrace."""
    return error.retryable or (error.reason is None and error.code in ("INTERNAL", "UNKNOWN", "CANCELLED"))
