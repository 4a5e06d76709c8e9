"""The handle of a group, with calls that block."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import grpc

from millrace._proto.jobs.v1 import group_service_pb2 as pb
from millrace._status import CallStatus
from millrace.client import operations
from millrace.client.connection import Connection
from millrace.client.groups import Group, GroupOptions, group_of, group_spec
from millrace.client.jobs import JobOptions, NewJob, Submitted, spec_of
from millrace.client.retrying import GIVE_UP_AFTER, Patience
from millrace.client.waiting import Waiting
from millrace.errors import MillraceError, error_of_call, is_cut
from millrace.worker.children import ChildResult

if TYPE_CHECKING:
    from millrace.client.client import Client


class GroupHandle:
    """Calls for one group."""

    def __init__(self, client: Client, connection: Connection, group_id: str) -> None:
        self._client = client
        self._connection = connection
        self.id = group_id

    def submit(self, jobs: Iterable[NewJob], *, timeout: float | None = None) -> list[Submitted | MillraceError]:
        """Adds children. Returns what became of each, in order."""
        return self._client.submit_many(joined(jobs, self.id), timeout=timeout)

    def close(self, *, timeout: float | None = None) -> Group:
        """Says that no more jobs will join."""
        return self._connection.ask(operations.close_group(self.id), timeout)

    def get(self, *, timeout: float | None = None) -> Group:
        """Returns the group now."""
        return self._connection.ask(operations.get_group(self.id), timeout)

    def wait(self, *, timeout: float | None = None) -> Group:
        """Returns the group in its final state, whatever it is. Without a timeout (seconds) it waits for ever."""
        waiting = Waiting(f"group {self.id}", timeout)
        while True:
            seconds = waiting.next_call()
            error = None
            try:
                group = self._connection.once(operations.get_group(self.id, seconds), seconds + 10)
                if group.finished:
                    return group
            except grpc.RpcError as failed:
                error = error_of_call(failed)
            time.sleep(waiting.pause(error))

    def watch(self, *, give_up_after: float = GIVE_UP_AFTER) -> Iterator[Group]:
        """Yields the group at once, after each change, and in its final state at the end."""
        patience = Patience(give_up_after)
        shown: Group | None = None
        while True:
            try:
                request = pb.WatchGroupRequest(group_id=self.id)
                for response in self._connection.stream(pb.GroupService.WatchGroup, request):
                    patience.progressed()
                    group = group_of(response.group)
                    if group != shown:
                        yield group
                    shown = group
                    if group.finished:
                        return
                error = interrupted(self.id)
            except grpc.RpcError as failed:
                error = error_of_call(failed)
                if not is_cut(error):
                    raise error from failed
            wait = patience.next_wait(error)
            if wait is None:
                raise error
            time.sleep(wait)

    def children(self, *, timeout: float | None = None) -> Iterator[ChildResult]:
        """Yields the children in order, with what they gave."""
        after, more = 0, True
        while more:
            children, more = self._connection.ask(operations.group_children(self.id, after), timeout)
            yield from children
            after = children[-1].index if children else after

    def cancel(self, *, reason: str = "", timeout: float | None = None) -> Group:
        """Cancels the group, its children and its finalizer."""
        return self._connection.ask(operations.cancel_group(self.id, reason), timeout)


class CreatedGroup(GroupHandle):
    """The handle of a new group. `outcomes` says what became of each child, in order."""

    outcomes: list[Submitted | MillraceError]


def create_group(
    client: Client,
    connection: Connection,
    jobs: list[NewJob],
    queue: str,
    close: bool,
    timeout: float | None,
    options: GroupOptions,
) -> CreatedGroup:
    """Makes the group with the children of the first call. The others join it."""
    first, request = first_call(jobs, queue, close, options)
    group, outcomes = connection.ask(operations.create_group(request), timeout)
    handle = CreatedGroup(client, connection, group.id)
    if first < len(jobs):
        outcomes = [*outcomes, *handle.submit(jobs[first:], timeout=timeout)]
        if close and all(isinstance(outcome, Submitted) for outcome in outcomes):
            handle.close(timeout=timeout)
    handle.outcomes = outcomes
    return handle


def first_call(jobs: list[NewJob], queue: str, close: bool, options: GroupOptions) -> tuple[int, pb.CreateGroupRequest]:
    """The call that makes a group, and how many children go with it."""
    specs = [spec_of(job, queue) for job in jobs]
    first = next(operations.batches(specs), [])
    request = pb.CreateGroupRequest(
        group=group_spec(queue, options), jobs=first, close=close and len(first) == len(specs)
    )
    return len(first), request


def joined(jobs: Iterable[NewJob], group_id: str) -> list[NewJob]:
    """The jobs as children of a group, in its queue."""
    joining: JobOptions = {"queue": group_id.split("~", 1)[0], "group_id": group_id}
    return [NewJob(job.type, job.payload, {**job.options, **joining}) for job in jobs]


def interrupted(group_id: str) -> MillraceError:
    """The gateway ended a watch before the final state."""
    message = f"the gateway ended the watch of {group_id} before the group's final state"
    return MillraceError(CallStatus("UNAVAILABLE", message))
