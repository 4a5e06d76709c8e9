# Generated from millrace/jobs/v1/job_service.proto by `pnpm generate`. Do not edit.
from collections.abc import Iterable, Mapping
from typing import Literal

from millrace import _pool
import millrace._proto.google.rpc.status_pb2
import millrace._proto.jobs.v1.job_pb2
import millrace._proto.jobs.v1.spend_pb2

class QuoteJobsRequest(_pool.Message):
    @property
    def jobs(self) -> _pool.Messages[millrace._proto.jobs.v1.job_pb2.JobSpec]: ...
    def __init__(
        self,
        *,
        jobs: Iterable[millrace._proto.jobs.v1.job_pb2.JobSpec] | None = None,
    ) -> None: ...

class QuoteJobsResponse(_pool.Message):
    @property
    def quotes(self) -> _pool.Messages[JobQuote]: ...
    @property
    def sum(self) -> QuoteSum: ...
    def __init__(
        self,
        *,
        quotes: Iterable[JobQuote] | None = None,
        sum: QuoteSum | None = None,
    ) -> None: ...

class JobQuote(_pool.Message):
    @property
    def input_tokens(self) -> QuotedRange: ...
    @property
    def output_tokens(self) -> QuotedRange: ...
    @property
    def tokens(self) -> QuotedRange: ...
    @property
    def cost_micros(self) -> QuotedRange: ...
    @property
    def start(self) -> QuotedTimes: ...
    @property
    def end(self) -> QuotedTimes: ...
    @property
    def constraints(self) -> _pool.Messages[Constraint]: ...
    time_basis: str
    token_basis: str
    @property
    def estimated_document_ids(self) -> _pool.Scalars[str]: ...
    def __init__(
        self,
        *,
        input_tokens: QuotedRange | None = None,
        output_tokens: QuotedRange | None = None,
        tokens: QuotedRange | None = None,
        cost_micros: QuotedRange | None = None,
        start: QuotedTimes | None = None,
        end: QuotedTimes | None = None,
        constraints: Iterable[Constraint] | None = None,
        time_basis: str | None = None,
        token_basis: str | None = None,
        estimated_document_ids: Iterable[str] | None = None,
    ) -> None: ...

class QuotedRange(_pool.Message):
    low: int
    likely: int
    high: int
    def __init__(
        self,
        *,
        low: int | None = None,
        likely: int | None = None,
        high: int | None = None,
    ) -> None: ...

class QuotedTimes(_pool.Message):
    @property
    def low(self) -> _pool.Timestamp: ...
    @property
    def likely(self) -> _pool.Timestamp: ...
    @property
    def high(self) -> _pool.Timestamp: ...
    def __init__(
        self,
        *,
        low: _pool.Timestamp | None = None,
        likely: _pool.Timestamp | None = None,
        high: _pool.Timestamp | None = None,
    ) -> None: ...

class QuoteSum(_pool.Message):
    @property
    def tokens(self) -> QuotedRange: ...
    @property
    def cost_micros(self) -> QuotedRange: ...
    unpriced_jobs: int
    @property
    def start(self) -> QuotedTimes: ...
    @property
    def end(self) -> QuotedTimes: ...
    def __init__(
        self,
        *,
        tokens: QuotedRange | None = None,
        cost_micros: QuotedRange | None = None,
        unpriced_jobs: int | None = None,
        start: QuotedTimes | None = None,
        end: QuotedTimes | None = None,
    ) -> None: ...

class ListSpendRequest(_pool.Message):
    @property
    def filter(self) -> millrace._proto.jobs.v1.spend_pb2.SpendFilter: ...
    def __init__(
        self,
        *,
        filter: millrace._proto.jobs.v1.spend_pb2.SpendFilter | None = None,
    ) -> None: ...

class ListSpendResponse(_pool.Message):
    @property
    def page(self) -> millrace._proto.jobs.v1.spend_pb2.SpendPage: ...
    def __init__(
        self,
        *,
        page: millrace._proto.jobs.v1.spend_pb2.SpendPage | None = None,
    ) -> None: ...

class SubmitJobRequest(_pool.Message):
    @property
    def job(self) -> millrace._proto.jobs.v1.job_pb2.JobSpec: ...
    @property
    def wait(self) -> _pool.Duration: ...
    def __init__(
        self,
        *,
        job: millrace._proto.jobs.v1.job_pb2.JobSpec | None = None,
        wait: _pool.Duration | None = None,
    ) -> None: ...

class SubmitJobResponse(_pool.Message):
    @property
    def job(self) -> millrace._proto.jobs.v1.job_pb2.Job: ...
    existing: bool
    def __init__(
        self,
        *,
        job: millrace._proto.jobs.v1.job_pb2.Job | None = None,
        existing: bool | None = None,
    ) -> None: ...

class SubmitJobsRequest(_pool.Message):
    @property
    def jobs(self) -> _pool.Messages[millrace._proto.jobs.v1.job_pb2.JobSpec]: ...
    def __init__(
        self,
        *,
        jobs: Iterable[millrace._proto.jobs.v1.job_pb2.JobSpec] | None = None,
    ) -> None: ...

class SubmitJobsResponse(_pool.Message):
    @property
    def results(self) -> _pool.Messages[SubmitResult]: ...
    def __init__(
        self,
        *,
        results: Iterable[SubmitResult] | None = None,
    ) -> None: ...

class SubmitResult(_pool.Message):
    job_id: str
    @property
    def error(self) -> millrace._proto.google.rpc.status_pb2.Status: ...
    existing: bool
    trace_id: str
    def __init__(
        self,
        *,
        job_id: str | None = None,
        error: millrace._proto.google.rpc.status_pb2.Status | None = None,
        existing: bool | None = None,
        trace_id: str | None = None,
    ) -> None: ...
    def WhichOneof(self, oneof_group: Literal["result"]) -> Literal["job_id", "error"] | None: ...

class SubmitStreamRequest(_pool.Message):
    @property
    def jobs(self) -> _pool.Messages[SubmitStreamJob]: ...
    notify_finished: bool
    @property
    def notify_job_ids(self) -> _pool.Scalars[str]: ...
    @property
    def forget_job_ids(self) -> _pool.Scalars[str]: ...
    def __init__(
        self,
        *,
        jobs: Iterable[SubmitStreamJob] | None = None,
        notify_finished: bool | None = None,
        notify_job_ids: Iterable[str] | None = None,
        forget_job_ids: Iterable[str] | None = None,
    ) -> None: ...

class SubmitStreamJob(_pool.Message):
    sequence: int
    @property
    def job(self) -> millrace._proto.jobs.v1.job_pb2.JobSpec: ...
    def __init__(
        self,
        *,
        sequence: int | None = None,
        job: millrace._proto.jobs.v1.job_pb2.JobSpec | None = None,
    ) -> None: ...

class SubmitStreamResponse(_pool.Message):
    @property
    def results(self) -> _pool.Messages[SubmitStreamResult]: ...
    @property
    def finished(self) -> _pool.Messages[millrace._proto.jobs.v1.job_pb2.Job]: ...
    @property
    def gone_job_ids(self) -> _pool.Scalars[str]: ...
    def __init__(
        self,
        *,
        results: Iterable[SubmitStreamResult] | None = None,
        finished: Iterable[millrace._proto.jobs.v1.job_pb2.Job] | None = None,
        gone_job_ids: Iterable[str] | None = None,
    ) -> None: ...

class SubmitStreamResult(_pool.Message):
    sequence: int
    @property
    def result(self) -> SubmitResult: ...
    def __init__(
        self,
        *,
        sequence: int | None = None,
        result: SubmitResult | None = None,
    ) -> None: ...

class GetJobRequest(_pool.Message):
    job_id: str
    @property
    def wait(self) -> _pool.Duration: ...
    def __init__(
        self,
        *,
        job_id: str | None = None,
        wait: _pool.Duration | None = None,
    ) -> None: ...

class GetJobResponse(_pool.Message):
    @property
    def job(self) -> millrace._proto.jobs.v1.job_pb2.Job: ...
    def __init__(
        self,
        *,
        job: millrace._proto.jobs.v1.job_pb2.Job | None = None,
    ) -> None: ...

class ListJobsRequest(_pool.Message):
    queue: str
    @property
    def states(self) -> _pool.Scalars[int]: ...
    type: str
    label: str
    page_size: int
    page_token: str
    def __init__(
        self,
        *,
        queue: str | None = None,
        states: Iterable[int] | None = None,
        type: str | None = None,
        label: str | None = None,
        page_size: int | None = None,
        page_token: str | None = None,
    ) -> None: ...

class ListJobsResponse(_pool.Message):
    @property
    def jobs(self) -> _pool.Messages[millrace._proto.jobs.v1.job_pb2.Job]: ...
    next_page_token: str
    def __init__(
        self,
        *,
        jobs: Iterable[millrace._proto.jobs.v1.job_pb2.Job] | None = None,
        next_page_token: str | None = None,
    ) -> None: ...

class WatchJobRequest(_pool.Message):
    job_id: str
    from_offset: int
    def __init__(
        self,
        *,
        job_id: str | None = None,
        from_offset: int | None = None,
    ) -> None: ...

class WatchJobResponse(_pool.Message):
    @property
    def job(self) -> millrace._proto.jobs.v1.job_pb2.Job: ...
    @property
    def chunks(self) -> OutputChunks: ...
    def __init__(
        self,
        *,
        job: millrace._proto.jobs.v1.job_pb2.Job | None = None,
        chunks: OutputChunks | None = None,
    ) -> None: ...
    def WhichOneof(self, oneof_group: Literal["event"]) -> Literal["job", "chunks"] | None: ...

class OutputChunks(_pool.Message):
    @property
    def chunks(self) -> _pool.Messages[millrace._proto.jobs.v1.job_pb2.OutputChunk]: ...
    def __init__(
        self,
        *,
        chunks: Iterable[millrace._proto.jobs.v1.job_pb2.OutputChunk] | None = None,
    ) -> None: ...

class CancelJobRequest(_pool.Message):
    job_id: str
    reason: str
    def __init__(
        self,
        *,
        job_id: str | None = None,
        reason: str | None = None,
    ) -> None: ...

class CancelJobResponse(_pool.Message):
    @property
    def job(self) -> millrace._proto.jobs.v1.job_pb2.Job: ...
    def __init__(
        self,
        *,
        job: millrace._proto.jobs.v1.job_pb2.Job | None = None,
    ) -> None: ...

class ExplainJobRequest(_pool.Message):
    job_id: str
    def __init__(
        self,
        *,
        job_id: str | None = None,
    ) -> None: ...

class ExplainJobResponse(_pool.Message):
    state: int
    @property
    def constraints(self) -> _pool.Messages[Constraint]: ...
    ahead_in_lane: int
    @property
    def estimated_start_time(self) -> _pool.Timestamp: ...
    estimate_basis: str
    schedule_id: str
    @property
    def schedule_due_time(self) -> _pool.Timestamp: ...
    model: str
    @property
    def routes(self) -> _pool.Messages[RouteExplanation]: ...
    def __init__(
        self,
        *,
        state: int | None = None,
        constraints: Iterable[Constraint] | None = None,
        ahead_in_lane: int | None = None,
        estimated_start_time: _pool.Timestamp | None = None,
        estimate_basis: str | None = None,
        schedule_id: str | None = None,
        schedule_due_time: _pool.Timestamp | None = None,
        model: str | None = None,
        routes: Iterable[RouteExplanation] | None = None,
    ) -> None: ...

class RouteExplanation(_pool.Message):
    account: str
    model: str
    @property
    def constraints(self) -> _pool.Messages[Constraint]: ...
    failed: bool
    def __init__(
        self,
        *,
        account: str | None = None,
        model: str | None = None,
        constraints: Iterable[Constraint] | None = None,
        failed: bool | None = None,
    ) -> None: ...

class Constraint(_pool.Message):
    kind: int
    subject: str
    limit: int
    used: int
    needed: int
    @property
    def clear_time(self) -> _pool.Timestamp: ...
    message: str
    def __init__(
        self,
        *,
        kind: int | None = None,
        subject: str | None = None,
        limit: int | None = None,
        used: int | None = None,
        needed: int | None = None,
        clear_time: _pool.Timestamp | None = None,
        message: str | None = None,
    ) -> None: ...

class CreateJobTokenRequest(_pool.Message):
    job_id: str
    right: int
    @property
    def lifetime(self) -> _pool.Duration: ...
    def __init__(
        self,
        *,
        job_id: str | None = None,
        right: int | None = None,
        lifetime: _pool.Duration | None = None,
    ) -> None: ...

class CreateJobTokenResponse(_pool.Message):
    token: str
    @property
    def expire_time(self) -> _pool.Timestamp: ...
    right: int
    def __init__(
        self,
        *,
        token: str | None = None,
        expire_time: _pool.Timestamp | None = None,
        right: int | None = None,
    ) -> None: ...

ConstraintKind: _pool.EnumNames
CONSTRAINT_KIND_UNSPECIFIED: int
CONSTRAINT_KIND_SCHEDULED: int
CONSTRAINT_KIND_QUEUE_PAUSED: int
CONSTRAINT_KIND_KEY_REQUESTS: int
CONSTRAINT_KIND_KEY_TOKENS: int
CONSTRAINT_KIND_KEY_DAILY_TOKENS: int
CONSTRAINT_KIND_KEY_CONCURRENCY: int
CONSTRAINT_KIND_PROVIDER_REQUESTS: int
CONSTRAINT_KIND_PROVIDER_TOKENS: int
CONSTRAINT_KIND_PROVIDER_CONCURRENCY: int
CONSTRAINT_KIND_PROVIDER_COOLDOWN: int
CONSTRAINT_KIND_PROVIDER_EXHAUSTED: int
CONSTRAINT_KIND_LANE_ORDER: int
CONSTRAINT_KIND_NO_FREE_WORKER: int
CONSTRAINT_KIND_PROVIDER_DOWN: int
CONSTRAINT_KIND_CHILDREN: int
CONSTRAINT_KIND_GROUP_IN_FLIGHT: int
CONSTRAINT_KIND_NO_WORKER: int
CONSTRAINT_KIND_NO_ROUTE: int

JobTokenRight: _pool.EnumNames
JOB_TOKEN_RIGHT_UNSPECIFIED: int
JOB_TOKEN_RIGHT_READ: int
JOB_TOKEN_RIGHT_CANCEL: int

class JobService:
    SubmitJob: _pool.UnaryUnary[SubmitJobRequest, SubmitJobResponse]
    SubmitJobs: _pool.UnaryUnary[SubmitJobsRequest, SubmitJobsResponse]
    SubmitStream: _pool.StreamStream[SubmitStreamRequest, SubmitStreamResponse]
    GetJob: _pool.UnaryUnary[GetJobRequest, GetJobResponse]
    ListJobs: _pool.UnaryUnary[ListJobsRequest, ListJobsResponse]
    WatchJob: _pool.UnaryStream[WatchJobRequest, WatchJobResponse]
    CancelJob: _pool.UnaryUnary[CancelJobRequest, CancelJobResponse]
    ExplainJob: _pool.UnaryUnary[ExplainJobRequest, ExplainJobResponse]
    CreateJobToken: _pool.UnaryUnary[CreateJobTokenRequest, CreateJobTokenResponse]
    ListSpend: _pool.UnaryUnary[ListSpendRequest, ListSpendResponse]
    QuoteJobs: _pool.UnaryUnary[QuoteJobsRequest, QuoteJobsResponse]
