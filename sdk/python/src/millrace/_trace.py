"""The trace context of OpenTelemetry, if the program uses it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

try:
    from opentelemetry import context, propagate
except ImportError:
    context = propagate = None  # type: ignore[assignment]


def trace_context() -> dict[str, str]:
    """Returns the W3C headers of the active span. Empty: there is none, or OpenTelemetry is not installed."""
    carrier: dict[str, str] = {}
    if propagate is not None:
        propagate.inject(carrier)
    return carrier


@contextmanager
def active_trace(traceparent: str, tracestate: str) -> Iterator[None]:
    """Makes a W3C trace context the parent of the spans within, and of the jobs that are submitted."""
    if propagate is None or not traceparent:
        yield
        return
    token = context.attach(propagate.extract({"traceparent": traceparent, "tracestate": tracestate}))
    try:
        yield
    finally:
        context.detach(token)
