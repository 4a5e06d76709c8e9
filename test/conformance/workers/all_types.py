"""A worker on the SDK for Python that has every job type of the conformance tests."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import Any

from millrace import AsyncContext, Child, Context, JobFailure, NonRetryable, Worker

worker = Worker()


@worker.executor("count-words")
def count_words(payload: dict[str, Any], ctx: Context) -> dict[str, int]:
    text = payload.get("text")
    if not isinstance(text, str):
        raise NonRetryable("MALFORMED", 'The payload needs a "text".')
    lines = text.split("\n")
    words = 0
    for done, line in enumerate(lines, start=1):
        words += len(line.split())
        ctx.write(f"{line[:60]}: {len(line.split())}\n")
        ctx.progress(done, len(lines), "counting")
        time.sleep(payload.get("pauseSeconds", 0))
    return {"words": words}


@dataclass
class Compute:
    seconds: float


@worker.executor("compute", run_in="process")
def compute(payload: Compute, ctx: Context) -> dict[str, int]:
    until = time.monotonic() + payload.seconds
    while time.monotonic() < until:
        pass
    return {"attempt": ctx.attempt}


@worker.executor("sum-squares")
async def sum_squares(payload: dict[str, Any], ctx: AsyncContext) -> dict[str, int]:
    done = await ctx.fan_out([Child("square", {"number": number}) for number in payload["numbers"]])
    return {"sum": sum(child.result["square"] for child in done.children)}


@worker.executor("square")
def square(payload: dict[str, Any]) -> dict[str, int]:
    return {"square": payload["number"] ** 2}


@worker.executor("resume")
async def resume(payload: dict[str, Any], ctx: AsyncContext) -> dict[str, Any]:
    if ctx.last_checkpoint is not None:
        return {"checkpoint": ctx.last_checkpoint}
    await ctx.checkpoint({"attempt": ctx.attempt})
    raise JobFailure("NOT_YET", "The next attempt has the checkpoint.")


@worker.executor("document-bytes", run_in="process")
def document_bytes(payload: dict[str, Any], ctx: Context) -> dict[str, int]:
    return {"bytes": sum(len(piece) for piece in ctx.read_document(ctx.document_ids[0]))}


@worker.executor("spend")
def spend(payload: dict[str, Any], ctx: Context) -> None:
    ctx.usage(input_tokens=11, output_tokens=7, provider_calls=1)
    raise NonRetryable("SPENT", "Nothing came of it.")


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    worker.run()
