# Generated from millrace/schedules/v1/schedule.proto by `pnpm generate`. Do not edit.
from collections.abc import Iterable, Mapping
from typing import Literal

from millrace import _pool
import millrace._proto.jobs.v1.job_pb2

class ScheduleSpec(_pool.Message):
    name: str
    cron: str
    @property
    def interval(self) -> _pool.Duration: ...
    time_zone: str
    @property
    def job(self) -> millrace._proto.jobs.v1.job_pb2.JobSpec: ...
    overlap: int
    catch_up: int
    @property
    def jitter(self) -> _pool.Duration: ...
    def __init__(
        self,
        *,
        name: str | None = None,
        cron: str | None = None,
        interval: _pool.Duration | None = None,
        time_zone: str | None = None,
        job: millrace._proto.jobs.v1.job_pb2.JobSpec | None = None,
        overlap: int | None = None,
        catch_up: int | None = None,
        jitter: _pool.Duration | None = None,
    ) -> None: ...
    def WhichOneof(self, oneof_group: Literal["timing"]) -> Literal["cron", "interval"] | None: ...

class Schedule(_pool.Message):
    id: str
    @property
    def spec(self) -> ScheduleSpec: ...
    paused: bool
    pause_note: str
    @property
    def create_time(self) -> _pool.Timestamp: ...
    @property
    def update_time(self) -> _pool.Timestamp: ...
    @property
    def next_times(self) -> _pool.Messages[_pool.Timestamp]: ...
    @property
    def buffered_due_time(self) -> _pool.Timestamp: ...
    @property
    def last_due_time(self) -> _pool.Timestamp: ...
    last_job_id: str
    runs: int
    skipped: int
    missed: int
    @property
    def failure(self) -> millrace._proto.jobs.v1.job_pb2.JobFailure: ...
    def __init__(
        self,
        *,
        id: str | None = None,
        spec: ScheduleSpec | None = None,
        paused: bool | None = None,
        pause_note: str | None = None,
        create_time: _pool.Timestamp | None = None,
        update_time: _pool.Timestamp | None = None,
        next_times: Iterable[_pool.Timestamp] | None = None,
        buffered_due_time: _pool.Timestamp | None = None,
        last_due_time: _pool.Timestamp | None = None,
        last_job_id: str | None = None,
        runs: int | None = None,
        skipped: int | None = None,
        missed: int | None = None,
        failure: millrace._proto.jobs.v1.job_pb2.JobFailure | None = None,
    ) -> None: ...

OverlapPolicy: _pool.EnumNames
OVERLAP_POLICY_UNSPECIFIED: int
OVERLAP_POLICY_SKIP: int
OVERLAP_POLICY_BUFFER_ONE: int
OVERLAP_POLICY_ALLOW_ALL: int
