from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry import trace

from millrace import Context, Worker, WorkerRefused
from millrace._proto.workers.v1 import worker_service_pb2 as pb
from millrace.worker.executor import Executor

if TYPE_CHECKING:
    from somewhere import OnlyForTypeCheckers  # type: ignore[import-not-found]


@dataclass
class Words:
    text: str


def outcome_of(function: Any, payload_json: str = '{"text": "a b"}') -> pb.AttemptOutcome:
    assignment = pb.Assignment(lease=pb.LeaseRef(job_id="j", fencing_token=1), payload_json=payload_json)
    return Executor(function, "thread").run(assignment, Context(assignment, None))  # type: ignore[arg-type]


def test_the_context_is_optional() -> None:
    def one(words: Words) -> int:
        return len(words.text.split())

    def two(words: Words, ctx: Context) -> str:
        return ctx.job_id

    assert outcome_of(one).completed.result_json == "2"
    assert outcome_of(two).completed.result_json == '"j"'


def test_only_the_payload_s_annotation_must_be_there_at_run_time() -> None:
    def function(words: Words, ctx: OnlyForTypeCheckers) -> OnlyForTypeCheckers:
        return words.text

    assert outcome_of(function).completed.result_json == '"a b"'


def test_a_payload_that_is_no_json_or_does_not_fit_fails_the_job_for_good() -> None:
    def function(words: Words) -> None: ...

    for payload_json in ("{", "[]", '{"text": 1}'):
        failure = outcome_of(function, payload_json).failed.failure
        assert (failure.reason, failure.retryable) == ("MALFORMED", False)


def test_what_is_wrong_with_executors_is_said_before_the_worker_connects() -> None:
    @dataclass
    class Local:
        text: str

    def function(words: Local) -> None: ...

    worker = Worker(queues=["documents"])
    worker.executor("a", function)
    worker.executor("b", lambda payload: None, run_in="process")
    with pytest.raises(WorkerRefused) as caught:
        worker.run()
    assert "the annotation of the payload of" in str(caught.value)
    assert "cannot run in a process" in str(caught.value)
    with pytest.raises(ValueError, match="already"):
        worker.executor("a", function)


def test_a_function_of_another_form_is_a_mistake() -> None:
    async def in_loop(payload: Any) -> None: ...

    def three(payload: Any, ctx: Any, more: Any) -> None: ...

    with pytest.raises(ValueError, match="async"):
        Executor(in_loop, "process")
    with pytest.raises(TypeError, match="3 arguments"):
        Executor(three, "thread")


def test_options_are_checked_against_the_contract() -> None:
    worker = Worker(queues=["Bad"], pools=["Ü"], slots=10_001, guest_slots=101, worker_id="a b", version="x" * 129)
    worker.executor("Bad", lambda payload: None)
    with pytest.raises(WorkerRefused) as caught:
        worker.run()
    for option in ("queues", "pools", "slots", "guest_slots", "worker_id", "version", "executors"):
        assert f"{option}: " in str(caught.value)
    assert caught.value.reason == "MALFORMED"


def test_spans_of_an_executor_belong_to_the_job_s_trace() -> None:
    def function(payload: Any) -> str:
        return trace.format_trace_id(trace.get_current_span().get_span_context().trace_id)

    async def in_loop(payload: Any) -> str:
        return function(payload)

    trace_id = "0af7651916cd43dd8448eb211c80319c"
    assignment = pb.Assignment(lease=pb.LeaseRef(job_id="j"), traceparent=f"00-{trace_id}-b7ad6b7169203331-01")
    outcome = Executor(function, "thread").run(assignment, Context(assignment, None))  # type: ignore[arg-type]
    assert outcome.completed.result_json == f'"{trace_id}"'
    context: Any = Context(assignment, None)  # type: ignore[arg-type]
    assert asyncio.run(Executor(in_loop, "thread").run_async(assignment, context)) == outcome
    assert not trace.get_current_span().get_span_context().is_valid
