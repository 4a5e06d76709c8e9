"""Sends what a worker reports about its attempts: output, outcomes and free slots.

Everything that is ready in one turn of the core goes into one message. It is sent at once if the previous message of
its kind is answered, and otherwise when the answer comes. So a single chunk does not wait, and messages grow with the
load. At most one message of each kind is under way, which is the back-pressure for a slow scheduler.
"""

from __future__ import annotations

from collections.abc import Callable

from millrace._proto.workers.v1 import worker_service_pb2 as pb
from millrace.worker.attempt import Attempt

_MESSAGE_BYTES = 1024 * 1024
"""The size of one message, well below gRPC's 4 MiB."""
_MESSAGE_ITEMS = 1_000
_TURN_BYTES = 128 * 1024
"""The most output of one attempt at a turn, so that one that writes very much leaves room for the others."""

Send = Callable[[pb.WorkRequest], None]


class Uplink:
    """The sending side of the stream that is open. It belongs to the core's thread."""

    def __init__(self, free_slots: Callable[[], int]) -> None:
        self._free_slots = free_slots
        self._writing: dict[Attempt, None] = {}
        self._ending: dict[Attempt, None] = {}
        self._send: Send | None = None
        self._output_unanswered = 0
        self._settle_unanswered = 0
        self._offered = 0  # slots that the worker has offered and the scheduler has not filled

    def open(self, send: Send, offered: int) -> None:
        """Starts on a stream that has been welcomed. Its hello offered `offered` free slots."""
        self._send = send
        self._offered = offered
        self._output_unanswered = self._settle_unanswered = 0

    def close(self) -> None:
        """Stops at the end of the stream. Unanswered messages are sent again once their attempt changes."""
        self._send = None

    def changed(self, attempt: Attempt) -> None:
        """Notes that the attempt may have something to send."""
        if attempt.output.has_unsent:
            self._writing[attempt] = None
        if attempt.ready_to_settle:
            self._ending[attempt] = None

    def slots_filled(self, count: int) -> None:
        self._offered = max(0, self._offered - count)

    def output_answered(self, count: int) -> None:
        self._output_unanswered = max(0, self._output_unanswered - count)

    def settle_answered(self, count: int) -> None:
        self._settle_unanswered = max(0, self._settle_unanswered - count)

    def flush(self) -> None:
        """Sends what is ready. Credit goes first, so that the scheduler assigns jobs while others are settled."""
        send = self._send
        if send is None:
            return
        more = self._free_slots() - self._offered
        if more > 0:
            self._offered += more
            send(pb.WorkRequest(credit=pb.Credit(slots=more)))
        if self._settle_unanswered == 0 and self._ending:
            outcomes = self._take_outcomes()
            self._settle_unanswered = len(outcomes)
            if outcomes:
                send(pb.WorkRequest(settle=pb.SettleAttempts(outcomes=outcomes)))
        if self._output_unanswered == 0 and self._writing:
            output = self._take_output()
            self._output_unanswered = len(output)
            if output:
                send(pb.WorkRequest(output=pb.AppendOutput(attempts=output)))

    def _take_outcomes(self) -> list[pb.AttemptOutcome]:
        outcomes: list[pb.AttemptOutcome] = []
        room = _MESSAGE_BYTES
        for attempt in list(self._ending):
            if len(outcomes) == _MESSAGE_ITEMS or room <= 0:
                break
            del self._ending[attempt]
            if not attempt.ready_to_settle or attempt.outcome is None:
                continue
            attempt.outcome_sent = True
            outcomes.append(attempt.outcome)
            room -= attempt.outcome.ByteSize()
        return outcomes

    def _take_output(self) -> list[pb.AttemptOutput]:
        """Takes output in turns. An attempt that has more comes again after the others."""
        output: list[pb.AttemptOutput] = []
        room = _MESSAGE_BYTES
        for attempt in list(self._writing):
            if len(output) == _MESSAGE_ITEMS or room <= 0:
                break
            del self._writing[attempt]
            taken = None if attempt.released else attempt.output.take(_TURN_BYTES)
            if taken is None:
                continue
            first, chunks, size = taken
            output.append(pb.AttemptOutput(lease=attempt.assignment.lease, first_sequence=first, chunks=chunks))
            room -= size
            if attempt.output.has_unsent:
                self._writing[attempt] = None
        return output
