"""One assignment, from its arrival until the scheduler has acknowledged its outcome or taken the lease away."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from pathlib import Path
from typing import TypeVar

from millrace._pool import Message, UnaryUnary
from millrace._proto.workers.v1 import worker_service_pb2 as pb
from millrace.worker import outcome as outcomes
from millrace.worker.calls import LeaseLost, SchedulerCalls
from millrace.worker.failures import AttemptStopped, JobFailure
from millrace.worker.output import Output
from millrace.worker.port import Stop

Req = TypeVar("Req", bound=Message)
Res = TypeVar("Res", bound=Message)

LeaseKey = tuple[str, int]


def lease_key(lease: pb.LeaseRef) -> LeaseKey:
    """What identifies a lease."""
    return lease.job_id, lease.fencing_token


class Attempt:
    """An attempt of a job. Its fields belong to the core's thread; what executors use says so."""

    def __init__(
        self,
        assignment: pb.Assignment,
        calls: SchedulerCalls,
        max_unacknowledged_bytes: int,
        changed: Callable[[Attempt], None],
        lost: Callable[[Attempt], None],
    ) -> None:
        self.assignment = assignment
        self.key = lease_key(assignment.lease)
        self.output = Output(max_unacknowledged_bytes)
        self.stop = Stop()
        self.outcome: pb.AttemptOutcome | None = None
        """Never changes once it is set. It is sent when all output is acknowledged."""
        self.outcome_sent = False
        self.released = False
        """True once the lease is lost or settled. Nothing more is sent for it."""
        self.idle = True
        """True while no executor runs."""
        self.in_loop = False
        """True if its executor runs in the event loop."""
        self.started = False
        """True once the event loop has begun it."""
        self.in_process = False
        """True if its executor runs in a process of its own."""
        self._calls = calls
        self._changed = changed
        self._lost = lost
        self._waiting: int | None = None
        self._stopped = False

    @property
    def over(self) -> bool:
        """True once the slot is free: the executor has returned and nothing more is to be sent."""
        return self.idle and self.released

    @property
    def ready_to_settle(self) -> bool:
        return not self.released and not self.outcome_sent and self.outcome is not None and self.output.acknowledged

    def settle(self, outcome: pb.AttemptOutcome) -> None:
        """Sets the outcome. Only the first counts."""
        if self.outcome is None:
            outcome.lease.CopyFrom(self.assignment.lease)
            self.outcome = outcome

    def ended(self, outcome: pb.AttemptOutcome) -> None:
        """The executor has returned or raised. What ended the attempt before goes first, whatever the executor did."""
        self.idle = True
        if self._stopped:
            cut_short = outcomes.stopped()
        elif self._waiting is not None:
            cut_short = outcomes.waiting(self._waiting)
        else:
            self.settle(outcome)
            return
        cut_short.usage.CopyFrom(outcome.usage)
        self.settle(cut_short)

    def request_stop(self, reason: str) -> None:
        """Stops the attempt at the scheduler's request. One that has an outcome only waits to be stored."""
        if self.outcome is None:
            self._drop(reason)

    def hand_back(self, reason: str) -> None:
        """Hands the job back unfinished, without waiting for the executor to return."""
        if self.outcome is not None:
            return
        self._drop(reason)
        self.settle(outcomes.handed_back(reason) if self._waiting is None else outcomes.waiting(self._waiting))

    def lose(self) -> None:
        """Stops the attempt because its lease is lost, and drops everything that is not sent."""
        self.released = True
        self._drop("its lease was lost")

    def output_lost(self) -> None:
        """Fails the attempt because the store lost acknowledged output. Only another attempt can write it again."""
        self._drop("its output was lost")
        self.settle(outcomes.failed(JobFailure("OUTPUT_GONE", "Output that was stored is gone from the store.")))

    def _drop(self, reason: str) -> None:
        self._stopped = True
        self.output.close(AttemptStopped(f"the attempt must stop: {reason}"))
        self.stop.set(reason)

    # The port of the attempt, for the executor's threads.

    def write(self, text: str) -> None:
        self.output.write(text)
        self._room()

    def progress(self, done: int, total: int, message: str) -> None:
        self.output.progress(done, total, message)
        self._room()

    def call(self, method: UnaryUnary[Req, Res], request: Req) -> Res:
        try:
            return self._calls.call(method, request, self.stop)
        except LeaseLost as error:
            self._lost(self)
            raise AttemptStopped("the attempt must stop: its lease was lost") from error

    def download(self, request: pb.DownloadDocumentRequest) -> Generator[pb.DownloadDocumentResponse, None, None]:
        try:
            yield from self._calls.download(request, self.stop)
        except LeaseLost as error:
            self._lost(self)
            raise AttemptStopped("the attempt must stop: its lease was lost") from error

    def store(self, header: pb.StoreDocumentHeader, content: bytes | Path) -> pb.StoreDocumentResponse:
        try:
            return self._calls.store(header, content, self.stop)
        except LeaseLost as error:
            self._lost(self)
            raise AttemptStopped("the attempt must stop: its lease was lost") from error

    def wait_for_children(self, children: int) -> None:
        self._waiting = children

    def notice(self) -> None:
        """Tells the core that there is something to send."""
        self._changed(self)

    def _room(self) -> None:
        self._changed(self)
        woken = threading.Event()
        refusals: list[BaseException] = []

        def wake(refusal: BaseException | None) -> None:
            if refusal is not None:
                refusals.append(refusal)
            woken.set()

        if self.output.when_room(wake):
            return
        woken.wait()
        for refusal in refusals:
            raise refusal
