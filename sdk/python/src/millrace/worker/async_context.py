"""What an async executor gets beside its payload."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from millrace._proto.workers.v1 import worker_service_pb2 as pb
from millrace.worker.children import Child, ChildResult, FanOutResult, Rule
from millrace.worker.context import Context, Facts
from millrace.worker.output import Output
from millrace.worker.port import Port
from millrace.worker.stored_document import StoredDocument

T = TypeVar("T")

InThread = Callable[[Callable[[], Any]], "asyncio.Future[Any]"]


class AsyncContext(Facts):
    """One attempt, as an async executor sees it.

    When the attempt must stop, its task is cancelled. Calls to the scheduler run in threads, so the loop goes on.
    """

    def __init__(
        self, assignment: pb.Assignment, port: Port, output: Output, changed: Callable[[], None], in_thread: InThread
    ) -> None:
        super().__init__(assignment, port)
        self._sync = Context(assignment, port)
        self._output = output
        self._changed = changed
        self._in_thread = in_thread
        # Calls that are started together run one after the other, in the order in which they were started.
        self._fan_out_turn = asyncio.Lock()
        self._checkpoint_turn = asyncio.Lock()

    async def write(self, text: str) -> None:
        """Sends text to the callers that watch the job. Waits while more than 1 MiB is unacknowledged."""
        self._output.write(text)
        await self._room()

    async def progress(self, done: int, total: int = 0, message: str = "") -> None:
        """Reports how many of `total` parts are done (0: not known). Of several unsent reports the last is sent."""
        self._output.progress(done, total, message)
        await self._room()

    async def fan_out(
        self,
        children: Sequence[Child] | Callable[[], Sequence[Child]],
        *,
        rule: Rule = "all",
        max_in_flight: int = 0,
        keep_siblings: bool = False,
    ) -> FanOutResult:
        """Hands jobs over to other workers, and returns what they gave: see Context.fan_out."""
        async with self._fan_out_turn:
            return await self._call(
                lambda: self._sync.fan_out(
                    children, rule=rule, max_in_flight=max_in_flight, keep_siblings=keep_siblings
                )
            )

    async def children(self) -> AsyncIterator[ChildResult]:
        """Reads what the children of the group gave whose finalizer the job is, in order."""
        async for child in self._each(self._sync.children()):
            yield child

    async def checkpoint(self, value: Any) -> None:
        """Stores a JSON value of at most 256 KiB in place of the one before. The next attempt gets it."""
        async with self._checkpoint_turn:
            await self._call(lambda: self._sync.checkpoint(value))

    async def read_document(self, document_id: str) -> AsyncIterator[bytes]:
        """Yields the content of one of `document_ids` in pieces of at most 64 KiB, from the scheduler."""
        async for piece in self._each(self._sync.read_document(document_id)):
            yield piece

    async def store_document(
        self, content: str | bytes | Path, *, name: str = "", content_type: str = ""
    ) -> StoredDocument:
        """Stores a text, bytes or a file under the API key of the job: see Context.store_document."""
        return await self._call(lambda: self._sync.store_document(content, name=name, content_type=content_type))

    async def _room(self) -> None:
        self._changed()
        loop = asyncio.get_running_loop()
        room: asyncio.Future[None] = loop.create_future()

        def settle(refusal: BaseException | None) -> None:
            if room.done():
                return
            if refusal is None:
                room.set_result(None)
            else:
                room.set_exception(refusal)

        if not self._output.when_room(lambda refusal: loop.call_soon_threadsafe(settle, refusal)):
            await room

    async def _call(self, run: Callable[[], T]) -> T:
        result: T = await self._in_thread(run)
        return result

    async def _each(self, source: Iterator[T]) -> AsyncIterator[T]:
        done = object()
        while True:
            item: Any = await self._in_thread(lambda: next(source, done))
            if item is done:
                return
            yield item
