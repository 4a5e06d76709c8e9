"""A worker for Millrace. It implements the stream WorkerService.Work as docs/workers.md describes it.

Everything runs in one event loop. An executor must not compute in this loop, or heartbeats stop and
its lease is lost. It can use asyncio.to_thread, for example.
"""

import asyncio
import json
import logging
import random

import grpc
from millrace.workers.v1 import worker_service_pb2 as pb
from millrace.workers.v1 import worker_service_pb2_grpc as rpc

log = logging.getLogger("millrace")

# The worker notices a dead scheduler within 15 s, and a returning one within 5 s. Retries are off,
# because gRPC would keep every message of a long stream.
CHANNEL_OPTIONS = [
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.max_reconnect_backoff_ms", 5_000),
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.enable_retries", 0),
    ("grpc.max_receive_message_length", 64 * 1024 * 1024),
]
CHUNK_CHARACTERS = 16_384  # a character has at most 4 bytes, so a chunk has at most 64 KiB
CHUNKS_A_MESSAGE = 16
RETRY_SECONDS = 0.25
LEAVE_SECONDS = 5


class JobFailed(Exception):
    """An executor raises this to fail its attempt. Any other exception is retryable."""

    def __init__(self, reason, message, retryable=False):
        super().__init__(message)
        self.reason, self.retryable = reason, retryable


class Attempt:
    """One assignment, from its arrival until its outcome is stored or its lease is lost."""

    def __init__(self, assignment, changed):
        self.assignment, self.lease, self.changed = assignment, assignment.lease, changed
        self.payload = json.loads(assignment.payload_json or "{}")
        self.chunks = []  # all of them: after a reconnect the scheduler may ask for any
        self.sent = self.stored = 0
        self.full = False
        self.outcome, self.outcome_sent = None, False
        self.task = None

    async def write(self, text):
        """Writes text to the job's output, which watchers read."""
        starts = range(0, len(text), CHUNK_CHARACTERS)
        pieces = (text[start : start + CHUNK_CHARACTERS] for start in starts)
        await self._put(*(pb.WorkerChunk(text=piece) for piece in pieces))

    async def progress(self, done, total, message=""):
        chunk = pb.WorkerChunk()
        chunk.progress.done, chunk.progress.total, chunk.progress.message = done, total, message
        await self._put(chunk)

    async def _put(self, *chunks):
        if self.full:
            raise JobFailed("TOO_LARGE", "The job's output is at its limit.")
        self.chunks.extend(chunks)
        self.changed.set()
        await asyncio.sleep(0)

    def end(self, **outcome):
        """Sets the outcome. Only the first outcome counts. It is sent when all output is stored."""
        if self.outcome is None:
            self.outcome = pb.AttemptOutcome(lease=self.lease, **outcome)
        self.changed.set()

    def stop(self, **outcome):
        self.end(**outcome)
        self.task.cancel()


class Worker:
    def __init__(self, address, token, worker_id, queues, slots, executors):
        self._address, self._slots, self._executors = address, slots, executors
        self._metadata = [("authorization", f"Bearer {token}")] if token else []
        self._who = {"worker_id": worker_id, "queues": queues, "types": list(executors)}
        self._attempts = {}
        self._freed = 0  # slots to give credit for
        self._changed = asyncio.Event()
        self._draining = False
        self._running = None
        self._failures = 0  # since the last welcome

    def drain(self, grace_seconds):
        """Takes no more jobs, hands back jobs that still run after the grace period, and leaves."""
        self._draining = True
        self._changed.set()
        later = asyncio.get_running_loop().call_later
        later(grace_seconds, self._hand_back)
        later(grace_seconds + LEAVE_SECONDS, self._running.cancel)

    def _hand_back(self):
        for attempt in self._attempts.values():
            attempt.stop(handed_back=pb.HandedBack(reason="the worker drains"))

    async def run(self):
        """Runs until drained. It reopens a broken stream, because leases outlive it."""
        self._running = asyncio.current_task()
        async with grpc.aio.insecure_channel(self._address, options=CHANNEL_OPTIONS) as channel:
            while not (self._draining and not self._attempts):
                stream = rpc.WorkerServiceStub(channel).Work(metadata=self._metadata)
                try:
                    await self._serve(stream)
                except grpc.aio.AioRpcError as error:
                    self._failures += 1
                    log.warning("the stream was cut: %s %s", error.code().name, error.details())
                finally:
                    stream.cancel()
                await asyncio.sleep(random.uniform(0, min(2, 0.1 * 2**self._failures)))

    async def _serve(self, stream):
        held = [attempt.lease for attempt in self._attempts.values()]
        free = 0 if self._draining else self._slots - len(held)
        self._freed = 0
        hello = pb.Hello(credit=free, leases=held, sdk="millrace-python/0.1.0", **self._who)
        await stream.write(pb.WorkRequest(hello=hello))
        first = await stream.read()
        if first is grpc.aio.EOF:
            return
        self._resume(first.welcome)
        beat = first.welcome.heartbeat_interval.ToTimedelta().total_seconds()
        sending = asyncio.create_task(self._send(stream, beat))
        try:
            while (response := await stream.read()) is not grpc.aio.EOF:
                if response.WhichOneof("message") == "drain":
                    return  # another scheduler answers the next stream
                self._receive(response)
        finally:
            sending.cancel()

    def _resume(self, welcome):
        self._failures = 0
        log.info("connected to %s", welcome.scheduler_id)
        for status in welcome.leases:
            attempt = self._attempts.get(key(status.lease))
            if attempt is None:
                continue
            if not status.held:
                self._forget(attempt)
                continue
            attempt.sent = attempt.stored = status.next_sequence
            attempt.outcome_sent = False
            if status.cancel_requested:
                attempt.stop(stopped=pb.Stopped())

    async def _send(self, stream, beat_seconds):
        """Does all writing to the stream, because a stream accepts one message at a time."""
        now = asyncio.get_running_loop().time
        next_beat = now() + beat_seconds
        said_draining = False
        while True:
            self._changed.clear()
            for message in self._due():
                await stream.write(message)
            if self._draining and not said_draining:
                said_draining = True
                await stream.write(pb.WorkRequest(draining=pb.Draining()))
            if self._draining and not self._attempts:
                await stream.write(pb.WorkRequest(goodbye=pb.Goodbye()))
                return
            if now() >= next_beat:
                next_beat = now() + beat_seconds
                leases = [attempt.lease for attempt in self._attempts.values()]
                if leases:
                    await stream.write(pb.WorkRequest(heartbeat=pb.Heartbeat(leases=leases)))
            try:
                await asyncio.wait_for(self._changed.wait(), max(0, next_beat - now()))
            except asyncio.TimeoutError:
                pass

    def _due(self):
        """Yields the messages that are due now: output, outcomes, credit."""
        for attempt in list(self._attempts.values()):
            while attempt.sent < len(attempt.chunks):
                first = attempt.sent
                chunks = attempt.chunks[first : first + CHUNKS_A_MESSAGE]
                attempt.sent += len(chunks)
                output = pb.AttemptOutput(lease=attempt.lease, first_sequence=first, chunks=chunks)
                yield pb.WorkRequest(output=pb.AppendOutput(attempts=[output]))
            stored = attempt.stored >= len(attempt.chunks)
            if attempt.outcome is not None and stored and not attempt.outcome_sent:
                attempt.outcome_sent = True
                yield pb.WorkRequest(settle=pb.SettleAttempts(outcomes=[attempt.outcome]))
        if self._freed and not self._draining:
            slots, self._freed = self._freed, 0
            yield pb.WorkRequest(credit=pb.Credit(slots=slots))

    def _receive(self, response):
        for assignment in response.assignments.assignments:
            attempt = Attempt(assignment, self._changed)
            self._attempts[key(attempt.lease)] = attempt
            attempt.task = asyncio.create_task(self._run(attempt))
        for lease in response.heartbeat_ack.lost:
            self._forget(self._attempts.get(key(lease)))
        for ack in response.output_acks.acks:
            if (attempt := self._attempts.get(key(ack.lease))) is not None:
                self._output_answered(attempt, ack)
        for ack in response.settle_acks.acks:
            if (attempt := self._attempts.get(key(ack.lease))) is not None:
                self._outcome_answered(attempt, ack)
        for stop in response.stop.attempts:
            attempt = self._attempts.get(key(stop.lease))
            if stop.reason == pb.STOP_REASON_LEASE_LOST:
                self._forget(attempt)
            elif attempt is not None:
                attempt.stop(stopped=pb.Stopped())

    async def _run(self, attempt):
        executor = self._executors.get(attempt.assignment.type)
        try:
            if executor is None:
                raise JobFailed("UNKNOWN_JOB_TYPE", f"no executor for {attempt.assignment.type}")
            result = await executor(attempt)
            attempt.end(completed=pb.Completed(result_json=json.dumps(result)))
        except JobFailed as error:
            attempt.end(failed=failed(error.reason, str(error), error.retryable))
        except Exception as error:  # an executor may raise anything
            log.exception("the executor failed")
            attempt.end(failed=failed("EXECUTOR_FAILED", str(error), True))

    def _output_answered(self, attempt, ack):
        if ack.status == pb.WRITE_STATUS_STORED:
            attempt.stored = max(attempt.stored, ack.next_sequence)
        elif ack.status == pb.WRITE_STATUS_GAP:
            attempt.sent = attempt.stored = ack.next_sequence
        elif ack.status == pb.WRITE_STATUS_FULL:
            attempt.full = True
            attempt.sent = attempt.stored = len(attempt.chunks)
        elif ack.status == pb.WRITE_STATUS_LEASE_LOST:
            self._forget(attempt)
        else:
            self._soon(lambda: setattr(attempt, "sent", attempt.stored))
        self._changed.set()

    def _outcome_answered(self, attempt, ack):
        if ack.status == pb.WRITE_STATUS_RETRY:
            self._soon(lambda: setattr(attempt, "outcome_sent", False))
        else:
            self._forget(attempt)

    def _soon(self, again):
        def act():
            again()
            self._changed.set()

        asyncio.get_running_loop().call_later(RETRY_SECONDS, act)

    def _forget(self, attempt):
        """Forgets an attempt whose outcome is stored, or whose lease is lost."""
        if attempt is None or self._attempts.pop(key(attempt.lease), None) is None:
            return
        attempt.task.cancel()
        self._freed += 1
        self._changed.set()


def key(lease):
    return lease.job_id, lease.fencing_token


def failed(reason, message, retryable):
    outcome = pb.Failed()
    outcome.failure.reason, outcome.failure.message = reason, message[:4096]
    outcome.failure.retryable = retryable
    return outcome
