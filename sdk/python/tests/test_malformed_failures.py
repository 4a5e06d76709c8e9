"""However wrong the failure is that an executor raises, its attempt ends."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from attempts import Attempts, attempts

from millrace import AsyncContext, Context, JobFailure, NonRetryable, ProviderRefused
from millrace._proto.workers.v1 import worker_service_pb2 as pb
from millrace.worker.executor import Executor
from millrace.worker.port import Stop


class Unspeakable(Exception):
    def __str__(self) -> str:
        raise RuntimeError("there are no words")


PORT: Any = SimpleNamespace(stop=Stop())
wrong: Any = JobFailure
refused: Any = ProviderRefused

MALFORMED = [
    wrong("UPSTREAM", "late", retry_after="5"),
    wrong("UPSTREAM", Unspeakable()),
    wrong("UPSTREAM\ud800", "late"),
    wrong(None, None),
    wrong(5, "late"),
    wrong("UPSTREAM", "late", provider="openai"),
    refused(http_status="429"),
    refused(http_status=-1),
    refused(http_status=600),
    refused(http_status=2**40),
    refused(account=5),
    refused(headers={"x-ratelimit-remaining": 5}),
    Unspeakable(),
]


def raising(error: BaseException) -> Any:
    def function(payload: Any) -> None:
        raise error

    return function


@pytest.mark.parametrize("error", MALFORMED, ids=range(len(MALFORMED)))
def test_a_failure_that_cannot_be_reported_is_one_of_the_executor(error: BaseException) -> None:
    assignment = pb.Assignment(lease=pb.LeaseRef(job_id="j"))
    outcome = Executor(raising(error), "thread").run(assignment, Context(assignment, PORT))
    failure = outcome.failed.failure
    assert (failure.reason, failure.retryable) == ("EXECUTOR_FAILED", True)
    assert "cannot be reported" in failure.message
    assert type(error).__name__ in failure.message
    assert pb.AttemptOutcome.FromString(outcome.SerializeToString()) == outcome


def test_a_malformed_failure_that_is_not_retryable_stays_so() -> None:
    assignment = pb.Assignment()
    error = NonRetryable(None, "late")  # type: ignore[arg-type]
    outcome = Executor(raising(error), "thread").run(assignment, Context(assignment, PORT))
    assert not outcome.failed.failure.retryable


@pytest.mark.parametrize(("message", "reported"), [(ValueError("late"), "late"), ("a\ud800b", "a?b"), (None, "None")])
def test_a_message_may_be_an_exception(message: Any, reported: str) -> None:
    assignment = pb.Assignment()
    error = JobFailure("UPSTREAM", message)
    outcome = Executor(raising(error), "thread").run(assignment, Context(assignment, PORT))
    assert (outcome.failed.failure.reason, outcome.failed.failure.message) == ("UPSTREAM", reported)


class Broken(Executor):
    """What must not happen: it raises instead of returning an outcome."""

    def run(self, assignment: pb.Assignment, context: Context) -> pb.AttemptOutcome:
        raise RuntimeError("broken")

    async def run_async(self, assignment: pb.Assignment, context: AsyncContext) -> pb.AttemptOutcome:
        raise RuntimeError("broken")


def test_the_end_of_an_attempt_is_reported_whatever_is_raised() -> None:
    with attempts(t=Broken(raising(ValueError()), "thread")) as one:
        one.assign("t")
        failure = one.outcome().failed.failure
    assert failure.reason == "EXECUTOR_FAILED"
    assert "RuntimeError: broken" in failure.message


async def test_the_end_of_an_attempt_in_the_event_loop_is_reported_whatever_is_raised() -> None:
    async def function(payload: Any) -> None: ...

    one = Attempts({"t": Broken(function, "thread")}, asyncio.get_running_loop())
    one.assign("t")
    failure = (await asyncio.to_thread(one.outcome)).failed.failure
    one.close()
    assert failure.reason == "EXECUTOR_FAILED"


@pytest.mark.parametrize("http_status", [0, 599])
def test_the_least_and_the_greatest_status_are_reported(http_status: int) -> None:
    assignment = pb.Assignment()
    outcome = Executor(raising(refused(http_status=http_status)), "thread").run(assignment, Context(assignment, PORT))
    assert outcome.failed.provider.http_status == http_status
