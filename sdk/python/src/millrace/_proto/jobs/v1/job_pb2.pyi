# Generated from millrace/jobs/v1/job.proto by `pnpm generate`. Do not edit.
from collections.abc import Iterable, Mapping
from typing import Literal

from millrace import _pool
import millrace._proto.webhooks.v1.webhook_endpoint_pb2

class JobSpec(_pool.Message):
    queue: str
    type: str
    @property
    def payload_struct(self) -> _pool.Struct: ...
    payload_json: str
    @property
    def document_ids(self) -> _pool.Scalars[str]: ...
    priority: int
    idempotency_key: str
    pool: str
    estimated_tokens: int
    @property
    def run_at(self) -> _pool.Timestamp: ...
    @property
    def expires_at(self) -> _pool.Timestamp: ...
    @property
    def deadline(self) -> _pool.Timestamp: ...
    @property
    def retry(self) -> RetryPolicy: ...
    @property
    def labels(self) -> _pool.Map[str, str]: ...
    traceparent: str
    tracestate: str
    @property
    def deduplication(self) -> Deduplication: ...
    group_id: str
    @property
    def callback(self) -> millrace._proto.webhooks.v1.webhook_endpoint_pb2.Callback: ...
    model: str
    max_cost_micros: int
    refuse_late: bool
    def __init__(
        self,
        *,
        queue: str | None = None,
        type: str | None = None,
        payload_struct: _pool.Struct | None = None,
        payload_json: str | None = None,
        document_ids: Iterable[str] | None = None,
        priority: int | None = None,
        idempotency_key: str | None = None,
        pool: str | None = None,
        estimated_tokens: int | None = None,
        run_at: _pool.Timestamp | None = None,
        expires_at: _pool.Timestamp | None = None,
        deadline: _pool.Timestamp | None = None,
        retry: RetryPolicy | None = None,
        labels: Mapping[str, str] | None = None,
        traceparent: str | None = None,
        tracestate: str | None = None,
        deduplication: Deduplication | None = None,
        group_id: str | None = None,
        callback: millrace._proto.webhooks.v1.webhook_endpoint_pb2.Callback | None = None,
        model: str | None = None,
        max_cost_micros: int | None = None,
        refuse_late: bool | None = None,
    ) -> None: ...
    def WhichOneof(self, oneof_group: Literal["payload"]) -> Literal["payload_struct", "payload_json"] | None: ...

class Deduplication(_pool.Message):
    key: str
    @property
    def throttle(self) -> _pool.Duration: ...
    @property
    def debounce(self) -> _pool.Duration: ...
    def __init__(
        self,
        *,
        key: str | None = None,
        throttle: _pool.Duration | None = None,
        debounce: _pool.Duration | None = None,
    ) -> None: ...
    def WhichOneof(self, oneof_group: Literal["mode"]) -> Literal["throttle", "debounce"] | None: ...

class RetryPolicy(_pool.Message):
    max_attempts: int
    @property
    def initial_backoff(self) -> _pool.Duration: ...
    @property
    def max_backoff(self) -> _pool.Duration: ...
    def __init__(
        self,
        *,
        max_attempts: int | None = None,
        initial_backoff: _pool.Duration | None = None,
        max_backoff: _pool.Duration | None = None,
    ) -> None: ...

class Job(_pool.Message):
    id: str
    queue: str
    type: str
    state: int
    priority: int
    attempt: int
    max_attempts: int
    payload_json: str
    @property
    def document_ids(self) -> _pool.Scalars[str]: ...
    @property
    def labels(self) -> _pool.Map[str, str]: ...
    idempotency_key: str
    pool: str
    estimated_tokens: int
    @property
    def submit_time(self) -> _pool.Timestamp: ...
    @property
    def start_time(self) -> _pool.Timestamp: ...
    @property
    def finish_time(self) -> _pool.Timestamp: ...
    @property
    def run_at(self) -> _pool.Timestamp: ...
    @property
    def expires_at(self) -> _pool.Timestamp: ...
    @property
    def deadline(self) -> _pool.Timestamp: ...
    result_json: str
    @property
    def failure(self) -> JobFailure: ...
    @property
    def usage(self) -> Usage: ...
    output_offset: int
    cancel_requested: bool
    stalls: int
    bounces: int
    redriven_from: str
    group_id: str
    @property
    def child_group_ids(self) -> _pool.Scalars[str]: ...
    @property
    def callback(self) -> millrace._proto.webhooks.v1.webhook_endpoint_pb2.Callback: ...
    trace_id: str
    schedule_id: str
    @property
    def schedule_due_time(self) -> _pool.Timestamp: ...
    model: str
    @property
    def route(self) -> JobRoute: ...
    def __init__(
        self,
        *,
        id: str | None = None,
        queue: str | None = None,
        type: str | None = None,
        state: int | None = None,
        priority: int | None = None,
        attempt: int | None = None,
        max_attempts: int | None = None,
        payload_json: str | None = None,
        document_ids: Iterable[str] | None = None,
        labels: Mapping[str, str] | None = None,
        idempotency_key: str | None = None,
        pool: str | None = None,
        estimated_tokens: int | None = None,
        submit_time: _pool.Timestamp | None = None,
        start_time: _pool.Timestamp | None = None,
        finish_time: _pool.Timestamp | None = None,
        run_at: _pool.Timestamp | None = None,
        expires_at: _pool.Timestamp | None = None,
        deadline: _pool.Timestamp | None = None,
        result_json: str | None = None,
        failure: JobFailure | None = None,
        usage: Usage | None = None,
        output_offset: int | None = None,
        cancel_requested: bool | None = None,
        stalls: int | None = None,
        bounces: int | None = None,
        redriven_from: str | None = None,
        group_id: str | None = None,
        child_group_ids: Iterable[str] | None = None,
        callback: millrace._proto.webhooks.v1.webhook_endpoint_pb2.Callback | None = None,
        trace_id: str | None = None,
        schedule_id: str | None = None,
        schedule_due_time: _pool.Timestamp | None = None,
        model: str | None = None,
        route: JobRoute | None = None,
    ) -> None: ...

class JobRoute(_pool.Message):
    account: str
    model: str
    def __init__(
        self,
        *,
        account: str | None = None,
        model: str | None = None,
    ) -> None: ...

class AttemptRecord(_pool.Message):
    attempt: int
    worker_id: str
    @property
    def start_time(self) -> _pool.Timestamp: ...
    @property
    def end_time(self) -> _pool.Timestamp: ...
    @property
    def failure(self) -> JobFailure: ...
    @property
    def usage(self) -> Usage: ...
    def __init__(
        self,
        *,
        attempt: int | None = None,
        worker_id: str | None = None,
        start_time: _pool.Timestamp | None = None,
        end_time: _pool.Timestamp | None = None,
        failure: JobFailure | None = None,
        usage: Usage | None = None,
    ) -> None: ...

class JobFailure(_pool.Message):
    reason: str
    message: str
    retryable: bool
    details_json: str
    def __init__(
        self,
        *,
        reason: str | None = None,
        message: str | None = None,
        retryable: bool | None = None,
        details_json: str | None = None,
    ) -> None: ...

class Usage(_pool.Message):
    input_tokens: int
    output_tokens: int
    provider_calls: int
    compute_ms: int
    cached_input_tokens: int
    reasoning_tokens: int
    model: str
    cost_micros: int
    unpriced_attempts: int
    def __init__(
        self,
        *,
        input_tokens: int | None = None,
        output_tokens: int | None = None,
        provider_calls: int | None = None,
        compute_ms: int | None = None,
        cached_input_tokens: int | None = None,
        reasoning_tokens: int | None = None,
        model: str | None = None,
        cost_micros: int | None = None,
        unpriced_attempts: int | None = None,
    ) -> None: ...

class OutputChunk(_pool.Message):
    offset: int
    attempt: int
    @property
    def time(self) -> _pool.Timestamp: ...
    text: str
    data: bytes
    @property
    def progress(self) -> Progress: ...
    @property
    def reset(self) -> OutputReset: ...
    def __init__(
        self,
        *,
        offset: int | None = None,
        attempt: int | None = None,
        time: _pool.Timestamp | None = None,
        text: str | None = None,
        data: bytes | None = None,
        progress: Progress | None = None,
        reset: OutputReset | None = None,
    ) -> None: ...
    def WhichOneof(self, oneof_group: Literal["content"]) -> Literal["text", "data", "progress", "reset"] | None: ...

class Progress(_pool.Message):
    done: int
    total: int
    message: str
    def __init__(
        self,
        *,
        done: int | None = None,
        total: int | None = None,
        message: str | None = None,
    ) -> None: ...

class OutputReset(_pool.Message):
    def __init__(self) -> None: ...

JobState: _pool.EnumNames
JOB_STATE_UNSPECIFIED: int
JOB_STATE_QUEUED: int
JOB_STATE_SCHEDULED: int
JOB_STATE_RUNNING: int
JOB_STATE_SUCCEEDED: int
JOB_STATE_FAILED: int
JOB_STATE_CANCELLED: int
JOB_STATE_EXPIRED: int
JOB_STATE_WAITING: int
