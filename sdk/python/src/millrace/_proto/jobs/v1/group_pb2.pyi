# Generated from millrace/jobs/v1/group.proto by `pnpm generate`. Do not edit.
from collections.abc import Iterable, Mapping
from typing import Literal

from millrace import _pool
import millrace._proto.jobs.v1.job_pb2
import millrace._proto.webhooks.v1.webhook_endpoint_pb2

class GroupSpec(_pool.Message):
    queue: str
    @property
    def rule(self) -> GroupRule: ...
    @property
    def finalizer(self) -> millrace._proto.jobs.v1.job_pb2.JobSpec: ...
    max_in_flight: int
    @property
    def deadline(self) -> _pool.Timestamp: ...
    priority: int
    keep_siblings: bool
    @property
    def labels(self) -> _pool.Map[str, str]: ...
    @property
    def callback(self) -> millrace._proto.webhooks.v1.webhook_endpoint_pb2.Callback: ...
    def __init__(
        self,
        *,
        queue: str | None = None,
        rule: GroupRule | None = None,
        finalizer: millrace._proto.jobs.v1.job_pb2.JobSpec | None = None,
        max_in_flight: int | None = None,
        deadline: _pool.Timestamp | None = None,
        priority: int | None = None,
        keep_siblings: bool | None = None,
        labels: Mapping[str, str] | None = None,
        callback: millrace._proto.webhooks.v1.webhook_endpoint_pb2.Callback | None = None,
    ) -> None: ...

class GroupRule(_pool.Message):
    any: bool
    at_least_percent: int
    def __init__(
        self,
        *,
        any: bool | None = None,
        at_least_percent: int | None = None,
    ) -> None: ...
    def WhichOneof(self, oneof_group: Literal["rule"]) -> Literal["any", "at_least_percent"] | None: ...

class Group(_pool.Message):
    id: str
    queue: str
    state: int
    @property
    def rule(self) -> GroupRule: ...
    max_in_flight: int
    @property
    def progress(self) -> GroupProgress: ...
    finalizer_job_id: str
    parent_job_id: str
    @property
    def create_time(self) -> _pool.Timestamp: ...
    @property
    def finish_time(self) -> _pool.Timestamp: ...
    @property
    def deadline(self) -> _pool.Timestamp: ...
    @property
    def labels(self) -> _pool.Map[str, str]: ...
    cancel_reason: str
    priority: int
    keep_siblings: bool
    @property
    def callback(self) -> millrace._proto.webhooks.v1.webhook_endpoint_pb2.Callback: ...
    def __init__(
        self,
        *,
        id: str | None = None,
        queue: str | None = None,
        state: int | None = None,
        rule: GroupRule | None = None,
        max_in_flight: int | None = None,
        progress: GroupProgress | None = None,
        finalizer_job_id: str | None = None,
        parent_job_id: str | None = None,
        create_time: _pool.Timestamp | None = None,
        finish_time: _pool.Timestamp | None = None,
        deadline: _pool.Timestamp | None = None,
        labels: Mapping[str, str] | None = None,
        cancel_reason: str | None = None,
        priority: int | None = None,
        keep_siblings: bool | None = None,
        callback: millrace._proto.webhooks.v1.webhook_endpoint_pb2.Callback | None = None,
    ) -> None: ...

class GroupProgress(_pool.Message):
    total: int
    succeeded: int
    failed: int
    cancelled: int
    expired: int
    removed: int
    in_flight: int
    def __init__(
        self,
        *,
        total: int | None = None,
        succeeded: int | None = None,
        failed: int | None = None,
        cancelled: int | None = None,
        expired: int | None = None,
        removed: int | None = None,
        in_flight: int | None = None,
    ) -> None: ...

class GroupChild(_pool.Message):
    index: int
    job_id: str
    state: int
    result_json: str
    result_omitted: bool
    @property
    def failure(self) -> millrace._proto.jobs.v1.job_pb2.JobFailure: ...
    def __init__(
        self,
        *,
        index: int | None = None,
        job_id: str | None = None,
        state: int | None = None,
        result_json: str | None = None,
        result_omitted: bool | None = None,
        failure: millrace._proto.jobs.v1.job_pb2.JobFailure | None = None,
    ) -> None: ...

GroupState: _pool.EnumNames
GROUP_STATE_UNSPECIFIED: int
GROUP_STATE_OPEN: int
GROUP_STATE_RUNNING: int
GROUP_STATE_SUCCEEDED: int
GROUP_STATE_FAILED: int
GROUP_STATE_CANCELLED: int
GROUP_STATE_EXPIRED: int
