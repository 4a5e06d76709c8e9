"""Calls of one attempt that its executor starts together."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from millrace import AsyncContext, Child, Context, WaitingForChildren
from millrace._proto.jobs.v1 import group_pb2
from millrace._proto.workers.v1 import worker_service_pb2 as pb


class Scheduler:
    """Answers the calls of an attempt, and notices whether two of them are under way at once."""

    def __init__(self, state: int = group_pb2.GROUP_STATE_SUCCEEDED) -> None:
        self.requests: list[Any] = []
        self.overlapped = False
        self.waits: list[int] = []
        self._group = group_pb2.Group(state=state)
        self._both = threading.Barrier(2)

    def call(self, method: Any, request: Any) -> Any:
        self.requests.append(request)
        try:
            self._both.wait(timeout=0.1)
            self.overlapped = True
        except threading.BrokenBarrierError:
            self._both.reset()
        if isinstance(request, pb.SaveCheckpointRequest):
            return pb.SaveCheckpointResponse()
        if isinstance(request, pb.FanOutRequest):
            return pb.FanOutResponse(group=self._group)
        return pb.ReadChildrenResponse(group=self._group)

    def wait_for_children(self, children: int) -> None:
        self.waits.append(children)

    @property
    def ordinals(self) -> list[int]:
        return [request.ordinal for request in self.requests if isinstance(request, pb.FanOutRequest)]


def async_context(scheduler: Any) -> AsyncContext:
    def in_thread(run: Any) -> Any:
        return asyncio.get_running_loop().run_in_executor(None, run)

    output: Any = None
    return AsyncContext(pb.Assignment(), scheduler, output, lambda: None, in_thread)


@pytest.mark.parametrize("name", ["fan_out", "checkpoint"])
def test_calls_of_several_threads_run_one_after_the_other(name: str) -> None:
    scheduler: Any = Scheduler()
    context = Context(pb.Assignment(), scheduler)
    with ThreadPoolExecutor(3) as threads:
        list(threads.map(getattr(context, name), [[Child("t")] if name == "fan_out" else 1] * 3))
    assert not scheduler.overlapped
    assert scheduler.ordinals == ([1, 2, 3] if name == "fan_out" else [])


async def test_calls_of_several_tasks_run_one_after_the_other_in_their_order() -> None:
    scheduler = Scheduler()
    context = async_context(scheduler)
    await asyncio.gather(*(context.checkpoint(number) for number in range(5)))
    assert [request.checkpoint_json for request in scheduler.requests] == ["0", "1", "2", "3", "4"]
    await asyncio.gather(*(context.fan_out([Child(f"t{number}")], rule=1 + number) for number in range(5)))
    fan_outs = [request for request in scheduler.requests if isinstance(request, pb.FanOutRequest)]
    assert [(one.ordinal, one.rule.at_least_percent) for one in fan_outs] == [
        (number, number) for number in range(1, 6)
    ]
    assert not scheduler.overlapped


async def test_no_fan_out_is_made_after_one_that_waits() -> None:
    scheduler = Scheduler(group_pb2.GROUP_STATE_RUNNING)
    context = async_context(scheduler)
    both = await asyncio.gather(
        context.fan_out([Child("t")] * 2), context.fan_out([Child("t")]), return_exceptions=True
    )
    assert [type(one) for one in both] == [WaitingForChildren] * 2
    assert (scheduler.ordinals, scheduler.waits) == ([1], [2])
