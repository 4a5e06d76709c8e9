"""Worker: what a program that runs jobs is written with."""

from __future__ import annotations

import asyncio
import multiprocessing
import signal
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, TypeVar, overload

from millrace.tls import Tls
from millrace.worker.async_context import AsyncContext
from millrace.worker.child import PROCESS_NAME
from millrace.worker.context import Context
from millrace.worker.core import Core
from millrace.worker.executor import Executor, RunIn
from millrace.worker.options import WorkerOptions, default_worker_id, environment, tls_reader, token_reader

P = TypeVar("P")
R = TypeVar("R")
SyncFunction = Callable[[P, Context], R]
AsyncFunction = Callable[[P, AsyncContext], Awaitable[R]]


class Worker:
    """Runs jobs. Give it functions with `executor`, and call `run`.

    What is left out is taken from the environment, so that one program serves any installation.
    """

    def __init__(
        self,
        address: str | None = None,
        *,
        queues: Sequence[str] | None = None,
        pools: Sequence[str] | None = None,
        slots: int | None = None,
        guest_slots: int | None = None,
        token: str | Callable[[], str | None] | None = None,
        tls: Tls | Callable[[], Tls | None] | None = None,
        worker_id: str | None = None,
        version: str = "",
        drain_seconds: float | None = None,
        refused_seconds: float = 600.0,
        max_blocked_seconds: float = 300.0,
        max_unacknowledged_bytes: int = 1024 * 1024,
    ) -> None:
        """Makes a worker, which does not connect yet.

        address: the scheduler's port for workers, as a gRPC target. MILLRACE_SCHEDULER_ADDRESS, or 127.0.0.1:7072.
        queues: what it serves, 1 to 64. MILLRACE_QUEUES, separated by commas, or ``documents``.
        pools: what it serves besides jobs without a pool, at most 64. MILLRACE_POOLS.
        slots: how many jobs run at the same time, 1 to 10,000. MILLRACE_SLOTS, or 4.
        guest_slots: how many more may run, each of an API key that has nothing else running here, 0 to 100.
            MILLRACE_GUEST_SLOTS, or 0.
        token: the worker token, or a function that reads it, called at each connection. MILLRACE_WORKER_TOKEN, or
            what the file MILLRACE_WORKER_TOKEN_FILE holds.
        tls: certificates, or a function that reads them, called at each connection. The files
            MILLRACE_SCHEDULER_CA_FILE, MILLRACE_SCHEDULER_CERT_FILE and MILLRACE_SCHEDULER_KEY_FILE, or plaintext.
        worker_id: for people, the same after a reconnect. MILLRACE_WORKER_ID, or the host's name and the process's id.
        version: the version of your program, which operators see.
        drain_seconds: how long running jobs may take after SIGTERM. MILLRACE_DRAIN_MS (milliseconds), or 15 s.
        refused_seconds: how long a worker that was accepted before tries again when its token is refused.
        max_blocked_seconds: how long leases are renewed while an async executor blocks the event loop.
        max_unacknowledged_bytes: how much of a job's output may be under way before a write waits.
        """
        self._options: dict[str, Any] = {
            "address": address or environment("MILLRACE_SCHEDULER_ADDRESS", "127.0.0.1:7072"),
            "queues": _list("MILLRACE_QUEUES", "documents") if queues is None else list(queues),
            "pools": _list("MILLRACE_POOLS", "") if pools is None else list(pools),
            "slots": int(environment("MILLRACE_SLOTS", "4")) if slots is None else slots,
            "guest_slots": int(environment("MILLRACE_GUEST_SLOTS", "0")) if guest_slots is None else guest_slots,
            "token": token_reader(token),
            "tls": tls_reader(tls),
            "worker_id": worker_id or environment("MILLRACE_WORKER_ID", default_worker_id()),
            "version": version,
            "drain_seconds": (
                int(environment("MILLRACE_DRAIN_MS", "15000")) / 1_000 if drain_seconds is None else drain_seconds
            ),
            "refused_seconds": refused_seconds,
            "max_blocked_seconds": max_blocked_seconds,
            "max_unacknowledged_bytes": max_unacknowledged_bytes,
        }
        self._executors: dict[str, Executor] = {}
        self._core: Core | None = None

    @overload
    def executor(
        self, job_type: str, *, run_in: RunIn = "thread", interrupt: bool = False
    ) -> Callable[[Callable[..., R]], Callable[..., R]]: ...

    @overload
    def executor(
        self, job_type: str, function: Callable[..., R], *, run_in: RunIn = "thread", interrupt: bool = False
    ) -> Callable[..., R]: ...

    def executor(
        self,
        job_type: str,
        function: Callable[..., Any] | None = None,
        *,
        run_in: RunIn = "thread",
        interrupt: bool = False,
    ) -> Any:
        """Names the function for jobs of a type, as a decorator or by a call. Returns the function as it is.

        The function takes the payload and, if it has a second parameter, a Context (AsyncContext if it is async). If
        the annotation of the payload is a dataclass or a pydantic model, it gets an instance, and a payload that does
        not fit fails the job with the reason MALFORMED. It returns the result: what JSON can represent, a dataclass or
        a pydantic model, at most 1 MiB as JSON.

        A sync function runs in a thread, or in a process with ``run_in="process"``: for computations that hold
        Python's global lock, or that shall use more processors. The module of such a function is imported in the
        process, so a program must call `run` under ``if __name__ == "__main__"``. An async function runs in the event
        loop, and must not block it.

        With `interrupt`, AttemptStopped is raised in the thread of a sync function when its attempt must stop, wherever
        it is, except in a call that blocks. Without it, the function must look at ``ctx.cancelled`` by itself.
        """
        if function is None:
            return lambda given: self.executor(job_type, given, run_in=run_in, interrupt=interrupt)
        if job_type in self._executors:
            raise ValueError(f"there is an executor for {job_type!r} already")
        self._executors[job_type] = Executor(function, run_in, interrupt)
        return function

    @property
    def connected(self) -> bool:
        """True while a scheduler has accepted the worker."""
        return self._core is not None and self._core.connected

    def run(self) -> None:
        """Runs until the process gets SIGTERM or SIGINT, or `drain` is called. Blocks.

        Raises WorkerRefused if no scheduler can accept the worker: at once for wrong options, or for a wrong token.
        """
        asyncio.run(self.run_async())

    async def run_async(self, *, handle_signals: bool = True) -> None:
        """Like `run`, in this event loop: async executors run in it too."""
        if self._core is not None:
            raise RuntimeError("this worker runs already")
        if multiprocessing.current_process().name == PROCESS_NAME:
            raise RuntimeError(
                'call the worker\'s run() under `if __name__ == "__main__":`, because processes import it'
            )
        options = WorkerOptions(**self._options, types=tuple(self._executors))
        options.check([why for executor in self._executors.values() for why in executor.check()])
        loop = asyncio.get_running_loop()
        core = self._core = Core(options, self._executors, loop)
        ended: asyncio.Future[None] = loop.create_future()
        core.on_ended = lambda error: None if loop.is_closed() else loop.call_soon_threadsafe(_settle, ended, error)
        core.start()
        try:
            with _draining_on_signals(self.drain) if handle_signals else _nothing():
                await ended
        finally:
            core.drain(0)
            self._core = None

    def drain(self, seconds: float | None = None) -> None:
        """Takes no more jobs, hands back those that still run after `seconds`, and ends `run`. Any thread may call it.

        Default: `drain_seconds`. `run` ends at most 5 s after that.
        """
        core = self._core
        if core is not None:
            core.drain(self._options["drain_seconds"] if seconds is None else seconds)


def _settle(ended: asyncio.Future[None], error: BaseException | None) -> None:
    if ended.done():
        return
    if error is None:
        ended.set_result(None)
    else:
        ended.set_exception(error)


def _list(name: str, default: str) -> list[str]:
    return [part.strip() for part in environment(name, default).split(",") if part.strip()]


@contextmanager
def _nothing() -> Iterator[None]:
    yield


@contextmanager
def _draining_on_signals(drain: Callable[[], None]) -> Iterator[None]:
    """Drains on SIGTERM and SIGINT, also while an async executor blocks the event loop."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    before = {}
    for name in (signal.SIGTERM, signal.SIGINT):
        before[name] = signal.getsignal(name)
        with suppress(NotImplementedError):  # on Windows
            loop.add_signal_handler(name, lambda: None)  # wakes an idle loop, so that the handler runs
        signal.signal(name, lambda number, frame: drain())
    try:
        yield
    finally:
        for name, handler in before.items():
            with suppress(NotImplementedError):
                loop.remove_signal_handler(name)
            signal.signal(name, handler)
