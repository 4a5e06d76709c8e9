"""Millrace: submit jobs, and write workers that run them."""

from millrace._version import VERSION as __version__
from millrace.tls import Tls
from millrace.worker.async_context import AsyncContext
from millrace.worker.children import Child, ChildFailure, ChildResult, FanOutResult
from millrace.worker.context import Context
from millrace.worker.failures import (
    AttemptStopped,
    JobFailure,
    NonRetryable,
    ProviderAnswer,
    ProviderRefused,
    WaitingForChildren,
    WorkerRefused,
)
from millrace.worker.worker import Worker

__all__ = [
    "AsyncContext",
    "AttemptStopped",
    "Child",
    "ChildFailure",
    "ChildResult",
    "Context",
    "FanOutResult",
    "JobFailure",
    "NonRetryable",
    "ProviderAnswer",
    "ProviderRefused",
    "Tls",
    "WaitingForChildren",
    "Worker",
    "WorkerRefused",
    "__version__",
]
