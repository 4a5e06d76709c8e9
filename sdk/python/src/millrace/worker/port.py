"""What an executor's context asks of the worker, in the same process or through a pipe."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol, TypeVar

from millrace._pool import Message, UnaryUnary
from millrace._proto.jobs.v1 import job_pb2
from millrace._proto.workers.v1 import worker_service_pb2 as pb
from millrace.worker.failures import AttemptStopped

Req = TypeVar("Req", bound=Message)
Res = TypeVar("Res", bound=Message)

_ATTEMPT_USAGE = {
    # The contract's limits for the usage of one attempt.
    "input_tokens": 1_000_000_000,
    "output_tokens": 1_000_000_000,
    "provider_calls": 1_000_000,
    "compute_ms": 1_000_000_000,
    "cached_input_tokens": 1_000_000_000,
    "reasoning_tokens": 1_000_000_000,
}


class Stop:
    """Whether an attempt must stop, and why. Any thread may ask; callbacks run in the thread that sets it."""

    def __init__(self) -> None:
        self.reason: str | None = None
        self._event = threading.Event()
        self._lock = threading.Lock()
        self._callbacks: list[Callable[[], object]] = []

    def set(self, reason: str) -> None:
        """Stops the attempt. Only the first reason counts."""
        with self._lock:
            if self.reason is not None:
                return
            self.reason = reason
            callbacks, self._callbacks = self._callbacks, []
        self._event.set()
        for callback in callbacks:
            callback()

    def on_stop(self, callback: Callable[[], object]) -> Callable[[], None]:
        """Calls `callback` once when the attempt must stop, or at once. Returns what takes it back."""
        with self._lock:
            if self.reason is None:
                self._callbacks.append(callback)
                return lambda: self._forget(callback)
        callback()
        return lambda: None

    def wait(self, seconds: float) -> bool:
        """Waits at most so long. True if the attempt must stop."""
        return self._event.wait(seconds)

    def check(self) -> None:
        """Raises AttemptStopped if the attempt must stop."""
        if self.reason is not None:
            raise AttemptStopped(f"the attempt must stop: {self.reason}")

    def _forget(self, callback: Callable[[], object]) -> None:
        with self._lock:
            if callback in self._callbacks:
                self._callbacks.remove(callback)


class Port(Protocol):
    """The way from an executor's context to the worker."""

    @property
    def stop(self) -> Stop: ...

    def write(self, text: str) -> None:
        """Writes output. Blocks while too much is unacknowledged."""

    def progress(self, done: int, total: int, message: str) -> None:
        """Reports progress. Blocks like `write`."""

    def call(self, method: UnaryUnary[Req, Res], request: Req) -> Res:
        """Makes a unary call, and repeats it while no scheduler can answer."""

    def download(self, request: pb.DownloadDocumentRequest) -> Iterator[pb.DownloadDocumentResponse]:
        """Downloads a document."""

    def store(self, header: pb.StoreDocumentHeader, content: bytes | Path) -> pb.StoreDocumentResponse:
        """Stores a document. The bytes, or the file at the path, are read again if the call is repeated."""

    def wait_for_children(self, children: int) -> None:
        """Notes that the attempt ends to wait for its children, whatever its executor does from now on."""


def add_usage(usage: job_pb2.Usage, **delta: float) -> None:
    """Adds the usage that an executor reports, up to the contract's limits.

    Executors often pass on what a model server reported. A wrong count must not cost the attempt, so values that are
    negative or not a number are ignored.
    """
    for name, more in delta.items():
        valid = round(min(more, _ATTEMPT_USAGE[name])) if more > 0 else 0
        setattr(usage, name, min(_ATTEMPT_USAGE[name], getattr(usage, name) + valid))
