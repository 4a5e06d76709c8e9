"""The unary calls of a worker's attempts, on a connection of their own.

All of them are safe to repeat, at any scheduler, because leases are in the store. A call is repeated until it
succeeds while no scheduler can answer it.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import grpc

from millrace._channel import SPREAD, open_channel
from millrace._pool import Message, UnaryUnary
from millrace._proto.workers.v1 import worker_service_pb2 as pb
from millrace._status import CallStatus, status_of_error
from millrace.client.documents import pieces
from millrace.tls import Tls
from millrace.worker.failures import AttemptStopped, JobFailure
from millrace.worker.port import Stop

Req = TypeVar("Req", bound=Message)
Res = TypeVar("Res", bound=Message)

_CALL_SECONDS = 30.0
"""A scheduler that is silent for so long is given up, and the call is made again."""
_FULL_SECONDS = 30.0
"""How long a call is repeated that a full queue or a refused token stops: the attempt keeps its slot meanwhile."""
_FIRST_WAIT, _LONGEST_WAIT = 0.2, 5.0
_PASSING = {"UNAVAILABLE", "DEADLINE_EXCEEDED"}
_SLOWLY_PASSING = {"RESOURCE_EXHAUSTED", "UNAUTHENTICATED"}
_BROKEN = {"CANCELLED", "UNKNOWN", "INTERNAL"}
"""What a broken connection may cause. With a reason it comes from a scheduler, and does not pass."""
_LASTING = {"INVALID_ARGUMENT", "PERMISSION_DENIED", "NOT_FOUND", "FAILED_PRECONDITION"}
"""What another attempt would get too."""


class LeaseLost(Exception):
    """A scheduler answered that the attempt's lease is lost."""


class SchedulerCalls:
    """Makes unary calls to schedulers. Threads share it."""

    def __init__(self, address: str, token: Callable[[], str | None], tls: Callable[[], Tls | None]) -> None:
        self._address = address
        self._token = token
        self._tls = tls
        self._lock = threading.Lock()
        self._channel: grpc.Channel | None = None
        self._channel_tls: Tls | None = None

    def call(self, method: UnaryUnary[Req, Res], request: Req, stop: Stop) -> Res:
        """Makes a call. Raises AttemptStopped, LeaseLost, or JobFailure with the scheduler's reason."""
        return self._repeat(lambda: self._once(method, request, stop), stop)

    def store(self, header: pb.StoreDocumentHeader, content: bytes | Path, stop: Stop) -> pb.StoreDocumentResponse:
        """Stores a document. Raises as `call` does."""
        method = pb.WorkerService.StoreDocument

        def once() -> pb.StoreDocumentResponse:
            stream = self._open().stream_unary(method.path, method.serialize, method.parse)
            call = stream.future(store_parts(header, content), metadata=self._metadata())
            answer: pb.StoreDocumentResponse = self._result(call, stop)
            return answer

        return self._repeat(once, stop)

    def _repeat(self, once: Callable[[], Res], stop: Stop) -> Res:
        wait = _FIRST_WAIT
        full_since: float | None = None
        while True:
            stop.check()
            try:
                return once()
            except grpc.RpcError as error:
                stop.check()
                status = status_of_error(error)
                passes = status.code in _PASSING
                if not passes and (
                    status.code in _SLOWLY_PASSING or (status.reason is None and status.code in _BROKEN)
                ):
                    full_since = full_since or time.monotonic()
                    passes = time.monotonic() - full_since < _FULL_SECONDS
                if not passes:
                    raise refusal_of(status) from error
                stop.wait(status.retry_after or wait * random.uniform(0.5, 1))
                wait = min(_LONGEST_WAIT, wait * 2)

    def download(self, request: pb.DownloadDocumentRequest, stop: Stop) -> Iterator[pb.DownloadDocumentResponse]:
        """Downloads a document. It is not repeated."""
        method = pb.WorkerService.DownloadDocument
        stop.check()
        call = self._open().unary_stream(method.path, method.serialize, method.parse)(
            request, metadata=self._metadata()
        )
        forget = stop.on_stop(call.cancel)
        try:
            yield from call
        except grpc.RpcError as error:
            stop.check()
            raise refusal_of(status_of_error(error)) from error
        finally:
            forget()
            call.cancel()

    def close(self) -> None:
        with self._lock:
            if self._channel is not None:
                self._channel.close()
            self._channel = None

    def _once(self, method: UnaryUnary[Req, Res], request: Req, stop: Stop) -> Res:
        unary = self._open().unary_unary(method.path, method.serialize, method.parse)
        answer: Res = self._result(unary.future(request, timeout=_CALL_SECONDS, metadata=self._metadata()), stop)
        return answer

    def _result(self, call: Any, stop: Stop) -> Any:
        forget = stop.on_stop(call.cancel)
        try:
            return call.result()
        except grpc.FutureCancelledError:
            stop.check()
            raise AttemptStopped("the call was cancelled") from None
        finally:
            forget()

    def _metadata(self) -> tuple[tuple[str, str], ...]:
        token = self._token()
        return (("authorization", f"Bearer {token}"),) if token else ()

    def _open(self) -> grpc.Channel:
        """Opens the channel at the first call, and again when the certificates are others."""
        tls = self._tls()
        with self._lock:
            if self._channel is None or tls != self._channel_tls:
                if self._channel is not None:
                    self._channel.close()
                self._channel = open_channel(self._address, tls, SPREAD)
                self._channel_tls = tls
            return self._channel


def store_parts(header: pb.StoreDocumentHeader, content: bytes | Path) -> Iterator[pb.StoreDocumentRequest]:
    """Yields the messages of a document. Without the last one the scheduler stores nothing."""
    yield pb.StoreDocumentRequest(header=header)
    for piece in pieces(content):
        yield pb.StoreDocumentRequest(content=piece)
    yield pb.StoreDocumentRequest(end=pb.StoreDocumentEnd())


def refusal_of(status: CallStatus) -> Exception:
    """How an attempt fails whose executor does not handle a refused call."""
    if status.code == "ABORTED":
        return LeaseLost(status.message)
    return JobFailure(
        status.reason or "SCHEDULER_REFUSED",
        status.message,
        retryable=status.code not in _LASTING,
        retry_after=status.retry_after,
    )
