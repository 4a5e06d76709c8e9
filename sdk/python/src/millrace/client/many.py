"""Submits many jobs in calls of a bounded size, and again those for which that is safe and may help."""

from __future__ import annotations

import time

from millrace._proto.jobs.v1 import job_pb2
from millrace._proto.jobs.v1 import job_service_pb2 as pb
from millrace._status import CallStatus
from millrace.client import operations
from millrace.client.jobs import Submitted
from millrace.client.operations import Operation
from millrace.client.retrying import Backoff
from millrace.errors import MillraceError, of_submission

Call = Operation[pb.SubmitJobsRequest, pb.SubmitJobsResponse, list[Submitted | MillraceError]]


class Many:
    """The calls of one `submit_many`."""

    def __init__(self, specs: list[job_pb2.JobSpec], timeout: float) -> None:
        self._specs = specs
        self._until = time.monotonic() + timeout
        self._open = list(range(len(specs)))
        self._sent: list[int] = []
        self._outcomes: dict[int, Submitted | MillraceError] = {}
        self._backoff = Backoff()
        self._pause = 0.0

    @property
    def seconds_left(self) -> float:
        return self._until - time.monotonic()

    @property
    def outcomes(self) -> list[Submitted | MillraceError]:
        """What became of each job, in order."""
        return [self._outcomes[at] for at in range(len(self._specs))]

    def next_call(self) -> Call | None:
        """The next call. None: each job has an outcome."""
        if self._open and self.seconds_left <= 0:
            late = MillraceError(CallStatus("DEADLINE_EXCEEDED", "the job was not submitted before the timeout"))
            for at in self._open:
                self._outcomes.setdefault(at, late)
            self._open = []
        if not self._open:
            return None
        batch = next(operations.batches([self._specs[at] for at in self._open]))
        self._sent, self._open = self._open[: len(batch)], self._open[len(batch) :]
        return operations.submit_jobs(batch)

    def answered(self, outcomes: list[Submitted | MillraceError]) -> None:
        """The gateway answered to each job of the call."""
        for at, outcome in zip(self._sent, outcomes, strict=True):
            if isinstance(outcome, MillraceError) and outcome.code == "UNAVAILABLE":
                self._again(at, outcome)
            else:
                self._outcomes[at] = outcome

    def failed(self, error: MillraceError) -> None:
        """The call failed as a whole."""
        for at in self._sent:
            if error.code == "UNAVAILABLE":
                self._again(at, error)
            else:
                self._outcomes[at] = of_submission(error, self._has_key(at))

    def pause(self) -> float:
        """How long to wait before the next call."""
        pause, self._pause = self._pause, 0.0
        return pause

    def _again(self, at: int, error: MillraceError) -> None:
        if not self._has_key(at) and error.reason != "DRAINING":
            self._outcomes[at] = of_submission(error, False)
            return
        self._pause = self._pause or self._backoff.seconds(error)
        if self._pause >= self.seconds_left:
            self._outcomes[at] = error
        else:
            self._open.append(at)

    def _has_key(self, at: int) -> bool:
        return self._specs[at].idempotency_key != ""
