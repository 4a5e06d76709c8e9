"""What the attempts of a job spent."""

from __future__ import annotations

from dataclasses import dataclass

from millrace._proto.jobs.v1 import job_pb2


@dataclass(frozen=True)
class Usage:
    """What all attempts of a job spent."""

    input_tokens: int
    output_tokens: int
    provider_calls: int
    compute_seconds: float
    cached_input_tokens: int = 0
    """The part of input_tokens that the provider had in its cache."""
    reasoning_tokens: int = 0
    """The part of output_tokens that the model spent on thought."""
    model: str = ""
    """The model that was called last. Empty: the worker named none."""
    cost_micros: int | None = None
    """What the attempts cost whose price was known, in millionths of a US dollar. None: none had a price."""
    unpriced_attempts: int = 0
    """How many attempts of the job's model had no known price, so that cost_micros lacks them."""


def usage_of(message: job_pb2.Usage) -> Usage:
    """Converts what attempts spent."""
    return Usage(
        message.input_tokens,
        message.output_tokens,
        message.provider_calls,
        message.compute_ms / 1_000,
        message.cached_input_tokens,
        message.reasoning_tokens,
        message.model,
        message.cost_micros if message.HasField("cost_micros") else None,
        message.unpriced_attempts,
    )
