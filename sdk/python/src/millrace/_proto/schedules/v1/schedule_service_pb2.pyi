# Generated from millrace/schedules/v1/schedule_service.proto by `pnpm generate`. Do not edit.
from collections.abc import Iterable, Mapping
from typing import Literal

from millrace import _pool
import millrace._proto.schedules.v1.schedule_pb2

class CreateScheduleRequest(_pool.Message):
    @property
    def spec(self) -> millrace._proto.schedules.v1.schedule_pb2.ScheduleSpec: ...
    def __init__(
        self,
        *,
        spec: millrace._proto.schedules.v1.schedule_pb2.ScheduleSpec | None = None,
    ) -> None: ...

class CreateScheduleResponse(_pool.Message):
    @property
    def schedule(self) -> millrace._proto.schedules.v1.schedule_pb2.Schedule: ...
    @property
    def warnings(self) -> _pool.Scalars[str]: ...
    def __init__(
        self,
        *,
        schedule: millrace._proto.schedules.v1.schedule_pb2.Schedule | None = None,
        warnings: Iterable[str] | None = None,
    ) -> None: ...

class GetScheduleRequest(_pool.Message):
    schedule_id: str
    def __init__(
        self,
        *,
        schedule_id: str | None = None,
    ) -> None: ...

class GetScheduleResponse(_pool.Message):
    @property
    def schedule(self) -> millrace._proto.schedules.v1.schedule_pb2.Schedule: ...
    def __init__(
        self,
        *,
        schedule: millrace._proto.schedules.v1.schedule_pb2.Schedule | None = None,
    ) -> None: ...

class ListSchedulesRequest(_pool.Message):
    queue: str
    page_size: int
    page_token: str
    def __init__(
        self,
        *,
        queue: str | None = None,
        page_size: int | None = None,
        page_token: str | None = None,
    ) -> None: ...

class ListSchedulesResponse(_pool.Message):
    @property
    def schedules(self) -> _pool.Messages[millrace._proto.schedules.v1.schedule_pb2.Schedule]: ...
    next_page_token: str
    def __init__(
        self,
        *,
        schedules: Iterable[millrace._proto.schedules.v1.schedule_pb2.Schedule] | None = None,
        next_page_token: str | None = None,
    ) -> None: ...

class UpdateScheduleRequest(_pool.Message):
    schedule_id: str
    @property
    def changes(self) -> millrace._proto.schedules.v1.schedule_pb2.ScheduleSpec: ...
    def __init__(
        self,
        *,
        schedule_id: str | None = None,
        changes: millrace._proto.schedules.v1.schedule_pb2.ScheduleSpec | None = None,
    ) -> None: ...

class UpdateScheduleResponse(_pool.Message):
    @property
    def schedule(self) -> millrace._proto.schedules.v1.schedule_pb2.Schedule: ...
    @property
    def warnings(self) -> _pool.Scalars[str]: ...
    def __init__(
        self,
        *,
        schedule: millrace._proto.schedules.v1.schedule_pb2.Schedule | None = None,
        warnings: Iterable[str] | None = None,
    ) -> None: ...

class DeleteScheduleRequest(_pool.Message):
    schedule_id: str
    def __init__(
        self,
        *,
        schedule_id: str | None = None,
    ) -> None: ...

class DeleteScheduleResponse(_pool.Message):
    def __init__(self) -> None: ...

class PauseScheduleRequest(_pool.Message):
    schedule_id: str
    note: str
    def __init__(
        self,
        *,
        schedule_id: str | None = None,
        note: str | None = None,
    ) -> None: ...

class PauseScheduleResponse(_pool.Message):
    @property
    def schedule(self) -> millrace._proto.schedules.v1.schedule_pb2.Schedule: ...
    def __init__(
        self,
        *,
        schedule: millrace._proto.schedules.v1.schedule_pb2.Schedule | None = None,
    ) -> None: ...

class ResumeScheduleRequest(_pool.Message):
    schedule_id: str
    def __init__(
        self,
        *,
        schedule_id: str | None = None,
    ) -> None: ...

class ResumeScheduleResponse(_pool.Message):
    @property
    def schedule(self) -> millrace._proto.schedules.v1.schedule_pb2.Schedule: ...
    def __init__(
        self,
        *,
        schedule: millrace._proto.schedules.v1.schedule_pb2.Schedule | None = None,
    ) -> None: ...

class RunScheduleNowRequest(_pool.Message):
    schedule_id: str
    def __init__(
        self,
        *,
        schedule_id: str | None = None,
    ) -> None: ...

class RunScheduleNowResponse(_pool.Message):
    job_id: str
    def __init__(
        self,
        *,
        job_id: str | None = None,
    ) -> None: ...

class ScheduleService:
    CreateSchedule: _pool.UnaryUnary[CreateScheduleRequest, CreateScheduleResponse]
    GetSchedule: _pool.UnaryUnary[GetScheduleRequest, GetScheduleResponse]
    ListSchedules: _pool.UnaryUnary[ListSchedulesRequest, ListSchedulesResponse]
    UpdateSchedule: _pool.UnaryUnary[UpdateScheduleRequest, UpdateScheduleResponse]
    DeleteSchedule: _pool.UnaryUnary[DeleteScheduleRequest, DeleteScheduleResponse]
    PauseSchedule: _pool.UnaryUnary[PauseScheduleRequest, PauseScheduleResponse]
    ResumeSchedule: _pool.UnaryUnary[ResumeScheduleRequest, ResumeScheduleResponse]
    RunScheduleNow: _pool.UnaryUnary[RunScheduleNowRequest, RunScheduleNowResponse]
