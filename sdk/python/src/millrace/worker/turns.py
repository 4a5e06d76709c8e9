"""A thread that runs functions one after the other, some of them later."""

from __future__ import annotations

import heapq
import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue

Run = Callable[[], None]


class Later:
    """A function that runs at its time, unless it is cancelled before."""

    __slots__ = ("at", "order", "run")

    def __init__(self, at: float, order: int, run: Run) -> None:
        self.at = at
        self.order = order
        self.run: Run | None = run

    def __lt__(self, other: Later) -> bool:
        return (self.at, self.order) < (other.at, other.order)

    def cancel(self) -> None:
        self.run = None


class Turns:
    """Runs everything that was posted, in order, and then `flush`, again and again. What it runs must not block."""

    _MOST_A_TURN = 1_000

    def __init__(self, name: str, flush: Run, failed: Callable[[BaseException], None]) -> None:
        self._flush = flush
        self._failed = failed
        self._posted: SimpleQueue[Run] = SimpleQueue()
        self._later: list[Later] = []
        self._order = 0
        self._ends = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def post(self, run: Run) -> None:
        """Any thread may post, and so may a signal handler: it takes no lock."""
        self._posted.put(run)

    def after(self, seconds: float, run: Run) -> Later:
        """Only in this thread."""
        self._order += 1
        later = Later(time.monotonic() + seconds, self._order, run)
        heapq.heappush(self._later, later)
        return later

    def end(self) -> None:
        """Ends the thread after this turn. Only in this thread."""
        self._ends = True

    def _run(self) -> None:
        try:
            while not self._ends:
                self._turn()
        except BaseException as error:
            self._failed(error)

    def _turn(self) -> None:
        try:
            self._posted.get(timeout=self._seconds_left())()
            for _ in range(self._MOST_A_TURN):
                self._posted.get_nowait()()
        except Empty:
            pass
        now = time.monotonic()
        while self._later and self._later[0].at <= now:
            run = heapq.heappop(self._later).run
            if run is not None:
                run()
        if not self._ends:
            self._flush()

    def _seconds_left(self) -> float | None:
        return max(0.0, self._later[0].at - time.monotonic()) if self._later else None
