"""Executors that processes import."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import Any

from millrace import Child, Context, NonRetryable


@dataclass
class Seconds:
    """How long to compute."""

    seconds: float


def compute(payload: Seconds, ctx: Context) -> dict[str, Any]:
    """Computes in pure Python."""
    ctx.write("begun")
    until = time.monotonic() + payload.seconds
    turns = 0
    while time.monotonic() < until:
        turns += 1
    return {"attempt": ctx.attempt, "process": os.getpid()}


def hold_the_lock(payload: Seconds, ctx: Context) -> dict[str, Any]:
    """Computes in code in C that keeps Python's global lock."""
    ctx.write("begun")
    began = time.monotonic()
    size = 1_000_000
    while True:
        at = time.monotonic()
        sum(range(size))
        took = time.monotonic() - at
        if took > payload.seconds:
            return {"attempt": ctx.attempt, "longest": took, "all": time.monotonic() - began}
        size = int(size * min(10.0, 1.3 * payload.seconds / max(took, 1e-6)))


def work_in_a_process(payload: dict[str, Any], ctx: Context) -> dict[str, Any]:
    """Uses all that a context has."""
    if ctx.fan_outs == 0:
        ctx.checkpoint({"seen": payload["document"]})
    ctx.usage(input_tokens=3, compute_seconds=0.002)
    content = b"".join(ctx.read_document(payload["document"])).decode()
    ctx.progress(1, 2, "read")
    children = ctx.fan_out([Child(payload["child_type"], {"part": part}) for part in content.split()]).children
    ctx.write("done")
    return {"checkpoint": ctx.last_checkpoint, "parts": [child.result for child in children], "process": os.getpid()}


def refuse_in_a_process(payload: dict[str, Any]) -> None:
    """Fails with a reason of its own."""
    raise NonRetryable("NOT_TODAY", "Come again.", details={"day": "monday"})


def process_id(payload: dict[str, Any]) -> int:
    """Says where it runs."""
    return os.getpid()


def die(payload: dict[str, Any], ctx: Context) -> str:
    """Ends its process at the first attempt."""
    if ctx.attempt == 1:
        os._exit(7)
    return "survived"


def never_return(payload: dict[str, Any], ctx: Context) -> None:
    """Does not look at its context again."""
    ctx.write("begun")
    while True:
        time.sleep(60)


def store_in_a_process(payload: Any, ctx: Context) -> dict[str, Any]:
    """Stores bytes."""
    return vars(ctx.store_document(b"from a process", name="bytes.txt"))
