"""What attempts spent, as workers report it and as callers see it."""

from __future__ import annotations

from typing import Any

import pytest

from millrace import Context
from millrace._proto.jobs.v1 import job_pb2
from millrace._proto.workers.v1 import worker_service_pb2 as pb
from millrace.client.jobs import job_of
from millrace.worker.executor import Executor


def reported(*calls: dict[str, Any]) -> Any:
    def function(payload: Any, ctx: Context) -> None:
        for call in calls:
            ctx.usage(**call)

    assignment = pb.Assignment()
    port: Any = None
    return Executor(function, "thread").run(assignment, Context(assignment, port)).usage


def test_every_field_of_the_contract_can_be_reported_and_read() -> None:
    usage = reported(
        {"input_tokens": 5, "cached_input_tokens": 3, "output_tokens": 7, "reasoning_tokens": 2, "model": "gpt-5"},
        {"input_tokens": 1, "cached_input_tokens": 1, "provider_calls": 2, "compute_seconds": 0.25},
        {"reasoning_tokens": 4, "model": "gpt-5-mini"},
    )
    # What an attempt cost is known only to the scheduler.
    charged = {"cost_micros", "unpriced_attempts"}
    declared = {field.name for field in usage.DESCRIPTOR.fields}
    assert {field.name for field, _ in usage.ListFields()} == declared - charged
    seen = job_of(job_pb2.Job(usage=usage)).usage
    assert seen is not None
    assert (seen.input_tokens, seen.cached_input_tokens, seen.output_tokens, seen.reasoning_tokens) == (6, 4, 7, 6)
    assert (seen.provider_calls, seen.compute_seconds, seen.model) == (2, 0.25, "gpt-5-mini")
    assert (seen.cost_micros, seen.unpriced_attempts) == (None, 0)


def test_what_attempts_cost_is_read() -> None:
    seen = job_of(job_pb2.Job(usage=job_pb2.Usage(cost_micros=0, unpriced_attempts=2))).usage
    assert seen is not None
    assert (seen.cost_micros, seen.unpriced_attempts) == (0, 2)


@pytest.mark.parametrize(
    ("model", "stored"), [("m" * 128, "m" * 128), ("m" * 129, "m" * 128), ("a\ud800", "a?"), ("", "before")]
)
def test_the_name_of_a_model_fits_the_contract(model: str, stored: str) -> None:
    assert reported({"model": "before"}, {"model": model}).model == stored


@pytest.mark.parametrize("name", ["input_tokens", "output_tokens", "cached_input_tokens", "reasoning_tokens"])
@pytest.mark.parametrize(
    ("count", "stored"),
    [(-1, 5), (float("nan"), 5), (float("-inf"), 5), (2.6, 8), (10**9, 10**9), (10**12, 10**9), (float("inf"), 10**9)],
)
def test_a_wrong_count_costs_no_attempt_its_end(name: str, count: float, stored: int) -> None:
    assert getattr(reported({name: 5}, {name: count}), name) == stored
