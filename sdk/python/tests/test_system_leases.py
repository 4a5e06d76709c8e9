"""Workers that compute for longer than a lease, against a running Millrace with short leases."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from typing import Any

import executors
import pytest
from conftest import Start, System

from millrace import (
    AsyncContext,
    Client,
    JobEvent,
    RetryPolicy,
    TextEvent,
    Worker,
)

NewWorker = Callable[..., Worker]


@pytest.mark.parametrize("run_in", ["thread", "process"])
def test_pure_python_that_computes_for_three_leases_keeps_its_lease(
    system: System, client: Client, new_worker: NewWorker, start: Start, job_type: str, run_in: Any
) -> None:
    worker = new_worker(slots=2)
    worker.executor(job_type, executors.compute, run_in=run_in)
    start(worker)
    options: Any = {"retry": RetryPolicy(max_attempts=1)}
    submitted = [client.submit(job_type, {"seconds": 3 * system.lease_seconds}, **options) for _ in range(2)]
    for job in [client.wait(one.job_id) for one in submitted]:
        assert (job.state, job.attempt, job.stalls) == ("SUCCEEDED", 1, 0)
        assert (job.result["process"] == os.getpid()) == (run_in == "thread")


def test_an_async_executor_that_blocks_the_loop_for_three_leases_keeps_its_lease(
    system: System, client: Client, new_worker: NewWorker, start: Start, job_type: str
) -> None:
    worker = new_worker()

    @worker.executor(job_type)
    async def block(payload: dict[str, Any], ctx: AsyncContext) -> int:
        until = time.monotonic() + 3 * system.lease_seconds
        while time.monotonic() < until:
            pass
        return ctx.attempt

    start(worker)
    job = client.run(job_type)
    assert (job.result, job.stalls) == (1, 0)


def test_c_code_that_holds_the_global_lock_keeps_its_lease_in_a_process(
    system: System, client: Client, new_worker: NewWorker, start: Start, job_type: str
) -> None:
    worker = new_worker()
    worker.executor(job_type, executors.hold_the_lock, run_in="process")
    start(worker)
    job = client.run(job_type, {"seconds": 1.5 * system.lease_seconds})
    assert (job.result["attempt"], job.stalls) == (1, 0)
    assert job.result["longest"] > 1.5 * system.lease_seconds


def test_a_blocked_event_loop_hands_back_what_has_not_begun_and_at_last_loses_its_leases(
    client: Client, new_worker: NewWorker, start: Start, job_type: str
) -> None:
    goes_on = threading.Event()

    def add_executors(worker: Worker, name: str) -> Worker:
        @worker.executor(job_type)
        async def block(payload: dict[str, Any], ctx: AsyncContext) -> str:
            if name == "first":
                await ctx.write("begun")
                goes_on.wait()
            return name

        @worker.executor(f"{job_type}-quick")
        async def quick(payload: dict[str, Any]) -> str:
            return name

        return worker

    start(add_executors(new_worker(max_blocked_seconds=7.0), "first"))
    blocked = client.submit(job_type).job_id
    next(event for event in client.watch(blocked) if isinstance(event, TextEvent))
    waiting = client.submit(f"{job_type}-quick").job_id
    next(event for event in client.watch(waiting) if isinstance(event, JobEvent) and event.job.state == "RUNNING")
    start(add_executors(new_worker(), "second"))
    handed_back = client.wait(waiting)
    assert (handed_back.result, handed_back.attempt, handed_back.stalls) == ("second", 1, 0)
    lost = client.wait(blocked)
    assert (lost.result, lost.stalls) == ("second", 1)
    goes_on.set()
