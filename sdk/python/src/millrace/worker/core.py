"""The worker's side of the protocol, in a thread of its own.

Executors run in other threads, in the event loop or in processes. Python passes its global lock on every 5 ms, so
pure-Python computations in any number of threads, or in the event loop, delay this thread but never stop it. So
heartbeats go on while executors compute. Code in C that holds the lock needs a process (``run_in="process"``).
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable, Mapping
from functools import partial

import grpc

from millrace._channel import COMMON, open_channel
from millrace._names import name_of
from millrace._proto.workers.v1 import worker_service_pb2 as pb
from millrace._status import CallStatus
from millrace._times import seconds_of
from millrace._version import VERSION
from millrace.tls import Tls
from millrace.worker.calls import SchedulerCalls
from millrace.worker.executor import Executor
from millrace.worker.failures import WorkerRefused
from millrace.worker.loop_watch import LoopWatch
from millrace.worker.options import WorkerOptions
from millrace.worker.running import Running
from millrace.worker.stream import Stream
from millrace.worker.turns import Later, Turns

log = logging.getLogger("millrace.worker")

_FIRST_RECONNECT, _LONGEST_RECONNECT = 0.2, 5.0
_GOODBYE_SECONDS = 5.0
"""How long draining may take beyond its grace, for the last outcomes and the goodbye."""
_REFUSALS = {
    "INVALID_ARGUMENT": ("MALFORMED", "Correct the fields that it names in the worker's configuration."),
    "UNAUTHENTICATED": ("TOKEN_REJECTED", "Give the worker the scheduler's worker token (MILLRACE_WORKER_TOKEN)."),
    "PERMISSION_DENIED": (
        "NOT_ALLOWED",
        "Use a worker token that may serve these queues and pools, or serve others.",
    ),
    "UNIMPLEMENTED": (
        "NOT_IMPLEMENTED",
        "Check that the address is a scheduler's port for workers (7072 by default).",
    ),
}
"""The codes that stay the same until someone changes the configuration, each with what to change."""


class Core:
    """Connects, and again whenever the stream ends, until it is drained or refused for good."""

    def __init__(
        self, options: WorkerOptions, executors: Mapping[str, Executor], loop: asyncio.AbstractEventLoop
    ) -> None:
        self._options = options
        self._turns = Turns("millrace-core", self._flush, self._end)
        self._calls = SchedulerCalls(options.address, options.token, options.tls)
        self._running = Running(options, executors, self._turns, self._calls, loop, self._leave_if_done)
        self._watch = LoopWatch(loop, self._turns, options.max_blocked_seconds, self._running)
        self._channel: grpc.Channel | None = None
        self._channel_tls: Tls | None = None
        self._stream: Stream | None = None
        self._beat: Later | None = None
        self._offered = 0
        self._failures = 0  # since the last welcome
        self._welcomed = False
        self._was_accepted = False
        self._refused_since: float | None = None
        self._draining = False
        self._said_goodbye = False
        self._closed = False
        self.on_ended: Callable[[BaseException | None], object] = lambda error: None

    @property
    def connected(self) -> bool:
        """True while a scheduler has accepted the stream."""
        return self._welcomed

    def start(self) -> None:
        self._turns.post(self._connect)
        if self._watch.needed:
            self._turns.post(self._watch.start)
        self._turns.start()

    def drain(self, grace_seconds: float) -> None:
        """Takes no more jobs, hands back what still runs after the grace, and leaves. Signal handlers may call it."""
        self._turns.post(partial(self._drain, grace_seconds))

    def _drain(self, grace_seconds: float) -> None:
        if self._draining or self._closed:
            return
        self._draining = True
        log.info("draining: running jobs have %g s to finish", grace_seconds)
        self._running.take_no_more()
        if self._welcomed and self._stream is not None:
            self._stream.send(pb.WorkRequest(draining=pb.Draining()))
        self._turns.after(grace_seconds, partial(self._running.hand_back_all, "the worker drains"))
        self._turns.after(grace_seconds + _GOODBYE_SECONDS, self._close)
        self._leave_if_done()
        if not self._running.all and not self._welcomed:
            self._close()

    def _connect(self) -> None:
        if self._closed:
            return
        self._welcomed = False
        self._offered = self._running.free_slots()
        options = self._options
        hello = pb.Hello(
            worker_id=options.worker_id,
            queues=options.queues,
            pools=options.pools,
            types=options.types,
            credit=self._offered,
            leases=self._running.leases,
            sdk=f"millrace-python/{VERSION}",
            guest_slots=options.guest_slots,
            slots=options.slots,
            version=options.version,
        )
        try:
            channel, token = self._open_channel(), options.token()
        except OSError as error:  # a file of a token or certificate that is being replaced
            self._cut(CallStatus("UNAVAILABLE", str(error)))
            return
        self._stream = Stream(
            channel,
            token,
            pb.WorkRequest(hello=hello),
            lambda stream, response: self._turns.post(partial(self._received, stream, response)),
            lambda stream, status: self._turns.post(partial(self._stream_ended, stream, status)),
        )

    def _open_channel(self) -> grpc.Channel:
        """Opens the channel at first, and again when the certificates are others."""
        tls = self._options.tls()
        if self._channel is None or tls != self._channel_tls:
            if self._channel is not None:
                self._channel.close()
            self._channel = open_channel(self._options.address, tls, COMMON)
            self._channel_tls = tls
        return self._channel

    def _received(self, stream: Stream, response: pb.WorkResponse) -> None:
        if stream is not self._stream:
            return
        running, uplink = self._running, self._running.uplink
        kind = response.WhichOneof("message")
        if kind == "welcome":
            self._welcome(response.welcome)
        elif kind == "assignments":
            uplink.slots_filled(len(response.assignments.assignments))
            running.assign(response.assignments.assignments)
        elif kind == "heartbeat_ack":
            for lease in response.heartbeat_ack.lost:
                if (attempt := running.find(lease)) is not None:
                    running.lose(attempt)
        elif kind == "output_acks":
            for output_ack in response.output_acks.acks:
                running.output_answered(output_ack)
            uplink.output_answered(len(response.output_acks.acks))
        elif kind == "settle_acks":
            for settle_ack in response.settle_acks.acks:
                running.settle_answered(settle_ack)
            uplink.settle_answered(len(response.settle_acks.acks))
        elif kind == "stop":
            for stop in response.stop.attempts:
                attempt = running.find(stop.lease)
                if attempt is None:
                    continue
                if stop.reason == pb.STOP_REASON_LEASE_LOST:
                    running.lose(attempt)
                else:
                    running.stop(attempt, name_of(pb.StopReason, "STOP_REASON_", stop.reason).lower())
        elif kind == "drain":
            # Leases outlive the stream. Another scheduler accepts the next one.
            log.info("the scheduler drains; connecting again")
            stream.cut()

    def _welcome(self, welcome: pb.Welcome) -> None:
        self._welcomed = self._was_accepted = True
        self._refused_since = None
        self._failures = 0
        log.info("connected to %s", welcome.scheduler_id)
        for queue in welcome.undefined_queues:
            log.warning(
                "the queue %r is not defined; the worker waits until an operator defines it: millrace queues put %s",
                queue,
                queue,
            )
        running = self._running
        running.stop_grace_seconds = seconds_of(welcome.stop_grace)
        for status in welcome.leases:
            running.resume(status)
        assert self._stream is not None
        running.uplink.open(self._stream.send, self._offered)
        for attempt in running.all:
            running.uplink.changed(attempt)
        self._beat_each(self._stream, seconds_of(welcome.heartbeat_interval) or 5.0)
        if self._draining:
            self._stream.send(pb.WorkRequest(draining=pb.Draining()))
        self._leave_if_done()

    def _beat_each(self, stream: Stream, seconds: float) -> None:
        def beat() -> None:
            if stream is not self._stream:
                return
            leases = self._watch.renewed(self._running.all)
            if leases:
                stream.send(pb.WorkRequest(heartbeat=pb.Heartbeat(leases=leases)))
            self._beat = self._turns.after(seconds, beat)

        self._beat = self._turns.after(seconds, beat)

    def _flush(self) -> None:
        self._running.uplink.flush()

    def _leave_if_done(self) -> None:
        if not self._draining or self._running.all or not self._welcomed or self._said_goodbye:
            return
        self._said_goodbye = True
        if self._stream is not None:
            self._stream.send(pb.WorkRequest(goodbye=pb.Goodbye()))

    def _stream_ended(self, stream: Stream, status: CallStatus | None) -> None:
        if stream is self._stream:
            self._cut(status)

    def _cut(self, status: CallStatus | None) -> None:
        self._running.uplink.close()
        refusal = None if self._welcomed or status is None else self._refusal_of(status)
        self._stream = None
        self._welcomed = False
        if self._beat is not None:
            self._beat.cancel()
        if self._said_goodbye or (self._draining and not self._running.all):
            self._close()
            return
        if refusal is not None and not self._may_pass():
            log.error("%s", refusal)
            self._end(refusal)
            return
        self._failures += 1
        wait = random.uniform(0, min(_LONGEST_RECONNECT, _FIRST_RECONNECT * 2**self._failures))
        why = refusal or ("the scheduler ended it" if status is None else f"{status.code}: {status.message}")
        log.warning("the stream was cut (%s); connecting again in %.1f s", why, wait)
        self._turns.after(wait, self._connect)

    def _refusal_of(self, status: CallStatus) -> WorkerRefused | None:
        reason, advice = _REFUSALS.get(status.code, (None, ""))
        if reason is None:
            return None
        answer = f"{status.code}: {status.message}"
        return WorkerRefused(
            reason, f"The scheduler at {self._options.address} refused this worker ({answer}). {advice}"
        )

    def _may_pass(self) -> bool:
        """A worker that was accepted before tries again: operators change tokens and schedulers one after the other."""
        if not self._was_accepted:
            return False
        now = time.monotonic()
        if self._refused_since is None:
            self._refused_since = now
        return now - self._refused_since < self._options.refused_seconds

    def _close(self) -> None:
        self._end(None)

    def _end(self, error: BaseException | None) -> None:
        if self._closed:
            return
        self._closed = True
        self._welcomed = False
        stream, self._stream = self._stream, None
        try:
            if stream is not None:
                stream.cut()
            self._running.uplink.close()
            self._running.close()
            self._calls.close()
            if self._channel is not None:
                self._channel.close()
            self._turns.end()
        finally:
            self.on_ended(error)
