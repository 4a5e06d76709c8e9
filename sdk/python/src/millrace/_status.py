"""The status that a call ended with, and the details that Millrace packs into it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, cast

import grpc

from millrace._proto.google.rpc import error_details_pb2, status_pb2
from millrace._times import seconds_of

_DETAILS = "grpc-status-details-bin"
_CODES = {code.value[0]: code.name for code in grpc.StatusCode}


@dataclass(frozen=True)
class Violation:
    """One fault of a request. `field` is a path such as ``jobs[1].queue``."""

    field: str
    description: str


@dataclass(frozen=True)
class CallStatus:
    """How a call ended. `reason` is None if the connection, and not Millrace, made the status."""

    code: str
    message: str
    reason: str | None = None
    retry_after: float | None = None
    """In seconds."""
    metadata: dict[str, str] = field(default_factory=dict)
    violations: tuple[Violation, ...] = ()


def status_of_message(status: status_pb2.Status) -> CallStatus:
    """Reads a google.rpc.Status."""
    reason: str | None = None
    metadata: dict[str, str] = {}
    retry_after: float | None = None
    violations: list[Violation] = []
    for detail in status.details:
        kind = detail.type_url.rsplit("/", 1)[-1]
        if kind == "google.rpc.ErrorInfo":
            info = error_details_pb2.ErrorInfo.FromString(detail.value)
            reason, metadata = info.reason, dict(info.metadata)
        elif kind == "google.rpc.RetryInfo":
            retry_after = seconds_of(error_details_pb2.RetryInfo.FromString(detail.value).retry_delay)
        elif kind == "google.rpc.BadRequest":
            bad = error_details_pb2.BadRequest.FromString(detail.value)
            violations.extend(Violation(one.field, one.description) for one in bad.field_violations)
    code = _CODES.get(status.code, "UNKNOWN")
    return CallStatus(code, status.message, reason, retry_after, metadata, tuple(violations))


def status_of_error(error: BaseException) -> CallStatus:
    """Reads the error of a call, of gRPC's blocking or asyncio API."""
    call = cast(Any, error)
    trailers: Iterable[tuple[str, str | bytes]] = call.trailing_metadata() or ()
    for name, value in trailers:
        if name == _DETAILS and isinstance(value, bytes):
            return status_of_message(status_pb2.Status.FromString(value))
    return CallStatus(call.code().name, call.details() or "")
