"""The trace context of OpenTelemetry, if the program uses it."""

from __future__ import annotations

try:
    from opentelemetry import propagate
except ImportError:
    propagate = None  # type: ignore[assignment]


def trace_context() -> dict[str, str]:
    """Returns the W3C headers of the active span. Empty: there is none, or OpenTelemetry is not installed."""
    carrier: dict[str, str] = {}
    if propagate is not None:
        propagate.inject(carrier)
    return carrier
