"""How `wait` waits: by calls that are answered when the job has finished, one after the other."""

from __future__ import annotations

import time

from millrace.client.retrying import Backoff
from millrace.errors import MillraceError, is_cut, too_late

_CALL_SECONDS = 30.0
"""How long one call waits. The contract allows 60 s."""
_QUICK_SECONDS = 1.0
"""An answer that comes sooner, from a gateway that stops, is followed by a pause."""


class Waiting:
    """The calls of one wait, until its timeout in seconds; None: for ever."""

    def __init__(self, what: str, timeout: float | None) -> None:
        self._what = what
        self._until = None if timeout is None else time.monotonic() + timeout
        self._backoff = Backoff()
        self._last: MillraceError | None = None
        self._began = 0.0

    def next_call(self) -> float:
        """Returns how long the next call should wait. Raises when the time is over."""
        self._began = time.monotonic()
        left = _CALL_SECONDS if self._until is None else self._until - self._began
        if left <= 0:
            raise too_late(self._what, self._last)
        return min(_CALL_SECONDS, left)

    def pause(self, error: MillraceError | None) -> float:
        """Returns how long to pause before the next call. Raises an error that repeating does not mend."""
        if error is not None and not is_cut(error) and error.code != "DEADLINE_EXCEEDED":
            raise error
        self._last = error
        if error is None and time.monotonic() - self._began > _QUICK_SECONDS:
            self._backoff.progressed()
            return 0.0
        pause = self._backoff.seconds(error)
        return pause if self._until is None else max(0.0, min(pause, self._until - time.monotonic()))
