"""Workers against a running Millrace with short leases."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import executors
import pytest
from conftest import Start, System
from pydantic import BaseModel

from millrace import (
    AsyncContext,
    AttemptStopped,
    Child,
    Client,
    Context,
    JobEnded,
    JobEvent,
    JobFailure,
    NewJob,
    ProgressEvent,
    RetryPolicy,
    TextEvent,
    Worker,
    WorkerRefused,
)

NewWorker = Callable[..., Worker]


@dataclass
class Words:
    text: str


class Counted(BaseModel):
    words: int


def test_payloads_and_results_are_dataclasses_and_models(
    client: Client, new_worker: NewWorker, start: Start, job_type: str
) -> None:
    worker = new_worker()

    @worker.executor(job_type)
    async def count(words: Words) -> Counted:
        return Counted(words=len(words.text.split()))

    start(worker)
    assert client.run(job_type, Words("call me ishmael")).result_as(Counted) == Counted(words=3)
    with pytest.raises(JobEnded) as caught:
        client.run(job_type, {"txt": "x"})
    assert (caught.value.code, caught.value.reason) == ("JOB_FAILED", "MALFORMED")
    assert "payload.text: it is missing" in caught.value.message


def test_writes_progress_and_usage_arrive_in_order(
    client: Client, new_worker: NewWorker, start: Start, job_type: str
) -> None:
    worker = new_worker(max_unacknowledged_bytes=1_000)

    @worker.executor(job_type)
    def write(payload: dict[str, Any], ctx: Context) -> None:
        for number in range(200):
            ctx.write(f"{number} " + "x" * 50 + "\n")
        ctx.progress(200, 200, "written")
        ctx.usage(input_tokens=5, output_tokens=7, provider_calls=1, compute_seconds=0.25)
        ctx.usage(input_tokens=1, output_tokens=-3)

    @worker.executor(f"{job_type}-async")
    async def write_async(payload: dict[str, Any], ctx: AsyncContext) -> None:
        for number in range(200):
            await ctx.write(f"{number} " + "x" * 50 + "\n")
        await ctx.progress(200, 200, "written")
        ctx.usage(input_tokens=6, output_tokens=7, provider_calls=1, compute_seconds=0.25)

    start(worker)
    for type_ in (job_type, f"{job_type}-async"):
        job_id = client.submit(type_).job_id
        events = list(client.watch(job_id))
        text = "".join(event.text for event in events if isinstance(event, TextEvent))
        assert text == "".join(f"{number} " + "x" * 50 + "\n" for number in range(200))
        assert [event.message for event in events if isinstance(event, ProgressEvent)] == ["written"]
        usage = client.get_job(job_id).usage
        assert usage is not None
        assert (usage.input_tokens, usage.output_tokens, usage.compute_seconds) == (6, 7, 0.25)


def test_fan_out_checkpoint_and_documents_in_a_process(
    client: Client, new_worker: NewWorker, start: Start, job_type: str
) -> None:
    worker = new_worker(slots=1)
    worker.executor(job_type, executors.work_in_a_process, run_in="process")

    @worker.executor(f"{job_type}-part")
    def part(payload: dict[str, Any]) -> str:
        return str(payload["part"]).upper()

    start(worker)
    document = client.upload_document(b"call me ishmael", name="a.txt", content_type="text/plain")
    payload = {"document": document.id, "child_type": f"{job_type}-part"}
    job = client.run(job_type, payload, document_ids=[document.id])
    assert job.result["parts"] == ["CALL", "ME", "ISHMAEL"]
    assert job.result["checkpoint"] == {"seen": document.id}
    assert job.result["process"] != os.getpid()
    assert job.attempt == 1
    assert job.usage is not None
    assert job.usage.input_tokens >= 3


def test_fan_out_checkpoint_documents_and_finalizer_of_async_executors(
    client: Client, new_worker: NewWorker, start: Start, job_type: str
) -> None:
    worker = new_worker(slots=1)
    runs: list[tuple[int, Any]] = []

    @worker.executor(job_type)
    async def whole(payload: dict[str, Any], ctx: AsyncContext) -> Any:
        runs.append((ctx.fan_outs, ctx.last_checkpoint))
        await ctx.checkpoint(len(runs))
        content = b"".join([piece async for piece in ctx.read_document(ctx.document_ids[0])])
        first = await ctx.fan_out(
            lambda: [Child(f"{job_type}-part", {"part": part}) for part in content.decode().split()]
        )
        assert [child.result for child in first.children] == ["a", "b"]
        done = await ctx.fan_out([Child(f"{job_type}-part", {"part": "a"}), Child(f"{job_type}-part", {})], rule=50)
        return {"met": done.met, "states": sorted(child.state for child in done.children)}

    @worker.executor(f"{job_type}-part")
    async def part(payload: dict[str, Any]) -> str:
        if "part" not in payload:
            raise JobFailure("NO_PART", "There is no part.", retryable=False)
        return str(payload["part"])

    @worker.executor(f"{job_type}-final")
    async def final(payload: dict[str, Any], ctx: AsyncContext) -> list[Any]:
        return [child.result async for child in ctx.children()]

    start(worker)
    document = client.upload_document(b"a b", name="a.txt", content_type="text/plain")
    job = client.run(job_type, document_ids=[document.id])
    assert job.result == {"met": True, "states": ["FAILED", "SUCCEEDED"]}
    assert runs == [(0, None), (1, 1), (2, 2)]
    group = client.create_group(
        [NewJob(f"{job_type}-part", {"part": part}) for part in "xyz"],
        finalizer=NewJob(f"{job_type}-final"),
        close=True,
    )
    finished = group.wait(timeout=60)
    assert finished.state == "SUCCEEDED"
    assert client.wait(finished.finalizer_job_id or "").result == ["x", "y", "z"]


def test_executors_store_documents_of_the_jobs_key(
    client: Client, new_worker: NewWorker, start: Start, job_type: str, tmp_path: Path
) -> None:
    worker = new_worker(slots=1)
    worker.executor(f"{job_type}-process", executors.store_in_a_process, run_in="process")
    path = tmp_path / "long.txt"
    path.write_text("It was long. " * 200_000)

    @worker.executor(f"{job_type}-thread")
    def thread(payload: Any, ctx: Context) -> dict[str, Any]:
        return vars(ctx.store_document(path))

    @worker.executor(f"{job_type}-async")
    async def asynchronous(payload: Any, ctx: AsyncContext) -> dict[str, Any]:
        return vars(await ctx.store_document("# Moby", name="moby.md", content_type="text/markdown"))

    @worker.executor(f"{job_type}-empty")
    def empty(payload: Any, ctx: Context) -> None:
        ctx.store_document(b"")

    start(worker)
    stored = {where: client.run(f"{job_type}-{where}").result for where in ("thread", "process", "async")}
    assert {where: one["name"] for where, one in stored.items()} == {
        "thread": "long.txt",
        "process": "bytes.txt",
        "async": "moby.md",
    }
    contents = {where: b"".join(client.download_document(one["id"])) for where, one in stored.items()}
    assert contents == {"thread": path.read_bytes(), "process": b"from a process", "async": b"# Moby"}
    assert stored["async"]["content_type"] == "text/markdown"
    assert client.run(f"{job_type}-thread").result == {**stored["thread"], "existing": True}
    with pytest.raises(JobEnded) as refused:
        client.run(f"{job_type}-empty")
    assert refused.value.reason == "DOCUMENT_EMPTY"


def test_a_cancelled_job_stops_its_executor(client: Client, new_worker: NewWorker, start: Start, job_type: str) -> None:
    worker = new_worker()
    stopped: list[str] = []

    @worker.executor(job_type)
    def loop(payload: dict[str, Any], ctx: Context) -> None:
        ctx.write("begun")
        while not ctx.cancelled:
            time.sleep(0.01)
        try:
            ctx.raise_if_cancelled()
        except AttemptStopped:
            stopped.append("sync")
            raise

    @worker.executor(f"{job_type}-async")
    async def sleep(payload: dict[str, Any], ctx: AsyncContext) -> None:
        await ctx.write("begun")
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            stopped.append("async")
            raise

    @worker.executor(f"{job_type}-interrupt", interrupt=True)
    def compute(payload: dict[str, Any], ctx: Context) -> None:
        ctx.write("begun")
        try:
            while True:
                pass
        except AttemptStopped:
            stopped.append("interrupt")
            raise

    worker.executor(f"{job_type}-process", executors.never_return, run_in="process")
    start(worker)
    for kind in ("", "-async", "-interrupt", "-process"):
        job_id = client.submit(f"{job_type}{kind}").job_id
        for event in client.watch(job_id):
            if isinstance(event, TextEvent):
                client.cancel(job_id, reason="not needed")
        job = client.get_job(job_id)
        assert (job.state, job.failure and job.failure.message) == ("CANCELLED", "not needed")
    assert stopped == ["sync", "async", "interrupt"]


def test_failures_keep_their_reasons_and_a_dead_process_is_another_attempt(
    client: Client, new_worker: NewWorker, start: Start, job_type: str
) -> None:
    worker = new_worker()
    worker.executor(job_type, executors.refuse_in_a_process, run_in="process")
    worker.executor(f"{job_type}-die", executors.die, run_in="process")

    @worker.executor(f"{job_type}-bug")
    def bug(payload: dict[str, Any]) -> None:
        raise KeyError("missing")

    start(worker)
    with pytest.raises(JobEnded) as caught:
        client.run(job_type)
    assert caught.value.reason == "NOT_TODAY"
    assert caught.value.job.failure is not None
    assert caught.value.job.failure.details == {"day": "monday"}
    quick = RetryPolicy(max_attempts=2, initial_backoff=0.01)
    job = client.run(f"{job_type}-die", retry=quick)
    assert (job.result, job.attempt) == ("survived", 2)
    with pytest.raises(JobEnded, match="KeyError: 'missing'") as failed:
        client.run(f"{job_type}-bug", retry=quick)
    assert (failed.value.reason, failed.value.job.attempt) == ("EXECUTOR_FAILED", 2)


def test_a_process_is_kept_for_the_next_job_unless_it_has_ended(
    client: Client, new_worker: NewWorker, start: Start, job_type: str
) -> None:
    worker = new_worker()
    worker.executor(job_type, executors.process_id, run_in="process")
    start(worker)
    first, second = (client.run(job_type).result for _ in range(2))
    assert first == second
    (process,) = [child for child in multiprocessing.active_children() if child.pid == first]
    process.kill()
    process.join()
    job = client.run(job_type)
    assert job.result != first
    assert job.attempt == 1


def test_a_worker_that_no_scheduler_accepts_ends(system: System, new_worker: NewWorker, job_type: str) -> None:
    with pytest.raises(WorkerRefused, match="executors: at least 1"):
        new_worker().run()
    unimportable = new_worker()
    unimportable.executor(job_type, lambda payload: None, run_in="process")
    with pytest.raises(WorkerRefused, match="at the top of its module"):
        unimportable.run()
    refused: list[tuple[dict[str, Any], str]] = [({"token": "wrong"}, "TOKEN_REJECTED"), ({"slots": 0}, "MALFORMED")]
    for options, reason in refused:
        worker = new_worker(**options)
        worker.executor(job_type, lambda payload: None)
        with pytest.raises(WorkerRefused) as caught:
            worker.run()
        assert caught.value.reason == reason
    other = Worker(system.gateway, queues=["documents"], token="x")
    other.executor(job_type, lambda payload: None)
    with pytest.raises(WorkerRefused, match="7072"):
        other.run()


def test_a_job_that_is_cancelled_before_its_task_begins_frees_its_slot(
    client: Client, new_worker: NewWorker, start: Start, job_type: str
) -> None:
    goes_on = threading.Event()
    worker = new_worker(slots=2)

    @worker.executor(job_type)
    async def block(payload: dict[str, Any], ctx: AsyncContext) -> None:
        if payload.get("block"):
            await ctx.write("begun")
            goes_on.wait()

    start(worker)
    blocked = client.submit(job_type, {"block": True}).job_id
    next(event for event in client.watch(blocked) if isinstance(event, TextEvent))
    waiting = client.submit(job_type).job_id
    next(event for event in client.watch(waiting) if isinstance(event, JobEvent) and event.job.state == "RUNNING")
    client.cancel(waiting)
    goes_on.set()
    assert client.wait(waiting).state == "CANCELLED"
    assert client.wait(blocked).state == "SUCCEEDED"
    both = [client.submit(job_type).job_id for _ in range(2)]
    assert [client.wait(job_id, timeout=30).state for job_id in both] == ["SUCCEEDED"] * 2


def test_a_worker_serves_jobs_of_its_pools(client: Client, new_worker: NewWorker, start: Start, job_type: str) -> None:
    for pools in ([], ["gpu"]):
        worker = new_worker(pools=pools, version="1.2")
        worker.executor(f"{job_type}{len(pools)}", lambda payload, ctx: ctx.pool)
        start(worker)
        assert client.run(f"{job_type}{len(pools)}").result == ""
    assert client.run(f"{job_type}1", pool="gpu").result == "gpu"
    waiting = client.submit(f"{job_type}0", pool="gpu").job_id
    assert "NO_WORKER" in [one.kind for one in client.explain(waiting).constraints]
    client.cancel(waiting)


def test_draining_hands_back_without_an_attempt_and_lets_short_jobs_end(
    client: Client, new_worker: NewWorker, start: Start, job_type: str
) -> None:
    began = threading.Event()
    goes_on = threading.Event()

    def wait(payload: dict[str, Any], ctx: Context) -> int:
        began.set()
        while not goes_on.is_set() and not ctx.cancelled:
            time.sleep(0.01)
        return ctx.attempt

    first = new_worker()
    first.executor(job_type, wait)
    running = start(first)
    job_id = client.submit(job_type).job_id
    began.wait()
    first.drain(0)
    running.join()
    assert client.get_job(job_id).state == "QUEUED"
    began.clear()
    second = new_worker()
    second.executor(job_type, wait)
    running = start(second)
    began.wait()
    second.drain(60)
    goes_on.set()
    running.join()
    job = client.wait(job_id)
    assert (job.result, job.state) == (1, "SUCCEEDED")
