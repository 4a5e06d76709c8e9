"""The blocking connection to gateways."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

import grpc

from millrace import _pool
from millrace._channel import SPREAD, open_channel
from millrace._pool import Message
from millrace._trace import trace_context
from millrace.client.operations import Operation
from millrace.client.retrying import DEFAULT_TIMEOUT, Learned, Tries, TryAgain, closed, silent
from millrace.errors import error_of_call
from millrace.tls import Tls

Req = TypeVar("Req", bound=Message)
Res = TypeVar("Res", bound=Message)
T = TypeVar("T")


class Connection:
    """Makes calls with one API key, each at the next of its addresses. Threads may share it."""

    def __init__(self, address: str | Sequence[str], api_key: str, tls: Tls | None, timeout: float | None) -> None:
        addresses = [address] if isinstance(address, str) else list(address)
        if not addresses:
            raise ValueError("address is empty: name at least one host:port")
        self._channels = [open_channel(one, tls, SPREAD) for one in addresses]
        self._api_key = api_key
        self._turn = 0
        self._lock = threading.Lock()
        self._closed = False
        self.timeout = DEFAULT_TIMEOUT if timeout is None else timeout

    def ask(self, operation: Operation[Req, Res, T], timeout: float | None) -> T:
        """Makes a call, and repeats it as long as that is safe and may help."""
        return self.repeat(lambda left: self.once(operation, left), timeout, operation.repeatable, operation.learned)

    def repeat(
        self,
        attempt: Callable[[float], T],
        timeout: float | None,
        repeatable: bool = True,
        learned: Learned | None = None,
    ) -> T:
        """Repeats `attempt`, which gets the seconds that are left."""
        tries = Tries(self.timeout if timeout is None else timeout, repeatable, learned)
        while True:
            try:
                return attempt(tries.seconds_left)
            except grpc.RpcError as error:
                self._check()
                wait = tries.failed(error_of_call(error))
            except TryAgain as again:
                self._check()
                wait = tries.failed(again.error)
            time.sleep(wait)

    def once(self, operation: Operation[Req, Res, T], timeout: float) -> T:
        """Makes a call once. Raises grpc.RpcError.

        A call that is not safe to repeat waits for a connection: what has failed after that may have been stored.
        """
        method = operation.method
        call = self._next().unary_unary(method.path, method.serialize, method.parse)
        answer = call(
            operation.request,
            timeout=max(0.001, timeout),
            metadata=self._metadata(),
            wait_for_ready=not operation.repeatable,
        )
        return operation.read(answer)

    def stream(self, method: _pool.UnaryStream[Req, Res], request: Req, timeout: float | None = None) -> Iterator[Res]:
        """Makes a call with a stream of answers. Raises grpc.RpcError. Leaving the loop ends the call."""
        open_call = self._next().unary_stream(method.path, method.serialize, method.parse)
        call = open_call(request, timeout=timeout, metadata=self._metadata())
        yield from _to_the_end(call)

    def begin_stream(
        self, method: _pool.UnaryStream[Req, Res], request: Req, timeout: float | None, first_within: float
    ) -> tuple[Res | None, Iterator[Res]]:
        """Like `stream`, and waits for the first answer, at most `first_within` seconds. None: there is none."""
        open_call = self._next().unary_stream(method.path, method.serialize, method.parse)
        call = open_call(request, timeout=timeout, metadata=self._metadata())
        late = threading.Event()

        def give_up() -> None:
            late.set()
            call.cancel()

        timer = threading.Timer(max(0.001, first_within), give_up)
        timer.daemon = True
        timer.start()
        try:
            first = next(call, None)
        except grpc.RpcError as error:
            if late.is_set():
                raise silent(first_within) from error
            raise
        finally:
            timer.cancel()
        return first, _to_the_end(call)

    def upload(self, method: _pool.StreamUnary[Req, Res], requests: Iterable[Req], timeout: float) -> Res:
        """Makes a call with a stream of requests. Raises grpc.RpcError."""
        failures: list[BaseException] = []
        call = self._next().stream_unary(method.path, method.serialize, method.parse)
        try:
            answer: Res = call(
                _watched(requests, failures), timeout=timeout, metadata=self._metadata(), wait_for_ready=True
            )
            return answer
        except grpc.RpcError:
            # gRPC hides what the source raised.
            for failure in failures:
                raise failure from None
            raise

    def close(self) -> None:
        self._closed = True
        for channel in self._channels:
            channel.close()

    def _check(self) -> None:
        if self._closed:
            raise closed()

    def _next(self) -> grpc.Channel:
        self._check()
        with self._lock:
            self._turn = (self._turn + 1) % len(self._channels)
            return self._channels[self._turn]

    def _metadata(self) -> tuple[tuple[str, str], ...]:
        return (("authorization", f"Bearer {self._api_key}"), *trace_context().items())


def _to_the_end(call: Any) -> Iterator[Res]:
    try:
        yield from call
    finally:
        call.cancel()


def _watched(requests: Iterable[Req], failures: list[BaseException]) -> Iterator[Req]:
    try:
        yield from requests
    except Exception as error:
        failures.append(error)
        raise
