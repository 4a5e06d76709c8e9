"""The threads of sync executors. They are daemons, so that one that never returns cannot keep the process alive."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue


class Threads:
    """Runs functions in threads, which are made as they are needed and kept. Any thread may call `submit`."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._work: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._idle = 0
        self._made = 0

    def submit(self, run: Callable[[], None]) -> None:
        """Runs `run`, which must not raise, at once."""
        with self._lock:
            if self._idle > 0:
                self._idle -= 1
            else:
                self._made += 1
                threading.Thread(target=self._serve, name=f"{self._name}-{self._made}", daemon=True).start()
        self._work.put(run)

    def close(self) -> None:
        """Ends the threads as they become idle."""
        with self._lock:
            made = self._made
        for _ in range(made):
            self._work.put(None)

    def _serve(self) -> None:
        while (run := self._work.get()) is not None:
            run()
            del run
            with self._lock:
                self._idle += 1
