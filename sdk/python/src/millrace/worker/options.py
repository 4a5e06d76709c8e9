"""What a worker is configured with, and what is wrong with it."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from millrace._limits import GUEST_SLOTS, WORKER_SLOTS
from millrace.tls import Tls
from millrace.worker.failures import WorkerRefused

_WORKER_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
_QUEUE = re.compile(r"[a-z][a-z0-9-]{0,62}")
_POOL = re.compile(r"[a-z0-9][a-z0-9._/-]{0,62}")
_TYPE = re.compile(r"[a-z][a-z0-9_.-]{0,62}")
_MOST_VERSION = 128


@dataclass(frozen=True)
class WorkerOptions:
    """The options of a worker. Worker's constructor says what they mean."""

    address: str
    queues: Sequence[str]
    pools: Sequence[str]
    slots: int
    guest_slots: int
    token: Callable[[], str | None]
    tls: Callable[[], Tls | None]
    worker_id: str
    version: str
    drain_seconds: float
    refused_seconds: float
    max_blocked_seconds: float
    max_unacknowledged_bytes: int
    types: Sequence[str] = field(default=())

    def check(self, unusable: Sequence[str] = ()) -> None:
        """Raises WorkerRefused for options that no scheduler accepts. Its message lists all problems."""
        problems = [
            *unusable,
            *_broken("worker_id", [self.worker_id], _WORKER_ID, 1, 1),
            *_broken("queues", self.queues, _QUEUE, 1, 64),
            *_broken("pools", self.pools, _POOL, 0, 64),
            *_broken("executors", self.types, _TYPE, 1, 256),
        ]
        if not 1 <= self.slots <= WORKER_SLOTS:
            problems.append(f"slots: {self.slots} is not a whole number of 1 to {WORKER_SLOTS}")
        if not 0 <= self.guest_slots <= GUEST_SLOTS:
            problems.append(f"guest_slots: {self.guest_slots} is not a whole number of 0 to {GUEST_SLOTS}")
        if len(self.version) > _MOST_VERSION:
            problems.append(f"version: it may have {_MOST_VERSION} characters at most")
        if problems:
            message = f"No scheduler would accept this worker. Correct its options: {'; '.join(problems)}."
            raise WorkerRefused("MALFORMED", message)


def _broken(name: str, values: Iterable[str], pattern: re.Pattern[str], least: int, most: int) -> list[str]:
    values = list(values)
    problems = []
    if len(values) < least:
        problems.append(f"{name}: at least {least} is needed")
    if len(values) > most:
        problems.append(f"{name}: there are {len(values)}, and one worker may have {most}")
    wrong = [value for value in values if pattern.fullmatch(value) is None]
    problems.extend(f"{name}: {value!r:.80} does not match {pattern.pattern}" for value in wrong[:3])
    return problems


def environment(name: str, default: str) -> str:
    """Returns a setting of the environment. An empty one counts as left out."""
    return os.environ.get(name) or default


def token_reader(token: str | Callable[[], str | None] | None) -> Callable[[], str | None]:
    """Returns what reads the token at each connection, because tokens are rotated."""
    if callable(token):
        return token
    if token is not None or os.environ.get("MILLRACE_WORKER_TOKEN"):
        given = token or os.environ.get("MILLRACE_WORKER_TOKEN")
        return lambda: given
    path = os.environ.get("MILLRACE_WORKER_TOKEN_FILE")
    return (lambda: Path(path).read_text().strip() or None) if path else (lambda: None)


def tls_reader(tls: Tls | Callable[[], Tls | None] | None) -> Callable[[], Tls | None]:
    """Returns what reads the certificates at each connection, because they are replaced."""
    if callable(tls):
        return tls
    if tls is not None:
        return lambda: tls
    ca, cert, key = (os.environ.get(f"MILLRACE_SCHEDULER_{part}_FILE") for part in ("CA", "CERT", "KEY"))
    return (lambda: Tls.from_files(ca, cert or None, key or None)) if ca else (lambda: None)


def default_worker_id() -> str:
    """The host's name and the process's id, of the characters that an id may have."""
    return re.sub(r"[^A-Za-z0-9._-]", "-", f"{socket.gethostname()}-{os.getpid()}")[-128:]
