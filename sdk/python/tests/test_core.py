"""The worker's side of the protocol, without a scheduler."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator
from queue import SimpleQueue
from typing import Any

import pytest
from attempts import OPTIONS

from millrace import AttemptStopped, Context
from millrace._proto.jobs.v1 import group_pb2, job_pb2
from millrace._proto.jobs.v1 import job_service_pb2 as jobs_pb
from millrace._proto.workers.v1 import worker_service_pb2 as pb
from millrace.client.explanation import explanation_of
from millrace.client.groups import group_of
from millrace.client.jobs import job_of
from millrace.worker.children import child_result
from millrace.worker.core import Core
from millrace.worker.executor import Executor

LEASE = pb.LeaseRef(job_id="j", fencing_token=1)


class Running:
    """A core that runs one job, which writes until it must stop."""

    def __init__(self) -> None:
        self.ended: SimpleQueue[BaseException | None] = SimpleQueue()
        self.stopped: SimpleQueue[str] = SimpleQueue()
        self._begun = threading.Event()
        self._loop = asyncio.new_event_loop()
        self.core = Core(OPTIONS, {"t": Executor(self._write, "thread")}, self._loop)
        self.core.on_ended = self.ended.put
        self.core.start()
        self.turn(lambda: self.core._running.assign([pb.Assignment(lease=LEASE, type="t")]))
        self._begun.wait()

    def turn(self, run: Callable[[], None]) -> None:
        self.core._turns.post(run)

    def close(self) -> None:
        self.core.drain(0)
        self._loop.close()

    def _write(self, payload: Any, ctx: Context) -> None:
        self._begun.set()
        try:
            while True:
                ctx.write("x" * 100)
        except AttemptStopped as stopped:
            self.stopped.put(str(stopped))
            raise


@pytest.fixture
def running() -> Iterator[Running]:
    one = Running()
    yield one
    one.close()


def test_attempts_stop_when_the_core_fails(running: Running) -> None:
    def fail() -> None:
        raise RuntimeError("a bug")

    running.turn(fail)
    assert str(running.ended.get(timeout=20)) == "a bug"
    assert "must stop" in running.stopped.get(timeout=20)


def test_a_reason_of_a_newer_scheduler_stops_the_attempt(running: Running) -> None:
    stop = pb.WorkResponse(stop=pb.StopAttempts(attempts=[pb.StopAttempt(lease=LEASE, reason=99)]))
    running.turn(lambda: running.core._received(running.core._stream, stop))  # type: ignore[arg-type]
    assert running.stopped.get(timeout=20) == "the attempt must stop: reason_99"
    assert running.ended.empty()


def test_each_queue_that_the_scheduler_does_not_know_is_a_warning(
    running: Running, caplog: pytest.LogCaptureFixture
) -> None:
    welcome = pb.WorkResponse(welcome=pb.Welcome(undefined_queues=["news", "mail"]))
    done = threading.Event()

    def be_welcomed() -> None:
        running.core._connect()
        assert running.core._stream is not None
        running.core._received(running.core._stream, welcome)
        done.set()

    with caplog.at_level(logging.WARNING):
        running.turn(be_welcomed)
        assert done.wait(timeout=20)
    assert [one.message for one in caplog.records if "not defined" in one.message] == [
        "the queue 'news' is not defined; the worker waits until an operator defines it: millrace queues put news",
        "the queue 'mail' is not defined; the worker waits until an operator defines it: millrace queues put mail",
    ]


def test_states_and_kinds_of_a_newer_millrace_have_names() -> None:
    assert job_of(job_pb2.Job(state=99)).state == "STATE_99"
    assert group_of(group_pb2.Group(state=99)).state == "STATE_99"
    assert child_result(group_pb2.GroupChild(state=99)).state == "STATE_99"
    assert child_result(group_pb2.GroupChild()).state == "REMOVED"
    explained = jobs_pb.ExplainJobResponse(state=99, constraints=[jobs_pb.Constraint(kind=99)])
    assert explanation_of(explained).state == "STATE_99"
    assert [one.kind for one in explanation_of(explained).constraints] == ["KIND_99"]
