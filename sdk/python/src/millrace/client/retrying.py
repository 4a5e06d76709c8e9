"""When and how calls are repeated: docs/retries.md says it for clients of all languages."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

from millrace._status import CallStatus
from millrace.errors import MillraceError

Learned = Callable[[MillraceError], MillraceError]
"""Says what the caller of a call learns of its failure."""

FIRST_WAIT, LONGEST_WAIT = 0.05, 2.0
DEFAULT_TIMEOUT = 60.0
GIVE_UP_AFTER = 60.0
"""How long a watch may be cut, unless its caller says otherwise. In seconds."""


class TryAgain(Exception):
    """What is not a call of gRPC has failed, and may be tried again."""

    def __init__(self, error: MillraceError) -> None:
        super().__init__(str(error))
        self.error = error


class Backoff:
    """The waits of one call: as long as the answer says, or doubling from 50 ms to 2 s, less up to a half."""

    def __init__(self) -> None:
        self._next = FIRST_WAIT

    def seconds(self, error: MillraceError | None = None) -> float:
        """How long to wait before the next try."""
        wait = self._next * random.uniform(0.5, 1)
        self._next = min(LONGEST_WAIT, self._next * 2)
        asked = None if error is None else error.retry_after
        return wait if asked is None else asked

    def progressed(self) -> None:
        """The call got something: the next failure is a new one."""
        self._next = FIRST_WAIT


class Tries:
    """The tries of a call that has one answer, until it has one or its time is over."""

    def __init__(self, timeout: float, repeatable: bool, learned: Learned | None = None) -> None:
        self._until = time.monotonic() + timeout
        self._repeatable = repeatable
        self._learned: Learned = (lambda error: error) if learned is None else learned
        self._backoff = Backoff()
        self._last: MillraceError | None = None

    @property
    def seconds_left(self) -> float:
        return self._until - time.monotonic()

    def failed(self, error: MillraceError) -> float:
        """Returns how long to wait before the next try, or raises what the caller gets."""
        if error.code == "DEADLINE_EXCEEDED" and self._last is not None and self._repeatable:
            # The failure before tells the caller more.
            raise self._last from error
        if error.code != "UNAVAILABLE" or not (self._repeatable or error.reason == "DRAINING"):
            raise self._learned(error) from error
        self._last = error
        wait = self._backoff.seconds(error)
        if wait >= self.seconds_left:
            raise error
        return wait


class Patience:
    """The tries of a watch: any number, as long as it is not cut for too long."""

    def __init__(self, give_up_after: float) -> None:
        self._give_up_after = give_up_after
        self._backoff = Backoff()
        self._cut_since: float | None = None

    def progressed(self) -> None:
        self._cut_since = None
        self._backoff.progressed()

    @property
    def cut_seconds(self) -> float:
        return 0.0 if self._cut_since is None else time.monotonic() - self._cut_since

    def next_wait(self, error: MillraceError) -> float | None:
        """How long to wait before the next try. None: it has been cut for too long."""
        if self._cut_since is None:
            self._cut_since = time.monotonic()
        wait = self._backoff.seconds(error)
        return None if self.cut_seconds + wait > self._give_up_after else wait


def closed() -> MillraceError:
    """A call of a client that was closed."""
    return MillraceError(CallStatus("CANCELLED", "the client is closed", "CLOSED"))


def silent(seconds: float) -> MillraceError:
    """A stream whose first answer did not come in time."""
    message = f"the gateway has sent nothing for {seconds:.1f} s; call again, or set a longer timeout"
    return MillraceError(CallStatus("DEADLINE_EXCEEDED", message), retryable=True)
