"""Parts of a running Millrace, for the tests whose names begin with test_system.

test/e2e/python-sdk.test.ts starts one and sets the environment; without it these tests are skipped.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from uuid import uuid4

import pytest

from millrace import Client, Worker


@dataclass(frozen=True)
class System:
    """Where a Millrace runs, whose leases last `lease_seconds`."""

    gateway: str
    api_key: str
    scheduler: str
    worker_token: str
    lease_seconds: float


@pytest.fixture
def system() -> System:
    values = {name: os.environ.get(f"MILLRACE_TEST_{name}") for name in ("GATEWAY", "KEY", "SCHEDULER", "TOKEN")}
    gateway, key, scheduler, token = values.values()
    if gateway is None or key is None or scheduler is None or token is None:
        pytest.skip("no Millrace runs: start the tests by test/e2e/python-sdk.test.ts")
    return System(gateway, key, scheduler, token, float(os.environ.get("MILLRACE_TEST_LEASE_SECONDS", "2")))


@pytest.fixture
def client(system: System) -> Iterator[Client]:
    with Client(system.gateway, api_key=system.api_key) as one:
        yield one


@pytest.fixture
def job_type() -> str:
    """A type of its own: schedulers assign its jobs only to the worker of this test."""
    return f"t{uuid4().hex}"


Start = Callable[[Worker], threading.Thread]


@pytest.fixture
def new_worker(system: System) -> Callable[..., Worker]:
    def make(**options: object) -> Worker:
        return Worker(system.scheduler, **{"queues": ["documents"], "token": system.worker_token, **options})  # type: ignore[arg-type]

    return make


@pytest.fixture
def start() -> Iterator[Start]:
    """Runs workers in threads, and drains them after the test."""
    running: list[tuple[Worker, threading.Thread]] = []

    def start_one(worker: Worker) -> threading.Thread:
        thread = threading.Thread(target=worker.run, daemon=True)
        thread.start()
        running.append((worker, thread))
        return thread

    yield start_one
    for worker, thread in running:
        worker.drain(0)
        thread.join()
