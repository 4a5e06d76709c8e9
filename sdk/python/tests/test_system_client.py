"""Clients against a running Millrace."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from conftest import Start, System

from millrace import (
    AsyncClient,
    AsyncContext,
    Client,
    Deduplication,
    JobEnded,
    MillraceError,
    NewJob,
    RetryPolicy,
    Submitted,
    Worker,
)


@pytest.fixture
def echo(new_worker: Callable[..., Worker], start: Start, job_type: str) -> str:
    """A job type whose jobs write their text and return their payload, or fail."""
    worker = new_worker(slots=8)

    @worker.executor(job_type)
    async def run(payload: dict[str, Any], ctx: AsyncContext) -> dict[str, Any]:
        if "fail" in payload and ctx.attempt == 1:
            await ctx.write("lost")
            raise RuntimeError("at first")
        for word in str(payload.get("text", "")).split():
            await ctx.write(f"{word} ")
        if payload.get("hang"):
            await asyncio.Event().wait()
        return payload

    start(worker)
    return job_type


@pytest.fixture
async def async_client(system: System) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(system.gateway, api_key=system.api_key) as one:
        yield one


def test_submits_reads_and_lists_a_job(client: Client, echo: str) -> None:
    later = datetime.now(timezone.utc) + timedelta(hours=1)
    submitted = client.submit(
        echo,
        {"text": "call me"},
        priority=10,
        labels={"customer": echo[:20]},
        deadline=later,
        idempotency_key=echo,
        retry=RetryPolicy(max_attempts=3, initial_backoff=0.5),
    )
    job = client.wait(submitted.job_id, timeout=60)
    assert (job.state, job.result, job.priority, job.max_attempts) == ("SUCCEEDED", {"text": "call me"}, 10, 3)
    assert job.deadline is not None
    assert abs(job.deadline - later) < timedelta(milliseconds=2)
    assert client.submit(echo, {"text": "call me"}, idempotency_key=echo) == Submitted(job.id, True)
    with pytest.raises(MillraceError) as caught:
        client.submit(echo, {"text": "other"}, idempotency_key=echo)
    assert (caught.value.reason, caught.value.metadata["job_id"]) == ("IDEMPOTENCY_CONFLICT", job.id)
    listed = list(client.list_jobs(type=echo, label=("customer", echo[:20]), states=["SUCCEEDED"]))
    assert [one.id for one in listed] == [job.id]
    assert client.get_job(job.id).payload == {"text": "call me"}


def test_deduplication_returns_the_first_job(client: Client, echo: str) -> None:
    once = Deduplication(echo, throttle=60)
    first, second = (client.submit(echo, {}, deduplication=once) for _ in range(2))
    assert (first.job_id, second.existing) == (second.job_id, True)


def test_text_is_reset_by_the_next_attempt(client: Client, echo: str) -> None:
    job_id = client.submit(echo, {"fail": True, "text": "a b"}, retry=RetryPolicy(2, initial_backoff=0.01)).job_id
    pieces = list(client.text(job_id))
    at = next(number for number, piece in enumerate(pieces) if piece.reset)
    assert "".join(piece.text for piece in pieces[at:]) == "a b "


def test_a_failed_job_raises_what_happened(client: Client, echo: str) -> None:
    with pytest.raises(JobEnded) as caught:
        client.run(echo, {"fail": True}, retry=RetryPolicy(max_attempts=1))
    assert (caught.value.code, caught.value.reason) == ("JOB_FAILED", "EXECUTOR_FAILED")
    assert caught.value.metadata == {"job_id": caught.value.job.id}
    with pytest.raises(MillraceError) as refused:
        client.run(echo, queue="not-defined")
    assert refused.value.reason == "QUEUE_NOT_FOUND"
    with pytest.raises(MillraceError) as malformed:
        client.run("Not A Type")
    assert [violation.field for violation in malformed.value.violations] == ["job.type"]


def test_explains_and_cancels_a_waiting_job(client: Client, job_type: str, echo: str) -> None:
    job_id = client.submit(f"{job_type}-other").job_id
    explanation = client.explain(job_id)
    assert (explanation.state, [one.kind for one in explanation.constraints]) == ("QUEUED", ["NO_WORKER"])
    assert client.cancel(job_id, reason="enough").state == "CANCELLED"
    finished = client.run(echo)
    with pytest.raises(MillraceError) as caught:
        client.cancel(finished.id)
    assert caught.value.reason == "ILLEGAL_TRANSITION"


def test_documents_are_stored_and_read(client: Client, tmp_path: Path, job_type: str) -> None:
    content = f"{job_type}\n".encode() * 20_000
    path = tmp_path / "notes.txt"
    path.write_bytes(content)
    document = client.upload_document(path)
    assert (document.name, document.size) == ("notes.txt", len(content))
    assert b"".join(client.download_document(document.id)) == content
    assert client.get_document(document.id) == document
    assert document.id in [one.id for one in client.list_documents()]
    client.delete_document(document.id)
    with pytest.raises(MillraceError) as caught:
        list(client.download_document(document.id))
    assert caught.value.reason == "DOCUMENT_NOT_FOUND"


def test_a_group_runs_its_finalizer(client: Client, echo: str) -> None:
    group = client.create_group(
        [NewJob(echo, {"n": 1}), NewJob("Bad Type")], finalizer=NewJob(echo, {"text": "end"}), labels={"a": "b"}
    )
    accepted, refused = group.outcomes
    assert isinstance(accepted, Submitted)
    assert isinstance(refused, MillraceError)
    (later,) = group.submit([NewJob(echo, {"n": 2})])
    assert isinstance(later, Submitted)
    group.close()
    states = [(one.state, one.progress.succeeded) for one in group.watch()]
    assert states[-1] == ("SUCCEEDED", 2)
    assert [child.result for child in group.children()] == [{"n": 1}, {"n": 2}]
    finished = client.group(group.id).wait(timeout=60)
    assert client.wait(finished.finalizer_job_id or "").result == {"text": "end"}
    assert group.id in [one.id for one in client.list_groups()]
    other = client.create_group([NewJob(echo, {"hang": True})])
    other.cancel(reason="enough")
    assert other.wait(timeout=60).cancel_reason == "enough"


async def test_the_asyncio_client_does_the_same(async_client: AsyncClient, echo: str) -> None:
    jobs = await asyncio.gather(*(async_client.run(echo, {"n": number}) for number in range(20)))
    assert [job.result["n"] for job in jobs] == list(range(20))
    outcomes = await async_client.submit_many([NewJob(echo, {"text": "a b"}), NewJob("Bad Type")])
    assert isinstance(outcomes[0], Submitted)
    assert isinstance(outcomes[1], MillraceError)
    text = [piece.text async for piece in async_client.text(outcomes[0].job_id)]
    assert "".join(text) == "a b "
    listed = [job.id async for job in async_client.list_jobs(type=echo)]
    assert outcomes[0].job_id in listed
    document = await async_client.upload_document(iter([b"one ", b"two"]), name="a.txt")
    assert b"".join([piece async for piece in async_client.download_document(document.id)]) == b"one two"
    assert document.id in [one.id async for one in async_client.list_documents()]
    await async_client.delete_document(document.id)
    group = await async_client.create_group([NewJob(echo, {"n": 1})], close=True)
    assert (await group.wait(timeout=60)).state == "SUCCEEDED"
    assert [child.result async for child in group.children()] == [{"n": 1}]
    assert [one.state async for one in group.watch()] == ["SUCCEEDED"]


async def test_a_cancelled_task_ends_the_call_and_not_the_job(async_client: AsyncClient, echo: str) -> None:
    job_id = (await async_client.submit(echo, {"hang": True, "text": "a"})).job_id
    waiting = asyncio.create_task(async_client.wait(job_id))
    async for piece in async_client.text(job_id):
        if piece.text:
            break
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert (await async_client.get_job(job_id)).state == "RUNNING"
    await async_client.cancel(job_id)
    assert (await async_client.wait(job_id)).state == "CANCELLED"
