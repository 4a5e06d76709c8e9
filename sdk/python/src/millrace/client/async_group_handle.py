"""The handle of a group, in an event loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import TYPE_CHECKING

import grpc

from millrace._proto.jobs.v1 import group_service_pb2 as pb
from millrace.client import operations
from millrace.client.async_connection import AsyncConnection
from millrace.client.group_handle import first_call, interrupted, joined
from millrace.client.groups import Group, GroupOptions, group_of
from millrace.client.jobs import NewJob, Submitted
from millrace.client.retrying import GIVE_UP_AFTER, Patience
from millrace.client.waiting import Waiting
from millrace.errors import MillraceError, error_of_call, is_cut
from millrace.worker.children import ChildResult

if TYPE_CHECKING:
    from millrace.client.async_client import AsyncClient


class AsyncGroupHandle:
    """Calls for one group."""

    def __init__(self, client: AsyncClient, connection: AsyncConnection, group_id: str) -> None:
        self._client = client
        self._connection = connection
        self.id = group_id

    async def submit(self, jobs: Iterable[NewJob], *, timeout: float | None = None) -> list[Submitted | MillraceError]:
        """Adds children. Returns what became of each, in order."""
        return await self._client.submit_many(joined(jobs, self.id), timeout=timeout)

    async def close(self, *, timeout: float | None = None) -> Group:
        """Says that no more jobs will join."""
        return await self._connection.ask(operations.close_group(self.id), timeout)

    async def get(self, *, timeout: float | None = None) -> Group:
        """Returns the group now."""
        return await self._connection.ask(operations.get_group(self.id), timeout)

    async def wait(self, *, timeout: float | None = None) -> Group:
        """Returns the group in its final state, whatever it is. Without a timeout (seconds) it waits for ever."""
        waiting = Waiting(f"group {self.id}", timeout)
        while True:
            seconds = waiting.next_call()
            error = None
            try:
                group = await self._connection.once(operations.get_group(self.id, seconds), seconds + 10)
                if group.finished:
                    return group
            except grpc.RpcError as failed:
                error = error_of_call(failed)
            await asyncio.sleep(waiting.pause(error))

    async def watch(self, *, give_up_after: float = GIVE_UP_AFTER) -> AsyncIterator[Group]:
        """Yields the group at once, after each change, and in its final state at the end."""
        patience = Patience(give_up_after)
        shown: Group | None = None
        while True:
            try:
                request = pb.WatchGroupRequest(group_id=self.id)
                async for response in self._connection.stream(pb.GroupService.WatchGroup, request):
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
            await asyncio.sleep(wait)

    async def children(self, *, timeout: float | None = None) -> AsyncIterator[ChildResult]:
        """Yields the children in order, with what they gave."""
        after, more = 0, True
        while more:
            children, more = await self._connection.ask(operations.group_children(self.id, after), timeout)
            for child in children:
                yield child
            after = children[-1].index if children else after

    async def cancel(self, *, reason: str = "", timeout: float | None = None) -> Group:
        """Cancels the group, its children and its finalizer."""
        return await self._connection.ask(operations.cancel_group(self.id, reason), timeout)


class AsyncCreatedGroup(AsyncGroupHandle):
    """The handle of a new group. `outcomes` says what became of each child, in order."""

    outcomes: list[Submitted | MillraceError]


async def create_group(
    client: AsyncClient,
    connection: AsyncConnection,
    jobs: list[NewJob],
    queue: str,
    close: bool,
    timeout: float | None,
    options: GroupOptions,
) -> AsyncCreatedGroup:
    """Makes the group with the children of the first call. The others join it."""
    first, request = first_call(jobs, queue, close, options)
    group, outcomes = await connection.ask(operations.create_group(request), timeout)
    handle = AsyncCreatedGroup(client, connection, group.id)
    if first < len(jobs):
        outcomes = [*outcomes, *await handle.submit(jobs[first:], timeout=timeout)]
        if close and all(isinstance(outcome, Submitted) for outcome in outcomes):
            await handle.close(timeout=timeout)
    handle.outcomes = outcomes
    return handle
