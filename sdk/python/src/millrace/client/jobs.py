"""Jobs as callers submit and see them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar

from millrace._json import decoder_of, json_text
from millrace._names import name_of
from millrace._proto.jobs.v1 import job_pb2
from millrace._proto.webhooks.v1 import webhook_endpoint_pb2
from millrace._times import datetime_of, duration_of, timestamp_of
from millrace._trace import trace_context
from millrace.client.usage import Usage, usage_of

if TYPE_CHECKING:
    from millrace._pool import Timestamp

T = TypeVar("T")

FINAL_STATES = frozenset({"SUCCEEDED", "FAILED", "CANCELLED", "EXPIRED"})


@dataclass(frozen=True)
class RetryPolicy:
    """How failed attempts of a job are retried. What is left out is the queue's."""

    max_attempts: int = 0
    """Including the first, 1 to 25. 0: the queue's."""
    initial_backoff: float | None = None
    """The wait before the second attempt, in seconds. It doubles with each further one."""
    max_backoff: float | None = None
    """In seconds."""


@dataclass(frozen=True)
class Deduplication:
    """Holds back jobs that share a key. Set one of `throttle` and `debounce`, in seconds."""

    key: str
    throttle: float | None = None
    """Further submissions return the first job for this long, at most 31 days."""
    debounce: float | None = None
    """A job waits this long, and a further one replaces it; at most 24 h."""


@dataclass(frozen=True)
class Callback:
    """A URL to which the end of a job or group is sent. Verify its calls with `millrace.verify_webhook`."""

    url: str
    event_types: Sequence[str] = ()
    """Empty: every end."""
    include_result: bool = False


class JobOptions(TypedDict, total=False):
    """What a job may have beside its type and payload."""

    queue: str
    """Default: documents."""
    idempotency_key: str
    """Submitting the same content with the same key again returns the stored job, so that the client may retry."""
    priority: int
    """1 (most urgent) to 100; default 50."""
    document_ids: Sequence[str]
    pool: str
    model: str
    """The model that the job needs, as the catalogue of the operators names it. Not with `pool`."""
    estimated_tokens: int
    run_at: datetime
    """The earliest start. Times need a time zone."""
    expires_at: datetime
    """The latest start."""
    deadline: datetime
    """The latest finish."""
    retry: RetryPolicy
    labels: Mapping[str, str]
    deduplication: Deduplication
    max_cost_micros: int
    refuse_late: bool
    group_id: str
    callback: Callback
    traceparent: str
    """The W3C trace context. Default: that of OpenTelemetry, if it is installed and a span is active."""
    tracestate: str


@dataclass(frozen=True)
class NewJob:
    """A job to submit, for `submit_many` and groups."""

    type: str
    payload: Any = field(default_factory=dict)
    """What JSON represents as an object, at most 256 KiB: a dict, a dataclass or a pydantic model."""
    options: JobOptions = field(default_factory=JobOptions)


@dataclass(frozen=True)
class Submitted:
    """A durable job."""

    job_id: str
    existing: bool
    """True: the idempotency or deduplication key matched a job that existed already."""


@dataclass(frozen=True)
class Failure:
    """Why a job has no result, or why its last attempt failed."""

    reason: str
    message: str
    retryable: bool
    details: dict[str, Any] | None = None


@dataclass(frozen=True)
class JobRoute:
    """The way by which an attempt of a job calls its model."""

    account: str
    model: str
    """What the provider calls the model."""


@dataclass(frozen=True)
class Job:
    """A job as its caller sees it."""

    id: str
    queue: str
    type: str
    state: str
    """QUEUED, SCHEDULED, RUNNING, WAITING; and at the end SUCCEEDED, FAILED, CANCELLED or EXPIRED."""
    priority: int
    attempt: int
    """The number of the current or last attempt, from 1; 0 before the first."""
    max_attempts: int
    payload: Any
    """None in lists and events."""
    document_ids: tuple[str, ...]
    labels: dict[str, str]
    idempotency_key: str | None
    pool: str
    result: Any
    """Parsed from JSON. None if the job has not succeeded, and in lists."""
    failure: Failure | None
    usage: Usage | None
    submit_time: datetime | None
    start_time: datetime | None
    finish_time: datetime | None
    run_at: datetime | None
    expires_at: datetime | None
    deadline: datetime | None
    cancel_requested: bool
    stalls: int
    """How often it lost its worker."""
    bounces: int
    """How often a provider refused it for load. Such an attempt does not count in `attempt`."""
    output_offset: int
    group_id: str | None
    trace_id: str | None
    model: str | None = None
    """The model's own name, also if the job was submitted with an alias. None: it names no model."""
    route: JobRoute | None = None
    """The route of the attempt that runs or ran last, if the job names a model."""

    @property
    def finished(self) -> bool:
        """Whether the state is final."""
        return self.state in FINAL_STATES

    def result_as(self, type_: Callable[..., T]) -> T:
        """Returns the result as a dataclass or a pydantic model. Raises ValueError if it does not fit."""
        fitted: T = decoder_of(type_)(self.result)
        return fitted


def spec_of(job: NewJob, queue: str | None = None) -> job_pb2.JobSpec:
    """Returns the message of a job. Raises TypeError or ValueError for what it cannot hold."""
    options = job.options
    unknown = set(options) - set(JobOptions.__annotations__)
    if unknown:
        raise TypeError(f"unknown option of a job: {', '.join(sorted(unknown))}")
    spec = job_pb2.JobSpec(
        queue=queue or options.get("queue", "documents"),
        type=job.type,
        payload_json=json_text(job.payload),
        document_ids=options.get("document_ids"),
        priority=options.get("priority"),
        idempotency_key=options.get("idempotency_key"),
        pool=options.get("pool"),
        model=options.get("model"),
        estimated_tokens=options.get("estimated_tokens"),
        run_at=_time(options.get("run_at")),
        expires_at=_time(options.get("expires_at")),
        deadline=_time(options.get("deadline")),
        retry=_retry(options.get("retry")),
        labels=options.get("labels"),
        traceparent=options.get("traceparent"),
        tracestate=options.get("tracestate"),
        deduplication=_deduplication(options.get("deduplication")),
        group_id=options.get("group_id"),
        callback=callback_message(options.get("callback")),
        max_cost_micros=options.get("max_cost_micros"),
        refuse_late=options.get("refuse_late"),
    )
    if not spec.traceparent:
        context = trace_context()
        spec.traceparent = context.get("traceparent", "")
        spec.tracestate = context.get("tracestate", "")
    return spec


def job_of(message: job_pb2.Job) -> Job:
    """Converts a job."""
    return Job(
        id=message.id,
        queue=message.queue,
        type=message.type,
        state=job_state_of(message.state),
        priority=message.priority,
        attempt=message.attempt,
        max_attempts=message.max_attempts,
        payload=json.loads(message.payload_json) if message.payload_json else None,
        document_ids=tuple(message.document_ids),
        labels=dict(message.labels),
        idempotency_key=message.idempotency_key or None,
        pool=message.pool,
        result=json.loads(message.result_json) if message.result_json else None,
        failure=failure_of(message.failure) if message.HasField("failure") else None,
        usage=usage_of(message.usage) if message.HasField("usage") else None,
        submit_time=when(message, "submit_time", message.submit_time),
        start_time=when(message, "start_time", message.start_time),
        finish_time=when(message, "finish_time", message.finish_time),
        run_at=when(message, "run_at", message.run_at),
        expires_at=when(message, "expires_at", message.expires_at),
        deadline=when(message, "deadline", message.deadline),
        cancel_requested=message.cancel_requested,
        stalls=message.stalls,
        bounces=message.bounces,
        output_offset=message.output_offset,
        group_id=message.group_id or None,
        trace_id=message.trace_id or None,
        model=message.model or None,
        route=JobRoute(message.route.account, message.route.model) if message.HasField("route") else None,
    )


def job_state_of(state: int) -> str:
    """The name of a state, without the prefix of the contract."""
    return name_of(job_pb2.JobState, "JOB_STATE_", state)


def failure_of(message: job_pb2.JobFailure) -> Failure:
    """Converts a failure."""
    details = json.loads(message.details_json) if message.details_json else None
    return Failure(message.reason, message.message, message.retryable, details)


def when(message: Any, name: str, value: Timestamp) -> datetime | None:
    """Returns a time that may be left out."""
    return datetime_of(value) if message.HasField(name) else None


def callback_message(callback: Callback | None) -> webhook_endpoint_pb2.Callback | None:
    """Returns the message of a callback."""
    if callback is None:
        return None
    return webhook_endpoint_pb2.Callback(
        url=callback.url, event_types=callback.event_types, include_result=callback.include_result
    )


def _time(time: datetime | None) -> Timestamp | None:
    return None if time is None else timestamp_of(time)


def _retry(policy: RetryPolicy | None) -> job_pb2.RetryPolicy | None:
    if policy is None:
        return None
    return job_pb2.RetryPolicy(
        max_attempts=policy.max_attempts,
        initial_backoff=None if policy.initial_backoff is None else duration_of(policy.initial_backoff),
        max_backoff=None if policy.max_backoff is None else duration_of(policy.max_backoff),
    )


def _deduplication(given: Deduplication | None) -> job_pb2.Deduplication | None:
    if given is None:
        return None
    return job_pb2.Deduplication(
        key=given.key,
        throttle=None if given.throttle is None else duration_of(given.throttle),
        debounce=None if given.debounce is None else duration_of(given.debounce),
    )
