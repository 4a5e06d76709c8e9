"""The process of an executor: runs attempts one after the other, and asks the worker for all that they need."""

from __future__ import annotations

import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator
from itertools import count
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, TypeVar, cast

from millrace._pool import Message, UnaryUnary
from millrace._proto.workers.v1 import worker_service_pb2 as pb
from millrace.worker.context import Context
from millrace.worker.executor import Executor
from millrace.worker.port import Stop

Req = TypeVar("Req", bound=Message)
Res = TypeVar("Res", bound=Message)


PROCESS_NAME = "millrace-executor"


class _PipePort:
    """The port of an attempt in another process."""

    def __init__(self, pipe: Connection[Any, Any]) -> None:
        self.stop = Stop()
        self._pipe = pipe
        self._lock = threading.Lock()
        self._numbers = count()
        self._given_up: deque[int] = deque()

    def write(self, text: str) -> None:
        self._ask("write", text)

    def progress(self, done: int, total: int, message: str) -> None:
        self._ask("progress", done, total, message)

    def call(self, method: UnaryUnary[Req, Res], request: Req) -> Res:
        name = method.path.rsplit("/", 1)[-1]
        return method.parse(cast(bytes, self._ask("call", name, method.serialize(request))))

    def download(self, request: pb.DownloadDocumentRequest) -> Iterator[pb.DownloadDocumentResponse]:
        number, data = next(self._numbers), request.SerializeToString()
        try:
            while (response := self._ask("download", number, data)) is not None:
                yield pb.DownloadDocumentResponse.FromString(cast(bytes, response))
        finally:
            # The garbage collector may come here while this thread asks, so the next question tells the worker.
            self._given_up.append(number)

    def store(self, header: pb.StoreDocumentHeader, content: bytes | Path) -> pb.StoreDocumentResponse:
        answer = self._ask("store", header.SerializeToString(), content)
        return pb.StoreDocumentResponse.FromString(cast(bytes, answer))

    def wait_for_children(self, children: int) -> None:
        self._ask("wait", children)

    def _ask(self, *question: object) -> object:
        """Threads of an executor may ask at the same time. Each gets the answer to its own question."""
        with self._lock:
            self.stop.check()
            while self._given_up:
                self._pipe.send(("given up", self._given_up.popleft()))
            self._pipe.send(question)
            kind, answer = self._pipe.recv()
        if kind == "raised":
            raise answer
        return cast(object, answer)


class _Stops:
    """Passes a stop on to the attempt that runs. When the worker has gone, the process ends.

    A process whose attempt was told to stop gets no other, so a stop holds for good.
    """

    def __init__(self, stops: Connection[Any, Any]) -> None:
        self._stops = stops
        self._lock = threading.Lock()
        self._reason: str | None = None
        self._current: Stop | None = None
        threading.Thread(target=self._listen, name="millrace-stops", daemon=True).start()

    def apply_to(self, stop: Stop) -> None:
        with self._lock:
            self._current = stop
            if self._reason is not None:
                stop.set(self._reason)

    def _listen(self) -> None:
        while True:
            try:
                reason = self._stops.recv()
            except (EOFError, OSError):
                os._exit(0)
            with self._lock:
                self._reason = reason
                if self._current is not None:
                    self._current.set(reason)


def serve(pipe: Connection[Any, Any], stops: Connection[Any, Any]) -> None:
    """The main function of the process."""
    # The worker decides when its executors stop. A terminal sends Ctrl-C to all of its processes.
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, signal.SIG_IGN)
    told = _Stops(stops)
    executors: dict[Callable[..., Any], Executor] = {}
    while True:
        try:
            function, data = pipe.recv()
        except (EOFError, OSError):
            return
        executor = executors.setdefault(function, Executor(function, "process"))
        assignment = pb.Assignment.FromString(data)
        port = _PipePort(pipe)
        told.apply_to(port.stop)
        outcome = executor.run(assignment, Context(assignment, port))
        pipe.send(("ended", outcome.SerializeToString()))
