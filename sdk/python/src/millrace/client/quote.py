"""What jobs would spend, and when they would run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from millrace._proto.jobs.v1 import job_service_pb2 as pb
from millrace.client.explanation import Constraint, constraint_of
from millrace.client.jobs import when


@dataclass(frozen=True)
class QuotedRange:
    """An amount as it is estimated. The actual amount should lie between `low` and `high`, and is not certain to."""

    low: int
    likely: int
    high: int


@dataclass(frozen=True)
class QuotedTimes:
    """A time as it is estimated. None where there is no basis for it."""

    low: datetime | None
    likely: datetime | None
    high: datetime | None


@dataclass(frozen=True)
class JobQuote:
    """What one job would spend, and when it would run."""

    input_tokens: QuotedRange
    output_tokens: QuotedRange
    tokens: QuotedRange
    """Input and output together."""
    cost_micros: QuotedRange | None
    """In micro-dollars (millionths of a US dollar). None: the cost is not known."""
    start: QuotedTimes
    end: QuotedTimes
    """If the first attempt succeeds."""
    constraints: tuple[Constraint, ...]
    """What would hold the job now, the last one to clear first."""
    time_basis: str
    token_basis: str
    estimated_document_ids: tuple[str, ...]
    """Documents whose tokens are estimated from their size."""


@dataclass(frozen=True)
class Quote:
    """What jobs would spend, and when they would run, at one moment."""

    quotes: tuple[JobQuote, ...]
    """One for each job, in order."""
    tokens: QuotedRange
    """The sum of the tokens."""
    cost_micros: QuotedRange | None
    """The sum of what is known. None: the cost of no job is known."""
    unpriced_jobs: int
    """How many jobs are not in `cost_micros`."""
    start: QuotedTimes
    """When the first job would start."""
    end: QuotedTimes
    """When the last job would end."""


def quote_of(message: pb.QuoteJobsResponse) -> Quote:
    """Converts a quote."""
    total = message.sum
    return Quote(
        quotes=tuple(_job_quote_of(one) for one in message.quotes),
        tokens=_range_of(total.tokens),
        cost_micros=_range_of(total.cost_micros) if total.HasField("cost_micros") else None,
        unpriced_jobs=total.unpriced_jobs,
        start=_times_of(total.start),
        end=_times_of(total.end),
    )


def _job_quote_of(message: pb.JobQuote) -> JobQuote:
    return JobQuote(
        input_tokens=_range_of(message.input_tokens),
        output_tokens=_range_of(message.output_tokens),
        tokens=_range_of(message.tokens),
        cost_micros=_range_of(message.cost_micros) if message.HasField("cost_micros") else None,
        start=_times_of(message.start),
        end=_times_of(message.end),
        constraints=tuple(constraint_of(one) for one in message.constraints),
        time_basis=message.time_basis,
        token_basis=message.token_basis,
        estimated_document_ids=tuple(message.estimated_document_ids),
    )


def _range_of(message: pb.QuotedRange) -> QuotedRange:
    return QuotedRange(message.low, message.likely, message.high)


def _times_of(message: pb.QuotedTimes) -> QuotedTimes:
    return QuotedTimes(
        low=when(message, "low", message.low),
        likely=when(message, "likely", message.likely),
        high=when(message, "high", message.high),
    )
