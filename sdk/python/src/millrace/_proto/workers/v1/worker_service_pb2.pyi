# Generated from millrace/workers/v1/worker_service.proto by `pnpm generate`. Do not edit.
from collections.abc import Iterable, Mapping
from typing import Literal

from millrace import _pool
import millrace._proto.documents.v1.document_service_pb2
import millrace._proto.jobs.v1.group_pb2
import millrace._proto.jobs.v1.job_pb2

class GetDocumentRequest(_pool.Message):
    @property
    def lease(self) -> LeaseRef: ...
    document_id: str
    def __init__(
        self,
        *,
        lease: LeaseRef | None = None,
        document_id: str | None = None,
    ) -> None: ...

class GetDocumentResponse(_pool.Message):
    @property
    def document(self) -> millrace._proto.documents.v1.document_service_pb2.Document: ...
    def __init__(
        self,
        *,
        document: millrace._proto.documents.v1.document_service_pb2.Document | None = None,
    ) -> None: ...

class DownloadDocumentRequest(_pool.Message):
    @property
    def lease(self) -> LeaseRef: ...
    document_id: str
    def __init__(
        self,
        *,
        lease: LeaseRef | None = None,
        document_id: str | None = None,
    ) -> None: ...

class StoreDocumentRequest(_pool.Message):
    @property
    def header(self) -> StoreDocumentHeader: ...
    content: bytes
    @property
    def end(self) -> StoreDocumentEnd: ...
    def __init__(
        self,
        *,
        header: StoreDocumentHeader | None = None,
        content: bytes | None = None,
        end: StoreDocumentEnd | None = None,
    ) -> None: ...
    def WhichOneof(self, oneof_group: Literal["part"]) -> Literal["header", "content", "end"] | None: ...

class StoreDocumentHeader(_pool.Message):
    @property
    def lease(self) -> LeaseRef: ...
    name: str
    content_type: str
    purpose: str
    @property
    def expires_at(self) -> _pool.Timestamp: ...
    def __init__(
        self,
        *,
        lease: LeaseRef | None = None,
        name: str | None = None,
        content_type: str | None = None,
        purpose: str | None = None,
        expires_at: _pool.Timestamp | None = None,
    ) -> None: ...

class StoreDocumentEnd(_pool.Message):
    def __init__(self) -> None: ...

class StoreDocumentResponse(_pool.Message):
    @property
    def document(self) -> millrace._proto.documents.v1.document_service_pb2.Document: ...
    existing: bool
    def __init__(
        self,
        *,
        document: millrace._proto.documents.v1.document_service_pb2.Document | None = None,
        existing: bool | None = None,
    ) -> None: ...

class DownloadDocumentResponse(_pool.Message):
    @property
    def document(self) -> millrace._proto.documents.v1.document_service_pb2.Document: ...
    content: bytes
    def __init__(
        self,
        *,
        document: millrace._proto.documents.v1.document_service_pb2.Document | None = None,
        content: bytes | None = None,
    ) -> None: ...
    def WhichOneof(self, oneof_group: Literal["part"]) -> Literal["document", "content"] | None: ...

class FanOutRequest(_pool.Message):
    @property
    def lease(self) -> LeaseRef: ...
    ordinal: int
    plan_sha256: bytes
    @property
    def rule(self) -> millrace._proto.jobs.v1.group_pb2.GroupRule: ...
    max_in_flight: int
    keep_siblings: bool
    first_index: int
    @property
    def children(self) -> _pool.Messages[millrace._proto.jobs.v1.job_pb2.JobSpec]: ...
    def __init__(
        self,
        *,
        lease: LeaseRef | None = None,
        ordinal: int | None = None,
        plan_sha256: bytes | None = None,
        rule: millrace._proto.jobs.v1.group_pb2.GroupRule | None = None,
        max_in_flight: int | None = None,
        keep_siblings: bool | None = None,
        first_index: int | None = None,
        children: Iterable[millrace._proto.jobs.v1.job_pb2.JobSpec] | None = None,
    ) -> None: ...

class FanOutResponse(_pool.Message):
    @property
    def group(self) -> millrace._proto.jobs.v1.group_pb2.Group: ...
    def __init__(
        self,
        *,
        group: millrace._proto.jobs.v1.group_pb2.Group | None = None,
    ) -> None: ...

class ReadChildrenRequest(_pool.Message):
    @property
    def lease(self) -> LeaseRef: ...
    ordinal: int
    after_index: int
    whole_results: bool
    usages: bool
    def __init__(
        self,
        *,
        lease: LeaseRef | None = None,
        ordinal: int | None = None,
        after_index: int | None = None,
        whole_results: bool | None = None,
        usages: bool | None = None,
    ) -> None: ...

class ReadChildrenResponse(_pool.Message):
    @property
    def group(self) -> millrace._proto.jobs.v1.group_pb2.Group: ...
    @property
    def children(self) -> _pool.Messages[millrace._proto.jobs.v1.group_pb2.GroupChild]: ...
    more: bool
    @property
    def usages(self) -> _pool.Messages[ChildUsage]: ...
    def __init__(
        self,
        *,
        group: millrace._proto.jobs.v1.group_pb2.Group | None = None,
        children: Iterable[millrace._proto.jobs.v1.group_pb2.GroupChild] | None = None,
        more: bool | None = None,
        usages: Iterable[ChildUsage] | None = None,
    ) -> None: ...

class ChildUsage(_pool.Message):
    index: int
    @property
    def usage(self) -> millrace._proto.jobs.v1.job_pb2.Usage: ...
    def __init__(
        self,
        *,
        index: int | None = None,
        usage: millrace._proto.jobs.v1.job_pb2.Usage | None = None,
    ) -> None: ...

class SaveCheckpointRequest(_pool.Message):
    @property
    def lease(self) -> LeaseRef: ...
    checkpoint_json: str
    def __init__(
        self,
        *,
        lease: LeaseRef | None = None,
        checkpoint_json: str | None = None,
    ) -> None: ...

class SaveCheckpointResponse(_pool.Message):
    def __init__(self) -> None: ...

class WorkRequest(_pool.Message):
    @property
    def hello(self) -> Hello: ...
    @property
    def credit(self) -> Credit: ...
    @property
    def heartbeat(self) -> Heartbeat: ...
    @property
    def output(self) -> AppendOutput: ...
    @property
    def settle(self) -> SettleAttempts: ...
    @property
    def draining(self) -> Draining: ...
    @property
    def goodbye(self) -> Goodbye: ...
    def __init__(
        self,
        *,
        hello: Hello | None = None,
        credit: Credit | None = None,
        heartbeat: Heartbeat | None = None,
        output: AppendOutput | None = None,
        settle: SettleAttempts | None = None,
        draining: Draining | None = None,
        goodbye: Goodbye | None = None,
    ) -> None: ...
    def WhichOneof(self, oneof_group: Literal["message"]) -> Literal["hello", "credit", "heartbeat", "output", "settle", "draining", "goodbye"] | None: ...

class Hello(_pool.Message):
    worker_id: str
    @property
    def queues(self) -> _pool.Scalars[str]: ...
    @property
    def pools(self) -> _pool.Scalars[str]: ...
    @property
    def types(self) -> _pool.Scalars[str]: ...
    credit: int
    @property
    def leases(self) -> _pool.Messages[LeaseRef]: ...
    sdk: str
    guest_slots: int
    slots: int
    version: str
    def __init__(
        self,
        *,
        worker_id: str | None = None,
        queues: Iterable[str] | None = None,
        pools: Iterable[str] | None = None,
        types: Iterable[str] | None = None,
        credit: int | None = None,
        leases: Iterable[LeaseRef] | None = None,
        sdk: str | None = None,
        guest_slots: int | None = None,
        slots: int | None = None,
        version: str | None = None,
    ) -> None: ...

class LeaseRef(_pool.Message):
    job_id: str
    fencing_token: int
    def __init__(
        self,
        *,
        job_id: str | None = None,
        fencing_token: int | None = None,
    ) -> None: ...

class Credit(_pool.Message):
    slots: int
    def __init__(
        self,
        *,
        slots: int | None = None,
    ) -> None: ...

class Heartbeat(_pool.Message):
    @property
    def leases(self) -> _pool.Messages[LeaseRef]: ...
    def __init__(
        self,
        *,
        leases: Iterable[LeaseRef] | None = None,
    ) -> None: ...

class AppendOutput(_pool.Message):
    @property
    def attempts(self) -> _pool.Messages[AttemptOutput]: ...
    def __init__(
        self,
        *,
        attempts: Iterable[AttemptOutput] | None = None,
    ) -> None: ...

class AttemptOutput(_pool.Message):
    @property
    def lease(self) -> LeaseRef: ...
    first_sequence: int
    @property
    def chunks(self) -> _pool.Messages[WorkerChunk]: ...
    def __init__(
        self,
        *,
        lease: LeaseRef | None = None,
        first_sequence: int | None = None,
        chunks: Iterable[WorkerChunk] | None = None,
    ) -> None: ...

class WorkerChunk(_pool.Message):
    text: str
    data: bytes
    @property
    def progress(self) -> millrace._proto.jobs.v1.job_pb2.Progress: ...
    def __init__(
        self,
        *,
        text: str | None = None,
        data: bytes | None = None,
        progress: millrace._proto.jobs.v1.job_pb2.Progress | None = None,
    ) -> None: ...
    def WhichOneof(self, oneof_group: Literal["content"]) -> Literal["text", "data", "progress"] | None: ...

class SettleAttempts(_pool.Message):
    @property
    def outcomes(self) -> _pool.Messages[AttemptOutcome]: ...
    def __init__(
        self,
        *,
        outcomes: Iterable[AttemptOutcome] | None = None,
    ) -> None: ...

class AttemptOutcome(_pool.Message):
    @property
    def lease(self) -> LeaseRef: ...
    @property
    def completed(self) -> Completed: ...
    @property
    def failed(self) -> Failed: ...
    @property
    def stopped(self) -> Stopped: ...
    @property
    def handed_back(self) -> HandedBack: ...
    @property
    def waiting(self) -> Waiting: ...
    @property
    def usage(self) -> millrace._proto.jobs.v1.job_pb2.Usage: ...
    def __init__(
        self,
        *,
        lease: LeaseRef | None = None,
        completed: Completed | None = None,
        failed: Failed | None = None,
        stopped: Stopped | None = None,
        handed_back: HandedBack | None = None,
        waiting: Waiting | None = None,
        usage: millrace._proto.jobs.v1.job_pb2.Usage | None = None,
    ) -> None: ...
    def WhichOneof(self, oneof_group: Literal["outcome"]) -> Literal["completed", "failed", "stopped", "handed_back", "waiting"] | None: ...

class Waiting(_pool.Message):
    children: int
    def __init__(
        self,
        *,
        children: int | None = None,
    ) -> None: ...

class Completed(_pool.Message):
    result_json: str
    def __init__(
        self,
        *,
        result_json: str | None = None,
    ) -> None: ...

class Failed(_pool.Message):
    @property
    def failure(self) -> millrace._proto.jobs.v1.job_pb2.JobFailure: ...
    @property
    def retry_after(self) -> _pool.Duration: ...
    @property
    def provider(self) -> ProviderFeedback: ...
    def __init__(
        self,
        *,
        failure: millrace._proto.jobs.v1.job_pb2.JobFailure | None = None,
        retry_after: _pool.Duration | None = None,
        provider: ProviderFeedback | None = None,
    ) -> None: ...

class ProviderFeedback(_pool.Message):
    account: str
    http_status: int
    quota_exhausted: bool
    @property
    def rate_limit_headers(self) -> _pool.Map[str, str]: ...
    def __init__(
        self,
        *,
        account: str | None = None,
        http_status: int | None = None,
        quota_exhausted: bool | None = None,
        rate_limit_headers: Mapping[str, str] | None = None,
    ) -> None: ...

class Stopped(_pool.Message):
    def __init__(self) -> None: ...

class HandedBack(_pool.Message):
    reason: str
    def __init__(
        self,
        *,
        reason: str | None = None,
    ) -> None: ...

class Draining(_pool.Message):
    def __init__(self) -> None: ...

class Goodbye(_pool.Message):
    def __init__(self) -> None: ...

class WorkResponse(_pool.Message):
    @property
    def welcome(self) -> Welcome: ...
    @property
    def assignments(self) -> Assignments: ...
    @property
    def heartbeat_ack(self) -> HeartbeatAck: ...
    @property
    def output_acks(self) -> OutputAcks: ...
    @property
    def settle_acks(self) -> SettleAcks: ...
    @property
    def stop(self) -> StopAttempts: ...
    @property
    def drain(self) -> Drain: ...
    def __init__(
        self,
        *,
        welcome: Welcome | None = None,
        assignments: Assignments | None = None,
        heartbeat_ack: HeartbeatAck | None = None,
        output_acks: OutputAcks | None = None,
        settle_acks: SettleAcks | None = None,
        stop: StopAttempts | None = None,
        drain: Drain | None = None,
    ) -> None: ...
    def WhichOneof(self, oneof_group: Literal["message"]) -> Literal["welcome", "assignments", "heartbeat_ack", "output_acks", "settle_acks", "stop", "drain"] | None: ...

class Welcome(_pool.Message):
    scheduler_id: str
    @property
    def lease_duration(self) -> _pool.Duration: ...
    @property
    def heartbeat_interval(self) -> _pool.Duration: ...
    @property
    def stop_grace(self) -> _pool.Duration: ...
    @property
    def leases(self) -> _pool.Messages[LeaseStatus]: ...
    @property
    def undefined_queues(self) -> _pool.Scalars[str]: ...
    @property
    def unknown_pools(self) -> _pool.Scalars[str]: ...
    def __init__(
        self,
        *,
        scheduler_id: str | None = None,
        lease_duration: _pool.Duration | None = None,
        heartbeat_interval: _pool.Duration | None = None,
        stop_grace: _pool.Duration | None = None,
        leases: Iterable[LeaseStatus] | None = None,
        undefined_queues: Iterable[str] | None = None,
        unknown_pools: Iterable[str] | None = None,
    ) -> None: ...

class LeaseStatus(_pool.Message):
    @property
    def lease(self) -> LeaseRef: ...
    held: bool
    next_sequence: int
    cancel_requested: bool
    def __init__(
        self,
        *,
        lease: LeaseRef | None = None,
        held: bool | None = None,
        next_sequence: int | None = None,
        cancel_requested: bool | None = None,
    ) -> None: ...

class Assignments(_pool.Message):
    @property
    def assignments(self) -> _pool.Messages[Assignment]: ...
    def __init__(
        self,
        *,
        assignments: Iterable[Assignment] | None = None,
    ) -> None: ...

class Assignment(_pool.Message):
    @property
    def lease(self) -> LeaseRef: ...
    queue: str
    type: str
    attempt: int
    max_attempts: int
    payload_json: str
    @property
    def document_ids(self) -> _pool.Scalars[str]: ...
    pool: str
    @property
    def deadline(self) -> _pool.Timestamp: ...
    @property
    def labels(self) -> _pool.Map[str, str]: ...
    traceparent: str
    tracestate: str
    key_id: str
    fan_outs: int
    finalizes_group_id: str
    checkpoint_json: str
    schedule_id: str
    @property
    def schedule_due_time(self) -> _pool.Timestamp: ...
    account: str
    provider_model: str
    def __init__(
        self,
        *,
        lease: LeaseRef | None = None,
        queue: str | None = None,
        type: str | None = None,
        attempt: int | None = None,
        max_attempts: int | None = None,
        payload_json: str | None = None,
        document_ids: Iterable[str] | None = None,
        pool: str | None = None,
        deadline: _pool.Timestamp | None = None,
        labels: Mapping[str, str] | None = None,
        traceparent: str | None = None,
        tracestate: str | None = None,
        key_id: str | None = None,
        fan_outs: int | None = None,
        finalizes_group_id: str | None = None,
        checkpoint_json: str | None = None,
        schedule_id: str | None = None,
        schedule_due_time: _pool.Timestamp | None = None,
        account: str | None = None,
        provider_model: str | None = None,
    ) -> None: ...

class HeartbeatAck(_pool.Message):
    @property
    def lost(self) -> _pool.Messages[LeaseRef]: ...
    def __init__(
        self,
        *,
        lost: Iterable[LeaseRef] | None = None,
    ) -> None: ...

class OutputAcks(_pool.Message):
    @property
    def acks(self) -> _pool.Messages[OutputAck]: ...
    def __init__(
        self,
        *,
        acks: Iterable[OutputAck] | None = None,
    ) -> None: ...

class OutputAck(_pool.Message):
    @property
    def lease(self) -> LeaseRef: ...
    status: int
    next_sequence: int
    def __init__(
        self,
        *,
        lease: LeaseRef | None = None,
        status: int | None = None,
        next_sequence: int | None = None,
    ) -> None: ...

class SettleAcks(_pool.Message):
    @property
    def acks(self) -> _pool.Messages[SettleAck]: ...
    def __init__(
        self,
        *,
        acks: Iterable[SettleAck] | None = None,
    ) -> None: ...

class SettleAck(_pool.Message):
    @property
    def lease(self) -> LeaseRef: ...
    status: int
    state: int
    bounced: bool
    def __init__(
        self,
        *,
        lease: LeaseRef | None = None,
        status: int | None = None,
        state: int | None = None,
        bounced: bool | None = None,
    ) -> None: ...

class StopAttempts(_pool.Message):
    @property
    def attempts(self) -> _pool.Messages[StopAttempt]: ...
    def __init__(
        self,
        *,
        attempts: Iterable[StopAttempt] | None = None,
    ) -> None: ...

class StopAttempt(_pool.Message):
    @property
    def lease(self) -> LeaseRef: ...
    reason: int
    def __init__(
        self,
        *,
        lease: LeaseRef | None = None,
        reason: int | None = None,
    ) -> None: ...

class Drain(_pool.Message):
    def __init__(self) -> None: ...

WriteStatus: _pool.EnumNames
WRITE_STATUS_UNSPECIFIED: int
WRITE_STATUS_STORED: int
WRITE_STATUS_LEASE_LOST: int
WRITE_STATUS_GAP: int
WRITE_STATUS_FULL: int
WRITE_STATUS_RETRY: int

StopReason: _pool.EnumNames
STOP_REASON_UNSPECIFIED: int
STOP_REASON_CANCELLED: int
STOP_REASON_DEADLINE: int
STOP_REASON_LEASE_LOST: int

class WorkerService:
    Work: _pool.StreamStream[WorkRequest, WorkResponse]
    FanOut: _pool.UnaryUnary[FanOutRequest, FanOutResponse]
    ReadChildren: _pool.UnaryUnary[ReadChildrenRequest, ReadChildrenResponse]
    SaveCheckpoint: _pool.UnaryUnary[SaveCheckpointRequest, SaveCheckpointResponse]
    GetDocument: _pool.UnaryUnary[GetDocumentRequest, GetDocumentResponse]
    DownloadDocument: _pool.UnaryStream[DownloadDocumentRequest, DownloadDocumentResponse]
    StoreDocument: _pool.StreamUnary[StoreDocumentRequest, StoreDocumentResponse]
