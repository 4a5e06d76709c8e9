"""The asyncio connection to gateways."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from typing import Any, TypeVar, cast

import grpc
import grpc.aio

from millrace import _pool
from millrace._channel import SPREAD
from millrace._pool import Message
from millrace._trace import trace_context
from millrace.client.operations import Operation
from millrace.client.retrying import DEFAULT_TIMEOUT, Learned, Tries, TryAgain, closed, silent
from millrace.errors import error_of_call
from millrace.tls import Tls

Req = TypeVar("Req", bound=Message)
Res = TypeVar("Res", bound=Message)
T = TypeVar("T")


class AsyncConnection:
    """Makes calls with one API key, each at the next of its addresses. It belongs to one event loop."""

    def __init__(self, address: str | Sequence[str], api_key: str, tls: Tls | None, timeout: float | None) -> None:
        self._addresses = [address] if isinstance(address, str) else list(address)
        if not self._addresses:
            raise ValueError("address is empty: name at least one host:port")
        self._tls = tls
        self._channels: list[grpc.aio.Channel] = []
        self._api_key = api_key
        self._turn = 0
        self._closed = False
        self.timeout = DEFAULT_TIMEOUT if timeout is None else timeout

    async def ask(self, operation: Operation[Req, Res, T], timeout: float | None) -> T:
        """Makes a call, and repeats it as long as that is safe and may help."""
        return await self.repeat(
            lambda left: self.once(operation, left), timeout, operation.repeatable, operation.learned
        )

    async def repeat(
        self,
        attempt: Callable[[float], Awaitable[T]],
        timeout: float | None,
        repeatable: bool = True,
        learned: Learned | None = None,
    ) -> T:
        """Repeats `attempt`, which gets the seconds that are left."""
        tries = Tries(self.timeout if timeout is None else timeout, repeatable, learned)
        while True:
            try:
                return await attempt(tries.seconds_left)
            except grpc.RpcError as error:
                self._check()
                wait = tries.failed(error_of_call(error))
            except TryAgain as again:
                self._check()
                wait = tries.failed(again.error)
            await asyncio.sleep(wait)

    async def once(self, operation: Operation[Req, Res, T], timeout: float) -> T:
        """Makes a call once. Raises grpc.RpcError.

        A call that is not safe to repeat waits for a connection: what has failed after that may have been stored.
        """
        method = operation.method
        call = self._next().unary_unary(method.path, method.serialize, method.parse)
        answer = await call(
            operation.request,
            timeout=max(0.001, timeout),
            metadata=self._metadata(),
            wait_for_ready=not operation.repeatable,
        )
        return operation.read(answer)

    async def stream(
        self, method: _pool.UnaryStream[Req, Res], request: Req, timeout: float | None = None
    ) -> AsyncIterator[Res]:
        """Makes a call with a stream of answers. Raises grpc.RpcError. Leaving the loop ends the call."""
        open_call = self._next().unary_stream(method.path, method.serialize, method.parse)
        call = open_call(request, timeout=timeout, metadata=self._metadata())
        try:
            async for answer in call:
                yield answer
        finally:
            call.cancel()

    async def begin_stream(
        self, method: _pool.UnaryStream[Req, Res], request: Req, timeout: float | None, first_within: float
    ) -> tuple[Res | None, AsyncIterator[Res]]:
        """Like `stream`, and waits for the first answer, at most `first_within` seconds. None: there is none."""
        answers = self.stream(method, request, timeout)
        try:
            return await asyncio.wait_for(anext(answers, None), first_within), answers
        except asyncio.TimeoutError as error:
            raise silent(first_within) from error

    async def upload(self, method: _pool.StreamUnary[Req, Res], requests: Iterable[Req], timeout: float) -> Res:
        """Makes a call with a stream of requests. Raises grpc.RpcError."""
        open_call = self._next().stream_unary(method.path, method.serialize, method.parse)
        call = open_call(timeout=timeout, metadata=self._metadata(), wait_for_ready=True)
        source = iter(requests)
        done = object()
        try:
            # The source may read files, so it runs in a thread.
            while (part := await asyncio.to_thread(next, source, done)) is not done:
                await call.write(cast(Req, part))
            await call.done_writing()
        except asyncio.InvalidStateError:
            pass  # the call has ended, and says why below
        except BaseException:
            call.cancel()
            raise
        return await call

    async def close(self) -> None:
        self._closed = True
        for channel in self._channels:
            await channel.close()

    def _check(self) -> None:
        if self._closed:
            raise closed()

    def _next(self) -> grpc.aio.Channel:
        """The channels are opened at the first call, in the loop of that call."""
        self._check()
        if not self._channels:
            options: Any = SPREAD
            self._channels = [
                grpc.aio.insecure_channel(one, options)
                if self._tls is None
                else grpc.aio.secure_channel(one, self._tls.credentials(), options)
                for one in self._addresses
            ]
        self._turn = (self._turn + 1) % len(self._channels)
        return self._channels[self._turn]

    def _metadata(self) -> tuple[tuple[str, str], ...]:
        return (("authorization", f"Bearer {self._api_key}"), *trace_context().items())
