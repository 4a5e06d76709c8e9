"""Interrupts a sync executor in its thread when its attempt must stop."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable
from typing import TypeVar

from millrace.worker.failures import AttemptStopped
from millrace.worker.port import Stop

T = TypeVar("T")


class _Target:
    """The thread that runs the executor, as long as it does."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread: int | None = threading.get_ident()

    def raise_stopped(self) -> None:
        """Python raises the exception at the thread's next bytecode, so not in a call that blocks."""
        with self._lock:
            if self._thread is not None:
                _raise_in(self._thread, AttemptStopped)

    def leave(self) -> None:
        """From now on nothing is raised in the thread, not even what was on its way."""
        with self._lock:
            thread, self._thread = self._thread, None
            if thread is not None:
                _raise_in(thread, None)


def interruptible(stop: Stop, run: Callable[[], T], stopped: Callable[[], T]) -> T:
    """Runs `run` in this thread. If the attempt must stop, it is interrupted; `stopped` says what comes of it then."""
    target = _Target()
    try:
        try:
            stop.on_stop(target.raise_stopped)
            return run()
        finally:
            target.leave()
    except AttemptStopped:
        return stopped()


def _raise_in(thread: int, exception: type[BaseException] | None) -> None:
    raised = None if exception is None else ctypes.py_object(exception)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), raised)
