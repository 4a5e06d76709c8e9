"""Attempts of a worker without a scheduler: what it would send is put into a queue."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from queue import SimpleQueue
from typing import Any

from millrace._proto.workers.v1 import worker_service_pb2 as pb
from millrace.worker.executor import Executor
from millrace.worker.options import WorkerOptions
from millrace.worker.running import Running
from millrace.worker.turns import Turns

OPTIONS = WorkerOptions(
    address="127.0.0.1:1",
    queues=["documents"],
    pools=[],
    slots=2,
    guest_slots=0,
    token=lambda: None,
    tls=lambda: None,
    worker_id="test",
    version="",
    drain_seconds=0,
    refused_seconds=0,
    max_blocked_seconds=300,
    max_unacknowledged_bytes=1_000,
)


class Attempts:
    """Runs attempts of executors, by type, and takes what they send."""

    def __init__(self, executors: Mapping[str, Executor], loop: asyncio.AbstractEventLoop, calls: Any = None) -> None:
        self.sent: SimpleQueue[pb.WorkRequest] = SimpleQueue()
        self._turns = Turns("test", lambda: self.running.uplink.flush(), self._failed)
        self.running = Running(OPTIONS, executors, self._turns, calls, loop, lambda: None)
        self._turns.post(lambda: self.running.uplink.open(self.sent.put, OPTIONS.slots))
        self._turns.start()

    def assign(self, type_: str, **fields: Any) -> None:
        assignment = pb.Assignment(lease=pb.LeaseRef(job_id="j", fencing_token=1), type=type_, **fields)
        self._turns.post(lambda: self.running.assign([assignment]))

    def outcome(self) -> pb.AttemptOutcome:
        """Waits until the attempt has ended, and returns how."""
        while True:
            request = self.sent.get(timeout=20)
            if request.WhichOneof("message") == "settle":
                return request.settle.outcomes[0]

    def close(self) -> None:
        self._turns.post(self.running.close)
        self._turns.post(self._turns.end)

    def _failed(self, error: BaseException) -> None:
        raise error


@contextmanager
def attempts(calls: Any = None, /, **executors: Executor) -> Iterator[Attempts]:
    """Async executors need an event loop that runs: use `Attempts` with it."""
    loop = asyncio.new_event_loop()
    one = Attempts(executors, loop, calls)
    yield one
    one.close()
    loop.close()
