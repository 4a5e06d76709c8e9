"""The attempts of a worker. Each holds its slot until it is settled or lost."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Iterable, Mapping
from functools import partial

from millrace._limits import LEASES
from millrace._proto.workers.v1 import worker_service_pb2 as pb
from millrace.worker import outcome as outcomes
from millrace.worker.async_context import AsyncContext
from millrace.worker.attempt import Attempt, LeaseKey, lease_key
from millrace.worker.calls import SchedulerCalls
from millrace.worker.context import Context
from millrace.worker.executor import Executor
from millrace.worker.interrupt import interruptible
from millrace.worker.options import WorkerOptions
from millrace.worker.processes import Processes
from millrace.worker.threads import Threads
from millrace.worker.turns import Turns
from millrace.worker.uplink import Uplink

log = logging.getLogger("millrace.worker")

_RETRY_SECONDS = 0.25
"""When the store is away, output or an outcome is sent again after this time, less up to a half."""
_UNKNOWN_TYPE_SECONDS = 1.0
"""A job without an executor keeps its slot so long. Otherwise it would come and go in a loop."""


class Running:
    """Assigns attempts to executors. It belongs to the core's thread."""

    def __init__(
        self,
        options: WorkerOptions,
        executors: Mapping[str, Executor],
        turns: Turns,
        calls: SchedulerCalls,
        loop: asyncio.AbstractEventLoop,
        on_over: Callable[[], None],
    ) -> None:
        self._options = options
        self._executors = executors
        self._turns = turns
        self._calls = calls
        self._loop = loop
        self._on_over = on_over
        self._threads = Threads("millrace-executor")
        self._processes = Processes(executors)
        self._attempts: dict[LeaseKey, Attempt] = {}
        self._running = 0  # attempts whose executor has not returned
        self._takes_no_more = False
        self.stop_grace_seconds = 10.0
        self.uplink = Uplink(self.free_slots)

    @property
    def all(self) -> list[Attempt]:
        return list(self._attempts.values())

    @property
    def has_async_executors(self) -> bool:
        return any(executor.is_async for executor in self._executors.values())

    @property
    def leases(self) -> list[pb.LeaseRef]:
        return [attempt.assignment.lease for attempt in self._attempts.values() if not attempt.released]

    def take_no_more(self) -> None:
        self._takes_no_more = True

    def free_slots(self, guests: int = 0) -> int:
        """How many slots are free. Attempts that are not settled take memory, so they are bounded too."""
        if self._takes_no_more:
            return 0
        slots = self._options.slots + guests
        unsettled = min(2 * slots, LEASES) - len(self._attempts)
        return max(0, min(slots - self._running, unsettled))

    def find(self, lease: pb.LeaseRef) -> Attempt | None:
        attempt = self._attempts.get(lease_key(lease))
        return None if attempt is None or attempt.released else attempt

    def assign(self, assignments: Iterable[pb.Assignment]) -> None:
        started: list[tuple[Attempt, Executor]] = []
        for assignment in assignments:
            if lease_key(assignment.lease) in self._attempts:
                continue
            crowded = self.free_slots(self._options.guest_slots) == 0
            attempt = Attempt(
                assignment,
                self._calls,
                self._options.max_unacknowledged_bytes,
                lambda attempt: self._turns.post(partial(self.changed, attempt)),
                lambda attempt: self._turns.post(partial(self.lose, attempt)),
            )
            self._attempts[attempt.key] = attempt
            executor = self._executors.get(assignment.type)
            if crowded:
                attempt.hand_back("the worker has no free slot")
                self.changed(attempt)
            elif executor is None:
                self._hand_back_later(attempt)
            else:
                self._running += 1
                attempt.idle = False
                attempt.in_process = executor.run_in == "process"
                if executor.is_async:
                    attempt.in_loop = True
                    started.append((attempt, executor))
                else:
                    self._threads.submit(partial(self._run_in_thread, attempt, executor))
        if started:
            self._loop.call_soon_threadsafe(self._start_in_loop, started)

    def resume(self, status: pb.LeaseStatus) -> None:
        """Applies what the scheduler of a new stream reports about a lease that this worker has presented."""
        attempt = self.find(status.lease)
        if attempt is None:
            return
        if not status.held:
            self.lose(attempt)
            return
        attempt.outcome_sent = False
        if not attempt.output.rewind(status.next_sequence):
            attempt.output_lost()
        if status.cancel_requested:
            self.stop(attempt, "cancelled")
        self.changed(attempt)

    def stop(self, attempt: Attempt, reason: str) -> None:
        attempt.request_stop(reason)
        self._kill_later(attempt)

    def lose(self, attempt: Attempt) -> None:
        attempt.lose()
        self._kill_later(attempt)
        self.changed(attempt)

    def hand_back(self, attempt: Attempt, reason: str) -> None:
        attempt.hand_back(reason)
        self._kill_later(attempt)
        self.changed(attempt)

    def hand_back_all(self, reason: str) -> None:
        for attempt in self.all:
            self.hand_back(attempt, reason)

    def output_answered(self, ack: pb.OutputAck) -> None:
        """Applies the scheduler's answer to output of an attempt."""
        attempt = self.find(ack.lease)
        if attempt is None:
            return
        if ack.status == pb.WRITE_STATUS_STORED:
            attempt.output.stored(ack.next_sequence)
        elif ack.status == pb.WRITE_STATUS_GAP:
            if not attempt.output.rewind(ack.next_sequence):
                attempt.output_lost()
        elif ack.status == pb.WRITE_STATUS_FULL:
            attempt.output.full()
        elif ack.status == pb.WRITE_STATUS_LEASE_LOST:
            self.lose(attempt)
        else:
            self._again(attempt, attempt.output.resend)
        self.changed(attempt)

    def settle_answered(self, ack: pb.SettleAck) -> None:
        """Applies the scheduler's answer to the outcome of an attempt."""
        attempt = self.find(ack.lease)
        if attempt is None:
            return
        if ack.status == pb.WRITE_STATUS_STORED:
            attempt.released = True
            self.changed(attempt)
        elif ack.status == pb.WRITE_STATUS_LEASE_LOST:
            self.lose(attempt)
        else:
            self._again(attempt, partial(setattr, attempt, "outcome_sent", False))

    def changed(self, attempt: Attempt) -> None:
        self.uplink.changed(attempt)
        if attempt.over and self._attempts.pop(attempt.key, None) is not None:
            self._on_over()

    def close(self) -> None:
        """Stops all attempts. Their executors must not wait for room or answers that will never come."""
        for attempt in self.all:
            attempt.lose()
        self._threads.close()
        self._processes.close()

    def _again(self, attempt: Attempt, act: Callable[[], None]) -> None:
        def run() -> None:
            act()
            self.changed(attempt)

        self._turns.after(_RETRY_SECONDS * random.uniform(0.5, 1), run)

    def _hand_back_later(self, attempt: Attempt) -> None:
        """Hands back a job without an executor. Only a scheduler that does not know the worker's types assigns one."""
        log.warning("job %s was handed back: no executor for type %r", attempt.key[0], attempt.assignment.type)
        self._running += 1

        def hand_back() -> None:
            self._running -= 1
            attempt.hand_back("the worker has no executor for its type")
            self.changed(attempt)

        self._turns.after(_UNKNOWN_TYPE_SECONDS, hand_back)

    def _kill_later(self, attempt: Attempt) -> None:
        """Ends the process of an executor that does not return after its attempt was stopped."""
        if attempt.in_process and not attempt.idle:
            self._turns.after(self.stop_grace_seconds / 2, partial(self._processes.kill, attempt))

    def _run_in_thread(self, attempt: Attempt, executor: Executor) -> None:
        try:
            if executor.run_in == "process":
                outcome = self._processes.run(attempt)
            else:
                run = partial(executor.run, attempt.assignment, Context(attempt.assignment, attempt))
                outcome = interruptible(attempt.stop, run, outcomes.stopped) if executor.interrupt else run()
        except BaseException as error:
            outcome = self._faulty(attempt, error)
        self._turns.post(partial(self._ended, attempt, outcome))

    def _start_in_loop(self, started: list[tuple[Attempt, Executor]]) -> None:
        for attempt, executor in started:
            task = self._loop.create_task(self._run_in_loop(attempt, executor))
            task.add_done_callback(partial(self._task_done, attempt))
            attempt.stop.on_stop(partial(self._cancel, task))

    def _task_done(self, attempt: Attempt, task: asyncio.Task[pb.AttemptOutcome]) -> None:
        # A task that is cancelled before its first step never runs, and has no outcome.
        if task.cancelled():
            outcome = outcomes.stopped()
        elif (error := task.exception()) is not None:
            outcome = self._faulty(attempt, error)
        else:
            outcome = task.result()
        self._turns.post(partial(self._ended, attempt, outcome))

    def _faulty(self, attempt: Attempt, error: BaseException) -> pb.AttemptOutcome:
        """The outcome if the SDK itself fails. An attempt whose end is not reported would keep its lease and slot."""
        log.error("job %s could not be run", attempt.key[0], exc_info=error)
        return outcomes.raised(error, attempt.assignment.pool)

    def _cancel(self, task: asyncio.Task[pb.AttemptOutcome]) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(task.cancel)

    async def _run_in_loop(self, attempt: Attempt, executor: Executor) -> pb.AttemptOutcome:
        attempt.started = True
        context = AsyncContext(attempt.assignment, attempt, attempt.output, attempt.notice, self._in_thread)
        return await executor.run_async(attempt.assignment, context)

    def _in_thread(self, run: Callable[[], object]) -> asyncio.Future[object]:
        """Runs a blocking call of an async executor in a thread."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[object] = loop.create_future()

        def settle(result: object, error: BaseException | None) -> None:
            if future.done():
                return
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)

        def call() -> None:
            result, error = None, None
            try:
                result = run()
            except BaseException as raised:
                error = raised
            if not loop.is_closed():
                loop.call_soon_threadsafe(settle, result, error)

        self._threads.submit(call)
        return future

    def _ended(self, attempt: Attempt, outcome: pb.AttemptOutcome) -> None:
        self._running -= 1
        attempt.ended(outcome)
        self.changed(attempt)
