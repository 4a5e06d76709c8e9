"""Watches whether an async executor blocks the event loop.

While the loop is blocked, the core goes on renewing leases, but the other async executors stand still. After a while
the worker names the jobs, and hands back those that have not begun. After a long while it no longer renews the leases
of async executors, so that their jobs are tried elsewhere.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from millrace._proto.workers.v1 import worker_service_pb2 as pb
from millrace.worker.attempt import Attempt
from millrace.worker.turns import Turns

if TYPE_CHECKING:
    from millrace.worker.running import Running

log = logging.getLogger("millrace.worker")

_CHECK_SECONDS = 1.0
_BLOCKED_SECONDS = 5.0
"""After this time without an answer the loop counts as blocked. It is well below a lease's time."""
_MOST_NAMED = 20


class LoopWatch:
    """Asks the loop every second whether it runs. It belongs to the core's thread."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, turns: Turns, max_blocked_seconds: float, running: Running
    ) -> None:
        self._loop = loop
        self._turns = turns
        self._max_blocked_seconds = max_blocked_seconds
        self._running = running
        self._unanswered_since: float | None = None
        self._warned = False

    @property
    def needed(self) -> bool:
        return self._running.has_async_executors

    def start(self) -> None:
        if self._loop.is_closed():
            return
        if self._unanswered_since is None:
            self._unanswered_since = time.monotonic()
            self._loop.call_soon_threadsafe(lambda: self._turns.post(self._answered))
        elif self._blocked_seconds() > _BLOCKED_SECONDS:
            if not self._warned:
                self._warned = True
                self._warn("has blocked the event loop for")
            for attempt in self._running.all:
                if attempt.in_loop and not attempt.started:
                    self._running.hand_back(attempt, "the worker's event loop is blocked")
        self._turns.after(_CHECK_SECONDS, self.start)

    def renewed(self, attempts: Iterable[Attempt]) -> list[pb.LeaseRef]:
        """The leases to renew."""
        given_up = self._blocked_seconds() > self._max_blocked_seconds
        return [
            attempt.assignment.lease
            for attempt in attempts
            if not attempt.released and not (given_up and attempt.in_loop and not attempt.idle)
        ]

    def _answered(self) -> None:
        if self._warned:
            self._warn("blocked the event loop for")
        self._unanswered_since = None
        self._warned = False

    def _blocked_seconds(self) -> float:
        return 0.0 if self._unanswered_since is None else time.monotonic() - self._unanswered_since

    def _warn(self, what: str) -> None:
        jobs = [attempt for attempt in self._running.all if attempt.in_loop and attempt.started]
        for attempt in jobs[:_MOST_NAMED]:
            log.warning(
                "%s %s %.0f s; use a sync executor, or asyncio.to_thread (job %s, type %s)",
                "this job" if len(jobs) == 1 else f"one of {len(jobs)} jobs",
                what,
                self._blocked_seconds(),
                attempt.key[0],
                attempt.assignment.type,
            )
