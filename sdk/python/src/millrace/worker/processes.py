"""Executors in processes of their own, for computations that hold Python's global lock.

A thread of the worker serves each process while it runs an attempt: it passes on what the executor writes and asks.
Processes are kept for the next attempt.
"""

from __future__ import annotations

import atexit
import multiprocessing
import threading
from collections.abc import Generator, Mapping
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

from millrace._pool import message_class
from millrace._proto.workers.v1 import worker_service_pb2 as pb
from millrace.worker import outcome as outcomes
from millrace.worker.attempt import Attempt
from millrace.worker.child import PROCESS_NAME, serve
from millrace.worker.executor import Executor
from millrace.worker.failures import JobFailure

_EXIT_SECONDS = 5.0


class Child:
    """One process, with a pipe for its executor and one for stops, which must not wait for the other."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.stops, their_stops = context.Pipe()
        self.process: BaseProcess = context.Process(target=serve, args=(theirs, their_stops), name=PROCESS_NAME)
        self.process.start()
        theirs.close()
        their_stops.close()

    def kill(self) -> None:
        self.process.kill()

    def close(self) -> None:
        """The process ends when its pipes are closed."""
        self.pipe.close()
        self.stops.close()


class Processes:
    """Processes for executors with ``run_in="process"``."""

    def __init__(self, executors: Mapping[str, Executor]) -> None:
        self._executors = executors
        self._lock = threading.Lock()
        self._idle: list[Child] = []
        self._busy: dict[Attempt, Child] = {}
        self._closed = False
        # The interpreter waits for processes at its exit. They may have children, so they are no daemons.
        atexit.register(self.close)

    def kill(self, attempt: Attempt) -> None:
        """Ends the process of an attempt, if it still runs."""
        child = self._busy.get(attempt)
        if child is not None:
            child.kill()

    def run(self, attempt: Attempt) -> pb.AttemptOutcome:
        """Runs an attempt in a process, and blocks until it has ended."""
        try:
            child = self._take_idle() or Child()
        except Exception as error:
            return outcomes.failed(JobFailure("EXECUTOR_FAILED", f"No process could be started: {error}"))
        with self._lock:
            self._busy[attempt] = child
            if self._closed:
                child.kill()
        try:
            forget = attempt.stop.on_stop(lambda: _tell(child.stops, attempt.stop.reason or ""))
            function = self._executors[attempt.assignment.type].function
            child.pipe.send((function, attempt.assignment.SerializeToString()))
            outcome = _served(child.pipe, attempt)
            forget()
        except (EOFError, OSError):
            child.process.join(_EXIT_SECONDS)
            code = child.process.exitcode
            child.close()
            return outcomes.failed(JobFailure("EXECUTOR_FAILED", f"The executor's process ended with code {code}."))
        except Exception as error:  # a function that cannot be pickled
            child.close()
            return outcomes.failed(JobFailure("EXECUTOR_FAILED", f"The executor cannot run in a process: {error}"))
        finally:
            self._busy.pop(attempt, None)
        with self._lock:
            if attempt.stop.reason is None and not self._closed:
                self._idle.append(child)
                return outcome
        # The next attempt must not get the stop of this one.
        child.close()
        return outcome

    def _take_idle(self) -> Child | None:
        """Returns a process that waits, but none that has ended meanwhile, for example because memory was short."""
        with self._lock:
            while self._idle:
                child = self._idle.pop()
                if child.process.is_alive():
                    return child
                child.close()
        return None

    def close(self) -> None:
        """Ends all processes."""
        atexit.unregister(self.close)
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
            busy = list(self._busy.values())
        for child in idle:
            child.close()
        for child in busy:
            child.kill()


def _tell(stops: Connection[Any, Any], reason: str) -> None:
    with suppress(OSError):  # the process has ended
        stops.send(reason)


def _served(pipe: Connection[Any, Any], attempt: Attempt) -> pb.AttemptOutcome:
    """Serves the executor in the process until it has ended."""
    downloads = _Downloads(attempt)
    try:
        while True:
            kind, *arguments = pipe.recv()
            if kind == "ended":
                return pb.AttemptOutcome.FromString(arguments[0])
            if kind == "given up":
                downloads.close(*arguments)
                continue
            try:
                answer = _answer(kind, arguments, attempt, downloads)
            except BaseException as error:
                pipe.send(("raised", error))
            else:
                pipe.send(("answer", answer))
    finally:
        downloads.close_all()


class _Downloads:
    """The documents that the executor reads. Each read has a number, because a document may be read more than once."""

    def __init__(self, attempt: Attempt) -> None:
        self._attempt = attempt
        self._open: dict[int, Generator[pb.DownloadDocumentResponse, None, None]] = {}

    def next(self, number: int, request: bytes) -> bytes | None:
        """Returns the next message of a read. None: there is no more."""
        if number not in self._open:
            self._open[number] = self._attempt.download(pb.DownloadDocumentRequest.FromString(request))
        response = next(self._open[number], None)
        return None if response is None else response.SerializeToString()

    def close(self, number: int) -> None:
        """Ends a read. One that has ended is closed too."""
        download = self._open.pop(number, None)
        if download is not None:
            download.close()

    def close_all(self) -> None:
        for number in list(self._open):
            self.close(number)


def _answer(kind: str, arguments: list[Any], attempt: Attempt, downloads: _Downloads) -> object:
    if kind == "write":
        attempt.write(*arguments)
    elif kind == "progress":
        attempt.progress(*arguments)
    elif kind == "wait":
        attempt.wait_for_children(*arguments)
    elif kind == "call":
        name, request = arguments
        method = getattr(pb.WorkerService, name)
        return attempt.call(method, message_class(method.request_name).FromString(request)).SerializeToString()
    elif kind == "download":
        return downloads.next(*arguments)
    elif kind == "store":
        header, content = arguments
        return attempt.store(pb.StoreDocumentHeader.FromString(header), content).SerializeToString()
    return None
