"""What a worker is configured with, and what is wrong with it."""

from __future__ import annotations

import logging
import os
import re
import socket
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from millrace._limits import GUEST_SLOTS, WORKER_SLOTS
from millrace.tls import Tls
from millrace.worker.failures import WorkerRefused

log = logging.getLogger("millrace.worker")

T = TypeVar("T")

_WORKER_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
_QUEUE = re.compile(r"[a-z][a-z0-9-]{0,62}")
_POOL = re.compile(r"[a-z0-9][a-z0-9._/-]{0,62}")
_TYPE = re.compile(r"[a-z][a-z0-9_.-]{0,62}")
_MOST_VERSION = 128
_TLS_FILES = tuple(f"MILLRACE_SCHEDULER_{part}_FILE" for part in ("CA", "CERT", "KEY"))


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


class _Kept(Generic[T]):
    """Reads what others replace, and returns the former value while it cannot be read. Threads may share it.

    Raises what the reader raises only if nothing was read before.
    """

    def __init__(self, what: str, read: Callable[[], T]) -> None:
        self._what = what
        self._read = read
        self._lock = threading.Lock()
        self._values: list[T] = []
        self._failed = False

    def __call__(self) -> T:
        try:
            value = self._read()
        except Exception as error:
            with self._lock:
                if not self._values:
                    raise
                if not self._failed:
                    log.warning("%s cannot be read, so the former one is used: %s", self._what, error)
                self._failed = True
                return self._values[0]
        with self._lock:
            self._values, self._failed = [value], False
        return value


def token_reader(token: str | Callable[[], str | None] | None) -> Callable[[], str | None]:
    """Returns what reads the token at each connection, because tokens are rotated."""
    if callable(token):
        return _Kept("the worker token", token)
    if token is not None or os.environ.get("MILLRACE_WORKER_TOKEN"):
        given = token or os.environ.get("MILLRACE_WORKER_TOKEN")
        return lambda: given
    path = os.environ.get("MILLRACE_WORKER_TOKEN_FILE")
    return _Kept("the worker token", lambda: _token_of(Path(path))) if path else (lambda: None)


def tls_reader(tls: Tls | Callable[[], Tls | None] | None) -> Callable[[], Tls | None]:
    """Returns what reads the certificates at each connection, because they are replaced.

    Raises WorkerRefused if the environment names a client certificate without its key or without authorities:
    plaintext would show the token to everyone.
    """
    if callable(tls):
        return _Kept("the certificates", tls)
    if tls is not None:
        return lambda: tls
    ca, cert, key = (os.environ.get(name) or None for name in _TLS_FILES)
    needed = [(_TLS_FILES[0], ca, cert or key), (_TLS_FILES[1], cert, key), (_TLS_FILES[2], key, cert)]
    problems = [
        f"{name}: needed with {_TLS_FILES[1] if cert else _TLS_FILES[2]}"
        for name, given, other in needed
        if other is not None and given is None
    ]
    if problems:
        raise WorkerRefused("MALFORMED", f"The worker cannot use TLS. Correct its environment: {'; '.join(problems)}.")
    return _Kept("the certificates", lambda: Tls.from_files(ca, cert, key)) if ca else (lambda: None)


def _token_of(path: Path) -> str:
    try:
        token = path.read_text().strip()
    except UnicodeDecodeError as error:
        raise OSError(f"{path} holds no text: {error}") from error
    if not token:
        raise OSError(f"{path} is empty")
    return token


def default_worker_id() -> str:
    """The host's name and the process's id, of the characters that an id may have."""
    return re.sub(r"[^A-Za-z0-9._-]", "-", f"{socket.gethostname()}-{os.getpid()}")[-128:]
