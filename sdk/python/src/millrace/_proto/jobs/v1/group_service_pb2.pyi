# Generated from millrace/jobs/v1/group_service.proto by `pnpm generate`. Do not edit.
from collections.abc import Iterable, Mapping
from typing import Literal

from millrace import _pool
import millrace._proto.jobs.v1.group_pb2
import millrace._proto.jobs.v1.job_pb2
import millrace._proto.jobs.v1.job_service_pb2

class CreateGroupRequest(_pool.Message):
    @property
    def group(self) -> millrace._proto.jobs.v1.group_pb2.GroupSpec: ...
    @property
    def jobs(self) -> _pool.Messages[millrace._proto.jobs.v1.job_pb2.JobSpec]: ...
    close: bool
    def __init__(
        self,
        *,
        group: millrace._proto.jobs.v1.group_pb2.GroupSpec | None = None,
        jobs: Iterable[millrace._proto.jobs.v1.job_pb2.JobSpec] | None = None,
        close: bool | None = None,
    ) -> None: ...

class CreateGroupResponse(_pool.Message):
    @property
    def group(self) -> millrace._proto.jobs.v1.group_pb2.Group: ...
    @property
    def results(self) -> _pool.Messages[millrace._proto.jobs.v1.job_service_pb2.SubmitResult]: ...
    def __init__(
        self,
        *,
        group: millrace._proto.jobs.v1.group_pb2.Group | None = None,
        results: Iterable[millrace._proto.jobs.v1.job_service_pb2.SubmitResult] | None = None,
    ) -> None: ...

class CloseGroupRequest(_pool.Message):
    group_id: str
    def __init__(
        self,
        *,
        group_id: str | None = None,
    ) -> None: ...

class CloseGroupResponse(_pool.Message):
    @property
    def group(self) -> millrace._proto.jobs.v1.group_pb2.Group: ...
    def __init__(
        self,
        *,
        group: millrace._proto.jobs.v1.group_pb2.Group | None = None,
    ) -> None: ...

class GetGroupRequest(_pool.Message):
    group_id: str
    @property
    def wait(self) -> _pool.Duration: ...
    def __init__(
        self,
        *,
        group_id: str | None = None,
        wait: _pool.Duration | None = None,
    ) -> None: ...

class GetGroupResponse(_pool.Message):
    @property
    def group(self) -> millrace._proto.jobs.v1.group_pb2.Group: ...
    def __init__(
        self,
        *,
        group: millrace._proto.jobs.v1.group_pb2.Group | None = None,
    ) -> None: ...

class ListGroupsRequest(_pool.Message):
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

class ListGroupsResponse(_pool.Message):
    @property
    def groups(self) -> _pool.Messages[millrace._proto.jobs.v1.group_pb2.Group]: ...
    next_page_token: str
    def __init__(
        self,
        *,
        groups: Iterable[millrace._proto.jobs.v1.group_pb2.Group] | None = None,
        next_page_token: str | None = None,
    ) -> None: ...

class ListGroupChildrenRequest(_pool.Message):
    group_id: str
    after_index: int
    page_size: int
    def __init__(
        self,
        *,
        group_id: str | None = None,
        after_index: int | None = None,
        page_size: int | None = None,
    ) -> None: ...

class ListGroupChildrenResponse(_pool.Message):
    @property
    def children(self) -> _pool.Messages[millrace._proto.jobs.v1.group_pb2.GroupChild]: ...
    more: bool
    def __init__(
        self,
        *,
        children: Iterable[millrace._proto.jobs.v1.group_pb2.GroupChild] | None = None,
        more: bool | None = None,
    ) -> None: ...

class WatchGroupRequest(_pool.Message):
    group_id: str
    def __init__(
        self,
        *,
        group_id: str | None = None,
    ) -> None: ...

class WatchGroupResponse(_pool.Message):
    @property
    def group(self) -> millrace._proto.jobs.v1.group_pb2.Group: ...
    def __init__(
        self,
        *,
        group: millrace._proto.jobs.v1.group_pb2.Group | None = None,
    ) -> None: ...

class CancelGroupRequest(_pool.Message):
    group_id: str
    reason: str
    def __init__(
        self,
        *,
        group_id: str | None = None,
        reason: str | None = None,
    ) -> None: ...

class CancelGroupResponse(_pool.Message):
    @property
    def group(self) -> millrace._proto.jobs.v1.group_pb2.Group: ...
    def __init__(
        self,
        *,
        group: millrace._proto.jobs.v1.group_pb2.Group | None = None,
    ) -> None: ...

class GroupService:
    CreateGroup: _pool.UnaryUnary[CreateGroupRequest, CreateGroupResponse]
    CloseGroup: _pool.UnaryUnary[CloseGroupRequest, CloseGroupResponse]
    GetGroup: _pool.UnaryUnary[GetGroupRequest, GetGroupResponse]
    ListGroups: _pool.UnaryUnary[ListGroupsRequest, ListGroupsResponse]
    ListGroupChildren: _pool.UnaryUnary[ListGroupChildrenRequest, ListGroupChildrenResponse]
    WatchGroup: _pool.UnaryStream[WatchGroupRequest, WatchGroupResponse]
    CancelGroup: _pool.UnaryUnary[CancelGroupRequest, CancelGroupResponse]
