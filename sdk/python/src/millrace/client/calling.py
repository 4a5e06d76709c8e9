"""What both clients do around their calls."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from millrace._status import CallStatus
from millrace.client.jobs import Job, JobOptions, NewJob
from millrace.errors import JobEnded, MillraceError


def given_or_environment(address: str | Sequence[str] | None, api_key: str | None) -> tuple[str | Sequence[str], str]:
    """The address and the API key of a client. Raises ValueError if there is no key."""
    key = api_key or os.environ.get("MILLRACE_API_KEY")
    if not key:
        raise ValueError("there is no API key: give api_key, or set MILLRACE_API_KEY")
    return address or os.environ.get("MILLRACE_ADDRESS") or "127.0.0.1:7400", key


def new_job(job_type: str, payload: Any, options: JobOptions) -> NewJob:
    """A job of the arguments of `submit` and `run`."""
    return NewJob(job_type, {} if payload is None else payload, options)


def succeeded(job: Job) -> Job:
    """Returns the job if it succeeded. Else raises JobEnded."""
    if job.state != "SUCCEEDED":
        raise JobEnded(job)
    return job


def incomplete(document_id: str, received: int, expected: int | None) -> MillraceError:
    """A download that broke may look like its end."""
    ended = "before it began" if expected is None else f"after {received} of {expected} bytes"
    message = f"the document {document_id} ended {ended}; download it again"
    return MillraceError(CallStatus("UNAVAILABLE", message))
